# SPDX-License-Identifier: BSD-2-Clause
"""Other clients, run for real: what they have is served after an import, without an order,
and their account goes on. Those that are not installed are skipped."""

import re
from pathlib import Path

import pytest

from support.acmectl import take_over
from support.certificates import Certificate
from support.foreign_clients import CLIENTS, why_missing
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor

NAMES = ["www.example.com", "example.com"]


def newest_chain(folder: Path) -> Certificate:
    """Of what a client has written: its only chain."""
    for pattern in ("live/*/fullchain.pem", "certs/*/fullchain.pem", "domains/*/pubcert*.pem",
                    "*_ecc/fullchain.cer",
                    "certificates/*/*/*.crt", "certificates/*[a-z].com.crt"):
        for path in folder.glob(pattern):
            return Certificate.from_pem(path.read_text())
    raise AssertionError(f"no chain in {folder}")


# certbot has test_from_certbot.
@pytest.mark.parametrize("client", sorted(CLIENTS.keys() - {"certbot"}))
def test_what_a_client_has_is_served_without_an_order_and_its_account_goes_on(
        client: str, nginx: Nginx, pebble: PebbleServer, visitor: Visitor, folder: Path,
        acmectl: str, state: Path) -> None:
    if why_missing(client):
        pytest.skip(why_missing(client))
    # Caddy has one certificate for each name; shell scripts and lego take their time.
    names = NAMES[:1] if client in ("caddy", "dehydrated", "lego", "acme.sh") else NAMES
    CLIENTS[client](pebble, folder / "client", names)
    orders = pebble.order_count()
    assert (pebble.account_count(), orders) == (1, 1)

    answer = take_over(acmectl, pebble, client, folder / "client", state)

    assert answer.status == 0, answer
    assert "2 taken, 0 there already, 0 left, 0 failed" in answer.remarks
    assert re.search(rf"taken   {names[0]}(_ecc)?: valid until ", answer.output)
    # The operator's server has the names in an order of its own.
    site = pebble.issuer() + REDIRECT + https_server(
        " ".join(reversed(names)), "acme pebble;")
    nginx.configure(site).start()
    assert visitor.verified_certificate(names[0]) == newest_chain(folder / "client")

    nginx.configure(site + https_server("new.example.com", "acme pebble;"))
    nginx.reload()
    visitor.wait_for_certificate("new.example.com")
    assert visitor.verified_certificate(names[0]) == newest_chain(folder / "client")
    assert (pebble.account_count(), pebble.order_count()) == (1, orders + 1)

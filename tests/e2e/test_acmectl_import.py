# SPDX-License-Identifier: BSD-2-Clause
"""acmectl import: what another client has is served, without an order, and its account
goes on."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from support.acmectl import Answer, run_acmectl
from support.certificates import Certificate, TestAuthority
from support.foreign_clients import CLIENTS, why_missing
from support.nginx import WORKER_USER, Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

NAMES = ["www.example.com", "example.com"]


@pytest.fixture
def state(nginx: Nginx) -> Path:
    """As nginx makes it: its worker's own."""
    nginx.state.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(nginx.state, WORKER_USER, WORKER_USER)
    return nginx.state


def take_over(acmectl: str, pebble: PebbleServer, client: str, folder: Path, state: Path,
              *more: str) -> Answer:
    return run_acmectl(acmectl, "import", client, str(folder), "--state", str(state),
                       "--issuer", "pebble", "--directory", pebble.directory_url, *more)


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
    # Caddy has one certificate for each name; dehydrated, a shell script, is slow.
    names = NAMES[:1] if client in ("caddy", "dehydrated") else NAMES
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


def dehydrated_site(folder: Path, count: int) -> TestAuthority:
    authority = TestAuthority()
    for i in range(count):
        path = folder / f"certs/site{i}.example.com"
        path.mkdir(parents=True)
        authority.issue([path.name], path / "fullchain.pem", path / "privkey.pem")
    return authority


def test_a_second_import_says_that_all_is_there(folder: Path, acmectl: str, state: Path,
                                                pebble: PebbleServer) -> None:
    dehydrated_site(folder / "client", 3)

    first = take_over(acmectl, pebble, "dehydrated", folder / "client", state, "--json")
    second = take_over(acmectl, pebble, "dehydrated", folder / "client", state, "--json")

    assert [first.status, second.status] == [0, 0]
    assert (first.document["taken"], second.document["taken"]) == (3, 0)
    assert second.document["there"] == 3
    assert {path.owner() for path in state.iterdir()} == {state.owner()}
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}


def test_a_dry_run_writes_nothing(folder: Path, acmectl: str, state: Path,
                                  pebble: PebbleServer) -> None:
    dehydrated_site(folder / "client", 2)

    answer = take_over(acmectl, pebble, "dehydrated", folder / "client", state, "--dry-run")

    assert answer.status == 0
    assert "2 would be taken" in answer.remarks
    assert list(state.iterdir()) == []


def test_one_that_is_broken_is_named_and_the_others_are_taken(
        folder: Path, acmectl: str, state: Path, pebble: PebbleServer) -> None:
    dehydrated_site(folder / "client", 2)
    (folder / "client/certs/site0.example.com/privkey.pem").write_text("no key\n")

    answer = take_over(acmectl, pebble, "dehydrated", folder / "client", state)

    assert answer.status == 1
    assert 'failed  site0.example.com: "' in answer.output
    assert 'privkey.pem" is no private key' in answer.output
    assert "taken   site1.example.com" in answer.output


def test_an_interrupted_import_leaves_whole_pairs_and_goes_on(
        folder: Path, acmectl: str, state: Path, pebble: PebbleServer) -> None:
    count = 40
    dehydrated_site(folder / "client", count)
    command = [acmectl, "import", "dehydrated", str(folder / "client"), "--state",
               str(state), "--issuer", "pebble", "--directory", pebble.directory_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        wait_until(lambda: list(state.glob("*.crt")), "the first pair")
        process.send_signal(signal.SIGINT)
        _, remarks = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("it was done before it could be interrupted")
    assert process.returncode == 130, remarks
    assert "goes on where it ended" in remarks
    assert {path.stem for path in state.glob("*.crt")} == {
        path.stem for path in state.glob("*-*.key")}
    assert not list(state.glob("*.next")) + list(state.glob(".tmp*"))

    answer = take_over(acmectl, pebble, "dehydrated", folder / "client", state, "--json")

    assert answer.status == 0
    assert answer.document["there"] + answer.document["taken"] == count


def test_a_folder_of_another_client_is_told(folder: Path, acmectl: str, state: Path,
                                            pebble: PebbleServer) -> None:
    dehydrated_site(folder / "client", 1)
    answer = take_over(acmectl, pebble, "certbot", folder / "client", state)
    assert (answer.status, answer.output) == (5, "")
    assert "nothing of certbot in" in answer.remarks


def test_a_state_directory_that_is_not_there_is_told(folder: Path, acmectl: str,
                                                     pebble: PebbleServer) -> None:
    dehydrated_site(folder / "client", 1)
    answer = take_over(acmectl, pebble, "dehydrated", folder / "client", folder / "none")
    assert answer.status == 5
    assert "nginx makes it at its first start" in answer.remarks

# SPDX-License-Identifier: BSD-2-Clause
"""The programs of config_examples/events: mail servers show what nginx obtains."""

from pathlib import Path
from typing import Iterator, Optional

import pytest

from support.certificates import Certificate
from support.mail_servers import MAIL_SERVERS, MailServer
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

RECIPES = Path(__file__).resolve().parents[2] / "config_examples" / "events"
NAME = "mail.example.com"


@pytest.fixture(params=MAIL_SERVERS, ids=lambda kind: kind.PROGRAM)
def mail_server(request: pytest.FixtureRequest, address: str,
                folder: Path) -> Iterator[MailServer]:
    why = request.param.why_unusable()
    if why:
        pytest.skip(why)
    server_folder = folder / "mail"
    server_folder.mkdir()
    server = request.param(address, server_folder)
    yield server
    server.close()


def test_a_mail_server_shows_each_new_certificate(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor,
        mail_server: MailServer) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(20).start()
    program = mail_server.recipe(RECIPES / mail_server.PROGRAM,
                                 nginx.prefix / "conf" / mail_server.PROGRAM, NAME)
    first = mail_server.start().certificate()
    assert first.issuer == "nobody"
    # As root, since reloading a mail server is root's: others have sudo.
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        acme_on issued,renewed exec {program};
        {REDIRECT}
        {https_server(NAME)}
    """, main="user root;").start()

    visitor.wait_for_certificate(NAME)
    shown = wait_until(lambda: other_than(mail_server, first), "the first certificate")
    assert NAME in shown.names
    assert shown.issuer.startswith("Pebble")

    renewed = wait_until(lambda: other_than(mail_server, shown), "the renewed certificate")
    assert renewed.issuer == shown.issuer
    nginx.wait_for_log('event "renewed" .* was told to')
    assert mail_server.bundle.stat().st_mode & 0o777 == 0o600


def other_than(server: MailServer, certificate: Certificate) -> Optional[Certificate]:
    """What the mail server shows now, unless it is this one; a reload may be under way."""
    try:
        found = server.certificate()
    except OSError:
        return None
    return found if found.serial != certificate.serial else None

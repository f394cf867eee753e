# SPDX-License-Identifier: BSD-2-Clause
"""Several CAs for one certificate, and several nginx for one state directory."""

import json
from pathlib import Path
from typing import Iterator

import pytest

from support.addresses import ClaimedAddress
from support.nginx import Nginx, NginxProgram
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until


@pytest.fixture
def backup(request: pytest.FixtureRequest, folder: Path, address: str) -> Iterator[PebbleServer]:
    """A second CA, which sees the same names; to be started by the test."""
    claimed = ClaimedAddress()
    server_folder = folder / "backup"
    server_folder.mkdir()
    server = PebbleServer(claimed.address, server_folder,
                          request.config.getoption("--pebble"), names_at=address)
    yield server
    server.close()
    claimed.release()


def issued_by(nginx: Nginx) -> str:
    (file,) = nginx.state.glob("www.example.com-*.json")
    return json.loads(file.read_text()).get("issuer", "")


def configure(nginx: Nginx, first: PebbleServer, second: PebbleServer, directive: str) -> Nginx:
    server = https_server("www.example.com", directive if "certificate" in directive else "")
    return nginx.configure(f"""
        {first.issuer("first")}
        {second.issuer("second", state_path="second")}
        {"" if "certificate" in directive else directive}
        {REDIRECT} {server}""")


def trust_both(visitor: Visitor, first: PebbleServer, second: PebbleServer) -> None:
    visitor.roots = first.root_file.parent / "both.pem"
    visitor.roots.write_text(first.root_file.read_text() + second.root_file.read_text())


@pytest.mark.parametrize("directive", ["acme first second;", "acme_certificate first,second;"])
def test_the_second_ca_issues_when_the_first_is_down(
        nginx: Nginx, stopped_pebble: PebbleServer, backup: PebbleServer, visitor: Visitor,
        directive: str) -> None:
    backup.start()
    trust_both(visitor, stopped_pebble, backup)
    nginx.expect_log('issuer "first": cannot set up the account: no answer')
    configure(nginx, stopped_pebble, backup, directive).start()

    visitor.wait_for_certificate("www.example.com")
    wait_until(lambda: issued_by(nginx) == "second", "the metadata")


def test_the_second_ca_issues_when_the_first_refuses_the_name(
        nginx: Nginx, stopped_pebble: PebbleServer, backup: PebbleServer,
        visitor: Visitor) -> None:
    first = stopped_pebble.with_blocked_domain("example.com").start()
    backup.start()
    trust_both(visitor, first, backup)
    nginx.expect_log('rejectedIdentifier.*trying now at issuer "second"')
    configure(nginx, first, backup, "acme first second;").start()

    visitor.wait_for_certificate("www.example.com")
    assert first.order_count() == 0


def test_a_renewal_returns_to_the_first_ca(
        nginx: Nginx, stopped_pebble: PebbleServer, backup: PebbleServer,
        visitor: Visitor) -> None:
    backup.with_certificate_lifetime(20).start()
    nginx.allow_log('issuer "first": cannot set up the account: no answer')
    nginx.allow_log("has expired")
    configure(nginx, stopped_pebble, backup, "acme first second;").start()
    trust_both(visitor, stopped_pebble, backup)
    from_second = visitor.wait_for_certificate("www.example.com")

    stopped_pebble.start()
    trust_both(visitor, stopped_pebble, backup)
    nginx.reload()  # forgets the outage

    visitor.wait_for_certificate("www.example.com", other_than=from_second)
    wait_until(lambda: issued_by(nginx) == "first", "the metadata")


def test_a_second_nginx_serves_what_the_first_obtains(
        nginx: Nginx, nginx_program: NginxProgram, pebble: PebbleServer, visitor: Visitor,
        folder: Path) -> None:
    claimed = ClaimedAddress()
    prefix = folder / "second"
    prefix.mkdir()
    second = Nginx(nginx_program, claimed.address, prefix)
    try:
        text = (f"{pebble.issuer(state_path=str(nginx.state))} acme pebble; {REDIRECT} "
                f"{https_server('www.example.com')}")
        nginx.configure(text).start()
        first_seen = visitor.wait_for_certificate("www.example.com")
        second.configure(text).start()

        seen = Visitor(claimed.address, visitor.roots).wait_for_certificate("www.example.com")

        assert seen == first_seen
        second.wait_for_log("another process works for state directory")
        assert pebble.order_count() == 1
        assert not second.complaints()
    finally:
        second.close()
        claimed.release()

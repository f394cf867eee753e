# SPDX-License-Identifier: BSD-2-Clause
"""Another CA than Pebble: what is true for one implementation only is found out."""

from pathlib import Path
from typing import Iterator

import pytest

from support.caddy import CaddyServer
from support.nginx import Nginx
from support.servers import REDIRECT, https_server
from support.tls import Visitor


@pytest.fixture
def caddy(address: str, folder: Path) -> Iterator[CaddyServer]:
    server_folder = folder / "ca"
    server_folder.mkdir()
    server = CaddyServer(address, server_folder)
    yield server
    server.close()


@pytest.fixture
def visitor(address: str, caddy: CaddyServer) -> Visitor:
    return Visitor(address, caddy.root_file)


def configure(nginx: Nginx, caddy: CaddyServer, servers: str, more: str = "") -> Nginx:
    return nginx.configure(f"{caddy.issuer(more)} acme caddy; {REDIRECT} {servers}")


def account(nginx: Nginx) -> str:
    return (nginx.state / "account.url").read_text()


def test_a_certificate_of_caddy_is_served(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor) -> None:
    caddy.start()
    configure(nginx, caddy, https_server("www.example.com example.com")).start()

    certificate = visitor.wait_for_certificate("www.example.com")

    assert certificate.names == ("example.com", "www.example.com")
    assert certificate.issuer.startswith("Caddy Local Authority")


@pytest.mark.parametrize("key", ["ecdsa:384", "rsa:2048"])
def test_caddy_takes_other_keys_of_accounts_and_certificates(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor, key: str) -> None:
    caddy.start()
    server = https_server("www.example.com", f"acme_certificate caddy key={key};")
    configure(nginx, caddy, server, f"account_key {key};").start()

    assert visitor.wait_for_certificate("www.example.com").key == key


def test_a_certificate_for_an_address(nginx: Nginx, caddy: CaddyServer, visitor: Visitor) -> None:
    caddy.start()
    server = https_server("_", f"acme_certificate caddy {caddy.address};")
    configure(nginx, caddy, server).start()

    assert visitor.wait_for_certificate(caddy.address).names == (caddy.address,)


def test_the_account_is_used_again_after_a_restart(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor) -> None:
    caddy.start()
    configure(nginx, caddy, https_server("www.example.com")).start()
    visitor.wait_for_certificate("www.example.com")
    before = account(nginx)
    nginx.stop()

    configure(nginx, caddy, https_server("www.example.com") + https_server("other.example.com"))
    nginx.start()

    visitor.wait_for_certificate("other.example.com")
    assert account(nginx) == before


def test_a_name_that_caddy_cannot_validate_is_told_with_its_reason(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor) -> None:
    caddy.start()
    nginx.expect_log('could not verify "missing.example.com"')
    configure(nginx, caddy,
              https_server("www.example.com") + https_server("missing.example.com")).start()

    visitor.wait_for_certificate("www.example.com")
    nginx.wait_for_log('could not verify "missing.example.com": .*next try')

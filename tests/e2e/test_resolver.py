# SPDX-License-Identifier: BSD-2-Clause
"""nginx's `resolver` finds the CA; without it, the system's does."""

import socket

import pytest

from support import addresses
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor

# No resolver of any system knows it; the tests' DNS server knows every name.
CA = "ca.example.invalid"


@pytest.fixture(autouse=True)
def allow_unverified_cas(nginx: Nginx) -> None:
    nginx.allow_log("would not verify")


def site(resolver: str, host: str = CA) -> str:
    return f"""
        {resolver}
        acme_issuer pebble {{
            uri https://{host}:{addresses.PEBBLE}/dir;
            ssl_verify off;
            state_path state;
            accept_terms_of_service;
        }}
        acme pebble;
        {REDIRECT}
        {https_server("www.example.com")}"""


def test_a_ca_that_only_the_configured_servers_know_is_found(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(CA, addresses.PEBBLE)
    nginx.configure(site(f"resolver {pebble.address}:{addresses.DNS}; resolver_timeout 5s;"))
    nginx.start()

    visitor.wait_for_certificate("www.example.com")

    assert pebble.order_count() == 1


def test_servers_that_do_not_answer_are_named_in_one_line(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(rf'\[error\].* cannot find the address of "{CA}" at {pebble.address}:9: ')
    nginx.configure(site(f"resolver {pebble.address}:9; resolver_timeout 1s;")).start()

    nginx.wait_for_log("cannot find the address of")

    assert visitor.has_only_a_temporary_certificate("www.example.com")
    assert len(nginx.log_lines("cannot find the address of")) == 1


def test_a_resolver_for_proxied_requests_alone_is_not_ours(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    """In a server block, say: the CA is found by the system."""
    nginx.configure(site("", pebble.address) + f"""
        server {{ listen 8080; resolver {pebble.address}:9; return 204; }}""").start()

    visitor.wait_for_certificate("www.example.com")

# SPDX-License-Identifier: BSD-2-Clause
"""Servers in the scope of `acme on` that it does not manage, or not yet: nginx serves
them as it would without the module."""

import pytest

from support.certificates import TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import TEMPORARY, Visitor
from support.waiting import wait_until

OWN = "the operator's own"


def site(pebble: PebbleServer, *servers: str, directives: str = "") -> str:
    return "\n".join([pebble.issuer(), "acme pebble;", directives, REDIRECT, *servers])


def own_certificate(nginx: Nginx, *names: str) -> str:
    """The directives for a certificate of the operator's."""
    TestAuthority(OWN).issue(list(names), nginx.prefix / "own.crt", nginx.prefix / "own.key")
    return f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"


def test_a_server_without_a_name_to_manage_is_served_by_the_default_server(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    own = own_certificate(nginx, "*.example.net")
    nginx.configure(site(
        pebble, https_server("_", f"acme off; {own}", listen="443 ssl default_server"),
        https_server(r"~^user\d+\.example\.net$", "ssl_verify_client on;"),
        https_server("www.example.com"))).start()
    visitor.wait_for_certificate("www.example.com")

    answer = visitor.get("user1.example.net")

    assert answer.certificate.issuer == OWN
    assert answer.status == 400, "nginx asks its own server for the client's certificate"


def test_only_a_default_server_that_nginx_would_not_start_without_gets_a_temporary_one(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r"the server shows a self-signed certificate for good, as none of its")
    nginx.configure(site(
        pebble, https_server("_", listen="443 ssl default_server"),
        https_server("_", "ssl_reject_handshake on;", listen="8443 ssl default_server"),
        https_server("www.example.com"))).start()
    visitor.wait_for_certificate("www.example.com")

    assert visitor.certificate("unknown.example.net").issuer == TEMPORARY
    assert visitor.has_no_certificate("unknown.example.net", port=8443)


def test_beside_a_default_server_that_rejects_nginx_starts_as_well(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r"the server shows a self-signed certificate for good, as none of its")
    nginx.configure(site(
        pebble, https_server("_", "ssl_reject_handshake on;", listen="443 ssl default_server"),
        https_server(r"~^user\d+\.example\.net$"),
        https_server("www.example.com"))).start()
    visitor.wait_for_certificate("www.example.com")

    assert visitor.certificate("user1.example.net").issuer == TEMPORARY
    assert visitor.has_no_certificate("unknown.example.net")


@pytest.mark.parametrize("fallback", ["self-signed", "reject"])
def test_until_its_own_is_there_a_server_shows_the_default_servers_certificate(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, fallback: str) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    own = own_certificate(nginx, "*.example.com")
    nginx.configure(site(
        pebble, https_server("_", f"acme off; {own}", listen="443 ssl default_server"),
        https_server("a.example.com a.b.example.com"),
        directives=f"ssl_protocols TLSv1.2 TLSv1.3; acme_fallback {fallback};")).start()
    wait_until(pebble.order_count, "an order")

    for version in ("-tls1_2", "-tls1_3"):
        assert OWN in visitor.s_client("A.example.com", version)
    assert visitor.get("a.example.com").status == 200
    if fallback == "reject":
        assert visitor.has_no_certificate("a.b.example.com"), "a wildcard stands for one label"
    else:
        assert visitor.certificate("a.b.example.com").issuer == TEMPORARY

    pebble.release_validations()
    assert visitor.wait_for_certificate("a.example.com").names == (
        "a.b.example.com", "a.example.com")


def test_the_default_servers_certificate_may_be_one_of_ours(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    own = own_certificate(nginx, "api.example.com")
    nginx.configure(site(
        pebble, https_server("www.example.com", f"""
            acme_certificate pebble www.example.com api.example.com; {own}""",
                             listen="443 ssl default_server"),
        https_server("api.example.com"))).start()
    wait_until(pebble.order_count, "an order")
    assert visitor.certificate("api.example.com").issuer == OWN

    pebble.release_validations()
    both = visitor.wait_for_certificate("www.example.com")

    assert both.names == ("api.example.com", "www.example.com")
    wait_until(lambda: visitor.wait_for_certificate("api.example.com").names == (
        "api.example.com",), "the server's own certificate")


def test_verified_clients_are_verified_by_the_default_server_still(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    """nginx refuses a certificate in a server that verifies clients without a CA."""
    own = own_certificate(nginx, "*.example.com")
    (nginx.prefix / "clients.pem").write_text(TestAuthority("of clients").root_pem)
    nginx.expect_log(r'nginx refuses "ssl_verify_client" without "ssl_client_certificate"')
    nginx.configure(site(
        pebble, https_server("_", f"""acme off; {own} ssl_verify_client optional;
            ssl_client_certificate {nginx.prefix}/clients.pem;""",
                             listen="443 ssl default_server"),
        https_server("members.example.com", "ssl_verify_client on;"),
        https_server("www.example.com"))).start()
    visitor.wait_for_certificate("www.example.com")

    answer = visitor.get("members.example.com")

    assert (answer.status, answer.certificate.issuer) == (400, OWN)
    assert pebble.order_count() == 1

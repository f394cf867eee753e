# SPDX-License-Identifier: BSD-2-Clause
"""acme_redirect and acme_hsts: to https, once there is something to go to."""

import pytest

from support.certificates import TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import https_server
from support.tls import Visitor
from support.waiting import wait_until

PLAIN = "server { listen 80; server_name www.example.com other.example.com; return 200 plain; }"
HSTS = "strict-transport-security"


def site(pebble: PebbleServer, *servers: str, directives: str = "acme_redirect on;") -> str:
    return "\n".join([pebble.issuer(), "acme pebble;", directives, *servers])


def test_plain_requests_are_redirected_once_and_only_once_a_certificate_is_served(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(site(pebble, PLAIN, https_server("www.example.com"))).start()
    wait_until(pebble.order_count, "an order")
    assert visitor.get_plain("www.example.com").body == "plain"

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")

    answer = visitor.get_plain("www.example.com", "/a%20b/?c=d&e")
    assert (answer.status, answer.headers["location"]) == (
        301, "https://www.example.com/a%20b/?c=d&e")
    assert visitor.get_plain("WWW.Example.com").headers["location"] == "https://www.example.com/"
    assert visitor.get_plain("www.example.com:8080").headers["location"] == (
        "https://www.example.com/")


def test_other_names_and_challenges_are_not_redirected(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, PLAIN, https_server("www.example.com"))).start()
    visitor.wait_for_certificate("www.example.com")

    assert visitor.get_plain("other.example.com").body == "plain"
    assert visitor.get_plain("www.example.com", "/.well-known/acme-challenge/of-somebody").body == (
        "plain")
    assert visitor.get("www.example.com").status == 200, "what comes over TLS stays"


@pytest.mark.parametrize("directive, get, post", [
    ("on", 301, 308), ("permanent", 301, 308), ("temporary", 302, 307), ("off", 200, 200)])
def test_the_status_fits_the_directive_and_keeps_the_method(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        directive: str, get: int, post: int) -> None:
    nginx.configure(site(pebble, PLAIN, https_server("www.example.com"),
                         directives=f"acme_redirect {directive};")).start()
    visitor.wait_for_certificate("www.example.com")

    assert visitor.get_plain("www.example.com").status == get
    assert visitor.get_plain("www.example.com", method="HEAD").status == get
    assert visitor.get_plain("www.example.com", method="POST").status == post


def test_a_server_overrides_what_it_inherits(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(
        pebble, "server { listen 80; server_name www.example.com; return 200 plain; }",
        "server { listen 80; server_name api.example.com; acme_redirect off; return 200 plain; }",
        https_server("www.example.com api.example.com"))).start()
    visitor.wait_for_certificate("api.example.com")

    assert visitor.get_plain("www.example.com").status == 301
    assert visitor.get_plain("api.example.com").body == "plain"


def test_the_redirect_names_a_port_that_is_not_the_usual_one(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, PLAIN, https_server("www.example.com", listen="8443 ssl"))).start()
    visitor.wait_for_certificate("www.example.com", port=8443)

    assert visitor.get_plain("www.example.com", "/x").headers["location"] == (
        "https://www.example.com:8443/x")


def test_the_operators_own_certificate_is_one_to_go_to(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    TestAuthority().issue(["www.example.com"], nginx.prefix / "own.crt", nginx.prefix / "own.key")
    own = f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"
    nginx.configure(site(pebble, PLAIN, https_server("www.example.com", own))).start()

    assert visitor.get_plain("www.example.com").status == 301

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")


def test_hsts_is_sent_over_tls_once_there_is_a_certificate(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(site(
        pebble, PLAIN, https_server("www.example.com"),
        https_server("api.example.com", "acme_hsts 300;"),
        https_server("off.example.com", "acme_hsts off;"),
        directives="acme_hsts 1y includeSubDomains;")).start()
    wait_until(pebble.order_count, "an order")
    assert HSTS not in visitor.get("www.example.com").headers

    pebble.release_validations()
    for name in ("www", "api", "off"):
        visitor.wait_for_certificate(f"{name}.example.com")

    assert visitor.get("www.example.com").headers[HSTS] == "max-age=31536000; includeSubDomains"
    assert visitor.get("www.example.com", "/none").headers[HSTS], "for errors, too"
    assert visitor.get("api.example.com").headers[HSTS] == "max-age=300"
    assert HSTS not in visitor.get("off.example.com").headers
    assert HSTS not in visitor.get_plain("www.example.com").headers


def test_a_field_that_is_there_already_is_not_sent_twice(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(
        pebble, PLAIN,
        https_server("www.example.com", "add_header strict-transport-security max-age=1 always;"),
        directives="acme_hsts 1y;")).start()
    visitor.wait_for_certificate("www.example.com")

    head = visitor.curl("https://www.example.com/", "--include")

    assert head.lower().count(HSTS) == 1
    assert "max-age=1\n" in head


@pytest.mark.parametrize("admin_is_first", [True, False])
def test_the_redirect_leads_to_443_if_any_server_with_the_name_is_there(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, admin_is_first: bool) -> None:
    servers = [https_server("www.example.com", listen="8443 ssl"), https_server("www.example.com")]
    nginx.configure(site(pebble, PLAIN, *(servers if admin_is_first else reversed(servers)))).start()
    visitor.wait_for_certificate("www.example.com")

    assert visitor.get_plain("www.example.com", "/x").headers["location"] == (
        "https://www.example.com/x")


def test_the_redirect_leads_to_a_server_on_443_that_is_not_managed_too(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    TestAuthority().issue(["*.example.com"], nginx.prefix / "own.crt", nginx.prefix / "own.key")
    own = f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"
    nginx.configure(site(
        pebble, PLAIN, https_server("www.example.com", listen="8443 ssl"),
        https_server("*.example.com", f"acme off; {own}"))).start()
    visitor.wait_for_certificate("www.example.com", port=8443)

    assert visitor.get_plain("www.example.com").headers["location"] == "https://www.example.com/"
    assert visitor.get_plain("other.example.com").body == "plain", "nobody manages that name"


@pytest.mark.parametrize("listen", ["8443 ssl proxy_protocol", "unix:{prefix}/tls.sock ssl"])
def test_the_redirect_names_no_port_that_only_proxies_reach(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, listen: str) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    TestAuthority().issue(["www.example.com"], nginx.prefix / "own.crt", nginx.prefix / "own.key")
    own = f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"
    nginx.configure(site(pebble, PLAIN, https_server(
        "www.example.com", own, listen=listen.format(prefix=nginx.prefix)))).start()

    assert visitor.get_plain("www.example.com").headers["location"] == "https://www.example.com/"


def test_the_redirect_leads_to_no_port_of_quic_alone(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    if nginx.program.version < (1, 25, 0) or "http_v3" not in nginx.program.build:
        pytest.skip("this nginx has no HTTP/3")
    pebble = stopped_pebble.with_validations_held().start()
    TestAuthority().issue(["www.example.com"], nginx.prefix / "own.crt", nginx.prefix / "own.key")
    own = f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"
    nginx.configure(site(
        pebble, PLAIN, https_server("www.example.com", own, listen="443 quic"))).start()

    assert visitor.get_plain("www.example.com").body == "plain"

    nginx.configure(site(
        pebble, PLAIN, https_server("www.example.com", f"listen 8443 ssl; {own}",
                                    listen="443 quic")))
    nginx.reload()
    assert visitor.get_plain("www.example.com").headers["location"] == (
        "https://www.example.com:8443/")

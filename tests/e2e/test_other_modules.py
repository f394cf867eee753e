# SPDX-License-Identifier: BSD-2-Clause
"""Modules that have a certificate or client-hello callback of their own: OpenSSL has
room for one of each."""

from typing import Optional

import pytest

from support.certificates import TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor

LUA = ("ndk_http_module", "ngx_http_lua_module")
CHOOSES = "ssl_certificate_by_lua_block { ngx.log(ngx.NOTICE, 'lua chooses') }"
HELLO = "ssl_client_hello_by_lua_block { ngx.log(ngx.NOTICE, 'lua says hello') }"
OWN = "the operator's own"


@pytest.fixture(autouse=True)
def _needs_lua(nginx: Nginx) -> None:
    if nginx.program.load(*LUA) is None:
        pytest.skip("libnginx-mod-http-lua is not installed")


def site(pebble: PebbleServer, *servers: str, directives: str = "acme pebble;") -> str:
    return "\n".join([pebble.issuer(), directives, REDIRECT, *servers])


def own_certificate(nginx: Nginx, name: str) -> str:
    TestAuthority(OWN).issue([name], nginx.prefix / "own.crt", nginx.prefix / "own.key")
    return f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"


def start(nginx: Nginx, http: str) -> None:
    nginx.configure(http, main=nginx.program.load(*LUA) or "").start()


def line_of(nginx: Nginx, text: str) -> Optional[int]:
    conf = (nginx.prefix / "conf" / "nginx.conf").read_text()
    return next(number for number, line in enumerate(conf.splitlines(), 1) if text in line)


def test_a_server_whose_certificates_lua_chooses_is_left_alone_with_a_warning(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r'\[warn\].* "ssl_certificate_by_lua_block" chooses the certificates of '
                     r'"lua.example.com", which is left alone')
    start(nginx, site(
        pebble, https_server("lua.example.com", own_certificate(nginx, "lua.example.com") + CHOOSES),
        https_server("www.example.com")))
    visitor.wait_for_certificate("www.example.com")

    assert visitor.certificate("lua.example.com").issuer == OWN
    nginx.wait_for_log("lua chooses")
    assert pebble.order_count() == 1
    (warning,) = nginx.log_lines(r"\[warn\].*left alone")
    assert warning.endswith(f"/nginx.conf:{line_of(nginx, 'server_name lua.') - 2}"), (
        "where the server begins")


def test_who_asks_for_a_certificate_by_name_gets_it_and_is_told_that_lua_is_not_called(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r'\[warn\].* "ssl_certificate_by_lua_block" is not called for '
                     r'"lua.example.com", whose certificate is managed')
    start(nginx, site(pebble, https_server(
        "lua.example.com", own_certificate(nginx, "lua.example.com") + CHOOSES
        + "acme_certificate pebble;"), directives=""))

    visitor.wait_for_certificate("lua.example.com")

    assert not nginx.log_lines("lua chooses")


def test_the_directive_at_http_level_is_for_all_servers(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r'\[warn\].* "ssl_certificate_by_lua_block" is not called for '
                     r'"www.example.com"')
    pair = own_certificate(nginx, "plain.example.com")
    start(nginx, "\n".join([
        pebble.issuer(), "acme pebble;", CHOOSES,
        https_server("www.example.com"),
        f"server {{ listen 80; acme off; {pair} return 301 https://$host$request_uri; }}"]))

    visitor.wait_for_certificate("www.example.com")


def test_a_client_hello_callback_stays_and_tls_alpn_is_said_to_fail(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r'\[warn\].* "ssl_client_hello_by_lua_block" has the place from which '
                     r'tls-alpn-01 challenges are answered')
    start(nginx, site(
        pebble, https_server("www.example.com", HELLO, listen="443 ssl default_server"),
        directives="acme pebble challenge=http-01,tls-alpn-01;"))

    visitor.wait_for_certificate("www.example.com")

    nginx.wait_for_log("lua says hello")


def test_without_the_module_its_directives_are_unknown(nginx: Nginx) -> None:
    nginx.configure(f"server {{ listen 443 ssl; {CHOOSES} }}")

    result = nginx.check()

    (line,) = result.emergencies()
    assert 'unknown directive "ssl_certificate_by_lua_block"' in line

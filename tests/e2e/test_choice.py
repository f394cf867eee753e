# SPDX-License-Identifier: BSD-2-Clause
"""How names are proved when nobody says how: by what can work, and by another
challenge when that fails."""

import ipaddress
import json
import socket

import pytest

from support import addresses
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, foreign_web_server, https_server
from support.tls import TEMPORARY, Visitor
from support.waiting import wait_until


def issued_names(visitor: Visitor) -> tuple[str, ...]:
    """Of the CA's certificate, once it is served."""
    shown = visitor.certificate("www.example.com")
    return () if shown.issuer == TEMPORARY else shown.names


def free_ipv6_port() -> int:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as probe:
            return probe.getsockname()[1]
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_without_port_80_names_are_proved_over_tls(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"{pebble.issuer()} acme pebble; {https_server('www.example.com')}").start()

    visitor.wait_for_certificate("www.example.com")

    assert (pebble.order_count(), pebble.refusal_count()) == (1, 0)


def test_when_port_80_is_anothers_the_next_challenge_is_tried_and_remembered(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, address: str) -> None:
    pebble = (stopped_pebble.with_http_port(addresses.GATE)
              .with_certificate_lifetime(20).start())
    with foreign_web_server(address, "not what you look for", port=addresses.GATE):
        nginx.configure(f"""
            {pebble.issuer()} acme pebble; {REDIRECT} {https_server("www.example.com")}
        """).start()

        first = visitor.wait_for_certificate("www.example.com")
        nginx.wait_for_log(
            'could not verify "www.example.com".*; trying tls-alpn-01 for "www.example.com"')
        assert (pebble.order_count(), pebble.refusal_count()) == (2, 1)
        (record,) = nginx.state.glob("www.example.com-*.json")
        wait_until(lambda: json.loads(record.read_text()).get("challenges") ==
                   {"pebble": {"www.example.com": "tls-alpn-01"}}, "the memory of it")

        visitor.wait_for_certificate("www.example.com", other_than=first)
        assert (pebble.order_count(), pebble.refusal_count()) == (3, 1)


def test_when_nothing_of_ours_answers_on_port_80_no_order_is_spent_on_it(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log("no server listens on port 80")
    nginx.configure(f"""
        {pebble.issuer(more="challenge http-01 tls-alpn-01;")}
        acme pebble;
        {https_server("www.example.com")}
    """).start()

    visitor.wait_for_certificate("www.example.com")

    assert (pebble.order_count(), pebble.refusal_count()) == (1, 0)
    nginx.wait_for_log("our own server does not answer an http-01 challenge .*; "
                       "trying another one")


@pytest.mark.parametrize("listen", ["unix:http.sock", "unix:http.sock proxy_protocol",
                                    "8080 proxy_protocol"])
def test_a_listener_behind_a_proxy_is_asked_as_the_proxy_would(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, listen: str) -> None:
    load = nginx.program.load_stream
    if load is None:
        pytest.skip("this nginx has no stream module")
    listen = listen.replace("unix:", f"unix:{nginx.prefix}/")
    address, *proxy_protocol = listen.split()
    nginx.allow_log("no server listens on port 80")  # of the http block
    behind = address if address.startswith("unix:") else f"{nginx.address}:{address}"
    nginx.configure(f"""
        {pebble.issuer(more="challenge http-01;")}
        acme pebble;
        log_format agents "$http_user_agent";
        server {{ listen {listen}; access_log behind.log agents; }}
        {https_server("www.example.com")}
    """, main=f"""
        {load}
        stream {{
            server {{
                listen {nginx.address}:80;
                proxy_pass {behind};
                {"proxy_protocol on;" if proxy_protocol else ""}
            }}
        }}""").start()

    visitor.wait_for_certificate("www.example.com")

    assert (pebble.order_count(), pebble.refusal_count()) == (1, 0)
    assert "ngx-acme" in (nginx.prefix / "behind.log").read_text()


def test_all_challenges_that_failed_are_named(
        nginx: Nginx, stopped_pebble: PebbleServer, address: str) -> None:
    pebble = (stopped_pebble.with_http_port(addresses.GATE)
              .with_tls_port(addresses.GATE).start())
    with foreign_web_server(address, "not what you look for", port=addresses.GATE):
        nginx.expect_log(
            'no challenge proved "www.example.com": http-01: .*; tls-alpn-01: .*; next try')
        nginx.configure(f"""
            {pebble.issuer()} acme pebble; {REDIRECT} {https_server("www.example.com")}
        """).start()

        nginx.wait_for_log("no challenge proved")


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_an_ipv4_address_is_proved(nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
                                   address: str, challenge: str) -> None:
    nginx.configure(f"""
        {pebble.issuer(more=f"challenge {challenge};")}
        {REDIRECT}
        {https_server("www.example.com", more=f"acme_certificate pebble {address};")}
    """).start()

    wait_until(lambda: issued_names(visitor) == (address,), "a certificate for the address")


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_an_ipv6_address_is_proved(nginx: Nginx, stopped_pebble: PebbleServer,
                                   visitor: Visitor, challenge: str) -> None:
    port = free_ipv6_port()
    is_http = challenge == "http-01"
    pebble = (stopped_pebble.with_http_port(port) if is_http
              else stopped_pebble.with_tls_port(port)).start()
    if is_http:
        nginx.expect_log("no server listens on port 80.* unless port 80 is forwarded to")
    nginx.configure(f"""
        {pebble.issuer(more=f"challenge {challenge};")}
        server {{
            listen 443 ssl;
            listen [::1]:{port} {"" if is_http else "ssl"};
            server_name www.example.com;
            acme_certificate pebble ::1;
        }}
    """).start()

    wait_until(lambda: issued_names(visitor) == (str(ipaddress.ip_address("::1")),),
               "a certificate for the address")


def test_http_01_that_something_in_front_redirects_to_https_is_answered_there(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, address: str) -> None:
    pebble = stopped_pebble.with_http_port(addresses.GATE).start()
    with foreign_web_server(address, "", port=addresses.GATE,
                            redirects_to="https://www.example.com"):
        nginx.configure(f"""
            {pebble.issuer(more="challenge http-01;")}
            {REDIRECT}
            {https_server("www.example.com", more="acme pebble; deny all;")}
        """).start()

        visitor.wait_for_certificate("www.example.com")
        assert pebble.refusal_count() == 0


def test_http_01_is_answered_by_a_server_that_is_not_managed(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer(more="challenge http-01;")}
        acme pebble;
        server {{ listen 80; server_name www.example.com; acme off; return 404; }}
        {https_server("www.example.com")}
    """).start()

    visitor.wait_for_certificate("www.example.com")

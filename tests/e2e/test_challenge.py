# SPDX-License-Identifier: BSD-2-Clause
"""HTTP-01: answered whatever the server on port 80 does, and nothing else is."""

import pytest

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import https_server
from support.tls import Visitor
from support.waiting import wait_until

CHALLENGES = "/.well-known/acme-challenge/"


@pytest.mark.parametrize("obstacle", [
    "return 301 https://$host$request_uri;",
    "return 444;",
    "rewrite ^ /elsewhere last;",
    "location / { deny all; }",
    "deny all;",
    'auth_basic "members"; auth_basic_user_file members;',
    "location / { proxy_pass http://127.0.0.1:1; }",
    "location ~ /\\. { deny all; }",
    "if ($request_uri ~ well-known) { return 403; }",
    "limit_except GET { deny all; }",
])
def test_what_the_server_on_port_80_does_is_not_in_the_way(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, obstacle: str) -> None:
    if obstacle.startswith("limit_except"):
        obstacle = f"location / {{ {obstacle} }}"
    (nginx.prefix / "conf" / "members").write_text("nobody:x\n")
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        server {{ listen 80; server_name www.example.com; {obstacle} }}
        {https_server("www.example.com")}
    """).start()

    visitor.wait_for_certificate("www.example.com")


def test_another_acme_clients_webroot_keeps_working(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    webroot = nginx.prefix / "html" / CHALLENGES.strip("/")
    webroot.mkdir(parents=True)
    (webroot / "a-token-of-certbot").write_text("its answer")
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        server {{ listen 80; server_name www.example.com; root html; }}
        {https_server("www.example.com")}
    """).start()

    # While one of our own is live, and after that.
    wait_until(pebble.order_count, "an order")
    certbots = CHALLENGES + "a-token-of-certbot"
    assert visitor.get_plain("www.example.com", certbots).body == "its answer"
    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")
    assert visitor.get_plain("www.example.com", certbots).body == "its answer"

    nginx.expect_log(r"open\(\) .*unknown-token. failed \(2: No such file")
    assert visitor.get_plain("www.example.com", CHALLENGES + "unknown-token").status == 404
    assert visitor.get_plain("www.example.com", CHALLENGES).status in (403, 404)
    nginx.allow_log("directory index of .* is forbidden")


def test_challenges_are_answered_when_port_80_has_no_server_of_that_name(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        server {{ listen 80; server_name other.example.com; return 404; }}
        {https_server("www.example.com")}
    """).start()

    visitor.wait_for_certificate("www.example.com")

# SPDX-License-Identifier: BSD-2-Clause
"""HTTP-01: answered whatever the server on port 80 does, and nothing else is."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import https_server
from support.tls import Visitor
from support.waiting import wait_until

CHALLENGES = "/.well-known/acme-challenge/"


def thumbprint(key_file: Path) -> str:
    """Of a P-256 account key (RFC 7638)."""
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    numbers = key.public_key().public_numbers()
    jwk = {"crv": "P-256", "kty": "EC", "x": encoded(numbers.x.to_bytes(32, "big")),
           "y": encoded(numbers.y.to_bytes(32, "big"))}
    text = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
    return encoded(hashlib.sha256(text.encode()).digest())


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


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


def test_only_get_and_head_of_the_exact_path_are_answered(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    """With an issuer that answers any token, so that nothing is refused for want of one."""
    nginx.configure(f"""
        {pebble.issuer(more="challenge http-01 stateless;")}
        acme pebble;
        server {{ listen 80; return 404; }}
        {https_server("www.example.com")}
    """).start()
    visitor.wait_for_certificate("www.example.com")
    token = CHALLENGES + "any-token"
    wait_until(lambda: visitor.get_plain("www.example.com", token).status == 200, "an answer")

    answer = visitor.get_plain("www.example.com", token + "?a=query")
    assert answer.status == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/octet-stream"
    head = visitor.get_plain("www.example.com", token, method="HEAD")
    assert (head.status, head.body) == (200, "")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"):
        assert visitor.get_plain("www.example.com", token, method=method).status == 404
    for trick in (CHALLENGES + "x/../any-token", CHALLENGES + "./any-token",
                  "/.well-known//acme-challenge/any-token", "//.well-known/acme-challenge/t",
                  CHALLENGES + "any%2dtoken", "/%2ewell-known/acme-challenge/any-token",
                  "/.WELL-KNOWN/acme-challenge/any-token", "/.well-known/Acme-Challenge/t",
                  CHALLENGES + "any-token/", CHALLENGES + "any.token", CHALLENGES + "any+token",
                  CHALLENGES + "t" * 129, CHALLENGES, CHALLENGES + "%00"):
        assert visitor.get_plain("www.example.com", trick).status in (400, 404), trick


def test_challenges_are_answered_when_port_80_has_no_server_of_that_name(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        server {{ listen 80; server_name other.example.com; return 404; }}
        {https_server("www.example.com")}
    """).start()

    visitor.wait_for_certificate("www.example.com")


def test_a_stateless_issuer_answers_any_token_for_its_account(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    def site(parameter: str) -> str:
        issuer = pebble.issuer(more=f"challenge http-01 {parameter};")
        return (f"{issuer} acme pebble; server {{ listen 80; return 404; }}"
                f"{https_server('www.example.com')}")

    def answer(token: str) -> tuple[int, str]:
        response = visitor.get_plain("www.example.com", CHALLENGES + token)
        return response.status, response.body

    nginx.configure(site("stateless")).start()
    visitor.wait_for_certificate("www.example.com")
    wait_until(lambda: answer("any-token_1")[0] == 200, "the thumbprint")

    ours = thumbprint(nginx.state / "account.key")
    assert answer("any-token_1") == (200, f"any-token_1.{ours}")
    assert answer("t" * 128) == (200, f"{'t' * 128}.{ours}")
    for malformed in ("", "t" * 129, "a.b", "a/b", "%3Cscript%3E"):
        assert answer(malformed)[0] == 404, malformed

    # The memory is the same, the configuration is not.
    nginx.configure(site(""))
    nginx.reload()
    assert answer("any-token_1")[0] == 404

    nginx.configure(site("stateless"))
    nginx.reload()
    wait_until(lambda: answer("any-token_1") == (200, f"any-token_1.{ours}"),
               "the thumbprint after the reload")

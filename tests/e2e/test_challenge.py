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
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "LOCK", "get"):
        status = visitor.get_plain("www.example.com", token, method=method).status
        assert status == (400 if method == "get" else 404), method
    for trick in (CHALLENGES + "x/../any-token", CHALLENGES + "./any-token",
                  "/.well-known//acme-challenge/any-token", "//.well-known/acme-challenge/t",
                  CHALLENGES + "any%2dtoken", "/%2ewell-known/acme-challenge/any-token",
                  "/.WELL-KNOWN/acme-challenge/any-token", "/.well-known/Acme-Challenge/t",
                  CHALLENGES + "any-token/", CHALLENGES + "any.token", CHALLENGES + "any+token",
                  CHALLENGES + "t" * 129, CHALLENGES, CHALLENGES + "%00"):
        assert visitor.get_plain("www.example.com", trick).status in (400, 404), trick


def held_order(nginx: Nginx, pebble: PebbleServer, http: str) -> str:
    """Path of a token that is live until the validations are released."""
    nginx.configure(f"""
        {pebble.issuer()}
        {http}
        server {{ listen 80 default_server; return 404; }}
    """).start()
    return str(wait_until(pebble.held_path, "the CA's request"))


def test_a_token_is_answered_for_the_name_it_was_issued_for_alone(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    """A tenant of this server, or somebody who points a name at it, learns nothing."""
    pebble = stopped_pebble.with_validations_held().start()
    path = held_order(nginx, pebble, f"""
        acme pebble;
        {https_server("www.example.com")}
        {https_server("other.example.com", "acme off; ssl_reject_handshake on;")}
    """)

    for own in ("www.example.com", "WWW.Example.COM", "www.example.com:80",
                "www.example.com:5002", "www.example.com."):
        answer = visitor.get_plain(own, path)
        assert answer.status == 200, own
        assert answer.body.startswith(path.rpartition("/")[2] + "."), own
    for other in ("other.example.com", "example.com", "a.www.example.com", "www.example.com.org",
                  "localhost", nginx.address, "[::1]", f"{nginx.address}:80"):
        assert visitor.get_plain(other, path).status == 404, other
    token = path.rpartition("/")[2]
    for another in (token.swapcase(), token[:-1], token + "A"):
        assert visitor.get_plain("www.example.com", CHALLENGES + another).status == 404, another

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")


def test_the_host_is_also_that_of_an_absolute_target_or_of_http2(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    modern = nginx.program.version >= (1, 25, 1)
    http2 = "listen 8080; http2 on;" if modern else "listen 8080 http2;"
    path = held_order(nginx, pebble, f"""
        acme pebble;
        {https_server("www.example.com")}
        server {{ {http2} return 404; }}
    """)

    def status(host: str) -> str:
        return visitor.curl(f"http://{host}:8080{path}", "--http2-prior-knowledge", "--output",
                            "/dev/null", "--write-out", "%{http_code}", port=8080)

    assert (status("www.example.com"), status("other.example.com")) == ("200", "404")
    absolute = "http://{}" + path
    assert visitor.get_plain("other.example.com",
                             absolute.format("www.example.com")).status == 200
    assert visitor.get_plain("www.example.com",
                             absolute.format("other.example.com")).status == 404

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")


def test_a_token_of_an_address_is_answered_for_the_address(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    path = held_order(nginx, pebble, https_server(
        "www.example.com", f"acme_certificate pebble {nginx.address};"))

    for own in (nginx.address, f"{nginx.address}:80"):
        assert visitor.get_plain(own, path).status == 200, own
    for other in ("www.example.com", "127.0.0.1", f"[::ffff:{nginx.address}]"):
        assert visitor.get_plain(other, path).status == 404, other

    pebble.release_validations()
    nginx.wait_for_log("issued by")


def test_an_ipv6_address_is_asked_for_in_brackets_and_in_any_spelling(
        nginx: Nginx, pebble: PebbleServer) -> None:
    """The module's own look at its listeners asks for it as a CA does."""
    nginx.configure(f"""
        {pebble.issuer()}
        server {{ listen 80; return 404; }}
        {https_server("www.example.com", "acme_certificate pebble 2001:db8:0:0::0001;")}
    """).start()
    nginx.allow_log("acme: ")  # the CA does not get there

    wait_until(pebble.order_count, "an order, which our own listener has answered for")


def test_tokens_are_answered_for_any_host_where_the_operator_says_so(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    """Behind a proxy that replaces the Host, or behind a redirect to another one."""
    pebble = stopped_pebble.with_validations_held().start()
    path = held_order(nginx, pebble, f"""
        acme pebble;
        acme_challenge_any_host on;
        {https_server("www.example.com")}
    """)

    for host in ("www.example.com", "backend", nginx.address, "[::1]:80"):
        assert visitor.get_plain(host, path).status == 200, host
    assert visitor.get_plain("backend", CHALLENGES + "unknown").status == 404

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")


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
    assert visitor.get_plain("other.example.com", CHALLENGES + "any-token_1").status == 404

    # The memory is the same, the configuration is not.
    nginx.configure(site(""))
    nginx.reload()
    assert answer("any-token_1")[0] == 404

    nginx.configure(site("stateless"))
    nginx.reload()
    wait_until(lambda: answer("any-token_1") == (200, f"any-token_1.{ours}"),
               "the thumbprint after the reload")

    nginx.configure(site("stateless") + "acme_challenge_any_host on;")
    nginx.reload()
    wait_until(lambda: visitor.get_plain(
        "other.example.com", CHALLENGES + "any-token_1").body == f"any-token_1.{ours}",
        "the thumbprint for another host")

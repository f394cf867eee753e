# SPDX-License-Identifier: BSD-2-Clause
"""From an empty disk to a certificate that visitors verify."""

import pytest

from support.certificates import TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until


def test_one_line_gives_every_tls_server_a_certificate(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer("letsencrypt")}
        acme on;                                  # that is all
        server {{ listen 80;      server_name www.example.com example.com; return 301 https://$host$request_uri; }}
        server {{ listen 443 ssl; server_name www.example.com example.com; root html; }}
    """)
    (nginx.prefix / "html" / "index.html").write_text("hello")
    assert not nginx.state.exists()
    nginx.start()
    workers = nginx.worker_pids()

    certificate = visitor.wait_for_certificate("www.example.com")

    assert certificate.names == ("example.com", "www.example.com")
    assert certificate.issuer.startswith("Pebble Intermediate CA")
    assert certificate.key == "ecdsa:256"
    assert visitor.verified_certificate("example.com") == certificate
    assert visitor.curl("https://example.com/") == "hello"
    assert nginx.worker_pids() == workers
    assert pebble.order_count() == 1
    assert pebble.account_count() == 1
    nginx.wait_for_log(r'certificate "www.example.com".*issued')


def test_before_the_first_certificate_a_temporary_one_is_shown_and_plain_http_works(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(f"{pebble.issuer()} acme pebble; {REDIRECT} {https_server('www.example.com')}")
    nginx.start()
    wait_until(pebble.order_count, "an order")

    assert visitor.has_only_a_temporary_certificate("www.example.com")
    assert visitor.get_plain("www.example.com").status == 301

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")


def test_servers_with_the_same_names_share_one_certificate(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {REDIRECT}
        {https_server("www.example.com example.com")}
        {https_server("example.com www.example.com", listen="8443 ssl")}
    """).start()

    first = visitor.wait_for_certificate("www.example.com")
    second = visitor.wait_for_certificate("www.example.com", port=8443)

    assert first == second
    assert pebble.order_count() == 1


def test_fifty_servers_get_their_certificates_at_once(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    names = [f"site{number}.example.com" for number in range(50)]
    servers = "".join(https_server(name) for name in names)
    nginx.configure(f"{pebble.issuer()} acme pebble; {REDIRECT} {servers}").start()

    for name in names:
        assert visitor.wait_for_certificate(name).names == (name,)

    assert pebble.order_count() == 50
    assert pebble.account_count() == 1


def test_http2_servers_are_found(nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    modern = nginx.program.version >= (1, 25, 1)
    server = (https_server("www.example.com", "http2 on;") if modern
              else https_server("www.example.com", listen="443 ssl http2"))
    nginx.configure(f"{pebble.issuer()} acme pebble; {REDIRECT} {server}").start()

    visitor.wait_for_certificate("www.example.com")

    version = visitor.curl("https://www.example.com/", "--http2", "--output", "/dev/null",
                           "--write-out", "%{http_version}")
    assert version == "2"


def test_quic_servers_are_found(nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    if "--with-http_v3_module" not in nginx.program.build:
        pytest.skip("this nginx has no HTTP/3")
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {REDIRECT}
        {https_server("www.example.com", listen="443 quic")}
    """).start()

    nginx.wait_for_log(r'certificate "www.example.com".*issued')

    answer = visitor.s_client("www.example.com", "-quic", "-alpn", "h3")
    if "unknown option" in answer.lower():
        pytest.skip("this openssl speaks no QUIC: issued, but not looked at")
    assert "Verify return code: 0 (ok)" in answer
    assert "Pebble Intermediate CA" in answer


@pytest.mark.parametrize("key", ["ecdsa:384", "ecdsa:521", "rsa:2048", "rsa:4096"])
def test_acme_certificate_names_identifiers_and_key(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, key: str) -> None:
    directive = f"acme_certificate pebble www.example.com api.example.com key={key};"
    nginx.configure(f"""
        {pebble.issuer()}
        {REDIRECT}
        {https_server("www.example.com", directive)}
    """).start()

    certificate = visitor.wait_for_certificate("www.example.com")

    assert certificate.key == key
    assert certificate.names == ("api.example.com", "www.example.com")


def test_an_ip_address_gets_a_certificate_when_acme_certificate_names_it(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, address: str) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        {REDIRECT}
        {https_server("www.example.com", f"acme_certificate pebble {address} www.example.com;")}
    """).start()

    # Clients send no name when they connect to an address.
    certificate = visitor.wait_for_certificate(address)

    assert certificate.names == (address, "www.example.com")
    assert visitor.verified_certificate("www.example.com") == certificate


def test_acme_certificate_takes_the_server_names_and_the_official_variables(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    official = """
        acme_certificate pebble;
        ssl_certificate $acme_certificate;
        ssl_certificate_key $acme_certificate_key;"""
    if nginx.program.version >= (1, 27, 4):
        official += "ssl_certificate_cache max=2;"
    nginx.configure(f"""
        {pebble.issuer()}
        {REDIRECT}
        {https_server("www.example.com example.com", official)}
    """).start()

    assert visitor.wait_for_certificate("example.com").names == ("example.com", "www.example.com")


def test_an_account_key_of_another_type_is_accepted(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    issuer = pebble.issuer(more="account_key rsa:2048; contact admin@example.com;")
    nginx.configure(f"{issuer} acme pebble; {REDIRECT} {https_server('www.example.com')}").start()

    visitor.wait_for_certificate("www.example.com")


def test_half_of_all_nonces_refused_does_not_matter(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_nonce_rejection(50).start()
    servers = "".join(https_server(f"site{number}.example.com") for number in range(4))
    nginx.configure(f"{pebble.issuer()} acme pebble; {REDIRECT} {servers}").start()

    for number in range(4):
        visitor.wait_for_certificate(f"site{number}.example.com")

    assert pebble.order_count() == 4


def test_authorizations_that_are_already_valid_are_not_asked_for_again(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_authorization_reuse(100).start()
    both = f"{pebble.issuer()} acme pebble; {REDIRECT} {https_server('www.example.com')}"
    nginx.configure(both).start()
    visitor.wait_for_certificate("www.example.com")

    nginx.configure(both + https_server("www.example.com example.com", listen="8443 ssl"))
    nginx.reload()

    certificate = visitor.wait_for_certificate("example.com", port=8443)
    assert certificate.names == ("example.com", "www.example.com")


def test_names_that_no_ca_can_certify_are_skipped_with_one_line_each_server(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {REDIRECT}
        {https_server("www.example.com ~^[a-z]+[.]example[.]net$ *.example.org")}
        {https_server("_ localhost intranet", "ssl_reject_handshake on;",
                      listen="443 ssl default_server")}
    """).start()

    assert visitor.wait_for_certificate("www.example.com").names == ("www.example.com",)

    assert pebble.order_count() == 1
    line = nginx.wait_for_log(r"acme: no certificate for .*example\[\.\]net")
    assert "*.example.org" not in line
    nginx.expect_log(r'acme: no certificate for "\*\.example\.org" \(a wildcard')
    line = nginx.wait_for_log(r'acme: no certificate for .*"localhost"')
    assert '"_"' in line
    nginx.expect_log(r'acme: no certificate for "intranet" \(a single label')
    assert len(nginx.log_lines("acme: no certificate for")) == 4
    assert visitor.has_no_certificate("localhost")


def test_a_server_whose_names_are_all_skipped_does_not_keep_nginx_from_starting(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r"the server shows a self-signed certificate for good, as none of its")
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {REDIRECT}
        {https_server("www.example.com")}
        {https_server("_", listen="443 ssl default_server")}
    """).start()

    visitor.wait_for_certificate("www.example.com")

    assert visitor.has_only_a_temporary_certificate("unknown.example.com")


def test_acme_off_leaves_a_server_alone(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    TestAuthority("the operator's own").issue(
        ["static.example.com"], nginx.prefix / "own.crt", nginx.prefix / "own.key")
    own = f"""acme off;
              ssl_certificate {nginx.prefix}/own.crt;
              ssl_certificate_key {nginx.prefix}/own.key;"""
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {REDIRECT}
        {https_server("www.example.com")}
        {https_server("static.example.com", own)}
    """).start()

    visitor.wait_for_certificate("www.example.com")

    assert visitor.certificate("static.example.com").issuer == "the operator's own"
    assert pebble.order_count() == 1


@pytest.mark.parametrize("level", ["server", "http"])
def test_the_operators_own_certificate_is_served_until_ours_is_there(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, level: str) -> None:
    TestAuthority("the operator's own").issue(
        ["www.example.com"], nginx.prefix / "own.crt", nginx.prefix / "own.key")
    own = f"""ssl_certificate {nginx.prefix}/own.crt;
              ssl_certificate_key {nginx.prefix}/own.key;"""
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {own if level == "http" else ""}
        {REDIRECT}
        {https_server("www.example.com", own if level == "server" else "")}
    """).start()
    wait_until(pebble.order_count, "an order")
    assert visitor.certificate("www.example.com").issuer == "the operator's own"

    pebble.release_validations()

    certificate = visitor.wait_for_certificate("www.example.com")
    assert certificate.issuer.startswith("Pebble Intermediate CA")
    assert "the operator's own" not in visitor.s_client("www.example.com", "-showcerts")

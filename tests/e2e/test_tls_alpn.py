# SPDX-License-Identifier: BSD-2-Clause
"""TLS-ALPN-01: a CA sees its challenge certificate whatever the TLS servers do,
and nobody else sees anything of it."""

import hashlib
import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from typing import Optional

import pytest
from cryptography import x509

from support import addresses
from support.certificates import TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import https_server
from support.tls import TEMPORARY, Visitor
from support.waiting import wait_until

ACME_TLS = "acme-tls/1"
ACME_IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")


def issuer(pebble: PebbleServer) -> str:
    return pebble.issuer(more="challenge tls-alpn-01;")


@dataclass(frozen=True)
class Handshake:
    """What a client of "acme-tls/1" gets to see."""

    certificate: x509.Certificate
    protocol: Optional[str]
    version: Optional[str]
    answer: bytes  # to an HTTP request


def look(address: str, name: str, *protocols: str,
         version: Optional[ssl.TLSVersion] = None) -> Handshake:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(list(protocols))
    if version is not None:
        context.maximum_version = version
    with socket.create_connection((address, addresses.HTTPS), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname=name) as connection:
            der = connection.getpeercert(binary_form=True)
            assert der is not None
            try:
                connection.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
                answer = connection.recv(100)
            except OSError:  # it has closed already
                answer = b""
            return Handshake(x509.load_der_x509_certificate(der),
                             connection.selected_alpn_protocol(), connection.version(), answer)


def is_refused(address: str, name: str, *protocols: str) -> bool:
    try:
        look(address, name, *protocols)
    except ssl.SSLError:
        return True
    return False


def is_shown(address: str, name: str) -> bool:
    return not is_refused(address, name, ACME_TLS)


def static_certificate(nginx: Nginx, name: str) -> str:
    """An operator's own, as the directives that name it."""
    folder = nginx.prefix / "conf"
    TestAuthority().issue([name], folder / "own.crt", folder / "own.key")
    return "ssl_certificate own.crt; ssl_certificate_key own.key;"


def issued_names(visitor: Visitor) -> tuple[str, ...]:
    """Of the CA's certificate, once it is served."""
    shown = visitor.certificate("www.example.com")
    return () if shown.issuer == TEMPORARY else shown.names


def test_names_are_proved_without_any_plain_listener(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {issuer(pebble)}
        acme pebble;
        {https_server("www.example.com example.com")}
    """).start()

    certificate = visitor.wait_for_certificate("www.example.com")

    assert certificate.names == ("example.com", "www.example.com")


def test_an_ipv4_address_is_proved(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, address: str) -> None:
    nginx.configure(f"""
        {issuer(pebble)}
        {https_server("www.example.com", more=f"acme_certificate pebble {address};")}
    """).start()

    wait_until(lambda: issued_names(visitor) == (address,), "a certificate for the address")


def test_an_ipv6_address_is_proved(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as probe:
            port = probe.getsockname()[1]
    except OSError:
        pytest.skip("this machine has no IPv6")
    pebble = stopped_pebble.with_tls_port(port).start()
    nginx.configure(f"""
        {issuer(pebble)}
        server {{
            listen 443 ssl;
            listen [::1]:{port} ssl;
            server_name www.example.com;
            acme_certificate pebble ::1;
        }}
    """).start()

    wait_until(lambda: issued_names(visitor) == (str(ipaddress.ip_address("::1")),),
               "a certificate for the address")


@pytest.mark.parametrize("settings", [
    "ssl_verify_client on; ssl_client_certificate root.pem;",
    "ssl_protocols TLSv1.2;",
    "ssl_protocols TLSv1.3;",
    "ssl_session_cache shared:s:1m; ssl_session_tickets on; ssl_early_data on;",
    "ssl_ecdh_curve X25519; ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384;",
    "deny all;",
    "return 444;",
])
def test_what_the_tls_server_does_is_not_in_the_way(
        nginx: Nginx, pebble: PebbleServer, settings: str) -> None:
    (nginx.prefix / "conf" / "root.pem").write_text(TestAuthority().root_pem)
    nginx.configure(f"""
        {issuer(pebble)}
        acme pebble;
        {https_server("www.example.com", more=settings)}
    """).start()

    wait_until(lambda: list(nginx.state.glob("www.example.com-*.crt")), "a certificate")


@pytest.mark.parametrize("default_server", ["ssl_reject_handshake on;", "acme off; STATIC"])
def test_the_ca_may_arrive_at_a_default_server_that_is_not_managed(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, default_server: str) -> None:
    default_server = default_server.replace(
        "STATIC", static_certificate(nginx, "other.example.com"))
    nginx.configure(f"""
        {issuer(pebble)}
        acme pebble;
        server {{ listen 443 ssl default_server; {default_server} }}
        {https_server("www.example.com")}
    """).start()

    visitor.wait_for_certificate("www.example.com")


def test_two_certificates_for_the_same_names_take_turns(
        nginx: Nginx, pebble: PebbleServer) -> None:
    nginx.configure(f"""
        {issuer(pebble)}
        {https_server("www.example.com",
                      more="acme_certificate pebble www.example.com example.com key=ecdsa,rsa;")}
    """).start()

    wait_until(lambda: len(list(nginx.state.glob("www.example.com-*.crt"))) == 2,
               "both certificates")
    assert pebble.order_count() == 2


def test_a_challenge_certificate_is_what_the_rfc_asks_for_and_nothing_is_served(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, address: str) -> None:
    pebble = stopped_pebble.with_tls_validations_held().start()
    nginx.configure(f"""
        {issuer(pebble)}
        acme pebble;
        {https_server("www.example.com", more="ssl_protocols TLSv1.2 TLSv1.3;")}
    """).start()
    wait_until(lambda: is_shown(address, "www.example.com"), "the challenge certificate")

    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        seen = look(address, "WWW.example.com", ACME_TLS, version=version)
        assert seen.protocol == ACME_TLS
        assert seen.version == version.name.replace("_", ".")
        assert seen.answer == b""
        names = seen.certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName).value
        assert list(names) == [x509.DNSName("www.example.com")]
        proof = seen.certificate.extensions.get_extension_for_oid(ACME_IDENTIFIER)
        assert proof.critical
        assert isinstance(proof.value, x509.UnrecognizedExtension)
        assert proof.value.value[:2] == b"\x04\x20"
        assert len(proof.value.value) == 2 + hashlib.sha256().digest_size
        assert seen.certificate.issuer == seen.certificate.subject

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")


def test_others_are_served_while_a_challenge_is_live(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, address: str) -> None:
    pebble = stopped_pebble.with_tls_validations_held().start()
    # A parameter became a directive.
    is_old = nginx.program.version < (1, 25, 1)
    nginx.configure(f"""
        {issuer(pebble)}
        {"" if is_old else "http2 on;"}
        server {{
            listen 443 ssl {"http2" if is_old else ""};
            server_name other.example.com;
            {static_certificate(nginx, "other.example.com")}
            location / {{ return 200 $ssl_server_name; }}
        }}
        {https_server("www.example.com", more="acme pebble;")}
    """).start()
    wait_until(lambda: is_shown(address, "www.example.com"), "the challenge certificate")

    assert is_refused(address, "unknown.example.com", ACME_TLS)
    assert is_refused(address, "other.example.com", ACME_TLS)
    # Among other protocols it is no challenge (RFC 8737 section 3).
    mixed = look(address, "other.example.com", "http/1.1", ACME_TLS)
    assert (mixed.protocol, mixed.answer[:8]) == ("http/1.1", b"HTTP/1.1")
    assert look(address, "other.example.com", "h2", "http/1.1").protocol == "h2"
    assert visitor.get("other.example.com").body == "other.example.com"

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")
    assert visitor.get("www.example.com").status == 200
    assert look(address, "www.example.com", "h2").protocol == "h2"


def test_nothing_is_shown_for_http_01(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, address: str) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        server {{ listen 80; }}
        {https_server("www.example.com")}
    """).start()

    visitor.wait_for_certificate("www.example.com")
    assert is_refused(address, "www.example.com", ACME_TLS)


def test_a_reload_that_turns_to_tls_alpn_waits_for_the_old_workers(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    servers = f"acme pebble; server {{ listen 80; }} {https_server('www.example.com')}"
    nginx.configure(f"{pebble.issuer()} {servers}").start()
    visitor.wait_for_certificate("www.example.com")

    nginx.configure(f"{issuer(pebble)} {servers} {https_server('new.example.com')}")
    nginx.reload()

    visitor.wait_for_certificate("new.example.com")


def test_the_ca_may_come_through_a_stream_proxy(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, address: str) -> None:
    load = nginx.program.load_stream
    if load is None or "--with-stream_ssl_preread_module" not in nginx.program.build:
        pytest.skip("this nginx has no ssl_preread")
    nginx.expect_log("no server listens on port 443 .* unless port 443 is forwarded to")
    nginx.configure(f"""
        {issuer(pebble)}
        acme pebble;
        {https_server("www.example.com", listen="4443 ssl proxy_protocol")}
    """, main=f"""
        {load}
        stream {{
            map $ssl_preread_server_name $to {{ default {address}:4443; }}
            server {{
                listen {address}:443;
                ssl_preread on;
                proxy_protocol on;
                proxy_pass $to;
            }}
        }}
    """).start()

    visitor.wait_for_certificate("www.example.com")

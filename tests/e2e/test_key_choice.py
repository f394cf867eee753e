# SPDX-License-Identifier: BSD-2-Clause
"""Keys that suit the server: its ciphers, protocols and signatures decide."""

import re
from pathlib import Path
from typing import Optional

import pytest

from support.certificates import Certificate, TestAuthority, new_rsa_key
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import TEMPORARY, Visitor
from support.waiting import wait_until

NAME = "www.example.com"
VERSIONS = ("-tls1_2", "-tls1_3")
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
RSA_ONLY = "ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA;"
ECDSA_ONLY = "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;"
BOTH = "ssl_ciphers ECDHE+AESGCM;"


def site(pebble: PebbleServer, more: str, acme: str = "acme pebble;") -> str:
    server = https_server(NAME, f"{acme} ssl_protocols TLSv1.2 TLSv1.3; {more}")
    return f"{pebble.issuer()} {REDIRECT} {server}"


def shown(visitor: Visitor, *options: str) -> Optional[Certificate]:
    certificate = PEM.search(visitor.s_client(NAME, *options))
    return None if certificate is None else Certificate.from_pem(certificate.group())


def served(visitor: Visitor, *options: str) -> Optional[Certificate]:
    """When the visitor trusts it."""
    found = shown(visitor, *options, "-verify_return_error")
    answer = visitor.s_client(NAME, *options)
    return found if "Verify return code: 0 (ok)" in answer else None


def own_certificate(nginx: Nginx) -> str:
    TestAuthority("the operator's own").issue(
        [NAME], nginx.prefix / "own.crt", nginx.prefix / "own.key", key=new_rsa_key())
    return f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"


@pytest.mark.parametrize("ciphers, key", [
    (RSA_ONLY, "rsa:2048"), (ECDSA_ONLY, "ecdsa:256"), (BOTH, "ecdsa:256")])
def test_all_clients_of_the_server_can_use_the_key(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor,
        ciphers: str, key: str) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(site(pebble, ciphers)).start()
    wait_until(pebble.order_count, "an order")
    for version in VERSIONS:
        temporary = shown(visitor, version)
        assert temporary is not None and (temporary.issuer, temporary.key) == (TEMPORARY, key)

    pebble.release_validations()
    certificate = visitor.wait_for_certificate(NAME)

    assert certificate.key == key
    for version in VERSIONS:
        assert served(visitor, version) == certificate
    assert pebble.order_count() == 1


def test_visitors_of_an_rsa_certificate_and_others_get_one_each(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, own_certificate(nginx))).start()

    wait_until(lambda: served(visitor, "-tls1_2", "-cipher", "aRSA"), "an RSA certificate")
    wait_until(lambda: served(visitor, "-tls1_2", "-cipher", "aECDSA"), "an ECDSA certificate")

    assert pebble.order_count() == 2


def test_a_key_that_serves_some_clients_only_leaves_the_others_what_they_have(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    """As one does that was ordered before, and is served until its successor is there."""
    nginx.expect_log(r'\[warn\].* with "key=ecdsa:256" no client below TLS 1.3 can connect to '
                     r'"www.example.com"')
    nginx.configure(site(pebble, f"{RSA_ONLY} {own_certificate(nginx)}",
                         acme="acme pebble key=ecdsa;")).start()

    certificate = wait_until(lambda: served(visitor, "-tls1_3"), "the new certificate")

    assert certificate is not None and certificate.key == "ecdsa:256"
    old = shown(visitor, "-tls1_2")
    assert old is not None and old.issuer == "the operator's own"
    assert served(visitor, "-tls1_3") == certificate


@pytest.mark.parametrize("has_own", [True, False])
def test_a_key_that_serves_no_client_is_not_installed(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, has_own: bool) -> None:
    nginx.expect_log(r'\[warn\].* with "key=ecdsa:256" no client can connect')
    nginx.expect_log(r'\[error\].* certificate "www.example.com": it is not installed, the previous '
                     r'one stays: no client can use its key')
    own = own_certificate(nginx) if has_own else ""
    nginx.configure(site(pebble, f"ssl_protocols TLSv1.2; {RSA_ONLY} {own}",
                         acme="acme pebble key=ecdsa;").replace(
                             "ssl_protocols TLSv1.2 TLSv1.3;", "")).start()
    nginx.wait_for_log(r'certificate "www.example.com".* issued by')

    def is_refused() -> bool:
        found = shown(visitor, "-tls1_2")
        assert found is not None
        assert found.issuer == ("the operator's own" if has_own else TEMPORARY)
        return bool(nginx.log_lines("is not installed"))

    wait_until(is_refused, "the look at the new certificate")


def test_a_stored_certificate_of_another_key_is_served_until_there_is_one_that_suits(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, BOTH)).start()
    first = visitor.wait_for_certificate(NAME)
    assert first.key == "ecdsa:256"

    nginx.configure(site(pebble, RSA_ONLY))
    nginx.reload()

    wait_until(lambda: (served(visitor, "-tls1_2") or first).key == "rsa:2048",
               "a certificate that suits")
    assert list(Path(nginx.state).glob(f"{NAME}-*.key"))


def test_a_challenge_over_tls_needs_no_key_that_suits(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, RSA_ONLY, acme="acme pebble challenge=tls-alpn-01;").replace(
        "ssl_protocols TLSv1.2 TLSv1.3;", "ssl_protocols TLSv1.2;")).start()

    assert visitor.wait_for_certificate(NAME).key == "rsa:2048"


def test_the_operators_own_is_for_clients_that_can_use_nothing_else(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, "", acme="acme pebble key=ecdsa;")).start()
    ours = visitor.wait_for_certificate(NAME)
    pebble.stop()
    nginx.allow_log(r"acme: ")  # the RSA one cannot be had

    nginx.configure(site(pebble, own_certificate(nginx)))
    nginx.reload()

    rsa_first = ("-sigalgs", "RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA256")
    assert served(visitor, "-tls1_3", *rsa_first) == ours
    assert served(visitor, "-tls1_2", *rsa_first, "-cipher", "aRSA:aECDSA") == ours
    for options in (("-tls1_3", "-sigalgs", "RSA-PSS+SHA256"), ("-tls1_2", "-cipher", "aRSA")):
        old = shown(visitor, *options)
        assert old is not None and old.issuer == "the operator's own"

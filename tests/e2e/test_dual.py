# SPDX-License-Identifier: BSD-2-Clause
"""Two certificates for one server, ECDSA and RSA: each client gets what it can use."""

import re
from typing import Optional

import pytest

from support.certificates import Certificate, TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"
RSA_ONLY = "RSA-PSS+SHA256:RSA+SHA256"
BOTH = "ECDSA+SHA256:" + RSA_ONLY
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
VERSIONS = ("-tls1_2", "-tls1_3")


def site(pebble: PebbleServer, key: str = "ecdsa,rsa", more: str = "") -> str:
    server = https_server(NAME, f"""
        acme_certificate pebble key={key};
        ssl_protocols TLSv1.2 TLSv1.3;  # nginx 1.22 has no 1.3 by default
        {more}""")
    return f"{pebble.issuer()} {REDIRECT} {server}"


def served(visitor: Visitor, signatures: str, version: str = "-tls1_3") -> Optional[Certificate]:
    """The verified certificate for a client that knows these signatures."""
    answer = visitor.s_client(NAME, version, "-sigalgs", signatures)
    certificate = PEM.search(answer)
    if certificate is None or "Verify return code: 0 (ok)" not in answer:
        return None
    return Certificate.from_pem(certificate.group())


def wait_for_both(visitor: Visitor) -> tuple[Certificate, Certificate]:
    """What clients with and without ECDSA get, when both are there."""
    def look() -> Optional[tuple[Certificate, Certificate]]:
        modern, old = served(visitor, BOTH), served(visitor, RSA_ONLY)
        if modern is None or old is None or modern.key != "ecdsa:256":
            return None
        return modern, old

    found = wait_until(look, "an ECDSA and an RSA certificate")
    assert found is not None
    return found


@pytest.mark.parametrize("key", ["ecdsa,rsa", "rsa,ecdsa"])
def test_each_client_gets_the_certificate_it_can_use(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, key: str) -> None:
    nginx.configure(site(pebble, key)).start()

    modern, old = wait_for_both(visitor)

    assert old.key == "rsa:2048"
    assert modern.names == old.names == (NAME,)
    for version in VERSIONS:
        assert served(visitor, BOTH, version) == modern
        assert served(visitor, RSA_ONLY, version) == old
    assert pebble.order_count() == 2


def test_both_are_renewed_without_a_reload(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(15).start()
    nginx.configure(site(pebble)).start()
    modern, old = wait_for_both(visitor)
    workers = nginx.worker_pids()

    # From now on neither kind of client is ever turned away.
    new_modern, new_old = modern, old
    while new_modern.serial == modern.serial or new_old.serial == old.serial:
        answers = served(visitor, BOTH), served(visitor, RSA_ONLY)
        assert answers[0] is not None and answers[1] is not None
        new_modern, new_old = answers

    assert (new_modern.key, new_old.key) == ("ecdsa:256", "rsa:2048")
    assert nginx.worker_pids() == workers


def test_a_restart_serves_both_from_the_first_handshake(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble)).start()
    both = wait_for_both(visitor)
    nginx.stop()

    nginx.start()

    assert (served(visitor, BOTH), served(visitor, RSA_ONLY)) == both
    assert pebble.order_count() == 2


def test_the_one_that_is_there_is_served_while_the_other_is_missing(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, "ecdsa")).start()
    first = visitor.wait_for_certificate(NAME)
    pebble.stop()
    nginx.allow_log(r"acme: |\[crit\].*SSL_do_handshake")

    nginx.configure(site(pebble, "rsa,ecdsa"))
    nginx.reload()

    assert served(visitor, BOTH) == first
    assert served(visitor, RSA_ONLY) is None


@pytest.mark.parametrize("key", ["rsa", "ecdsa,rsa"])
def test_the_operators_own_certificate_is_no_longer_chosen(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, key: str) -> None:
    TestAuthority("the operator's own").issue(  # an ECDSA key
        [NAME], nginx.prefix / "own.crt", nginx.prefix / "own.key")
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(site(pebble, key, f"""
        ssl_certificate {nginx.prefix}/own.crt;
        ssl_certificate_key {nginx.prefix}/own.key;""")).start()
    wait_until(pebble.order_count, "an order")
    assert visitor.certificate(NAME).issuer == "the operator's own"

    pebble.release_validations()

    rsa = wait_until(lambda: served(visitor, RSA_ONLY), "the RSA certificate")
    assert rsa is not None and rsa.key == "rsa:2048"
    for version in VERSIONS:
        if key == "rsa":
            assert served(visitor, BOTH, version) == rsa
        else:
            modern, _ = wait_for_both(visitor)
            assert served(visitor, BOTH, version) == modern

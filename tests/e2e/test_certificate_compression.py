# SPDX-License-Identifier: BSD-2-Clause
"""`ssl_certificate_compression on`: nginx and OpenSSL compress certificates when they
load them (RFC 8879), and have to do so again for each one that is swapped in."""

import threading

import pytest

from support.addresses import HTTPS
from support.certificates import TestAuthority, new_rsa_key
from support.compression import certificate_form, has_algorithm
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import TEMPORARY, Visitor
from support.waiting import wait_until

NAME = "www.example.com"
HASHES = "server_names_hash_max_size 131072; server_names_hash_bucket_size 256;"
SIGNATURES = {"ecdsa": "ECDSA+SHA256", "rsa": "RSA-PSS+SHA256"}


@pytest.fixture(autouse=True)
def _needs_compression(nginx: Nginx) -> None:
    if nginx.program.version < (1, 29, 1):
        pytest.skip("this nginx does not know ssl_certificate_compression")
    if not has_algorithm("zlib"):
        pytest.skip("this OpenSSL does not compress certificates")


def site(pebble: PebbleServer, *servers: str, acme: str = "acme pebble;") -> str:
    return "\n".join([HASHES, pebble.issuer(), acme, REDIRECT,
                      "ssl_certificate_compression on;", *servers])


def own_certificate(nginx: Nginx, key: str) -> str:
    TestAuthority("the operator's own").issue(
        [NAME], nginx.prefix / "own.crt", nginx.prefix / "own.key",
        key=new_rsa_key() if key == "rsa" else None)
    return f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"


def form(visitor: Visitor, offer: list[str], name: str = NAME, signatures: str = "") -> str:
    return certificate_form(visitor.address, HTTPS, name, visitor.roots, offer, signatures)


def check_forms(visitor: Visitor, name: str = NAME, signatures: str = "") -> None:
    """Each client gets what it can take, in handshakes that succeed."""
    for algorithm in ("zlib", "zstd"):
        if has_algorithm(algorithm):
            assert form(visitor, [algorithm], name, signatures) == algorithm
    assert form(visitor, ["zlib"], name, signatures) == "zlib"
    assert form(visitor, [], name, signatures) == "plain"


@pytest.mark.parametrize("key", ["ecdsa", "rsa", "ecdsa,rsa"])
@pytest.mark.parametrize("own", ["", "ecdsa", "rsa"])
def test_what_is_swapped_in_is_compressed_for_clients_that_offer_it(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor,
        own: str, key: str) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(site(pebble, https_server(NAME, own_certificate(nginx, own) if own else ""),
                         acme=f"acme pebble key={key};")).start()
    wait_until(pebble.order_count, "an order")
    assert visitor.certificate(NAME).issuer == ("the operator's own" if own else TEMPORARY)

    pebble.release_validations()
    nginx.wait_for_log("issued by", count=len(key.split(",")))
    visitor.wait_for_certificate(NAME)

    # The connection with which the worker swapped is over: these are later ones.
    for one in key.split(","):
        check_forms(visitor, signatures=SIGNATURES[one])
    assert not nginx.log_lines("SSL_CTX_compress_certs")


def test_no_handshake_fails_at_a_swap_and_all_are_compressed(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(12).start()
    nginx.configure(site(pebble, https_server(NAME))).start()
    first = visitor.wait_for_certificate(NAME)
    forms: set[str] = set()
    failures: list[BaseException] = []
    done = threading.Event()

    def keep_connecting() -> None:
        while not done.is_set():
            try:
                forms.add(form(visitor, ["zlib"]))
            except BaseException as error:  # whatever it is, it is told
                failures.append(error)

    client = threading.Thread(target=keep_connecting)
    client.start()
    try:
        nginx.wait_for_log("issued by", count=3)
        visitor.wait_for_certificate(NAME, other_than=first)
    finally:
        done.set()
        client.join()
    assert not failures
    assert forms == {"zlib"}


def test_the_connection_in_progress_at_a_swap_has_its_own(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(site(pebble, https_server(NAME))).start()
    wait_until(pebble.order_count, "an order")

    pebble.release_validations()
    nginx.wait_for_log("issued by")

    # The first that the worker sees since then: it swaps during this one.
    assert form(visitor, ["zlib"]) == "zlib"
    check_forms(visitor)


def test_every_part_of_a_server_has_its_own(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    names = [f"www{number}.example.com" for number in range(101)]
    nginx.configure(site(pebble, https_server(" ".join(names)))).start()

    for name in (names[0], names[100]):
        visitor.wait_for_certificate(name)
        check_forms(visitor, name)
    check_forms(visitor, names[0])


def test_without_the_directive_nothing_is_compressed(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, https_server(NAME, "ssl_certificate_compression off;"))).start()
    visitor.wait_for_certificate(NAME)

    assert form(visitor, ["zlib"]) == "plain"

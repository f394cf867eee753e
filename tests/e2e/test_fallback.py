# SPDX-License-Identifier: BSD-2-Clause
"""What a managed server shows until its first certificate exists."""

import pytest

from support.certificates import TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import TEMPORARY, Visitor
from support.waiting import wait_until

NOT_FOR_VERIFIERS = "self-signed certificate"


def waiting_site(pebble: PebbleServer, *servers: str, directives: str = "") -> str:
    """Whose CA has been asked and does not come to an end."""
    return "\n".join([pebble.issuer(), "acme pebble;", directives, REDIRECT, *servers])


def start_and_wait_for_an_order(nginx: Nginx, pebble: PebbleServer) -> None:
    nginx.start()
    wait_until(pebble.order_count, "an order")


def test_clients_that_do_not_verify_get_through_with_a_short_lived_certificate(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(waiting_site(pebble, https_server("www.example.com example.com")))
    start_and_wait_for_an_order(nginx, pebble)

    shown = visitor.get("www.example.com")

    assert shown.status == 200
    assert shown.certificate.issuer == TEMPORARY
    assert shown.certificate.names == ("example.com", "www.example.com")
    lifetime = visitor.s_client("www.example.com", "-showcerts")
    assert NOT_FOR_VERIFIERS in lifetime
    assert (shown.certificate.not_after - shown.certificate.not_before).days == 7
    assert visitor.certificate("www.example.com") == shown.certificate, "made once"

    pebble.release_validations()
    assert visitor.wait_for_certificate("www.example.com").issuer != TEMPORARY


def test_tls_1_2_clients_get_through_too(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(waiting_site(pebble, https_server("www.example.com")))
    start_and_wait_for_an_order(nginx, pebble)

    assert TEMPORARY in visitor.s_client("www.example.com", "-tls1_2")

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")


def test_with_reject_the_handshake_ends_with_unrecognized_name(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(waiting_site(
        pebble, https_server("_", "acme off; ssl_reject_handshake on;",
                             listen="443 ssl default_server"),
        https_server("www.example.com"), directives="acme_fallback reject; ssl_protocols TLSv1.2 TLSv1.3;"))
    start_and_wait_for_an_order(nginx, pebble)

    for version in ("-tls1_2", "-tls1_3"):
        assert "unrecognized name" in visitor.s_client("www.example.com", version)
    assert visitor.has_no_certificate("www.example.com")

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")


def test_reject_holds_for_clients_without_a_name_and_not_for_other_servers(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(waiting_site(
        pebble, https_server("www.example.com", "acme_fallback reject;",
                             listen="443 ssl default_server"),
        https_server("api.example.com")))
    start_and_wait_for_an_order(nginx, pebble)

    assert "unrecognized name" in visitor.s_client(None)
    assert visitor.certificate("api.example.com").issuer == TEMPORARY

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")
    visitor.wait_for_certificate("api.example.com")
    assert "Verification: OK" in visitor.s_client(None)


@pytest.mark.parametrize("fallback", ["reject", "self-signed"])
def test_the_servers_own_certificate_comes_first(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, fallback: str) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    TestAuthority("the operator's own").issue(
        ["www.example.com"], nginx.prefix / "own.crt", nginx.prefix / "own.key")
    own = f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"
    nginx.configure(waiting_site(pebble, https_server("www.example.com", own),
                                 directives=f"acme_fallback {fallback};"))
    start_and_wait_for_an_order(nginx, pebble)

    assert visitor.certificate("www.example.com").issuer == "the operator's own"

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")


def test_a_server_none_of_whose_names_is_managed_follows_the_same_rule(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log("the server shows a self-signed certificate for good, as none of its")
    nginx.configure(waiting_site(
        pebble, https_server("_", listen="443 ssl default_server"),
        https_server("_", "acme_fallback reject;", listen="8443 ssl default_server"),
        https_server("www.example.com"))).start()
    visitor.wait_for_certificate("www.example.com")

    stranger = visitor.certificate("unknown.example.net")

    assert (stranger.issuer, stranger.names) == (TEMPORARY, ())
    assert visitor.has_no_certificate("unknown.example.net", port=8443)


def test_all_workers_show_certificates_of_the_same_key(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(waiting_site(
        pebble, https_server("www.example.com", listen="443 ssl reuseport")),
        main="worker_processes 2;")
    start_and_wait_for_an_order(nginx, pebble)
    keys: dict[str, str] = {}

    def seen_both() -> bool:
        answer = visitor.get("www.example.com")
        keys[answer.body] = answer.certificate.public_key
        return len(keys) == 2

    wait_until(seen_both, "an answer of each worker")
    assert len(set(keys.values())) == 1

    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")

# SPDX-License-Identifier: BSD-2-Clause
"""acme_dry_run: everything but serving, at the staging CA."""

import pytest

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import TEMPORARY, Visitor


@pytest.fixture(autouse=True)
def allow_unverified_cas(nginx: Nginx) -> None:
    nginx.allow_log("would not verify")


def site(pebble: PebbleServer, staging: PebbleServer, *directives: str) -> str:
    return "\n".join([
        pebble.issuer("ca", f"staging_uri {staging.directory_url}; ssl_verify off;",
                      trusted=False),
        "acme ca;", *directives, REDIRECT, https_server("www.example.com")])


def test_a_dry_run_obtains_a_certificate_from_the_twin_and_does_not_serve_it(
        nginx: Nginx, pebble: PebbleServer, second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    nginx.configure(site(pebble, second_pebble, "acme_dry_run on;")).start()

    line = nginx.wait_for_log(r"issued by")

    assert 'issuer "ca (dry run)", certificate "www.example.com"' in line
    assert 'it is not served: take "acme_dry_run" away to have one from issuer "ca"' in line
    assert visitor.certificate("www.example.com").issuer == TEMPORARY
    assert (pebble.order_count(), second_pebble.order_count()) == (0, 1)
    assert pebble.account_count() == 0
    assert list((nginx.state / "dry-run").glob("www.example.com-*.crt"))
    assert not list(nginx.state.glob("*.crt"))


def test_after_the_dry_run_the_certificate_comes_from_the_ca_itself(
        nginx: Nginx, pebble: PebbleServer, second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    nginx.configure(site(pebble, second_pebble, "acme_dry_run on;")).start()
    nginx.wait_for_log(r"issued by")

    nginx.configure(site(pebble, second_pebble))
    nginx.reload()

    assert visitor.wait_for_certificate("www.example.com").issuer == pebble.intermediate_name()
    assert (pebble.order_count(), second_pebble.order_count()) == (1, 1)


def test_a_certificate_that_is_served_stays_during_a_dry_run_and_across_a_restart(
        nginx: Nginx, pebble: PebbleServer, second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    nginx.configure(site(pebble, second_pebble)).start()
    served = visitor.wait_for_certificate("www.example.com")

    nginx.configure(site(pebble, second_pebble, "acme_dry_run on;"))
    nginx.reload()
    nginx.wait_for_log(r'issuer "ca \(dry run\)".* issued by')
    assert visitor.verified_certificate("www.example.com") == served

    nginx.stop()
    nginx.start()
    assert visitor.verified_certificate("www.example.com") == served
    assert pebble.order_count() == 1


def test_a_dry_run_does_not_take_the_answers_of_a_stateless_issuer(
        nginx: Nginx, pebble: PebbleServer, second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    nginx.configure("\n".join([
        pebble.issuer("ca", f"staging_uri {second_pebble.directory_url}; ssl_verify off;"
                      " challenge http-01 stateless;", trusted=False),
        "acme ca;", REDIRECT, https_server("www.example.com"),
        https_server("rehearsed.example.com", "acme_dry_run on;")])).start()

    visitor.wait_for_certificate("www.example.com")
    nginx.wait_for_log(r'issuer "ca \(dry run\)", certificate "rehearsed.example.com".*issued')

    assert (pebble.order_count(), second_pebble.order_count()) == (1, 1)


def test_a_dry_run_that_fails_says_why(
        nginx: Nginx, pebble: PebbleServer, stopped_second_pebble: PebbleServer) -> None:
    staging = stopped_second_pebble.with_blocked_domain("www.example.com").start()
    nginx.expect_log(r'issuer "ca \(dry run\)", certificate "www.example.com".*www\.example\.com')
    nginx.configure(site(pebble, staging, "acme_dry_run on;")).start()

    nginx.wait_for_log(r'issuer "ca \(dry run\)", certificate "www.example.com".*next try')

    assert pebble.order_count() == 0

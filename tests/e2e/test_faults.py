# SPDX-License-Identifier: BSD-2-Clause
"""A CA that is down, refuses, or cannot be trusted."""

import re

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until


def site(issuer: str, *more: str) -> str:
    return "\n".join([issuer, "acme pebble;", REDIRECT, https_server("www.example.com"), *more])


def test_a_ca_that_is_down_at_the_start_is_asked_again(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r'\[error\].* acme: issuer "pebble": .*no answer from .*; next try')
    nginx.configure(site(stopped_pebble.issuer())).start()
    nginx.wait_for_log(r"acme: .*next try")
    assert visitor.get_plain("www.example.com").status == 301
    assert visitor.has_only_a_temporary_certificate("www.example.com")

    stopped_pebble.start()
    nginx.reload()  # what failed is tried again at once

    visitor.wait_for_certificate("www.example.com")
    assert len(nginx.log_lines(r"acme: .*next try")) == 1


def test_an_outage_is_one_line_however_many_certificates_wait(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    names = [f"site{number}.example.com" for number in range(20)]
    nginx.expect_log(r'\[error\].* acme: issuer "pebble": .*; next try')
    nginx.configure(site(stopped_pebble.issuer(), *map(https_server, names))).start()
    nginx.wait_for_log(r"acme: .*next try")

    stopped_pebble.start()
    nginx.reload()

    for name in names:
        visitor.wait_for_certificate(name)
    assert len(nginx.log_lines(r"acme: .*next try")) == 1


def test_a_ca_that_is_down_at_renewal_leaves_the_old_certificate_in_service(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(12).start()
    nginx.configure(site(pebble.issuer())).start()
    workers = nginx.worker_pids()
    before = visitor.wait_for_certificate("www.example.com")
    nginx.expect_log(r"\[error\].* acme: .*no answer from .*; next try")

    pebble.stop()
    nginx.wait_for_log(r"acme: .*next try")

    assert visitor.verified_certificate("www.example.com") == before
    assert nginx.worker_pids() == workers
    assert len(nginx.log_lines(r"acme: .*next try")) == 1


def test_a_ca_that_refuses_a_name_is_quoted_and_the_others_issue(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_blocked_domain("blocked-domain.example").start()
    nginx.expect_log(r'\[(warn|error)\].* certificate "blocked-domain.example": '
                     r'.*issuance is forbidden by policy.*; next try')
    nginx.configure(site(pebble.issuer(), https_server("blocked-domain.example"))).start()

    nginx.wait_for_log("forbidden by policy")
    visitor.wait_for_certificate("www.example.com")
    assert visitor.has_only_a_temporary_certificate("blocked-domain.example")
    assert pebble.order_count() == 1


def test_a_name_that_points_elsewhere_is_told_with_the_cas_words(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_http_port(8055).start()  # not us: the DNS's own port
    nginx.expect_log(r'\[(warn|error)\].* certificate "www.example.com": '
                     r'.*could not verify "www.example.com": .*; next try')
    nginx.configure(site(pebble.issuer(more="challenge http-01;"))).start()

    nginx.wait_for_log("could not verify")
    assert visitor.has_only_a_temporary_certificate("www.example.com")
    # The order that failed is not kept: a reload opens another one.
    assert not list((nginx.state / "orders").glob("*"))


def test_a_ca_with_an_untrusted_certificate_is_refused(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r'\[error\].* acme: issuer "pebble": .*certificate.*; next try')
    nginx.configure(site(pebble.issuer(trusted=False))).start()

    nginx.wait_for_log(r"acme: .*next try")

    # Pebble's log has our own wait for its directory; nobody else got through.
    assert pebble.account_count() == 0
    assert visitor.has_only_a_temporary_certificate("www.example.com")


def test_ssl_verify_off_trusts_any_ca(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r'\[warn\].* acme: issuer "pebble": the certificate of https://\S+ would '
                     'not verify: .*better name its root by "ssl_trusted_certificate"')
    nginx.configure(site(pebble.issuer(trusted=False, more="ssl_verify off;"))).start()

    visitor.wait_for_certificate("www.example.com")

    assert len(nginx.log_lines("would not verify")) == 1


def test_terms_that_nobody_agreed_to_are_named(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    issuer = pebble.issuer().replace("accept_terms_of_service;", "")
    nginx.expect_log(r"\[error\].*terms of service, data:text/plain.*accept_terms_of_service")
    nginx.configure(site(issuer)).start()

    nginx.wait_for_log("terms of service")
    assert pebble.account_count() == 0

    nginx.configure(site(pebble.issuer()))
    nginx.reload()
    visitor.wait_for_certificate("www.example.com")


def test_a_ca_that_forgot_the_account_gets_a_new_one_for_the_same_key(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble.issuer())).start()
    before = visitor.wait_for_certificate("www.example.com")
    key = (nginx.state / "account.key").read_bytes()
    pebble.stop()
    pebble.start()  # Pebble keeps nothing
    nginx.allow_log(r"\[warn\].*account")

    nginx.configure(site(pebble.issuer(), https_server("new.example.com")))
    nginx.reload()

    visitor.wait_for_certificate("new.example.com")
    assert (nginx.state / "account.key").read_bytes() == key
    assert visitor.verified_certificate("www.example.com") == before
    assert len(re.findall("There are now 1 accounts", pebble.log)) == 2


def test_a_worker_without_a_certificate_alarms_nobody(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    """Handshakes before the first certificate are the visitors' bad luck: no line
    of level warn or above, and no error left in OpenSSL's queue."""
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(site(pebble.issuer())).start()
    wait_until(pebble.order_count, "an order")
    for _ in range(20):
        assert visitor.has_only_a_temporary_certificate("www.example.com")
    pebble.release_validations()
    visitor.wait_for_certificate("www.example.com")
    assert not nginx.log_lines("ignoring stale global SSL error")

# SPDX-License-Identifier: BSD-2-Clause
"""The same with a CA of another make: Caddy's acme_server."""

import pytest

from support.caddy import CaddyServer
from support.nginx import Nginx
from support.servers import REDIRECT, foreign_web_server, https_server
from support.tls import Visitor


@pytest.fixture
def visitor(address: str, stopped_caddy: CaddyServer) -> Visitor:
    """A client that trusts this CA."""
    return Visitor(address, stopped_caddy.root_file)


def site(caddy: CaddyServer, *servers: str, more: str = "") -> str:
    servers = servers or (https_server("www.example.com"),)
    return "\n".join([caddy.issuer(more=more), "acme caddy;", REDIRECT, *servers])


def test_a_certificate_is_issued_served_and_verified(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor) -> None:
    nginx.configure(site(caddy, https_server("www.example.com example.com"))).start()
    workers = nginx.worker_pids()

    certificate = visitor.wait_for_certificate("www.example.com")

    assert certificate.names == ("example.com", "www.example.com")
    assert certificate.key == "ecdsa:256"
    assert visitor.curl("https://example.com/") in {str(pid) for pid in workers}
    assert nginx.worker_pids() == workers
    assert caddy.order_count() == 1
    assert caddy.account_count() == 1
    nginx.wait_for_log(r'certificate "www.example.com".*issued')


@pytest.mark.parametrize("key", ["ecdsa:384", "rsa:2048", "rsa:4096"])
def test_keys_of_other_types(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor, key: str) -> None:
    directive = f"acme_certificate caddy www.example.com key={key};"
    nginx.configure("\n".join([caddy.issuer(more=f"account_key {key};"), REDIRECT,
                               https_server("www.example.com", directive)])).start()

    assert visitor.wait_for_certificate("www.example.com").key == key


def test_an_ip_address_is_certified(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor, address: str) -> None:
    directive = f"acme_certificate caddy {address};"
    nginx.configure("\n".join([caddy.issuer(), REDIRECT,
                               https_server("www.example.com", directive)])).start()

    assert visitor.wait_for_certificate(address).names == (address,)


def test_the_account_and_the_certificate_are_used_again_after_a_restart(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor) -> None:
    nginx.configure(site(caddy)).start()
    before = visitor.wait_for_certificate("www.example.com")
    account = (nginx.state / "account.url").read_text()
    nginx.stop()

    nginx.configure(site(caddy, https_server("www.example.com"),
                         https_server("new.example.com"))).start()

    visitor.wait_for_certificate("new.example.com")
    assert visitor.verified_certificate("www.example.com") == before
    assert (nginx.state / "account.url").read_text() == account
    assert caddy.account_count() == 1
    assert caddy.order_count() == 2


def test_an_account_whose_url_is_lost_is_found_again_by_its_key(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor) -> None:
    nginx.configure(site(caddy)).start()
    visitor.wait_for_certificate("www.example.com")
    nginx.stop()
    (nginx.state / "account.url").unlink()

    nginx.configure(site(caddy, https_server("new.example.com"))).start()

    visitor.wait_for_certificate("new.example.com")
    assert caddy.account_count() == 1


def test_a_ca_that_was_away_knows_the_account_when_it_is_back(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor) -> None:
    nginx.configure(site(caddy)).start()
    before = visitor.wait_for_certificate("www.example.com")
    caddy.stop()
    nginx.expect_log(r'\[error\].* acme: issuer "caddy": .*no answer from .*; next try')
    nginx.configure(site(caddy, https_server("www.example.com"),
                         https_server("new.example.com")))
    nginx.reload()
    nginx.wait_for_log("acme: .*next try")

    caddy.start()
    nginx.reload()  # what failed is tried again at once

    visitor.wait_for_certificate("new.example.com")
    assert visitor.verified_certificate("www.example.com") == before
    assert caddy.account_count() == 1


def test_a_name_that_points_elsewhere_is_told_with_the_cas_words(
        nginx: Nginx, stopped_caddy: CaddyServer, visitor: Visitor,
        second_address: str) -> None:
    """The challenge is invalid, its authorization and order stay pending for good."""
    caddy = stopped_caddy.with_name_elsewhere("away.example.com", second_address).start()
    nginx.expect_log(r'\[(warn|error)\].* certificate "away.example.com": '
                     r'.*could not verify "away.example.com": .*; next try')
    nginx.configure(site(caddy, https_server("away.example.com"), more="challenge http-01;"))

    with foreign_web_server(second_address, "welcome"):
        nginx.start()
        nginx.wait_for_log("could not verify")

    assert visitor.has_only_a_temporary_certificate("away.example.com")


def test_a_name_that_is_not_found_is_told_with_the_cas_words(
        nginx: Nginx, caddy: CaddyServer, visitor: Visitor) -> None:
    """The challenge stays pending, with an error: the CA waits to be asked again."""
    nginx.expect_log(r'\[(warn|error)\].* certificate "nowhere.invalid": '
                     r'.*could not verify "nowhere.invalid": .*; next try')
    nginx.configure(site(caddy, https_server("nowhere.invalid"), more="challenge http-01;"))
    nginx.start()

    nginx.wait_for_log("could not verify")

    assert visitor.has_only_a_temporary_certificate("nowhere.invalid")


def test_a_lifetime_of_the_cas_choice_is_kept_to(
        nginx: Nginx, stopped_caddy: CaddyServer, visitor: Visitor) -> None:
    if not stopped_caddy.supports_lifetime:
        pytest.skip("this Caddy's certificates always live for 12 h")
    caddy = stopped_caddy.with_certificate_lifetime(3600).start()
    nginx.configure(site(caddy)).start()

    visitor.wait_for_certificate("www.example.com")

    nginx.wait_for_log(r'certificate "www.example.com".*issued')
    assert caddy.order_count() == 1

# SPDX-License-Identifier: BSD-2-Clause
"""What an acme_issuer block can ask of a CA, at a real one."""

import base64
import json

import pytest

from support.certificates import top_issuer
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

MAC_KEY = base64.urlsafe_b64encode(b"0123456789abcdef0123456789abcdef").rstrip(b"=").decode()


def configure(nginx: Nginx, issuer: str, more: str = "") -> Nginx:
    return nginx.configure(
        f"{issuer} acme pebble; {REDIRECT} {https_server('www.example.com')} {more}")


def account(nginx: Nginx) -> str:
    return (nginx.state / "account.url").read_text().strip()


def metadata(nginx: Nginx) -> dict:
    (file,) = nginx.state.glob("www.example.com-*.json")
    return json.loads(file.read_text())


# External accounts.

@pytest.mark.parametrize("given_as", ["file", "data"])
def test_a_customer_of_the_ca_is_bound_to_its_account(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, given_as: str) -> None:
    pebble = stopped_pebble.with_external_account("kid-1", MAC_KEY).start()
    (nginx.prefix / "conf" / "mac.key").write_text(MAC_KEY + "\n")
    key = "mac.key" if given_as == "file" else f"data:{MAC_KEY}"
    configure(nginx, pebble.issuer(more=f"external_account_key kid-1 {key};")).start()

    visitor.wait_for_certificate("www.example.com")


def test_without_a_binding_the_log_says_what_to_add(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_external_account("kid-1", MAC_KEY).start()
    nginx.expect_log(r'cannot set up the account: .*add "external_account_key KID KEY;"')
    configure(nginx, pebble.issuer()).start()

    nginx.wait_for_log("external_account_key")
    assert visitor.has_no_certificate("www.example.com")


def test_a_wrong_binding_is_refused_and_its_key_is_not_logged(
        nginx: Nginx, stopped_pebble: PebbleServer) -> None:
    pebble = stopped_pebble.with_external_account("kid-1", MAC_KEY).start()
    wrong = MAC_KEY[::-1]
    nginx.expect_log("cannot set up the account: the CA refused")
    configure(nginx, pebble.issuer(more=f"external_account_key kid-1 data:{wrong};")).start()

    nginx.wait_for_log("cannot set up the account")
    assert wrong not in nginx.error_log


# Chains and profiles.

def test_the_chain_of_the_preferred_root_is_served(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_alternate_roots(2).start()
    wanted = top_issuer(pebble.root_pem(2))
    assert wanted != top_issuer(pebble.root_pem(0))
    visitor.roots.write_text(pebble.root_pem(2))
    configure(nginx, pebble.issuer(more=f'preferred_chain "{wanted}";')).start()

    visitor.wait_for_certificate("www.example.com")

    (chain,) = nginx.state.glob("www.example.com-*.crt")
    assert top_issuer(chain.read_text()) == wanted


def test_without_the_preferred_root_the_first_chain_is_served(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log('the CA offers no chain up to "No Such Root"')
    configure(nginx, pebble.issuer(more='preferred_chain "No Such Root";')).start()

    visitor.wait_for_certificate("www.example.com")


@pytest.fixture
def pebble_with_profiles(stopped_pebble: PebbleServer) -> PebbleServer:
    pebble = stopped_pebble.with_profiles(classic=7_776_000, shortlived=518_400).start()
    if "profiles" not in pebble.directory().get("meta", {}):
        pytest.skip("this Pebble has no profiles")
    return pebble


def test_a_profile_is_ordered(
        nginx: Nginx, pebble_with_profiles: PebbleServer, visitor: Visitor) -> None:
    configure(nginx, pebble_with_profiles.issuer(more="profile shortlived require;")).start()

    visitor.wait_for_certificate("www.example.com")

    line = nginx.wait_for_log("issued by")
    expires, renewed = (line.partition(word)[2][:20] for word in ("expires ", "renewed "))
    assert expires > renewed
    assert "profile" in pebble_with_profiles.log


def test_a_profile_that_the_ca_does_not_have_is_left_out(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log('the CA has no profile "imaginary" .*; ordering without a profile')
    configure(nginx, pebble.issuer(more="profile imaginary;")).start()

    visitor.wait_for_certificate("www.example.com")


def test_a_required_profile_that_the_ca_does_not_have_costs_no_order(
        nginx: Nginx, pebble: PebbleServer) -> None:
    nginx.expect_log('the CA has no profile "imaginary" .*leave out "require"')
    configure(nginx, pebble.issuer(more="profile imaginary require;")).start()

    nginx.wait_for_log("imaginary")
    assert pebble.order_count() == 0


# The account over changes of the configuration.

def test_contacts_follow_the_configuration(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    configure(nginx, pebble.issuer(more="contact old@example.com;")).start()
    visitor.wait_for_certificate("www.example.com")

    configure(nginx, pebble.issuer(more="contact new@example.com;"),
              https_server("new.example.com"))
    nginx.reload()

    visitor.wait_for_certificate("new.example.com")
    nginx.wait_for_log("updated the account's contacts")
    assert pebble.account_count() == 1


def test_another_type_of_account_key_keeps_the_account(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    configure(nginx, pebble.issuer()).start()
    visitor.wait_for_certificate("www.example.com")
    before = account(nginx)

    configure(nginx, pebble.issuer(more="account_key rsa:2048;"),
              https_server("new.example.com"))
    nginx.reload()

    visitor.wait_for_certificate("new.example.com")
    nginx.wait_for_log("changed the account key to rsa:2048")
    assert account(nginx) == before
    assert pebble.account_count() == 1


# Keys and pace.

def test_a_reused_key_stays_over_renewals(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(12).start()
    nginx.allow_log("has expired")
    configure(nginx, pebble.issuer(more="reuse_key on;")).start()
    first = visitor.wait_for_certificate("www.example.com")
    (key,) = nginx.state.glob("www.example.com-*.key")
    before = key.read_bytes()

    visitor.wait_for_certificate("www.example.com", other_than=first)

    assert key.read_bytes() == before


def test_a_ca_that_asks_for_patience_gets_it(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_retry_after(2).start()
    configure(nginx, pebble.issuer()).start()

    visitor.wait_for_certificate("www.example.com")

    assert pebble.authorization_request_count() <= 4


# Before the CA is asked.

def test_a_server_without_port_80_costs_no_order(nginx: Nginx, pebble: PebbleServer) -> None:
    nginx.expect_log("our own server does not answer an http-01 challenge .*add \"listen 80;\"")
    nginx.configure(f"{pebble.issuer()} acme pebble; {https_server('www.example.com')}").start()

    nginx.wait_for_log("the CA was not asked")
    assert pebble.order_count() == 0


def test_the_look_at_port_80_can_be_turned_off(nginx: Nginx, pebble: PebbleServer) -> None:
    nginx.expect_log("the CA could not verify")
    issuer = pebble.issuer(more="challenge_self_check off;")
    nginx.configure(f"{issuer} acme pebble; {https_server('www.example.com')}").start()

    wait_until(pebble.order_count, "an order")
    nginx.wait_for_log("the CA could not verify")


# What is written down.

def test_the_metadata_tell_what_was_done_and_what_comes_next(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    configure(nginx, pebble.issuer()).start()
    seen = visitor.wait_for_certificate("www.example.com")
    wait_until(lambda: metadata(nginx).get("next_action"), "the metadata")

    written = metadata(nginx)
    assert written["issuer"] == "pebble"
    assert written["serial"].lstrip("0") == seen.serial
    assert written["next_action"]["what"] == "renew"
    assert written["not_before"] < written["next_action"]["at"] < written["not_after"]
    assert [attempt["succeeded"] for attempt in written["history"]] == [True]


def test_the_metadata_tell_the_last_error(
        nginx: Nginx, stopped_pebble: PebbleServer) -> None:
    pebble = stopped_pebble.with_blocked_domain("example.com").start()
    nginx.expect_log("rejectedIdentifier")
    configure(nginx, pebble.issuer()).start()
    nginx.wait_for_log("rejectedIdentifier")
    wait_until(lambda: any(nginx.state.glob("www.example.com-*.json")), "the metadata")

    written = metadata(nginx)
    assert "rejectedIdentifier" in written["last_error"]["message"]
    assert written["next_action"]["what"] == "retry"
    assert written["failures"]["pebble"]["count"] == 1

# SPDX-License-Identifier: BSD-2-Clause
"""What an acme_issuer block can ask of its CA, at a real one."""

import dataclasses
import re
from pathlib import Path

import pytest

from support.certificates import top_issuer_name
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

KID = "kid-1"
MAC_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
KEY_IN_CONFIGURATION = r"\[warn\].* the key of an external account stands in the configuration"


def site(issuer: str, *more: str) -> str:
    return "\n".join([issuer, "acme pebble;", REDIRECT, https_server("www.example.com"), *more])


def state_file(nginx: Nginx, suffix: str) -> Path:
    (file,) = nginx.state.glob(f"www.example.com-*{suffix}")
    return file


def served_chain(visitor: Visitor) -> str:
    text = visitor.s_client("www.example.com", "-showcerts")
    return "\n".join(re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----", text, re.DOTALL))


# external_account_key


@pytest.fixture
def binding_pebble(stopped_pebble: PebbleServer) -> PebbleServer:
    return stopped_pebble.with_external_account(KID, MAC_KEY).start()


@pytest.mark.parametrize("key", ["mac.key", f"data:{MAC_KEY}"], ids=["file", "data"])
def test_the_account_is_bound_once(
        nginx: Nginx, binding_pebble: PebbleServer, visitor: Visitor, key: str) -> None:
    (nginx.prefix / "conf" / "mac.key").write_text(f"{MAC_KEY}\n")
    if key.startswith("data:"):
        nginx.expect_log(KEY_IN_CONFIGURATION)
    issuer = binding_pebble.issuer(more=f"external_account_key {KID} {key};")
    nginx.configure(site(issuer)).start()
    visitor.wait_for_certificate("www.example.com")
    nginx.stop()

    nginx.configure(site(issuer, https_server("new.example.com"))).start()

    visitor.wait_for_certificate("new.example.com")
    assert binding_pebble.account_count() == 1
    assert MAC_KEY not in nginx.error_log
    for file in nginx.state.rglob("*"):
        assert file.is_dir() or MAC_KEY not in file.read_text()


def test_a_relative_file_is_also_found_among_the_credentials_of_systemd(nginx: Nginx) -> None:
    credentials = nginx.prefix / "credentials"
    credentials.mkdir()
    conf = nginx.prefix / "conf"
    nginx.configure(site("""
        acme_issuer pebble {
            uri https://ca.example.com/directory;
            external_account_key kid-1 mac.key;
        }"""))
    assert f'"{conf}/mac.key": No such file' in nginx.check().output
    nginx.program = dataclasses.replace(
        nginx.program, variables=(("CREDENTIALS_DIRECTORY", str(credentials)),))
    assert f'"{conf}/mac.key": No such file' in nginx.check().output

    (credentials / "mac.key").write_text(MAC_KEY)
    assert nginx.check().status == 0

    (conf / "mac.key").write_text("not base64url!")  # goes first
    assert f'"{conf}/mac.key"' not in nginx.check().output
    assert 'cannot decode the key in "mac.key"' in nginx.check().output


def test_without_a_key_the_log_says_what_to_add_and_a_reload_cures_it(
        nginx: Nginx, binding_pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r"\[error\].* acme: .*external_account_key")
    nginx.configure(site(binding_pebble.issuer())).start()
    nginx.wait_for_log("external_account_key")
    assert visitor.has_only_a_temporary_certificate("www.example.com")

    nginx.expect_log(KEY_IN_CONFIGURATION)
    nginx.configure(site(binding_pebble.issuer(
        more=f"external_account_key {KID} data:{MAC_KEY};")))
    nginx.reload()

    visitor.wait_for_certificate("www.example.com")


@pytest.mark.parametrize("key", [f"{KID} data:{MAC_KEY[::-1]}", f"nobody data:{MAC_KEY}"],
                         ids=["wrong key", "unknown id"])
def test_a_key_that_the_ca_refuses_is_told_and_kept_secret(
        nginx: Nginx, binding_pebble: PebbleServer, visitor: Visitor, key: str) -> None:
    nginx.expect_log(r"\[error\].* acme: .*cannot set up the account: the CA refused")
    nginx.expect_log(KEY_IN_CONFIGURATION)
    nginx.configure(site(binding_pebble.issuer(more=f"external_account_key {key};"))).start()

    nginx.wait_for_log("the CA refused")

    assert visitor.has_only_a_temporary_certificate("www.example.com")
    assert key.partition("data:")[2] not in nginx.error_log


# preferred_chain


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_chain_to_the_preferred_root_is_served(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, number: int) -> None:
    pebble = stopped_pebble.with_alternate_roots(2).start()
    visitor.roots.write_text(pebble.root_pem(number))  # and no other
    root = pebble.root_name(number)
    nginx.configure(site(pebble.issuer(more=f'preferred_chain "{root}";'))).start()

    visitor.wait_for_certificate("www.example.com")

    assert top_issuer_name(served_chain(visitor)) == root
    assert pebble.order_count() == 1


def test_a_chain_that_is_not_offered_is_told_and_done_without(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r"\[warn\].*Nobody's Root")
    nginx.configure(site(pebble.issuer(more='preferred_chain "Nobody\'s Root";'))).start()

    visitor.wait_for_certificate("www.example.com")

    assert top_issuer_name(served_chain(visitor)) == pebble.root_name()


# profile


def test_the_profile_is_ordered(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_profiles({"classic": 90 * 86400, "shortlived": 86400}).start()
    if not pebble.supports_profiles:
        pytest.skip("this Pebble has no profiles")
    nginx.configure(site(
        pebble.issuer("classic", "profile classic require;", state_path="classic"),
        pebble.issuer(more="profile shortlived;"),
        https_server("classic.example.com", "acme_certificate classic;"))).start()

    short = visitor.wait_for_certificate("www.example.com")
    long = visitor.wait_for_certificate("classic.example.com")

    assert (long.not_after - short.not_after).days >= 88


def test_a_profile_that_the_ca_does_not_have_is_done_without(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r'\[warn\].*profile "imaginary"')
    nginx.configure(site(pebble.issuer(more="profile imaginary;"))).start()

    visitor.wait_for_certificate("www.example.com")


def test_without_a_required_profile_nothing_is_ordered(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r'\[(warn|error)\].*profile "imaginary"')
    nginx.configure(site(pebble.issuer(more="profile imaginary require;"))).start()

    nginx.wait_for_log("imaginary")

    assert pebble.order_count() == 0
    assert visitor.has_only_a_temporary_certificate("www.example.com")


# challenge, challenge_self_check


def test_a_stateless_issuer_gets_its_certificates_too(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble.issuer(more="challenge http-01 stateless;"))).start()

    visitor.wait_for_certificate("www.example.com")


def test_without_a_server_on_port_80_nothing_is_ordered(
        nginx: Nginx, pebble: PebbleServer) -> None:
    nginx.expect_log(r"\[(warn|error)\].*listen 80")
    nginx.configure("\n".join([pebble.issuer(more="challenge http-01;"), "acme pebble;",
                               https_server("www.example.com")])).start()

    nginx.wait_for_log("the CA was not asked.*next try")

    assert pebble.order_count() == 0


def test_once_port_80_is_served_a_reload_is_enough(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log(r"\[(warn|error)\].*listen 80")
    nginx.configure("\n".join([pebble.issuer(more="challenge http-01;"), "acme pebble;",
                               https_server("www.example.com")])).start()
    nginx.wait_for_log("the CA was not asked.*next try")

    nginx.configure(site(pebble.issuer()))
    nginx.reload()

    visitor.wait_for_certificate("www.example.com")


def test_whoever_serves_port_80_elsewhere_turns_the_look_at_it_off(
        nginx: Nginx, stopped_pebble: PebbleServer) -> None:
    pebble = stopped_pebble.start()
    nginx.expect_log("could not verify")
    nginx.configure("\n".join([pebble.issuer(more="challenge http-01; challenge_self_check off;"), "acme pebble;",
                               https_server("www.example.com")])).start()

    wait_until(pebble.order_count, "an order")

    nginx.wait_for_log("could not verify")


# reuse_key


@pytest.mark.parametrize("reuse", ["on", "off"])
def test_a_renewal_keeps_the_key_when_it_is_told_to(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, reuse: str) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(12).start()
    nginx.allow_log("has expired")
    nginx.configure(site(pebble.issuer(more=f"reuse_key {reuse};"))).start()
    first = visitor.wait_for_certificate("www.example.com")
    key = state_file(nginx, ".key").read_bytes()

    visitor.wait_for_certificate("www.example.com", other_than=first)

    assert (state_file(nginx, ".key").read_bytes() == key) == (reuse == "on")


# The account follows the configuration.


def account_url(nginx: Nginx) -> str:
    return (nginx.state / "account.url").read_text()


def test_other_contacts_are_told_to_the_ca(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble.issuer(more="contact old@example.com;"))).start()
    visitor.wait_for_certificate("www.example.com")
    before = account_url(nginx)
    updates = pebble.log.count("POST /my-account/")

    nginx.configure(site(pebble.issuer(more="contact new@example.com;"),
                         https_server("new.example.com")))
    nginx.reload()

    visitor.wait_for_certificate("new.example.com")
    wait_until(lambda: pebble.log.count("POST /my-account/") > updates, "an update")
    assert account_url(nginx) == before
    assert pebble.account_count() == 1


def test_an_account_key_of_another_type_is_rolled_over(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble.issuer())).start()
    visitor.wait_for_certificate("www.example.com")
    before = account_url(nginx)
    key = (nginx.state / "account.key").read_bytes()

    nginx.configure(site(pebble.issuer(more="account_key ecdsa:384;"),
                         https_server("new.example.com")))
    nginx.reload()

    visitor.wait_for_certificate("new.example.com")
    assert (nginx.state / "account.key").read_bytes() != key
    assert account_url(nginx) == before
    assert pebble.account_count() == 1
    assert "POST /rollover-account-key" in pebble.log

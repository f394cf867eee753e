# SPDX-License-Identifier: BSD-2-Clause
"""The configuration is a wish, the state directory the stock: what changes in the former
never takes a valid certificate out of service."""

import json
import os
from pathlib import Path

import pytest

from support import addresses
from support.certificates import TestAuthority
from support.dns_hook import write_dns_hook
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until
from support.watcher import Watcher

MAIN = "www.example.com"
OTHER = "shop.example.com"
NEW = "new.example.com"


def site(pebble: PebbleServer, names: str, more: str = "acme pebble;", issuer: str = "") -> str:
    return f"{pebble.issuer(more=issuer)} {REDIRECT} {https_server(names, more)}"


def documents(folder: Path) -> list[dict]:
    return [json.loads(path.read_text()) for path in folder.glob("*-*.json")
            if not path.name.startswith("account")]


def test_a_name_that_fails_leaves_the_others_what_they_have(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_blocked_domain("typo.example.com").start()
    nginx.allow_log(r"rejectedIdentifier|typo\.example\.com")
    more = "acme pebble; acme_partial off;"
    nginx.configure(site(pebble, f"{MAIN} {OTHER}", more)).start()
    before = visitor.wait_for_certificate(MAIN)

    with Watcher.watching(visitor, MAIN, OTHER) as watcher:
        nginx.configure(site(pebble, f"{MAIN} typo.example.com {OTHER}", more))
        check = nginx.check()
        assert 'does not cover "typo.example.com"' in check.log
        nginx.reload()
        nginx.wait_for_log(r"next try")
        watcher.look_again()
        assert visitor.has_only_a_temporary_certificate("typo.example.com")
        # Neither does a restart lose it.
        nginx.stop()
        nginx.start()
        watcher.look_again()
    assert set(watcher.serials(MAIN)) == {before.serial}
    assert nginx.log_lines(r'does not cover "typo.example.com".*is to be ordered')


def test_without_a_state_directory_a_reload_keeps_what_is_served(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_blocked_domain("typo.example.com").start()
    nginx.allow_log(r"rejectedIdentifier|typo\.example\.com")

    def without_state(names: str, key: str = "") -> str:
        return (f"{pebble.issuer(state_path='off')} {REDIRECT} "
                f"{https_server(names, f'acme pebble {key}; acme_partial off;')}")

    nginx.configure(without_state(f"{MAIN} {OTHER}")).start()
    before = visitor.wait_for_certificate(MAIN)
    with Watcher.watching(visitor, MAIN, OTHER) as watcher:
        nginx.configure(without_state(f"{MAIN} typo.example.com {OTHER}")).reload()
        nginx.wait_for_log(r"next try")
        # A reload takes what stands in along, too.
        nginx.configure(without_state(f"{MAIN} typo.example.com {OTHER}", "key=rsa")).reload()
        wait_until(lambda: len(nginx.log_lines(r"next try")) > 1, "the other order to fail")
        watcher.look_again()
    assert set(watcher.serials(MAIN)) == {before.serial}


def test_a_site_that_is_split_or_merged_keeps_its_certificates(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    together = site(pebble, f"{MAIN} {OTHER}")
    apart = site(pebble, MAIN) + https_server(OTHER, "acme pebble;")
    nginx.configure(together).start()
    first = visitor.wait_for_certificate(MAIN)
    with Watcher.watching(visitor, MAIN, OTHER) as watcher:
        # Each half is covered by what was ordered for both.
        nginx.configure(apart).reload()
        watcher.look_again()
        nginx.configure(together).reload()
        watcher.look_again()
    assert watcher.serials(MAIN) == watcher.serials(OTHER) == [first.serial]
    assert pebble.order_count() == 1


def test_an_uncovered_name_is_refused_where_the_fallback_says_so(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_blocked_domain("typo.example.com").start()
    nginx.allow_log(r"rejectedIdentifier|typo\.example\.com")
    more = "acme pebble; acme_partial off; acme_fallback reject;"
    nginx.configure(site(pebble, MAIN, more)).start()
    visitor.wait_for_certificate(MAIN)
    with Watcher.watching(visitor, MAIN):
        nginx.configure(site(pebble, f"{MAIN} typo.example.com", more)).reload()
        wait_until(lambda: visitor.has_no_certificate("typo.example.com"), "a refusal")
        nginx.wait_for_log(r"next try")


def test_names_are_added_removed_and_put_in_another_order(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, f"{MAIN} {OTHER}")).start()
    first = visitor.wait_for_certificate(MAIN)

    with Watcher.watching(visitor, MAIN) as watcher:
        nginx.configure(site(pebble, f"{OTHER} {MAIN}")).reload()
        watcher.look_again()
        nginx.configure(site(pebble, f"{OTHER} {MAIN} {NEW}")).reload()
        second = visitor.wait_for_certificate(NEW)
        # What is left is covered: nothing is ordered for it.
        nginx.configure(site(pebble, MAIN))
        assert "is kept until its renewal" in nginx.check().log
        nginx.reload()
        watcher.look_again()
        # The first one covers it too, and may expire in the same second.
        nginx.wait_for_log(
            rf'"{MAIN}": stored what is served, serial {second.serial}')
        nginx.stop()
        nginx.start()
        # By the time that another one is there, it would have been ordered.
        nginx.configure(site(pebble, MAIN) + https_server("last.example.com", "acme pebble;"))
        nginx.reload()
        visitor.wait_for_certificate("last.example.com")
        watcher.look_again()
    assert watcher.serials(MAIN) == [first.serial, second.serial]
    assert pebble.order_count() == 3


@pytest.mark.parametrize("key", ["rsa:2048", "ecdsa:384"])
def test_another_kind_of_key_is_ordered_beside_what_is_served(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, key: str) -> None:
    nginx.configure(site(pebble, MAIN)).start()
    first = visitor.wait_for_certificate(MAIN)
    with Watcher.watching(visitor, MAIN):
        nginx.configure(site(pebble, MAIN, f"acme pebble key={key};")).reload()
        second = visitor.wait_for_certificate(MAIN, other_than=first)
        assert second.key == key


def test_a_second_key_leaves_the_first_one_served(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, MAIN, "acme pebble key=rsa:2048;")).start()
    visitor.wait_for_certificate(MAIN)
    with Watcher.watching(visitor, MAIN):
        nginx.configure(site(pebble, MAIN, "acme pebble key=ecdsa,rsa;")).reload()
        nginx.wait_for_log(r'certificate "www.example.com" \(ecdsa:256\): issued')
        wait_until(lambda: visitor.certificate(MAIN).key == "ecdsa:256", "the ECDSA one")


def test_another_ca_takes_over_without_a_gap(
        nginx: Nginx, pebble: PebbleServer, second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    def by(server: PebbleServer, name: str) -> str:
        return (f"{server.issuer(name, state_path=f'state-{name}')} {REDIRECT} "
                f"{https_server(MAIN, f'acme {name};')}")

    nginx.allow_log(r"cannot|next try|issuer \"second\"")
    nginx.configure(by(pebble, "first")).start()
    first = visitor.wait_for_certificate(MAIN)
    with Watcher.watching(visitor, MAIN) as watcher:
        second_pebble.stop()
        nginx.configure(by(second_pebble, "second")).reload()
        nginx.wait_for_log(r'issuer "second".*next try')
        watcher.look_again()
        # The first one's directory is not in the configuration any more.
        nginx.stop()
        nginx.start()
        watcher.look_again()
        assert visitor.certificate(MAIN).serial == first.serial
    found = documents(nginx.prefix / "state-second")
    assert found[0]["issuer"] == "first"
    assert found[0]["taken_from"].startswith(str(nginx.prefix / "state-first"))


def test_another_directory_has_its_certificates_replaced_by_a_new_account(
        nginx: Nginx, pebble: PebbleServer, second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    """From a CA's staging to its production, the usual first step."""
    def by(server: PebbleServer) -> str:
        return f"{server.issuer('ca')} {REDIRECT} {https_server(MAIN, 'acme ca;')}"

    nginx.configure(by(pebble)).start()
    visitor.wait_for_certificate(MAIN)
    key = (nginx.state / "account.key").read_text()
    with Watcher.watching(visitor, MAIN) as watcher:
        nginx.configure(by(second_pebble))
        check = nginx.check()
        assert f'was ordered at "{pebble.directory_url}"' in check.log
        assert "gets a new account at" in check.log
        nginx.reload()
        wait_until(lambda: len(watcher.serials(MAIN)) == 2, "the other CA's certificate")
    assert (pebble.order_count(), second_pebble.order_count()) == (1, 1)
    assert (nginx.state / "account.key").read_text() != key
    assert [path.read_text() for path in nginx.state.glob("account-*.key")] == [key]
    (document,) = documents(nginx.state)
    assert document["ordered_with"]["directory"] == second_pebble.directory_url

    # And back: the account of the first one is used again.
    nginx.configure(by(pebble)).reload()
    wait_until(lambda: pebble.order_count() == 2, "an order")
    assert pebble.account_count() == 1


def test_what_an_earlier_version_left_causes_no_order(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, MAIN)).start()
    first = visitor.wait_for_certificate(MAIN)
    nginx.stop()
    for path in nginx.state.glob("*.json"):
        document = json.loads(path.read_text())
        for member in ("ordered_with", "directory", "configured_key"):
            document.pop(member, None)
        path.write_text(json.dumps(document))
    nginx.start()
    nginx.configure(site(pebble, MAIN) + https_server(NEW, "acme pebble;")).reload()
    visitor.wait_for_certificate(NEW)
    assert visitor.verified_certificate(MAIN) == first
    assert (pebble.order_count(), pebble.account_count()) == (2, 1)


def test_what_has_expired_does_not_replace_the_operators_own(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    """Who rescues a site with a certificate of another source gets it served."""
    nginx.configure(site(pebble, MAIN)).start()
    visitor.wait_for_certificate(MAIN)
    nginx.stop()
    pebble.stop()
    authority = TestAuthority("another source")
    (chain,) = nginx.state.glob("www.*.crt")
    authority.issue([MAIN], chain, chain.with_suffix(".key"), days=0)
    authority.issue([MAIN], nginx.prefix / "own.crt", nginx.prefix / "own.key")
    own = f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"
    nginx.allow_log("cannot|next try|has expired|expired")
    nginx.configure(site(pebble, MAIN, f"acme pebble; {own}")).start()
    with Watcher.watching(visitor, MAIN) as watcher:
        nginx.wait_for_log("next try")
        watcher.look_again()
    assert watcher.sights[MAIN].changes[0].issuer == "another source"


def test_files_with_an_asterisk_in_their_name_are_renamed_while_they_are_served(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        resolver {nginx.address}:{addresses.DNS};
        acme_dns exec {write_dns_hook(nginx.prefix / "conf", nginx.address)};
        {https_server("*.example.com")}
    """).start()
    first = visitor.wait_for_certificate(MAIN)
    nginx.stop()
    for path in nginx.state.glob("_wildcard.*"):
        path.rename(path.with_name(path.name.replace("_wildcard", "*")))
    assert list(nginx.state.glob("[*]*"))
    nginx.start()
    with Watcher.watching(visitor, MAIN) as watcher:
        wait_until(lambda: not list(nginx.state.glob("[*]*")), "new names")
    assert watcher.serials(MAIN) == [first.serial]
    assert {path.suffix for path in nginx.state.glob("_wildcard.example.com-*")} >= {
        ".crt", ".key", ".json"}
    assert pebble.order_count() == 1


def test_a_profile_is_a_wish_too(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_profiles({"default": 7776000, "short": 518400}).start()
    if not pebble.supports_profiles:
        pytest.skip("this Pebble has no profiles")
    nginx.configure(site(pebble, MAIN)).start()
    visitor.wait_for_certificate(MAIN)
    with Watcher.watching(visitor, MAIN) as watcher:
        nginx.configure(site(pebble, MAIN, issuer="profile short;"))
        assert 'was ordered with profile ""' in nginx.check().log
        nginx.reload()
        wait_until(lambda: len(watcher.serials(MAIN)) == 2, "the short one")
    assert pebble.order_count() == 2


def own_files(nginx: Nginx, names: list[str], days: int = 1) -> str:
    """Lines for a certificate that the operator has got elsewhere."""
    TestAuthority("another source").issue(names, nginx.prefix / "own.crt",
                                          nginx.prefix / "own.key", days=days)
    return f"ssl_certificate {nginx.prefix}/own.crt; ssl_certificate_key {nginx.prefix}/own.key;"


@pytest.mark.parametrize("names, days", [(["a.example.net"], 1), ([MAIN, NEW], 0)])
def test_what_lacks_a_name_is_served_beside_the_operators_own(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, names: list[str],
        days: int) -> None:
    own = own_files(nginx, names, days)
    nginx.configure(site(pebble, MAIN, f"acme pebble; {own}")).start()
    first = visitor.wait_for_certificate(MAIN)
    pebble.stop()
    nginx.allow_log("cannot|next try")
    with Watcher.watching(visitor, MAIN) as watcher:
        nginx.configure(site(pebble, f"{MAIN} {NEW}", f"acme pebble; {own}")).reload()
        nginx.wait_for_log("next try")
        watcher.look_again()
        assert visitor.certificate(NEW).issuer == "another source"
        nginx.stop()
        nginx.start()
        watcher.look_again()
    assert set(watcher.serials(MAIN)) == {first.serial}


def test_a_stand_in_that_has_expired_gives_way_to_what_has_not(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.start()
    nginx.allow_log("cannot|next try|expire")
    nginx.configure(site(pebble, MAIN)).start()
    long = visitor.wait_for_certificate(MAIN)
    nginx.stop()
    pebble.stop()
    # Another one, for more of the names, that has expired by now.
    nginx.configure(site(pebble, f"{MAIN} {OTHER} {NEW}"))
    (chain,) = nginx.state.glob("www.*.crt")
    expired = chain.with_name(f"{OTHER}-0123456789abcdef.crt")
    TestAuthority("expired").issue([MAIN, OTHER], expired, expired.with_suffix(".key"), days=0)
    for path in (expired, expired.with_suffix(".key")):
        os.chown(path, chain.stat().st_uid, chain.stat().st_gid)
    nginx.start()
    with Watcher.watching(visitor, MAIN) as watcher:
        nginx.reload()
        watcher.look_again()
    assert watcher.serials(MAIN) == [long.serial]


@pytest.mark.parametrize("fallback", ["self-signed", "reject"])
def test_servers_that_are_merged_keep_both_certificates(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, fallback: str) -> None:
    more = f"acme pebble; acme_fallback {fallback};"
    nginx.configure(site(pebble, MAIN, more) + https_server(OTHER, more)).start()
    first = [visitor.wait_for_certificate(name) for name in (MAIN, OTHER)]
    pebble.stop()
    # Pebble forgets its accounts when it is stopped.
    nginx.allow_log("cannot|next try|looking for the account")
    with Watcher.watching(visitor, MAIN, OTHER) as watcher:
        merged = site(pebble, f"{MAIN} {NEW} {OTHER}", more)
        nginx.configure(merged).reload()
        nginx.wait_for_log("next try")
        watcher.look_again()
        # Neither does another change, nor a restart, lose one of them.
        nginx.configure(merged + https_server("last.example.com", more)).reload()
        watcher.look_again()
        nginx.stop()
        nginx.start()
        watcher.look_again()
        assert [set(watcher.serials(name)) for name in (MAIN, OTHER)] == [
            {certificate.serial} for certificate in first]
        pebble.start()
        nginx.reload()
        both = visitor.wait_for_certificate(NEW)
        wait_until(lambda: {visitor.certificate(name).serial for name in (MAIN, OTHER)} == {
            both.serial}, "the certificate for all", 90)


def test_a_name_that_moves_to_another_server_keeps_its_certificate(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    names = "a.example.com b.example.com"
    before = site(pebble, MAIN) + https_server(f"{OTHER} {names}", "acme pebble;")
    after = site(pebble, f"{MAIN} {names}") + https_server(OTHER, "acme pebble;")
    nginx.configure(before).start()
    visitor.wait_for_certificate(MAIN)
    visitor.wait_for_certificate(OTHER)
    pebble.stop()
    nginx.allow_log("cannot|next try")
    with Watcher.watching(visitor, MAIN, OTHER, "a.example.com", "b.example.com") as watcher:
        nginx.configure(after).reload()
        nginx.wait_for_log("next try")
        watcher.look_again()
        nginx.stop()
        nginx.start()

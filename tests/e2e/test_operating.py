# SPDX-License-Identifier: BSD-2-Clause
"""What an operator does with a living site, by acmectl and a real CA: each command,
with somebody who watches the served certificate all the while."""

from typing import Callable

import pytest

from support.acmectl import Answer, run_acmectl
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT_AND_STATUS, https_server
from support.status import StatusEndpoint
from support.tls import Certificate, Visitor
from support.waiting import wait_until
from support.watcher import Watcher

NAME = "www.example.com"
OTHER = "shop.example.com"

Ctl = Callable[..., Answer]


@pytest.fixture
def ctl(acmectl: str, address: str) -> Ctl:
    """acmectl, at this nginx."""
    def run(*arguments: str) -> Answer:
        return run_acmectl(acmectl, "-s", f"http://{address}/acme/", *arguments)
    return run


def site(pebble: PebbleServer, *names: str) -> str:
    return "\n".join([pebble.issuer(), "acme pebble;", REDIRECT_AND_STATUS,
                      *(https_server(name) for name in names)])


@pytest.fixture
def first(nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> Certificate:
    """What is served before anybody asks for anything."""
    nginx.configure(site(pebble, NAME)).start()
    return visitor.wait_for_certificate(NAME)


def done(answer: Answer) -> str:
    assert answer.status == 0, answer
    return answer.output


def test_a_renewal_that_is_asked_for_is_served_without_a_gap(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, first: Certificate,
        ctl: Ctl) -> None:
    with Watcher.watching(visitor, NAME) as watcher:
        done(ctl("renew", NAME, "--wait"))
        assert pebble.order_count() == 1, "it is less than a day old"
        done(ctl("renew", NAME, "--force", "--wait"))
        second = visitor.wait_for_certificate(NAME, other_than=first)
        watcher.look_again()
    assert watcher.serials(NAME) == [first.serial, second.serial]
    nginx.wait_for_log(r"asked for|renew")


def test_all_are_renewed_within_one_command(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, ctl: Ctl,
        status: StatusEndpoint) -> None:
    names = [f"host{i}.example.com" for i in range(5)]
    nginx.configure(site(pebble, *names)).start()
    before = {name: visitor.wait_for_certificate(name) for name in names}
    wait_until(lambda: not any(each.get("order") for each in status.certificates().values()),
               "the first orders to be over: they would count")

    answer = ctl("renew", "--all", "--force", "--wait")

    assert "5 of 5" in done(answer) and "5 of 5" not in answer.remarks
    for name in names:
        visitor.wait_for_certificate(name, other_than=before[name])


def test_what_failed_is_retried_at_once(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, ctl: Ctl,
        status: StatusEndpoint) -> None:
    pebble.lose_name(NAME)
    nginx.expect_log("the CA could not verify")
    nginx.allow_log("no challenge proved")
    nginx.configure(site(pebble, NAME)).start()
    failing = wait_until(lambda: (found := status.certificates()[NAME]).get("next_attempt")
                         and found, "the order to fail")
    assert failing["state"] == "fallback" and failing["failures"] >= 1
    assert NAME in failing["last_error"]

    pebble.find_name(NAME)
    done(ctl("retry", NAME))

    visitor.wait_for_certificate(NAME)
    wait_until(lambda: status.certificates()[NAME]["state"] == "valid", "it to be fine")


def test_a_certificate_is_replaced_and_then_revoked(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, first: Certificate,
        ctl: Ctl) -> None:
    with Watcher.watching(visitor, NAME) as watcher:
        done(ctl("revoke", NAME, "--reason", "superseded", "--yes"))
        second = visitor.wait_for_certificate(NAME, other_than=first)
        wait_until(lambda: pebble.revoked(first.serial), "the CA to know")
        watcher.look_again()
    assert watcher.serials(NAME) == [first.serial, second.serial]
    assert not pebble.revoked(second.serial)
    assert pebble.certificate_status(first.serial)["Reason"] == 4
    nginx.wait_for_log(rf'"{NAME}": revoked serial {first.serial}')


def test_a_certificate_is_revoked_now(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, first: Certificate,
        ctl: Ctl) -> None:
    done(ctl("revoke", NAME, "--reason", "keyCompromise", "--now", "--yes"))

    wait_until(lambda: pebble.revoked(first.serial), "the CA to know")
    second = visitor.wait_for_certificate(NAME, other_than=first)
    assert second.serial != first.serial


def test_a_revocation_survives_a_reload(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, first: Certificate,
        status: StatusEndpoint) -> None:
    with Watcher.watching(visitor, NAME):
        identifier = status.certificates()[NAME]["id"]
        answer = status.ask(f"1/certificates/{identifier}/revoke?reason=superseded", "POST",
                            {"Acme-Write": "1"})
        assert answer.status in (200, 202), answer
        nginx.reload()
        visitor.wait_for_certificate(NAME, other_than=first)
        wait_until(lambda: pebble.revoked(first.serial), "the CA to know")
        number = answer.json()["id"]
        wait_until(lambda: status.json(f"1/commands/{number}")["state"] == "done",
                   "the command to end")


def test_an_account_gets_another_key_and_goes_on(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, first: Certificate,
        ctl: Ctl) -> None:
    key = next(nginx.prefix.glob("**/account.key"))
    before = key.read_bytes()

    done(ctl("rollover", "pebble"))

    assert key.read_bytes() != before
    done(ctl("renew", NAME, "--force", "--wait"))
    visitor.wait_for_certificate(NAME, other_than=first)


def test_a_closed_account_is_asked_nothing_until_it_is_resumed(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, first: Certificate,
        ctl: Ctl, status: StatusEndpoint) -> None:
    done(ctl("deactivate", "pebble", "--confirm", "pebble"))
    (issuer,) = status.json("1/issuers")["issuers"]
    assert issuer["paused_by_operator"] and "account_url" not in issuer

    done(ctl("resume", "pebble"))
    done(ctl("renew", NAME, "--force", "--wait"))
    visitor.wait_for_certificate(NAME, other_than=first)


def test_a_paused_issuer_orders_nothing_over_a_reload(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, first: Certificate,
        ctl: Ctl, status: StatusEndpoint) -> None:
    done(ctl("pause", "pebble"))
    nginx.configure(site(pebble, NAME, OTHER)).reload()
    wait_until(lambda: status.certificates().get(OTHER, {}).get("state") == "fallback",
               "the new name to be there")
    wait_until(lambda: status.json("1/issuers")["issuers"][0]["paused_by_operator"],
               "the new helper to know")
    assert pebble.order_count() == 1

    done(ctl("resume", "pebble"))
    visitor.wait_for_certificate(OTHER)


def test_counters_and_events_tell_of_it(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, first: Certificate,
        ctl: Ctl, status: StatusEndpoint) -> None:
    done(ctl("renew", NAME, "--force", "--wait"))
    nginx.reload()

    wait_until(lambda: 'nginx_acme_orders_total{issuer="pebble",result="issued",reason="none"} 2'
               in status.get("metrics").text, "both orders to be counted over a reload")
    kinds = [event["event"] for event in status.json("1/events")["events"]]
    assert kinds[:2] == ["issued", "renewed"]
    assert 'type="http-01",result="valid"' in status.get("metrics").text


def test_a_reload_loads_the_module_for_the_first_time(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    """As after the installation of a package."""
    nginx.configure("server { listen 80; return 301 https://$host$request_uri; }",
                    loads_module=False).start()

    nginx.configure("\n".join([pebble.issuer(), "acme pebble;", REDIRECT_AND_STATUS,
                               https_server("www.example.com")]))
    nginx.reload()

    assert visitor.wait_for_certificate("www.example.com").issuer == pebble.intermediate_name()

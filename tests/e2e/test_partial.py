# SPDX-License-Identifier: BSD-2-Clause
"""One dead name must not take the others of its certificate down."""

import json

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, REDIRECT_AND_STATUS, https_server
from support.status import StatusEndpoint
from support.tls import Visitor
from support.waiting import wait_until
from support.watcher import Watcher

NAMES = ("www.example.org", "example.org", "old.example.net")


def site(pebble: PebbleServer, more: str = "") -> str:
    return "\n".join([pebble.issuer(more="challenge http-01;"), "acme pebble;", more,
                      REDIRECT_AND_STATUS, https_server(" ".join(NAMES))])


def document(nginx: Nginx) -> dict[str, object]:
    (path,) = nginx.state.glob(f"{NAMES[0]}-*.json")
    result: dict[str, object] = json.loads(path.read_text())
    return result


def ask(status: StatusEndpoint, command: str) -> None:
    answer = status.command(f"1/certificates/{NAMES[0]}/{command}")
    assert answer.status in (200, 202), answer


def fail_and_try_again(nginx: Nginx, status: StatusEndpoint) -> None:
    """What one try cannot show to be more than a hiccup, a second one does, a minute
    later or when somebody asks for it."""
    nginx.wait_for_log(r'could not verify "old.example.net".*next try')
    ask(status, "retry")
    nginx.wait_for_log(r'it is ordered without "old.example.net"')


def expect_failures(nginx: Nginx) -> None:
    nginx.expect_log(r'the CA could not verify "old.example.net"')


def test_the_first_certificate_is_for_the_names_that_work(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, status: StatusEndpoint) -> None:
    pebble.lose_name(NAMES[2])
    expect_failures(nginx)
    nginx.configure(site(pebble)).start()

    fail_and_try_again(nginx, status)

    found = visitor.wait_for_certificate(NAMES[0])
    assert set(found.names) == set(NAMES[:2])
    visitor.verified_certificate(NAMES[1])
    assert pebble.order_count() == 3
    assert list(document(nginx)["left_out"]) == [NAMES[2]]  # type: ignore[call-overload]
    nginx.stop()
    nginx.start()
    assert visitor.verified_certificate(NAMES[1]).serial == found.serial


def test_a_renewal_goes_on_for_the_names_that_work(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, status: StatusEndpoint) -> None:
    expect_failures(nginx)
    nginx.configure(site(pebble)).start()
    whole = visitor.wait_for_certificate(NAMES[2])
    pebble.lose_name(NAMES[2])

    with Watcher.watching(visitor, NAMES[0]) as watcher:
        ask(status, "renew?force=1")
        fail_and_try_again(nginx, status)
        wait_until(lambda: len(watcher.serials(NAMES[0])) == 2, "the renewed certificate")

    first, second = watcher.sights[NAMES[0]].changes
    assert first.serial == whole.serial
    assert set(second.names) == set(NAMES[:2])


def test_www_never_costs_the_apex_its_certificate(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    pebble.lose_name("www.example.org")
    nginx.expect_log(r'the CA could not verify "www.example.org"')
    nginx.configure("\n".join([pebble.issuer(more="challenge http-01;"), "acme pebble;",
                               "acme_partial off;", REDIRECT,
                               https_server(".example.org")])).start()

    found = visitor.wait_for_certificate("example.org")

    assert found.names == ("example.org",)
    assert pebble.order_count() == 2

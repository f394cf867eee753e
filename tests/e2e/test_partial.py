# SPDX-License-Identifier: BSD-2-Clause
"""One dead name must not take the others of its certificate down."""

import json
import os
import ssl
import threading
from typing import Callable, Iterator, Optional

import pytest

from support.certificates import Certificate
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

NAMES = ("www.example.org", "example.org", "old.example.net")
# Renewal is due at half of it, and its second try comes a minute after the first.
LIFETIME = 240
TWO_TRIES = LIFETIME * float(os.environ.get("ACME_TEST_PATIENCE", "1"))


class Watcher:
    """Shakes hands for a name without a pause, and notes every change of what is
    shown, and whether a visitor accepts it."""

    def __init__(self, visitor: Visitor, name: str) -> None:
        self.changes: list[tuple[str, bool]] = []
        self._visitor = visitor
        self._name = name
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _look(self) -> Optional[tuple[str, bool]]:
        try:
            return self._visitor.verified_certificate(self._name).serial, True
        except ssl.SSLError:
            pass
        except OSError:
            return None
        try:
            return self._visitor.certificate(self._name).serial, False
        except OSError:
            return None

    def _watch(self) -> None:
        while not self._ends.wait(0.05):
            seen = self._look()
            if seen is not None and (not self.changes or self.changes[-1] != seen):
                self.changes.append(seen)

    def end(self) -> list[tuple[str, bool]]:
        self._ends.set()
        self._thread.join()
        return self.changes


@pytest.fixture
def watch(visitor: Visitor) -> Iterator[Callable[[str], Watcher]]:
    watchers: list[Watcher] = []

    def begin(name: str) -> Watcher:
        watchers.append(Watcher(visitor, name))
        return watchers[-1]

    yield begin
    for watcher in watchers:
        watcher.end()


def site(pebble: PebbleServer, more: str = "") -> str:
    return "\n".join([pebble.issuer(more="challenge http-01;"), "acme pebble;", more, REDIRECT,
                      https_server(" ".join(NAMES))])


def document(nginx: Nginx) -> dict[str, object]:
    (path,) = nginx.state.glob(f"{NAMES[0]}-*.json")
    result: dict[str, object] = json.loads(path.read_text())
    return result


def wait_for_rest(visitor: Visitor, other_than: Optional[Certificate] = None) -> Certificate:
    return wait_until(
        lambda: _rest(visitor, other_than), "a certificate for the other names", TWO_TRIES)


def _rest(visitor: Visitor, other_than: Optional[Certificate]) -> Optional[Certificate]:
    try:
        found = visitor.verified_certificate(NAMES[0])
    except OSError:
        return None
    return None if other_than and found.serial == other_than.serial else found


def expect_failures(nginx: Nginx) -> None:
    nginx.expect_log(r'the CA could not verify "old.example.net"')


def test_the_first_certificate_is_for_the_names_that_work(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    pebble.lose_name(NAMES[2])
    expect_failures(nginx)
    nginx.configure(site(pebble)).start()

    found = wait_for_rest(visitor)

    assert set(found.names) == set(NAMES[:2])
    visitor.verified_certificate(NAMES[1])
    assert pebble.order_count() == 3
    assert list(document(nginx)["left_out"]) == [NAMES[2]]  # type: ignore[call-overload]
    nginx.wait_for_log(r'it is ordered without "old.example.net"')
    nginx.stop()
    nginx.start()
    assert visitor.verified_certificate(NAMES[1]).serial == found.serial


def test_a_renewal_goes_on_for_the_names_that_work(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor,
        watch: Callable[[str], Watcher]) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(LIFETIME).start()
    nginx.allow_log("its renewal was due")  # so short a life is near its end
    expect_failures(nginx)
    nginx.configure(site(pebble)).start()
    whole = visitor.wait_for_certificate(NAMES[2])
    pebble.lose_name(NAMES[2])
    watcher = watch(NAMES[0])

    rest = wait_for_rest(visitor, whole)

    assert set(rest.names) == set(NAMES[:2])
    wait_until(lambda: len(watcher.changes) == 2, "the watcher to see it")
    assert watcher.end() == [(whole.serial, True), (rest.serial, True)]


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

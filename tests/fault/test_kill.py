# SPDX-License-Identifier: BSD-2-Clause
"""Processes die: no order is opened twice, no file is torn, nobody is turned away."""

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Iterator

import pytest

from faults.ca_proxy import ARRIVED, DELIVERED, CaProxy, Drop, Event
from faults.experiment import Experiment
from faults.sites import Visits, check_state, configuration, names_of
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.tls import Visitor
from support.waiting import wait_until

CERTIFICATES = 20


@pytest.fixture
def proxy(pebble: PebbleServer, folder: Path) -> Iterator[CaProxy]:
    server = CaProxy(pebble, folder)
    yield server
    server.close()


class HelperKiller:
    """SIGKILL to the helper at counted events of its conversation with the CA: every
    few events, in all three phases of a request, and up to 10 ms after an answer,
    while it is written down."""

    def __init__(self, experiment: Experiment, nginx: Nginx, kills: int, seed: int) -> None:
        self._experiment = experiment
        self._nginx = nginx
        self._left = kills
        self._random = random.Random(seed)
        self._next = self._random.randrange(1, 30)

    def is_done(self) -> bool:
        return self._left <= 0

    def __call__(self, event: Event) -> None:
        if self._left <= 0 or event.number < self._next:
            return
        # Not so soon that a new helper gets nowhere, since it asks for the
        # directory, a nonce and the state of eight orders first.
        self._next = event.number + self._random.randrange(5, 80)
        self._left -= 1
        if event.phase == DELIVERED:
            time.sleep(self._random.uniform(0, 0.010))
        helper = self._nginx.helper_pid()
        if helper is None:
            self._left += 1
            return
        os.kill(helper, signal.SIGKILL)
        self._experiment.injected(f"SIGKILL to the helper when a request was {event.phase}")
        if event.phase == ARRIVED:
            raise Drop()


def wait_for_all(nginx: Nginx, visitor: Visitor, names: list[str]) -> None:
    """They are served, and written down."""
    for name in names:
        visitor.wait_for_certificate(name)
    wait_until(lambda: not list((nginx.state / "orders").glob("*")), "the end of all orders")


def test_a_helper_that_is_killed_anywhere_opens_no_order_twice(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, proxy: CaProxy,
        visitor: Visitor, is_long: bool) -> None:
    names = names_of(CERTIFICATES)
    killer = HelperKiller(experiment, nginx, 200 if is_long else 10, seed=1)
    nginx.allow_log(r"\[alert\].* exited on signal 9")
    nginx.configure(configuration(proxy.issuer(), names))
    rounds = 0
    while rounds == 0 or not killer.is_done():
        rounds += 1
        before = pebble.order_count()
        proxy.observed_by(killer)
        nginx.start()
        with Visits(experiment, visitor, names):
            wait_for_all(nginx, visitor, names)
        proxy.observed_by(None)
        opened = pebble.order_count() - before
        experiment.require(opened == CERTIFICATES, f"{opened} orders for {CERTIFICATES}")
        nginx.stop()
        check_state(experiment, nginx.state, names)
        shutil.rmtree(nginx.state)
    experiment.measured(f"{rounds} issuances of {CERTIFICATES}, {proxy.event_count} events")

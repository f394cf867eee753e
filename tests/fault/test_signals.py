# SPDX-License-Identifier: BSD-2-Clause
"""Reloads and exchanges of the binary in the middle of an issuance."""

import os
import shutil
import signal
import threading
from typing import Callable

from faults.ca_proxy import CaProxy, Event
from faults.daemon import NginxDaemon, workers_of
from faults.experiment import Experiment
from faults.issuances import strike_issuances
from faults.sites import Visits, check_state, configuration, names_of, wait_for_all
from faults.striker import Striker
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.tls import Visitor
from support.waiting import PATIENCE, wait_until

CERTIFICATES = 20


def test_reloads_anywhere_in_an_issuance_lose_nothing(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, proxy: CaProxy,
        visitor: Visitor, is_long: bool) -> None:
    def reload(_: Event) -> bool:
        if nginx.helper_pid() is None:
            return False
        nginx.signal(signal.SIGHUP)
        experiment.injected("SIGHUP")
        return True

    reloader = Striker(reload, 50 if is_long else 5, seed=4, kills_client=False)
    strike_issuances(experiment, nginx, pebble, proxy, visitor, reloader, CERTIFICATES)


class Upgrades:
    """Issuances in which the binary is exchanged at some event: `exchange` is called
    with the running daemon, once for each.

    Both binaries' workers accept connections for a while. Whoever has the order writes
    its answers down, and the other binary answers them too, an instant later. A
    validation that comes in that instant voids its order, so that another one has to be
    opened; no order may be lost otherwise."""

    def __init__(self, experiment: Experiment, nginx: Nginx, pebble: PebbleServer,
                 proxy: CaProxy, visitor: Visitor) -> None:
        self._experiment = experiment
        self._nginx = nginx
        self._pebble = pebble
        self._proxy = proxy
        self._visitor = visitor

    def run(self, times: int, exchange: Callable[[NginxDaemon], None]) -> None:
        names = names_of(CERTIFICATES)
        self._nginx.configure(configuration(self._proxy.issuer(), names),
                              main=self._nginx.program.kept_environment)
        # Whose second order meets the wrong binary as well waits a minute for the third.
        self._nginx.allow_log("could not verify")
        for number in range(times):
            before, void_before = self._pebble.order_count(), self._pebble.refusal_count()
            reached = threading.Event()

            def note(_: Event, reached: threading.Event = reached) -> bool:
                reached.set()
                return True

            self._proxy.observed_by(Striker(note, 1, seed=number, kills_client=False))
            with NginxDaemon(self._nginx) as daemon:
                with Visits(self._experiment, self._visitor, names, two_binaries=True):
                    assert reached.wait(30), "nginx does not ask the CA"
                    exchange(daemon)
                    wait_for_all(self._nginx, self._visitor, names, PATIENCE + 66)
                daemon.end(daemon.pid)
            opened = self._pebble.order_count() - before
            void = self._pebble.refusal_count() - void_before
            self._experiment.counted("validations that met the other binary", void)
            self._experiment.require(opened == CERTIFICATES + void,
                                     f"{opened} orders for {CERTIFICATES}, {void} void")
            check_state(self._experiment, self._nginx.state, names)
            shutil.rmtree(self._nginx.state)


def test_an_exchange_of_the_binary_in_an_issuance_loses_nothing(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, proxy: CaProxy,
        visitor: Visitor, is_long: bool) -> None:
    def exchange(daemon: NginxDaemon) -> None:
        old = daemon.start_new_binary()
        daemon.end(old)
        experiment.injected("USR2, then QUIT to the old master")

    Upgrades(experiment, nginx, pebble, proxy, visitor).run(20 if is_long else 3, exchange)


def test_an_exchange_that_is_taken_back_loses_nothing(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, proxy: CaProxy,
        visitor: Visitor, is_long: bool) -> None:
    def exchange(daemon: NginxDaemon) -> None:
        old, new = daemon.start_new_binary(), daemon.pid
        os.kill(old, signal.SIGWINCH)
        wait_until(lambda: not workers_of(old), "the old workers' end")
        os.kill(old, signal.SIGHUP)
        wait_until(lambda: workers_of(old), "workers of the old master")
        daemon.end(new)
        experiment.injected("USR2, WINCH and HUP to the old master, QUIT to the new one")

    Upgrades(experiment, nginx, pebble, proxy, visitor).run(20 if is_long else 3, exchange)

# SPDX-License-Identifier: BSD-2-Clause
"""Processes are killed: no order is opened twice, no file is torn."""

import os
import random
import re
import shutil
import signal
import threading
import time

from faults.ca_proxy import ARRIVED, DELIVERED, CaProxy, Event
from faults.experiment import Experiment
from faults.issuances import strike_issuances
from faults.sites import Visits, check_state, configuration, names_of, wait_for_all
from faults.striker import Striker
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.tls import Visitor
from support.waiting import wait_until

CERTIFICATES = 20
KILLED = r"\[alert\].* exited on signal 9"


def test_a_helper_that_is_killed_anywhere_opens_no_order_twice(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, proxy: CaProxy,
        visitor: Visitor, is_long: bool) -> None:
    delay = random.Random(2)

    def kill_helper(event: Event) -> bool:
        helper = nginx.helper_pid()
        if helper is None:
            return False
        if event.phase == DELIVERED:
            time.sleep(delay.uniform(0, 0.010))  # while the answer is written down
        os.kill(helper, signal.SIGKILL)
        experiment.injected(f"SIGKILL to the helper when a request was {event.phase}")
        return True

    killer = Striker(kill_helper, 200 if is_long else 10, seed=1)
    nginx.allow_log(KILLED)
    strike_issuances(experiment, nginx, pebble, proxy, visitor, killer, CERTIFICATES)


def test_a_worker_that_is_killed_takes_nothing_with_it_but_its_connections(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, proxy: CaProxy,
        visitor: Visitor, is_long: bool) -> None:
    asked_for = 0  # validations; the CA makes each only once
    counting = threading.Lock()

    def kill_worker(_: Event) -> bool:
        with counting:
            done = len(re.findall("by completed challenge", pebble.log))
            workers = nginx.worker_pids()
            if done != asked_for or not workers:
                return False
            os.kill(workers[0], signal.SIGKILL)
        experiment.injected("SIGKILL to the worker")
        return True

    killer = Striker(kill_worker, 50 if is_long else 5, seed=3, least=1, most=20,
                     kills_client=False)

    def observe(event: Event) -> None:
        nonlocal asked_for
        if event.phase == ARRIVED and "/chalZ/" in event.path:
            with counting:
                asked_for += 1
        else:
            killer(event)

    nginx.allow_log(KILLED)
    strike_issuances(experiment, nginx, pebble, proxy, visitor, killer, CERTIFICATES,
                     observer=observe, may_be_cut=True)


def test_a_killed_nginx_that_starts_again_goes_on_where_it_was(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, proxy: CaProxy,
        visitor: Visitor, is_long: bool) -> None:
    def kill_all(_: Event) -> bool:
        os.killpg(nginx.master_pid, signal.SIGKILL)
        experiment.injected("SIGKILL to master, helper and worker")
        return True

    names = names_of(CERTIFICATES)
    nginx.configure(configuration(proxy.issuer(), names))
    for number in range(40 if is_long else 4):
        killer = Striker(kill_all, 1, seed=number)
        proxy.observed_by(killer)
        nginx.launch()
        wait_until(lambda: killer.is_done() or not missing(nginx, names), "the kill")
        nginx.kill()
        if not missing(nginx, names):
            break
    proxy.observed_by(None)
    nginx.start()
    with Visits(experiment, visitor, names):
        wait_for_all(nginx, visitor, names)
    nginx.stop()
    opened, void = pebble.order_count(), pebble.refusal_count()
    experiment.counted("orders void, since nobody answered the CA", void)
    experiment.require(opened == CERTIFICATES + void,
                       f"{opened} orders for {CERTIFICATES}, {void} void")
    check_state(experiment, nginx.state, names)


def test_a_killed_master_leaves_its_processes_at_work_and_the_next_goes_on(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, proxy: CaProxy,
        visitor: Visitor, is_long: bool) -> None:
    """As far as nginx lets it: nobody respawns what dies from then on, and the orphans
    have the port until they end."""
    def kill_master(_: Event) -> bool:
        if nginx.helper_pid() is None or not nginx.worker_pids():
            return False
        os.kill(nginx.master_pid, signal.SIGKILL)
        experiment.injected("SIGKILL to the master")
        return True

    names = names_of(CERTIFICATES)
    nginx.configure(configuration(proxy.issuer(), names))
    for number in range(20 if is_long else 2):
        opened_before, void_before = pebble.order_count(), pebble.refusal_count()
        killer = Striker(kill_master, 1, seed=number, kills_client=False)
        proxy.observed_by(killer)
        nginx.launch()
        wait_until(killer.is_done, "the kill")
        with Visits(experiment, visitor, names):
            for name in names[:CERTIFICATES // 2]:
                visitor.wait_for_certificate(name)
        nginx.kill()  # the orphans
        proxy.observed_by(None)
        nginx.start()
        with Visits(experiment, visitor, names):
            wait_for_all(nginx, visitor, names)
        nginx.stop()
        opened = pebble.order_count() - opened_before
        void = pebble.refusal_count() - void_before
        experiment.counted("orders void, since nobody answered the CA", void)
        experiment.require(opened == CERTIFICATES + void,
                           f"{opened} orders for {CERTIFICATES}, {void} void")
        check_state(experiment, nginx.state, names)
        shutil.rmtree(nginx.state)


def missing(nginx: Nginx, names: list[str]) -> list[str]:
    return [name for name in names if not list(nginx.state.glob(f"{name}-*.crt"))]

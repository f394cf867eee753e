# SPDX-License-Identifier: BSD-2-Clause
"""A clock that somebody sets while the engine waits: what is to take a second takes one."""

import time
from pathlib import Path

import pytest
from cryptography import x509

from faults.ca_proxy import ARRIVED, CaProxy, Event
from faults.clock import KEPT, WrongClock
from faults.experiment import Experiment
from faults.sites import configuration, is_verified, names_of, wait_for_all
from faults.state import READ_ONLY, make_mounts_private
from support.nginx import Nginx, NginxProgram
from support.pebble import PebbleServer
from support.tls import Visitor
from support.waiting import PATIENCE, wait_until

NAME = "www.example.com"


@pytest.fixture(scope="module", autouse=True)
def private_mounts() -> None:
    make_mounts_private()


def test_a_clock_set_back_does_not_freeze_a_pause(
        experiment: Experiment, nginx_program: NginxProgram, address: str, folder: Path,
        pebble: PebbleServer, visitor: Visitor, request: pytest.FixtureRequest) -> None:
    clock = WrongClock(folder)
    nginx = clock.nginx(nginx_program, address, folder, request)
    READ_ONLY.prepare(nginx.state)
    nginx.allow_log(r"\[warn\].* is on a read-only file")
    nginx.expect_log(r"\[error\].* (cannot be written|cannot lock)")
    READ_ONLY.begin(nginx.state)
    nginx.configure(configuration(pebble.issuer(), [NAME]), main=KEPT).start()
    nginx.wait_for_log(r"\[error\].* acme: ")
    # The pause is one of seconds, and less than what a line is written for.
    clock.set_off_by(seconds=-50)
    experiment.injected("clock set back by 50 s in a pause")
    READ_ONLY.end(nginx.state)
    begun = time.monotonic()
    visitor.wait_for_certificate(NAME)
    experiment.measured(f"over after {time.monotonic() - begun:.1f} s")
    nginx.stop()


def test_a_certificate_that_was_not_renewed_is_told_before_its_end_and_after(
        experiment: Experiment, nginx_program: NginxProgram, address: str, folder: Path,
        pebble: PebbleServer, proxy: CaProxy, visitor: Visitor,
        request: pytest.FixtureRequest) -> None:
    clock = WrongClock(folder)
    nginx = clock.nginx(nginx_program, address, folder, request)
    nginx.configure(configuration(proxy.issuer(), [NAME]), main=KEPT).start()
    visitor.wait_for_certificate(NAME)
    nginx.wait_for_log("issued by")
    nginx.stop()
    proxy.close()  # the CA is down
    nginx.expect_log(r"\[error\].* issuer .*; next try")
    nginx.allow_log("expire")

    (chain,) = nginx.state.glob(f"{NAME}-*.crt")
    stored = x509.load_pem_x509_certificate(chain.read_bytes())
    days = (stored.not_valid_after - stored.not_valid_before).days
    clock.set_off_by(days=days * 8 // 9 + 1)
    nginx.start()
    nginx.wait_for_log(r"1 stored certificate is served; the next renewal is that of")
    reason = f'certificate "{NAME}": the certificate expire.* has not been renewed: .*'
    wait_until(lambda: nginx.log_lines(r"\[warn\].*" + reason), "the warning", 20 + PATIENCE)
    wait_until(lambda: "waiting_for" in document_of(nginx), "the reason in its document",
               20 + PATIENCE)
    clock.set_off_by(days=days * 49 // 50)
    wait_until(lambda: nginx.log_lines(r"\[error\].*" + reason), "the error", 20 + PATIENCE)
    experiment.injected("a CA that is down until the certificate ends")
    clock.set_off_by(days=days + 1)
    over = r"\[error\].* the certificate expired .*has not been renewed: it waits for issuer"
    wait_until(lambda: nginx.log_lines(over), "the line at its end", 20 + PATIENCE)
    nginx.stop()


def document_of(nginx: Nginx) -> str:
    return "".join(path.read_text() for path in nginx.state.glob(f"{NAME}-*.json"))


def test_a_clock_that_is_set_all_the_time_holds_up_no_order(
        experiment: Experiment, nginx_program: NginxProgram, address: str, folder: Path,
        pebble: PebbleServer, proxy: CaProxy, visitor: Visitor,
        request: pytest.FixtureRequest, is_long: bool) -> None:
    clock = WrongClock(folder)
    nginx = clock.nginx(nginx_program, address, folder, request)
    names = names_of(20 if is_long else 5)
    steps = 0

    def step(event: Event) -> None:
        nonlocal steps
        if event.phase == ARRIVED:
            steps += 1
            # Always further back: a wait by this clock would never end.
            clock.set_off_by(seconds=-20 * steps)

    proxy.observed_by(step)
    nginx.configure(configuration(proxy.issuer(), names), main=KEPT).start()
    begun = time.monotonic()
    wait_for_all(nginx, visitor, names)
    experiment.injected(f"{steps} times 20 s back, at each request to the CA")
    experiment.measured(f"issued in {time.monotonic() - begun:.1f} s")
    wait_until(lambda: all(is_verified(visitor, name) for name in names), "verified pairs",
               PATIENCE)
    experiment.require(pebble.order_count() == len(names),
                       f"{pebble.order_count()} orders for {len(names)}")
    experiment.require(steps > len(names), f"only {steps} steps")
    nginx.stop()

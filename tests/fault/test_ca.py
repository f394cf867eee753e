# SPDX-License-Identifier: BSD-2-Clause
"""CAs that are down, slow or not to be trusted, names that nobody resolves, and a clock
that is a year off: what is served stays, one line says it, requests are few, and it heals
without a reload."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import pytest

from faults.ca_proxy import ARRIVED, Answer, CaProxy, Drop, Event
from faults.clock import KEPT, WrongClock
from faults.dns import FailingDns
from faults.experiment import Experiment
from faults.sites import Visits, configuration, is_verified, names_of, wait_for_all
from support.certificates import TestAuthority
from support.nginx import Nginx, NginxProgram
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import PATIENCE, wait_until

PORTS = range(9444, 9460)
DNS_PORT = 8054
# An issuer that gave no answer is asked again after a minute, then two, then four.
PAUSES = (66, 132, 264)
CLOCK = r"\[error\].* by this machine's clock, which says "


class BadCa:
    """A CA behind a proxy that fails until heal(); counts who comes."""

    def __init__(self, name: str, proxy: CaProxy) -> None:
        self.name = name
        self.site = f"{name}.example.com"
        self.proxy = proxy
        self.request_count = 0
        proxy.observed_by(self.observe)

    def observe(self, event: Event) -> None:
        if event.phase == ARRIVED:
            self.request_count += 1

    def heal(self) -> None:
        self.proxy.observed_by(self.observe)

    def configuration(self) -> str:
        return "\n".join([self.proxy.issuer(self.name, state_path=f"state-{self.name}"),
                          https_server(self.site, more=f"acme {self.name};")])


class ResettingCa(BadCa):
    def __init__(self, name: str, proxy: CaProxy) -> None:
        super().__init__(name, proxy)
        proxy.observed_by(self.reset)

    def reset(self, event: Event) -> None:
        self.observe(event)
        raise Drop()


class UntrustedCa(BadCa):
    """With the certificate of another authority, or one that has expired."""

    def __init__(self, name: str, proxy: CaProxy, authority: TestAuthority, days: int,
                 folder: Path) -> None:
        super().__init__(name, proxy)
        files = folder / f"{name}.crt", folder / f"{name}.key"
        authority.issue([proxy.address], *files, days=days)
        proxy.present(*files)

    def heal(self) -> None:
        self.proxy.present_own()


class CaThatIsDown(BadCa):
    def __init__(self, name: str, proxy: CaProxy) -> None:
        super().__init__(name, proxy)
        proxy.close()

    def heal(self) -> None:
        self.proxy.open()


@pytest.fixture
def proxies(pebble: PebbleServer, folder: Path) -> Iterator[Callable[..., CaProxy]]:
    """Makes as many as a test needs."""
    ports = iter(PORTS)
    made: list[CaProxy] = []

    def make(host: str = "") -> CaProxy:
        made.append(CaProxy(pebble, folder, next(ports), host))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


@pytest.fixture
def dns(address: str) -> Iterator[FailingDns]:
    server = FailingDns(address, DNS_PORT)
    yield server
    server.close()


def test_a_ca_that_cannot_be_asked_is_asked_again_and_others_are_not_disturbed(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        folder: Path, proxies: Callable[..., CaProxy], dns: FailingDns, is_long: bool) -> None:
    expired = proxies()
    unresolved = BadCa("unresolved", proxies("ca.example.invalid"))
    bad = [CaThatIsDown("down", proxies()),
           ResettingCa("resets", proxies()),
           UntrustedCa("expired", expired, expired.authority, 0, folder),
           UntrustedCa("stranger", proxies(), TestAuthority("a stranger"), 1, folder),
           unresolved]
    good = BadCa("good", proxies())
    tries = len(PAUSES) if is_long else 1
    for ca in bad:
        nginx.expect_log(rf'\[error\].* issuer "{ca.name}": .*; next try')
    nginx.configure("\n".join([f"resolver {pebble.address}:{DNS_PORT}; resolver_timeout 2s;",
                               REDIRECT, *(ca.configuration() for ca in [*bad, good])])).start()
    begun = time.monotonic()
    visitor.wait_for_certificate(good.site)
    with Visits(experiment, visitor, [good.site]):
        for ca in bad:
            wait_until(lambda: len(nginx.log_lines(f'issuer "{ca.name}": .*; next try')) >= tries,
                       f"{tries} failures of {ca.name}", sum(PAUSES[:tries]) + PATIENCE)
            experiment.injected(f"CA of the kind \"{ca.name}\"")
            experiment.require(visitor.has_only_a_temporary_certificate(ca.site),
                               f"{ca.site} has a certificate")
        outage = time.monotonic() - begun
        requests = ", ".join(f"{ca.name} {ca.request_count}" for ca in bad)
        for ca in bad:
            lines = len(nginx.log_lines(f'issuer "{ca.name}": .*; next try'))
            experiment.require(lines <= tries, f"{lines} lines about {ca.name}")
            experiment.require(ca.request_count <= tries,
                               f"{ca.request_count} requests to {ca.name}")
            ca.heal()
        dns.heal()
        for ca in bad:
            wait_until(lambda: is_verified(visitor, ca.site), f"a certificate of {ca.name}",
                       PAUSES[tries - 1] + PATIENCE)
    nginx.stop()
    experiment.measured(f"outages of {outage:.0f} s; requests meanwhile: {requests}")
    experiment.require(pebble.order_count() == len(bad) + 1,
                       f"{pebble.order_count()} orders for {len(bad) + 1}")


def test_a_ca_at_a_byte_a_second_holds_up_nobody(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        proxies: Callable[..., CaProxy], is_long: bool) -> None:
    slow, good = BadCa("slow", proxies()), BadCa("good", proxies())
    slow.proxy.bytes_per_second = 1
    experiment.injected("CA that sends a byte a second")
    nginx.configure("\n".join([REDIRECT, slow.configuration(), good.configuration()])).start()
    visitor.wait_for_certificate(good.site)
    wait_until(lambda: slow.request_count, "a request to the slow CA")
    begun = time.monotonic()
    nginx.stop()
    stopped = time.monotonic() - begun
    experiment.measured(f"nginx stops in {stopped:.1f} s meanwhile")
    experiment.require(stopped < 5, "nginx does not stop")

    nginx.start()
    with Visits(experiment, visitor, [good.site]):
        if is_long:
            nginx.expect_log(r'\[error\].* issuer "slow": .*[Tt]imed? ?out.*; next try')
            wait_until(lambda: nginx.log_lines('issuer "slow": .*next try'),
                       "patience to end", 60 + PATIENCE)
        slow.proxy.bytes_per_second = 0
        wait_until(lambda: is_verified(visitor, slow.site), "a certificate of the slow CA",
                   PAUSES[0] + PATIENCE)


class PatientCa(BadCa):
    """Says that orders are in progress, and to come again tomorrow, though they are done
    within seconds: as ZeroSSL does."""

    POLLS = 2

    def __init__(self, name: str, proxy: CaProxy) -> None:
        super().__init__(name, proxy)
        self.polls = 0
        proxy.altered_by(self.put_off)

    def put_off(self, path: str, answer: Answer) -> Answer:
        fields, body = answer
        is_poll = path.startswith("/my-order/")
        self.polls += is_poll
        if path.startswith("/finalize-order/"):
            status = "processing"
        elif is_poll and self.polls <= self.POLLS:
            status = "pending"
        else:
            return answer
        order = json.loads(body)
        order.pop("certificate", None)
        return ([*fields, ("Retry-After", "86400")],
                json.dumps({**order, "status": status}).encode())


def test_a_ca_that_asks_for_a_day_of_patience_gets_seconds(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        proxies: Callable[..., CaProxy]) -> None:
    ca = PatientCa("patient", proxies())
    nginx.configure("\n".join([REDIRECT, ca.configuration()])).start()
    experiment.injected("CA whose orders are in progress for a day")
    begun = time.monotonic()
    wait_until(lambda: is_verified(visitor, ca.site), "a certificate of the patient CA",
               3 * PATIENCE)
    nginx.stop()
    experiment.measured(f"issued after {time.monotonic() - begun:.1f} s and {ca.polls} polls")
    experiment.require(ca.polls > ca.POLLS, "it was never asked again")
    experiment.require(pebble.order_count() == 1, f"{pebble.order_count()} orders")
    experiment.require(not nginx.log_lines(r"next try|\[(warn|error)\]"), "it is told as a failure")


@dataclass(frozen=True)
class ClockCase:
    days: int

    def __str__(self) -> str:
        return "ahead" if self.days > 0 else "behind"


@pytest.mark.parametrize("case", [ClockCase(365), ClockCase(-365)], ids=str)
def test_a_clock_that_is_a_year_off_takes_no_certificate_away(
        experiment: Experiment, nginx_program: NginxProgram, address: str, folder: Path,
        pebble: PebbleServer, proxy: CaProxy, visitor: Visitor, case: ClockCase,
        request: pytest.FixtureRequest) -> None:
    clock = WrongClock(folder)
    nginx = clock.nginx(nginx_program, address, folder, request)
    names = names_of(5)
    requests = 0

    def count(event: Event) -> None:
        nonlocal requests
        requests += event.phase == ARRIVED

    nginx.configure(configuration(proxy.issuer(), names), main=KEPT).start()
    wait_for_all(nginx, visitor, names)
    nginx.stop()
    orders = pebble.order_count()

    # All that is known of the world is wrong by a year.
    clock.set_off_by(case.days)
    experiment.injected(f"clock a year {case}, at the start and while nginx runs")
    proxy.observed_by(count)
    more = [*names, "new.example.com"]
    nginx.configure(configuration(proxy.issuer(), more), main=KEPT).start()
    with Visits(experiment, visitor, names, all_issued=True):
        complaint = nginx.wait_for_log(CLOCK + r".*; check the clock; next try")
        experiment.require(len(nginx.log_lines(CLOCK)) == 1, "more than one line")
        experiment.measured(f"{requests} requests; said: {complaint.partition('acme: ')[2]}")
        experiment.require(requests <= 2, f"{requests} requests by a wrong clock")
        clock.set_off_by(0)
        # In time for whoever corrected it: not a year later.
        wait_until(lambda: is_verified(visitor, "new.example.com"), "a certificate",
                   PAUSES[0] + 60 + PATIENCE)
    nginx.stop()
    # By the wrong clock all had expired: nobody orders by it, not even who was about to
    # when it was corrected.
    opened = pebble.order_count() - orders
    experiment.counted("orders begun by the wrong clock", opened - 1)
    experiment.require(opened == 1, f"{opened} orders for one certificate")
    alarming = nginx.log_lines(r"\[(warn|error|crit|alert|emerg)\]")
    experiment.require(len(alarming) <= 2, f"{alarming}")

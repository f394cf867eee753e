# SPDX-License-Identifier: BSD-2-Clause
"""State directories that are full, read-only, lost, somebody else's, or damaged: nginx
starts, serves what it can prove good, says so in one line, and heals by itself."""

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import pytest

from faults.experiment import Experiment
from faults.sites import Visits, check_state, configuration, names_of, wait_for_all
from faults.state import (
    FULL, LINK, READ_ONLY, REMOVED, WRONG_OWNER, DiskFault, make_mounts_private, truncated,
    with_a_flipped_bit)
from support.error_log import ALARMING, lines_of_level
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

CERTIFICATES = 5
UNWRITABLE = r"\[error\].* the state directory .* cannot be written"
REPLACED = r"\[warn\].* was removed or replaced; what is known and served is stored"


@pytest.fixture(scope="module", autouse=True)
def private_mounts() -> None:
    make_mounts_private()


def alarming_lines(nginx: Nginx) -> list[str]:
    return lines_of_level(nginx.error_log, ALARMING)


@pytest.mark.parametrize("fault", [FULL, READ_ONLY, REMOVED, WRONG_OWNER, LINK], ids=str)
def test_what_is_issued_while_the_disk_fails_is_served_and_saved_later(
        experiment: Experiment, nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor,
        fault: DiskFault) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    names = names_of(CERTIFICATES)
    nginx.expect_log(UNWRITABLE)
    nginx.allow_log(REPLACED)
    fault.prepare(nginx.state)
    nginx.configure(configuration(pebble.issuer(), names)).start()
    wait_until(lambda: len(list_orders(nginx)) == CERTIFICATES, "all orders written down")

    fault.begin(nginx.state)
    experiment.injected(f"state directory {fault}, {CERTIFICATES} orders under way")
    pebble.release_validations()
    with Visits(experiment, visitor, names):
        for name in names:
            visitor.wait_for_certificate(name)
        nginx.wait_for_log("cannot be written")
        experiment.require(len(alarming_lines(nginx)) == 1,
                           f"one line, but {alarming_lines(nginx)}")
        fault.end(nginx.state)
        wait_for_all(nginx, visitor, names)
        wait_until(lambda: all(any(nginx.state.glob(f"{name}-*.json")) for name in names),
                   "all certificates on disk")
        wait_until(lambda: (nginx.state / "account.url").exists(), "the account on disk")
    serials = {name: visitor.verified_certificate(name).serial for name in names}
    nginx.stop()
    check_state(experiment, nginx.state, names)

    nginx.start()  # which knows only the disk
    for name in names:
        experiment.require(visitor.verified_certificate(name).serial == serials[name],
                           f"{name} has another certificate")
    wait_until(nginx.helper_pid, "the helper")
    nginx.stop()
    experiment.require(pebble.order_count() == CERTIFICATES,
                       f"{pebble.order_count()} orders for {CERTIFICATES}")
    experiment.require(pebble.account_count() == 1, f"{pebble.account_count()} accounts")


def list_orders(nginx: Nginx) -> list[Path]:
    """Those that the CA has opened."""
    try:
        return [path for path in (nginx.state / "orders").glob("*.json")
                if '"https://' in path.read_text()]
    except FileNotFoundError:
        return []


@pytest.mark.parametrize("fault", [FULL, READ_ONLY], ids=str)
def test_a_start_serves_what_is_stored_and_orders_when_the_disk_is_well(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        fault: DiskFault) -> None:
    names = names_of(CERTIFICATES)
    fault.prepare(nginx.state)
    nginx.configure(configuration(pebble.issuer(), names)).start()
    wait_for_all(nginx, visitor, names)
    nginx.stop()
    nginx.allow_log(r"\[warn\].* is on a read-only file")
    nginx.expect_log(r"\[error\].* (cannot be written|cannot lock)")

    fault.begin(nginx.state)
    experiment.injected(f"start with a state directory that is {fault}")
    nginx.configure(configuration(pebble.issuer(), [*names, "new.example.com"])).start()
    for name in names:
        visitor.verified_certificate(name)
    nginx.wait_for_log(r"\[error\].* acme: ")
    with Visits(experiment, visitor, names):
        experiment.require(len(nginx.log_lines(r"\[error\]")) == 1,
                           f"one line, but {alarming_lines(nginx)}")
        experiment.require(pebble.order_count() == CERTIFICATES, "an order without a disk")
        fault.end(nginx.state)
        wait_for_all(nginx, visitor, [*names, "new.example.com"])
    nginx.stop()
    experiment.require(pebble.order_count() == CERTIFICATES + 1,
                       f"{pebble.order_count()} orders for {CERTIFICATES + 1}")
    check_state(experiment, nginx.state, [*names, "new.example.com"])


@pytest.mark.parametrize("fault", [REMOVED, WRONG_OWNER], ids=str)
def test_a_start_makes_the_directory_good(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        fault: DiskFault) -> None:
    names = names_of(CERTIFICATES)
    fault.prepare(nginx.state)
    nginx.configure(configuration(pebble.issuer(), names)).start()
    wait_for_all(nginx, visitor, names)
    nginx.stop()

    fault.begin(nginx.state)
    experiment.injected(f"start with a state directory {fault}")
    nginx.start()
    wait_for_all(nginx, visitor, names)
    nginx.stop()
    lost = CERTIFICATES if fault is REMOVED else 0
    experiment.require(pebble.order_count() == CERTIFICATES + lost,
                       f"{pebble.order_count()} orders")
    check_state(experiment, nginx.state, names)


@dataclass(frozen=True)
class Position:
    """A place in one of the files of a state directory with one certificate."""

    kind: str  # ".crt", ".key", ".json", or the file's own name
    offset: int


KINDS = (".crt", ".key", ".json")
OTHERS = ("account.key", "account.url", "account.json")


class Damage:
    """Many names that share a state directory: each start meets a damage at another place
    for each of them, and one in a file of the account."""

    def __init__(self, experiment: Experiment, nginx: Nginx, visitor: Visitor,
                 names: list[str]) -> None:
        self._experiment = experiment
        self._nginx = nginx
        self._visitor = visitor
        self._names = names

    def positions(self, sample: int) -> Iterator[Position]:
        """Every place of the files of one name; or `sample` places of each file, its
        first and its last among them."""
        for kind in KINDS:
            size = min(self.file(name, kind).stat().st_size for name in self._names)
            offsets = list(range(size))
            if sample:
                inner = random.Random(kind).sample(offsets[1:-1], sample - 2)
                offsets = [0, *inner, size - 1]
            yield from (Position(kind, offset) for offset in offsets)

    def file(self, name: str, kind: str) -> Path:
        (found,) = self._nginx.state.glob(f"{name}-*{kind}")
        return found

    def rounds(self, what: str, damage: Callable[[bytes, int], bytes], sample: int) -> int:
        """How many times nginx had to start."""
        places = list(self.positions(sample))
        starts = 0
        while places:
            now, places = places[:len(self._names)], places[len(self._names):]
            for name, place in zip(self._names, now):
                path = self.file(name, place.kind)
                content = path.read_bytes()  # metadata of another length by now, maybe
                path.write_bytes(damage(content, min(place.offset, len(content) - 1)))
                self._experiment.injected(f"{place.kind} {what}")
            self._damage_account(OTHERS[starts % len(OTHERS)], starts * 7, what, damage)
            self.start()
            starts += 1
        return starts

    def _damage_account(self, file: str, offset: int, what: str,
                        damage: Callable[[bytes, int], bytes]) -> None:
        """When it is there: without an order nobody has needed a lost one again."""
        path = self._nginx.state / file
        content = path.read_bytes() if path.exists() else b""
        if content:
            path.write_bytes(damage(content, offset % len(content)))
            self._experiment.injected(f"{file} {what}")

    def start(self) -> None:
        read_before = self._count_of_what_was_read()
        self._nginx.start()
        with Visits(self._experiment, self._visitor, self._names):
            # Metadata that a bit has changed may ask for an order of what is served.
            wait_until(lambda: self._count_of_what_was_read() > read_before, "the helper")
            wait_until(lambda: all(map(self._is_settled, self._names)), "all metadata")
            wait_for_all(self._nginx, self._visitor, self._names)
        self._nginx.stop()
        for path in self._nginx.state.rglob("*.bad*"):
            path.unlink()
        check_state(self._experiment, self._nginx.state, self._names)

    def _count_of_what_was_read(self) -> int:
        return len(self._nginx.log_lines("the next renewal is that of|issued by"))

    def _is_settled(self, name: str) -> bool:
        """There is metadata, and no order is to come of it."""
        for path in self._nginx.state.glob(f"{name}-*.json"):
            try:
                next_action = json.loads(path.read_text())["next_action"]["what"]
            except (OSError, ValueError, LookupError, TypeError):
                return True  # damaged: it stays until there is something to write down
            return next_action not in ("order", "retry")
        return False


@pytest.mark.parametrize("what, damage", [("truncated", truncated),
                                          ("with a flipped bit", with_a_flipped_bit)],
                         ids=["truncated", "flipped"])
def test_damage_at_any_byte_costs_at_most_an_order(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        is_long: bool, what: str, damage: Callable[[bytes, int], bytes]) -> None:
    names = names_of(40 if is_long else 10)
    nginx.allow_log(r"\[warn\].* (set aside|account|is not signed by|does not cover)")
    nginx.configure("\n".join([pebble.issuer(), "acme pebble;", REDIRECT,
                               *map(https_server, names)])).start()
    wait_for_all(nginx, visitor, names)
    nginx.stop()

    starts = Damage(experiment, nginx, visitor, names).rounds(what, damage,
                                                              0 if is_long else 10)
    orders = pebble.order_count() - len(names)
    experiment.measured(f"{starts} starts, {orders} certificates ordered anew")
    warned = nginx.log_lines(r"\[warn\].* certificate \"site")
    told = {re.sub(r"^\S+ \S+ ", "", line) for line in warned}
    experiment.measured(f"{len(warned)} log lines about certificates, {len(told)} different")
    pairs = sum(1 for line in nginx.log_lines("issued by")) - len(names)
    experiment.require(orders <= pairs, f"{orders} orders for {pairs} certificates")
    experiment.require(len(warned) <= orders, f"{len(warned)} lines for {orders} orders")

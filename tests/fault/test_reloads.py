# SPDX-License-Identifier: BSD-2-Clause
"""Reloads leave nothing behind in the master."""

import re
import shutil
import signal
import statistics

import pytest

from faults.experiment import Experiment
from faults.sites import configuration, is_verified, names_of, wait_for_all
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.processes import ServerProcess, own_kilobytes
from support.tls import Visitor
from support.waiting import wait_until

WARM_UP = 10  # until malloc has found its size


def test_the_master_does_not_grow_by_reloads(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        is_long: bool) -> None:
    reloads = 200 if is_long else 20
    names = names_of(20)
    nginx.configure(configuration(pebble.issuer(), names)).start()
    wait_for_all(nginx, visitor, names)
    sizes = []
    for _ in range(WARM_UP + reloads):
        nginx.reload()
        sizes.append(own_kilobytes(nginx.master_pid))
    experiment.injected("SIGHUP", len(sizes))
    # Allocators breathe: levels are compared, not two readings.
    quarter = max(reloads // 4, 1)
    first = statistics.median(sizes[WARM_UP:WARM_UP + quarter])
    last = statistics.median(sizes[-quarter:])
    per_reload = (last - first) / (reloads - quarter)
    experiment.measured(f"the master's own memory: {first:.0f} kB, {last:.0f} kB at the end; "
                        f"{per_reload:.2f} kB for each reload")
    experiment.require(last - first < 200 or nginx.program.is_instrumented,
                       f"it grew by {last - first:.0f} kB")
    experiment.require(pebble.order_count() == len(names), "an order by a reload")
    for name in names:
        visitor.verified_certificate(name)


VALGRIND = """#!/bin/sh
exec valgrind --quiet --leak-check=full --show-leak-kinds=definite --num-callers=30 \\
    --log-file={log}.%p {nginx} "$@"
"""


def test_valgrind_finds_no_leak_of_the_module_in_the_master(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        is_long: bool) -> None:
    if not is_long:
        pytest.skip("only in the long form")
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed")
    names = names_of(5)
    nginx.configure(configuration(pebble.issuer(), names))
    wrapper = nginx.prefix / "valgrind.sh"
    wrapper.write_text(VALGRIND.format(log=nginx.prefix / "valgrind", nginx=nginx.program.binary))
    wrapper.chmod(0o755)
    master = ServerProcess(
        [str(wrapper), "-p", f"{nginx.prefix}/", "-c", str(nginx.prefix / "conf/nginx.conf"), "-e",
         str(nginx.prefix / "error.log"), "-g", "daemon off;"],
        nginx.prefix / "output.log", nginx.program.environment, nginx.prefix)
    try:
        for name in names:
            wait_until(lambda: is_verified(visitor, name), f"a certificate for {name}", 120)
        for number in range(200):
            master.send(signal.SIGHUP)
            experiment.injected("SIGHUP to a master under valgrind")
            # One line for each new worker, and one for the first.
            wait_until(lambda: len(nginx.log_lines(r"start worker process \d+")) >= number + 2,
                       "a new worker", 120)
        master.send(signal.SIGQUIT)
        wait_until(lambda: master.status is not None, "the end of nginx", 120)
    finally:
        master.end(signal.SIGKILL)
    report = (nginx.prefix / f"valgrind.{master.pid}").read_text()
    blocks = re.split(r"\n==\d+== \n", report)
    ours = [block for block in blocks if "definitely lost" in block and "acme" in block]
    experiment.measured(f"{len(blocks) - 1} reports, {len(ours)} of them of the module")
    for block in ours:
        experiment.lost(block)

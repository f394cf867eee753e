# SPDX-License-Identifier: BSD-2-Clause
"""Reloads leave nothing behind in the master."""

import statistics

from faults.experiment import Experiment
from faults.memory import own_kilobytes
from faults.sites import configuration, names_of, wait_for_all
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.tls import Visitor

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
    experiment.require(last - first < 200, f"it grew by {last - first:.0f} kB")
    experiment.require(pebble.order_count() == len(names), "an order by a reload")
    for name in names:
        visitor.verified_certificate(name)

# SPDX-License-Identifier: BSD-2-Clause
"""reload-storm: 50 reloads while 1,000 certificates are issued.

Every certificate has to come, from exactly one order, and the master must not grow.
"""

from common.bench import Bench
from common.result import Result
from support.waiting import wait_until
from system.issue import PATIENCE, configure

CERTIFICATES = 1_000
RELOADS = 50
GROWTH = 3  # percent; that of an nginx with static certificates differs by 2, too


def run(bench: Bench) -> Result:
    server = bench.nginx("managed")
    ca = bench.ca(visits=server.address)
    configure(server, ca.issuer(), CERTIFICATES)
    server.start()
    step = CERTIFICATES // (RELOADS + 1)
    sizes = []
    for number in range(1, RELOADS + 1):
        wait_until(lambda: len(server.log_lines("issued by")) >= number * step,
                   f"{number * step} certificates", PATIENCE)
        server.reload()
        sizes.append(heap_kib(server.master_pid))
    wait_until(lambda: len(list(server.state.glob("*.crt"))) == CERTIFICATES
               and len(server.log_lines("issued by")) >= CERTIFICATES, "all certificates",
               PATIENCE)
    orders = ca.statistics()["orders"]
    server.stop()
    result = Result({"reloads": RELOADS, "certificates": CERTIFICATES})
    result.at_most("orders_per_certificate", orders / CERTIFICATES, 1.0)
    # The first reloads still warm the allocator up.
    growth = 100 * (sizes[-1] / sizes[RELOADS // 5] - 1)
    result.at_most("master_growth_percent", round(max(0.0, growth), 1), GROWTH)
    return result


def heap_kib(pid: int) -> int:
    """Without the zones, which grow with their certificates."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))


ROWS = {"reload-storm": run}

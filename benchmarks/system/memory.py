# SPDX-License-Identifier: BSD-2-Clause
"""memory, zone: what 10,000 certificates occupy, managed against static files.

memory adds up the proportional set sizes of master and worker, shared zone included:
once when nothing has happened yet, and once when every name has had a handshake. zone
is the shared memory for each certificate (P-256, a chain of two).
"""

import subprocess
from pathlib import Path

from common.bench import Bench
from common.result import Result
from support.addresses import HTTPS
from support.nginx import Nginx
from support.processes import children
from support.waiting import wait_until
from system.config import both_sides, has_its_processes

BOUND = 0.9
SERVERS = 10_000


def memory(bench: Bench) -> Result:
    result = Result()
    found = measure(bench, SERVERS)
    for state in ("idle", "used"):
        ours, theirs = found[f"{state}_managed"], found[f"{state}_static"]
        result.figures |= {f"{state}_managed_mib": round(ours, 1),
                           f"{state}_static_mib": round(theirs, 1)}
        result.at_most(f"{state}_ratio", round(ours / theirs, 3), BOUND)
    return result


def measure(bench: Bench, servers: int) -> dict[str, float]:
    """MiB by state and side."""
    managed, static = both_sides(bench, servers, "memory")
    found: dict[str, float] = {}
    for side, server in (("managed", managed), ("static", static)):
        server.start()
        wait_until(lambda: has_its_processes(server, side), "all processes")
        found[f"idle_{side}"] = mebibytes(server)
        subprocess.run(
            [str(bench.build / "tls_client"), "-n", str(servers), server.address, str(HTTPS),
             "www%d.example.com", str(servers)], check=True, stdout=subprocess.DEVNULL)
        found[f"used_{side}"] = mebibytes(server)
        server.stop()
    return found


def mebibytes(server: Nginx, with_helper: bool = False) -> float:
    others = children(server.master_pid) if with_helper else server.worker_pids()
    return sum(map(proportional_kib, (server.master_pid, *others))) / 1024


def proportional_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def zone(bench: Bench) -> Result:
    """With as many certificates more, the zone that sizes itself is as much larger."""
    sizes = [zone_kib(bench, count) for count in (1_000, 11_000)]
    result = Result({"zone_of_11000_kib": sizes[1]})
    result.at_most("kib_per_certificate", round((sizes[1] - sizes[0]) / 10_000, 2), 4.0)
    return result


def zone_kib(bench: Bench, servers: int) -> float:
    server, _ = both_sides(bench, servers, "zone")
    server.start()
    wait_until(lambda: has_its_processes(server, "managed"), "all processes")
    # Mapped shared and anonymous: our two zones, of which one never changes its size.
    size = 0
    for line in Path(f"/proc/{server.master_pid}/maps").read_text().splitlines():
        fields = line.split()
        if fields[1] == "rw-s":
            start, end = (int(part, 16) for part in fields[0].split("-"))
            size += end - start
    server.stop()
    return size / 1024


ROWS = {"memory": memory, "zone": zone}

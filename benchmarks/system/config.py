# SPDX-License-Identifier: BSD-2-Clause
"""config: what 10,000 servers cost the master, managed against static files.

The same nginx reads 10,000 managed servers, whose certificates are in the state
directory, and 10,000 servers with ssl_certificate and ssl_certificate_key for the same
pairs. Figures are CPU times of the master: of `nginx -t`, of a start (until the master
has its workers), of a reload.
"""

import resource
import signal
from functools import partial
from typing import Callable

from common.bench import Bench, chain_files
from common.load import cpu_seconds
from common.result import Result, alternate
from support.nginx import Nginx
from support.processes import children
from support.waiting import wait_until

BOUND = 0.8
ROUNDS = 3
SERVERS = 10_000
STEPS = ("check", "start", "reload")
HASHES = """
    server_names_hash_max_size 131072; server_names_hash_bucket_size 128;
    ssl_protocols TLSv1.2 TLSv1.3;  # nginx 1.22 has no 1.3 by default
"""


def run(bench: Bench) -> Result:
    result = Result()
    medians = measure(bench, SERVERS)
    for step in STEPS:
        ours, theirs = medians[f"{step}_managed"], medians[f"{step}_static"]
        result.figures |= {f"{step}_managed_s": round(ours, 2),
                           f"{step}_static_s": round(theirs, 2)}
        result.at_most(f"{step}_ratio", round(ours / theirs, 3), BOUND)
    return result


def measure(bench: Bench, servers: int) -> dict[str, float]:
    """Seconds by step and side."""
    managed, static = both_sides(bench, servers, "config")
    times: dict[str, dict[str, float]] = {"managed": {}, "static": {}}

    def cycle(side: str, server: Nginx) -> float:
        found = times[side]
        found["check"] = cpu_of_children(lambda: check(server))
        server.start()
        wait_until(lambda: has_its_processes(server, side), "all processes")
        found["start"] = cpu_seconds(server.master_pid)
        found["reload"] = cpu_of_reload(server, side)
        server.stop()
        return 0.0

    steps: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        alternate(1, managed=partial(cycle, "managed", managed),
                  static=partial(cycle, "static", static))
        for side, found in times.items():
            for step, seconds in found.items():
                steps.setdefault(f"{step}_{side}", []).append(seconds)
    return {name: sorted(values)[len(values) // 2] for name, values in steps.items()}


def both_sides(bench: Bench, servers: int, purpose: str) -> tuple[Nginx, Nginx]:
    """Configured, not started, with the same certificates."""
    managed = managed_servers(bench, servers, purpose)
    static = bench.nginx(f"{purpose}-static-{servers}")
    files = chain_files(managed)
    static.configure(HASHES + "\n" + "\n".join(
        f"server {{ listen 443 ssl; server_name {name}; ssl_certificate {files[name]};"
        f" ssl_certificate_key {files[name].with_suffix('.key')}; }}"
        for name in server_names(servers)))
    return managed, static


def managed_servers(bench: Bench, servers: int, purpose: str, on_port_80: str = "") -> Nginx:
    """Configured, not started, with certificates that stay valid for months."""
    managed = bench.nginx(f"{purpose}-managed-{servers}")
    bench.fill_state(managed, servers)
    managed.configure(HASHES + f"""
        acme_issuer ca {{
            uri https://127.0.0.1:1/directory;  # nobody: nothing is due
            state_path state;
        }}
        acme ca;
        server {{ listen 80; {on_port_80} }}
        """ + "\n".join(f"server {{ listen 443 ssl; server_name {name}; }}"
                        for name in server_names(servers)))
    return managed


def server_names(servers: int) -> list[str]:
    return [f"www{number}.example.com" for number in range(servers)]


def check(server: Nginx) -> None:
    result = server.check()
    assert result.status == 0, result.output


def has_its_processes(server: Nginx, side: str) -> bool:
    return bool(server.worker_pids()) and (side == "static" or server.helper_pid() is not None)


def cpu_of_reload(server: Nginx, side: str) -> float:
    before, old = cpu_seconds(server.master_pid), set(children(server.master_pid))
    server.signal(signal.SIGHUP)
    wait_until(lambda: has_its_processes(server, side)
               and old.isdisjoint(children(server.master_pid)), "the new processes")
    return cpu_seconds(server.master_pid) - before


def cpu_of_children(act: Callable[[], None]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    act()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


ROWS = {"config": run}

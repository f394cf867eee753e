# SPDX-License-Identifier: BSD-2-Clause
"""Clients that make work, and what that work costs the server."""

import json
import os
import re
import subprocess
from pathlib import Path

from support.addresses import HTTPS
from support.nginx import Nginx

# Server and client on a core each, where there are two.
_CORES = sorted(os.sched_getaffinity(0))


def pin_worker(server: Nginx) -> None:
    os.sched_setaffinity(server.worker_pids()[0], {_CORES[0]})


def cpu_seconds(*processes: int) -> float:
    """CPU time of the processes so far, with that of all their threads."""
    return sum(int((task / "schedstat").read_text().split()[0])
               for process in processes
               for task in Path(f"/proc/{process}/task").iterdir()) / 1e9


def handshakes(client: Path, server: Nginx, name: str, count: int,
               *options: str) -> dict[str, float]:
    """What tls_client prints, and the worker's CPU time for each in microseconds."""
    worker = server.worker_pids()[0]
    before = cpu_seconds(worker)
    output = subprocess.run(
        [str(client), *options, server.address, str(HTTPS), name, str(count)],
        stdout=subprocess.PIPE, check=True, text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {_CORES[-1]})).stdout
    found: dict[str, float] = json.loads(output)
    return {**found, "cpu_us": (cpu_seconds(worker) - before) / count * 1e6}


def requests(server: Nginx, url: str, seconds: float, script: str = "") -> dict[str, float]:
    """wrk's load over kept connections: requests a second, and the worker's CPU time
    for each in microseconds. Every answer has to be 200."""
    worker = server.worker_pids()[0]
    before = cpu_seconds(worker)
    output = subprocess.run(
        ["wrk", "-t1", "-c16", f"-d{seconds:g}s", *(["-s", script] if script else []), url],
        stdout=subprocess.PIPE, check=True, text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {_CORES[-1]})).stdout
    used = cpu_seconds(worker) - before
    count = re.search(r"(\d+) requests in", output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert count and rate and "Non-2xx" not in output and "Socket errors" not in output, output
    return {"per_second": float(rate.group(1)), "cpu_us": used / int(count.group(1)) * 1e6}

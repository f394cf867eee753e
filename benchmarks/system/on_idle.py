# SPDX-License-Identifier: BSD-2-Clause
"""on-idle: how often the helper wakes up when nothing is due."""

import time
from pathlib import Path

from common.bench import Bench
from common.result import Result
from support.tls import Visitor

NAME = "www.example.com"
SECONDS = 20


def run(bench: Bench) -> Result:
    server = bench.nginx("managed")
    pebble = bench.pebble(server.address).start()
    server.configure(f"""
        {pebble.issuer()}
        server {{ listen 80; listen 443 ssl; server_name {NAME}; acme pebble; return 204; }}
    """).start()
    Visitor(server.address, pebble.root_file).wait_for_certificate(NAME)
    server.wait_for_log("issued by")
    time.sleep(2)  # what follows an order
    helper = server.helper_pid()
    assert helper is not None
    before = wake_ups(helper)
    time.sleep(SECONDS)
    result = Result({"seconds": SECONDS})
    result.at_most("wake_ups_per_second", round((wake_ups(helper) - before) / SECONDS, 2), 1.0)
    return result


def wake_ups(pid: int) -> int:
    """Of all its threads: each begins after a voluntary context switch."""
    return sum(int(line.split()[1])
               for task in Path(f"/proc/{pid}/task").iterdir()
               for line in (task / "status").read_text().splitlines()
               if line.startswith("voluntary_ctxt_switches"))


ROWS = {"on-idle": run}

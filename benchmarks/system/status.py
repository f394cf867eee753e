# SPDX-License-Identifier: BSD-2-Clause
"""status, scrapes: what the status endpoint's answers cost a worker.

status is the processor time of answers about 10,000 certificates, by the program
status_cost. scrapes is the memory of an nginx with 1,000 certificates, asked for its
metrics and for a page of JSON 10,000 times: the proportional set size of master, worker
and helper after the first thousand, and at the end.
"""

import http.client
import json
import subprocess

from common.bench import Bench
from common.result import Result
from support import addresses
from support.nginx import Nginx
from support.waiting import wait_until
from system.config import has_its_processes, managed_servers
from system.memory import mebibytes

LONGEST_SLICE_MS = 5
CERTIFICATES = 1_000
WARM_UP, SCRAPES = 1_000, 10_000
FLAT = 1.02


def run(bench: Bench) -> Result:
    output = subprocess.run([str(bench.build / "status_cost")], stdout=subprocess.PIPE,
                            check=True, text=True).stdout
    figures = {name: round(value, 3) for name, value in json.loads(output).items()}
    result = Result(figures)
    result.at_most("json_page_ms", figures["json_page_ms"], 1)
    result.at_most("metrics_ms", figures["metrics_ms"], 60)
    longest = max(value for name, value in figures.items() if name.endswith("_slice_ms"))
    result.at_most("longest_slice_ms", longest, LONGEST_SLICE_MS)
    return result


def scrapes(bench: Bench) -> Result:
    server = managed_servers(bench, CERTIFICATES, "scrapes", "location /acme/ { acme_status; }")
    server.start()
    wait_until(lambda: has_its_processes(server, "managed"), "all processes")
    scrape(server, WARM_UP)
    before = mebibytes(server, with_helper=True)
    scrape(server, SCRAPES - WARM_UP)
    after = mebibytes(server, with_helper=True)
    server.stop()
    result = Result({"before_mib": round(before, 1), "after_mib": round(after, 1)})
    result.at_most("growth", round(after / before, 4), FLAT)
    return result


def scrape(server: Nginx, times: int) -> None:
    """Over connections as monitors keep them."""
    connection = http.client.HTTPConnection(server.address, addresses.HTTP)
    for number in range(times):
        path = "metrics" if number % 2 == 0 else "1/certificates"
        connection.request("GET", f"/acme/{path}")
        answer = connection.getresponse()
        assert answer.read() and answer.status == 200, answer.status
    connection.close()


ROWS = {"status": run, "scrapes": scrapes}

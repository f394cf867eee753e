# SPDX-License-Identifier: BSD-2-Clause
"""issue-100, issue-1000: from an empty state directory to many certificates.

Each certificate has one name. issue-100 is against Pebble without sleeps, eight orders
at once and one at a time; issue-1000 is against the tests' own CA, and compares the
time for each certificate with that of 100.
"""

import time
from dataclasses import dataclass
from typing import Callable

from common.bench import Bench
from common.load import cpu_seconds
from common.result import Result, alternate
from support.nginx import Nginx
from support.tls import Visitor
from support.waiting import wait_until

# The library's bound of one wait, on a machine that does something else besides.
PATIENCE = 300.0


@dataclass
class Issuance:
    seconds: float  # from the start of nginx until all are served
    helper_ms: float  # CPU time of the helper for each certificate


def issue_100(bench: Bench) -> Result:
    address = bench.claim()
    pebble = bench.pebble(address).start()
    costs: list[float] = []
    turn = 0

    def issue(at_once: int) -> float:
        nonlocal turn
        turn += 1
        server = bench.nginx(f"managed{turn}", address)
        found = issuance(server, pebble.issuer(more=f"orders_at_once {at_once};"), 100)
        if at_once > 1:
            costs.append(found.helper_ms)
        return found.seconds

    medians = alternate(3, parallel=lambda: issue(8), one_at_a_time=lambda: issue(1))
    result = Result({"one_at_a_time_seconds": round(medians["one_at_a_time"], 2)})
    result.at_most("seconds", round(medians["parallel"], 2), 3.0)
    result.at_most("helper_ms_per_certificate", round(sorted(costs)[len(costs) // 2], 2), 4.0)
    return result


def issue_1000(bench: Bench) -> Result:
    hundred, thousand = (measure(bench, count) for count in (100, 1_000))
    result = Result({"seconds": round(thousand.seconds, 2),
                     "ms_per_certificate_of_100": round(hundred.seconds * 10, 2)})
    result.at_most("ms_per_certificate", round(thousand.seconds, 2),
                   round(hundred.seconds * 10, 2))
    result.at_most("helper_ms_per_certificate", round(thousand.helper_ms, 2), 3.0)
    return result


def measure(bench: Bench, count: int, rounds: int = 3) -> Issuance:
    """The median, against the tests' own CA."""
    found = []
    for turn in range(rounds):
        server = bench.nginx(f"managed{count}-{turn}")
        ca = bench.ca(name=f"ca{count}-{turn}", visits=server.address)
        found.append(issuance(server, ca.issuer(), count))
        assert ca.statistics()["orders"] == count
        ca.close()
    return sorted(found, key=lambda issuance: issuance.seconds)[rounds // 2]


def issuance(server: Nginx, issuer: str, count: int) -> Issuance:
    configure(server, issuer, count)
    start = time.monotonic()
    server.start()
    helper: Callable[[], float] = lambda: cpu_seconds(server.helper_pid() or server.master_pid)
    wait_until(lambda: len(server.log_lines("issued by")) >= count, f"{count} certificates",
               PATIENCE)
    seconds = time.monotonic() - start
    cpu = helper()
    certificate = Visitor(server.address, server.prefix).certificate(f"www{count - 1}.example.com")
    assert "temporary" not in certificate.issuer
    server.stop()
    return Issuance(seconds, cpu / count * 1_000)


def configure(server: Nginx, issuer: str, count: int) -> None:
    server.configure(f"server_names_hash_max_size 131072; {issuer} acme {issuer.split()[1]};"
                     "server { listen 80 default_server; return 404; }" + "\n".join(
        f"server {{ listen 443 ssl; server_name www{number}.example.com; }}"
        for number in range(count)))


ROWS = {"issue-100": issue_100, "issue-1000": issue_1000}

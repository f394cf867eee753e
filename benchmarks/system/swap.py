# SPDX-License-Identifier: BSD-2-Clause
"""handshake-swap: how long visitors wait while every certificate is replaced.

One nginx serves 1,000 names from a state directory that another process owns, and
follows it. A client makes a handshake every 2 ms, by each name in turn. In every other
round the owner issues all certificates anew, and the worker swaps every one of them.
"""

import subprocess
from typing import IO

from common.bench import Bench, hand_over
from common.load import handshakes, pin_worker
from common.result import Result, alternate
from support.nginx import Nginx
from support.tls import Visitor
from support.waiting import wait_until

SERVERS = 1_000
ROUNDS = 5
HANDSHAKES = 4_000  # 8 s, longer than it takes to notice the new files
PACE_US = 2_000
BOUND = 1.5


def run(bench: Bench) -> Result:
    server = bench.nginx("managed")
    server.state.mkdir(mode=0o700)
    hand_over(server.state)
    owner = subprocess.Popen(
        [str(bench.build / "make_state"), str(server.state), str(SERVERS), "again"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdin is not None and owner.stdout is not None
    try:
        owner.stdout.readline()
        hand_over(server.state)
        serve(server)
        return measure(bench, server, owner.stdin, owner.stdout)
    finally:
        owner.stdin.close()
        owner.wait(10)
        owner.stdout.close()


def serve(server: Nginx) -> None:
    server.configure("""
        server_names_hash_max_size 16384;
        ssl_protocols TLSv1.3;
        acme_issuer ca {
            uri https://127.0.0.1:1/directory;  # nobody: another process orders
            state_path state;
        }
        acme ca;
        server { listen 80; }
        """ + "\n".join(f"server {{ listen 443 ssl; server_name www{number}.example.com; }}"
                        for number in range(SERVERS))).start()
    server.wait_for_log("another process works for state directory")
    pin_worker(server)


def measure(bench: Bench, server: Nginx, orders: IO[str], answers: IO[str]) -> Result:
    swapped = 0

    def shake() -> float:
        return handshakes(bench.build / "tls_client", server, "www%d.example.com", HANDSHAKES,
                          "-n", str(SERVERS), "-p", str(PACE_US))["p99_us"]

    def renew() -> float:
        nonlocal swapped
        visitor = Visitor(server.address, server.prefix)
        before = visitor.certificate("www0.example.com")
        orders.write("\n")
        orders.flush()
        answers.readline()
        hand_over(server.state)
        swapped += SERVERS
        found = shake()
        wait_until(lambda: len(server.log_lines("serving serial")) >= swapped, "all swaps")
        assert visitor.certificate("www0.example.com").serial != before.serial
        return found

    shake()  # the worker has parsed every certificate once
    medians = alternate(ROUNDS, quiet=shake, swapping=renew)
    result = Result({f"{side}_p99_us": round(value) for side, value in medians.items()})
    result.figures["swaps"] = swapped
    result.figures["failed_handshakes"] = 0  # the client ends at the first
    result.at_most("ratio", round(medians["swapping"] / medians["quiet"], 2), BOUND)
    return result


ROWS = {"handshake-swap": run}

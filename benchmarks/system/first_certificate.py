# SPDX-License-Identifier: BSD-2-Clause
"""first-cert: from the start of nginx to the first verified handshake.

Pebble has no sleeps and asks for none. For comparison, curl makes as many HTTPS
exchanges with it as the order took, over one connection.
"""

import re
import subprocess
import time

from common.bench import Bench
from common.result import Result, alternate
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.tls import Visitor

NAME = "www.example.com"
ROUNDS = 5
BOUND_SECONDS = 0.3


def run(bench: Bench) -> Result:
    address = bench.claim()
    pebble = bench.pebble(address).start()
    turn = 0

    def first_certificate() -> float:
        nonlocal turn
        turn += 1
        server = bench.nginx(f"managed{turn}", address)
        configure(server, pebble)
        visitor = Visitor(address, pebble.root_file)
        start = time.monotonic()
        server.start()
        visitor.wait_for_certificate(NAME)
        found = time.monotonic() - start
        server.wait_for_log("issued by")
        server.stop()
        return found

    first_certificate()
    before = exchanges(pebble)
    first_certificate()
    count = exchanges(pebble) - before
    medians = alternate(ROUNDS, managed=first_certificate, curl=lambda: curl(pebble, count))
    result = Result({"exchanges": count, "curl_seconds": round(medians["curl"], 3)})
    result.figures["ratio_to_curl"] = round(medians["managed"] / medians["curl"], 2)
    result.at_most("seconds", round(medians["managed"], 3), BOUND_SECONDS)
    return result


def configure(server: Nginx, pebble: PebbleServer) -> None:
    server.configure(f"""
        {pebble.issuer()}
        server {{ listen 80; server_name {NAME}; }}
        server {{ listen 443 ssl; server_name {NAME}; acme pebble; return 204; }}
    """)


def exchanges(pebble: PebbleServer) -> int:
    return len(re.findall(r"-> calling handler\(\)", pebble.log))


def curl(pebble: PebbleServer, count: int) -> float:
    urls = [pebble.directory_url] * count
    start = time.monotonic()
    subprocess.run(["curl", "--disable", "--silent", "--fail", "--noproxy", "*",
                    "--cacert", str(pebble.ca_file), *urls],
                   check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


ROWS = {"first-cert": run}

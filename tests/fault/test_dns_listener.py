# SPDX-License-Identifier: BSD-2-Clause
"""nginx as a name server while its binary is exchanged: no query is lost."""

import threading

from faults.daemon import NginxDaemon
from faults.experiment import Experiment
from support.dns_client import exchange, query, rcode
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import https_server

CHALLENGE = "_acme-challenge.example.com"


def test_an_exchange_of_the_binary_loses_no_query(
        experiment: Experiment, nginx: Nginx, pebble: PebbleServer, address: str,
        is_long: bool) -> None:
    nginx.allow_log('certificate "\\*.example.com"')
    nginx.configure(f"""
        {pebble.issuer()}
        acme_dns listen 53;
        acme pebble;
        {https_server("*.example.com")}
    """, main=nginx.program.kept_environment)
    over = threading.Event()

    def ask() -> None:
        asked = 0
        while not over.is_set():
            # From many sources: one alone would soon ask more than it may.
            answer = exchange(address, query(CHALLENGE, identifier=asked % 65536),
                              source=f"127.0.0.{asked % 250 + 1}")
            asked += 1
            experiment.require(answer and rcode(answer) == 0, f"query {asked}")
        experiment.counted("queries", asked)

    with NginxDaemon(nginx) as daemon:
        resolver = threading.Thread(target=ask)
        resolver.start()
        try:
            for _ in range(20 if is_long else 2):
                daemon.end(daemon.start_new_binary())
                experiment.injected("USR2, then QUIT to the old master")
        finally:
            over.set()
            resolver.join()

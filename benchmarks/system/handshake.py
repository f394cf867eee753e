# SPDX-License-Identifier: BSD-2-Clause
"""handshake, handshake-…: worker CPU per handshake, managed against static.

Two nginx of the same binary serve the same chain: one from shared memory, one by
ssl_certificate. Rounds alternate between them; what counts is the worker's CPU time.
"""

from pathlib import Path

from common.bench import Bench
from common.load import handshakes, pin_worker
from common.result import Result, alternate
from support.nginx import Nginx
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"
BOUND = 1.01
ROUNDS = 60
HANDSHAKES = 400  # a round, some 0.1 s of worker time
RSA_ONLY = "RSA-PSS+SHA256:RSA+SHA256"


def compare(bench: Bench, keys: str, *options: str) -> Result:
    managed, static = bench.nginx("managed"), bench.nginx("static")
    serve(bench, keys, managed, static)
    for server in (managed, static):
        pin_worker(server)

    def measure(server: Nginx) -> float:
        return handshakes(bench.build / "tls_client", server, NAME, HANDSHAKES,
                          *options)["cpu_us"]

    medians = alternate(ROUNDS, managed=lambda: measure(managed),
                        static=lambda: measure(static))
    result = Result({f"{side}_us": round(value, 1) for side, value in medians.items()})
    result.at_most("ratio", round(medians["managed"] / medians["static"], 3), BOUND)
    return result


def serve(bench: Bench, keys: str, managed: Nginx, static: Nginx) -> None:
    pebble = bench.pebble(managed.address).start()
    count = len(keys.split(","))
    managed.configure(f"""
        ssl_protocols TLSv1.2 TLSv1.3;
        {pebble.issuer()}
        server {{ listen 80; server_name {NAME}; }}
        server {{
            listen 443 ssl; server_name {NAME};
            acme_certificate pebble key={keys};
            return 200 "";
        }}
    """).start()

    def stored() -> list[Path]:
        return sorted(managed.state.glob(f"{NAME}-*.crt"))

    wait_until(lambda: len(stored()) == count, "the certificates")
    Visitor(managed.address, pebble.root_file).wait_for_certificate(NAME)
    managed.wait_for_log("issued by", count)
    pairs = "\n".join(f"ssl_certificate {chain}; ssl_certificate_key {chain.with_suffix('.key')};"
                      for chain in stored())
    static.configure(f"""
        ssl_protocols TLSv1.2 TLSv1.3;
        server {{ listen 443 ssl; server_name {NAME}; {pairs} return 200 ""; }}
    """).start()
    Visitor(static.address, pebble.root_file).wait_for_certificate(NAME)


ROWS = {
    "handshake": lambda bench: compare(bench, "ecdsa"),
    "handshake-rsa": lambda bench: compare(bench, "rsa"),
    "handshake-tls12": lambda bench: compare(bench, "ecdsa", "-2"),
    "handshake-dual": lambda bench: compare(bench, "ecdsa,rsa", "-s", RSA_ONLY),
    "handshake-resumed": lambda bench: compare(bench, "ecdsa", "-r"),
}

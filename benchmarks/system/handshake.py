# SPDX-License-Identifier: BSD-2-Clause
"""handshake, handshake-…: worker CPU per handshake, managed against static.

Two nginx of the same binary serve the same chain: one from shared memory, one by
ssl_certificate. Rounds alternate between them; what counts is the worker's CPU time.
"""

from pathlib import Path

from common.bench import Bench
from common.load import handshakes, pin_worker
from common.result import Result, compare
from support.nginx import Nginx
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"
BOUND = 1.01
ROUNDS = 60
HANDSHAKES = 400  # a round, some 0.1 s of worker time
RSA_ONLY = "RSA-PSS+SHA256:RSA+SHA256"


def against_static(bench: Bench, keys: str, *options: str) -> Result:
    managed, static = bench.nginx("managed"), bench.nginx("static")
    serve(bench, keys, managed, static)
    for server in (managed, static):
        pin_worker(server)

    def measure(server: Nginx) -> float:
        return handshakes(bench.build / "tls_client", server, NAME, HANDSHAKES,
                          *options)["cpu_us"]

    ours, theirs, ratio = compare(ROUNDS, lambda: measure(managed), lambda: measure(static))
    result = Result({"managed_us": round(ours, 1), "static_us": round(theirs, 1)})
    result.at_most("ratio", round(ratio, 3), BOUND)
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
    "handshake": lambda bench: against_static(bench, "ecdsa"),
    "handshake-rsa": lambda bench: against_static(bench, "rsa"),
    "handshake-tls12": lambda bench: against_static(bench, "ecdsa", "-2"),
    "handshake-dual": lambda bench: against_static(bench, "ecdsa,rsa", "-s", RSA_ONLY),
    "handshake-resumed": lambda bench: against_static(bench, "ecdsa", "-r"),
}

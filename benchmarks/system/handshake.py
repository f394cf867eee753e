# SPDX-License-Identifier: BSD-2-Clause
"""handshake: worker CPU per full TLS 1.3 handshake, managed against static.

Two nginx of the same binary serve the same P-256 chain: one from shared memory,
one by ssl_certificate. Rounds alternate between them; the worker's CPU time comes
from /proc/PID/schedstat. Must reach: ratio of the medians at most 1.03.
"""

import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from support.addresses import HTTPS, ClaimedAddress
from support.nginx import Nginx, NginxProgram
from support.pebble import PebbleServer
from support.tls import Visitor

NAME = "www.example.com"
BOUND = 1.03
ROUNDS = 40
HANDSHAKES = 500  # a round, some 0.2 s of worker time


def run(nginx: str, build: Path) -> dict[str, object]:
    program = NginxProgram(nginx, build / "ngx_http_acme_module.so", "notice")
    ours, other = ClaimedAddress(), ClaimedAddress()
    with tempfile.TemporaryDirectory(prefix="ngx-acme-bench.") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("ca", "managed", "static"):
            (folder / part).mkdir()
        pebble = PebbleServer(ours.address, folder / "ca", "pebble").start()
        managed = Nginx(program, ours.address, folder / "managed")
        static = Nginx(program, other.address, folder / "static")
        try:
            _serve(pebble, managed, static)
            return _measure(build / "tls_client", managed, static)
        finally:
            for server in (managed, static, pebble):
                server.close()
            ours.release()
            other.release()


def _serve(pebble: PebbleServer, managed: Nginx, static: Nginx) -> None:
    managed.configure(f"""
        ssl_protocols TLSv1.3;
        {pebble.issuer()}
        server {{ listen 80; server_name {NAME}; }}
        server {{ listen 443 ssl; server_name {NAME}; acme pebble; return 204; }}
    """).start()
    Visitor(managed.address, pebble.root_file).wait_for_certificate(NAME)
    chain = next(managed.state.glob(f"{NAME}-*.crt"))
    static.configure(f"""
        ssl_protocols TLSv1.3;
        server {{
            listen 443 ssl; server_name {NAME};
            ssl_certificate {chain}; ssl_certificate_key {chain.with_suffix('.key')};
            return 204;
        }}
    """).start()
    Visitor(static.address, pebble.root_file).wait_for_certificate(NAME)


def _measure(client: Path, managed: Nginx, static: Nginx) -> dict[str, object]:
    # Worker and client on a core each, where there are two.
    cores = sorted(os.sched_getaffinity(0))
    for server in (managed, static):
        os.sched_setaffinity(server.worker_pids()[0], {cores[0]})
    times: dict[str, list[float]] = {"managed": [], "static": []}
    for _ in range(ROUNDS):
        for side, server in (("managed", managed), ("static", static)):
            before = _cpu(server)
            subprocess.run(
                [str(client), server.address, str(HTTPS), NAME, str(HANDSHAKES)],
                check=True, preexec_fn=lambda: os.sched_setaffinity(0, {cores[-1]}))
            times[side].append((_cpu(server) - before) / HANDSHAKES)
    medians = {side: statistics.median(values) for side, values in times.items()}
    return {
        "managed_us": round(medians["managed"], 1),
        "static_us": round(medians["static"], 1),
        "ratio": round(medians["managed"] / medians["static"], 3),
        "bound": BOUND,
    }


def _cpu(server: Nginx) -> float:
    """CPU time of the only worker so far, in microseconds."""
    worker = server.worker_pids()[0]
    return int(Path(f"/proc/{worker}/schedstat").read_text().split()[0]) / 1000

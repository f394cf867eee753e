# SPDX-License-Identifier: BSD-2-Clause
"""config: what 10,000 servers cost the master, managed against static files.

The same nginx reads 10,000 managed servers, whose certificates are in the state
directory, and 10,000 servers with ssl_certificate and ssl_certificate_key for the
same pairs. Rounds alternate; figures are CPU times of the master: of `nginx -t`, of a
start (until the master has its workers), of a reload. Must reach: each ratio of the
medians at most 0.8.
"""

import os
import resource
import shutil
import signal
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Callable

from support.addresses import ClaimedAddress
from support.nginx import WORKER_USER, Nginx, NginxProgram
from support.processes import children
from support.waiting import wait_until

BOUND = 0.8
ROUNDS = 3
SERVERS = 10_000
STEPS = ("check", "start", "reload")
HASHES = "server_names_hash_max_size 131072; server_names_hash_bucket_size 128;"


def run(nginx: str, build: Path) -> dict[str, object]:
    program = NginxProgram(nginx, build / "ngx_http_acme_module.so", "warn")
    ours, other = ClaimedAddress(), ClaimedAddress()
    # In memory: the disk would be measured otherwise.
    with tempfile.TemporaryDirectory(prefix="ngx-acme-bench.", dir="/dev/shm") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("managed", "static"):
            (folder / part).mkdir()
        managed = Nginx(program, ours.address, folder / "managed")
        static = Nginx(program, other.address, folder / "static")
        try:
            _configure(build / "make_state", managed, static)
            return _measure(managed, static)
        finally:
            for server in (managed, static):
                server.close()
            ours.release()
            other.release()


def _configure(make_state: Path, managed: Nginx, static: Nginx) -> None:
    managed.state.mkdir(mode=0o700)
    subprocess.run([str(make_state), str(managed.state), str(SERVERS)], check=True)
    files = {path.name.rsplit("-", 1)[0]: path for path in managed.state.glob("*.crt")}
    assert len(files) == SERVERS
    names = [f"www{number}.example.com" for number in range(SERVERS)]
    static.configure(HASHES + "\n" + "\n".join(
        f"server {{ listen 443 ssl; server_name {name}; ssl_certificate {files[name]};"
        f" ssl_certificate_key {files[name].with_suffix('.key')}; }}" for name in names))
    managed.configure(HASHES + """
        acme_issuer ca {
            uri https://127.0.0.1:1/directory;  # nobody: nothing is due for months
            state_path state;
        }
        acme ca;
        server { listen 80; }
        """ + "\n".join(
        f"server {{ listen 443 ssl; server_name {name}; }}" for name in names))
    if os.geteuid() == 0:
        for path in (managed.state, *managed.state.iterdir()):
            shutil.chown(path, WORKER_USER)


def _measure(managed: Nginx, static: Nginx) -> dict[str, object]:
    times: dict[str, dict[str, list[float]]] = {
        step: {"managed": [], "static": []} for step in STEPS}
    for _ in range(ROUNDS):
        for side, server in (("managed", managed), ("static", static)):
            times["check"][side].append(_cpu_of_children(lambda: _check(server)))
            server.start()
            wait_until(lambda: _has_its_processes(server, side), "all processes")
            times["start"][side].append(_cpu(server))
            times["reload"][side].append(_cpu_of_reload(server, side))
            server.stop()
    figures: dict[str, object] = {}
    worst = 0.0
    for step in STEPS:
        medians = {side: statistics.median(values) for side, values in times[step].items()}
        ratio = medians["managed"] / medians["static"]
        worst = max(worst, ratio)
        figures |= {f"{step}_managed_s": round(medians["managed"], 2),
                    f"{step}_static_s": round(medians["static"], 2),
                    f"{step}_ratio": round(ratio, 3)}
    return {**figures, "ratio": round(worst, 3), "bound": BOUND}


def _check(server: Nginx) -> None:
    result = server.check()
    assert result.status == 0, result.output


def _has_its_processes(server: Nginx, side: str) -> bool:
    return bool(server.worker_pids()) and (side == "static" or server.helper_pid() is not None)


def _cpu_of_reload(server: Nginx, side: str) -> float:
    before, old = _cpu(server), set(children(server.master_pid))
    server.signal(signal.SIGHUP)
    wait_until(lambda: _has_its_processes(server, side)
               and old.isdisjoint(children(server.master_pid)), "the new processes")
    return _cpu(server) - before


def _cpu_of_children(act: Callable[[], None]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    act()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _cpu(server: Nginx) -> float:
    """CPU time of the master so far, in seconds."""
    return int(Path(f"/proc/{server.master_pid}/schedstat").read_text().split()[0]) / 1e9

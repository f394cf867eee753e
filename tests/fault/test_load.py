# SPDX-License-Identifier: BSD-2-Clause
"""Crowds: of TLS clients while certificates are swapped, of challenge requests."""

import json
import re
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from faults.experiment import Experiment
from faults.owner import FOLLOWED, FOLLOWING, ISSUER, StateOwner
from support import addresses
from support.nginx import Nginx
from support.processes import own_kilobytes
from support.servers import https_server
from support.waiting import wait_until

LISTEN = "443 ssl backlog=4096"
CONNECTIONS = "worker_rlimit_nofile 16384;"


@pytest.fixture
def programs(request: pytest.FixtureRequest) -> Path:
    """The folder that CMake puts them to."""
    folder = Path(request.config.getoption("--module")).resolve().parent
    for name in ("tls_crowd", "make_state"):
        assert (folder / name).exists(), f"{folder / name} is not there: build it"
    return folder


@pytest.fixture
def owner(nginx: Nginx, programs: Path, is_long: bool) -> Iterator[StateOwner]:
    made = StateOwner(programs / "make_state", nginx, 250 if is_long else 20)
    yield made
    made.close()


class Crowd:
    """TLS clients that verify what they see, for some seconds."""

    def __init__(self, programs: Path, nginx: Nginx, owner: StateOwner, clients: int,
                 seconds: int) -> None:
        self._process = subprocess.Popen(
            [str(programs / "tls_crowd"), str(owner.root_file), nginx.address,
             str(addresses.HTTPS), "www%d.example.com", str(owner.count), str(clients),
             str(seconds)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def is_there(self) -> bool:
        return self._process.poll() is None

    def result(self, experiment: Experiment) -> dict[str, float]:
        output, errors = self._process.communicate()
        found: dict[str, float] = json.loads(output)
        experiment.require(found["failed"] == 0, f"{found['failed']} handshakes: {errors}")
        experiment.require(found["handshakes"] > 0, "no handshake at all")
        return found


def serve(nginx: Nginx, owner: StateOwner) -> None:
    # A crowd needs more connections than the tests' configurations have.
    names = [f"www{number}.example.com" for number in range(owner.count)]
    nginx.configure("\n".join([ISSUER, "server_names_hash_max_size 16384;",
                               "server { listen 80 backlog=4096; return 204; }",
                               *(https_server(name, listen=LISTEN if name == names[0] else
                                              "443 ssl") for name in names)]),
                    main=CONNECTIONS)
    conf = nginx.prefix / "conf" / "nginx.conf"
    conf.write_text(conf.read_text().replace("worker_connections 1024", "worker_connections 8192"))
    nginx.start()
    nginx.wait_for_log(FOLLOWING)


def test_no_handshake_fails_while_certificates_are_swapped(
        experiment: Experiment, nginx: Nginx, owner: StateOwner, programs: Path,
        is_long: bool) -> None:
    clients, seconds, wanted = (2_000, 60, 1_000) if is_long else (200, 10, owner.count)
    serve(nginx, owner)
    first = owner.count  # what nginx started with
    swaps = 0
    rounds: list[dict[str, float]] = []
    while swaps < wanted:  # more than one round on a slow machine
        crowd = Crowd(programs, nginx, owner, clients, seconds)
        while crowd.is_there():
            owner.issue_anew()
            wait_until(lambda: len(nginx.log_lines(FOLLOWED)) >= owner.issued - first
                       or not crowd.is_there(), "nginx to follow")
        swaps = len(nginx.log_lines(FOLLOWED))
        rounds.append(crowd.result(experiment))
    experiment.injected("hot swap", swaps)
    experiment.measured(
        f"{clients} clients at once for {len(rounds)} × {seconds} s made "
        f"{sum(found['handshakes'] for found in rounds)} handshakes, of which "
        f"{sum(found['failed'] for found in rounds)} failed, and saw "
        f"{max(found['certificates'] for found in rounds)} certificates; median "
        f"{rounds[0]['p50_ms']} ms, longest {max(found['max_ms'] for found in rounds)} ms")
    experiment.require(max(found["certificates"] for found in rounds) > owner.count,
                       "nobody saw a swap")


RANDOM_TOKENS = """
    math.randomseed(os.time())
    local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    request = function()
        local token = {}
        for i = 1, 43 do
            local at = math.random(#alphabet)
            token[i] = alphabet:sub(at, at)
        end
        return wrk.format("GET", "/.well-known/acme-challenge/" .. table.concat(token))
    end
"""


def flood(nginx: Nginx, seconds: int, script: Path) -> float:
    """Requests a second with a token that nobody knows."""
    output = subprocess.run(
        ["wrk", "-t1", "-c32", f"-d{seconds}s", "-s", str(script), f"http://{nginx.address}/"],
        stdout=subprocess.PIPE, check=True, text=True).stdout
    assert "Socket errors" not in output and "Non-2xx" not in output, output
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert rate, output
    return float(rate.group(1))


def test_a_flood_of_challenge_requests_costs_no_memory_and_nobody_a_handshake(
        experiment: Experiment, nginx: Nginx, owner: StateOwner, programs: Path,
        is_long: bool) -> None:
    seconds = 60 if is_long else 6
    serve(nginx, owner)
    script, nothing = nginx.prefix / "tokens.lua", nginx.prefix / "root.lua"
    script.write_text(RANDOM_TOKENS)
    nothing.write_text("")
    (worker,), helper = nginx.worker_pids(), nginx.helper_pid()
    assert helper is not None
    # The same number of requests that are no challenges, for comparison; and the first
    # handshakes, which make the worker parse every certificate.
    crowd = Crowd(programs, nginx, owner, 8, seconds)
    plain = flood(nginx, seconds, nothing)
    quiet = crowd.result(experiment)
    flood(nginx, 2, script)
    before = {pid: own_kilobytes(pid) for pid in (worker, helper, nginx.master_pid)}

    crowd = Crowd(programs, nginx, owner, 8, seconds)
    rate = flood(nginx, seconds, script)
    found = crowd.result(experiment)

    growth = {pid: own_kilobytes(pid) - size for pid, size in before.items()}
    experiment.injected("request for a random token", round(rate * seconds))
    experiment.measured(
        f"{rate:.0f} a second (of / {plain:.0f}); handshakes meanwhile: {found['handshakes']}, "
        f"median {found['p50_ms']} ms (with requests of / {quiet['p50_ms']} ms); growth of worker, "
        f"helper and master: {', '.join(map(str, growth.values()))} kB")
    experiment.require(max(growth.values()) < 300 or nginx.program.is_instrumented,
                       f"memory grew: {growth}")
    experiment.require(found["p50_ms"] < 3 * quiet["p50_ms"] + 5, "handshakes became slow")

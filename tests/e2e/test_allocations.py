# SPDX-License-Identifier: BSD-2-Clause
"""Handshakes and challenge requests allocate no more than they do without us."""

import dataclasses
import statistics
from pathlib import Path
from typing import Callable

import pytest

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"
TIMES = 20


@pytest.fixture
def counted(request: pytest.FixtureRequest, nginx: Nginx) -> Nginx:
    module = Path(request.config.getoption("--module")).resolve()
    counter = module.parent / "tests/preload/liballocation_counter.so"
    if not counter.exists():
        pytest.skip("a sanitizer has an allocator of its own")
    folder = nginx.prefix / "allocations"
    folder.mkdir()
    folder.chmod(0o777)  # for the worker's user
    nginx.program = dataclasses.replace(nginx.program, log_level="notice", variables=(
        ("LD_PRELOAD", str(counter)), ("ALLOCATION_COUNTS", str(folder))))
    return nginx


def allocations(nginx: Nginx, act: Callable[[], object]) -> int:
    """Of the worker, as a rule; after it has done it a few times."""
    (worker,) = nginx.worker_pids()
    file = nginx.prefix / "allocations" / str(worker)

    def count() -> int:
        return int.from_bytes(file.read_bytes(), "little")

    for _ in range(3):
        act()
    each = []
    for _ in range(TIMES):
        before = count()
        act()
        each.append(count() - before)
    return statistics.median_low(each)


def test_a_handshake_allocates_nothing_more_once_the_certificate_is_known(
        counted: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    counted.configure(f"""
        {pebble.issuer()}
        server {{ listen 80; server_name {NAME}; }}
        server {{ listen 443 ssl; server_name {NAME}; acme pebble; return 204; }}
    """).start()
    visitor.wait_for_certificate(NAME)
    counted.wait_for_log("issued by")
    managed = allocations(counted, lambda: visitor.get(NAME))
    counted.stop()
    (chain,) = counted.state.glob("*.crt")
    counted.configure(f"""
        server {{
            listen 443 ssl; server_name {NAME}; return 204;
            ssl_certificate {chain}; ssl_certificate_key {chain.with_suffix('.key')};
        }}
    """).start()
    static = allocations(counted, lambda: visitor.get(NAME))
    assert static > 0
    assert managed <= static


def test_a_challenge_allocates_no_more_than_a_fixed_answer(
        counted: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    counted.configure(f"""
        {pebble.issuer()}
        server {{
            listen 80; server_name {NAME};
            location /fixed {{ default_type application/octet-stream; return 200 "{'x' * 87}"; }}
        }}
        server {{ listen 443 ssl; server_name {NAME}; acme pebble; return 204; }}
    """).start()
    path = wait_until(pebble.held_path, "the CA's request")
    response = visitor.get_plain(NAME, path)
    assert response.status == 200
    challenge = allocations(counted, lambda: visitor.get_plain(NAME, path))
    fixed = allocations(counted, lambda: visitor.get_plain(NAME, "/fixed"))
    pebble.release_validations()
    visitor.wait_for_certificate(NAME)
    counted.wait_for_log("issued by")
    assert fixed > 0
    assert challenge <= fixed

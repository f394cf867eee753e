# SPDX-License-Identifier: BSD-2-Clause
"""The harness keeps its own promises."""

import base64
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from support.addresses import ClaimedAddress
from support.error_log import LogExpectations
from support.certificates import new_key, write_key
from support.processes import ServerProcess, is_alive
from support.secrets import key_files, leaks, private_number
from support.waiting import wait_until

WARN = "2026/01/31 00:00:00 [warn] 1#1: something odd"
NOTICE = "2026/01/31 00:00:00 [notice] 1#1: start worker process 2"


def test_an_unannounced_warning_is_a_complaint() -> None:
    assert LogExpectations().complaints(f"{NOTICE}\n{WARN}\n") == [f"unannounced: {WARN}"]


def test_an_announced_warning_is_none() -> None:
    expectations = LogExpectations()
    expectations.expect("something odd")
    assert not expectations.complaints(WARN)
    assert expectations.complaints(NOTICE)  # announced, but not there


def test_a_key_in_a_log_is_found_in_every_form(tmp_path: Path) -> None:
    write_key(new_key(), tmp_path / "www.key")
    log = tmp_path / "visitor.log"
    ((_, pem),) = key_files(tmp_path)
    number = private_number(pem)
    base64_of_number = base64.urlsafe_b64encode(number)
    for leaked in (pem, pem.splitlines()[1], number, number.hex().encode(),
                   base64_of_number, b'{"kty":"EC","d":"short"}'):
        log.write_bytes(b"before " + leaked + b" behind")
        assert leaks(tmp_path), leaked
    log.write_text("the public key, and nothing else")
    assert not leaks(tmp_path)


def test_two_tests_never_have_the_same_address() -> None:
    claims = [ClaimedAddress() for _ in range(20)]
    try:
        assert len({claim.address for claim in claims}) == 20
    finally:
        for claim in claims:
            claim.release()


def test_servers_end_with_a_pytest_that_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, "-c", (
        "import pathlib, time\n"
        "from support.processes import ServerProcess\n"
        f"server = ServerProcess(['sleep', '600'], pathlib.Path({str(tmp_path / 'log')!r}))\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(server.pid))\n"
        "time.sleep(600)\n")], cwd=Path(__file__).parent)
    try:
        wait_until(lambda: pid_file.exists() and pid_file.read_text(), "the server")
        server = int(pid_file.read_text())
        assert is_alive(server)
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not is_alive(server), "the server's end")


def test_a_server_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    server = ServerProcess(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"],
                           tmp_path / "log")
    started = time.monotonic()
    server.end(signal.SIGTERM, timeout=0.2)
    assert time.monotonic() - started < 5
    assert not is_alive(server.pid)
    assert os.path.exists(tmp_path / "log")

# SPDX-License-Identifier: BSD-2-Clause
"""Private keys: in their files, with those who need them, and nowhere else. What the
whole suite logs and answers is searched for them by the fixture `folder`."""

import base64
import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from support.nginx import WORKER_USER, Nginx
from support.pebble import PebbleServer
from support.secrets import TOKEN, encodings, forms, key_files, private_number
from support.servers import REDIRECT, https_server
from support.status import StatusEndpoint
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"
KID = "kid-1"
MAC_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="workers are another user")


def site(pebble: PebbleServer) -> str:
    return "\n".join([pebble.issuer(), "acme pebble;", REDIRECT, https_server(NAME)])


def issue(nginx: Nginx, pebble: PebbleServer, visitor: Visitor, main: str = "") -> None:
    nginx.configure(site(pebble), main=main).start()
    visitor.wait_for_certificate(NAME)
    nginx.wait_for_log("issued by")


def test_files_are_for_the_worker_user_alone_whatever_the_umask(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    before = os.umask(0)
    try:
        issue(nginx, pebble, visitor)
    finally:
        os.umask(before)

    modes = {path: stat.S_IMODE(path.stat().st_mode)
             for path in [nginx.state, *nginx.state.rglob("*")]}
    assert sum(path.suffix == ".key" for path in modes) == 2  # account and certificate
    for path, mode in modes.items():
        assert mode == (0o700 if path.is_dir() else 0o600), path
        assert os.geteuid() != 0 or path.owner() == WORKER_USER


def test_no_process_has_a_key_in_its_environment_or_arguments(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    issue(nginx, pebble, visitor)

    secrets = {form for _, pem in key_files(nginx.state) for form in forms(pem)}
    assert secrets
    helper = nginx.helper_pid()
    assert helper is not None
    for pid in (nginx.master_pid, helper, *nginx.worker_pids()):
        for file in ("environ", "cmdline"):
            text = Path(f"/proc/{pid}/{file}").read_bytes()
            assert not any(form in text for form in secrets), f"{file} of {pid}"


@as_root
def test_the_worker_user_cannot_read_the_helpers_memory(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    issue(nginx, pebble, visitor)
    helper = nginx.helper_pid()

    def may_read(pid: int) -> bool:
        """As that user: /proc/PID/mem needs what ptrace does."""
        return subprocess.run(
            ["setpriv", f"--reuid={WORKER_USER}", "--clear-groups", "head", "--bytes=1",
             f"/proc/{pid}/environ"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False).returncode == 0

    assert helper is not None
    assert not may_read(helper)
    assert Path(f"/proc/{helper}/mem").stat().st_uid == 0
    # The file of a worker is that user's, and of no account.
    (worker,) = nginx.worker_pids()
    assert Path(f"/proc/{worker}/mem").owner() == WORKER_USER


def test_the_helper_leaves_no_core_dump(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    cores = nginx.prefix / "cores"
    cores.mkdir()
    cores.chmod(0o777)
    issue(nginx, pebble, visitor,
          main=f"worker_rlimit_core 1g; working_directory {cores};")
    nginx.allow_log("exited on signal 6")
    helper = nginx.helper_pid()
    assert helper is not None

    os.kill(helper, signal.SIGABRT)

    line = nginx.wait_for_log(rf"process {helper} exited on signal 6")
    assert "core dumped" not in line
    assert not list(cores.iterdir())
    wait_until(lambda: nginx.helper_pid() not in (None, helper), "another helper")


def test_the_status_shows_no_secret_to_anybody(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, address: str,
        folder: Path) -> None:
    """Neither a key nor what binds the account nor what proves a name, in no face."""
    pebble = stopped_pebble.with_external_account(KID, MAC_KEY).start()
    (nginx.prefix / "conf/mac.key").write_text(MAC_KEY)
    # The sites of the issuer's servers answer challenges and the status.
    nginx.configure("\n".join([
        pebble.issuer(more=f"external_account_key {KID} mac.key;"), "acme pebble;",
        "server { listen 80 default_server; location /acme/ { acme_status write=on; } }",
        https_server(NAME)])).start()
    visitor.wait_for_certificate(NAME)
    # The fixture `folder` searches what is recorded for keys.
    status = StatusEndpoint(address, folder / "status.log")

    status.command(f"1/certificates/{NAME}/renew?force=1")
    paths = ["", "metrics?all=1", "1/certificates", f"1/certificates/{NAME}",
             f"1/certificates/{NAME}/pem", "1/issuers", "1/issuers/pebble", "1/process",
             "1/events", "1/commands/1"]
    answers = b"".join(status.get(path).body for path in paths)

    assert NAME.encode() in answers and b"BEGIN CERTIFICATE" in answers
    assert b"PRIVATE" not in answers
    mac = base64.urlsafe_b64decode(MAC_KEY + "=" * (-len(MAC_KEY) % 4))
    secrets = {form for _, pem in key_files(nginx.state) for form in forms(pem)}
    for secret in secrets | encodings(mac) | {MAC_KEY.encode()}:
        assert secret not in answers
    tokens = {token for token in TOKEN.findall(pebble.log.encode())}
    assert tokens and not any(token in answers for token in tokens)


def shared_memory(pid: int) -> bytes:
    """Everything the process shares with its children: nginx's zones."""
    found = b""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            fields = line.split()
            if fields[1] == "rw-s":
                start, end = (int(part, 16) for part in fields[0].split("-"))
                memory.seek(start)
                while start < end:
                    part = memory.read(end - start)
                    found += part
                    start += len(part)
    return found


@as_root
def test_a_replaced_key_is_wiped_from_shared_memory(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(12).start()
    nginx.configure(site(pebble)).start()
    first = visitor.wait_for_certificate(NAME)

    def current_key() -> bytes:
        (file,) = nginx.state.glob(f"{NAME}-*.key")
        return private_number(file.read_bytes())

    # The state directory is written first: a pair that is served is on disk.
    old = current_key()
    assert old in shared_memory(nginx.master_pid)
    visitor.wait_for_certificate(NAME, other_than=first)
    wait_until(lambda: current_key() != old, "the next key")

    def only_the_next() -> bool:
        """It is being replaced all the time: certificates live for 12 seconds."""
        memory = shared_memory(nginx.master_pid)
        return old not in memory and current_key() in memory

    wait_until(only_the_next, "the next key, and not the first, in the zone")
    assert old not in shared_memory(nginx.worker_pids()[0])

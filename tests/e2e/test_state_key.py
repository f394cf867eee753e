# SPDX-License-Identifier: BSD-2-Clause
"""acme_state_key: private keys are sealed on disk, served all the same, and there is a
way back."""

import os
from pathlib import Path

import pytest

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.secrets import encodings, found_in_memory, key_files
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"
SEALED = b"ngx-acme-sealed 1 "


def make_key(nginx: Nginx, name: str) -> bytes:
    key = os.urandom(32)
    file = nginx.prefix / "conf" / name
    file.write_text(key.hex() + "\n")
    file.chmod(0o400)
    return key


def site(pebble: PebbleServer, state_key: str = "", names: str = NAME) -> str:
    return "\n".join([pebble.issuer(), f"acme_state_key {state_key};" if state_key else "",
                      "acme pebble;", REDIRECT, https_server(names)])


def private_files(nginx: Nginx) -> list[Path]:
    return sorted(path for path in nginx.state.rglob("*.key*") if path.is_file())


def are_sealed(nginx: Nginx) -> list[bool]:
    return [path.read_bytes().startswith(SEALED) for path in private_files(nginx)]


def serial_of(visitor: Visitor) -> str:
    return visitor.wait_for_certificate(NAME).serial


def test_no_private_key_is_on_disk_in_the_open(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    make_key(nginx, "state.key")
    nginx.configure(site(pebble, "state.key")).start()
    serial = serial_of(visitor)
    nginx.wait_for_log("issued by")

    assert len(private_files(nginx)) >= 2  # account and certificate
    assert all(are_sealed(nginx))
    assert list(key_files(nginx.state)) == []

    nginx.stop()
    nginx.start()

    assert serial_of(visitor) == serial
    assert pebble.order_count() == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="memory is for root to read")
def test_only_the_helper_and_the_master_have_the_state_key(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    secrets = {"state key": encodings(make_key(nginx, "state.key"))}
    nginx.configure(site(pebble, "state.key")).start()
    serial_of(visitor)

    helper = nginx.helper_pid()
    assert helper is not None
    assert found_in_memory(helper, secrets) == {"state key"}
    assert found_in_memory(nginx.master_pid, secrets) == {"state key"}
    (worker,) = nginx.worker_pids()
    assert found_in_memory(worker, secrets) == set()


def test_a_state_is_sealed_rotated_and_opened_again_without_an_order(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    make_key(nginx, "old.key")
    make_key(nginx, "new.key")
    nginx.configure(site(pebble)).start()
    serial = serial_of(visitor)
    nginx.wait_for_log("issued by")
    assert not any(are_sealed(nginx))

    steps = [("old.key", r"files with private keys in .* are sealed now"),
             ("new.key old.key", r"files with private keys in .* are sealed now"),
             ("new.key", ""),
             ("off new.key", r"files with private keys in .* are no longer sealed"),
             ("", "")]
    seals = 0
    for state_key, line in steps:
        seals += "sealed now" in line
        nginx.configure(site(pebble, state_key))
        nginx.reload()
        if line:
            nginx.wait_for_log(line, seals if "sealed now" in line else 1)
        wait_until(lambda: set(are_sealed(nginx)) == {bool(state_key) and "off" not in state_key},
                   "all keys in the form that was asked for")
        assert serial_of(visitor) == serial
        nginx.stop()
        nginx.start()
        assert serial_of(visitor) == serial
    assert pebble.order_count() == 1
    assert pebble.account_count() == 1


@pytest.mark.parametrize("state_key", ["", "other.key"])
def test_without_the_key_what_is_served_stays_and_nothing_is_ordered(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, state_key: str) -> None:
    make_key(nginx, "state.key")
    make_key(nginx, "other.key")
    nginx.configure(site(pebble, "state.key")).start()
    serial = serial_of(visitor)
    nginx.wait_for_log("issued by")
    before = {path: path.read_bytes() for path in private_files(nginx)}

    nginx.allow_log(r"is sealed with the key [0-9a-f]{16}.*acme_state_key")
    nginx.configure(site(pebble, state_key))
    output = nginx.check().output
    assert "[warn]" in output and "is sealed with the key" in output
    assert 'issuer "pebble"' in output
    nginx.reload()
    nginx.wait_for_log(r"\[error\].*is sealed with the key .*nothing is ordered")

    assert serial_of(visitor) == serial

    # A name more would be ordered, if it could.
    nginx.configure(site(pebble, state_key, names=f"{NAME} new.example.com"))
    nginx.reload()
    nginx.wait_for_log(r"\[error\].*is sealed with the key .*nothing is ordered", 2)
    nginx.reload()
    nginx.wait_for_log(r"\[error\].*is sealed with the key .*nothing is ordered", 3)
    assert pebble.order_count() == 1
    assert {path: path.read_bytes() for path in private_files(nginx)} == before

    nginx.configure(site(pebble, "state.key", names=f"{NAME} new.example.com"))
    nginx.reload()
    visitor.wait_for_certificate("new.example.com")
    assert pebble.account_count() == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="whoever runs nginx owns its files")
@pytest.mark.parametrize("mode, owner", [(0o444, 0), (0o440, 33), (0o400, 33)])
def test_a_state_key_that_is_not_roots_alone_is_refused(
        nginx: Nginx, pebble: PebbleServer, mode: int, owner: int) -> None:
    make_key(nginx, "state.key")
    file = nginx.prefix / "conf" / "state.key"
    file.chmod(mode)
    os.chown(file, owner, owner)

    result = nginx.configure(site(pebble, "state.key")).check()

    assert result.status == 1
    (line,) = result.emergencies()
    assert f'the state key "{file}" is not root\'s alone' in line
    assert f'chown root:root "{file}" && chmod 400 "{file}"' in line

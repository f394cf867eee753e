# SPDX-License-Identifier: BSD-2-Clause
"""acmectl import: what is taken, left and told, with folders made by hand. Those of real
clients are in test_import_of_clients and test_from_certbot."""

import signal
import subprocess
from pathlib import Path

import pytest

from support.acmectl import take_over
from support.certificates import TestAuthority
from support.pebble import PebbleServer
from support.waiting import wait_until


def dehydrated_site(folder: Path, count: int) -> TestAuthority:
    authority = TestAuthority()
    for i in range(count):
        path = folder / f"certs/site{i}.example.com"
        path.mkdir(parents=True)
        authority.issue([path.name], path / "fullchain.pem", path / "privkey.pem")
    return authority


def test_a_second_import_says_that_all_is_there(folder: Path, acmectl: str, state: Path,
                                                pebble: PebbleServer) -> None:
    dehydrated_site(folder / "client", 3)

    first = take_over(acmectl, pebble, "dehydrated", folder / "client", state, "--json")
    second = take_over(acmectl, pebble, "dehydrated", folder / "client", state, "--json")

    assert [first.status, second.status] == [0, 0]
    assert (first.document["taken"], second.document["taken"]) == (3, 0)
    assert second.document["there"] == 3
    assert {path.owner() for path in state.iterdir()} == {state.owner()}
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}


def test_a_dry_run_writes_nothing(folder: Path, acmectl: str, state: Path,
                                  pebble: PebbleServer) -> None:
    dehydrated_site(folder / "client", 2)

    answer = take_over(acmectl, pebble, "dehydrated", folder / "client", state, "--dry-run")

    assert answer.status == 0
    assert "2 would be taken" in answer.remarks
    assert list(state.iterdir()) == []


def test_one_that_is_broken_is_named_and_the_others_are_taken(
        folder: Path, acmectl: str, state: Path, pebble: PebbleServer) -> None:
    dehydrated_site(folder / "client", 2)
    (folder / "client/certs/site0.example.com/privkey.pem").write_text("no key\n")

    answer = take_over(acmectl, pebble, "dehydrated", folder / "client", state)

    assert answer.status == 1
    assert 'failed  site0.example.com: "' in answer.output
    assert 'privkey.pem" is no private key' in answer.output
    assert "taken   site1.example.com" in answer.output


def test_an_interrupted_import_leaves_whole_pairs_and_goes_on(
        folder: Path, acmectl: str, state: Path, pebble: PebbleServer) -> None:
    count = 40
    dehydrated_site(folder / "client", count)
    command = [acmectl, "import", "dehydrated", str(folder / "client"), "--state",
               str(state), "--issuer", "pebble", "--directory", pebble.directory_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        wait_until(lambda: list(state.glob("*.crt")), "the first pair")
        process.send_signal(signal.SIGINT)
        _, remarks = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("it was done before it could be interrupted")
    assert process.returncode == 130, remarks
    assert "goes on where it ended" in remarks
    assert {path.stem for path in state.glob("*.crt")} == {
        path.stem for path in state.glob("*-*.key")}
    assert not list(state.glob("*.next")) + list(state.glob(".tmp*"))

    answer = take_over(acmectl, pebble, "dehydrated", folder / "client", state, "--json")

    assert answer.status == 0
    assert answer.document["there"] + answer.document["taken"] == count


def test_a_folder_of_another_client_is_told(folder: Path, acmectl: str, state: Path,
                                            pebble: PebbleServer) -> None:
    dehydrated_site(folder / "client", 1)
    answer = take_over(acmectl, pebble, "certbot", folder / "client", state)
    assert (answer.status, answer.output) == (5, "")
    assert "nothing of certbot in" in answer.remarks


def test_a_state_directory_that_is_not_there_is_told(folder: Path, acmectl: str,
                                                     pebble: PebbleServer) -> None:
    dehydrated_site(folder / "client", 1)
    answer = take_over(acmectl, pebble, "dehydrated", folder / "client", folder / "none")
    assert answer.status == 5
    assert "nginx makes it at its first start" in answer.remarks

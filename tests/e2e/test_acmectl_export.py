# SPDX-License-Identifier: BSD-2-Clause
"""acmectl export: pairs for other programs, out of a state directory as nginx keeps it."""

import os
import pty
import subprocess
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from support.acmectl import Answer, run_acmectl
from support.certificates import Certificate, TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor

NAME = "www.example.com"
FILES = ["cert.pem", "chain.pem", "fullchain.pem", "privkey.pem"]


def export(acmectl: str, site: Nginx, *arguments: str) -> Answer:
    return run_acmectl(acmectl, "export", *arguments, "--state-path", str(site.state))


def write_password(folder: Path, text: str) -> Path:
    path = folder / "password"
    path.write_text(text + "\n")
    return path


def certificate_and_key_match(folder: Path) -> bool:
    def public(*command: str) -> bytes:
        return subprocess.run(["openssl", *command], check=True, stdout=subprocess.PIPE).stdout
    return (public("x509", "-in", str(folder / "fullchain.pem"), "-noout", "-pubkey")
            == public("pkey", "-in", str(folder / "privkey.pem"), "-pubout"))


@pytest.fixture
def site(nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> Nginx:
    nginx.configure(pebble.issuer() + REDIRECT + https_server(NAME, "acme pebble;")).start()
    visitor.wait_for_certificate(NAME)
    return nginx


def test_a_pair_is_written_under_names_that_stay(
        acmectl: str, site: Nginx, visitor: Visitor, folder: Path) -> None:
    target = folder / "export"

    first = export(acmectl, site, NAME, "--dir", str(target), "--mode", "0640")
    second = export(acmectl, site, NAME, "--dir", str(target), "--mode", "0640", "--json")

    assert first.status == 0, first
    assert first.output.startswith(f"written {target}/{NAME}: {NAME}-")
    assert second.document["exported"][0]["result"] == "there"
    exported = target / NAME
    assert sorted(path.name for path in exported.iterdir() if path.name[0] != ".") == FILES
    assert Certificate.from_pem((exported / "fullchain.pem").read_text()) == (
        visitor.certificate(NAME))
    assert certificate_and_key_match(exported)
    assert (exported / "privkey.pem").stat().st_mode & 0o777 == 0o640
    assert "PRIVATE KEY" not in first.output + first.remarks


def test_a_reader_of_the_folder_never_finds_two_halves(
        acmectl: str, site: Nginx, folder: Path) -> None:
    """Whoever resolves .now once, as one that opens the folder does, has one pair, however
    often it is replaced meanwhile."""
    target = folder / "export"
    assert export(acmectl, site, NAME, "--dir", str(target)).status == 0
    stop = threading.Event()
    seen: set[tuple[str, str]] = set()

    def read() -> None:
        while not stop.is_set():
            try:
                pair = (target / NAME / ".now").resolve(strict=True)
                seen.add(((pair / "fullchain.pem").read_text(),
                          (pair / "privkey.pem").read_text()))
            except FileNotFoundError:
                pass  # it was replaced and removed meanwhile

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for mode in ("0600", "0640") * 5:  # another mode makes another pair
            assert export(acmectl, site, NAME, "--dir", str(target), "--mode", mode).status == 0
    finally:
        stop.set()
        reader.join()
    assert seen
    for number, (chain, key) in enumerate(seen):
        copy = folder / f"seen{number}"
        copy.mkdir()
        (copy / "fullchain.pem").write_text(chain)
        (copy / "privkey.pem").write_text(key)
        assert certificate_and_key_match(copy)
    assert len(list((target / NAME).glob(".pair-*"))) == 1


def test_all_takes_each_that_is_in_use(acmectl: str, nginx: Nginx, pebble: PebbleServer,
                                       visitor: Visitor, folder: Path) -> None:
    nginx.configure(pebble.issuer() + REDIRECT + https_server(NAME, "acme pebble;")
                    + https_server("api.example.com", "acme pebble;")).start()
    for name in (NAME, "api.example.com"):
        visitor.wait_for_certificate(name)

    answer = export(acmectl, nginx, "--all", "--dir", str(folder / "export"))

    assert answer.status == 0, answer
    assert sorted(path.name for path in (folder / "export").iterdir()) == [
        "api.example.com", NAME]


def test_a_pkcs12_file_opens_with_the_password_of_a_file(
        acmectl: str, site: Nginx, folder: Path) -> None:
    target = folder / "site.p12"
    password = write_password(folder, "correct horse")

    answer = export(acmectl, site, NAME, "--pkcs12", str(target), "--password-file",
                    str(password))

    assert answer.status == 0, answer
    key, leaf, issuers = pkcs12.load_key_and_certificates(target.read_bytes(), b"correct horse")
    assert key is not None and leaf is not None and len(issuers) == 1
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError):
        pkcs12.load_key_and_certificates(target.read_bytes(), b"another")


def test_the_password_is_asked_for_on_a_terminal_and_not_shown(
        acmectl: str, site: Nginx, folder: Path) -> None:
    target = folder / "site.p12"
    master, slave = pty.openpty()
    command = [acmectl, "export", NAME, "--pkcs12", str(target), "--state-path", str(site.state)]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                          start_new_session=True) as process:
        os.close(slave)
        shown = b""
        for question in (b"Password of the file: ", b"Once more: "):
            while not shown.endswith(question):
                shown += os.read(master, 1024)
            os.write(master, b"correct horse\n")
        while True:
            try:
                more = os.read(master, 1024)
            except OSError:  # its end is closed
                break
            if not more:
                break
            shown += more
        assert process.wait(timeout=30) == 0, shown
    os.close(master)
    assert b"horse" not in shown
    key, _, _ = pkcs12.load_key_and_certificates(target.read_bytes(), b"correct horse")
    assert key is not None


def test_without_a_terminal_a_password_file_is_asked_for(
        acmectl: str, site: Nginx, folder: Path) -> None:
    answer = export(acmectl, site, NAME, "--pkcs12", str(folder / "site.p12"))
    assert answer.status == 2
    assert "--password-file" in answer.remarks
    assert not (folder / "site.p12").exists()


def test_sealed_keys_are_exported_with_the_state_key(
        acmectl: str, nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        folder: Path) -> None:
    key = folder / "state.key"
    key.write_text("00112233445566778899aabbccddeeff" * 2 + "\n")
    key.chmod(0o400)
    nginx.configure(f"acme_state_key {key};" + pebble.issuer() + REDIRECT
                    + https_server(NAME, "acme pebble;")).start()
    visitor.wait_for_certificate(NAME)
    target = folder / "export"

    without = export(acmectl, nginx, NAME, "--dir", str(target))
    answer = export(acmectl, nginx, NAME, "--dir", str(target), "--state-key", str(key))

    assert without.status == 1
    assert "sealed" in without.output
    assert answer.status == 0, answer
    assert certificate_and_key_match(target / NAME)


@pytest.mark.parametrize("arguments, status, words", [
    (("none.example.com", "--dir", "/nonexistent/x"), 5, 'no certificate "none.example.com"'),
    ((NAME,), 2, "say --dir D, or --pkcs12 FILE"),
    (("--all", "--pkcs12", "/nonexistent/x"), 2, "one certificate"),
    ((NAME, "--dir", "/nonexistent/x", "--mode", "0644"), 2, "is not for private keys"),
    ((NAME, "--dir", "/nonexistent/x", "--owner", "nobody-of-that-name"), 2, "no user"),
    ((NAME, "--dir", "/nonexistent/x"), 1, "/nonexistent/x"),
])
def test_what_cannot_be_is_told(acmectl: str, nginx: Nginx, folder: Path,
                                arguments: tuple[str, ...], status: int, words: str) -> None:
    nginx.state.mkdir()
    TestAuthority().issue([NAME], nginx.state / f"{NAME}-1.crt", nginx.state / f"{NAME}-1.key")
    answer = export(acmectl, nginx, *arguments)
    assert (answer.status, words in answer.output + answer.remarks) == (status, True), answer

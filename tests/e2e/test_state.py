# SPDX-License-Identifier: BSD-2-Clause
"""The state directory: what is good is used, what is not is set aside."""

import os
import shutil
from pathlib import Path
from typing import Callable

import pytest

from support.certificates import Certificate, TestAuthority, new_key, write_key
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until


def start_and_stop(nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> tuple[Path, Path]:
    """Issues once; the certificate's and the key's file."""
    nginx.configure("\n".join([pebble.issuer(), "acme pebble;", REDIRECT,
                               https_server("www.example.com")])).start()
    visitor.wait_for_certificate("www.example.com")
    nginx.stop()
    (chain,) = nginx.state.glob("www.example.com-*.crt")
    return chain, chain.with_suffix(".key")


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(500))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:150])


def another_key(path: Path) -> None:
    write_key(new_key(), path)


def missing(path: Path) -> None:
    path.unlink()


def huge(path: Path) -> None:
    path.write_bytes(b"x" * 5_000_000)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHAIN_DAMAGE = [garbage, empty, truncated, huge, a_folder, missing]
KEY_DAMAGE = [garbage, empty, truncated, another_key, a_folder, missing]


@pytest.mark.parametrize("file, damage", [
    *((".crt", damage) for damage in CHAIN_DAMAGE), *((".key", damage) for damage in KEY_DAMAGE)])
def test_a_damaged_pair_is_set_aside_and_issued_again(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        file: str, damage: Callable[[Path], None]) -> None:
    chain, _ = start_and_stop(nginx, pebble, visitor)
    damage(chain.with_suffix(file))
    nginx.expect_log(r'\[warn\].* certificate "www.example.com": .*set aside')

    nginx.start()

    visitor.wait_for_certificate("www.example.com")
    assert pebble.order_count() == 2
    assert pebble.account_count() == 1
    assert list(nginx.state.glob("www.example.com-*.bad"))


@pytest.mark.parametrize("file", ["account.key", "account.url"])
def test_a_damaged_account_is_replaced(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, file: str) -> None:
    chain, key = start_and_stop(nginx, pebble, visitor)
    garbage(nginx.state / file)
    chain.unlink()
    key.unlink()
    nginx.allow_log(rf"\[warn\].*{file}.*")

    nginx.start()

    visitor.wait_for_certificate("www.example.com")
    if file == "account.key":
        assert (nginx.state / "account.key.bad").exists()


@pytest.mark.parametrize("file", [".crt", ".key"])
def test_a_symbolic_link_is_not_followed(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, file: str) -> None:
    chain, _ = start_and_stop(nginx, pebble, visitor)
    linked = chain.with_suffix(file)
    target = nginx.prefix / "elsewhere"
    shutil.copy(linked, target)
    contents = target.read_bytes()
    linked.unlink()
    linked.symlink_to(target)
    nginx.expect_log(r"\[warn\].* symbolic link")

    nginx.start()

    visitor.wait_for_certificate("www.example.com")
    assert pebble.order_count() == 2
    assert target.read_bytes() == contents
    assert not linked.is_symlink()


def test_a_certificate_for_other_names_is_not_used(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    chain, key = start_and_stop(nginx, pebble, visitor)
    TestAuthority("somebody else").issue(["other.example.com"], chain, key)
    owner = nginx.state.stat()
    for path in (chain, key):
        os.chown(path, owner.st_uid, owner.st_gid)
    nginx.expect_log(r'\[warn\].* certificate "www.example.com": .*cover')

    nginx.start()

    certificate = visitor.wait_for_certificate("www.example.com")
    assert certificate.names == ("www.example.com",)
    assert pebble.order_count() == 2


def test_an_expired_certificate_is_replaced_at_the_start(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(6).start()
    chain, _ = start_and_stop(nginx, pebble, visitor)
    old = Certificate.from_pem(chain.read_text())
    nginx.expect_log(r'\[warn\].* certificate "www.example.com": .*expired')
    wait_until(old.has_expired, "the certificate's end")

    nginx.start()

    visitor.wait_for_certificate("www.example.com", other_than=old)


def test_a_state_directory_of_the_official_modules_form_is_taken_over(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    chain, key = start_and_stop(nginx, pebble, visitor)
    for path in nginx.state.iterdir():
        if path not in (chain, key) and path.name not in ("account.key", "account.url"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    before = chain.read_text()

    nginx.start()
    wait_until(nginx.helper_pid, "the helper")

    visitor.verified_certificate("www.example.com")
    assert chain.read_text() == before
    assert pebble.order_count() == 1


def test_a_file_in_the_way_of_a_folder_is_told_and_once_it_is_gone_all_is_well(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.state.mkdir(mode=0o700)
    (nginx.state / "orders").write_text("a file where a folder should be")
    nginx.expect_log(r"\[(warn|error)\].* acme: .*orders")
    nginx.configure("\n".join([pebble.issuer(), "acme pebble;", REDIRECT,
                               https_server("www.example.com")])).start()

    nginx.wait_for_log(r"acme: .*orders")
    assert visitor.get_plain("www.example.com").status == 301
    (nginx.state / "orders").unlink(missing_ok=True)
    nginx.reload()
    visitor.wait_for_certificate("www.example.com")

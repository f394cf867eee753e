# SPDX-License-Identifier: BSD-2-Clause
"""Several nginx that share one storage: one order, and all serve and answer."""

import http.client
import os
import signal
import time
from pathlib import Path
from typing import Union

import pytest

from support import addresses
from support.etcd import EtcdServer
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.redis import RedisServer
from support.servers import REDIRECT, REDIRECT_AND_STATUS, https_server
from support.status import StatusEndpoint
from support.tls import Visitor
from support.waiting import PATIENCE, wait_until
from support.watcher import Watcher

SITE = "www.example.com"
AWAY = "fleet's storage"


@pytest.fixture
def etcd(stopped_etcd: EtcdServer) -> EtcdServer:
    return stopped_etcd.start()


@pytest.fixture
def held_pebble(stopped_pebble: PebbleServer) -> PebbleServer:
    return stopped_pebble.with_validations_held().start()


@pytest.fixture
def second_visitor(second_address: str, stopped_pebble: PebbleServer) -> Visitor:
    return Visitor(second_address, stopped_pebble.root_file)


def storage(shared: Union[EtcdServer, RedisServer], folder: Path, node: str,
            more: str = "") -> str:
    key = folder / "fleet.key"
    if not key.exists():
        key.write_bytes(bytes([7]) * 32)
        key.chmod(0o400)
    kind = "etcd" if isinstance(shared, EtcdServer) else "redis"
    return f"acme_storage {kind} {shared.url} key={key} node={node} {more};"


def configure(node: Nginx, name: str, pebble: PebbleServer,
              shared: Union[EtcdServer, RedisServer], folder: Path,
              *sites: str, more: str = "") -> Nginx:
    servers = [https_server(site) for site in sites or (SITE,)]
    return node.configure("\n".join([storage(shared, folder, name, more), pebble.issuer(),
                                     "acme pebble;", REDIRECT_AND_STATUS, *servers]))


def start_second_node_as_owner(node: Nginx, pebble: PebbleServer, etcd: EtcdServer,
                               folder: Path) -> None:
    """Its order is under way, and the CA is about to ask the other node, which does not
    run yet."""
    configure(node, "b", pebble, etcd, folder).start()
    wait_until(pebble.held_path, "a validation")


def start_both(nginx: Nginx, second_nginx: Nginx, pebble: PebbleServer, etcd: EtcdServer,
               folder: Path) -> None:
    """The second one is the owner."""
    start_second_node_as_owner(second_nginx, pebble, etcd, folder)
    configure(nginx, "a", pebble, etcd, folder).start()
    wait_until(lambda: answers(nginx, pebble.held_path()), "the other node to know the answer")
    pebble.release_validations()


def answers(node: Nginx, path: str) -> bool:
    connection = http.client.HTTPConnection(node.address, addresses.HTTP, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": SITE})
        return connection.getresponse().status == 200
    finally:
        connection.close()


def wait_for_order(node: Nginx, name: str) -> None:
    """As long as a lock may take to lapse, and more."""
    wait_until(lambda: node.log_lines(f"{name}.*opened order"), f"an order of {name}",
               timeout=3 * PATIENCE)


def test_one_order_and_every_node_answers_and_serves(
        nginx: Nginx, second_nginx: Nginx, held_pebble: PebbleServer, etcd: EtcdServer,
        folder: Path, visitor: Visitor, second_visitor: Visitor) -> None:
    """The CA asks the first node, which has joined after the second one has ordered."""
    pebble = held_pebble
    start_both(nginx, second_nginx, pebble, etcd, folder)

    first = visitor.wait_for_certificate(SITE)
    second = second_visitor.wait_for_certificate(SITE)

    assert first == second
    assert pebble.order_count() == 1
    assert pebble.account_count() == 1
    assert len(second_nginx.log_lines("issued|renewed")) == 1


def test_nothing_in_the_storage_can_be_read(
        nginx: Nginx, pebble: PebbleServer, etcd: EtcdServer, folder: Path,
        visitor: Visitor) -> None:
    configure(nginx, "a", pebble, etcd, folder).start()
    visitor.wait_for_certificate(SITE)

    entries = etcd.entries()

    assert "pebble/account.key" in entries
    assert any(name.endswith(".crt") for name in entries)
    for name, value in entries.items():
        assert b"BEGIN" not in value and b"https://" not in value, name


def test_another_node_goes_on_when_the_owner_ends(
        nginx: Nginx, second_nginx: Nginx, held_pebble: PebbleServer, etcd: EtcdServer,
        folder: Path, visitor: Visitor, second_visitor: Visitor) -> None:
    pebble = held_pebble
    start_both(nginx, second_nginx, pebble, etcd, folder)
    visitor.wait_for_certificate(SITE)

    second_nginx.kill()
    configure(nginx, "a", pebble, etcd, folder, SITE, "new.example.com").reload()
    wait_for_order(nginx, "new.example.com")

    visitor.wait_for_certificate("new.example.com")
    assert pebble.order_count() == 2
    assert pebble.account_count() == 1


def test_a_node_starts_and_serves_while_the_storage_is_away(
        nginx: Nginx, pebble: PebbleServer, etcd: EtcdServer, folder: Path,
        visitor: Visitor) -> None:
    configure(nginx, "a", pebble, etcd, folder).start()
    certificate = visitor.wait_for_certificate(SITE)
    nginx.stop()
    etcd.stop()
    nginx.expect_log(AWAY)
    nginx.start()

    assert visitor.verified_certificate(SITE) == certificate
    nginx.wait_for_log(AWAY)
    etcd.start()
    nginx.wait_for_log("storage can be used again")
    assert pebble.order_count() == 1


def test_a_storage_that_hangs_holds_nobody_up(
        nginx: Nginx, pebble: PebbleServer, etcd: EtcdServer, folder: Path,
        visitor: Visitor) -> None:
    configure(nginx, "a", pebble, etcd, folder).start()
    visitor.wait_for_certificate(SITE)
    nginx.allow_log(AWAY)
    with Watcher.watching(visitor, SITE):
        etcd.pause()
        configure(nginx, "a", pebble, etcd, folder, SITE, "new.example.com").reload()
        assert visitor.has_only_a_temporary_certificate("new.example.com")
        nginx.allow_log("lapsed")
        etcd.resume()
        wait_for_order(nginx, "new.example.com")
        visitor.wait_for_certificate("new.example.com")
    assert pebble.order_count() == 2


@pytest.mark.parametrize("how", ["lost", "removed"])
def test_a_wiped_storage_is_refilled_without_an_order(
        nginx: Nginx, second_nginx: Nginx, pebble: PebbleServer, etcd: EtcdServer,
        folder: Path, visitor: Visitor, second_visitor: Visitor, how: str) -> None:
    configure(second_nginx, "b", pebble, etcd, folder).start()
    configure(nginx, "a", pebble, etcd, folder).start()
    certificate = visitor.wait_for_certificate(SITE)
    second_visitor.wait_for_certificate(SITE)
    before = set(etcd.entries())
    for node in (nginx, second_nginx):
        node.allow_log(AWAY)
        node.allow_log("lapsed|lock on .* was lost|has taken over")
    with Watcher.watching(visitor, SITE), Watcher.watching(second_visitor, SITE):
        if how == "lost":
            etcd.stop()
            etcd.wipe()
            etcd.start()
        else:
            etcd.remove_all()
        kept = {name for name in before if name.endswith((".crt", "account.key", "account.url"))}
        wait_until(lambda: kept <= set(etcd.entries()), "the storage to be filled again",
                   timeout=3 * PATIENCE)
        wait_until(lambda: "pebble/lock" in etcd.entries(), "somebody to own it",
                   timeout=3 * PATIENCE)
    assert visitor.verified_certificate(SITE) == certificate
    assert pebble.order_count() == 1
    assert pebble.account_count() == 1


def test_a_single_machine_joins_and_leaves_without_an_order(
        nginx: Nginx, pebble: PebbleServer, etcd: EtcdServer, folder: Path,
        visitor: Visitor) -> None:
    alone = "\n".join([pebble.issuer(), "acme pebble;", REDIRECT, https_server(SITE)])
    nginx.configure(alone).start()
    certificate = visitor.wait_for_certificate(SITE)
    with Watcher.watching(visitor, SITE):
        configure(nginx, "a", pebble, etcd, folder).reload()
        wait_until(lambda: "pebble/account.url" in etcd.entries(), "the account to be shared")
        wait_until(lambda: "pebble/lock" in etcd.entries(), "the node to own it")
        nginx.configure(alone + https_server("new.example.com")).reload()
        visitor.wait_for_certificate("new.example.com")
    assert visitor.verified_certificate(SITE) == certificate
    assert pebble.order_count() == 2
    assert pebble.account_count() == 1


def test_a_node_that_slept_longer_than_its_lock_writes_nothing(
        nginx: Nginx, second_nginx: Nginx, held_pebble: PebbleServer, etcd: EtcdServer,
        folder: Path, visitor: Visitor, second_visitor: Visitor,
        status: StatusEndpoint) -> None:
    pebble = held_pebble
    start_both(nginx, second_nginx, pebble, etcd, folder)
    visitor.wait_for_certificate(SITE)
    holder = etcd.entries()["pebble/lock"]
    helper = second_nginx.helper_pid()
    assert helper is not None
    second_nginx.allow_log("lapsed|lock on .* was lost|has taken over|" + AWAY)

    os.kill(helper, signal.SIGSTOP)
    try:
        wait_until(lambda: etcd.entries().get("pebble/lock") not in (None, holder),
                   "the first node to own it", timeout=3 * PATIENCE)
        configure(nginx, "a", pebble, etcd, folder, SITE, "new.example.com").reload()
        visitor.wait_for_certificate("new.example.com")
    finally:
        os.kill(helper, signal.SIGCONT)

    second_nginx.wait_for_log("lapsed")
    assert pebble.order_count() == 2
    # It serves what others obtain from now on, and pushes nothing of its own.
    before = visitor.verified_certificate(SITE)
    assert second_visitor.verified_certificate(SITE) == before
    status.command(f"1/certificates/{status.certificates()[SITE]['id']}/renew?force=1")
    renewed = visitor.wait_for_certificate(SITE, other_than=before)
    assert second_visitor.wait_for_certificate(SITE, other_than=before) == renewed
    assert pebble.order_count() == 3


def test_redis_is_as_good(
        nginx: Nginx, second_nginx: Nginx, pebble: PebbleServer, redis: RedisServer,
        folder: Path, visitor: Visitor, second_visitor: Visitor) -> None:
    """One that restarts without what it had is filled again."""
    configure(nginx, "a", pebble, redis, folder).start()
    first = visitor.wait_for_certificate(SITE)
    configure(second_nginx, "b", pebble, redis, folder).start()
    assert second_visitor.wait_for_certificate(SITE) == first
    for node in (nginx, second_nginx):
        node.allow_log(f"{AWAY}|lapsed|lock on .* was lost|has taken over")

    with Watcher.watching(visitor, SITE), Watcher.watching(second_visitor, SITE):
        redis.stop()
        redis.start()
        configure(nginx, "a", pebble, redis, folder, SITE, "new.example.com").reload()
        configure(second_nginx, "b", pebble, redis, folder, SITE, "new.example.com").reload()
        wait_until(lambda: nginx.log_lines("new.example.com.*opened order")
                   or second_nginx.log_lines("new.example.com.*opened order"),
                   "an order of either node", timeout=3 * PATIENCE)
        new = visitor.wait_for_certificate("new.example.com")

    assert second_visitor.wait_for_certificate("new.example.com") == new
    assert visitor.verified_certificate(SITE) == first
    assert pebble.order_count() == 2
    assert pebble.account_count() == 1


def test_every_node_serves_a_renewed_certificate_soon(
        nginx: Nginx, second_nginx: Nginx, pebble: PebbleServer, etcd: EtcdServer,
        folder: Path, visitor: Visitor, second_visitor: Visitor,
        status: StatusEndpoint) -> None:
    configure(nginx, "a", pebble, etcd, folder).start()
    visitor.wait_for_certificate(SITE)
    configure(second_nginx, "b", pebble, etcd, folder).start()
    first = second_visitor.wait_for_certificate(SITE)
    second_nginx.wait_for_log("another process works for")

    status.command(f"1/certificates/{status.certificates()[SITE]['id']}/renew?force=1")

    renewed = visitor.wait_for_certificate(SITE, other_than=first)
    since = time.monotonic()
    assert second_visitor.wait_for_certificate(SITE, other_than=first) == renewed
    assert time.monotonic() - since < 4  # 2 s, on a machine with nothing else to do

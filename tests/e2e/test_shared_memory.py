# SPDX-License-Identifier: BSD-2-Clause
"""The memory between helper and workers: when it is full, when its lock is orphaned."""

import os
import signal
from pathlib import Path

from support.certificates import TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"


def site(pebble: PebbleServer, more: str = "") -> str:
    return "\n".join([pebble.issuer(), "acme pebble;", REDIRECT, https_server(NAME), more])


def test_a_full_zone_keeps_the_certificate_before_and_says_how_large_it_must_be(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    small = "acme_shared_zone zone=small:40k;"
    nginx.configure(site(pebble, small)).start()
    before = visitor.wait_for_certificate(NAME)
    nginx.wait_for_log("issued by")

    # Somebody's own pair, whose chain is larger than the zone.
    (chain,) = nginx.state.glob(f"{NAME}-*.crt")
    authority = TestAuthority("a root with a long comment", comment_size=60_000)
    authority.issue([NAME], chain, chain.with_suffix(".key"), days=4_000)
    with chain.open("a", encoding="ascii") as file:
        file.write(authority.root_pem)
    roots = pebble.root_file
    roots.write_text(roots.read_text() + authority.root_pem)
    nginx.expect_log(
        r"acme: .*no room for certificate .* enlarge it: acme_shared_zone zone=small:\d+k;")
    nginx.reload()
    nginx.wait_for_log(r"\[error\].*no room")
    assert visitor.verified_certificate(NAME).serial == before.serial
    assert pebble.order_count() == 1  # another one would have no room either

    nginx.configure(site(pebble, "acme_shared_zone zone=small:400k;"))
    nginx.reload()
    larger = visitor.wait_for_certificate(NAME, other_than=before)
    assert larger.issuer == "a root with a long comment"


def test_a_plan_that_grows_gets_more_room_for_challenges_and_the_new_name_is_proved(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble)).start()
    before = visitor.wait_for_certificate(NAME)

    # Of a CA that does not exist: sixty-four orders of fifty names at once.
    crowd = "\n".join(
        https_server(" ".join(f"h{name}.s{server}.example.org" for name in range(50)),
                     more="acme crowd;") for server in range(70))
    issuer = f"""
        acme_issuer crowd {{
            uri https://{pebble.address}:9/dir;
            state_path state-crowd;
            orders_at_once 64;
        }}"""
    nginx.expect_log(r'\[error\].* issuer "crowd"')
    more = https_server("new.example.com")
    room = "server_names_hash_max_size 65536; server_names_hash_bucket_size 128;"
    nginx.configure(site(pebble, "\n".join([issuer, more, crowd, room])))
    nginx.reload()
    visitor.wait_for_certificate("new.example.com")
    assert visitor.verified_certificate(NAME).serial == before.serial
    assert pebble.order_count() == 2
    nginx.wait_for_log(r'\[error\].* issuer "crowd"')
    nginx.stop()


def zones(pid: int) -> list[int]:
    """Where the process has memory that it shares with its children: nginx's zones,
    which begin with the word of their lock."""
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        fields = line.split()
        start, end = (int(part, 16) for part in fields[0].split("-"))
        if fields[1] == "rw-s" and end - start > 16_384:
            found.append(start)
    return found


def test_a_worker_that_dies_with_the_lock_of_the_zone_stops_nobody(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble)).start()
    visitor.wait_for_certificate(NAME)
    nginx.wait_for_log("issued by")
    (worker,) = nginx.worker_pids()
    nginx.expect_log("exited on signal 9")
    nginx.expect_log("shared memory zone .* was locked by")

    # As if it had been killed between taking the lock and giving it back: nginx's
    # lock is the process id of its owner.
    os.kill(worker, signal.SIGSTOP)
    locks = zones(worker)
    assert len(locks) == 2
    with open(f"/proc/{worker}/mem", "r+b", buffering=0) as memory:
        for place in locks:
            memory.seek(place)
            assert memory.read(8) == bytes(8)
            memory.seek(place)
            memory.write(worker.to_bytes(8, "little"))
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: nginx.worker_pids() not in ([], [worker]), "another worker")

    # The new worker reads the zone, the helper writes it.
    visitor.wait_for_certificate(NAME)
    nginx.configure(site(pebble, https_server("another.example.com")))
    nginx.reload()
    visitor.wait_for_certificate("another.example.com")
    nginx.wait_for_log("issued by", 2)


def test_the_helper_steps_back_behind_the_workers(nginx: Nginx, pebble: PebbleServer,
                                                  visitor: Visitor) -> None:
    nginx.configure(site(pebble)).start()
    visitor.wait_for_certificate(NAME)
    nginx.wait_for_log("issued by")
    helper = nginx.helper_pid()
    assert helper is not None
    niceness = {int(task.name): int((task / "stat").read_text().rpartition(")")[2].split()[16])
                for task in Path(f"/proc/{helper}/task").iterdir()}
    # nginx's own thread in there may have a cache to manage.
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert niceness.pop(helper) == own
    if nginx.program.is_instrumented:  # a sanitizer has threads of its own
        assert max(10, own) in niceness.values()
    else:
        assert niceness and set(niceness.values()) == {max(10, own)}


def shared_mappings(pid: int) -> set[str]:
    """Where shared memory is, and the inode that tells it from what was there before."""
    return {f"{fields[0]} {fields[4]}" for fields in
            (line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines())
            if fields[1] == "rw-s"}


def test_a_reload_with_the_same_certificates_goes_on_with_the_same_memory(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble)).start()
    before = visitor.wait_for_certificate(NAME)
    memory = shared_mappings(nginx.worker_pids()[0])

    nginx.configure(site(pebble) + "# another line").reload()
    assert shared_mappings(nginx.worker_pids()[0]) == memory
    assert visitor.verified_certificate(NAME) == before

    nginx.configure(site(pebble) + https_server("other.example.com")).reload()
    (worker,) = nginx.worker_pids()
    assert len(shared_mappings(worker)) == len(memory)
    assert len(shared_mappings(worker) & memory) == len(memory) - 1
    assert visitor.verified_certificate(NAME) == before
    visitor.wait_for_certificate("other.example.com")
    assert not shared_mappings(nginx.master_pid) - shared_mappings(worker), "the old zone is left"
    assert pebble.order_count() == 2

# SPDX-License-Identifier: BSD-2-Clause
"""Certificates in service: hot swaps, restarts, reloads, the helper's death."""

import contextlib
import os
import pwd
import signal
import ssl
import stat
import threading
from pathlib import Path
from typing import Iterator

from support.nginx import WORKER_USER, Nginx
from support.pebble import PebbleServer
from support.processes import is_alive
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until


def site(pebble: PebbleServer, *servers: str) -> str:
    return "\n".join([pebble.issuer(), "acme pebble;", REDIRECT, *servers])


WWW = https_server("www.example.com")


def test_a_renewal_is_seen_by_new_handshakes_without_a_reload(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(12).start()
    nginx.configure(site(pebble, WWW)).start()
    first = visitor.wait_for_certificate("www.example.com")
    workers, helper = nginx.worker_pids(), nginx.helper_pid()

    # Every handshake from now on succeeds, with one certificate or the other.
    second = first
    while second.serial == first.serial:
        second = visitor.verified_certificate("www.example.com")

    assert (nginx.worker_pids(), nginx.helper_pid()) == (workers, helper)
    assert second.names == first.names
    stored = next(nginx.state.glob("www.example.com-*.key"))
    assert visitor.get("www.example.com").certificate == second
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600


def test_all_workers_swap_under_load(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(12).start()
    nginx.configure(site(pebble, https_server("www.example.com", listen="443 ssl reuseport")),
                    main="worker_processes 2;").start()
    first = visitor.wait_for_certificate("www.example.com")
    failures: list[BaseException] = []
    done = threading.Event()

    def keep_connecting() -> None:
        while not done.is_set():
            try:
                visitor.verified_certificate("www.example.com")
            except BaseException as error:  # whatever it is, it is told
                failures.append(error)

    clients = [threading.Thread(target=keep_connecting) for _ in range(3)]
    for client in clients:
        client.start()
    try:
        workers = {str(pid) for pid in nginx.worker_pids()}
        assert len(workers) == 2
        swapped: set[str] = set()

        def all_swapped() -> bool:
            answer = visitor.get("www.example.com")
            if answer.certificate != first:
                swapped.add(answer.body)
            return swapped == workers

        wait_until(all_swapped, "a new certificate in both workers")
    finally:
        done.set()
        for client in clients:
            client.join()
    assert not failures


def test_a_restart_serves_the_stored_certificate_from_the_first_handshake(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW)).start()
    before = visitor.wait_for_certificate("www.example.com")
    nginx.stop()
    pebble.stop()

    nginx.start()

    assert visitor.verified_certificate("www.example.com") == before
    wait_until(nginx.helper_pid, "the helper")
    nginx.stop()


def test_a_restart_after_sigkill_serves_the_stored_certificate(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW)).start()
    before = visitor.wait_for_certificate("www.example.com")
    wait_until(lambda: list(nginx.state.glob("www.example.com-*.json")), "the stored metadata")
    nginx.kill()

    nginx.start()

    assert visitor.verified_certificate("www.example.com") == before
    assert pebble.order_count() == 1


def test_a_reload_with_a_new_name_gets_that_one_a_certificate_and_leaves_the_others(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW)).start()
    before = visitor.wait_for_certificate("www.example.com")

    nginx.configure(site(pebble, https_server("new.example.com"), WWW))
    nginx.reload()

    assert visitor.verified_certificate("www.example.com") == before
    assert visitor.wait_for_certificate("new.example.com").names == ("new.example.com",)
    assert visitor.verified_certificate("www.example.com") == before
    assert pebble.order_count() == 2
    assert pebble.account_count() == 1


def test_a_reload_without_a_name_leaves_the_others(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW, https_server("old.example.com"))).start()
    before = visitor.wait_for_certificate("www.example.com")
    visitor.wait_for_certificate("old.example.com")

    nginx.configure(site(pebble, WWW))
    nginx.reload()

    assert visitor.verified_certificate("www.example.com") == before
    assert visitor.certificate("old.example.com") == before  # the default server's
    assert pebble.order_count() == 2


def test_a_reload_never_leaves_a_moment_without_a_certificate(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW)).start()
    before = visitor.wait_for_certificate("www.example.com")
    for _ in range(3):
        old = nginx.worker_pids()[0]
        nginx.signal(signal.SIGHUP)
        while is_alive(old):
            assert visitor.verified_certificate("www.example.com") == before
    assert pebble.order_count() == 1


def test_a_reload_that_adds_acme_to_a_running_nginx(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(REDIRECT).start()
    assert nginx.helper_pid() is None

    nginx.configure(site(pebble, WWW))
    nginx.reload()

    visitor.wait_for_certificate("www.example.com")
    nginx.configure(REDIRECT)
    nginx.reload_without_helper()
    assert visitor.get_plain("www.example.com").status == 301


def test_a_refused_configuration_leaves_the_running_one_in_service(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW)).start()
    before = visitor.wait_for_certificate("www.example.com")
    workers = nginx.worker_pids()
    nginx.expect_log(r'\[emerg\].* issuer "nobody" is missing')

    nginx.configure(site(pebble, WWW, https_server("a.example.com", "acme nobody;")))
    nginx.signal(signal.SIGHUP)
    nginx.wait_for_log(r"\[emerg\]")

    assert visitor.verified_certificate("www.example.com") == before
    assert nginx.worker_pids() == workers

    nginx.configure(site(pebble, WWW, https_server("a.example.com")))
    nginx.reload()
    visitor.wait_for_certificate("a.example.com")


def test_a_reload_during_issuance_opens_no_second_order(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(site(pebble, WWW)).start()
    nginx.wait_for_log(r'certificate "www.example.com": opened order')

    nginx.reload()
    pebble.release_validations()

    visitor.wait_for_certificate("www.example.com")
    assert pebble.order_count() == 1
    assert pebble.account_count() == 1


def test_a_killed_helper_is_respawned_and_goes_on_with_the_order(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(site(pebble, WWW)).start()
    nginx.wait_for_log(r'certificate "www.example.com": opened order')
    helper, workers = nginx.helper_pid(), nginx.worker_pids()
    assert helper is not None
    nginx.expect_log(rf"cache manager process {helper} exited on signal 9")

    os.kill(helper, signal.SIGKILL)
    wait_until(lambda: nginx.helper_pid() not in (None, helper), "another helper")
    pebble.release_validations()

    visitor.wait_for_certificate("www.example.com")
    assert pebble.order_count() == 1
    assert nginx.worker_pids() == workers


def test_a_restart_during_issuance_resumes_the_order(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(site(pebble, WWW)).start()
    nginx.wait_for_log(r'certificate "www.example.com": opened order')
    nginx.stop()
    seen = pebble.authorization_request_count()

    nginx.start()
    nginx.wait_for_log(r'certificate "www.example.com": resuming order')
    # It read the authorization, can answer the challenge again, and polls.
    wait_until(lambda: pebble.authorization_request_count() >= seen + 2, "polling")
    pebble.release_validations()

    visitor.wait_for_certificate("www.example.com")
    assert pebble.account_count() == 1
    assert pebble.order_count() == 1


def test_a_killed_worker_is_replaced_by_one_that_serves(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW)).start()
    before = visitor.wait_for_certificate("www.example.com")
    (worker,) = nginx.worker_pids()
    nginx.expect_log(rf"worker process {worker} exited on signal 9")

    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: nginx.worker_pids() not in ([], [worker]), "another worker")

    assert visitor.verified_certificate("www.example.com") == before


def test_the_state_directory_is_for_the_worker_user_only(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW)).start()
    visitor.wait_for_certificate("www.example.com")
    wait_until(lambda: list(nginx.state.glob("www.example.com-*.json")), "the stored metadata")

    folder = nginx.state.stat()
    assert stat.S_IMODE(folder.st_mode) == 0o700
    assert folder.st_uid == pwd.getpwnam(WORKER_USER).pw_uid
    keys = [nginx.state / "account.key", *nginx.state.glob("*.key")]
    assert len(keys) == 3
    for key in keys:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600, key
    wait_until(lambda: not list((nginx.state / "orders").glob("*")), "the order to be forgotten")


def test_without_a_master_process_certificates_are_issued_too(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW), main="master_process off;").start()

    certificate = visitor.wait_for_certificate("www.example.com")

    assert nginx.stop() == 0
    nginx.start()
    assert visitor.verified_certificate("www.example.com") == certificate


def test_without_a_state_directory_a_reload_keeps_certificate_and_account(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    conf = "\n".join([pebble.issuer(state_path="off"), "acme pebble;", REDIRECT, WWW])
    nginx.configure(conf).start()
    before = visitor.wait_for_certificate("www.example.com")

    nginx.configure(conf + https_server("new.example.com"))
    nginx.reload()

    visitor.wait_for_certificate("new.example.com")
    assert visitor.verified_certificate("www.example.com") == before
    assert pebble.order_count() == 2
    assert pebble.account_count() == 1
    assert not nginx.state.exists()


def test_sessions_are_resumed_across_handshakes(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW)).start()
    visitor.wait_for_certificate("www.example.com")

    answer = visitor.s_client("www.example.com", "-tls1_2", "-reconnect")

    assert answer.count("Reused, TLSv1.2") == 5


def open_files(pid: int) -> Iterator[str]:
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            yield os.readlink(link)


def test_workers_hold_no_connection_to_the_ca_and_no_state_file(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW)).start()
    visitor.wait_for_certificate("www.example.com")

    (worker,) = nginx.worker_pids()
    links = list(open_files(worker))

    assert not [link for link in links if str(nginx.state) in link]
    inodes = {link for link in links if link.startswith("socket:")}
    assert not [row for row in Path(f"/proc/{worker}/net/tcp").read_text().splitlines()
                if f":{14000:04X} " in row.split()[2] + " "
                and f"socket:[{row.split()[9]}]" in inodes]


def test_tls_1_2_and_1_3_clients_are_served(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, WWW)).start()
    visitor.wait_for_certificate("www.example.com")

    for version in ("-tls1_2", "-tls1_3"):
        answer = visitor.s_client("www.example.com", version, "-verify_return_error")
        assert "Verify return code: 0 (ok)" in answer
    assert ssl.HAS_TLSv1_3

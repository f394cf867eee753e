# SPDX-License-Identifier: BSD-2-Clause
"""acme_status write=on: who may ask for what, and how it gets to the helper."""

import base64
import contextlib
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Iterator

import pytest

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import https_server, redirect_beside
from support.status import Answer, StatusEndpoint, seconds_of
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"
READ_ONLY = "/status/"

STATUS_SERVER = redirect_beside("location /acme/ { acme_status write=on; }",
                               "location /status/ { acme_status; }")


@pytest.fixture
def site(nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> Nginx:
    """One certificate, served."""
    nginx.configure("\n".join([pebble.issuer(), "acme pebble;", STATUS_SERVER,
                               https_server(NAME)])).start()
    visitor.wait_for_certificate(NAME)
    return nginx


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that hangs."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def helper_of(nginx: Nginx) -> int:
    pid = nginx.helper_pid()
    assert pid is not None
    return pid


def test_a_location_takes_commands_only_where_it_says_so(
        site: Nginx, status: StatusEndpoint) -> None:
    answer = status.ask(f"1/certificates/{NAME}/renew", "POST", {"Acme-Write": "1"},
                        base=READ_ONLY)

    assert answer.status == 403
    assert answer.problem()
    assert status.ask("1/process", base=READ_ONLY).json()["writable"] is False
    assert status.json("1/process")["writable"] is True


def test_blocks_within_the_location_belong_to_it(
        nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure("""
        server {
            listen 80;
            location /acme/ {
                acme_status write=on;
                limit_except GET { allow 127.0.0.0/8; deny all; }
            }
            location /if/ {
                acme_status write=on;
                if ($arg_state) { set $asked yes; }
            }
        }""").start()
    workers = nginx.worker_pids()

    assert "none.example.com" in status.command("1/certificates/none.example.com/renew").problem()
    assert status.ask("1/certificates?state=valid", base="/if/").json()["total"] == 0
    assert status.ask("1/process?state=1", base="/if/").json()["writable"] is True
    assert nginx.worker_pids() == workers


def test_a_command_needs_its_header_field_and_its_method(
        site: Nginx, status: StatusEndpoint) -> None:
    for path in (f"1/certificates/{NAME}/renew", "1/certificates/renew",
                 f"1/certificates/{NAME}/retry", "1/issuers/pebble/pause"):
        without = status.ask(path, "POST", body=b"anything")
        assert (without.status, bool(without.problem())) == (403, True), path
        for method in ("GET", "PUT", "DELETE"):
            answer = status.ask(path, method, {"Acme-Write": "1"})
            assert answer.status == 405, (path, method)
            assert answer.headers["allow"] == "POST"
    assert status.command("1/certificates/none.example.com/renew").status == 404
    assert status.command("1/issuers/none/pause").status == 404
    # Of all that, the helper has heard nothing.
    assert status.ask("1/commands/1").status == 404


def test_a_helper_that_hangs_is_waited_for_a_moment(site: Nginx, status: StatusEndpoint) -> None:
    with stopped(helper_of(site)):
        answer = status.command(f"1/certificates/{NAME}/retry")

        assert answer.status == 202
        command = answer.json()
        assert (command["verb"], command["state"]) == ("retry", "waiting")
        path = answer.headers["location"]
        assert path.endswith(f"/acme/1/commands/{command['id']}")
        assert status.json(f"1/commands/{command['id']}") == command


def test_a_helper_that_is_dead_is_said_in_words(site: Nginx, status: StatusEndpoint) -> None:
    helper = helper_of(site)
    with stopped(site.master_pid):  # it would start another one
        os.kill(helper, signal.SIGKILL)
        wait_until(lambda: not status.json("1/process")["helper_alive"], "the helper to be missed")

        answer = status.command(f"1/certificates/{NAME}/renew")

        assert answer.status == 503
        assert "does not run" in answer.problem()
    site.expect_log(rf"process {helper} exited on signal 9")
    wait_until(lambda: status.json("1/process")["helper_alive"], "another helper")


def test_too_many_commands_are_refused_in_words(site: Nginx, status: StatusEndpoint) -> None:
    with stopped(helper_of(site)):
        with ThreadPoolExecutor(64) as threads:
            answers: list[Answer] = list(threads.map(
                lambda _: status.command(f"1/certificates/{NAME}/retry"), range(64)))
        assert {answer.status for answer in answers} == {202}
        assert len({answer.json()["id"] for answer in answers}) == 64

        one_more = status.command(f"1/certificates/{NAME}/retry")

        assert one_more.status == 503
        assert "room" in one_more.problem()


def test_a_request_that_waits_holds_up_nobody(site: Nginx, status: StatusEndpoint) -> None:
    with stopped(helper_of(site)), ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(status.command, f"1/certificates/{NAME}/retry")
        wait_until(lambda: status.ask("1/commands/1").status == 200, "the command to arrive")

        assert seconds_of(lambda: status.get("1/process")) < 0.9
        assert waiting.result().status == 202


def test_nothing_can_be_asked_for_where_nothing_is_managed(
        nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure(STATUS_SERVER).start()

    answer = status.command("1/certificates/renew")

    assert answer.status == 503
    assert "manages no certificate" in answer.problem()


def test_who_asked_is_in_the_log_and_in_the_command(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, status: StatusEndpoint) -> None:
    (nginx.prefix / "conf/users").write_text("alice:{PLAIN}secret word\n")
    protected = STATUS_SERVER.replace(
        "write=on;", "write=on; auth_basic acme; auth_basic_user_file users;")
    nginx.configure("\n".join([pebble.issuer(), "acme pebble;", protected,
                               https_server(NAME)])).start()
    visitor.wait_for_certificate(NAME)
    user = {"Authorization": "Basic " + base64.b64encode(b"alice:secret word").decode()}

    with stopped(helper_of(nginx)):
        command = status.command(f"1/certificates/{NAME}/retry", user).json()

    assert command["asked_by"] == "alice (127.0.0.1)"
    line = nginx.wait_for_log(r"\[notice\].* acme: retry of .* is asked for by alice")
    assert line.count("secret") == 0


def test_numbers_go_on_over_a_reload(site: Nginx, status: StatusEndpoint) -> None:
    with stopped(helper_of(site)):
        first = status.command(f"1/certificates/{NAME}/retry").json()["id"]
        os.kill(site.master_pid, signal.SIGHUP)
        workers = set(site.worker_pids())
        wait_until(lambda: status.json("1/process")["worker_pid"] not in workers,
                   "an answer of a new worker")

        # The first one is not forgotten.
        assert status.json(f"1/commands/{first}")["verb"] == "retry"

    wait_until(lambda: status.json("1/process")["helper_alive"], "the new helper")
    assert status.command(f"1/certificates/{NAME}/retry").json()["id"] > first

# SPDX-License-Identifier: BSD-2-Clause
"""Programs and web services that are told of events, good and bad: none keeps an order
or another one waiting, and each hears of an event although nginx was restarted."""

import hashlib
import hmac
import json
import os
import pwd
import threading
import time
from pathlib import Path

from support import addresses
from support.nginx import WORKER_USER, Nginx
from support.pebble import PebbleServer
from support.processes import is_alive
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until
from support.webhook import Answer, Call, Webhook

NAME = "www.example.com"


def write_program(nginx: Nginx, name: str, script: str) -> Path:
    program = nginx.prefix / "conf" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def shared_folder(nginx: Nginx) -> Path:
    """Where programs may write, too."""
    folder = nginx.prefix / "programs"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def configure(nginx: Nginx, pebble: PebbleServer, actions: str, *names: str) -> Nginx:
    servers = "".join(https_server(name) for name in names or (NAME,))
    return nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {actions}
        {REDIRECT}
        {servers}
    """)


def queued(nginx: Nginx) -> list[Path]:
    return [file for file in nginx.state.glob("events/*.json") if file.name != "failed.json"]


def wait_until_delivered(nginx: Nginx) -> None:
    nginx.wait_for_log('event "issued" .* was told to')
    wait_until(lambda: not queued(nginx), "the end of the queue")


def test_a_program_is_told_of_a_certificate_and_finds_its_files(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    folder = shared_folder(nginx)
    program = write_program(nginx, "deploy", f"""
        set -eu
        echo "$#,$1,$2" >"{folder}/arguments"
        id -u >"{folder}/user"
        env >"{folder}/environment"
        cat >"{folder}/input"
        openssl x509 -in "$ACME_FULLCHAIN" -noout -serial >"{folder}/serial"
        openssl pkey -in "$ACME_PRIVKEY" -noout -check
        echo deployed""")
    configure(nginx, pebble, f"acme_on issued,renewed exec {program};").start()

    certificate = visitor.wait_for_certificate(NAME)
    wait_until_delivered(nginx)

    nginx.wait_for_log(r"\[info\].*deploy issued\": deployed")
    assert (folder / "arguments").read_text() == f"2,issued,{NAME}\n"
    user = pwd.getpwnam(WORKER_USER).pw_uid if os.geteuid() == 0 else os.geteuid()
    assert (folder / "user").read_text() == f"{user}\n"
    event = json.loads((folder / "input").read_text())
    assert (event["event"], event["issuer"], event["certificate"]) == ("issued", "pebble", NAME)
    assert event["identifiers"] == [NAME]
    assert event["serial"] == certificate.serial
    serial = (folder / "serial").read_text().strip().removeprefix("serial=")
    assert serial.lower() == certificate.serial
    variables = dict(line.split("=", 1)
                     for line in (folder / "environment").read_text().splitlines())
    assert variables["ACME_EVENT"] == "issued"
    assert variables["ACME_NAMES"] == NAME
    assert variables["ACME_STATE_PATH"] == str(nginx.state)
    assert set(name for name in variables if not name.startswith("ACME_")) <= {
        "PATH", "HOME", "LANG", "PWD", "SHLVL", "_", "OLDPWD"}


def test_bad_programs_cost_no_order_and_nobody_else_an_event(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    folder = shared_folder(nginx)
    hanging = write_program(nginx, "hanging", f"""
        sh -c 'echo $$ >"{folder}/child.part"; mv "{folder}/child.part" "{folder}/child"
               exec sleep 1000' &
        wait""")
    forking = write_program(nginx, "forking", f"""
        sleep 1000 & echo $! >"{folder}/grandchild"; exit 0""")
    flooding = write_program(nginx, "flooding", """
        yes 'all work and no play' | head -c 1000000; head -c 1000000 /dev/zero""")
    failing = write_program(nginx, "failing", "echo 'no such service' >&2; exit 3")
    nginx.expect_log(r"\[warn\].*failing issued\": no such service")
    nginx.expect_log(r'\[error\].*event "issued" of .* could not be told to ".*/failing": '
                     "it ended with status 3; it said: no such service; it is not tried again")
    with Webhook(nginx.address) as webhook:
        configure(nginx, pebble, f"""
            acme_on issued exec {hanging};
            acme_on issued exec {forking};
            acme_on issued exec {flooding};
            acme_on issued exec {failing};
            acme_on issued {webhook.url};
        """, NAME, "second.example.com").start()

        visitor.wait_for_certificate(NAME)
        visitor.wait_for_certificate("second.example.com")
        webhook.wait_for("issued", NAME)
        webhook.wait_for("issued", "second.example.com")
        nginx.wait_for_log("was told to .*flooding", 2)
        nginx.wait_for_log("was told to .*forking", 2)
        nginx.wait_for_log("could not be told to .*failing", 2)
        assert not is_alive(int((folder / "grandchild").read_text()))
        assert len(nginx.error_log) < 200_000

        wait_until((folder / "child").exists, "the program that hangs")
        child = int((folder / "child").read_text())
        assert is_alive(child)
        nginx.stop()
        wait_until(lambda: not is_alive(child), "the end of the program")


def test_what_a_web_service_gets_is_signed(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    secret = "bfc8b3b3e7a9b4c7d8e1f0a1b2c3d4e5"
    file = nginx.prefix / "conf" / "webhook.secret"
    file.write_text(secret + "\n")
    file.chmod(0o640)
    with Webhook(nginx.address) as webhook:
        configure(nginx, pebble, f"acme_on issued {webhook.url}?token=t secret={file};").start()

        visitor.wait_for_certificate(NAME)
        call = webhook.wait_for("issued", NAME)
        wait_until_delivered(nginx)

    assert call.path == "/hook?token=t"
    assert call.headers["content-type"] == "application/json"
    timestamp = call.headers["acme-timestamp"]
    assert abs(time.time() - int(timestamp)) < 300
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + call.body, hashlib.sha256)
    assert hmac.compare_digest(call.headers["acme-signature"], "sha256=" + expected.hexdigest())
    assert "token=t" not in nginx.error_log
    assert secret not in nginx.error_log


def test_a_restart_delivers_what_a_service_that_was_down_has_missed(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    url = f"http://{nginx.address}:{addresses.WEBHOOK}/hook"
    nginx.expect_log(r'\[warn\].*event "issued" .* could not be told to "http://.*/…": '
                     "no answer from .*; next try in 10 s")
    configure(nginx, pebble, f"acme_on issued {url};").start()
    visitor.wait_for_certificate(NAME)
    nginx.wait_for_log("next try in 10 s")
    assert len(queued(nginx)) == 1
    nginx.stop()
    assert len(queued(nginx)) == 1

    with Webhook(nginx.address) as webhook:
        nginx.start()
        webhook.wait_for("issued", NAME)
        wait_until_delivered(nginx)
        assert len(webhook.calls) == 1


def test_a_service_that_comes_back_is_told_without_a_restart(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    down = threading.Event()
    down.set()

    def answer(_: Call) -> Answer:
        return (503 if down.is_set() else 200), {"Content-Length": "0"}

    nginx.expect_log(r"\[warn\].*could not be told to .*: it answers HTTP 503; next try in 10 s")
    with Webhook(nginx.address, answer=answer) as webhook:
        configure(nginx, pebble, f"acme_on issued {webhook.url};").start()
        visitor.wait_for_certificate(NAME)
        nginx.wait_for_log("it answers HTTP 503")
        down.clear()
        wait_until_delivered(nginx)
        assert [call.event["id"] for call in webhook.calls] == [webhook.calls[0].event["id"]] * 2


def test_a_slow_service_costs_no_order_and_is_not_waited_for_at_the_end(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    released = threading.Event()

    def answer(_: Call) -> Answer:
        released.wait(60)
        return 200, {}

    nginx.allow_log("could not be told to .*timed out")
    with Webhook(nginx.address, answer=answer) as webhook:
        configure(nginx, pebble, f"acme_on issued {webhook.url};", NAME, "second.example.com")
        nginx.start()
        visitor.wait_for_certificate(NAME)
        visitor.wait_for_certificate("second.example.com")
        wait_until(lambda: webhook.calls, "the service to be called")
        nginx.stop()
        released.set()
        assert len(queued(nginx)) == 2


def test_a_redirect_is_not_followed(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    with Webhook(nginx.address, addresses.RESPONDER) as inner:
        def answer(_: Call) -> Answer:
            return 307, {"Location": inner.url, "Content-Length": "0"}

        nginx.expect_log(r"\[warn\].*could not be told to .*: it answers HTTP 307, a redirect, "
                         'which is not followed: name the URL it leads to in "acme_on"; next try')
        with Webhook(nginx.address, answer=answer) as webhook:
            configure(nginx, pebble, f"acme_on issued {webhook.url};").start()
            visitor.wait_for_certificate(NAME)
            nginx.wait_for_log("a redirect, which is not followed")
            nginx.stop()
            assert not inner.calls


def test_reloads_deliver_every_event_once(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    names = [f"www{number}.example.com" for number in range(8)]
    with Webhook(nginx.address) as webhook:
        configure(nginx, pebble, f"acme_on issued {webhook.url};", *names).start()
        for _ in range(3):
            wait_until(lambda: webhook.calls, "the first event")
            nginx.reload()
        for name in names:
            visitor.wait_for_certificate(name)
            webhook.wait_for("issued", name)
        wait_until(lambda: not queued(nginx), "the end of the queue")
        nginx.stop()
        assert sorted(call.event["certificate"] for call in webhook.calls) == names


def test_failures_are_told_once_a_day(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    pebble.lose_name("lost.example.com")
    nginx.allow_log("lost.example.com")
    with Webhook(nginx.address) as webhook:
        configure(nginx, pebble, f"acme_on failed,issued {webhook.url};", NAME,
                  "lost.example.com").start()
        call = webhook.wait_for("failed", "lost.example.com")
        assert call.event["text"]
        webhook.wait_for("issued", NAME)
        file = nginx.state / "events" / "failed.json"
        wait_until(file.exists, "what outlives a restart")
        told = json.loads(file.read_text())
        assert [name.rpartition("-")[0] for name in told] == ["lost.example.com"]

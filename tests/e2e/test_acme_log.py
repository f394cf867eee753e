# SPDX-License-Identifier: BSD-2-Clause
"""acme_log: a file of the engine's own, whatever the level of nginx's error log."""

import dataclasses
import os
import re
import signal
from pathlib import Path

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"
# "2026/01/31 12:34:56 [notice] 123#123: acme: …", as in nginx's own.
LINE = r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[notice\] \d+#\d+: acme: issuer .* issued by"


def site(pebble: PebbleServer, log: str) -> str:
    return "\n".join([pebble.issuer(), "acme pebble;", log, REDIRECT, https_server(NAME)])


def text_of(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def has_open(pid: int, path: Path) -> bool:
    """Whether the process has the file, or one that was renamed, open."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if os.path.samestat(descriptor.stat(), path.stat()):
                return True
        except FileNotFoundError:
            continue
    return False


def test_success_is_told_although_the_error_log_has_only_errors(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    log = nginx.prefix / "own.log"
    nginx.program = dataclasses.replace(nginx.program, log_level="error")
    nginx.configure(site(pebble, "acme_log own.log;")).start()
    visitor.wait_for_certificate(NAME)
    wait_until(lambda: re.search(LINE, text_of(log)), "the certificate in the log")
    assert "[info]" not in text_of(log)
    assert not nginx.log_lines("issued by")


def test_it_is_opened_again_by_usr1_and_kept_out_of_workers(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    log = nginx.prefix / "own.log"
    nginx.configure(site(pebble, "acme_log own.log info;")).start()
    visitor.wait_for_certificate(NAME)
    wait_until(lambda: "issued by" in text_of(log), "the certificate in the log")
    helper = nginx.helper_pid()
    assert helper is not None and has_open(helper, log)
    for worker in nginx.worker_pids():
        assert not has_open(worker, log)

    rotated = log.with_suffix(".old.log")
    log.rename(rotated)
    nginx.signal(signal.SIGUSR1)
    wait_until(lambda: log.exists() and has_open(helper, log), "the helper's new file")
    wait_until(lambda: not has_open(helper, rotated), "the end of the old one")
    nginx.wait_for_log("reopening logs")
    for worker in nginx.worker_pids():
        assert not has_open(worker, log) and not has_open(worker, rotated)

    before = rotated.read_text()
    nginx.configure("\n".join([site(pebble, "acme_log own.log info;"),
                               https_server("new.example.com")]))
    nginx.reload()
    visitor.wait_for_certificate("new.example.com")
    wait_until(lambda: "new.example.com" in text_of(log), "the next one in the new file")
    assert rotated.read_text() == before


def test_at_level_debug_it_has_each_exchange_without_tokens(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    log = nginx.prefix / "own.log"
    # Nobody answers for this name: the CA says what it found.
    nginx.configure("\n".join([
        site(pebble, "acme_log own.log debug;"),
        https_server("nowhere.example.com", more="acme_certificate pebble;")]))
    nginx.start()
    visitor.wait_for_certificate(NAME)
    wait_until(lambda: "issued by" in text_of(log), "the certificate in the log")
    text = text_of(log)
    assert re.search(r"\[debug\].* GET https://\S+/dir: 200, directory", text)
    assert re.search(r"POST https://\S+: 201, account valid", text)
    assert re.search(rf"POST https://\S+: 201, order pending for {NAME}", text)
    assert re.search(rf'POST-as-GET \S+: 200, authorization pending of "{NAME}": .*'
                     r"http-01 pending", text)
    assert re.search(r"POST-as-GET \S+: 200, order valid", text)
    assert re.search(r"POST-as-GET \S+: 200, \d+ bytes of application/pem-certificate-chain",
                     text)


def test_off_is_no_file(nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble, "acme_log off;")).start()
    visitor.wait_for_certificate(NAME)
    assert not (nginx.prefix / "off").exists()

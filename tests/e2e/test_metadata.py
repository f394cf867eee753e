# SPDX-License-Identifier: BSD-2-Clause
"""NAME.json beside a certificate: what was done, what failed, what comes next."""

import json

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until


def start(nginx: Nginx, pebble: PebbleServer) -> None:
    nginx.configure(
        f"{pebble.issuer()} acme pebble; {REDIRECT} {https_server('www.example.com')}").start()


def metadata(nginx: Nginx) -> dict:
    (file,) = nginx.state.glob("www.example.com-*.json")
    return json.loads(file.read_text())


def test_the_metadata_tell_what_was_done_and_what_comes_next(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    start(nginx, pebble)
    seen = visitor.wait_for_certificate("www.example.com")

    written = metadata(nginx)
    assert written["issuer"] == "pebble"
    assert written["serial"] == seen.serial
    assert written["next_action"]["what"] == "renew"
    assert written["not_before"] < written["next_action"]["at"] < written["not_after"]
    assert [attempt["succeeded"] for attempt in written["history"]] == [True]


def test_the_metadata_tell_the_last_error(
        nginx: Nginx, stopped_pebble: PebbleServer) -> None:
    pebble = stopped_pebble.with_blocked_domain("example.com").start()
    nginx.expect_log("rejectedIdentifier")
    start(nginx, pebble)
    nginx.wait_for_log("rejectedIdentifier")
    wait_until(lambda: any(nginx.state.glob("www.example.com-*.json")), "the metadata")

    written = metadata(nginx)
    assert "rejectedIdentifier" in written["last_error"]["message"]
    assert written["next_action"]["what"] == "retry"
    assert written["failures"]["pebble"]["count"] == 1


def test_the_metadata_tell_the_window_that_the_ca_suggests(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    start(nginx, pebble)
    visitor.wait_for_certificate("www.example.com")
    nginx.stop()
    nginx.start()  # asks at once
    if not pebble.supports_renewal_info:
        assert "renewal_window" not in metadata(nginx)
        return

    wait_until(lambda: "renewal_window" in metadata(nginx), "the window")
    window = metadata(nginx)["renewal_window"]
    assert window["start"] <= window["renew_at"] <= window["end"]
    assert metadata(nginx)["next_action"]["at"] == window["renew_at"]

# SPDX-License-Identifier: BSD-2-Clause
"""Renewal information (RFC 9773) of a real CA."""

import json

import pytest

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until


@pytest.fixture
def pebble_with_renewal_info(pebble: PebbleServer) -> PebbleServer:
    if "renewalInfo" not in pebble.directory():
        pytest.skip("this Pebble has no renewal information")
    return pebble


def start(nginx: Nginx, pebble: PebbleServer) -> Nginx:
    return nginx.configure(
        f"{pebble.issuer()} acme pebble; {REDIRECT} {https_server('www.example.com')}").start()


def metadata(nginx: Nginx) -> dict:
    (file,) = nginx.state.glob("www.example.com-*.json")
    return json.loads(file.read_text())


def test_the_suggested_window_is_asked_for_and_written_down(
        nginx: Nginx, pebble_with_renewal_info: PebbleServer, visitor: Visitor) -> None:
    start(nginx, pebble_with_renewal_info)
    visitor.wait_for_certificate("www.example.com")
    nginx.stop()
    nginx.start()  # asks at once

    nginx.wait_for_log("as the CA suggests")
    wait_until(lambda: "renewal_window" in metadata(nginx), "the window")
    window = metadata(nginx)["renewal_window"]
    assert window["start"] <= window["renew_at"] <= window["end"]
    assert metadata(nginx)["next_action"]["at"] == window["renew_at"]


def test_a_certificate_that_is_called_back_is_replaced_with_nobody_awake(
        nginx: Nginx, pebble_with_renewal_info: PebbleServer, visitor: Visitor) -> None:
    pebble = pebble_with_renewal_info
    start(nginx, pebble)
    first = visitor.wait_for_certificate("www.example.com")
    (chain,) = nginx.state.glob("www.example.com-*.crt")
    pebble.suggest_renewal(chain.read_text(), "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")
    workers = nginx.worker_pids()
    nginx.reload()  # asks at once

    second = visitor.wait_for_certificate("www.example.com", other_than=first)

    assert second.names == first.names
    nginx.wait_for_log("it explains: https://ca.example/incident")
    assert nginx.worker_pids() != workers
    assert pebble.order_count() == 2


def test_a_ca_that_has_the_certificate_replaced_already_issues_all_the_same(
        nginx: Nginx, pebble_with_renewal_info: PebbleServer, visitor: Visitor) -> None:
    pebble = pebble_with_renewal_info
    start(nginx, pebble)
    first = visitor.wait_for_certificate("www.example.com")
    (chain,) = nginx.state.glob("www.example.com-*.crt")
    old = {file: file.read_bytes() for file in nginx.state.glob("www.example.com-*")
           if file.suffix in {".crt", ".key", ".json"}}
    pebble.suggest_renewal(chain.read_text(), "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")
    nginx.reload()
    second = visitor.wait_for_certificate("www.example.com", other_than=first)
    nginx.stop()

    # Somebody puts an old backup in place: its certificate was replaced already.
    for file, content in old.items():
        file.write_bytes(content)
    nginx.start()

    third = visitor.wait_for_certificate("www.example.com", other_than=first)
    assert third.serial not in (first.serial, second.serial)

# SPDX-License-Identifier: BSD-2-Clause
"""acmectl doctor: what would go wrong is found before the CA is asked, with Pebble's DNS
server as the resolver."""

import http.client
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from support import addresses
from support.acmectl import Answer, run_acmectl
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor

NAME = "www.example.com"


def examine(acmectl: str, pebble: PebbleServer, *more: str) -> Answer:
    return run_acmectl(
        acmectl, "doctor", NAME, "--issuer-directory", pebble.directory_url,
        "--issuer-ca-file", str(pebble.ca_file), "--caa-identity", "pebble.example",
        "--resolver", f"{pebble.address}:{addresses.DNS}", "--challenge", "http-01", *more,
        env={**os.environ, "no_proxy": "*"})


def findings(answer: Answer, check: str) -> list[tuple[str, str]]:
    """Of one check, in an answer with --json: health and text."""
    return [(one["health"], one["text"]) for one in answer.document["findings"]
            if one["check"] == check]


def add_caa(pebble: PebbleServer, host: str, value: str) -> None:
    connection = http.client.HTTPConnection(pebble.address, addresses.DNS_MANAGEMENT, timeout=5)
    connection.request("POST", "/add-caa", json.dumps(
        {"host": f"{host}.", "policies": [{"tag": "issue", "value": value}]}))
    assert connection.getresponse().status == 200
    connection.close()


@pytest.fixture
def site(nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> Nginx:
    nginx.configure(pebble.issuer() + REDIRECT + https_server(NAME, "acme pebble;")).start()
    visitor.wait_for_certificate(NAME)
    return nginx


def test_a_site_that_works_has_nothing_but_ok_and_what_the_resolver_cannot_say(
        acmectl: str, pebble: PebbleServer, site: Nginx) -> None:
    orders = pebble.order_count()

    answer = examine(acmectl, pebble, "--state-path", str(site.state), "--json")

    assert answer.status == 1, answer
    not_ok = {one["check"] for one in answer.document["findings"] if one["health"] != "ok"}
    assert not_ok == {"dnssec"}  # Pebble's DNS server does not validate
    assert findings(answer, "addresses") == [("ok", f"A {site.address} is this machine's")]
    assert findings(answer, "port 80")[0][0] == "ok"
    assert findings(answer, "port 443") == [("ok", f"{site.address} answers")]
    assert findings(answer, "clock")[0][0] == "ok"
    assert findings(answer, "writable")[0][0] == "ok"
    assert pebble.order_count() == orders
    assert not list(site.state.glob("check"))


def test_a_server_that_is_down_is_a_failure_with_its_cure(
        acmectl: str, pebble: PebbleServer) -> None:
    answer = examine(acmectl, pebble)
    assert answer.status == 2
    assert f"fail  {NAME} port 80: {pebble.address}" in answer.output
    assert f"fail  {NAME} port 443: {pebble.address}: Connection refused" in answer.output
    assert "-> nginx must listen there, and the firewall let it through" in answer.output


def test_caa_that_names_another_ca_is_a_failure_with_the_record_to_add(
        acmectl: str, pebble: PebbleServer) -> None:
    add_caa(pebble, "example.com", "other.example")
    answer = examine(acmectl, pebble)
    assert answer.status == 2
    assert '"example.com" does not let "pebble.example" issue' in answer.output
    assert '-> add example.com CAA 0 issue "pebble.example"' in answer.output


def test_caa_for_another_account_is_a_failure(
        acmectl: str, pebble: PebbleServer, site: Nginx) -> None:
    add_caa(pebble, "example.com", "pebble.example; accounturi=https://pebble.example/acct/0")
    answer = examine(acmectl, pebble, "--state-path", str(site.state), "--json")
    account = (site.state / "account.url").read_text().strip()
    assert findings(answer, "caa") == [
        ("fail", '"example.com": only account https://pebble.example/acct/0 may, and ours is '
         + account)]


def test_caa_for_another_challenge_is_a_failure(acmectl: str, pebble: PebbleServer) -> None:
    add_caa(pebble, "example.com", "pebble.example; validationmethods=dns-01")
    answer = examine(acmectl, pebble, "--json")
    assert findings(answer, "caa") == [
        ("fail", '"example.com": only by dns-01, not by http-01')]


def test_a_name_whose_dns_is_down_is_a_failure(acmectl: str, pebble: PebbleServer) -> None:
    pebble.lose_name(NAME)
    answer = examine(acmectl, pebble, "--json")
    assert answer.status == 2
    assert ("fail", "the question for A is answered by SERVFAIL") in findings(
        answer, "addresses")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_state_directory_with_files_of_root_is_a_failure_with_the_command_to_run(
        acmectl: str, pebble: PebbleServer, site: Nginx) -> None:
    site.stop()
    shutil.chown(site.state / "account.key", "root", "root")
    answer = examine(acmectl, pebble, "--state-path", str(site.state))
    assert 'files: 1 of another user, as "account.key"' in answer.output
    assert re.search(rf'-> chown -R www-data:\w+ "{site.state}"', answer.output)


def test_a_ca_that_cannot_be_reached_is_a_failure(
        acmectl: str, pebble: PebbleServer, folder: Path) -> None:
    pebble.stop()
    answer = examine(acmectl, pebble, "--state-path", str(folder), "--json")
    assert answer.status == 2
    assert findings(answer, "ca")[0][0] == "fail"

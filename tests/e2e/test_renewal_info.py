# SPDX-License-Identifier: BSD-2-Clause
"""When the CA says when to renew (RFC 9773). It is asked again at every start."""

import json
from pathlib import Path

import pytest

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

LONG_AGO = ("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")
FAR_AWAY = ("2096-01-01T00:00:00Z", "2096-01-02T00:00:00Z")


@pytest.fixture
def asked_pebble(pebble: PebbleServer) -> PebbleServer:
    """One that can be told what to suggest."""
    if not pebble.supports_set_renewal_info:
        pytest.skip("this Pebble cannot be told when to suggest a renewal")
    return pebble


def suggestion(window: tuple[str, str], explanation: str = "") -> str:
    document: dict[str, object] = {"suggestedWindow": dict(zip(("start", "end"), window))}
    if explanation:
        document["explanationURL"] = explanation
    return json.dumps(document)


def chain_file(nginx: Nginx) -> Path:
    (chain,) = nginx.state.glob("www.example.com-*.crt")
    return chain


def issue_and_stop(nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> str:
    """The serial number of the certificate that is now in the state directory."""
    nginx.configure("\n".join([pebble.issuer(), "acme pebble;", REDIRECT,
                               https_server("www.example.com")])).start()
    serial = visitor.wait_for_certificate("www.example.com").serial
    nginx.stop()
    return serial


def start_and_ask(nginx: Nginx, pebble: PebbleServer) -> None:
    asked = pebble.renewal_info_request_count()
    nginx.start()
    wait_until(lambda: pebble.renewal_info_request_count() > asked, "a question to the CA")


def test_a_window_in_the_past_renews_at_once_and_says_what_is_replaced(
        nginx: Nginx, asked_pebble: PebbleServer, visitor: Visitor) -> None:
    serial = issue_and_stop(nginx, asked_pebble, visitor)
    asked_pebble.set_renewal_info(chain_file(nginx).read_text(),
                                  suggestion(LONG_AGO, "https://ca.example/incident"))

    start_and_ask(nginx, asked_pebble)

    wait_until(lambda: visitor.verified_certificate("www.example.com").serial != serial,
               "another certificate")
    assert asked_pebble.order_count() == 2
    assert asked_pebble.replacement_count() == 1
    nginx.wait_for_log("https://ca.example/incident")


def test_a_window_that_is_to_come_is_waited_for(
        nginx: Nginx, asked_pebble: PebbleServer, visitor: Visitor) -> None:
    serial = issue_and_stop(nginx, asked_pebble, visitor)
    certificate = chain_file(nginx)
    asked_pebble.set_renewal_info(certificate.read_text(), suggestion(FAR_AWAY))

    start_and_ask(nginx, asked_pebble)

    metadata = certificate.with_suffix(".json")
    wait_until(lambda: "next_action" in json.loads(metadata.read_text()), "the next action")
    assert visitor.verified_certificate("www.example.com").serial == serial
    assert asked_pebble.order_count() == 1


@pytest.mark.parametrize("answer", [
    "no JSON", "{}", '{"suggestedWindow": "soon"}',
    suggestion((LONG_AGO[1], LONG_AGO[0])), '{"suggestedWindow": ' * 1000])
def test_nonsense_neither_renews_nor_harms(
        nginx: Nginx, asked_pebble: PebbleServer, visitor: Visitor, answer: str) -> None:
    serial = issue_and_stop(nginx, asked_pebble, visitor)
    asked_pebble.set_renewal_info(chain_file(nginx).read_text(), answer)
    nginx.allow_log(r"\[warn\].* renewal")

    start_and_ask(nginx, asked_pebble)

    # What comes later is not disturbed by it.
    nginx.configure("\n".join([asked_pebble.issuer(), "acme pebble;", REDIRECT,
                               https_server("www.example.com"),
                               https_server("new.example.com")]))
    nginx.reload()
    visitor.wait_for_certificate("new.example.com")
    assert visitor.verified_certificate("www.example.com").serial == serial
    assert asked_pebble.order_count() == 2


def test_a_ca_that_does_not_answer_is_no_reason_to_renew(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    serial = issue_and_stop(nginx, pebble, visitor)
    pebble.stop()
    nginx.allow_log(r"acme: .*no answer from")

    nginx.start()
    wait_until(nginx.helper_pid, "the helper")

    assert visitor.verified_certificate("www.example.com").serial == serial

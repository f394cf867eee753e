# SPDX-License-Identifier: BSD-2-Clause
"""acmectl hands commands to nginx and tells what becomes of them; watch and events
--follow go on until somebody ends them."""

import itertools
import json
import re
import threading
from typing import Any, Callable, Optional

import pytest

from support.status_endpoint import (Answer, Request, StatusEndpoint, certificate,
                                     certificates, command, free_port, problem)
from support.terminal import Terminal, run, without_escapes
from support.waiting import wait_until

RENEW = "/acme/1/certificates/www.example.com/renew"
COMMAND = "/acme/1/commands/7"


class Steered:
    """Takes commands; what becomes of them is as `steps` say, one at each look."""

    def __init__(self, *steps: dict[str, Any]) -> None:
        self._steps = list(steps)
        self.posted: list[Request] = []

    def __call__(self, request: Request) -> Optional[Answer]:
        if request.method == "POST":
            self.posted.append(request)
            return Answer(command("waiting"), 202, headers={"Location": COMMAND})
        if request.path == COMMAND:
            step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
            return Answer(step)
        return None


def test_a_command_is_followed_to_its_end_line_by_line(acmectl: str) -> None:
    script = Steered(command("running", "authorizing"), command("running", "authorizing"),
                     command("running", "finalizing"), command("done", "issued"))
    with StatusEndpoint(script) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "renew", "www.example.com", "--force", "--wait"])
    assert shown.status == 0
    assert shown.err == ("renew www.example.com: waiting\n"
                         "renew www.example.com: running: authorizing\n"
                         "renew www.example.com: running: finalizing\n")
    assert shown.out == "renew www.example.com: done: issued\n"
    posted = script.posted[0]
    assert (posted.path, posted.query) == (RENEW, {"force": "1"})
    assert posted.headers["Acme-Write"] == "1"


def test_on_a_terminal_one_line_shows_the_progress(acmectl: str) -> None:
    script = Steered(command("running", "authorizing " * 20), command("done", "issued"))
    with StatusEndpoint(script) as endpoint, Terminal(
            [acmectl, "-s", endpoint.url, "renew", "www.example.com", "--wait"],
            columns=40) as terminal:
        assert terminal.finish() == 0
    shown = terminal.output
    assert shown.endswith("\r\x1b[Krenew www.example.com: done: issued\n")
    assert shown.count("\n") == 1
    assert all(len(part) < 40 for part in without_escapes(shown).split("\r"))


def test_without_wait_it_is_left_to_nginx(acmectl: str) -> None:
    script = Steered(command("running"))
    with StatusEndpoint(script) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "renew", "--all"])
        assert script.posted[0].path == "/acme/1/certificates/renew"
        document = run([acmectl, "-s", endpoint.url, "renew", "--issuer", "a&b", "--json"])
        assert script.posted[1].query == {"issuer": "a&b"}
        assert endpoint.requests[-1].method == "POST"
    assert (shown.status, shown.out) == (0, "renew www.example.com: waiting\n")
    assert json.loads(document.out)["state"] == "waiting"


def test_a_command_that_fails_is_a_failure(acmectl: str) -> None:
    with StatusEndpoint(Steered(command("failed", "the CA refuses"))) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "retry", "www.example.com"])
    assert (shown.status, shown.out) == (1, "renew www.example.com: failed: the CA refuses\n")


def test_a_reload_of_nginx_is_waited_for(acmectl: str) -> None:
    looks = itertools.count()

    def script(request: Request) -> Optional[Answer]:
        if request.method == "POST":
            return Answer(command("waiting"), 202, headers={"Location": "1/commands/7"})
        if next(looks) < 2:
            return problem(503, "the helper does not answer")
        return Answer(command("done"))

    def at_base(request: Request) -> Optional[Answer]:
        # The reference is relative to what was posted to.
        assert request.method == "POST" or request.path.endswith("/1/commands/7")
        return script(request)

    with StatusEndpoint(at_base) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "resume", "letsencrypt"])
    assert shown.status == 0, shown.err
    assert "nginx does not answer; waiting for it" in shown.err


def test_ctrl_c_ends_the_waiting_and_not_the_command(acmectl: str) -> None:
    script = Steered(command("running", "authorizing"))
    with StatusEndpoint(script) as endpoint, Terminal(
            [acmectl, "-s", endpoint.url, "renew", "www.example.com", "--wait"]) as terminal:
        terminal.read_until("authorizing")
        terminal.press_ctrl_c()
        assert terminal.finish() == 6
    assert "nginx goes on with it as command 7" in terminal.output
    assert len(script.posted) == 1


# Questions.

def test_revoke_asks_and_takes_no_for_an_answer(acmectl: str) -> None:
    script = Steered(command("done", "revoked", verb="revoke"))
    ask = [acmectl, "revoke", "www.example.com", "--reason", "keyCompromise", "-s"]
    with StatusEndpoint(script) as endpoint:
        for answer in ("\n", "n\n", "\x04"):
            with Terminal([*ask, endpoint.url]) as terminal:
                terminal.read_until("Replace www.example.com, then revoke it? [y/N]")
                terminal.type(answer)
                assert terminal.finish() == 1
        assert not script.posted
        with Terminal([*ask, endpoint.url, "--now"]) as terminal:
            terminal.read_until("at once?")
            terminal.type("y\n")
            assert terminal.finish() == 0
    assert script.posted[0].path == "/acme/1/certificates/www.example.com/revoke"
    assert script.posted[0].query == {"reason": "keyCompromise", "now": "1"}


def test_revoke_needs_yes_where_nobody_can_be_asked(acmectl: str) -> None:
    script = Steered(command("done"))
    arguments = ["revoke", "www.example.com", "--reason", "superseded"]
    with StatusEndpoint(script) as endpoint:
        refused = run([acmectl, "-s", endpoint.url, *arguments], typed="y\n")
        assert (refused.status, script.posted) == (2, [])
        assert "--yes" in refused.err
        assert run([acmectl, "-s", endpoint.url, *arguments, "--yes"]).status == 0
    assert script.posted[0].query == {"reason": "superseded"}


def test_an_account_is_closed_when_its_issuer_is_typed_again(acmectl: str) -> None:
    script = Steered(command("done"))
    with StatusEndpoint(script) as endpoint:
        for typed, status in (("other\n", 1), ("letsencrypt\n", 0)):
            with Terminal([acmectl, "-s", endpoint.url, "deactivate", "letsencrypt"]) as terminal:
                terminal.read_until("to go on:")
                terminal.type(typed)
                assert terminal.finish() == status
        assert [each.query for each in script.posted] == [{"confirm": "letsencrypt"}]
        refused = run([acmectl, "-s", endpoint.url, "deactivate", "letsencrypt"])
        assert refused.status == 2
        assert run([acmectl, "-s", endpoint.url, "deactivate", "letsencrypt",
                    "--confirm", "letsencrypt"]).status == 0


@pytest.mark.parametrize("verb", ["rollover", "pause", "resume"])
def test_issuers_are_steered_by_name(acmectl: str, verb: str) -> None:
    script = Steered(command("done"))
    with StatusEndpoint(script) as endpoint:
        assert run([acmectl, "-s", endpoint.url, verb, "my ca"]).status == 0
    assert script.posted[0].path == f"/acme/1/issuers/my%20ca/{verb}"


# What goes on.

def frames(output: str) -> list[str]:
    """What each redrawing of the screen shows."""
    return [without_escapes(frame) for frame in output.split("\x1b[H")[1:]]


def test_watch_redraws_and_leaves_the_terminal_as_it_was(acmectl: str) -> None:
    shown = [certificate("a.example", "renewing")]

    def script(request: Request) -> Optional[Answer]:
        return certificates(*shown) if "certificates" in request.path else None

    with StatusEndpoint(script) as endpoint, Terminal(
            [acmectl, "-s", endpoint.url, "watch", "--interval", "1"]) as terminal:
        terminal.read_until("\x1b[?1049h\x1b[?25l")
        terminal.read_until("1 certificate: 1 renewing")
        shown[0] = certificate("a.example", "valid")
        terminal.read_until("1 certificate: 1 valid")
        terminal.press_ctrl_c()
        assert terminal.finish() == 0
    assert terminal.output.endswith("\x1b[?25h\x1b[?1049l")


def test_watch_puts_what_needs_a_person_on_top_and_fits_any_size(acmectl: str) -> None:
    many = [certificate(f"n{number}.example") for number in range(100)]
    many.insert(50, certificate("bad.example", "fallback"))

    def script(request: Request) -> Optional[Answer]:
        return certificates(*many) if "certificates" in request.path else None

    with StatusEndpoint(script) as endpoint, Terminal(
            [acmectl, "-s", endpoint.url, "watch", "--interval", "3600"]) as terminal:
        terminal.read_until("and 82 more")
        terminal.resize(40, 10)
        terminal.read_until("and 96 more")
        terminal.press_ctrl_c()
        assert terminal.finish() == 0
    first, second = frames(terminal.output)[0], frames(terminal.output)[-1]
    assert first.split("\n")[4].startswith("bad.example")
    assert len(first.split("\n")) == 24
    assert len(second.split("\n")) == 10
    assert [line for line in second.split("\n") if len(line) > 40] == []


def test_watch_says_that_nginx_is_gone_and_goes_on(acmectl: str) -> None:
    gone = threading.Event()

    def script(request: Request) -> Optional[Answer]:
        if gone.is_set():
            return problem(503, "the helper does not answer")
        return certificates(certificate("a.example"))

    with StatusEndpoint(script) as endpoint, Terminal(
            [acmectl, "-s", endpoint.url, "watch", "--interval", "1"]) as terminal:
        terminal.read_until("1 certificate: 1 valid")
        gone.set()
        assert "a.example" in terminal.read_until("no answer: the helper does not answer")
        gone.clear()
        terminal.read_until("every 1 s")
        terminal.press_ctrl_c()
        assert terminal.finish() == 0


def test_what_watch_is_refused_leaves_the_screen_alone(acmectl: str) -> None:
    with StatusEndpoint(lambda _: problem(403, "not you")) as endpoint, Terminal(
            [acmectl, "-s", endpoint.url, "watch"]) as terminal:
        assert terminal.finish() == 4
    assert terminal.output == "acmectl: not you\n"


def event(number: int, kind: str = "renewed", at: str = "2026-03-01T00:00:00Z") -> dict[str, Any]:
    return {"number": number, "event": kind, "at": at, "issuer": "letsencrypt",
            "certificate": f"n{number}.example", "text": f"event {number}"}


def events(list_of: Callable[[], list[dict[str, Any]]]) -> Callable[[Request], Optional[Answer]]:
    def script(request: Request) -> Optional[Answer]:
        if request.path != "/acme/1/events":
            return None
        all_events = list_of()
        since = int(request.query["since"])
        return Answer({"events": [each for each in all_events if each["number"] > since],
                       "last": all_events[-1]["number"]})
    return script


def test_events_are_lines(acmectl: str) -> None:
    script = events(lambda: [event(1, "issued"), event(2, "failed"), event(3)])
    with StatusEndpoint(script) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "events", "--since", "1"])
        document = run([acmectl, "-s", endpoint.url, "events", "--json"])
        recent = run([acmectl, "-s", endpoint.url, "events", "--since", "12h"])
    assert shown.out == (
        "2026-03-01T00:00:00Z  failed  n2.example  letsencrypt: event 2\n"
        "2026-03-01T00:00:00Z  renewed  n3.example  letsencrypt: event 3\n")
    assert [json.loads(line)["number"] for line in document.out.splitlines()] == [1, 2, 3]
    assert (recent.status, recent.out) == (0, "")


def test_events_are_followed_over_a_restart_of_nginx(acmectl: str) -> None:
    known = [event(8), event(9)]
    with StatusEndpoint(events(lambda: known)) as endpoint, Terminal(
            [acmectl, "-s", endpoint.url, "events", "--follow"],
            environment={"NO_COLOR": "1"}) as terminal:
        terminal.read_until("event 9\n")
        known[:] = [event(1)]  # counted anew
        terminal.read_until("event 1\n")
        terminal.press_ctrl_c()
        assert terminal.finish() == 130
    assert len(re.findall("event 8\n", terminal.output)) == 1


def test_a_command_for_nobody_is_not_lost_in_silence(acmectl: str) -> None:
    shown = run([acmectl, "-s", f"http://127.0.0.1:{free_port()}/", "pause", "letsencrypt"])
    assert (shown.status, shown.out) == (3, "")
    assert "no answer" in shown.err


def test_a_posted_command_is_not_sent_twice(acmectl: str) -> None:
    script = Steered(command("done"))
    with StatusEndpoint(script) as endpoint:
        run([acmectl, "-s", endpoint.url, "rollover", "letsencrypt"])
        wait_until(lambda: len(endpoint.requests) >= 2, "the look at the command")
    assert [each.method for each in endpoint.requests].count("POST") == 1

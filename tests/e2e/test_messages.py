# SPDX-License-Identifier: BSD-2-Clause
"""Every line of level error or warn names the issuer or certificate it is about, and
says what to do, or what is done about it. This walks all that the library can say."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest

from support.messages import call_at

CORE = Path(__file__).resolve().parents[2] / "acme_core"
MODULE = CORE.parent / "ngx_module"
THROWN = re.compile(r"Error\(\s*ErrorKind::kConfiguration")
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')

# What a person can do, or what happens by itself.
CURE = re.compile(
    r"\b(add|agree|ask|change|correct|create|enlarge|give|leave|look|make|name|needed|put|"
    r"remove|removes|run|say|set|take|use|using|write|tries again|tried again|next try|looked for|looking for|ordering|"
    r"until|stored in|registered anew|say why|stays|is left)\b")
# Texts that others have made: the walk meets them where they are thrown or returned.
FROM_ELSEWHERE = re.compile(r"what\(\)|\(what\)|\.problem\b|\bremark\b|\bskew\b|\bfault\b")
# Nobody's configuration leads there: parsers have refused it before.
IMPOSSIBLE = ("is not an IP address", "is not a DNS name", "cannot be the name of a key",
              "cannot be the name of state files", "bytes is too long",
              "is not the address of a DNS server", "libcurl cannot be initialized",
              "libcurl does not support", "is an address: it has no DNS record",
              "cannot be used: ")


@dataclass(frozen=True)
class Message:
    where: str
    call: str

    @property
    def text(self) -> str:
        return "".join(LITERAL.findall(self.call))


def messages(pattern: re.Pattern[str], folder: Path = CORE) -> Iterator[Message]:
    for path in sorted(folder.rglob("*.cpp")):
        text = path.read_text()
        for match in pattern.finditer(text):
            start = text.index("(", match.end() - 1 if pattern is not THROWN else match.start())
            line = text.count("\n", 0, start) + 1
            yield Message(f"{path.relative_to(CORE.parent)}:{line}", call_at(text, start))


LOGGED = list(messages(re.compile(r"\b(?:log|log_|log\(\)|log_of\([^;]*?\))\s*\.(?:warn|error)\(")))
FAULTS = list(messages(THROWN))
# What nginx -t and workers say: of the configuration, and of what goes wrong later.
SAID = list(messages(re.compile(
    r"\b(?:ngx_log_error\((?=\s*NGX_LOG_(?:ERR|WARN)\b)|remark\((?=\s*\w+,\s*NGX_LOG_WARN)"
    r"|warn\((?=\s*[\w.]+,))"), MODULE))


def test_the_walk_meets_what_there_is() -> None:
    assert len(LOGGED) > 30
    assert len(FAULTS) > 15
    assert len(SAID) > 25
    assert any("was removed or replaced" in message.text for message in LOGGED)


def test_nobody_logs_past_the_one_who_names_issuer_and_certificate() -> None:
    """EventLog puts both in front of every line; the bare logger does not. What waits
    for its delivery is of all issuers."""
    bare = []
    for path in sorted(CORE.rglob("*.cpp")):
        text = path.read_text()
        for match in re.finditer(r"logger_?(?:\.|->)write\(", text):
            call = call_at(text, match.end() - 1)
            loud = re.search(r"LogLevel::k(Warn|Error)", call)
            if loud and not re.search(r"issuer|certificate|what to do next|\bevents?\b", call):
                bare.append(f"{path.name}: {call}")
    assert bare == []


@pytest.mark.parametrize("message", LOGGED, ids=lambda message: message.where)
def test_a_line_says_what_to_do(message: Message) -> None:
    assert CURE.search(message.text) or FROM_ELSEWHERE.search(message.call), message.call


@pytest.mark.parametrize("message", SAID, ids=lambda message: message.where)
def test_what_the_module_says_has_its_cure(message: Message) -> None:
    passed_on = message.call.endswith(("where, message)", "what)"))
    assert passed_on or CURE.search(message.text) or FROM_ELSEWHERE.search(message.call), \
        message.call


@pytest.mark.parametrize("message", FAULTS, ids=lambda message: message.where)
def test_a_fault_of_the_configuration_says_what_to_change(message: Message) -> None:
    known = any(words in message.text for words in IMPOSSIBLE)
    assert known or CURE.search(message.text), message.call

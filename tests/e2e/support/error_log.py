# SPDX-License-Identifier: BSD-2-Clause
"""nginx's error log: what a test announced and what it did not."""

import re

LINE = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(\w+)\] ")
ALARMING = {"warn", "error", "crit", "alert", "emerg"}

# Key material, in the forms in which it could get into a log.
SECRET = re.compile(r"PRIVATE KEY|\"d\" *:")


def lines_of_level(text: str, levels: set[str]) -> list[str]:
    found = []
    for line in text.splitlines():
        match = LINE.match(line)
        if match and match.group(1) in levels:
            found.append(line)
    return found


# What impatient clients leave behind while they wait.
NOISE = re.compile(
    r"client closed connection while|SSL_do_handshake\(\) failed|signal \d+ \(SIG"
    r"|gracefully shutting down|exit(ing)?$"
    r"|start (worker|cache manager) process|worker process \d+ exited with code 0")


def excerpt(text: str, limit: int = 100) -> str:
    """The end of a log, for people."""
    lines = [line for line in text.splitlines() if not NOISE.search(line)]
    return "\n".join(lines[-limit:])


class LogExpectations:
    """A test fails on a line of level warn or above that it did not announce,
    and on an announced line that did not come."""

    def __init__(self) -> None:
        self._expected: list[str] = []
        self._allowed: list[str] = []

    def expect(self, pattern: str) -> None:
        self._expected.append(pattern)

    def allow(self, pattern: str) -> None:
        self._allowed.append(pattern)

    def complaints(self, text: str) -> list[str]:
        alarming = lines_of_level(text, ALARMING)
        patterns = self._expected + self._allowed
        found = [f"unannounced: {line}" for line in alarming
                 if not any(re.search(pattern, line) for pattern in patterns)]
        found += [f"announced, but not there: {pattern}" for pattern in self._expected
                  if not re.search(pattern, text, re.MULTILINE)]
        found += [f"a secret: {line}" for line in text.splitlines() if SECRET.search(line)]
        return found

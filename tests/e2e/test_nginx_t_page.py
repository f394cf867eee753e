# SPDX-License-Identifier: BSD-2-Clause
"""docs/nginx-t.md: nginx says of each wrong configuration what the page shows, and
accepts it without a warning after the page's change.

An entry is a heading, the file of tests/config, what is said ("…" stands for words of
OpenSSL), and the change: runs of lines, with "…" between them."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.config_check import CONFIG, check_text
from support.nginx import Check, Nginx

PAGE = Path(__file__).resolve().parents[2] / "docs/nginx-t.md"
ENTRY = re.compile(r"^### (?P<heading>[^\n]+)\n\n`(?P<file>\w+/\w+)`\n\n"
                   r"```text\n(?P<said>.+?)\n```\n\n```diff\n(?P<change>.+?)\n```$",
                   re.MULTILINE | re.DOTALL)
# Only root has nginx give folders to the worker user.
NEED_ROOT = ("state_path_of_others", "state_path_closed")


@dataclass(frozen=True)
class Entry:
    name: str
    is_refused: bool
    text: str  # the wrong configuration
    said: list[str]
    change: str

    def repaired(self) -> str:
        lines = self.text.split("\n")
        for run in self.change.split("\n…\n"):
            marked = [(line[:1], line[1:]) for line in run.split("\n")]
            old = [line for mark, line in marked if mark != "+"]
            starts = [i for i in range(len(lines)) if lines[i:i + len(old)] == old]
            assert len(starts) == 1, f"these lines are not once in {self.name}: {old}"
            lines[starts[0]:starts[0] + len(old)] = [line for mark, line in marked if mark != "-"]
        return "\n".join(lines)


def entries() -> list[Entry]:
    found = []
    for match in ENTRY.finditer(PAGE.read_text()):
        file = CONFIG / f"{match['file']}.conf"
        found.append(Entry(file.stem, file.parent.name == "refused", file.read_text(),
                           match["said"].split("\n"), match["change"]))
    return found


ENTRIES = entries()


def lines_of(nginx: Nginx, result: Check, conf: Path) -> list[str]:
    """What is said, notices too, with the page's names for what differs."""
    text = result.log.replace(str(conf), "nginx.conf").replace(
        str(nginx.prefix), "/usr/share/nginx").replace(nginx.address, "0.0.0.0")
    return [f"[{level}] {words}" for level, words in
            re.findall(r"\[(emerg|error|warn|notice)\] (?:[\d#]+: )?(.*)", text)]


def is_as_shown(said: str, shown: str) -> bool:
    return re.fullmatch(re.escape(shown).replace("…", ".+"), said) is not None


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_page_has_what_is_said_and_the_change_mends_it(nginx: Nginx, entry: Entry) -> None:
    if entry.name in NEED_ROOT and os.geteuid() != 0:
        pytest.skip("needs root")
    result, conf = check_text(nginx, f"{entry.name}.conf", entry.text)
    said = lines_of(nginx, result, conf)

    assert result.status == entry.is_refused, result.output
    untold = [line for line in said if not line.startswith("[notice]")
              and not any(is_as_shown(line, shown) for shown in entry.said)]
    unsaid = [shown for shown in entry.said if not any(is_as_shown(line, shown) for line in said)]
    assert (untold, unsaid) == ([], [])

    result, conf = check_text(nginx, f"{entry.name}.conf", entry.repaired())
    assert result.status == 0, result.output
    assert [line for line in lines_of(nginx, result, conf)
            if not line.startswith("[notice]") or line in entry.said] == []


def test_the_page_has_fifty_and_nothing_that_is_no_entry() -> None:
    assert len(ENTRIES) >= 50
    assert len(ENTRIES) == PAGE.read_text().count("\n### ")
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)

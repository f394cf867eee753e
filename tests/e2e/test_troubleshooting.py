# SPDX-License-Identifier: BSD-2-Clause
"""docs/troubleshooting.md has every line of level warn or above that the sources can
write: whoever adds one says there what it means."""

import re

from support.messages import Fragment, ROOT, fragments

PAGE = ROOT / "docs/troubleshooting.md"
FRAGMENTS = fragments()


def words(text: str) -> str:
    return " ".join(text.split())


PAGE_WORDS = words(PAGE.read_text())


def missing(found: list[Fragment]) -> list[str]:
    return [f"{each.where}: {each.text}" for each in found if words(each.text) not in PAGE_WORDS]


def test_the_walk_meets_what_there_is() -> None:
    """Of each kind of call one that is known, so that a change of style is noticed."""
    assert len(FRAGMENTS) > 100
    texts = [fragment.text for fragment in FRAGMENTS]
    for known in (
            "was removed or replaced; what is known and served is stored",  # warn()
            "more certificates expire or have expired without a new one",  # error()
            "a thread for certificates has ended",  # write(LogLevel::…)
            "our own server does not answer an http-01 challenge",  # Error(ErrorKind::…)
            "manages nothing: the server has no",  # remark()
            "it cannot be installed, the previous one stays",  # ngx_log_error()
            "no identifiers for \"acme_certificate\""):  # refuse()
        assert any(known in text for text in texts), known


def test_each_line_is_explained() -> None:
    assert missing(FRAGMENTS) == []


def test_a_line_that_is_not_explained_is_found() -> None:
    made_up = Fragment("engine.cpp:1", "the moon is in the way; wait until it has set")

    assert missing([made_up]) == [f"{made_up.where}: {made_up.text}"]


def test_each_group_of_lines_says_what_to_do() -> None:
    """Behind the lines there is more than the next heading."""
    sections = re.split(r"^#+ .*$", PAGE.read_text(), flags=re.MULTILINE)
    with_lines = [section for section in sections if "```text" in section]
    assert len(with_lines) > 20
    for section in with_lines:
        assert len(section.rpartition("```")[2].strip()) > 40, section

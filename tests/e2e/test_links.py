# SPDX-License-Identifier: BSD-2-Clause
"""Links of the documentation lead to files and headings that there are."""

import re
from pathlib import Path

import pytest

from support.markdown import anchors

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def targets(page: Path) -> list[str]:
    return [target for target in LINK.findall(page.read_text())
            if not target.startswith(("http://", "https://", "mailto:"))]


def is_there(page: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    path = page.parent / file if file else page
    return path.exists() and (not anchor or anchor in anchors(path))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [target for target in targets(page) if not is_there(page, target)] == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One, and only\n[a](page.md#one-and-only) [b](#two) [c](other.md)")

    assert targets(page) == ["page.md#one-and-only", "#two", "other.md"]
    assert [is_there(page, target) for target in targets(page)] == [True, False, False]


def test_every_page_of_the_documentation_is_in_its_table_of_contents() -> None:
    contents = (ROOT / "docs/README.md").read_text()
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert [name for name in sorted(pages) if f"({name})" not in contents] == []

# SPDX-License-Identifier: BSD-2-Clause
"""Configurations of config_examples/ on this machine, and the pages that show them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RECIPES = ROOT / "config_examples/recipes"

# A link to a file, and the next configuration behind it.
SHOWN = re.compile(r"\]\((\.\./\.\./config_examples/[^)]+)\)(?:(?!\n```|config_examples/).)*?"
                   r"\n```(?:nginx|haproxy)\n(.*?)\n```", re.DOTALL)


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Each change replaces what is there: one that meets nothing is a mistake."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def recipe(name: str, *changes: tuple[str, str]) -> str:
    """A configuration of config_examples/recipes/, with its log below nginx's prefix."""
    return changed((RECIPES / name).read_text(), ("/var/log/nginx/", ""), *changes)


def shown_configurations(page: Path) -> list[tuple[Path, str]]:
    """Each file of config_examples/ that the page links to with its text as shown."""
    return [((page.parent / link).resolve(), text)
            for link, text in SHOWN.findall(page.read_text())]

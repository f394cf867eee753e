# SPDX-License-Identifier: BSD-2-Clause
"""Pages of the documentation, as those see them who follow a link."""

import re
from pathlib import Path


def anchors(page: Path) -> set[str]:
    """What may stand behind "#": headings as GitHub names them, and <a id="…">."""
    text = page.read_text()
    found = set(re.findall(r'<a id="([^"]+)">', text))
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(words.replace(" ", "-"))
    return found

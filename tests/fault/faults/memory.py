# SPDX-License-Identifier: BSD-2-Clause
"""What a process has of its own."""

import re
from pathlib import Path


def own_kilobytes(pid: int) -> int:
    """Anonymous memory that is resident."""
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)
    assert match, status
    return int(match.group(1))

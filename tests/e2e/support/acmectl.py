# SPDX-License-Identifier: BSD-2-Clause
"""acmectl, as a script runs it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .pebble import PebbleServer


@dataclass(frozen=True)
class Answer:
    status: int
    output: str  # what was asked for
    remarks: str  # standard error

    @property
    def document(self) -> Any:
        return json.loads(self.output)


def run_acmectl(program: str, *arguments: str, stdin: int = subprocess.DEVNULL,
                **more: Any) -> Answer:
    result = subprocess.run([program, *arguments], stdin=stdin, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, check=False, timeout=60, **more)
    return Answer(result.returncode, result.stdout, result.stderr)


def take_over(acmectl: str, pebble: PebbleServer, client: str, folder: Path, state: Path,
              *more: str) -> Answer:
    """Imports a client's folder into the state directory of issuer "pebble"."""
    return run_acmectl(acmectl, "import", client, str(folder), "--state", str(state),
                       "--issuer", "pebble", "--directory", pebble.directory_url, *more)

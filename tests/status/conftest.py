# SPDX-License-Identifier: BSD-2-Clause
"""What the status endpoint answers with an invented snapshot, by status_preview."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Answer:
    status: int
    fields: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Preview:
    def __init__(self, program: str) -> None:
        self._program = program

    def __call__(self, target: str, *options: str, method: str = "GET") -> Answer:
        output = subprocess.run([self._program, *options, method, target], check=True,
                                stdout=subprocess.PIPE, timeout=60).stdout
        head, body = output.split(b"\n\n", 1)
        status, *lines = head.decode().split("\n")
        return Answer(int(status), dict(line.split(": ", 1) for line in lines), body)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--preview", required=True, help="the program status_preview")
    parser.addoption("--pictures", help="folder for pictures of the page")


@pytest.fixture(scope="session")
def preview(pytestconfig: pytest.Config) -> Preview:
    return Preview(pytestconfig.getoption("--preview"))


@pytest.fixture
def pictures(pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """Where pictures go: a folder that somebody wants to look into, or one for a moment."""
    return Path(pytestconfig.getoption("--pictures") or tmp_path)

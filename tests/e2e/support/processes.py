# SPDX-License-Identifier: BSD-2-Clause
"""Child processes that never outlive the test."""

import ctypes
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Optional

from .waiting import wait_until

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ServerProcess:
    """A server in the foreground, with its output in a file. It leads a process
    group of its own, and is told to end when pytest dies."""

    def __init__(self, arguments: list[str], output: Path,
                 environment: Optional[dict[str, str]] = None,
                 folder: Optional[Path] = None) -> None:
        def end_with_parent() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

        with open(output, "ab") as log:
            self._process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
                env={**os.environ, **(environment or {})}, start_new_session=True,
                preexec_fn=end_with_parent)
        self.pid = self._process.pid

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    @property
    def status(self) -> Optional[int]:
        """Its exit status, None while it runs."""
        return self._process.poll()

    def wait(self, what: str) -> int:
        wait_until(lambda: self.status is not None, f"the end of {what}")
        assert self.status is not None
        return self.status

    def end(self, number: int = signal.SIGTERM, timeout: float = 10.0) -> None:
        """Ends the process and whatever it started."""
        if self.status is None:
            self.send(signal.SIGCONT)
            self.send(number)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()


def children(parent: int) -> dict[int, str]:
    """pid → command line of the processes that `parent` started."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent and after_name[0] != "Z":
                title = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(folder.name)] = title.decode(errors="replace").strip()
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def own_kilobytes(pid: int) -> int:
    """Anonymous memory that is resident: what a process has for itself."""
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)
    assert match, status
    return int(match.group(1))


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"

# SPDX-License-Identifier: BSD-2-Clause
"""Programs in a terminal of a given size, or without one."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from typing import Optional

from .waiting import PATIENCE

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def without_escapes(text: str) -> str:
    return _ESCAPES.sub("", text)


class Result:
    def __init__(self, status: int, out: str, err: str) -> None:
        self.status = status
        self.out = out
        self.err = err


def _environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "TERM": "xterm", "LANG": "C", **more}


def run(command: list[str], typed: str = "",
        environment: Optional[dict[str, str]] = None) -> Result:
    """Without a terminal, to its end."""
    done = subprocess.run(command, input=typed, capture_output=True, text=True,
                          timeout=PATIENCE, env=_environment(environment or {}))
    return Result(done.returncode, done.stdout, done.stderr)


class Terminal:
    """A program whose standard streams are a terminal."""

    def __init__(self, command: list[str], columns: int = 80, rows: int = 24,
                 environment: Optional[dict[str, str]] = None) -> None:
        self._master, slave = pty.openpty()
        self.resize(columns, rows)
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave,
            env=_environment(environment or {}), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None)
        os.close(slave)
        self.output = ""
        self._returned = 0

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)

    def resize(self, columns: int, rows: int) -> None:
        """The program is told by SIGWINCH, as a terminal does."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def press_ctrl_c(self) -> None:
        self.type("\x03")

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def read_until(self, text: str) -> str:
        """What was shown behind what the last call returned, up to and with `text`."""
        deadline = time.monotonic() + PATIENCE
        begin = self._returned
        while text not in self.output[begin:]:
            assert time.monotonic() < deadline, f"{text!r} is not in {self.output[begin:]!r}"
            assert self._read(0.1), f"ended without {text!r}: {self.output[begin:]!r}"
        self._returned = self.output.index(text, begin) + len(text)
        return self.output[begin:self._returned]

    def finish(self) -> int:
        """Reads the rest; its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self._read(0.1):
            assert time.monotonic() < deadline, f"does not end: {self.output!r}"
        return self._process.wait(PATIENCE)

    def _read(self, timeout: float) -> bool:
        """False at the end."""
        if not select.select([self._master], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # EIO: nobody has the other side any more
            return False
        self.output += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


def in_terminal(command: list[str], columns: int = 80, rows: int = 24,
                environment: Optional[dict[str, str]] = None) -> Result:
    """To its end; out has both streams."""
    with Terminal(command, columns, rows, environment) as terminal:
        status = terminal.finish()
        return Result(status, terminal.output, "")

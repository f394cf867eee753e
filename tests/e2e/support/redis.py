# SPDX-License-Identifier: BSD-2-Clause
"""Redis, which the nodes of a fleet share: one server, which keeps nothing on disk."""

import shutil
import signal
import socket
from pathlib import Path
from typing import Optional

from . import addresses
from .processes import ServerProcess
from .waiting import wait_until


class RedisServer:
    def __init__(self, address: str, folder: Path) -> None:
        self.url = f"redis://{address}:{addresses.REDIS}"
        self._address = address
        self._folder = folder
        self._log = folder / "redis.log"
        self._process: Optional[ServerProcess] = None

    @staticmethod
    def why_unusable() -> str:
        return "" if shutil.which("redis-server") else "Redis is not installed (scripts/setup)"

    def start(self) -> "RedisServer":
        self._process = ServerProcess(
            ["redis-server", "--bind", self._address, "--port", str(addresses.REDIS),
             "--save", "", "--appendonly", "no", "--dir", str(self._folder)], self._log)
        wait_until(self._answers, "Redis")
        return self

    def stop(self) -> None:
        """It loses what it had."""
        if self._process is not None:
            self._process.end(signal.SIGKILL)
            self._process = None

    def close(self) -> None:
        self.stop()

    def ask(self, *words: str) -> bytes:
        """A command, by its words without spaces; the beginning of the reply."""
        with socket.create_connection((self._address, addresses.REDIS), 5) as connection:
            connection.sendall((" ".join(words) + "\r\n").encode())
            return connection.recv(65536)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.status is None, f"Redis ended:\n{self._log.read_text()}"
        try:
            return self.ask("PING") == b"+PONG\r\n"
        except OSError:
            return False

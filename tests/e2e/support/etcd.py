# SPDX-License-Identifier: BSD-2-Clause
"""etcd, which the nodes of a fleet share: one server."""

import base64
import json
import shutil
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Optional

from . import addresses
from .processes import ServerProcess
from .waiting import wait_until


class EtcdServer:
    """start(), stop() and start() again with what it had; wipe() in between."""

    def __init__(self, address: str, folder: Path) -> None:
        self.url = f"http://{address}:{addresses.ETCD}"
        self._peer = f"http://{address}:{addresses.ETCD_PEER}"
        self._folder = folder
        self._log = folder / "etcd.log"
        self._data = folder / "data"
        self._process: Optional[ServerProcess] = None

    @staticmethod
    def why_unusable() -> str:
        return "" if shutil.which("etcd") else "etcd is not installed (scripts/setup)"

    def start(self) -> "EtcdServer":
        self._process = ServerProcess(
            ["etcd", "--data-dir", str(self._data),
             "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
             "--listen-peer-urls", self._peer, "--initial-advertise-peer-urls", self._peer,
             "--initial-cluster", f"default={self._peer}", "--unsafe-no-fsync"],
            self._log)
        wait_until(self._answers, "etcd")
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.end(signal.SIGKILL)
            self._process = None

    def close(self) -> None:
        self.stop()

    def pause(self) -> None:
        """It listens and answers nothing."""
        assert self._process is not None
        self._process.send(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send(signal.SIGCONT)

    def wipe(self) -> None:
        """While it is stopped: all that it had is lost."""
        assert self._process is None
        shutil.rmtree(self._data)

    def remove_all(self, prefix: str = "/ngx-acme/") -> None:
        """As an operator's "etcdctl del --prefix"."""
        self._ask("kv/deleterange", self._range(prefix))

    def put(self, key: str, value: bytes) -> None:
        self._ask("kv/put", {"key": encoded(key.encode()), "value": encoded(value)})

    def entries(self, prefix: str = "/ngx-acme/") -> dict[str, bytes]:
        """Keys without the prefix."""
        found = self._ask("kv/range", self._range(prefix)).get("kvs", [])
        return {base64.b64decode(one["key"]).decode()[len(prefix):]:
                base64.b64decode(one.get("value", "")) for one in found}

    @property
    def revision(self) -> int:
        """Counts all writes."""
        return int(self._ask("kv/range", self._range("/"))["header"]["revision"])

    @staticmethod
    def _range(prefix: str) -> dict[str, str]:
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        return {"key": encoded(prefix.encode()), "range_end": encoded(end.encode())}

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.status is None, f"etcd ended:\n{self._log.read_text()}"
        try:
            self._ask("kv/range", self._range("/"))
        except (OSError, urllib.error.URLError):
            return False
        return True

    def _ask(self, what: str, question: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/v3/{what}", json.dumps(question).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()

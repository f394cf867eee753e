# SPDX-License-Identifier: BSD-2-Clause
"""The status endpoint, as a client of any make sees it."""

import gzip
import http.client
import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

from . import addresses

BASE = "/acme/"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def text(self) -> str:
        body = gzip.decompress(self.body) if "content-encoding" in self.headers else self.body
        return body.decode()

    def json(self) -> Any:
        return json.loads(self.text)

    def problem(self) -> str:
        """What is wrong, in words (RFC 9457)."""
        assert self.headers["content-type"] == "application/problem+json", self
        document = self.json()
        assert document["status"] == self.status
        assert document["type"] == "about:blank" and document["title"]
        return str(document["detail"])


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(self._path))


class StatusEndpoint:
    """At an address, or at the path of a socket. What it answers is appended to
    `record`, which is searched for secrets like any log."""

    def __init__(self, place: Union[str, Path], record: Path, port: int = addresses.HTTP) -> None:
        self._place = place
        self._port = port
        self._record = record

    def ask(self, path: str = "", method: str = "GET", headers: Optional[dict[str, str]] = None,
            body: Optional[bytes] = None, base: str = BASE) -> Answer:
        connection = (_UnixConnection(self._place) if isinstance(self._place, Path) else
                      http.client.HTTPConnection(self._place, self._port, timeout=20))
        try:
            connection.request(method, base + path, body, headers or {})
            response = connection.getresponse()
            answer = Answer(response.status,
                            {name.lower(): value for name, value in response.getheaders()},
                            response.read())
        finally:
            connection.close()
        with self._record.open("ab") as record:
            record.write(repr(answer.headers).encode() + b"\n" + answer.body + b"\n")
        return answer

    def get(self, path: str = "", headers: Optional[dict[str, str]] = None) -> Answer:
        """A good one."""
        answer = self.ask(path, headers=headers)
        assert answer.status == 200, answer
        return answer

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.headers["content-type"] == "application/json"
        return answer.json()

    def certificates(self, query: str = "") -> dict[str, Any]:
        """By first name."""
        page = self.json(f"1/certificates{query}")
        return {each["name"]: each for each in page["certificates"]}

    def command(self, path: str, headers: Optional[dict[str, str]] = None) -> Answer:
        """A POST with the header field that it takes."""
        return self.ask(path, "POST", {"Acme-Write": "1", **(headers or {})})

    def raw(self, request: bytes) -> bytes:
        """All that comes back for exactly these bytes, until the server closes."""
        assert isinstance(self._place, str)
        with socket.create_connection((self._place, self._port), timeout=20) as connection:
            connection.sendall(request)
            found = b""
            while part := connection.recv(65536):
                found += part
        return found


class SlowReader:
    """Asks, and reads a few bytes when it is told to."""

    def __init__(self, address: str, path: str, port: int = addresses.HTTP) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self._socket.settimeout(20)
        self._socket.connect((address, port))
        self._socket.sendall(
            f"GET {BASE}{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

        self._received = b""

    def read(self, size: int = 1) -> bytes:
        part = self._socket.recv(size)
        self._received += part
        return part

    def whole_body(self) -> bytes:
        """Reads on to the end; fails when the answer does not get there."""
        while self.read(1 << 20):
            pass
        header, _, rest = self._received.partition(b"\r\n\r\n")
        assert b"Transfer-Encoding: chunked" in header, header
        body = b""
        while True:
            length, _, rest = rest.partition(b"\r\n")
            size = int(length, 16)
            if size == 0:
                return body
            assert len(rest) > size, "the connection was closed in the middle"
            body, rest = body + rest[:size], rest[size + 2:]

    def close(self) -> None:
        self._socket.close()


def seconds_of(action: Any) -> float:
    """How long it takes."""
    began = time.monotonic()
    action()
    return time.monotonic() - began

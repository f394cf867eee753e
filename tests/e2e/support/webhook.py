# SPDX-License-Identifier: BSD-2-Clause
"""A web service that is told of events."""

import http.server
import json
import threading
from dataclasses import dataclass
from typing import Any, Callable, Optional

from . import addresses
from .waiting import wait_until


@dataclass(frozen=True)
class Call:
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)


Answer = tuple[int, dict[str, str]]


class Webhook:
    """Answers every POST with 204, or as `answer` says; what came is in `calls`."""

    def __init__(self, address: str, port: int = addresses.WEBHOOK,
                 answer: Callable[[Call], Answer] = lambda call: (204, {})) -> None:
        self.url = f"http://{address}:{port}/hook"
        self.calls: list[Call] = []
        self.answer = answer
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                call = Call(self.path, {name.lower(): value for name, value
                                        in self.headers.items()}, self.rfile.read(length))
                outer.calls.append(call)
                status, fields = outer.answer(call)
                try:
                    self.send_response(status)
                    for name, value in fields.items():
                        self.send_header(name, value)
                    self.end_headers()
                except OSError:  # the client has gone
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer((address, port), Handler)
        self._server.daemon_threads = True
        self._thread: Optional[threading.Thread] = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def wait_for(self, event: str, certificate: str) -> Call:
        def look() -> Optional[Call]:
            return next((call for call in self.calls if call.event["event"] == event
                         and call.event.get("certificate") == certificate), None)

        found = wait_until(look, f"the event {event} of {certificate}")
        assert found is not None
        return found

    def close(self) -> None:
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._thread = None

    def __enter__(self) -> "Webhook":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

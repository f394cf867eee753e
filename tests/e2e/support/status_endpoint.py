# SPDX-License-Identifier: BSD-2-Clause
"""A status endpoint that answers as a test says, right or wrong, on a port or a
socket in the file system."""

import http.server
import json
import socket
import socketserver
import threading
from pathlib import Path
from typing import Any, Callable, Iterator, Optional, Union
from urllib.parse import parse_qsl, urlsplit

TAKEN_AT = "2026-03-01T00:00:00Z"


class Request:
    def __init__(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.method = handler.command
        self.path = parts.path
        self.query = dict(parse_qsl(parts.query))
        self.headers = handler.headers


class Answer:
    def __init__(self, body: Union[bytes, str, dict[str, Any]] = b"", status: int = 200,
                 content_type: str = "application/json",
                 headers: Optional[dict[str, str]] = None,
                 pieces: Optional[Iterator[bytes]] = None) -> None:
        if isinstance(body, dict):
            body = json.dumps(body)
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.content_type = content_type
        self.headers = headers or {}
        # Sent instead of a body, without a length, for as long as the client stays.
        self.pieces = pieces


def problem(status: int, detail: str) -> Answer:
    """As RFC 9457 has it."""
    return Answer({"type": "about:blank", "title": "It is refused", "status": status,
                   "detail": detail}, status, "application/problem+json")


Script = Callable[[Request], Optional[Answer]]


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


class _TcpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True


class StatusEndpoint:
    """`script` answers; None: with a problem of status 404. "GET 1/process" has an
    answer already, unless the script gives another."""

    def __init__(self, script: Script, unix_socket: Optional[Path] = None,
                 address: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def respond(self) -> None:
                request = Request(self)
                endpoint.requests.append(request)
                answer = script(request)
                if answer is None and request.path.endswith("/1/process"):
                    answer = Answer({"helper_alive": True, "writable": True,
                                     "version": "0.1.0", "helper": {}})
                self.send_answer(answer or problem(404, "there is no such thing"))

            def send_answer(self, answer: Answer) -> None:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.pieces is None:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                try:
                    self.wfile.write(answer.body)
                    for piece in answer.pieces or ():
                        self.wfile.write(piece)
                except (BrokenPipeError, ConnectionResetError):
                    pass

            do_GET = do_POST = do_HEAD = respond

            def address_string(self) -> str:
                return "client"

            def log_message(self, *_: object) -> None:
                pass

        self._server: socketserver.BaseServer
        if unix_socket:
            self._server = _UnixServer(str(unix_socket), Handler)
            self.url = f"unix:{unix_socket}:/acme/"
        else:
            self._server = _TcpServer((address, 0), Handler)
            self.url = f"http://{address}:{self._server.server_address[1]}/acme/"
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={"poll_interval": 0.01})
        self._thread.start()

    def __enter__(self) -> "StatusEndpoint":
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def hang(self) -> Iterator[bytes]:
        """Nothing, until the test ends."""
        self.stopping.wait()
        yield b""


def certificate(name: str, state: str = "valid", **more: Any) -> dict[str, Any]:
    """As 1/certificates/NAME has it."""
    return {"id": name, "name": name, "names": [name], "issuer": "letsencrypt",
            "issuers": ["letsencrypt"], "key": "ecdsa:256", "state": state,
            "reason": f"it is {state}", "served": True, "stand_in": False,
            "serial": "0badcafe", "fingerprint": "ab" * 32,
            "chain": ["R10", "ISRG Root X1"],
            "not_before": "2026-01-30T00:00:00Z", "not_after": "2026-04-30T00:00:00Z",
            "renew_at": "2026-03-31T00:00:00Z", "renew_why": "two thirds of its lifetime",
            "failures": 0, "saved": True, "generation": 3, **more}


def certificates(*documents: dict[str, Any], **more: Any) -> Answer:
    return Answer({"taken_at": TAKEN_AT, "total": len(documents),
                   "certificates": list(documents), **more})


def issuer(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "directory_url": f"https://{name}.example/directory",
            "state_path": f"/var/lib/nginx/acme_{name}", "dry_run": False, "certificates": 2,
            "account_url": f"https://{name}.example/acct/1", "contacts": [], "reachable": True,
            "paused_by_operator": False, "lease": True, "state_writable": True,
            "limits": [{"name": "new orders", "limit": 300, "used": 3,
                        "period_seconds": 10800}], **more}


def command(state: str, text: str = "", number: int = 7, verb: str = "renew",
            certificate: str = "www.example.com") -> dict[str, Any]:
    return {"id": number, "verb": verb, "certificate": certificate, "state": state,
            "text": text, "asked_at": TAKEN_AT}


def free_port() -> int:
    """Where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

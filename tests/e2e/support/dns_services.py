# SPDX-License-Identifier: BSD-2-Clause
"""Web services that publish DNS records: lego's httpreq and acme-dns."""

import base64
import contextlib
import http.server
import json
import re
import secrets
import threading
from typing import Any, Iterator

from .dns_records import DnsRecords

Answer = tuple[int, dict[str, Any]]


class DnsService:
    """Answers POST requests on a port of its own of the test's address."""

    def __init__(self, address: str) -> None:
        self.records = DnsRecords(address)
        self.requests: list[str] = []  # "/path user" of each
        self._lock = threading.Lock()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"]))
                with service._lock:
                    status, document = service.answer(
                        self.path, self.headers, json.loads(text or b"{}"))
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.url = f"http://{address}:{self._server.server_port}"

    def answer(self, path: str, headers: Any, document: dict[str, str]) -> Answer:
        raise NotImplementedError

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._server.serve_forever,
                                  kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class HttpReq(DnsService):
    USER, PASSWORD = "nginx", "s3cr3t+/="

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.live: dict[str, list[str]] = {}

    def answer(self, path: str, headers: Any, document: dict[str, str]) -> Answer:
        self.requests.append(path)
        pair = base64.b64encode(f"{self.USER}:{self.PASSWORD}".encode()).decode()
        if headers["Authorization"] != f"Basic {pair}":
            return 401, {"error": "who are you?"}
        assert sorted(document) == ["fqdn", "value"]
        values = self.live.setdefault(document["fqdn"], [])
        if path == "/dns/present":
            values.append(document["value"])
        elif path == "/dns/cleanup":
            values.remove(document["value"])
        else:
            return 404, {}
        self.records.set_texts(document["fqdn"], values)
        return 200, document


class AcmeDns(DnsService):
    """As https://github.com/joohoi/acme-dns describes itself: of a subdomain the last
    two values are kept, and nothing is removed."""

    ZONE = "auth.example.net"

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.accounts: dict[str, dict[str, Any]] = {}  # by subdomain
        self.values: dict[str, list[str]] = {}

    def answer(self, path: str, headers: Any, document: dict[str, str]) -> Answer:
        self.requests.append(path)
        if path == "/register":
            return self._register()
        if path != "/update":
            return 404, {}
        account = self.accounts.get(document.get("subdomain", ""))
        if (account is None or headers["X-Api-User"] != account["username"]
                or headers["X-Api-Key"] != account["password"]):
            return 401, {"error": "forbidden"}
        if not re.fullmatch(r"[A-Za-z0-9_-]{43}", document.get("txt", "")):
            return 400, {"error": "bad_txt"}
        values = self.values.setdefault(account["subdomain"], [])
        values.append(document["txt"])
        del values[:-2]
        self.records.set_texts(account["fulldomain"] + ".", values)
        return 200, {"txt": document["txt"]}

    def _register(self) -> Answer:
        subdomain = secrets.token_hex(8)
        account = {"username": secrets.token_hex(16), "password": secrets.token_hex(20),
                   "fulldomain": f"{subdomain}.{self.ZONE}", "subdomain": subdomain,
                   "allowfrom": []}
        self.accounts[subdomain] = account
        return 201, account

# SPDX-License-Identifier: BSD-2-Clause
"""A CA's status responder: `openssl ocsp` behind a web server."""

import base64
import http.server
import re
import subprocess
import threading
import urllib.parse
from pathlib import Path

from . import addresses


class StatusResponder:
    """Up until close(), and again after open(). What it is not told of is good."""

    def __init__(self, address: str, folder: Path, issuer_pem: str, key_pem: str) -> None:
        folder.mkdir()
        self._folder = folder
        self._address = address
        (folder / "issuer.pem").write_text(issuer_pem)
        (folder / "key.pem").write_text(key_pem)
        self._lock = threading.Lock()
        self._asked: list[str] = []
        self.revoked: set[str] = set()  # serial numbers, as `asked` has them
        self.revokes_the_first = False
        self.open()

    @property
    def asked(self) -> list[str]:
        """Whose status it was asked for: serial numbers in hexadecimal, capitals."""
        return list(self._asked)

    def open(self) -> None:
        responder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(base64.b64decode(urllib.parse.unquote(self.path[1:])))

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, request: bytes) -> None:
                response = responder.answer(request)
                self.send_response(200)
                self.send_header("Content-Type", "application/ocsp-response")
                self.send_header("Content-Length", str(len(response)))
                self.end_headers()
                self.wfile.write(response)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(
            (self._address, addresses.RESPONDER), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def answer(self, request: bytes) -> bytes:
        with self._lock:
            (self._folder / "request.der").write_bytes(request)
            match = re.search(r"Serial Number: ([0-9A-F]+)",
                              self._openssl("-reqin", "request.der", "-req_text"))
            assert match, "a request without a serial number"
            serial = match.group(1)
            if self.revokes_the_first and not self._asked:
                self.revoked.add(serial)
            self._asked.append(serial)
            entry = ("R\t400101000000Z\t260101000000Z,keyCompromise"
                     if serial in self.revoked else "V\t400101000000Z\t")
            (self._folder / "index.txt").write_text(f"{entry}\t{serial}\tunknown\t/CN=x\n")
            self._openssl("-index", "index.txt", "-CA", "issuer.pem", "-rsigner", "issuer.pem",
                          "-rkey", "key.pem", "-reqin", "request.der", "-ndays", "4",
                          "-respout", "response.der")
            return (self._folder / "response.der").read_bytes()

    def _openssl(self, *arguments: str) -> str:
        return subprocess.run(["openssl", "ocsp", *arguments], cwd=self._folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=True).stdout

# SPDX-License-Identifier: BSD-2-Clause
"""Stands between nginx and a CA, sees every request, and may interfere."""

import http.client
import http.server
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

from support import addresses
from support.certificates import TestAuthority
from support.pebble import PebbleServer

PORT = addresses.CADDY  # no test has both


@dataclass(frozen=True)
class Event:
    """ARRIVED: the CA has not heard of it. ANSWERED: the CA has done it, and the
    client does not know. DELIVERED: the client has all of the answer."""

    number: int  # counts all events, from 1
    phase: str
    method: str
    path: str


# Header fields and body.
Answer = tuple[list[tuple[str, str]], bytes]

ARRIVED, ANSWERED, DELIVERED = "arrived", "answered", "delivered"


class Drop(Exception):
    """Raised by an observer: the connection ends here, by a reset."""


class CaProxy:
    """Ends TLS with a certificate of its own and passes requests on one by one.
    The CA's URLs are those of the proxy, since CAs take them from "Host"."""

    def __init__(self, pebble: PebbleServer, folder: Path, port: int = PORT,
                 host: str = "") -> None:
        """`host`: a name for it, when it is not known by its address."""
        self._pebble = pebble
        self._port = port
        host = host or pebble.address
        self.directory_url = f"https://{host}:{port}/dir"
        self.ca_file = folder / f"proxy-{port}-ca.pem"
        self._files = folder / f"proxy-{port}.crt", folder / f"proxy-{port}.key"
        self.address = pebble.address
        self.authority = TestAuthority("root of the proxy's own TLS")
        self.ca_file.write_text(self.authority.root_pem)
        self.authority.issue([host], *self._files)
        self.present(*self._files)
        self._observe: Optional[Callable[[Event], None]] = None
        self._alter: Callable[[str, Answer], Answer] = lambda _, answer: answer
        self._mutex = threading.Lock()
        self.event_count = 0
        self.bytes_per_second = 0  # of answers; 0: no limit
        self._server: Optional[http.server.ThreadingHTTPServer] = None
        self.open()

    def open(self) -> None:
        """Listens, at first and again after close()."""
        self._server = self._listen()
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def observed_by(self, observer: Optional[Callable[[Event], None]]) -> None:
        """Called for each event, in the thread of its connection."""
        self._observe = observer

    def altered_by(self, alter: Callable[[str, Answer], Answer]) -> None:
        """Called with each path and the CA's answer: gives the one that is sent."""
        self._alter = alter

    def present_own(self) -> None:
        self.present(*self._files)

    def present(self, certificate: Path, key: Path) -> None:
        """Another certificate, for connections from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._context = context

    def issuer(self, name: str = "pebble", more: str = "", state_path: str = "state") -> str:
        """The acme_issuer block for the CA behind the proxy."""
        text = self._pebble.issuer(name, more, state_path=state_path)
        return (text.replace(self._pebble.directory_url, self.directory_url)
                .replace(str(self._pebble.ca_file), str(self.ca_file)))

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            self._thread.join()

    def event(self, phase: str, method: str, path: str) -> None:
        with self._mutex:
            self.event_count += 1
            number = self.event_count
        if self._observe is not None:
            self._observe(Event(number, phase, method, path))

    def _listen(self) -> http.server.ThreadingHTTPServer:
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                self.request = proxy._context.wrap_socket(self.request, server_side=True)
                self.upstream: Optional[http.client.HTTPSConnection] = None
                super().setup()

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                proxy.event(ARRIVED, self.command, self.path)
                answer, data = self.ask(body)
                proxy.event(ANSWERED, self.command, self.path)
                fields, data = proxy._alter(self.path, (answer.getheaders(), data))
                self.send_response_only(answer.status)
                for key, value in fields:
                    if key.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.send_body(data)
                proxy.event(DELIVERED, self.command, self.path)

            do_GET = do_HEAD = do_POST = pass_on

            def ask(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
                if self.upstream is None:
                    trust = ssl.create_default_context(cafile=str(proxy._pebble.ca_file))
                    self.upstream = http.client.HTTPSConnection(
                        proxy._pebble.address, addresses.PEBBLE, timeout=20, context=trust)
                self.upstream.request(self.command, self.path, body or None, dict(self.headers))
                answer = self.upstream.getresponse()
                return answer, answer.read()

            def send_body(self, data: bytes) -> None:
                for sent in range(len(data)):
                    rate = proxy.bytes_per_second
                    if not rate:
                        self.wfile.write(data[sent:])
                        return
                    self.wfile.write(data[sent:sent + 1])
                    time.sleep(1 / rate)

            def handle(self) -> None:
                try:
                    super().handle()
                except Drop:
                    reset(self.request)
                except OSError:
                    pass  # the client died, as experiments want it

            def finish(self) -> None:
                if self.upstream is not None:
                    self.upstream.close()
                try:
                    super().finish()
                except OSError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                pass  # a handshake that the client gave up

        return Server((self._pebble.address, self._port), Handler)


def reset(connection: socket.socket) -> None:
    """Ends it with RST, not FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()

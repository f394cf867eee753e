# SPDX-License-Identifier: BSD-2-Clause
"""Server blocks as most tests need them, and a web server that is not nginx."""

import contextlib
import http.server
import threading
from typing import Iterator

from . import addresses

# Where the CA's HTTP-01 requests arrive, whatever the name.
REDIRECT = """
    server {
        listen 80 default_server;
        return 301 https://$host$request_uri;
    }"""


def https_server(names: str, more: str = "", listen: str = "443 ssl") -> str:
    """Answers with the process id of the worker that served the request."""
    return f"""
        server {{
            listen {listen};
            server_name {names};
            {more}
            location / {{ return 200 $pid; }}
        }}"""


@contextlib.contextmanager
def foreign_web_server(address: str, body: str) -> Iterator[None]:
    """Somebody else's: on port 80, with one answer to everything."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer((address, addresses.HTTP), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

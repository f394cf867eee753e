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


def redirect_beside(*locations: str) -> str:
    """The same, for all but these."""
    return f"""
    server {{
        listen 80 default_server;
        location / {{ return 301 https://$host$request_uri; }}
        {" ".join(locations)}
    }}"""


# Takes commands, too.
REDIRECT_AND_STATUS = redirect_beside("location /acme/ { acme_status write=on; }")


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
def foreign_web_server(address: str, body: str, port: int = addresses.HTTP,
                       redirects_to: str = "") -> Iterator[None]:
    """Somebody else's: with one answer to everything, or one that sends everything to
    the same path elsewhere."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if redirects_to else 200)
            if redirects_to:
                self.send_header("Location", redirects_to + self.path)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer((address, port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

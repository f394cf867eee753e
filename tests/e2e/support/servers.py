# SPDX-License-Identifier: BSD-2-Clause
"""Server blocks as most tests need them."""

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

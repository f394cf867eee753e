# SPDX-License-Identifier: BSD-2-Clause
"""Clients: what a visitor of nginx gets to see."""

import http.client
import re
import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from . import addresses
from .certificates import Certificate
from .waiting import wait_until


# Who signed what a managed server shows before its first certificate.
TEMPORARY = "ngx-acme temporary certificate"


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]  # names in lower case
    body: str
    certificate: Optional[Certificate] = None


class Visitor:
    """Connects to nginx on the test's address by any name, and trusts the roots
    in one file. What servers answer is appended to `record`."""

    def __init__(self, address: str, roots: Path, record: Optional[Path] = None) -> None:
        self.address = address
        self.roots = roots
        self._record = record

    def certificate(self, name: str, port: int = addresses.HTTPS) -> Certificate:
        """What a handshake with this name shows, whoever signed it."""
        with self._connect(name, port, verified=False) as connection:
            return peer_certificate(connection)

    def verified_certificate(self, name: str, port: int = addresses.HTTPS) -> Certificate:
        """The same, when chain, date and name are good; otherwise ssl.SSLError."""
        with self._connect(name, port, verified=True) as connection:
            return peer_certificate(connection)

    def wait_for_certificate(self, name: str, port: int = addresses.HTTPS,
                             other_than: Optional[Certificate] = None) -> Certificate:
        """The first verified certificate, or the first other one."""
        def look() -> Optional[Certificate]:
            try:
                found = self.verified_certificate(name, port)
            except OSError:
                return None
            if other_than is not None and found.serial == other_than.serial:
                return None
            return found

        found = wait_until(look, f"a verified certificate for {name}")
        assert found is not None
        return found

    def has_no_certificate(self, name: str, port: int = addresses.HTTPS) -> bool:
        """The handshake fails, with an alert of the server."""
        try:
            self.certificate(name, port)
        except ssl.SSLError:
            return True
        return False

    def has_only_a_temporary_certificate(self, name: str, port: int = addresses.HTTPS) -> bool:
        """The server is managed, and no CA has issued anything for it."""
        return self.certificate(name, port).issuer == TEMPORARY

    def get(self, name: str, path: str = "/", port: int = addresses.HTTPS) -> Response:
        """Over TLS, with whatever certificate."""
        with self._connect(name, port, verified=False) as connection:
            certificate = peer_certificate(connection)
            return self._recorded(read_response(connection, name, path, certificate))

    def get_plain(self, name: str, path: str = "/", port: int = addresses.HTTP,
                  method: str = "GET") -> Response:
        with socket.create_connection((self.address, port), timeout=10) as connection:
            return self._recorded(read_response(connection, name, path, method=method))

    def curl(self, url: str, *options: str, port: int = addresses.HTTPS) -> str:
        """A real client, which verifies; fails the test when it does not like it."""
        name = re.sub(r"^\w+://|[:/].*", "", url)
        result = subprocess.run(
            ["curl", "--disable", "--silent", "--show-error", "--noproxy", "*",
             "--max-time", "10", "--cacert", str(self.roots),
             "--resolve", f"{name}:{port}:{self.address}", *options, url],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        assert result.returncode == 0, result.stderr
        self._note(result.stdout)
        return result.stdout

    def s_client(self, name: Optional[str], *options: str, port: int = addresses.HTTPS,
                 request: str = "") -> str:
        """What `openssl s_client` prints about a handshake, with or without a name, and
        about the answer to a request."""
        names = ["-noservername"] if name is None else ["-servername", name]
        output = subprocess.run(
            ["openssl", "s_client", "-connect", f"{self.address}:{port}",
             *names, "-CAfile", str(self.roots), *options],
            input=request, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", check=False, timeout=20).stdout
        self._note(output)
        return output

    def _recorded(self, response: "Response") -> "Response":
        self._note(f"{response.status} {response.headers}\n{response.body}")
        return response

    def _note(self, answer: str) -> None:
        if self._record is not None:
            with self._record.open("a", errors="replace") as record:
                record.write(f"{answer}\n")

    def _connect(self, name: str, port: int, verified: bool) -> ssl.SSLSocket:
        context = ssl.create_default_context()
        context.check_hostname = verified
        context.verify_mode = ssl.CERT_REQUIRED if verified else ssl.CERT_NONE
        # Python 3.13 is stricter with roots than Pebble's are.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if verified:
            context.load_verify_locations(cafile=str(self.roots))
        plain = socket.create_connection((self.address, port), timeout=10)
        try:
            return context.wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise


def peer_certificate(connection: ssl.SSLSocket) -> Certificate:
    der = connection.getpeercert(binary_form=True)
    assert der is not None
    return Certificate.from_der(der)


def read_response(connection: socket.socket, name: str, path: str,
                  certificate: Optional[Certificate] = None, method: str = "GET") -> Response:
    length = "Content-Length: 0\r\n" if method == "POST" else ""
    request = f"{method} {path} HTTP/1.1\r\nHost: {name}\r\n{length}Connection: close\r\n\r\n"
    connection.sendall(request.encode())
    answer = http.client.HTTPResponse(connection, method=method)
    answer.begin()
    headers = {key.lower(): value for key, value in answer.getheaders()}
    return Response(answer.status, headers, answer.read().decode(errors="replace"), certificate)

# SPDX-License-Identifier: BSD-2-Clause
"""Pebble, Let's Encrypt's test CA, with its DNS server."""

import http.client
import json
import re
import shutil
import signal
import ssl
import subprocess
from pathlib import Path
from typing import Optional

import pytest

from . import addresses
from .certificates import TestAuthority
from .gate import Gate
from .processes import ServerProcess
from .waiting import wait_until


class PebbleServer:
    """Built with with_…(), then start()ed. Every name resolves to the test's own
    address, or to `names_at`. A CA that starts again has new roots and knows no account."""

    def __init__(self, address: str, folder: Path, binary: str,
                 names_at: Optional[str] = None) -> None:
        self.address = address
        self._names_at = names_at or address
        self.directory_url = f"https://{address}:{addresses.PEBBLE}/dir"
        self.ca_file = folder / "pebble-ca.pem"  # verifies Pebble's own TLS
        self.root_file = folder / "visitors-roots.pem"
        self._folder = folder
        self._log = folder / "pebble.log"
        self._binary = find_program(binary)
        self._process: Optional[ServerProcess] = None
        self._dns: Optional[ServerProcess] = None
        self._gate: Optional[Gate] = None
        # Validation at once, no nonce refused and nothing random, unless the test
        # asks for it.
        self._environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0",
                             "PEBBLE_AUTHZREUSE": "0"}
        self._options = {
            "listenAddress": f"{address}:{addresses.PEBBLE}",
            "managementListenAddress": f"{address}:{addresses.PEBBLE_MANAGEMENT}",
            "certificate": str(folder / "pebble.crt"),
            "privateKey": str(folder / "pebble.key"),
            "httpPort": addresses.HTTP,
            "tlsPort": addresses.HTTPS,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
            "keyAlgorithm": "ecdsa",  # as are those that an older Pebble ignores
            "retryAfter": {"authz": 0, "order": 0},
        }
        authority = TestAuthority("root of Pebble's own TLS")
        self.ca_file.write_text(authority.root_pem)
        self.root_file.write_text("")
        authority.issue([address, "localhost"], folder / "pebble.crt", folder / "pebble.key")
        for file in (self.ca_file, self._log):
            file.touch()

    # What the test may ask for.

    def with_nonce_rejection(self, percent: int) -> "PebbleServer":
        self._environment["PEBBLE_WFE_NONCEREJECT"] = str(percent)
        return self

    def with_authorization_reuse(self, percent: int) -> "PebbleServer":
        self._environment["PEBBLE_AUTHZREUSE"] = str(percent)
        return self

    def with_certificate_lifetime(self, seconds: int) -> "PebbleServer":
        self._options["certificateValidityPeriod"] = seconds  # Pebble 2.4
        self._options["profiles"] = {
            "default": {"description": "short", "validityPeriod": seconds}}
        return self

    def with_external_account(self, kid: str, key: str) -> "PebbleServer":
        """Only accounts bound to `kid` are made; `key` is base64url."""
        self._options["externalAccountBindingRequired"] = True
        self._options["externalAccountMACKeys"] = {kid: key}
        return self

    def with_alternate_roots(self, count: int) -> "PebbleServer":
        self._environment["PEBBLE_ALTERNATE_ROOTS"] = str(count)
        return self

    def with_profiles(self, **lifetimes: int) -> "PebbleServer":
        """Profiles and their certificates' lifetimes in seconds (Pebble 2.7)."""
        self._options["profiles"] = {
            name: {"description": f"valid for {seconds} s", "validityPeriod": seconds}
            for name, seconds in lifetimes.items()}
        return self

    def with_retry_after(self, seconds: int) -> "PebbleServer":
        """For authorizations and orders that are not finished."""
        self._options["retryAfter"] = {"authz": seconds, "order": seconds}
        return self

    def with_blocked_domain(self, name: str) -> "PebbleServer":
        self._options["domainBlocklist"] = [name]
        return self

    def with_http_port(self, port: int) -> "PebbleServer":
        self._options["httpPort"] = port
        return self

    def with_validations_held(self) -> "PebbleServer":
        """No validation gets through until release_validations()."""
        self._gate = Gate(self.address, addresses.GATE)
        return self.with_http_port(addresses.GATE)

    # Its life.

    def start(self) -> "PebbleServer":
        config = self._folder / "pebble.json"
        config.write_text(json.dumps({"pebble": self._options}, indent=2))
        if self._dns is None:
            self._dns = self._start_dns()
        self._process = ServerProcess(
            [self._binary, "-config", str(config),
             "-dnsserver", f"{self.address}:{addresses.DNS}"],
            self._log, self._environment)
        wait_until(self._answers, "Pebble's directory")
        with self.root_file.open("a") as roots:
            roots.write(self.root_pem())
        return self

    def stop(self) -> None:
        """An outage: nobody listens on its port any more."""
        if self._process is not None:
            self._process.end(signal.SIGKILL)
            self._process = None

    def close(self) -> None:
        self.stop()
        if self._dns is not None:
            self._dns.end(signal.SIGKILL)
            self._dns = None
        if self._gate is not None:
            self._gate.close()
            self._gate = None

    def release_validations(self) -> None:
        assert self._gate is not None, "not built with_validations_held()"
        self._gate.open()

    # What it saw and did.

    def directory(self) -> dict:
        status, body = self._get(addresses.PEBBLE, "/dir")
        assert status == 200, body
        return json.loads(body)

    def suggest_renewal(self, certificate_pem: str, start: str, end: str) -> None:
        """What the CA answers about this certificate from now on."""
        window = {"suggestedWindow": {"start": start, "end": end},
                  "explanationURL": "https://ca.example/incident"}
        status = self._post("/set-renewal-info/", {
            "certificate": certificate_pem, "ariResponse": json.dumps(window)})
        if status == 404:
            pytest.skip("this Pebble cannot be told when to suggest a renewal")
        assert status == 200, status

    def root_pem(self, number: int = 0) -> str:
        """What visitors trust to trust the certificates it issues."""
        status, body = self._get(addresses.PEBBLE_MANAGEMENT, f"/roots/{number}")
        assert status == 200, body
        return body

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def order_count(self) -> int:
        return len(re.findall(r"Added order ", self.log))

    def account_count(self) -> int:
        return len(re.findall(r"There are now \d+ accounts in memory", self.log))

    def authorization_request_count(self) -> int:
        return len(re.findall(r"POST /authZ/ -> calling handler\(\)", self.log))

    # For nginx's configuration.

    def issuer(self, name: str = "pebble", more: str = "", trusted: bool = True,
               state_path: str = "state") -> str:
        """The acme_issuer block that stands for this CA."""
        trust = f"ssl_trusted_certificate {self.ca_file};" if trusted else ""
        return f"""
            acme_issuer {name} {{
                uri {self.directory_url};
                {trust}
                state_path {state_path};
                accept_terms_of_service;
                {more}
            }}"""

    def _start_dns(self) -> ServerProcess:
        binary = str(Path(self._binary).with_name("pebble-challtestsrv"))
        usage = subprocess.run([binary, "-h"], stderr=subprocess.PIPE, text=True,
                               check=False).stderr
        options = {
            "-dnsserver" if "-dnsserver" in usage else "-dns01":
                f"{self.address}:{addresses.DNS}",
            "-management": f"{self.address}:{addresses.DNS_MANAGEMENT}",
            "-defaultIPv4": self._names_at, "-defaultIPv6": "",
            "-http01": "", "-https01": "", "-tlsalpn01": "",
        }
        if "-doh " in usage:
            options["-doh"] = ""
        arguments = [word for option in options.items() for word in option]
        return ServerProcess([binary, *arguments], self._folder / "dns.log")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.status is None, f"Pebble ended:\n{self.log}"
        try:
            ports = (addresses.PEBBLE, "/dir"), (addresses.PEBBLE_MANAGEMENT, "/roots/0")
            return all(self._get(*port)[0] == 200 for port in ports)
        except OSError:
            return False

    def _post(self, path: str, document: dict) -> int:
        return self._request("POST", addresses.PEBBLE_MANAGEMENT, path, json.dumps(document))[0]

    def _get(self, port: int, path: str) -> tuple[int, str]:
        return self._request("GET", port, path)

    def _request(self, method: str, port: int, path: str,
                 body: Optional[str] = None) -> tuple[int, str]:
        trust = ssl.create_default_context(cafile=str(self.ca_file))
        connection = http.client.HTTPSConnection(self.address, port, timeout=10, context=trust)
        try:
            connection.request(method, path, body, headers={"User-Agent": "ngx-acme tests"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def find_program(name: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is not installed"
    return path

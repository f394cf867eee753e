# SPDX-License-Identifier: BSD-2-Clause
"""Pebble, Let's Encrypt's test CA, with its DNS server."""

import http.client
import json
import re
import shutil
import signal
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any, Optional

from . import addresses
from .certificates import TestAuthority, subject_name
from .dns_client import A, exchange, query
from .gate import Gate
from .processes import ServerProcess
from .waiting import wait_until


class PebbleServer:
    """Built with with_…(), then start()ed. Every name resolves to the test's own
    address, or to `visits`, where nginx is. A CA that starts again has new roots
    and knows no account."""

    def __init__(self, address: str, folder: Path, binary: str,
                 visits: Optional[str] = None) -> None:
        self.address = address
        self._visits = visits or address
        self.directory_url = f"https://{address}:{addresses.PEBBLE}/dir"
        self.ca_file = folder / "pebble-ca.pem"  # verifies Pebble's own TLS
        self.root_file = folder / "visitors-roots.pem"
        self._folder = folder
        self._log = folder / "pebble.log"
        self._binary = find_program(binary)
        self._process: Optional[ServerProcess] = None
        self._dns: Optional[ServerProcess] = None
        self._gate: Optional[Gate] = None
        self._resolver = f"{address}:{addresses.DNS}"
        # Validation at once, no nonce refused and nothing random, unless the test
        # asks for it.
        self._environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0",
                             "PEBBLE_AUTHZREUSE": "0"}
        self._options: dict[str, Any] = {
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
        """No account without this key (base64url) of the CA's website."""
        self._options["externalAccountBindingRequired"] = True
        self._options.setdefault("externalAccountMACKeys", {})[kid] = key
        return self

    def with_alternate_roots(self, count: int) -> "PebbleServer":
        """As many further chains for each certificate, each with a root of its own."""
        self._environment["PEBBLE_ALTERNATE_ROOTS"] = str(count)
        return self

    def with_profiles(self, lifetimes: dict[str, int]) -> "PebbleServer":
        """Name → seconds. An older Pebble has none: see supports_profiles."""
        self._options["profiles"] = {
            name: {"description": f"{name}, {seconds} s", "validityPeriod": seconds}
            for name, seconds in lifetimes.items()}
        return self

    def with_orders_per_page(self, count: int) -> "PebbleServer":
        self._environment["PEBBLE_WFE_ORDERS_PER_PAGE"] = str(count)
        return self

    def with_retry_after(self, authz: int = 0, order: int = 0) -> "PebbleServer":
        """Seconds that it asks for. An older Pebble does not say."""
        self._options["retryAfter"] = {"authz": authz, "order": order}
        return self

    def with_responder(self, url: str) -> "PebbleServer":
        """Its certificates say who is asked for their status."""
        self._options["ocspResponderURL"] = url
        return self.with_shown_keys()

    def with_shown_keys(self) -> "PebbleServer":
        """For intermediate_key_pem(): Pebble since 2.8 shows no others than RSA's."""
        self._options["keyAlgorithm"] = "rsa"
        return self

    def with_blocked_domain(self, name: str) -> "PebbleServer":
        self._options["domainBlocklist"] = [name]
        return self

    def with_resolver(self, resolver: str) -> "PebbleServer":
        """Another one than its own DNS server, "ADDRESS:PORT"."""
        self._resolver = resolver
        return self

    def with_http_port(self, port: int) -> "PebbleServer":
        self._options["httpPort"] = port
        return self

    def with_tls_port(self, port: int) -> "PebbleServer":
        self._options["tlsPort"] = port
        return self

    def with_validations_held(self) -> "PebbleServer":
        """No validation gets through until release_validations()."""
        self._gate = Gate(self.address, addresses.GATE, addresses.HTTP)
        return self.with_http_port(addresses.GATE)

    def with_tls_validations_held(self) -> "PebbleServer":
        """The same for those over TLS."""
        self._gate = Gate(self.address, addresses.GATE, addresses.HTTPS)
        return self.with_tls_port(addresses.GATE)

    # Its life.

    def start(self) -> "PebbleServer":
        config = self._folder / "pebble.json"
        config.write_text(json.dumps({"pebble": self._options}, indent=2))
        if self._dns is None:
            self._dns = self._start_dns()
            wait_until(self._dns_answers, "Pebble's DNS server")
        self._process = ServerProcess(
            [self._binary, "-config", str(config),
             "-dnsserver", self._resolver],
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

    def held_path(self) -> str:
        """What a validation that is held asks for; empty while there is none."""
        assert self._gate is not None, "not built with_validations_held()"
        return self._gate.held_path

    def release_validations(self) -> None:
        assert self._gate is not None, "not built with_validations_held()"
        self._gate.open()

    # What it can do: Debian 12's is 2.4. For tests to skip, once it is up.

    @property
    def directory(self) -> dict[str, Any]:
        return json.loads(self._checked_get(addresses.PEBBLE, "/dir"))

    @property
    def supports_profiles(self) -> bool:
        """Since 2.7."""
        return bool(self.directory.get("meta", {}).get("profiles"))

    @property
    def supports_draft_challenges(self) -> bool:
        """dns-account-01 and dns-persist-01: since 2.10, which says so nowhere."""
        return b"_validation-persist" in Path(self._binary).read_bytes()

    @property
    def supports_renewal_info(self) -> bool:
        """Since 2.5; set_renewal_info() is another matter."""
        return "renewalInfo" in self.directory

    @property
    def supports_set_renewal_info(self) -> bool:
        """Since 2.8."""
        return self._request(addresses.PEBBLE_MANAGEMENT, "/set-renewal-info/", "{}")[0] != 404

    # What it saw and did.

    def root_pem(self, chain: int = 0) -> str:
        """What visitors trust to trust the certificates it issues; of the first
        chain, or of one of with_alternate_roots()."""
        return self._checked_get(addresses.PEBBLE_MANAGEMENT, f"/roots/{chain}")

    def root_name(self, chain: int = 0) -> str:
        """Who has signed the last certificate of that chain. Another one each time."""
        return subject_name(self.root_pem(chain))

    def intermediate_name(self, chain: int = 0) -> str:
        return subject_name(self._checked_get(addresses.PEBBLE_MANAGEMENT,
                                              f"/intermediates/{chain}"))

    def intermediate_pem(self) -> str:
        """Who signs, with whose key."""
        return self._checked_get(addresses.PEBBLE_MANAGEMENT, "/intermediates/0")

    def intermediate_key_pem(self) -> str:
        return self._checked_get(addresses.PEBBLE_MANAGEMENT, "/intermediate-keys/0")

    def certificate_status(self, serial: str) -> dict[str, Any]:
        """Status ("Valid", "Revoked"), Serial, Certificate, and when it has been
        revoked, Reason and RevokedAt."""
        return json.loads(self._checked_get(addresses.PEBBLE_MANAGEMENT,
                                            f"/cert-status-by-serial/{serial}"))

    def revoked(self, serial: str) -> bool:
        return self.certificate_status(serial)["Status"] == "Revoked"

    def set_renewal_info(self, certificate_pem: str, response: str) -> None:
        """What it answers when it is asked when to renew this certificate: any text.
        Needs supports_set_renewal_info."""
        status, body = self._request(
            addresses.PEBBLE_MANAGEMENT, "/set-renewal-info/",
            json.dumps({"Certificate": certificate_pem, "ARIResponse": response}))
        assert status == 200, body

    def replacement_count(self) -> int:
        """Orders that said which certificate they replace."""
        return len(re.findall(r"ARI: order .* is a replacement of", self.log))

    def renewal_info_request_count(self) -> int:
        return len(re.findall(r"GET /draft-ietf-acme-ari-03/renewalInfo/", self.log))

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def order_count(self) -> int:
        return len(re.findall(r"Added order ", self.log))

    def refusal_count(self) -> int:
        """Challenges that were not answered as they should be: their orders are void."""
        return len(re.findall(r"set INVALID by completed challenge", self.log))

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

    def lose_name(self, name: str) -> None:
        """The name's DNS is gone: it cannot be resolved any more."""
        self._tell_dns("set-servfail", name)

    def find_name(self, name: str) -> None:
        self._tell_dns("clear-servfail", name)

    def _tell_dns(self, command: str, name: str) -> None:
        connection = http.client.HTTPConnection(self.address, addresses.DNS_MANAGEMENT, timeout=5)
        try:
            connection.request("POST", f"/{command}", json.dumps({"host": name}))
            assert connection.getresponse().status == 200
        finally:
            connection.close()

    def _start_dns(self) -> ServerProcess:
        binary = str(Path(self._binary).with_name("pebble-challtestsrv"))
        usage = subprocess.run([binary, "-h"], stderr=subprocess.PIPE, text=True,
                               check=False).stderr
        options = {
            "-dnsserver" if "-dnsserver" in usage else "-dns01":
                f"{self.address}:{addresses.DNS}",
            "-management": f"{self.address}:{addresses.DNS_MANAGEMENT}",
            "-defaultIPv4": self._visits, "-defaultIPv6": "",
            "-http01": "", "-https01": "", "-tlsalpn01": "",
        }
        if "-doh " in usage:
            options["-doh"] = ""
        arguments = [word for option in options.items() for word in option]
        return ServerProcess([binary, *arguments], self._folder / "dns.log")

    def _dns_answers(self) -> bool:
        try:
            socket.create_connection((self.address, addresses.DNS_MANAGEMENT), 1).close()
        except OSError:
            return False
        return bool(exchange(self.address, query("www.example.com", A), timeout=1,
                             port=addresses.DNS))

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.status is None, f"Pebble ended:\n{self.log}"
        try:
            ports = (addresses.PEBBLE, "/dir"), (addresses.PEBBLE_MANAGEMENT, "/roots/0")
            return all(self._get(*port)[0] == 200 for port in ports)
        except OSError:
            return False

    def _checked_get(self, port: int, path: str) -> str:
        status, body = self._get(port, path)
        assert status == 200, f"{path}: {status}\n{body}"
        return body

    def _get(self, port: int, path: str) -> tuple[int, str]:
        return self._request(port, path)

    def _request(self, port: int, path: str, body: Optional[str] = None) -> tuple[int, str]:
        """GET, or POST when there is a body."""
        trust = ssl.create_default_context(cafile=str(self.ca_file))
        connection = http.client.HTTPSConnection(self.address, port, timeout=10, context=trust)
        try:
            connection.request("GET" if body is None else "POST", path, body,
                               headers={"User-Agent": "ngx-acme tests"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def find_program(name: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is not installed"
    return path

# SPDX-License-Identifier: BSD-2-Clause
"""Caddy's acme_server (Smallstep's, with another idea of ACME than Pebble's)."""

import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any, Optional

from . import addresses
from .certificates import TestAuthority, subject_name
from .pebble import find_program
from .processes import ServerProcess
from .waiting import wait_until

# It asks the names themselves, on port 80, and finds them in /etc/hosts as any
# program does: so it gets an /etc/hosts of its own.
WITH_OWN_HOSTS = 'mount --bind "$0" /etc/hosts && exec "$@"'

NAMES = ("www.example.com", "example.com", "api.example.com", "new.example.com")


class CaddyServer:
    """Built with with_…(), then start()ed. `names` resolve to `visits`, where nginx
    is; its own address when not given. Accounts, orders and the root survive a
    restart: they are in the folder.

    No version has external accounts, key rollover, renewal information or
    profiles; 2.6's certificates live for 12 h (supports_lifetime). Several orders of
    one account at a time are too much for it now and then: it answers 500."""

    def __init__(self, address: str, folder: Path, visits: Optional[str] = None) -> None:
        self.address = address
        self.directory_url = f"https://{address}:{addresses.CADDY}/acme/local/directory"
        self.ca_file = folder / "caddys-own-ca.pem"  # verifies its own TLS
        self.root_file = folder / "data/pki/authorities/local/root.crt"
        self._visits = visits or address
        self._folder = folder
        self._log = folder / "caddy.log"
        self._hosts = folder / "hosts"
        self._names = {name: self._visits for name in NAMES}
        self._handler: dict[str, Any] = {"handler": "acme_server", "ca": "local"}
        self._binary = find_program("caddy")
        self._process: Optional[ServerProcess] = None
        authority = TestAuthority("root of Caddy's own TLS")
        self.ca_file.write_text(authority.root_pem)
        authority.issue([address], folder / "caddy.crt", folder / "caddy.key")
        self._log.touch()

    @staticmethod
    def why_unusable() -> str:
        """Empty when Caddy is here and gets an /etc/hosts of its own."""
        if shutil.which("caddy") is None:
            return "Caddy is not installed (scripts/setup --dev)"
        result = subprocess.run([*namespace(), "sh", "-c", WITH_OWN_HOSTS, "/etc/hosts", "true"],
                                stderr=subprocess.PIPE, text=True, check=False)
        return result.stderr.strip() if result.returncode else ""

    # What the test may ask for.

    def with_names(self, *names: str) -> "CaddyServer":
        """What it can resolve, instead of NAMES. Addresses need no mention."""
        self._names = {name: self._visits for name in names}
        return self

    def with_name_elsewhere(self, name: str, address: str) -> "CaddyServer":
        """One more name, which points at another server."""
        self._names[name] = address
        return self

    def with_certificate_lifetime(self, seconds: int) -> "CaddyServer":
        """At least 300. Needs supports_lifetime."""
        self._handler["lifetime"] = f"{seconds}s"
        return self

    # Its life.

    def start(self) -> "CaddyServer":
        config = self._folder / "caddy.json"
        config.write_text(json.dumps(self._config(), indent=2))
        self._hosts.write_text("127.0.0.1 localhost\n" + "".join(
            f"{address} {name}\n" for name, address in self._names.items()))
        environment = {"HOME": str(self._folder), "XDG_DATA_HOME": str(self._folder / "home"),
                       "XDG_CONFIG_HOME": str(self._folder / "home"), "GODEBUG": "netdns=go"}
        self._process = ServerProcess(
            [*namespace(), "sh", "-c", WITH_OWN_HOSTS, str(self._hosts),
             self._binary, "run", "--config", str(config)],
            self._log, environment, self._folder)
        wait_until(self._answers, "Caddy's directory")
        return self

    def stop(self) -> None:
        """An outage: nobody listens on its port any more."""
        if self._process is not None:
            self._process.end(signal.SIGTERM)  # it closes its database
            self._process = None

    def close(self) -> None:
        self.stop()

    # What it can do.

    @cached_property
    def version(self) -> tuple[int, ...]:
        text = subprocess.run([self._binary, "version"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text)
        assert match, text
        return tuple(int(part) for part in match.groups())

    @property
    def supports_lifetime(self) -> bool:
        """`acme_server { lifetime … }`."""
        return self.version >= (2, 7, 0)

    # What it saw and did.

    def root_pem(self) -> str:
        return self.root_file.read_text()

    def root_name(self) -> str:
        return subject_name(self.root_pem())

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def request_count(self, resource: str) -> int:
        """Requests for one of "new-account", "new-order", …, whatever the answer."""
        return len(re.findall(rf'"uri":"/acme/local/{resource}"', self.log))

    def order_count(self) -> int:
        """Orders it opened, as they are named in its access log."""
        return len(self._created("new-order"))

    def account_count(self) -> int:
        """Accounts, not requests for one: those it had already are answered 200."""
        return len(self._created("new-account"))

    def _created(self, resource: str) -> list[str]:
        return [line for line in self.log.splitlines()
                if f'"uri":"/acme/local/{resource}"' in line and '"status":201' in line]

    # For nginx's configuration.

    def issuer(self, name: str = "caddy", more: str = "", state_path: str = "state") -> str:
        """The acme_issuer block that stands for this CA."""
        return f"""
            acme_issuer {name} {{
                uri {self.directory_url};
                ssl_trusted_certificate {self.ca_file};
                state_path {state_path};
                accept_terms_of_service;
                {more}
            }}"""

    def _config(self) -> dict[str, Any]:
        own = {"certificate": str(self._folder / "caddy.crt"),
               "key": str(self._folder / "caddy.key")}
        server = {
            "listen": [f"{self.address}:{addresses.CADDY}"],
            "automatic_https": {"disable": True},
            "tls_connection_policies": [{}],
            "protocols": ["h1", "h2"],
            "routes": [{"handle": [self._handler]}],
            "logs": {},
        }
        return {
            "admin": {"disabled": True, "config": {"persist": False}},
            "storage": {"module": "file_system", "root": str(self._folder / "data")},
            "apps": {
                "pki": {"certificate_authorities": {"local": {"install_trust": False}}},
                "tls": {"certificates": {"load_files": [own]}},
                "http": {"servers": {"ca": server}},
            },
        }

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.status is None, f"Caddy ended:\n{self.log}"
        trust = ssl.create_default_context(cafile=str(self.ca_file))
        connection = http.client.HTTPSConnection(self.address, addresses.CADDY, timeout=10,
                                                 context=trust)
        try:
            connection.request("GET", "/acme/local/directory")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def namespace() -> list[str]:
    """Runs a command where mounts are its own."""
    return ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount"]

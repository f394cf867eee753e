# SPDX-License-Identifier: BSD-2-Clause
"""Caddy as a CA: an implementation of ACME that shares nothing with Pebble's."""

import signal
import ssl
import urllib.request
from pathlib import Path
from typing import Optional

from . import addresses
from .pebble import find_program
from .processes import ServerProcess
from .waiting import wait_until

# It validates at port 80 of the name that the system's resolver finds: in a mount
# namespace of its own, every name of HOSTS is at the test's address.
HOSTS = ("www.example.com", "example.com", "other.example.com")


class CaddyServer:
    """`acme_server` on the test's own address."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.directory_url = f"https://{address}:{addresses.PEBBLE}/acme/local/directory"
        self.root_file = folder / "data" / "pki" / "authorities" / "local" / "root.crt"
        self._folder = folder
        self._log = folder / "caddy.log"
        self._process: Optional[ServerProcess] = None

    def start(self) -> "CaddyServer":
        config = self._folder / "Caddyfile"
        config.write_text(f"""{{
            admin off
            auto_https disable_redirects
            skip_install_trust
            storage file_system {self._folder}/data
        }}
        https://{self.address}:{addresses.PEBBLE} {{
            bind {self.address}
            tls internal
            acme_server
        }}
        """)
        hosts = self._folder / "hosts"
        hosts.write_text("".join(f"{self.address} {name}\n" for name in HOSTS))
        run = (f"mount --bind {hosts} /etc/hosts && "
               f"exec {find_program('caddy')} run --config {config} --adapter caddyfile")
        self._process = ServerProcess(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", run], self._log,
            {"XDG_DATA_HOME": str(self._folder), "XDG_CONFIG_HOME": str(self._folder),
             "HOME": str(self._folder)})
        wait_until(self._answers, "Caddy's directory")
        return self

    def close(self) -> None:
        if self._process is not None:
            self._process.end(signal.SIGKILL)
            self._process = None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def issuer(self, more: str = "") -> str:
        """The acme_issuer block that stands for this CA."""
        return f"""
            acme_issuer caddy {{
                uri {self.directory_url};
                ssl_trusted_certificate {self.root_file};
                state_path state;
                {more}
            }}"""

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.status is None, f"Caddy ended:\n{self.log}"
        try:
            trust = ssl.create_default_context(cafile=str(self.root_file))
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
            with opener.open(self.directory_url, timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

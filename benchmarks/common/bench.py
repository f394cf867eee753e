# SPDX-License-Identifier: BSD-2-Clause
"""Where a benchmark runs: servers, each with a folder and an address of its own."""

import http.client
import json
import os
import shutil
import ssl
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Optional

from support.addresses import ClaimedAddress
from support.nginx import WORKER_USER, Nginx, NginxProgram
from support.pebble import PebbleServer


class Bench:
    """Everything started here ends with it."""

    def __init__(self, nginx: str, build: Path) -> None:
        self.build = build
        self.program = NginxProgram(nginx, build / "ngx_http_acme_module.so", "notice")
        self._stack = ExitStack()

    def __enter__(self) -> "Bench":
        # In memory: the disk would be measured otherwise.
        self.folder = Path(self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="ngx-acme-bench.", dir="/dev/shm")))
        self.folder.chmod(0o755)
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self._stack.close()

    def nginx(self, name: str, address: Optional[str] = None) -> Nginx:
        """On an address of its own, or on that of another server of this benchmark."""
        server = Nginx(self.program, address or self.claim(), self.make_folder(name))
        self._stack.callback(server.close)
        return server

    def pebble(self, address: str) -> PebbleServer:
        server = PebbleServer(address, self.make_folder("pebble"), "pebble")
        self._stack.callback(server.close)
        return server

    def ca(self, name: str = "ca", visits: str = "",
           never_validates: bool = False) -> "CaServer":
        """The tests' own CA, which fetches challenges from that address."""
        server = CaServer(self.build / "ca_server", self.make_folder(name), visits,
                          never_validates)
        self._stack.callback(server.close)
        return server

    def claim(self) -> str:
        claimed = ClaimedAddress()
        self._stack.callback(claimed.release)
        return claimed.address

    def make_folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        folder.chmod(0o755)
        return folder

    def fill_state(self, server: Nginx, count: int) -> None:
        """Certificates for www0.example.com and so on, as if the server had obtained
        them."""
        server.state.mkdir(mode=0o700)
        subprocess.run([str(self.build / "make_state"), str(server.state), str(count)],
                       check=True, stdout=subprocess.DEVNULL)
        hand_over(server.state)
        assert len(chain_files(server)) == count


class CaServer:
    """The program ca_server."""

    def __init__(self, program: Path, folder: Path, visits: str, never_validates: bool) -> None:
        self.root_file = folder / "root.pem"
        arguments = [str(program), str(self.root_file)]
        arguments += [f"{visits}:80"] if visits else []
        arguments += ["never"] if never_validates else []
        self._process = subprocess.Popen(arguments, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.directory_url = self._process.stdout.readline().strip()
        assert self.directory_url, "ca_server did not start"

    def issuer(self, name: str = "ca", more: str = "", state_path: str = "state") -> str:
        return f"""
            acme_issuer {name} {{
                uri {self.directory_url};
                ssl_trusted_certificate {self.root_file};
                state_path {state_path};
                accept_terms_of_service;
                {more}
            }}"""

    def statistics(self) -> dict[str, int]:
        """How many requests there were for orders, challenges and certificates."""
        port = int(self.directory_url.rsplit(":", 1)[1].split("/")[0])
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, context=ssl.create_default_context(cafile=str(self.root_file)))
        connection.request("GET", "/statistics")
        found: dict[str, int] = json.loads(connection.getresponse().read())
        connection.close()
        return found

    def close(self) -> None:
        if self._process.poll() is not None:
            return
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()  # clients that keep their connections
            self._process.wait()
        self._process.stdout.close()


def chain_files(server: Nginx) -> dict[str, Path]:
    """Those of its state directory, by name."""
    return {path.name.rsplit("-", 1)[0]: path for path in server.state.glob("*.crt")}


def hand_over(folder: Path) -> None:
    """The files to the user that nginx's workers run as."""
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, WORKER_USER)

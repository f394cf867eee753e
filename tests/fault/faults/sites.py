# SPDX-License-Identifier: BSD-2-Clause
"""Many servers in one configuration, and what must hold for each of them."""

import re
import ssl
import stat
import threading
from pathlib import Path
from typing import Iterator, Optional

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from support.nginx import Nginx
from support.servers import REDIRECT, https_server
from support.tls import TEMPORARY, Visitor

from .experiment import Experiment


def names_of(count: int) -> list[str]:
    return [f"site{number}.example.com" for number in range(count)]


def configuration(issuer: str, names: list[str]) -> str:
    return "\n".join([issuer, "acme pebble;", REDIRECT, *map(https_server, names)])


def check_state(experiment: Experiment, state: Path, names: list[str]) -> None:
    """One whole pair for each name, and nothing left over or unprotected."""
    for name in names:
        chains = list(state.glob(f"{name}-*.crt"))
        experiment.require(len(chains) == 1, f"{name} has {len(chains)} chains")
        for chain in chains:
            experiment.require(is_whole(chain), f"{chain.name} is torn")
    for path in files_below(state):
        kind = re.search(r"\.bad$|\.next$|\.prev$|^\.tmp\.", path.name)
        experiment.require(not kind, f"{path.name} was left over")
        experiment.require(path.parent.name != "orders", f"order {path.name} was left over")
        mode = stat.S_IMODE(path.stat().st_mode)
        experiment.require(mode == 0o600, f"{path.name} has mode {mode:o}")


def files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def is_whole(chain: Path) -> bool:
    """The certificate and the key beside it belong together."""
    try:
        certificate = x509.load_pem_x509_certificate(chain.read_bytes())
        key = serialization.load_pem_private_key(chain.with_suffix(".key").read_bytes(), None)
    except (OSError, ValueError):
        return False
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)


class Visits:
    """A visitor that never stops: counts handshakes, and reports those that fail
    or show a certificate that is neither temporary nor good. Once a name had a
    good certificate, a temporary one is a loss."""

    def __init__(self, experiment: Experiment, visitor: Visitor, names: list[str]) -> None:
        self._experiment = experiment
        self._visitor = visitor
        self._names = names
        self._issued: set[str] = set()
        self._ended = threading.Event()
        self._pausing = threading.Lock()
        self.count = 0
        self._thread = threading.Thread(target=self._visit, daemon=True)

    def __enter__(self) -> "Visits":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._experiment.measured(f"{self.count} handshakes meanwhile")

    def forget(self) -> None:
        """The certificates are gone on purpose."""
        self._issued.clear()

    def paused(self) -> threading.Lock:
        """Held while nobody listens."""
        return self._pausing

    def _visit(self) -> None:
        while not self._ended.is_set():
            for name in self._names:
                with self._pausing:
                    self._look(name)
                if self._ended.wait(0.002):
                    return

    def _look(self, name: str) -> None:
        problem: Optional[str] = None
        try:
            if name in self._issued:
                self._visitor.verified_certificate(name)
            elif self._visitor.certificate(name).issuer != TEMPORARY:
                self._visitor.verified_certificate(name)
                self._issued.add(name)
        except (OSError, ssl.SSLError) as error:
            problem = f"a handshake for {name}: {error}"
        self.count += 1
        if problem:
            self._experiment.lost(problem)


def certificates_of(nginx: Nginx) -> dict[str, bytes]:
    """File name → contents of the chains on disk."""
    return {path.name: path.read_bytes() for path in nginx.state.glob("*.crt")}

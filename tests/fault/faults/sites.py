# SPDX-License-Identifier: BSD-2-Clause
"""Many servers in one configuration, and what must hold for each of them."""

import re
import ssl
import stat
import threading
from pathlib import Path
from typing import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from support.nginx import Nginx
from support.servers import REDIRECT, https_server
from support.tls import TEMPORARY, Visitor
from support.waiting import PATIENCE, wait_until

from .experiment import Experiment

SELF_SIGNED = 18  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, as the temporary one is


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

    def __init__(self, experiment: Experiment, visitor: Visitor, names: list[str],
                 may_be_cut: bool = False, all_issued: bool = False,
                 two_binaries: bool = False) -> None:
        """`may_be_cut`: connections end when their worker is killed. `all_issued`: each
        has its certificate before the first visit. `two_binaries`: one may know a new
        certificate a moment before the other."""
        self._experiment = experiment
        self._visitor = visitor
        self._names = names
        self._may_be_cut = may_be_cut
        self._two_binaries = two_binaries
        self._issued = set(names) if all_issued else set()
        self._ended = threading.Event()
        self._count = 0
        self._cut = 0
        self._too_early = 0
        self._thread = threading.Thread(target=self._visit, daemon=True)

    def __enter__(self) -> "Visits":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._experiment.counted("handshakes meanwhile", self._count)
        if self._may_be_cut:
            self._experiment.counted("of them cut off", self._cut)
        if self._two_binaries:
            self._experiment.counted("of them met a binary that did not know yet",
                                     self._too_early)

    def _visit(self) -> None:
        while not self._ended.is_set():
            for name in self._names:
                self._look(name)
                if self._ended.wait(0.002):
                    return

    def _look(self, name: str) -> None:
        self._count += 1
        try:
            if name in self._issued:
                self._visitor.verified_certificate(name)
            elif self._visitor.certificate(name).issuer != TEMPORARY:
                self._visitor.verified_certificate(name)
                self._issued.add(name)
        except ssl.SSLCertVerificationError as error:
            if self._two_binaries and error.verify_code == SELF_SIGNED:
                self._too_early += 1
            else:
                self._experiment.lost(f"a visitor of {name}: {error}")
        except OSError as error:
            self._cut += 1
            if not self._may_be_cut:
                self._experiment.lost(f"a visitor of {name}: {error}")


def is_verified(visitor: Visitor, name: str) -> bool:
    try:
        visitor.verified_certificate(name)
    except OSError:
        return False
    return True


def wait_for_all(nginx: Nginx, visitor: Visitor, names: list[str],
                 timeout: float = PATIENCE) -> None:
    """They are served, and written down."""
    for name in names:
        wait_until(lambda: is_verified(visitor, name), f"a certificate for {name}", timeout)
    wait_until(lambda: not list((nginx.state / "orders").glob("*")), "the end of all orders")

# SPDX-License-Identifier: BSD-2-Clause
"""Somebody who looks at a site all the time, through reloads and restarts."""

import contextlib
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Iterator, Optional

from .certificates import Certificate
from .tls import TEMPORARY, Visitor


def is_for(certificate: Certificate, name: str) -> bool:
    parent = "*." + name.partition(".")[2]
    return name in certificate.names or parent in certificate.names


@dataclass
class Sight:
    """What was seen of one name: every change, and every handshake that failed."""

    changes: list[Certificate] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    looks: int = 0


class Watcher:
    """Notes every change of what is served for each name. A port that is closed is no
    handshake: nginx may be stopped meanwhile."""

    def __init__(self, visitor: Visitor, *names: str) -> None:
        self._visitor = visitor
        self.sights = {name: Sight() for name in names}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @classmethod
    @contextlib.contextmanager
    def watching(cls, visitor: Visitor, *names: str) -> Iterator["Watcher"]:
        """A valid certificate never leaves service while it watches."""
        watcher = cls(visitor, *names)
        watcher._thread.start()
        try:
            watcher.look_again()
            yield watcher
            watcher.look_again()
        finally:
            watcher._stop.set()
            watcher._thread.join()
        for name in names:
            watcher.assert_never_lost(name)

    def look_again(self) -> None:
        """Returns when each name was looked at after now."""
        before = {name: sight.looks for name, sight in self.sights.items()}
        deadline = time.monotonic() + 30
        while any(sight.looks < before[name] + 2 for name, sight in self.sights.items()):
            assert time.monotonic() < deadline, "the watcher sees nothing"
            assert self._thread.is_alive()
            time.sleep(0.005)

    def serials(self, name: str) -> list[str]:
        return [certificate.serial for certificate in self.sights[name].changes]

    def assert_never_lost(self, name: str) -> None:
        sight = self.sights[name]
        assert sight.looks and sight.changes, f"{name} was never seen"
        assert not sight.failures, f"{name}: {sight.failures}"
        for certificate in sight.changes:
            assert certificate.issuer != TEMPORARY, f"{name}: {sight.changes}"
            assert is_for(certificate, name), f"{name}: {sight.changes}"
            assert not certificate.has_expired(), f"{name}: {sight.changes}"

    def _watch(self) -> None:
        while not self._stop.is_set():
            for name, sight in self.sights.items():
                self._look(name, sight)
            time.sleep(0.005)

    def _look(self, name: str, sight: Sight) -> None:
        found: Optional[Certificate] = None
        try:
            found = self._visitor.certificate(name)
        except ssl.SSLError as error:
            sight.failures.append(str(error))
        except OSError:
            return  # nginx is being started
        if found is not None and (not sight.changes or sight.changes[-1] != found):
            sight.changes.append(found)
        sight.looks += 1

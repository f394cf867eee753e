# SPDX-License-Identifier: BSD-2-Clause
"""What a fault experiment did: injected what, how often, and what was lost."""

import threading
from collections import Counter


class Experiment:
    """May be told things by several threads."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._mutex = threading.Lock()
        self._injected: Counter[str] = Counter()
        self._counted: Counter[str] = Counter()
        self._measured: list[str] = []
        self.losses: list[str] = []

    def injected(self, what: str, times: int = 1) -> None:
        with self._mutex:
            self._injected[what] += times

    def injection_count(self) -> int:
        with self._mutex:
            return self._injected.total()

    def counted(self, what: str, times: int) -> None:
        """What took place meanwhile."""
        with self._mutex:
            self._counted[what] += times

    def measured(self, what: str) -> None:
        with self._mutex:
            self._measured.append(what)

    def lost(self, what: str) -> None:
        with self._mutex:
            self.losses.append(what)

    def require(self, good: object, what: str) -> None:
        """What is lost when it is not `good`."""
        if not good:
            self.lost(what)

    def summary(self) -> str:
        with self._mutex:
            counted = [f"{times} {what}" for what, times in self._counted.items()]
            parts = [f"injected {listing(self._injected)}", *counted, *self._measured]
            lost = "; ".join(self.losses[:20]) or "nothing"
            return f"{self._name}: {'; '.join(parts)}; lost: {lost}"


def listing(counts: Counter[str]) -> str:
    return ", ".join(f"{times} × {what}" for what, times in counts.items()) or "nothing"

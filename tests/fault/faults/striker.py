# SPDX-License-Identifier: BSD-2-Clause
"""Times faults by the events of nginx's conversation with the CA."""

import random
import threading
from typing import Callable

from .ca_proxy import ARRIVED, Drop, Event


class Striker:
    """Observes a CaProxy, and strikes `count` times, `least` to `most` events apart:
    not so often that a process which begins anew gets nowhere, since it asks for the
    directory, a nonce and the state of eight orders first.

    `strike` says whether it did; otherwise it is called at the next event."""

    def __init__(self, strike: Callable[[Event], bool], count: int, seed: int,
                 least: int = 5, most: int = 80, kills_client: bool = True) -> None:
        self._strike = strike
        self._random = random.Random(seed)
        self._range = (least, most)
        self._mutex = threading.Lock()
        self._next = 0
        self._left = count
        self._kills_client = kills_client

    def is_done(self) -> bool:
        return self._left == 0

    def __call__(self, event: Event) -> None:
        with self._mutex:
            if self._next == 0:
                self._next = event.number + self._random.randrange(1, self._range[1])
            if self._left == 0 or event.number < self._next or not self._strike(event):
                return
            self._left -= 1
            self._next = event.number + self._random.randrange(*self._range)
        if self._kills_client and event.phase == ARRIVED:
            raise Drop()  # the CA never hears of it

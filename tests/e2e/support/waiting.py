# SPDX-License-Identifier: BSD-2-Clause
"""Waiting for conditions: polled often, never longer than a bound."""

import os
import time
from typing import Callable, TypeVar

T = TypeVar("T")

# A slow build (a sanitizer, an emulator) stretches every bound.
PATIENCE = 30.0 * float(os.environ.get("ACME_TEST_PATIENCE", "1"))
# Between two looks: what comes soon is seen soon, and what takes long leaves the
# processor to those who work on it.
SHORTEST_PAUSE = 0.005
LONGEST_PAUSE = 0.03


def wait_until(condition: Callable[[], T], what: str, timeout: float = PATIENCE) -> T:
    """The first true value of `condition`; fails the test after `timeout` s."""
    deadline = time.monotonic() + timeout
    pause = SHORTEST_PAUSE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:.0f} s in vain for {what}")
        time.sleep(pause)
        pause = min(pause * 1.1, LONGEST_PAUSE)

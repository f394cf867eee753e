# SPDX-License-Identifier: BSD-2-Clause
"""A system that has no thread left for the engine: systemd's TasksMax, RLIMIT_NPROC."""

import os
import resource
import time

import pytest

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the limit is the worker user's")

NO_THREAD = r"\[error\].* cannot start a thread .*TasksMax.*tried again every ten seconds"


def limit(pid: int, processes: int) -> int:
    """The limit before."""
    before, hard = resource.prlimit(pid, resource.RLIMIT_NPROC)
    resource.prlimit(pid, resource.RLIMIT_NPROC, (processes, hard))
    return before


def test_nothing_is_lost_and_an_exit_does_not_wait(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    site = "\n".join([pebble.issuer(), "acme pebble;", REDIRECT, https_server("a.example.com")])
    nginx.configure(site).start()
    before = visitor.wait_for_certificate("a.example.com")
    nginx.wait_for_log("issued by")

    # The next helper inherits it from the master. Root's processes do not care.
    before_limit = limit(nginx.master_pid, 1)
    nginx.expect_log(NO_THREAD)
    nginx.configure(site + https_server("b.example.com"))
    nginx.reload()
    nginx.wait_for_log(NO_THREAD)
    assert visitor.verified_certificate("a.example.com").serial == before.serial

    begun = time.monotonic()
    helper = nginx.helper_pid()
    nginx.reload()
    assert nginx.helper_pid() != helper
    assert time.monotonic() - begun < 2.5, "the old helper waited for threads that never were"
    nginx.wait_for_log(NO_THREAD, count=2)

    limit(nginx.master_pid, before_limit)
    nginx.reload()
    visitor.wait_for_certificate("b.example.com")
    wait_until(lambda: pebble.order_count() == 2, "the second order")

# SPDX-License-Identifier: BSD-2-Clause
"""nginx as a service runs it: in the background, so that its binary can be
exchanged (WINCH means something to daemons only)."""

import os
import signal
import subprocess
from pathlib import Path

from support.nginx import Nginx
from support.processes import children, is_alive
from support.waiting import wait_until


class NginxDaemon:
    """Started from the configuration of an Nginx that is not running itself. The
    masters may be several while binaries are exchanged; `pid` is the newest."""

    def __init__(self, nginx: Nginx) -> None:
        self._nginx = nginx
        self._pid_file = nginx.prefix / "nginx.pid"
        self._masters: list[int] = []

    def __enter__(self) -> "NginxDaemon":
        subprocess.run(
            [self._nginx.program.binary, "-p", f"{self._nginx.prefix}/", "-c",
             str(self._nginx.prefix / "conf/nginx.conf"), "-e",
             str(self._nginx.prefix / "error.log")],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, **self._nginx.program.environment})
        self._masters.append(wait_until(lambda: read_pid(self._pid_file), "nginx's pid"))
        wait_until(lambda: workers_of(self.pid), "workers")
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever is left of it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for master in self._masters:
                for process in (*children(master), master):
                    if is_alive(process) and (number == signal.SIGKILL or process == master):
                        os.kill(process, number)
            try:
                wait_until(lambda: not any(map(is_alive, self._masters)), "nginx's end")
                return
            except AssertionError:
                pass

    @property
    def pid(self) -> int:
        return self._masters[-1]

    def start_new_binary(self) -> int:
        """USR2; the new master's workers and helper run beside the old ones'. The old
        master's pid."""
        old = self.pid
        os.kill(old, signal.SIGUSR2)
        self._masters.append(wait_until(
            lambda: next(iter(masters_among(old)), 0), "the new master"))
        wait_until(lambda: workers_of(self.pid), "the new workers")
        wait_until(lambda: read_pid(self._pid_file) == self.pid, "the new pid file")
        return old

    def end(self, master: int) -> None:
        """QUIT to one of the masters, and its end: the other one is nobody's child then,
        without which it would start no new binary."""
        os.kill(master, signal.SIGQUIT)
        wait_until(lambda: not is_alive(master) and not children(master), "the end of a master")
        self._masters.remove(master)


def workers_of(master: int) -> list[int]:
    return [pid for pid, title in children(master).items() if title == "nginx: worker process"]


def masters_among(parent: int) -> list[int]:
    return [pid for pid, title in children(parent).items()
            if title.startswith("nginx: master process")]


def read_pid(file: Path) -> int:
    try:
        return int(file.read_text() or 0)
    except (FileNotFoundError, ValueError):
        return 0

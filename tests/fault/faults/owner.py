# SPDX-License-Identifier: BSD-2-Clause
"""Another process that owns the state directory and issues certificates without a CA, as
often as it is asked: nginx follows, and swaps each."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from support.nginx import WORKER_USER, Nginx


class StateOwner:
    """make_state of the benchmarks, as the user that nginx's workers run as."""

    def __init__(self, program: Path, nginx: Nginx, count: int) -> None:
        self.root_file = nginx.prefix / "owner-root.pem"
        self.count = count
        self.issued = 0
        nginx.state.mkdir(mode=0o700)
        self.root_file.touch()
        copy = shutil.copy(program, nginx.prefix)
        user: dict[str, object] = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam(WORKER_USER)
            user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            for path in (nginx.state, self.root_file):
                shutil.chown(path, WORKER_USER)
        self._process = subprocess.Popen(
            [copy, str(nginx.state), str(count), "again", str(self.root_file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **user)  # type: ignore
        self._wait()

    def issue_anew(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._wait()

    def _wait(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "\n", "make_state ended"
        self.issued += self.count

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


# Nobody orders anything: the owner of the state directory does.
ISSUER = """
    acme_issuer ca {
        uri https://127.0.0.1:1/directory;
        state_path state;
    }
    acme ca;"""
FOLLOWING = "another process works for state directory"
FOLLOWED = "serving serial"

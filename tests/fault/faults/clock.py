# SPDX-License-Identifier: BSD-2-Clause
"""An nginx whose clock is wrong, and may be set while it runs."""

import dataclasses
import subprocess
from pathlib import Path

import pytest

from support.nginx import Nginx, NginxProgram

# nginx keeps these of its environment only when it is told to.
KEPT = "env FAKETIME_TIMESTAMP_FILE; env FAKETIME_NO_CACHE; env DONT_FAKE_MONOTONIC;"
LIBRARIES = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
             "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1")


class WrongClock:
    """Of all processes of one nginx."""

    def __init__(self, folder: Path) -> None:
        found = [path for path in LIBRARIES if Path(path).exists()]
        if not found:
            pytest.skip("faketime is not installed (scripts/setup)")
        self._library = found[0]
        self._file = folder / "clock"
        self.set_off_by(0)

    def set_off_by(self, days: int = 0, seconds: int = 0) -> None:
        written = self._file.with_suffix(".new")
        written.write_text(f"{days * 86_400 + seconds:+d}\n")
        written.rename(self._file)  # whoever asks the time meanwhile gets one

    def nginx(self, program: NginxProgram, address: str, folder: Path,
              request: pytest.FixtureRequest) -> Nginx:
        """One by this clock, which ends with the test."""
        prefix = folder / "nginx"
        prefix.mkdir()
        nginx = Nginx(self.program(program), address, prefix)
        request.addfinalizer(nginx.close)
        return nginx

    def program(self, program: NginxProgram) -> NginxProgram:
        """The same nginx, by this clock."""
        preloaded = program.environment.get("LD_PRELOAD", "")
        if preloaded:
            pytest.skip("a sanitizer's library and faketime's do not go together")
        works = subprocess.run(["/bin/date"], env={"LD_PRELOAD": self._library},
                               stderr=subprocess.PIPE, text=True, check=False)
        assert works.returncode == 0, works.stderr
        return dataclasses.replace(program, variables=(
            *program.variables, ("LD_PRELOAD", self._library),
            ("FAKETIME_TIMESTAMP_FILE", str(self._file)), ("FAKETIME_NO_CACHE", "1"),
            ("DONT_FAKE_MONOTONIC", "1")))

# SPDX-License-Identifier: BSD-2-Clause
"""A module built with a sanitizer, in an nginx that was not."""

import re
import subprocess
from pathlib import Path

REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: \w+Sanitizer|runtime error:")

OPTIONS = {
    # nginx itself leaves its last allocations to the system.
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "die_after_fork=0:second_deadlock_stack=1",
}


def sanitizer_environment(module: Path) -> dict[str, str]:
    """What nginx needs so that the module finds its sanitizer's library first.
    Empty for an ordinary module."""
    if not module.exists():
        return {}
    needed = subprocess.run(["ldd", str(module)], stdout=subprocess.PIPE, text=True,
                            check=False).stdout
    libraries = re.findall(r"lib[at]san\.so\S* => (\S+)", needed)
    if not libraries:
        return {}
    # nginx is C: a sanitizer that finds no C++ library when it starts fails at
    # the first exception.
    libraries += re.findall(r"libstdc\+\+\.so\S* => (\S+)", needed)
    return {"LD_PRELOAD": " ".join(libraries), **OPTIONS}

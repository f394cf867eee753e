# SPDX-License-Identifier: BSD-2-Clause
"""Ways to lose a state directory under a running nginx, and to get it back."""

import ctypes
import errno
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest

from support.nginx import WORKER_USER
from support.waiting import wait_until

_CLONE_NEWNS = 0x00020000
_libc = ctypes.CDLL(None, use_errno=True)


def make_mounts_private() -> None:
    """What this process and its children mount from now on, nobody else sees, and it
    ends with them. Skips the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    if _libc.unshare(_CLONE_NEWNS) != 0:
        pytest.skip(f"no mounts of our own: {os.strerror(ctypes.get_errno())}")
    made = subprocess.run(["mount", "--make-rprivate", "/"], stderr=subprocess.PIPE,
                          text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"no mounts of our own: {made.stderr.strip()}")


def mount(*arguments: str) -> None:
    made = subprocess.run(["mount", *arguments], stderr=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"cannot mount: {made.stderr.strip()}")


@dataclass(frozen=True)
class DiskFault:
    """`prepare` comes before nginx uses the directory; `begin` and `end` while it does."""

    name: str
    prepare: Callable[[Path], None]
    begin: Callable[[Path], None]
    end: Callable[[Path], None]

    def __str__(self) -> str:
        return self.name


def make_empty(state: Path) -> None:
    state.mkdir(mode=0o700)
    shutil.chown(state, WORKER_USER)


def remove(state: Path) -> None:
    """Until it is gone: whoever has orders under way writes into a folder that is being emptied."""
    while state.exists():
        shutil.rmtree(state, ignore_errors=True)


def make_small_file_system(state: Path) -> None:
    make_empty(state)
    mount("-t", "tmpfs", "-o", f"size=256k,mode=700,uid={state.stat().st_uid}", "none",
          str(state))


def fill(state: Path) -> None:
    with (state / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def bind_read_only(state: Path) -> None:
    mount("--bind", str(state), str(state))
    # As soon as nobody writes a file there.
    wait_until(lambda: subprocess.run(["mount", "-o", "remount,ro,bind", str(state)],
                                      stderr=subprocess.DEVNULL, check=False).returncode == 0,
               f"{state} to become read-only")


def unmount(state: Path) -> None:
    # As soon as nobody has a file of it open.
    wait_until(lambda: subprocess.run(["umount", str(state)], check=False).returncode == 0,
               f"{state} to be left alone")


def give_to_root(state: Path) -> None:
    os.chown(state, 0, 0)


def give_back(state: Path) -> None:
    shutil.chown(state, WORKER_USER)


def lead_elsewhere(state: Path) -> None:
    """A link to a directory of somebody else's."""
    elsewhere = state.with_name("elsewhere")
    elsewhere.mkdir(mode=0o755)
    (elsewhere / "account.key").write_text("somebody else's")
    state.rename(state.with_name("aside"))
    state.symlink_to(elsewhere)


def lead_back(state: Path) -> None:
    elsewhere = state.with_name("elsewhere")
    assert [path.name for path in elsewhere.iterdir()] == ["account.key"]
    assert (elsewhere / "account.key").read_text() == "somebody else's"
    state.unlink()
    state.with_name("aside").rename(state)


FULL = DiskFault("full", make_small_file_system, fill,
                 lambda state: (state / "filler").unlink())
READ_ONLY = DiskFault("read-only", make_empty, bind_read_only, unmount)
REMOVED = DiskFault("removed", make_empty, remove, make_empty)
WRONG_OWNER = DiskFault("of another owner", make_empty, give_to_root, give_back)
LINK = DiskFault("replaced by a symbolic link", make_empty, lead_elsewhere, lead_back)


def truncated(content: bytes, position: int) -> bytes:
    return content[:position]


def with_a_flipped_bit(content: bytes, position: int) -> bytes:
    """Of the byte at `position`; which bit goes by the position."""
    flipped = bytearray(content)
    flipped[position] ^= 1 << (position * 5 % 8)
    return bytes(flipped)

# SPDX-License-Identifier: BSD-2-Clause
"""A loopback address for each test, so that all servers keep their usual ports."""

import errno
import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

NET = os.environ.get("ACME_TEST_NET", "127.16")

HTTP, HTTPS = 80, 443
PEBBLE, PEBBLE_MANAGEMENT = 14000, 15000
DNS, DNS_MANAGEMENT = 8053, 8055
NAME_SERVER = 53  # also nginx itself
GATE = 5002
CADDY = 9443
RESPONDER = 8056
PROMETHEUS = 9090
EXPOSITION = 9180
WEBHOOK = 8057
SMTP, IMAPS = 25, 993
ETCD, ETCD_PEER, REDIS = 2379, 2380, 6379

TCP_PORTS = (HTTP, HTTPS, GATE, PEBBLE, PEBBLE_MANAGEMENT, DNS, DNS_MANAGEMENT,
             NAME_SERVER, CADDY, RESPONDER, PROMETHEUS, EXPOSITION, WEBHOOK, SMTP, IMAPS,
             ETCD, ETCD_PEER, REDIS)
UDP_PORTS = (DNS, NAME_SERVER, HTTPS)


class ClaimedAddress:
    """127.A.B.C, ours until release(). Claims are locks on files: they end with
    the process that holds them, however it ends."""

    def __init__(self) -> None:
        folder = Path(tempfile.gettempdir()) / "ngx-acme-test-addresses"
        folder.mkdir(mode=0o777, exist_ok=True)
        hosts = [f"{NET}.{b}.{c}" for b in range(256) for c in range(1, 255)]
        start = random.randrange(len(hosts))
        in_use = []
        for address in hosts[start:] + hosts[:start]:
            if not self._lock(folder / address):
                continue
            port = port_in_use(address)
            if not port:
                self.address = address
                return
            self.release()
            in_use.append(f"{address}: {port}")
            if len(in_use) == 20:
                break  # somebody listens on all addresses
        raise RuntimeError(f"no free address in {NET}.0.0/16; {in_use}")

    def release(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _lock(self, path: Path) -> bool:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Not a file that its last holder removed while we opened it.
            if os.stat(path).st_ino == os.fstat(descriptor).st_ino:
                self._path, self._descriptor = path, descriptor
                return True
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(descriptor)
        return False


def port_in_use(address: str) -> str:
    """Which of our ports somebody uses on this address; empty when none."""
    kinds = [(socket.SOCK_STREAM, port) for port in TCP_PORTS]
    kinds += [(socket.SOCK_DGRAM, port) for port in UDP_PORTS]
    for kind, port in kinds:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                if kind == socket.SOCK_STREAM:
                    probe.listen(1)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                return f"port {port} is in use"
    return ""

# SPDX-License-Identifier: BSD-2-Clause
"""A resolver's side of DNS: bytes over UDP and TCP, and what `dig` makes of an
answer."""

import re
import socket
import struct
import subprocess
from contextlib import closing
from dataclasses import dataclass, field
from typing import Optional

from . import addresses

TXT, SOA, NS, A = 16, 6, 2, 1


def query(name: str, kind: int = TXT, identifier: int = 0x1234) -> bytes:
    """As a resolver sends it, with EDNS."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return (struct.pack(">HHHHHH", identifier, 0, 1, 0, 0, 1) + labels + b"\0"
            + struct.pack(">HH", kind, 1) + b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0))


def exchange(address: str, message: bytes, source: str = "", timeout: float = 5.0,
             port: int = addresses.NAME_SERVER) -> bytes:
    """One datagram there and one back; empty when none comes back."""
    with closing(datagrams(address, source, timeout, port)) as plain:
        plain.send(message)
        try:
            return plain.recv(65535)
        except (TimeoutError, ConnectionRefusedError):
            return b""


def datagrams(address: str, source: str = "", timeout: float = 5.0,
              port: int = addresses.NAME_SERVER) -> socket.socket:
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.bind((source or address, 0))
    plain.connect((address, port))
    plain.settimeout(timeout)
    return plain


def connection(address: str, timeout: float = 20.0) -> socket.socket:
    return socket.create_connection((address, addresses.NAME_SERVER), timeout,
                                    source_address=(address, 0))


def framed(message: bytes) -> bytes:
    return struct.pack(">H", len(message)) + message


def read_framed(plain: socket.socket) -> bytes:
    """Empty at the connection's end."""
    size = _read(plain, 2)
    return _read(plain, struct.unpack(">H", size)[0]) if size else b""


def _read(plain: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        try:
            more = plain.recv(size - len(data))
        except ConnectionResetError:
            more = b""
        if not more:
            return b""
        data += more
    return data


def rcode(answer: bytes) -> int:
    return answer[3] & 15


def answer_count(answer: bytes) -> int:
    return int(struct.unpack(">H", answer[6:8])[0])


@dataclass(frozen=True)
class Dug:
    """What dig shows of an answer."""

    status: str = ""
    flags: tuple[str, ...] = ()
    question: str = ""
    edns: str = ""
    sections: dict[str, list[list[str]]] = field(default_factory=dict)

    @property
    def txt(self) -> list[str]:
        return sorted(record[4].strip('"') for record in self.sections.get("ANSWER", []))


def dig(address: str, *arguments: str, source: Optional[str] = None) -> Dug:
    output = subprocess.run(
        ["dig", f"@{address}", "-p", str(addresses.NAME_SERVER), "-b", source or address,
         "+tries=1", "+time=10", "+norecurse", *arguments],
        stdout=subprocess.PIPE, text=True, check=False).stdout
    status = re.search(r"status: (\w+)", output)
    assert status, output
    flags = re.search(r";; flags: ([a-z ]*);", output)
    question = re.search(r";; QUESTION SECTION:\n;(\S+)", output)
    edns = re.search(r"; (EDNS: .*)", output)
    sections = {
        name: [line.split(None, 4) for line in lines.splitlines() if not line.startswith(";")]
        for name, lines in re.findall(r";; (ANSWER|AUTHORITY) SECTION:\n((?:.+\n)*)", output)}
    return Dug(status[1], tuple(flags[1].split()) if flags else (),
               question[1] if question else "", edns[1] if edns else "", sections)

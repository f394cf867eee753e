# SPDX-License-Identifier: BSD-2-Clause
"""A DNS server that fails until it is healed."""

import socket
import struct
import threading

SERVFAIL = 2


class FailingDns:
    """Answers SERVFAIL, later every A question with its own address."""

    def __init__(self, address: str, port: int) -> None:
        self._address = socket.inet_aton(address)
        self._is_well = False
        self.question_count = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def heal(self) -> None:
        self._is_well = True

    def close(self) -> None:
        self._socket.sendto(b"", self._socket.getsockname())  # ends the thread
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            question, client = self._socket.recvfrom(512)
            if not question:
                return
            self.question_count += 1
            self._socket.sendto(self._answer(question), client)

    def _answer(self, question: bytes) -> bytes:
        name_end = question.index(b"\0", 12) + 1
        (kind,) = struct.unpack_from("!H", question, name_end)
        asked = question[12:name_end + 4]
        has_answer = self._is_well and kind == 1
        flags = 0x8180 if self._is_well else 0x8180 | SERVFAIL
        header = question[:2] + struct.pack("!HHHHH", flags, 1, int(has_answer), 0, 0)
        record = struct.pack("!HHHIH", 0xC00C, 1, 1, 1, 4) + self._address
        return header + asked + (record if has_answer else b"")

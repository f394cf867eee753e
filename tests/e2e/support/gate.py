# SPDX-License-Identifier: BSD-2-Clause
"""A gate in front of a port of nginx, to hold the CA's validations."""

import socket
import threading


class Gate:
    """Passes TCP connections on to `target`, once it is open. Pebble waits 15 s for
    an answer: open it before that."""

    def __init__(self, address: str, port: int, target: int) -> None:
        self._target = (address, target)
        self._opened = threading.Event()
        self._closed = False
        self.held_path = ""  # of the first HTTP request that came
        self._listener = socket.create_server((address, port), backlog=128)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def open(self) -> None:
        self._opened.set()

    def close(self) -> None:
        self._closed = True
        self._opened.set()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        except OSError:
            pass
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(visitor,), daemon=True).start()

    def _pass_on(self, visitor: socket.socket) -> None:
        request = visitor.recv(4096, socket.MSG_PEEK)
        if request.startswith(b"GET "):
            self.held_path = request.split()[1].decode()
        self._opened.wait()
        with visitor:
            if self._closed:
                return
            try:
                with socket.create_connection(self._target, timeout=10) as server:
                    visitor.settimeout(10)
                    back = threading.Thread(target=pump, args=(server, visitor), daemon=True)
                    back.start()
                    pump(visitor, server)
                    back.join()
            except OSError:
                pass


def pump(source: socket.socket, target: socket.socket) -> None:
    """Passes on what comes, and the end of it."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass

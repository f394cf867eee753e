# SPDX-License-Identifier: BSD-2-Clause
"""A TLS 1.3 client that says which compressed certificates it takes (RFC 8879), which
neither Python's ssl module nor the openssl command does."""

import ctypes
import ctypes.util
import socket
from pathlib import Path
from typing import Optional

ALGORITHMS = {"zlib": 1, "brotli": 2, "zstd": 3}

HANDSHAKE_RECORD = 22
CERTIFICATE, COMPRESSED_CERTIFICATE = 11, 25
SET_MIN_VERSION, SET_SIGNATURES, SET_SERVER_NAME = 123, 98, 55
TLS_1_3 = 0x0304
VERIFY_PEER = 1
NO_RX_COMPRESSION = 1 << 33
MESSAGE_CALLBACK = ctypes.CFUNCTYPE(
    None, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t,
    ctypes.c_void_p, ctypes.c_void_p)


class Library:
    """libssl, with the types of what is used here."""

    def __init__(self) -> None:
        self._ssl = ctypes.CDLL("libssl.so.3")
        for name, result, *arguments in [
                ("TLS_client_method", "p"), ("SSL_CTX_new", "p", "p"), ("SSL_CTX_free", None, "p"),
                ("SSL_CTX_ctrl", "l", "p", "i", "l", "p"), ("SSL_ctrl", "l", "p", "i", "l", "p"),
                ("SSL_CTX_set_options", "u", "p", "u"), ("SSL_CTX_set_verify", None, "p", "i", "p"),
                ("SSL_CTX_load_verify_file", "i", "p", "s"), ("SSL_new", "p", "p"),
                ("SSL_free", None, "p"), ("SSL_set1_host", "i", "p", "s"),
                ("SSL_set_fd", "i", "p", "i"), ("SSL_connect", "i", "p"),
                ("SSL_CTX_set1_cert_comp_preference", "i", "p", "p", "z")]:
            self._declare(name, result, arguments)
        self._ssl.SSL_CTX_set_msg_callback.argtypes = [ctypes.c_void_p, MESSAGE_CALLBACK]
        self._ssl.SSL_CTX_set_msg_callback.restype = None

    def _declare(self, name: str, result: Optional[str], arguments: list[str]) -> None:
        types = {"p": ctypes.c_void_p, "i": ctypes.c_int, "l": ctypes.c_long,
                 "u": ctypes.c_uint64, "s": ctypes.c_char_p, "z": ctypes.c_size_t}
        function = getattr(self._ssl, name)
        function.restype = types[result] if result else None
        function.argtypes = [types[argument] for argument in arguments]

    def __getattr__(self, name: str):
        return getattr(self._ssl, name)


def has_algorithm(name: str) -> bool:
    """Whether this machine's OpenSSL is built with it."""
    library = Library()
    context = library.SSL_CTX_new(library.TLS_client_method())
    wanted = (ctypes.c_int * 1)(ALGORITHMS[name])
    try:
        return library.SSL_CTX_set1_cert_comp_preference(context, wanted, 1) == 1
    finally:
        library.SSL_CTX_free(context)


def certificate_form(address: str, port: int, name: str, roots: Path, offer: list[str],
                     signatures: str = "") -> str:
    """How the certificate came: by the name of an algorithm, or "plain". Fails the test
    when the handshake fails, or the certificate is not to be trusted."""
    library = Library()
    messages: list[bytes] = []

    @MESSAGE_CALLBACK
    def note(is_sent, _version, content, data, size, _ssl, _argument):  # type: ignore
        if not is_sent and content == HANDSHAKE_RECORD:
            messages.append(ctypes.string_at(data, size))

    context = library.SSL_CTX_new(library.TLS_client_method())
    library.SSL_CTX_ctrl(context, SET_MIN_VERSION, TLS_1_3, None)
    library.SSL_CTX_set_verify(context, VERIFY_PEER, None)
    assert library.SSL_CTX_load_verify_file(context, str(roots).encode()) == 1
    library.SSL_CTX_set_msg_callback(context, note)
    if signatures:
        text = ctypes.create_string_buffer(signatures.encode())
        assert library.SSL_CTX_ctrl(context, SET_SIGNATURES, 0,
                                    ctypes.cast(text, ctypes.c_void_p)) == 1
    if offer:
        wanted = (ctypes.c_int * len(offer))(*(ALGORITHMS[each] for each in offer))
        assert library.SSL_CTX_set1_cert_comp_preference(context, wanted, len(offer)) == 1
    else:
        library.SSL_CTX_set_options(context, NO_RX_COMPRESSION)
    connection = library.SSL_new(context)
    host = ctypes.create_string_buffer(name.encode())
    library.SSL_ctrl(connection, SET_SERVER_NAME, 0, ctypes.cast(host, ctypes.c_void_p))
    assert library.SSL_set1_host(connection, name.encode()) == 1
    try:
        with socket.create_connection((address, port), timeout=10) as plain:
            plain.setblocking(True)
            library.SSL_set_fd(connection, plain.fileno())
            assert library.SSL_connect(connection) == 1, "the handshake fails"
    finally:
        library.SSL_free(connection)
        library.SSL_CTX_free(context)
    for message in messages:
        if message[0] == COMPRESSED_CERTIFICATE:
            number = int.from_bytes(message[4:6], "big")
            return next(key for key, value in ALGORITHMS.items() if value == number)
        if message[0] == CERTIFICATE:
            return "plain"
    raise AssertionError("no certificate")

# SPDX-License-Identifier: BSD-2-Clause
"""Key material, and where it must not be."""

import base64
import re
from pathlib import Path
from typing import Any, Iterator

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PEM_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----",
                     re.DOTALL)
# In whichever key: the word of PEM, the private member of a JWK.
MARKS = re.compile(rb"PRIVATE KEY|\"d\" *:")
# Key bytes that are too short to be one by chance.
SHORTEST = 24


def load(pem: bytes) -> Any:
    """None for keys we cannot read."""
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        return None


def public_part(pem: bytes) -> bytes:
    """What everybody may know of the key, and every certificate has."""
    key = load(pem)
    return key.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo) if key else b""


def is_within(line: bytes, data: bytes) -> bool:
    """Whether the line of PEM says nothing but what the data says."""
    try:
        return base64.b64decode(line) in data
    except ValueError:
        return False


def private_number(pem: bytes) -> bytes:
    """What makes the key private; for keys we cannot read, nothing."""
    key = load(pem)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.private_numbers().private_value.to_bytes((key.curve.key_size + 7) // 8, "big")
    if isinstance(key, rsa.RSAPrivateKey):
        return key.private_numbers().p.to_bytes(key.key_size // 16, "big")
    return b""


def key_files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every private key in PEM below the folder."""
    for path in folder.rglob("*"):
        try:
            if path.is_symlink() or not path.is_file() or path.suffix == ".log":
                continue
            for pem in PEM_KEY.findall(path.read_bytes()):
                yield path, pem
        except OSError:
            continue


def forms(pem: bytes) -> set[bytes]:
    """The key as it could get into a text: lines of PEM that have something private,
    raw, in hexadecimal, base64 and base64url."""
    body = [line.strip() for line in pem.splitlines() if b"-----" not in line]
    public = public_part(pem)
    found = {line for line in body if not is_within(line, public)}
    number = private_number(pem)
    if number:
        found |= {number, number.hex().encode(), number.hex().upper().encode(),
                  base64.b64encode(number).rstrip(b"="),
                  base64.urlsafe_b64encode(number).rstrip(b"=")}
    return {form for form in found if len(form) >= SHORTEST}


# A token and a thumbprint, as a CA's problem may quote them.
KEY_AUTHORIZATION = re.compile(rb"[A-Za-z0-9_-]{22,}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_.-])")
TOKEN = re.compile(rb"acme-challenge/([A-Za-z0-9_-]{22,})")


def exchange_leaks(folder: Path) -> list[str]:
    """What the lines that acme_log has of exchanges with a CA must not have."""
    tokens = {token for log in folder.rglob("pebble*.log")
              for token in TOKEN.findall(log.read_bytes())}
    found = []
    for log in (*folder.rglob("acme.log"), *folder.rglob("own*.log")):
        for line in log.read_bytes().splitlines():
            if b"[debug]" in line and (KEY_AUTHORIZATION.search(line)
                                       or any(token in line for token in tokens)):
                found.append(f"{log} has a token: {line.decode(errors='replace')}")
    return found


def leaks(folder: Path) -> list[str]:
    """Which log below the folder has something of which key. What visitors received is
    a log, too."""
    secrets = {form: path for path, pem in key_files(folder) for form in forms(pem)}
    found = []
    for log in folder.rglob("*.log"):
        text = log.read_bytes()
        mark = MARKS.search(text)
        if mark:
            found.append(f"{log} has {mark.group().decode()}")
        found += [f"{log} has a part of {path}" for form, path in secrets.items()
                  if form in text]
    return found + exchange_leaks(folder)


def encodings(secret: bytes) -> set[bytes]:
    """Any secret, as it is and as texts have it."""
    return {secret, secret.hex().encode(), secret.hex().upper().encode(),
            base64.b64encode(secret).rstrip(b"="),
            base64.urlsafe_b64encode(secret).rstrip(b"=")}


def private_memory(pid: int) -> Iterator[bytes]:
    """What the process can write and shares with nobody: heap, stacks, variables, and
    what was freed and not used since."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            fields = line.split()
            if not fields[1].startswith("rw-p"):
                continue
            start, end = (int(part, 16) for part in fields[0].split("-"))
            found = b""
            try:
                memory.seek(start)
                while start < end:
                    part = memory.read(end - start)
                    found += part
                    start += len(part)
            except OSError:  # pages that are nobody's to read
                pass
            yield found


def found_in_memory(pid: int, secrets: dict[str, set[bytes]]) -> set[str]:
    """Which of the named secrets the process has, in whichever form."""
    found: set[str] = set()
    for area in private_memory(pid):
        found |= {name for name, shapes in secrets.items()
                  if any(shape in area for shape in shapes)}
    return found

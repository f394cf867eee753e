# SPDX-License-Identifier: BSD-2-Clause
"""`nginx -t` of a file of tests/config, with all that such files name."""

import re
from pathlib import Path

from .certificates import TestAuthority, new_key, write_key
from .nginx import Check, Nginx

CONFIG = Path(__file__).resolve().parents[2] / "config"


def check(nginx: Nginx, source: Path) -> tuple[Check, Path]:
    """Tests a copy of the file, beside what it refers to."""
    return check_text(nginx, source.name, source.read_text())


def check_text(nginx: Nginx, name: str, text: str) -> tuple[Check, Path]:
    """The same with the text of such a file. One that speaks of load_module loads the
    module itself."""
    folder = nginx.prefix / "conf"
    conf = folder / name
    conf.write_text(nginx.made_local(text))
    (nginx.prefix / "html/index.html").write_text("hello\n")
    (nginx.prefix / "closed").mkdir(mode=0o700, exist_ok=True)
    (folder / "garbage.pem").write_text("-----BEGIN GARBAGE-----\nAAAA\n-----END GARBAGE-----\n")
    (folder / "root.pem").write_text(TestAuthority().root_pem)
    (folder / "issuer.inc").write_text("uri https://ca.example.com/directory;\n")
    (folder / "eab.key").write_text(" zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W\n")
    (folder / "empty.key").write_text("\n")
    (folder / "empty.key").chmod(0o400)
    (folder / "state.key").write_text("Zm9yIHRlc3RzOiAzMiBieXRlcywgYW5kIG5vIG1vcmU=\n")
    (folder / "state.key").chmod(0o400)
    write_key(new_key(), folder / "account.pem")
    (folder / "tsig.key").write_text("".join(
        f'key "{algorithm}" {{ // as tsig-keygen writes it\n'
        f'\talgorithm {algorithm};\n\tsecret "c2VjcmV0IG9mIGEgdGVzdA==";\n}};\n'
        for algorithm in ("hmac-sha256", "hmac-sha512", "hmac-md5")))
    (folder / "bad-secret.key").write_text(
        'key "k" { algorithm hmac-sha256; secret "not base64!"; };\n')
    (folder / "password").write_text("secret\n")
    (folder / "not-executable").write_text("#!/bin/sh\n")
    (folder / "dns-hook").write_text("#!/bin/sh\n")
    (folder / "dns-hook").chmod(0o755)
    (folder / "open-hook").write_text("#!/bin/sh\n")
    (folder / "open-hook").chmod(0o757)
    (folder / "open").mkdir(exist_ok=True)
    (folder / "open").chmod(0o777)
    (folder / "open" / "hook").write_text("#!/bin/sh\n")
    (folder / "open" / "hook").chmod(0o755)
    (folder / "webhook.secret").write_text("secret of a test\n")
    (folder / "webhook.secret").chmod(0o640)
    return nginx.check(conf, loads_module="load_module" not in text), conf


def remarks(nginx: Nginx, result: Check, conf: Path) -> list[str]:
    """The module's lines, without what differs from run to run."""
    text = result.log.replace(str(conf), "FILE").replace(str(nginx.prefix), "PREFIX")
    return [f"{level}: {remark}" for level, remark in
            re.findall(r"\[(\w+)\] [\d#]+: acme: (.*)", text.replace(nginx.address, "ADDRESS"))]

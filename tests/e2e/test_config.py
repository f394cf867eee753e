# SPDX-License-Identifier: BSD-2-Clause
"""nginx -t: accepts what is right, explains what is wrong, touches nothing.

tests/config/refused has files NAME.conf, each with the regular expression of its
one [emerg] line in NAME.expected, where FILE stands for the configuration's path.
tests/config/accepted has files NAME.conf, each with all that is said of it in
NAME.expected, "level: text", where PREFIX and ADDRESS stand for the test's own.
"""

import re
import socket
from pathlib import Path

import pytest

from support.addresses import PEBBLE
from support.certificates import TestAuthority, new_key, write_key
from support.nginx import Check, Nginx

CONFIG = Path(__file__).resolve().parents[1] / "config"


def check(nginx: Nginx, source: Path) -> tuple[Check, Path]:
    """Tests a copy of the file, beside what it refers to."""
    folder = nginx.prefix / "conf"
    conf = folder / source.name
    conf.write_text(nginx.made_local(source.read_text()))
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
    return nginx.check(conf), conf


@pytest.mark.parametrize("source", sorted((CONFIG / "refused").glob("*.conf")),
                         ids=lambda path: path.stem)
def test_a_wrong_configuration_is_refused_with_one_line(nginx: Nginx, source: Path) -> None:
    expected = source.with_suffix(".expected").read_text().strip()

    result, conf = check(nginx, source)

    assert result.status == 1, result.output
    emergencies = result.emergencies()
    assert len(emergencies) == 1, result.output
    pattern = expected.replace("FILE", re.escape(str(conf)))
    assert re.search(rf"\[emerg\] .*{pattern}$", emergencies[0]), emergencies[0]


def remarks(nginx: Nginx, result: Check, conf: Path) -> list[str]:
    """The module's lines, without what differs from run to run."""
    text = result.log.replace(str(conf), "FILE").replace(str(nginx.prefix), "PREFIX")
    return [f"{level}: {remark}" for level, remark in
            re.findall(r"\[(\w+)\] [\d#]+: acme: (.*)", text.replace(nginx.address, "ADDRESS"))]


@pytest.mark.parametrize("source", sorted((CONFIG / "accepted").glob("*.conf")),
                         ids=lambda path: path.stem)
def test_a_right_configuration_is_accepted_and_told(nginx: Nginx, source: Path) -> None:
    expected = source.with_suffix(".expected").read_text().splitlines()

    result, conf = check(nginx, source)

    assert result.status == 0, result.output
    assert remarks(nginx, result, conf) == expected
    warnings = [line for line in result.output.splitlines()
                if re.search(r"\[(warn|error|crit|alert|emerg)\]", line)]
    assert all("acme: " in line or "conflicting server name" in line for line in warnings), warnings
    ours = [line for line in warnings if "acme: " in line]
    assert len(ours) == len(set(ours)), "nothing is said twice"


@pytest.mark.parametrize("folder", ["accepted", "refused"])
def test_every_configuration_says_what_it_expects(folder: str) -> None:
    confs = {path.stem for path in (CONFIG / folder).glob("*.conf")}
    assert confs == {path.stem for path in (CONFIG / folder).glob("*.expected")}
    assert confs


def test_another_module_of_the_same_name_is_refused_by_nginx_with_one_line(nginx: Nginx) -> None:
    """The official module, say, which a package's snippet loads."""
    nginx.configure("acme on;", main="load_module modules/another.so;")
    (nginx.prefix / "modules" / "another.so").symlink_to(nginx.program.module)

    result = nginx.check()

    assert result.status == 1
    (line,) = result.emergencies()
    assert 'module "ngx_http_acme_module" is already loaded in ' in line


def test_nginx_t_asks_no_ca_and_writes_no_file(nginx: Nginx, address: str) -> None:
    with socket.socket() as silent_ca:
        silent_ca.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        silent_ca.bind((address, PEBBLE))
        silent_ca.listen()
        silent_ca.setblocking(False)
        nginx.configure(f"""
            acme_issuer pebble {{
                uri https://{address}:{PEBBLE}/dir;
                state_path state;
                accept_terms_of_service;
            }}
            acme pebble;
            server {{ listen 443 ssl; server_name www.example.com; }}
        """)

        result = nginx.check()

        assert result.status == 0, result.output
        with pytest.raises(BlockingIOError):
            silent_ca.accept()
    # nginx itself makes the folder.
    assert not nginx.state.exists() or not list(nginx.state.iterdir())

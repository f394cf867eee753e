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
from support.config_check import CONFIG, check, remarks
from support.nginx import Nginx


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


@pytest.mark.parametrize("source", sorted((CONFIG / "accepted").glob("*.conf")),
                         ids=lambda path: path.stem)
def test_a_right_configuration_is_accepted_and_told(nginx: Nginx, source: Path) -> None:
    expected = source.with_suffix(".expected").read_text().splitlines()

    result, conf = check(nginx, source)

    assert result.status == 0, result.output
    assert remarks(nginx, result, conf) == expected
    warnings = [line for line in result.output.splitlines()
                if re.search(r"\[(warn|error|crit|alert|emerg)\]", line)]
    of_nginx = ("conflicting server name", "has suspicious symbols")
    assert all("acme: " in line or any(words in line for words in of_nginx)
               for line in warnings), warnings
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

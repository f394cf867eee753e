# SPDX-License-Identifier: BSD-2-Clause
"""DNS records published by programs, good and bad: none keeps another certificate
waiting, and none outlives nginx."""

import os
import signal
from pathlib import Path
from typing import Optional

from support import addresses
from support.dns_hook import write_dns_hook
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.processes import is_alive
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until


def write_program(nginx: Nginx, name: str, script: str) -> Path:
    program = nginx.prefix / "conf" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def shared_folder(nginx: Nginx) -> Path:
    """Where programs may write, too."""
    folder = nginx.prefix / "programs"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def resolver(nginx: Nginx) -> str:
    return f"resolver {nginx.address}:{addresses.DNS};"


def only_bad(nginx: Nginx, pebble: PebbleServer, bad: Path) -> Nginx:
    return nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {resolver(nginx)}
        acme_dns exec {bad};
        {https_server("*.example.com")}
    """)


def good_and_bad(nginx: Nginx, pebble: PebbleServer, bad: Path) -> Nginx:
    """*.example.org and www.example.net are good; *.example.com depends on a program
    that is not."""
    good = write_dns_hook(nginx.prefix / "conf", nginx.address)
    return nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {resolver(nginx)}
        acme_dns exec {bad} zone=example.com;
        acme_dns exec {good} zone=example.org;
        {REDIRECT}
        {https_server("*.example.com")}
        {https_server("*.example.org")}
        {https_server("www.example.net")}
    """)


def issues_the_others(visitor: Visitor) -> None:
    assert visitor.wait_for_certificate("www.example.org").names == ("*.example.org",)
    assert visitor.wait_for_certificate("www.example.net").names == ("www.example.net",)


def zombies(parent: Optional[int]) -> list[str]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if after_name[0] == "Z" and int(after_name[1]) == parent:
            found.append(stat.parent.name)
    return found


def test_a_program_of_mod_md_is_called_as_apache_calls_it(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    management = f"http://{nginx.address}:{addresses.DNS_MANAGEMENT}"
    program = write_program(nginx, "dns-md", f"""
        set -eu
        echo "called with $1 $2"
        case $1 in setup) action=set-txt ;; teardown) action=clear-txt ;; esac
        curl --silent --show-error --fail --noproxy '*' "{management}/$action" \\
            --data "{{\\"host\\": \\"_acme-challenge.$2.\\", \\"value\\": \\"$3\\"}}"
    """)
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {resolver(nginx)}
        acme_dns exec-md {program};
        {https_server("*.example.com")}
    """).start()

    assert visitor.wait_for_certificate("www.example.com").names == ("*.example.com",)

    nginx.wait_for_log("called with setup example.com$")
    nginx.wait_for_log("called with teardown example.com$")
    assert zombies(nginx.helper_pid()) == []
    assert not nginx.log_lines("unknown process")


def test_a_program_that_fails_is_an_error_with_its_words(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    bad = write_program(nginx, "failing", "echo 'no such zone' >&2; exit 3")
    nginx.allow_log("example.com")
    nginx.expect_log(r"\[warn\].*failing present _acme-challenge.example.com.*: no such zone")
    nginx.expect_log(r"\[error\].*failing present .* ended with status 3; "
                     r"it said: no such zone")
    good_and_bad(nginx, pebble, bad).start()

    issues_the_others(visitor)
    nginx.wait_for_log("ended with status 3.*next try")


def test_a_program_that_dies_costs_no_other_certificate(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    bad = write_program(nginx, "dying", "kill -s SEGV $$")
    nginx.allow_log("example.com")
    nginx.expect_log(r"\[error\].*dying present .* was killed by SIGSEGV")
    good_and_bad(nginx, pebble, bad).start()

    issues_the_others(visitor)
    nginx.wait_for_log("was killed by SIGSEGV.*next try")


def test_a_program_that_prints_megabytes_floods_neither_log_nor_memory(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    ready = shared_folder(nginx) / "ready"
    bad = write_program(nginx, "talking", f"""
        yes 'all work and no play' | head -c 20000000
        head -c 20000000 /dev/zero
        echo >"{ready}"
        exit 1""")
    nginx.allow_log("example.com")
    nginx.expect_log(r"lines are left out")
    good_and_bad(nginx, pebble, bad).start()

    issues_the_others(visitor)
    nginx.wait_for_log("talking present .* ended with status 1.*next try")
    assert ready.exists()
    assert len(nginx.error_log) < 500_000


def test_a_program_that_hangs_costs_no_other_certificate_and_ends_with_nginx(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    folder = shared_folder(nginx)
    bad = write_program(nginx, "hanging", f"""
        sh -c 'echo $$ >"{folder}/child.part"; mv "{folder}/child.part" "{folder}/child"
               exec sleep 1000' &
        wait""")
    good_and_bad(nginx, pebble, bad).start()

    issues_the_others(visitor)
    wait_until((folder / "child").exists, "the program")
    child = int((folder / "child").read_text())
    assert is_alive(child)
    nginx.stop()
    wait_until(lambda: not is_alive(child), "the end of the program")


def test_a_program_ends_with_a_helper_that_is_killed(
        nginx: Nginx, pebble: PebbleServer) -> None:
    folder = shared_folder(nginx)
    bad = write_program(nginx, "hanging", f"""
        echo $$ >"{folder}/pid.$$"; exec sleep 1000""")
    nginx.allow_log("exited on signal 9|signal 9")
    only_bad(nginx, pebble, bad).start()
    pid_file = wait_until(lambda: next(folder.glob("pid.*"), None), "the program")
    pid = int(pid_file.suffix[1:])
    helper = nginx.helper_pid()
    assert helper is not None

    os.kill(helper, signal.SIGKILL)

    wait_until(lambda: not is_alive(pid), "the end of the program")


def test_a_record_left_over_at_a_program_that_hangs_costs_no_other_certificate(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    calls = shared_folder(nginx) / "calls"
    bad = write_program(nginx, "hanging", f"""
        echo "$1" >>"{calls}"; exec sleep 1000""")
    only_bad(nginx, pebble, bad).start()
    wait_until(calls.exists, "the program")
    nginx.stop()

    good_and_bad(nginx, pebble, bad).start()

    wait_until(lambda: calls.read_text().split() == ["present", "cleanup"], "the removal")
    issues_the_others(visitor)

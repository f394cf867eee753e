# SPDX-License-Identifier: BSD-2-Clause
"""What is said about a configuration: as much as can be read, and once."""

import re

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor

ISSUER = """
    acme_issuer ca { uri https://ca.example.com/directory; state_path state;
                     accept_terms_of_service; }
    acme ca;
"""
LEFT_OUT = "no certificate for \"intranet\""


def site(servers: int, more: str = "") -> str:
    return ISSUER + more + REDIRECT + "".join(
        https_server(f"www{i}.example.com") for i in range(servers)) + https_server(
            "shop.example.com intranet")


def said(log: str) -> list[str]:
    return re.findall(r"\[(?:notice|warn)\] [\d#]+: acme: (.*)", log)


def test_up_to_fifty_certificates_are_listed_with_a_summary_at_the_end(nginx: Nginx) -> None:
    nginx.configure(site(49))

    lines = said(nginx.check().log)

    assert sum(line.startswith("certificate ") for line in lines) == 50
    assert lines[-1] == ("50 certificates for 50 names at 1 issuer: 0 stored, "
                         "50 to be ordered; 1 name left out; 1 warning")


def test_of_more_certificates_only_warnings_and_the_summary_are_told(nginx: Nginx) -> None:
    nginx.configure(site(1001))

    first, last = said(nginx.check().log)

    assert first.startswith(LEFT_OUT)
    assert last == ("1,002 certificates for 1,002 names at 1 issuer: 0 stored, "
                    "1,002 to be ordered; 1 name left out; 1 warning")


def test_acme_check_verbose_lists_all(nginx: Nginx) -> None:
    nginx.configure(site(60, "acme_check verbose;"))

    assert sum(line.startswith("certificate ") for line in said(nginx.check().log)) == 61


def test_with_q_warnings_alone_are_told(nginx: Nginx) -> None:
    nginx.configure(site(1))

    (line,) = said(nginx.check(None, "-q").log)

    assert line.startswith(LEFT_OUT)


def test_stored_certificates_are_counted(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure("\n".join([pebble.issuer(), "acme pebble;", REDIRECT,
                               https_server("www.example.com")])).start()
    visitor.wait_for_certificate("www.example.com")
    nginx.configure("\n".join([pebble.issuer(), "acme pebble;", REDIRECT,
                               https_server("www.example.com"),
                               https_server("shop.example.com")]))

    assert said(nginx.check().log)[-1].endswith(": 1 stored, 1 to be ordered")


def test_a_reload_says_what_is_new_and_nothing_twice(nginx: Nginx, pebble: PebbleServer) -> None:
    nginx.allow_log("no certificate for")
    before = "\n".join([pebble.issuer(), "acme pebble;", REDIRECT,
                        https_server("www.example.com intranet")])
    nginx.configure(before).start()

    # As an operator does it; the process that is called says nothing either.
    nginx.configure("# a line more\n" + before + https_server("shop.example.com extranet"))
    printed = nginx.send("reload")
    nginx.wait_for_log("no certificate for \"extranet\"")

    assert "acme:" not in printed
    assert len(nginx.log_lines("no certificate for \"extranet\"")) == 1
    assert len(nginx.log_lines("no certificate for \"intranet\"")) == 1

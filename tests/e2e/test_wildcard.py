# SPDX-License-Identifier: BSD-2-Clause
"""Wildcards: proved by DNS, beside names that are proved in another way, and
served to every client that they are good for."""

from support import addresses
from support.dns_hook import write_dns_hook
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until


def dns(nginx: Nginx, more: str = "") -> str:
    """The directives that have records published in Pebble's DNS server."""
    write_dns_hook(nginx.prefix / "conf", nginx.address)
    return f"resolver {nginx.address}:{addresses.DNS}; acme_dns exec dns-hook {more};"


def test_a_wildcard_is_issued_and_served_for_all_its_names(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {dns(nginx)}
        {https_server("*.example.com")}
    """).start()

    certificate = visitor.wait_for_certificate("any.example.com")

    assert certificate.names == ("*.example.com",)
    assert visitor.verified_certificate("other.example.com").serial == certificate.serial
    nginx.wait_for_log("dns-hook: present _acme-challenge.example.com.$")
    nginx.wait_for_log("dns-hook: cleanup _acme-challenge.example.com.$")
    assert pebble.order_count() == 1


def test_a_domain_and_its_wildcard_have_two_records_of_one_name(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer(more="challenge dns-01;")}
        acme pebble;
        {dns(nginx)}
        {https_server(".example.com www.example.com")}
    """).start()

    certificate = visitor.wait_for_certificate("example.com")

    assert sorted(certificate.names) == ["*.example.com", "example.com"]
    assert visitor.verified_certificate("www.example.com").serial == certificate.serial
    wait_until(lambda: len(nginx.log_lines("dns-hook: present _acme-challenge.example.com")) == 2,
               "two records")
    assert pebble.refusal_count() == 0


def test_one_order_proves_names_over_http_and_wildcards_by_dns(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {dns(nginx, "zone=example.com")}
        {REDIRECT}
        {https_server("www.example.org *.example.com")}
    """)
    assert ("; challenge http-01 answered at "
            f"{nginx.address}:80 for www.example.org; dns-01 for *.example.com"
            in nginx.check().log)
    nginx.start()

    certificate = visitor.wait_for_certificate("www.example.org")

    assert sorted(certificate.names) == ["*.example.com", "www.example.org"]
    assert (pebble.order_count(), pebble.refusal_count()) == (1, 0)
    assert not nginx.log_lines("dns-hook: present .*example.org")


def test_a_name_that_is_not_found_over_http_is_proved_by_dns(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    """Nothing listens where the CA looks."""
    pebble = (stopped_pebble.with_http_port(addresses.GATE)
              .with_tls_port(addresses.GATE).start())
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {dns(nginx)}
        {REDIRECT}
        {https_server("www.example.com")}
    """).start()

    visitor.wait_for_certificate("www.example.com")

    assert (pebble.order_count(), pebble.refusal_count()) == (3, 2)


def test_requests_for_a_wildcards_names_are_redirected_to_https(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        acme_redirect on;
        {dns(nginx)}
        server {{ listen 80 default_server; return 200 plain; }}
        {https_server("*.example.com")}
    """).start()
    visitor.wait_for_certificate("any.example.com")

    redirected = visitor.get_plain("any.example.com", "/page")
    assert redirected.status == 301
    assert redirected.headers["location"] == "https://any.example.com/page"
    # The wildcard stands for one label.
    assert visitor.get_plain("two.labels.example.com").body == "plain"
    assert visitor.get_plain("example.com").body == "plain"


def test_a_program_that_fails_says_so_and_holds_up_nothing_else(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.expect_log('certificate "\\*.example.com": .*next try')
    text = dns(nginx)
    (nginx.prefix / "conf" / "dns-hook").write_text("#!/bin/sh\necho no access; exit 3\n")
    nginx.allow_log("no access")
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {text}
        {REDIRECT}
        {https_server("*.example.com")}
        {https_server("www.example.org")}
    """).start()

    visitor.wait_for_certificate("www.example.org")
    nginx.wait_for_log('certificate "\\*.example.com": .*next try')
    assert visitor.has_only_a_temporary_certificate("any.example.com")

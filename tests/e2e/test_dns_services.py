# SPDX-License-Identifier: BSD-2-Clause
"""DNS records published by web services: lego's httpreq interface, and acme-dns."""

import json
import re

from support import addresses
from support.dns_services import AcmeDns, HttpReq
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import https_server
from support.tls import Visitor
from support.waiting import wait_until


def configuration(nginx: Nginx, pebble: PebbleServer, provider: str) -> str:
    return f"""
        {pebble.issuer(more="challenge dns-01;")}
        acme pebble;
        resolver {nginx.address}:{addresses.DNS};
        acme_dns {provider};
        {https_server(".example.com")}"""


def test_httpreq_publishes_for_a_domain_and_its_wildcard(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    service = HttpReq(nginx.address)
    password = nginx.prefix / "conf" / "password"
    password.write_text(f"{service.PASSWORD}\n")
    nginx.configure(configuration(
        nginx, pebble,
        f"httpreq {service.url}/dns user={service.USER} password_file={password}"))
    with service.running():
        nginx.start()

        certificate = visitor.wait_for_certificate("example.com")

        assert sorted(certificate.names) == ["*.example.com", "example.com"]
        wait_until(lambda: service.requests.count("/dns/cleanup") == 2, "the clean-up")
        assert service.requests.count("/dns/present") == 2
        assert service.live == {"_acme-challenge.example.com.": []}
    assert service.PASSWORD not in nginx.error_log


def test_a_service_that_does_not_let_us_in_is_an_error_for_a_person(
        nginx: Nginx, pebble: PebbleServer) -> None:
    service = HttpReq(nginx.address)
    nginx.configure(configuration(nginx, pebble, f"httpreq {service.url}/dns"))
    nginx.allow_log("example.com")
    nginx.expect_log(r"\[error\].*httpreq: present _acme-challenge.example.com. failed.*HTTP 401")
    with service.running():
        nginx.start()
        nginx.wait_for_log("HTTP 401.*next try")


def test_acme_dns_says_which_alias_it_needs_and_works_once_that_is_there(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    service = AcmeDns(nginx.address)
    nginx.configure(configuration(nginx, pebble, f"acme-dns {service.url}"))
    nginx.expect_log(r"\[error\].*create this DNS record, once and for all: "
                     r"_acme-challenge.example.com. CNAME \w+.auth.example.net. ")
    nginx.allow_log("example.com")
    with service.running():
        nginx.start()
        line = nginx.wait_for_log("create this DNS record.*next try")
        alias = re.search(r"CNAME (\S+)", line)
        assert alias
        nginx.stop()
        [account] = service.accounts.values()
        assert alias.group(1) == account["fulldomain"] + "."
        stored = nginx.state / "acme-dns.json"
        assert json.loads(stored.read_text())["example.com"]["password"] == account["password"]
        assert stored.stat().st_mode & 0o777 == 0o600
        assert account["password"] not in nginx.error_log

        service.records.set_alias("_acme-challenge.example.com.", alias.group(1))
        for record in nginx.state.glob("example.com-*.json"):  # no waiting for the next try
            record.unlink()
        nginx.start()
        certificate = visitor.wait_for_certificate("example.com")

    assert sorted(certificate.names) == ["*.example.com", "example.com"]
    assert service.requests.count("/register") == 1
    assert len(service.values[account["subdomain"]]) == 2

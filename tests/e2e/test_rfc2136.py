# SPDX-License-Identifier: BSD-2-Clause
"""Wildcards by dynamic updates of real name servers, which are the CA's resolver,
ours, and the zone's own."""

import shutil

import pytest

from support.name_servers import Knot, NameServer
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.recipes import recipe
from support.servers import https_server
from support.tls import Visitor
from support.waiting import wait_until

NAME = "_acme-challenge.example.com"


def site(server: NameServer, pebble: PebbleServer, names: str = ".example.com",
         issuer: str = "challenge dns-01;", key: str = "") -> str:
    return f"""
        {pebble.issuer(more=issuer)}
        acme pebble;
        resolver {server.endpoint};
        acme_dns rfc2136 server={server.endpoint} key={key or server.KEY_NAME}
                 file={server.key_file()} zone=example.com;
        {https_server(names)}"""


def test_a_domain_and_its_wildcard_are_proved_in_one_order(
        nginx: Nginx, stopped_server: NameServer, stopped_pebble: PebbleServer,
        visitor: Visitor) -> None:
    server = stopped_server.start()
    pebble = stopped_pebble.with_resolver(server.endpoint).start()
    nginx.configure(site(server, pebble)).start()

    certificate = visitor.wait_for_certificate("any.example.com")

    assert sorted(certificate.names) == ["*.example.com", "example.com"]
    assert (pebble.order_count(), pebble.refusal_count()) == (1, 0)
    wait_until(lambda: server.texts(NAME) == [], "the end of the records")
    assert not (nginx.prefix / "state/dns-records.json").exists()


def test_an_alias_is_followed(
        nginx: Nginx, stopped_server: NameServer, stopped_pebble: PebbleServer,
        visitor: Visitor) -> None:
    """Within the zone: a server that is no resolver leads the CA no further."""
    server = stopped_server.with_record("example.com", "_acme-challenge CNAME proof").start()
    pebble = stopped_pebble.with_resolver(server.endpoint).start()
    nginx.configure(site(server, pebble, "*.example.com")).start()

    visitor.wait_for_certificate("any.example.com")

    assert pebble.refusal_count() == 0


@pytest.mark.parametrize("stopped_server", [Knot], indirect=True, ids=["Knot"])
class TestByKnot:
    def test_the_recipe_gets_its_wildcard(
            self, nginx: Nginx, stopped_server: NameServer, stopped_pebble: PebbleServer,
            visitor: Visitor) -> None:
        stopped_server.KEY_NAME = "acme"
        server = stopped_server.start()
        pebble = stopped_pebble.with_resolver(server.endpoint).start()
        shutil.copy(server.key_file(), nginx.prefix / "conf/acme.key")
        nginx.adapt(recipe("wildcard_rfc2136.conf",
                           ("server=192.0.2.53", f"server={server.endpoint}")),
                    f"resolver {server.endpoint}; {pebble.issuer('letsencrypt')}").start()

        names = visitor.wait_for_certificate("any.example.com").names

        assert names == ("*.example.com", "example.com")

    def test_a_key_that_the_server_does_not_know_is_named_in_one_line(
            self, nginx: Nginx, stopped_server: NameServer, stopped_pebble: PebbleServer,
            visitor: Visitor) -> None:
        stopped_server.KEY_NAME = "another-key"
        stopped_server.key_file()
        configuration = site(stopped_server, stopped_pebble, "*.example.com")
        stopped_server.KEY_NAME = Knot.KEY_NAME
        server = stopped_server.start()
        stopped_pebble.with_resolver(server.endpoint).start()
        nginx.expect_log(rf'\[error\].* cannot publish the DNS record for "example.com" at the '
                         rf'name server {server.endpoint}: .*"another-key"')

        nginx.configure(configuration).start()
        nginx.wait_for_log("cannot publish the DNS record")

        assert visitor.has_only_a_temporary_certificate("any.example.com")
        assert stopped_pebble.refusal_count() == 0

    def test_what_a_killed_helper_has_published_is_removed_at_the_next_start(
            self, nginx: Nginx, stopped_server: NameServer, stopped_pebble: PebbleServer,
            visitor: Visitor) -> None:
        server = stopped_server.with_record("example.com", "@ NS ns2").with_record(
            "example.com", "ns2 A 192.0.2.1").start()
        pebble = stopped_pebble.with_resolver(server.endpoint).start()
        nginx.configure(site(server, pebble, "*.example.com")).start()
        wait_until(lambda: server.texts(NAME), "a record")
        left = server.texts(NAME)

        nginx.kill()
        nginx.configure(site(server, pebble, "*.sub.example.com")).start()

        nginx.wait_for_log("removed the DNS record")
        assert left and server.texts(NAME) == []
        nginx.stop()  # before the CA, which it would miss

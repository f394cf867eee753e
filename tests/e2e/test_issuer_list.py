# SPDX-License-Identifier: BSD-2-Clause
"""Several CAs for one certificate, and several nginx for one state directory."""

import pytest

from support.caddy import CaddyServer
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

DOWN = r'issuer "{}": .*no answer from'


def site(first: str, second: str, *more: str, names: str = "first second") -> str:
    return "\n".join([first, second, f"acme {names};", REDIRECT,
                      https_server("www.example.com"), *more])


def both(first: PebbleServer, second: PebbleServer) -> str:
    return site(first.issuer("first"), second.issuer("second", state_path="second"))


def trust(visitor: Visitor, *authorities: PebbleServer) -> None:
    """Of several CAs, as they are now: a Pebble has new roots each time."""
    visitor.roots = visitor.roots.with_name("several-roots.pem")
    visitor.roots.write_text("".join(authority.root_pem() for authority in authorities))


def test_the_first_issues_and_the_second_hears_of_nothing(
        nginx: Nginx, pebble: PebbleServer, stopped_second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    second = stopped_second_pebble.start()
    nginx.configure(both(pebble, second)).start()

    visitor.wait_for_certificate("www.example.com")

    assert pebble.order_count() == 1
    assert second.account_count() == 0


@pytest.mark.parametrize("server", [
    https_server("www.example.com"),
    https_server("www.example.com", "acme_certificate first,second;")],
    ids=["acme", "acme_certificate"])
def test_the_second_issues_while_the_first_is_down(
        nginx: Nginx, stopped_pebble: PebbleServer, stopped_second_pebble: PebbleServer,
        visitor: Visitor, server: str) -> None:
    second = stopped_second_pebble.start()
    trust(visitor, second)
    nginx.expect_log(DOWN.format("first"))
    level = "" if "acme_certificate" in server else "acme first second;"
    nginx.configure("\n".join([
        stopped_pebble.issuer("first"), second.issuer("second", state_path="second"),
        level, REDIRECT, server])).start()

    visitor.wait_for_certificate("www.example.com")

    assert second.order_count() == 1


def test_the_second_issues_what_the_first_refuses(
        nginx: Nginx, stopped_pebble: PebbleServer, stopped_second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    first = stopped_pebble.with_blocked_domain("example.com").start()
    second = stopped_second_pebble.start()
    trust(visitor, second)
    nginx.expect_log(r'certificate "www.example.com".*forbidden by policy')
    nginx.configure(both(first, second)).start()

    visitor.wait_for_certificate("www.example.com")


def test_a_name_that_points_elsewhere_costs_the_second_nothing(
        nginx: Nginx, stopped_pebble: PebbleServer, stopped_second_pebble: PebbleServer) -> None:
    elsewhere = 8055  # not us: the DNS's own port
    first = stopped_pebble.with_http_port(elsewhere).with_tls_port(elsewhere).start()
    second = stopped_second_pebble.start()
    nginx.expect_log(r'no challenge proved "www.example.com": .*next try')
    nginx.configure(both(first, second)).start()

    nginx.wait_for_log("no challenge proved")

    assert second.order_count() == 0


def test_a_ca_of_another_make_may_be_the_second(
        nginx: Nginx, stopped_pebble: PebbleServer, caddy: CaddyServer,
        visitor: Visitor) -> None:
    visitor.roots = caddy.root_file
    nginx.expect_log(DOWN.format("first"))
    nginx.configure(site(stopped_pebble.issuer("first"),
                         caddy.issuer("second", state_path="second"))).start()

    assert visitor.wait_for_certificate("www.example.com").issuer.startswith("Caddy")


def test_what_the_second_issued_is_served_after_a_restart_and_nobody_is_asked(
        nginx: Nginx, stopped_pebble: PebbleServer, stopped_second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    second = stopped_second_pebble.start()
    trust(visitor, second)
    nginx.expect_log(DOWN.format("first"))
    nginx.configure(both(stopped_pebble, second)).start()
    before = visitor.wait_for_certificate("www.example.com")
    nginx.stop()
    stopped_pebble.start()

    nginx.start()
    wait_until(nginx.helper_pid, "the helper")

    assert visitor.verified_certificate("www.example.com") == before
    assert stopped_pebble.order_count() == 0
    assert second.order_count() == 1


def test_the_renewal_returns_to_the_first_once_it_is_back(
        nginx: Nginx, stopped_pebble: PebbleServer, stopped_second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    second = stopped_second_pebble.with_certificate_lifetime(20).start()
    trust(visitor, second)
    nginx.expect_log(DOWN.format("first"))
    nginx.allow_log("has expired")
    nginx.configure(both(stopped_pebble, second)).start()
    before = visitor.wait_for_certificate("www.example.com")

    first = stopped_pebble.start()
    trust(visitor, first, second)
    nginx.reload()  # an outage is forgotten

    after = visitor.wait_for_certificate("www.example.com", other_than=before)
    assert after.issuer == first.intermediate_name()


# One state directory.

TO_THE_OTHER = """
    server {{
        listen 80;
        location / {{ proxy_pass http://{}:80; proxy_set_header Host $host; }}
    }}"""


def test_what_one_nginx_obtains_the_other_serves_renewals_too(
        nginx: Nginx, second_nginx: Nginx, stopped_pebble: PebbleServer,
        visitor: Visitor) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(20).start()
    text = "\n".join([pebble.issuer(state_path=str(nginx.state)), "acme pebble;", REDIRECT,
                      https_server("www.example.com")])
    for server in (nginx, second_nginx):
        server.allow_log("has expired")
    nginx.configure(text).start()
    second_visitor = Visitor(second_nginx.address, visitor.roots)
    first = visitor.wait_for_certificate("www.example.com")

    second_nginx.configure(text).start()

    assert second_visitor.wait_for_certificate("www.example.com") == first
    renewed = visitor.wait_for_certificate("www.example.com", other_than=first)
    wait_until(lambda: second_visitor.certificate("www.example.com") in
               (renewed, visitor.certificate("www.example.com")), "the renewed one at the other")
    assert pebble.account_count() == 1


def test_when_the_nginx_that_obtains_dies_the_other_takes_over(
        nginx: Nginx, second_nginx: Nginx, stopped_pebble: PebbleServer,
        visitor: Visitor) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(30).start()
    text = "\n".join([pebble.issuer(state_path=str(nginx.state)), "acme pebble;", REDIRECT,
                      https_server("www.example.com")])
    second_nginx.allow_log("has expired")
    nginx.configure(text).start()
    first = visitor.wait_for_certificate("www.example.com")
    second_nginx.configure(text).start()
    second_visitor = Visitor(second_nginx.address, visitor.roots)
    second_visitor.wait_for_certificate("www.example.com")

    nginx.kill()
    # The CA's requests arrive where the names point to: still at the first.
    nginx.configure(TO_THE_OTHER.format(second_nginx.address)).start()

    second_visitor.wait_for_certificate("www.example.com", other_than=first)

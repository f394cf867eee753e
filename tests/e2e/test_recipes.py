# SPDX-License-Identifier: BSD-2-Clause
"""The recipes of docs/recipes/: each page shows the configuration that is run, and those
with something in front of nginx, with other CAs and with two nginx do what they say.

Others are run beside what they are made of: test_rfc2136, test_acme_sh,
test_dns_listener, test_event_recipes, test_from_certbot, test_examples."""

import shutil
from pathlib import Path
from typing import Iterator

import pytest

from support.caddy import CaddyServer
from support.certificates import TestAuthority, new_key, write_key
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.processes import ServerProcess
from support.recipes import RECIPES, ROOT, changed, recipe, shown_configurations
from support.tls import Visitor

PAGES = sorted((ROOT / "docs/recipes").glob("*.md"))
WWW = "www.example.com"


# The pages.

@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "README"],
                         ids=lambda page: page.stem)
def test_a_page_shows_the_configuration_that_is_run(page: Path) -> None:
    shown = shown_configurations(page)
    assert shown, "a recipe links to its configuration and shows it"
    for path, text in shown:
        assert text in path.read_text(), path


def test_every_configuration_has_a_page_and_every_page_is_listed() -> None:
    shown = {path for page in PAGES for path, _ in shown_configurations(page)}
    assert set(RECIPES.iterdir()) <= shown
    listed = (ROOT / "docs/recipes/README.md").read_text()
    assert [page.name for page in PAGES if page.stem != "README"
            and f"({page.name})" not in listed] == []


# Behind others.

@pytest.fixture
def front_pebble(request: pytest.FixtureRequest, address: str, second_address: str,
                 folder: Path) -> Iterator[PebbleServer]:
    """A CA that finds the names at the second address: there is what stands in front."""
    server_folder = folder / "ca"
    server_folder.mkdir()
    server = PebbleServer(address, server_folder, request.config.getoption("--pebble"),
                          visits=second_address).start()
    yield server
    server.close()


@pytest.fixture
def front_visitor(front_pebble: PebbleServer, second_address: str) -> Visitor:
    return Visitor(second_address, front_pebble.root_file)


class HaProxy:
    """The configuration beside a recipe's, at the second address."""

    def __init__(self, folder: Path, text: str) -> None:
        conf = folder / "haproxy.cfg"
        conf.write_text(text)
        self._log = folder / "haproxy.log"
        self._process = ServerProcess(["haproxy", "-db", "-f", str(conf)], self._log)

    def __enter__(self) -> "HaProxy":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.end()


needs_haproxy = pytest.mark.skipif(not shutil.which("haproxy"),
                                   reason="haproxy is not installed (scripts/setup --dev)")


def haproxy(name: str, nginx: Nginx, front: str, *changes: tuple[str, str]) -> HaProxy:
    text = changed((RECIPES / name).read_text(), ("192.0.2.10", front),
                   ("192.0.2.11", nginx.address), *changes)
    return HaProxy(nginx.prefix, text)


@needs_haproxy
def test_behind_a_load_balancer_with_the_proxy_protocol(
        nginx: Nginx, front_pebble: PebbleServer, front_visitor: Visitor,
        second_address: str) -> None:
    with haproxy("load_balancer.haproxy", nginx, second_address):
        nginx.adapt(recipe("load_balancer.conf", ("from 192.0.2.10", "from 127.0.0.0/8")),
                    front_pebble.issuer("letsencrypt")).start()

        front_visitor.wait_for_certificate(WWW)

        assert front_visitor.curl(f"https://{WWW}/") == "you come from 127.0.0.1\n"
        assert front_visitor.get_plain(WWW).status == 301


@needs_haproxy
def test_behind_an_edge_that_ends_tls(
        nginx: Nginx, front_pebble: PebbleServer, second_address: str) -> None:
    edge = TestAuthority("the edge's CA")
    files = [nginx.prefix / "edge.pem", nginx.prefix / "edge.pem.key"]
    edge.issue([WWW], *files)
    (nginx.prefix / "edge-roots.pem").write_text(edge.root_pem)
    visitor = Visitor(second_address, nginx.prefix / "edge-roots.pem")
    with haproxy("tls_edge.haproxy", nginx, second_address,
                 ("/etc/haproxy/edge.pem", str(files[0])),
                 ("@system-ca", str(front_pebble.root_file))):
        nginx.adapt(recipe("tls_edge.conf", ("from 192.0.2.10", "from 127.0.0.0/8")),
                    front_pebble.issuer("letsencrypt")).start()

        Visitor(nginx.address, front_pebble.root_file).wait_for_certificate(WWW)

        # The edge verifies nginx's certificate, and visitors see that of the edge.
        assert visitor.verified_certificate(WWW).issuer == "the edge's CA"
        assert visitor.curl(f"https://{WWW}/") == "you come from 127.0.0.1\n"


# Other CAs.

def test_step_ca(nginx: Nginx, stopped_caddy: CaddyServer, address: str) -> None:
    """Caddy's acme_server, which is made of step-ca's parts."""
    caddy = stopped_caddy.with_names("wiki.corp.internal").start()
    nginx.adapt(recipe(
        "step_ca.conf",
        ("https://ca.corp.internal:9000/acme/acme/directory", caddy.directory_url),
        ("step-root.pem", str(caddy.ca_file)),
        ("accept_terms_of_service;", "accept_terms_of_service; state_path state;"))).start()

    found = Visitor(address, caddy.root_file).wait_for_certificate("wiki.corp.internal")

    assert found.names == ("wiki.corp.internal",)
    assert (found.not_after - found.not_before).days < 2


def test_cas_for_customers_only(nginx: Nginx, stopped_pebble: PebbleServer,
                                visitor: Visitor) -> None:
    key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    pebble = stopped_pebble
    for kid in ("Jm3kdsHVZtVRq-zsBnWzwQ", "customer-4711"):
        pebble = pebble.with_external_account(kid, key)
    pebble.start()
    for name in ("zerossl.key", "corporate.key"):
        (nginx.prefix / "conf" / name).write_text(f"{key}\n")
        (nginx.prefix / "conf" / name).chmod(0o600)
    ca = f"ssl_trusted_certificate {pebble.ca_file}; state_path"
    nginx.adapt(recipe(
        "external_account.conf",
        ("acme_issuer zerossl {",
         f"acme_issuer zerossl {{ uri {pebble.directory_url}; accept_terms_of_service; {ca} zero;"),
        ("https://acme.ca.example/directory;", f"{pebble.directory_url}; {ca} corporate;"))).start()

    visitor.wait_for_certificate(WWW)
    visitor.wait_for_certificate("shop.example.com")

    assert pebble.account_count() == 2


# Two nginx.

def test_two_nginx_with_a_common_folder(nginx: Nginx, second_nginx: Nginx, pebble: PebbleServer,
                                        visitor: Visitor) -> None:
    ca = f"uri {pebble.directory_url}; ssl_trusted_certificate {pebble.ca_file};"
    text = recipe("two_nginx.conf", ("/srv/shared/acme;",
                                     f"{nginx.state}; accept_terms_of_service; {ca}"))
    for server in (nginx, second_nginx):
        server.adapt(text).start()

    first = visitor.wait_for_certificate(WWW)

    assert Visitor(second_nginx.address, visitor.roots).wait_for_certificate(WWW) == first
    assert (pebble.account_count(), pebble.order_count()) == (1, 1)


def test_two_nginx_without_a_common_folder(nginx: Nginx, second_nginx: Nginx,
                                           pebble: PebbleServer, visitor: Visitor) -> None:
    """The CA comes to the first one, whoever has ordered."""
    ca = (f"uri {pebble.directory_url}; ssl_trusted_certificate {pebble.ca_file};"
          " accept_terms_of_service; state_path state;")
    key = new_key()
    for server in (nginx, second_nginx):
        write_key(key, server.prefix / "conf/account.key")
        server.adapt(recipe("two_nginx_apart.conf", ("acme_issuer letsencrypt {",
                                                     f"acme_issuer letsencrypt {{ {ca}")))
        server.start()

    first = visitor.wait_for_certificate(WWW)
    second = Visitor(second_nginx.address, visitor.roots).wait_for_certificate(WWW)

    assert first != second
    assert (pebble.account_count(), pebble.order_count()) == (1, 2)


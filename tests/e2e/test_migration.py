# SPDX-License-Identifier: BSD-2-Clause
"""From nginx's official ACME module and back: accounts and certificates stay.

That module keeps account.key, account.url and, for each certificate, NAME-HASH.crt
and NAME-HASH.key (its CertificateOrder::cache_key). The configuration here is
written for it."""

import shutil
from pathlib import Path

import pytest

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor

OFFICIAL_FILES = {".crt", ".key", ".url"}

def site(pebble: PebbleServer, names: str = "www.example.com example.com",
         key: str = "") -> str:
    return f"""
        resolver 127.0.0.1:53;
        acme_shared_zone zone=ngx_acme_shared:1M;
        {pebble.issuer()}
        {REDIRECT}
        server {{
            listen 443 ssl;
            server_name {names};
            acme_certificate pebble {key};
            ssl_certificate $acme_certificate;
            ssl_certificate_key $acme_certificate_key;
            location / {{ return 200 $pid; }}
        }}"""


def keep_only_official_files(state: Path) -> None:
    for path in state.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix not in OFFICIAL_FILES:
            path.unlink()


@pytest.mark.parametrize("names, key", [
    ("www.example.com example.com", ""), ("example.com .example.com", "key=rsa:2048")])
def test_an_official_state_directory_is_taken_over_without_account_or_order(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, names: str, key: str) -> None:
    nginx.allow_log(r'conflicting server name "\.example\.com"')  # nginx's own
    nginx.configure(site(pebble, names, key)).start()
    before = visitor.wait_for_certificate("example.com")
    nginx.stop()
    keep_only_official_files(nginx.state)
    assert {path.suffix for path in nginx.state.iterdir()} == OFFICIAL_FILES

    nginx.start()

    assert visitor.verified_certificate("example.com") == before
    # Whatever the engine makes of what it found, it has made by the time that
    # another certificate is there.
    nginx.configure(site(pebble, names, key) + https_server("new.example.com", "acme pebble;"))
    nginx.reload()
    visitor.wait_for_certificate("new.example.com")
    assert visitor.verified_certificate("example.com") == before
    assert (pebble.account_count(), pebble.order_count()) == (1, 2)


def test_an_account_that_was_taken_over_orders_what_is_new(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble)).start()
    visitor.wait_for_certificate("www.example.com")
    nginx.stop()
    keep_only_official_files(nginx.state)

    nginx.configure(site(pebble, "api.example.com")).start()
    visitor.wait_for_certificate("api.example.com")

    assert (pebble.account_count(), pebble.order_count()) == (1, 2)


def test_the_official_module_finds_its_files_where_it_looks(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble)).start()

    visitor.wait_for_certificate("www.example.com")

    # What CertificateOrder::cache_key makes of these names and a P-256 key.
    for suffix, begin in ((".crt", "-----BEGIN CERTIFICATE"), (".key", "-----BEGIN PRIVATE KEY")):
        text = (nginx.state / f"www.example.com-90897f3092e888f0{suffix}").read_text()
        assert text.startswith(begin)
    assert (nginx.state / "account.key").read_text().startswith("-----BEGIN PRIVATE KEY")
    assert (nginx.state / "account.url").read_text().strip().startswith(
        pebble.directory_url.removesuffix("/dir"))

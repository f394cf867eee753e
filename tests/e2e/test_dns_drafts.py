# SPDX-License-Identifier: BSD-2-Clause
"""Challenges that are drafts yet: dns-account-01 and dns-persist-01. Pebble has
them since 2.10."""

import json
import re
from pathlib import Path
from typing import Iterator

import pytest

from support.name_servers import Knot, NameServer
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import https_server
from support.tls import Visitor


@pytest.fixture
def server(address: str, folder: Path) -> Iterator[NameServer]:
    why = Knot.why_unusable()
    if why:
        pytest.skip(why)
    server_folder = folder / "dns"
    server_folder.mkdir()
    knot = Knot(address, server_folder).start()
    yield knot
    knot.close()


@pytest.fixture
def draft_pebble(server: NameServer, stopped_pebble: PebbleServer) -> PebbleServer:
    pebble = stopped_pebble.with_resolver(server.endpoint)
    if not pebble.supports_draft_challenges:
        pytest.skip("this Pebble has neither dns-account-01 nor dns-persist-01")
    return pebble.start()


def site(server: NameServer, pebble: PebbleServer, challenge: str,
         names: str = ".example.com") -> str:
    return f"""
        {pebble.issuer(more=f"challenge {challenge};")}
        acme pebble;
        resolver {server.endpoint};
        acme_dns rfc2136 server={server.endpoint} key={server.KEY_NAME}
                 file={server.key_file()};
        {https_server(names)}"""


def test_records_below_the_accounts_label_prove_names(
        nginx: Nginx, server: NameServer, draft_pebble: PebbleServer,
        visitor: Visitor) -> None:
    nginx.configure(site(server, draft_pebble, "dns-account-01")).start()

    certificate = visitor.wait_for_certificate("any.example.com")

    assert sorted(certificate.names) == ["*.example.com", "example.com"]
    assert draft_pebble.refusal_count() == 0


def test_the_log_says_which_record_to_make_and_it_proves_the_names(
        nginx: Nginx, server: NameServer, draft_pebble: PebbleServer,
        visitor: Visitor) -> None:
    nginx.expect_log(r"\[error\].* make this DNS record, which stays: ")
    nginx.configure(site(server, draft_pebble, "dns-persist-01", "*.example.com"))
    assert ('needs the DNS record TXT "_validation-persist.example.com."; its value is logged'
            in nginx.check().log)
    nginx.start()

    line = nginx.wait_for_log("make this DNS record, which stays: ")
    assert draft_pebble.refusal_count() == 0
    found = dict(re.findall(r'"(_validation-persist\.\S+)" with the value "([^"]+)"', line))
    (name, value), = found.items()
    assert (f'needs the DNS record TXT "{name}" with the value "{value}"'
            in nginx.check().log)
    server.add_text(name, value)
    # Another certificate: the first one's next try is a minute away.
    nginx.configure(site(server, draft_pebble, "dns-persist-01")).reload()

    certificate = visitor.wait_for_certificate("any.example.com")
    assert sorted(certificate.names) == ["*.example.com", "example.com"]
    assert draft_pebble.refusal_count() == 0


# The test vectors of draft-ietf-acme-dns-persist-02.
@pytest.mark.parametrize("hashed, names, record", [
    (True, "example.com",
     "accounturi=https://ca.example/account-hash/sha-256/"
     "5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw"),
    (True, "*.example.com",
     "accounturi=https://ca.example/account-hash/sha-256/"
     "5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw; policy=wildcard"),
    (False, "example.com", "accounturi=https://ca.example/acct/123")])
def test_nginx_t_prints_the_record_as_soon_as_the_account_is_known(
        nginx: Nginx, hashed: bool, names: str, record: str) -> None:
    nginx.state.mkdir(mode=0o700)
    (nginx.state / "account.url").write_text("https://ca.example/acct/123")
    (nginx.state / "account.json").write_text(json.dumps({
        "contacts": [], "issuer_domain_names": ["authority.example"],
        **({"account_hash_prefix": "https://ca.example/account-hash/",
            "key_thumbprint": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"} if hashed else {})}))
    nginx.configure(f"""
        acme_issuer ca {{
            uri https://ca.example/dir;
            challenge dns-persist-01;
            state_path state;
        }}
        acme ca;
        {https_server(names)}""")

    assert (f'TXT "_validation-persist.example.com." with the value '
            f'"authority.example; {record}"') in nginx.check().log

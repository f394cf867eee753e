# SPDX-License-Identifier: BSD-2-Clause
"""Each file of config_examples/ loads, and gets its certificates; so does the example of
README.md."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import addresses
from support.dns_hook import write_dns_hook
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.tls import Visitor

ROOT = Path(__file__).resolve().parents[2]


def examples() -> dict[str, str]:
    texts = {path.stem: path.read_text()
             for path in sorted((ROOT / "config_examples").glob("*.conf"))}
    (of_readme,) = re.findall(r"^```nginx\n(.*?)^```", (ROOT / "README.md").read_text(),
                              re.MULTILINE | re.DOTALL)
    # One directive a line, as servers_of() reads them.
    texts["README"] = re.sub(r"([;{]) +(?!#)", r"\1\n", of_readme)
    return texts


EXAMPLES = examples()


@dataclass
class Servers:
    """What an example listens to."""

    http_port: int
    tls: list[tuple[int, list[str]]]  # port, names


def servers_of(text: str) -> Servers:
    found = Servers(http_port=80, tls=[])
    tls_port, plain = 0, []
    for line in text.splitlines():
        listen = re.match(r"\s*listen\s+(?:[\d.]+:)?(\d+)\b(.*);", line)
        names = re.match(r"\s*server_name\s+([^;]*);", line)
        if listen:
            tls_port = int(listen[1]) if re.search(r"\b(ssl|quic)\b", listen[2]) else 0
            plain += [] if tls_port else [int(listen[1])]
        elif names and tls_port:
            found.tls.append((tls_port, names[1].split()))
    found.http_port = plain[0] if plain and 80 not in plain else 80
    return found


def for_this_machine(text: str, pebble: PebbleServer) -> tuple[str, str]:
    """The example with the test CA in the place of its own, and what to add to its
    http block."""
    text = text.replace("/var/log/nginx/", "").replace("unix:/run/ngx-acme/", "unix:")
    text = re.sub(r"^(\s*ssl_client_certificate\s+)[^;]*;", rf"\g<1>{pebble.ca_file};", text,
                  flags=re.M)
    resolver = f"resolver {pebble.address}:{addresses.DNS};" if "acme_dns" in text else ""
    if "acme_issuer" not in text:
        return text, resolver + pebble.issuer("letsencrypt")
    text = re.sub(r"^(\s*uri\s+)[^;]*;", rf"\g<1>{pebble.directory_url};", text, flags=re.M)
    text = re.sub(r"^(\s*ssl_trusted_certificate\s+)[^;]*;", rf"\g<1>{pebble.ca_file};", text,
                  flags=re.M)
    text = re.sub(r"^\s*state_path\s+[^;]*;", "", text, flags=re.M)
    return re.sub(r"(acme_issuer\s+(\w+)\s*\{)", r"\1 state_path state_\2;", text), resolver


def with_storage(text: str, request: pytest.FixtureRequest, conf: Path) -> str:
    """The example with the test's own etcd or Redis, started, and a key for it."""
    if "acme_storage" not in text:
        return text
    (conf / "fleet.key").write_bytes(bytes(range(32)))
    (conf / "fleet.key").chmod(0o400)
    if "acme_storage redis" in text:
        return text.replace("redis://127.0.0.1:6379", request.getfixturevalue("redis").url)
    etcd = request.getfixturevalue("stopped_etcd").start()
    return text.replace("http://127.0.0.1:2379", etcd.url)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_example_gets_its_certificates(nginx: Nginx, stopped_pebble: PebbleServer,
                                           visitor: Visitor, example: str,
                                           request: pytest.FixtureRequest) -> None:
    text = with_storage(EXAMPLES[example], request, nginx.prefix / "conf")
    servers = servers_of(text)
    pebble = stopped_pebble.with_http_port(servers.http_port).start()
    if servers.http_port != 80:
        nginx.expect_log("no server listens on port 80.* unless port 80 is forwarded to")
    write_dns_hook(nginx.prefix / "conf", nginx.address)
    nginx.adapt(*for_this_machine(text, pebble))

    result = nginx.check()
    if 'unknown directive "acme_status"' in result.output:
        pytest.skip("this module has no acme_status")
    assert result.status == 0, result.output
    nginx.start()

    assert servers.tls
    for port, names in servers.tls:
        for name in names:
            # A leading dot is the domain and its wildcard.
            visited = "www" + name if name.startswith(".") else name
            expected = "*" + name if name.startswith(".") else name
            assert expected in visitor.wait_for_certificate(visited, port).names

# SPDX-License-Identifier: BSD-2-Clause
"""The rest of nginx works as it does without this module: sessions, client
certificates, protocols in front of TLS, protocols inside. Each test runs with the module,
and in the same nginx with certificates from files."""

import re
import subprocess
from pathlib import Path
from typing import Optional

import pytest

from support import addresses
from support.certificates import TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

WWW, API = "www.example.com", "api.example.com"
TLS = "ssl_protocols TLSv1.2 TLSv1.3;"


class Tls:
    """nginx's certificates: from the module, or from files without it."""

    def __init__(self, is_managed: bool, nginx: Nginx, pebble: PebbleServer,
                 visitor: Visitor) -> None:
        self.is_managed = is_managed
        self._nginx = nginx
        self._pebble = pebble
        self._visitor = visitor
        self._authority = TestAuthority("certificates from files")

    def start(self, *servers: str, main: str = "", lifetime: int = 0) -> None:
        """`lifetime` of what the module obtains, in seconds."""
        if self.is_managed:
            if lifetime:
                self._pebble.with_certificate_lifetime(lifetime)
            first = f"{self._pebble.start().issuer()} acme pebble;"
        else:
            first = ""
            servers = tuple(map(self._with_files, servers))
            with self._visitor.roots.open("a") as roots:
                roots.write(self._authority.root_pem)
        self._nginx.configure("\n".join([first, TLS, REDIRECT, *servers]), main=main,
                              loads_module=self.is_managed).start()

    def _with_files(self, server: str) -> str:
        name = re.search(r"server_name (\S+);", server)
        if not name or not re.search("listen .*(ssl|quic)", server):
            return server.replace("acme off;", "")
        files = [self._nginx.prefix / f"{name.group(1)}.{end}" for end in ("crt", "key")]
        self._authority.issue([name.group(1)], *files)
        return server.replace(
            name.group(),
            f"{name.group()} ssl_certificate {files[0]}; ssl_certificate_key {files[1]};")


@pytest.fixture(params=[True, False], ids=["with the module", "without it"])
def tls(request: pytest.FixtureRequest, nginx: Nginx, stopped_pebble: PebbleServer,
        visitor: Visitor) -> Tls:
    return Tls(request.param, nginx, stopped_pebble, visitor)


def session_of(visitor: Visitor, name: str, file: Path, *options: str) -> None:
    """Leaves a session that the server has made in the file."""
    request = f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
    visitor.s_client(name, "-sess_out", str(file), "-ign_eof", *options, request=request)
    assert file.stat().st_size > 0


def is_resumed(visitor: Visitor, name: str, file: Path, *options: str,
               port: int = addresses.HTTPS) -> bool:
    answer = visitor.s_client(name, "-sess_in", str(file), *options, port=port)
    assert ("Reused, TLS" in answer) != ("New, TLS" in answer), answer
    return "Reused, TLS" in answer


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("kept_in", ["the shared cache", "tickets"])
def test_sessions_are_resumed_also_across_a_reload_and_a_hot_swap(
        nginx: Nginx, tls: Tls, visitor: Visitor, tmp_path: Path,
        kept_in: str, version: str) -> None:
    (nginx.prefix / "ticket.key").write_bytes(bytes(range(80)))
    sessions = ("ssl_session_tickets off; ssl_session_cache shared:sessions:1m;"
                if kept_in == "the shared cache" else
                f"ssl_session_cache none; ssl_session_ticket_key {nginx.prefix}/ticket.key;")
    tls.start(sessions, https_server(WWW), lifetime=12)
    first = visitor.wait_for_certificate(WWW)
    session = tmp_path / "session"
    session_of(visitor, WWW, session, version)

    assert is_resumed(visitor, WWW, session, version)
    nginx.reload()
    assert is_resumed(visitor, WWW, session, version)
    if tls.is_managed:  # nginx knows no other way to renew one than a reload
        visitor.wait_for_certificate(WWW, other_than=first)
    assert is_resumed(visitor, WWW, session, version)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_session_of_one_listener_is_not_resumed_at_another(
        nginx: Nginx, tls: Tls, visitor: Visitor, tmp_path: Path,
        version: str) -> None:
    """As nginx keeps them apart by certificates. Servers on one address share theirs."""
    tls.start("ssl_session_cache shared:sessions:1m;",
                         https_server(WWW), https_server(API, listen="8443 ssl"))
    visitor.wait_for_certificate(WWW)
    visitor.wait_for_certificate(API, port=8443)
    session = tmp_path / "session"
    session_of(visitor, WWW, session, version)

    assert not is_resumed(visitor, API, session, version, port=8443)
    assert is_resumed(visitor, WWW, session, version)


def test_client_certificates_are_asked_for_and_verified(
        nginx: Nginx, tls: Tls, visitor: Visitor) -> None:
    clients = TestAuthority("clients")
    (nginx.prefix / "clients.pem").write_text(clients.root_pem)
    clients.issue(["a client"], nginx.prefix / "client.crt", nginx.prefix / "client.key")
    tls.start(f"""
        server {{
            listen 443 ssl;
            server_name {WWW};
            ssl_client_certificate {nginx.prefix}/clients.pem;
            ssl_verify_client on;
            location / {{ return 200 $ssl_client_verify; }}
        }}""")
    visitor.wait_for_certificate(WWW)

    assert visitor.get(WWW).status == 400
    assert visitor.curl(f"https://{WWW}/", "--cert", f"{nginx.prefix}/client.crt",
                        "--key", f"{nginx.prefix}/client.key") == "SUCCESS"


def test_a_default_server_that_rejects_handshakes_leaves_managed_ones_alone(
        nginx: Nginx, tls: Tls, visitor: Visitor) -> None:
    tls.start("""
        server { listen 443 ssl default_server; acme off; ssl_reject_handshake on; }""",
                         https_server(WWW))

    visitor.wait_for_certificate(WWW)

    assert visitor.has_no_certificate("unknown.example.net")
    assert "unrecognized name" in visitor.s_client(None)


def test_the_proxy_protocol_goes_before_tls_and_before_challenges(
        nginx: Nginx, tls: Tls, visitor: Visitor) -> None:
    tls.start(f"""
        server {{
            listen 443 ssl proxy_protocol;
            server_name {WWW};
            location / {{ return 200 $proxy_protocol_addr; }}
        }}""")

    def answer() -> Optional[str]:
        try:
            return visitor.curl(f"https://{WWW}/", "--haproxy-protocol")
        except AssertionError:
            return None

    assert wait_until(answer, "a verified answer") == "127.0.0.1"


@pytest.mark.parametrize("protocol", ["h2", "http/1.1"])
def test_alpn_chooses_http_2_and_http_1(
        nginx: Nginx, tls: Tls, visitor: Visitor, protocol: str) -> None:
    nginx.allow_log("directive is deprecated")  # since 1.25.1
    tls.start(https_server(WWW, listen="443 ssl http2"))
    visitor.wait_for_certificate(WWW)

    assert f"ALPN protocol: {protocol}" in visitor.s_client(WWW, "-alpn", protocol)
    version = visitor.curl(f"https://{WWW}/", "--write-out", " %{http_version}",
                           "--http2" if protocol == "h2" else "--http1.1")
    assert version.endswith(" 2" if protocol == "h2" else " 1.1")


def test_http_3_is_spoken(nginx: Nginx, tls: Tls, visitor: Visitor) -> None:
    if "--with-http_v3_module" not in nginx.program.build:
        pytest.skip("this nginx has no HTTP/3")
    features = subprocess.run(["curl", "--version"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
    if "HTTP3" not in features:
        pytest.skip("this curl has no HTTP/3")
    tls.start(f"""
        server {{
            listen 443 ssl;
            listen 443 quic;
            server_name {WWW};
            location / {{ return 200 $server_protocol; }}
        }}""")
    visitor.wait_for_certificate(WWW)

    assert visitor.curl(f"https://{WWW}/", "--http3-only") == "HTTP/3.0"


def test_early_data_reaches_a_managed_server(
        nginx: Nginx, tls: Tls, visitor: Visitor, tmp_path: Path) -> None:
    tls.start("ssl_early_data on;", f"""
        server {{
            listen 443 ssl;
            server_name {WWW};
            location / {{ return 200 "an answer"; }}
        }}""")
    visitor.wait_for_certificate(WWW)
    session, early = tmp_path / "session", tmp_path / "early"
    session_of(visitor, WWW, session, "-tls1_3")
    early.write_text(f"GET / HTTP/1.1\r\nHost: {WWW}\r\nConnection: close\r\n\r\n")

    answer = visitor.s_client(WWW, "-tls1_3", "-sess_in", str(session), "-early_data",
                              str(early), "-ign_eof")

    assert "Early data was accepted" in answer
    assert "an answer" in answer


def test_a_stream_server_in_front_passes_handshakes_on_by_name(
        nginx: Nginx, tls: Tls, visitor: Visitor) -> None:
    load = nginx.program.load_stream
    if load is None:
        pytest.skip("this nginx has no stream module")
    tls.start(f"""
        server {{
            listen unix:{nginx.prefix}/tls.sock ssl proxy_protocol;
            server_name {WWW};
            location / {{ return 200 $proxy_protocol_addr; }}
        }}""", main=f"""
        {load}
        stream {{
            map $ssl_preread_server_name $behind {{
                {WWW} unix:{nginx.prefix}/tls.sock;
            }}
            server {{
                listen {nginx.address}:443;
                ssl_preread on;
                proxy_protocol on;
                proxy_pass $behind;
            }}
        }}""")

    visitor.wait_for_certificate(WWW)

    assert visitor.curl(f"https://{WWW}/") == "127.0.0.1"


def test_a_proxy_cache_shares_the_helper_process(
        nginx: Nginx, tls: Tls, visitor: Visitor) -> None:
    tls.start(f"""
        proxy_cache_path {nginx.prefix}/temp/cache keys_zone=cache:1m inactive=1s
                         manager_sleep=100ms;
        server {{ listen 8080; location / {{ return 200 "$request_id"; }} }}
        server {{
            listen 443 ssl;
            server_name {WWW};
            location / {{
                proxy_pass http://{nginx.address}:8080;
                proxy_cache cache;
                proxy_cache_valid 200 1h;
            }}
        }}""")
    visitor.wait_for_certificate(WWW)

    cached = visitor.get(WWW).body

    assert visitor.get(WWW).body == cached
    files = nginx.prefix / "temp" / "cache"
    assert [path for path in files.rglob("*") if path.is_file()]
    wait_until(lambda: not [path for path in files.rglob("*") if path.is_file()],
               "the cache manager to remove what is inactive")
    if not tls.is_managed:
        return
    title = subprocess.run(["ps", "-o", "args=", "-p", str(nginx.helper_pid())],
                           stdout=subprocess.PIPE, text=True, check=True).stdout
    assert re.search("cache manager and acme process", title)

# SPDX-License-Identifier: BSD-2-Clause
"""The library's protocol functions against real CAs, without nginx: runs
tests/conformance, which has the tests themselves."""

import base64
import functools
import http.server
import os
import subprocess
import threading
from pathlib import Path
from typing import Iterator

import pytest

from support import addresses
from support.caddy import CaddyServer
from support.pebble import PebbleServer
from support.sanitizers import sanitizer_environment

MAC_KEY = base64.urlsafe_b64encode(b"0123456789abcdef0123456789abcdef").rstrip(b"=").decode()

# What both kinds of CA have.
PEBBLE_FEATURES = ["only-return-existing", "contacts", "key-change", "order-list",
                   "authorization-deactivation"]


@pytest.fixture
def webroot(address: str, folder: Path) -> Iterator[Path]:
    """Answers http-01 challenges from its files."""
    root = folder / "webroot"
    answers = root / ".well-known" / "acme-challenge"
    answers.mkdir(parents=True)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(
        (address, addresses.HTTP), functools.partial(Handler, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield answers
    server.shutdown()
    server.server_close()


def run(request: pytest.FixtureRequest, directory: str, roots: Path, webroot: Path,
        names: list[str], features: list[str], external: str = "") -> None:
    module = Path(request.config.getoption("--module")).resolve()
    program = module.parent / "tests" / "conformance" / "ca_conformance"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    result = subprocess.run(
        [str(program), "--gtest_brief=1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False, timeout=200,
        env={**os.environ, **sanitizer_environment(module), "no_proxy": "*",
             "ACME_DIRECTORY": directory, "ACME_ROOTS": str(roots), "ACME_WEBROOT": str(webroot),
             "ACME_NAMES": ",".join(names), "ACME_FEATURES": ",".join(features),
             "ACME_EAB": external})
    print(result.stdout)  # shown by pytest -rP
    assert result.returncode == 0, result.stdout


def test_pebble(request: pytest.FixtureRequest, stopped_pebble: PebbleServer,
                webroot: Path) -> None:
    pebble = (stopped_pebble.with_alternate_roots(2).with_blocked_domain("blocked.example.net")
              .with_profiles(classic=7_776_000, shortlived=518_400).start())
    directory = pebble.directory()
    features = [*PEBBLE_FEATURES, "alternate-chains", "subproblems"]
    features += ["renewal-info"] if "renewalInfo" in directory else []
    features += ["profiles"] if "profiles" in directory.get("meta", {}) else []
    run(request, pebble.directory_url, pebble.ca_file, webroot,
        ["www.example.com", "example.com", pebble.address], features)


def test_pebble_that_refuses_nonces_and_reuses_authorizations(
        request: pytest.FixtureRequest, stopped_pebble: PebbleServer, webroot: Path) -> None:
    pebble = (stopped_pebble.with_nonce_rejection(20).with_authorization_reuse(50)
              .with_external_account("kid-1", MAC_KEY).start())
    features = ["order-list"]
    features += ["renewal-info"] if "renewalInfo" in pebble.directory() else []
    run(request, pebble.directory_url, pebble.ca_file, webroot,
        ["www.example.com", "example.com"], features, f"kid-1:{MAC_KEY}")


def test_caddy(request: pytest.FixtureRequest, address: str, folder: Path,
               webroot: Path) -> None:
    server_folder = folder / "caddy"
    server_folder.mkdir()
    caddy = CaddyServer(address, server_folder)
    try:
        caddy.start()
        run(request, caddy.directory_url, caddy.root_file, webroot,
            ["www.example.com", "example.com", address], [])
    finally:
        caddy.close()

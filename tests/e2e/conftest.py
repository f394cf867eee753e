# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures: each test has an address, a CA and an nginx of its own."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Iterator

import pytest

from support import addresses
from support.addresses import ClaimedAddress
from support.caddy import CaddyServer
from support.error_log import excerpt
from support.etcd import EtcdServer
from support.name_servers import MAKES, NameServer
from support.nginx import WORKER_USER, Nginx, NginxProgram
from support.pebble import PebbleServer
from support.redis import RedisServer
from support.responder import StatusResponder
from support.secrets import leaks
from support.status import StatusEndpoint
from support.tls import Visitor

ROOT = Path(__file__).resolve().parents[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ngx-acme")
    group.addoption("--nginx", default="/usr/sbin/nginx", help="the nginx under test")
    group.addoption("--module", default=str(ROOT / "build/dev/ngx_http_acme_module.so"),
                    help="ngx_http_acme_module.so, built for that nginx")
    group.addoption("--conformance", default="",
                    help="ca_conformance; default: of the build that --module is from")
    group.addoption("--pebble", default="pebble", help="the test CA")
    group.addoption("--nginx-log-level", default="info", help="of nginx's error log")


@pytest.fixture(scope="session")
def nginx_program(request: pytest.FixtureRequest) -> Iterator[NginxProgram]:
    option = request.config.getoption
    module = Path(option("--module")).resolve()
    assert module.exists(), f"{module} is not there: build it, or give --module"
    # A copy: a build meanwhile must not change what a running nginx has mapped.
    with tempfile.TemporaryDirectory(prefix="ngx-acme-test-module.") as copies:
        Path(copies).chmod(0o755)
        copy = shutil.copy(module, copies)
        yield NginxProgram(option("--nginx"), Path(copy), option("--nginx-log-level"))


@pytest.fixture(scope="session")
def conformance_program(request: pytest.FixtureRequest) -> Path:
    """acme_core's client without nginx, as a test of any CA."""
    given = request.config.getoption("--conformance")
    module = Path(request.config.getoption("--module")).resolve()
    program = Path(given) if given else module.parent / "tests/conformance/ca_conformance"
    assert program.exists(), f"{program} is not there: build it, or give --conformance"
    return program.resolve()


@pytest.fixture(scope="session")
def acmectl(request: pytest.FixtureRequest) -> str:
    """The program acmectl of the build that --module is from."""
    program = Path(request.config.getoption("--module")).resolve().parent / "acmectl/acmectl"
    if not program.exists():
        pytest.skip("acmectl is not built (ACME_BUILD_CTL)")
    return str(program)


@pytest.fixture
def address() -> Iterator[str]:
    """A loopback address that no other test uses."""
    claimed = ClaimedAddress()
    yield claimed.address
    claimed.release()


@pytest.fixture
def status(address: str, folder: Path) -> StatusEndpoint:
    """The status endpoint of the nginx at this test's address."""
    return StatusEndpoint(address, folder / "status.log")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that nginx's workers can reach; pytest's own are for root only. No log in
    it may have a key of the test."""
    path = Path(tempfile.mkdtemp(prefix="ngx-acme-test."))
    path.chmod(0o755)
    yield path
    leaked = leaks(path)
    shutil.rmtree(path, ignore_errors=True)
    if leaked:
        pytest.fail("\n".join(leaked), pytrace=False)


@pytest.fixture
def stopped_pebble(request: pytest.FixtureRequest, address: str,
                   folder: Path) -> Iterator[PebbleServer]:
    """The CA, to be built with with_…() and started by the test."""
    server_folder = folder / "ca"
    server_folder.mkdir()
    server = PebbleServer(address, server_folder, request.config.getoption("--pebble"))
    yield server
    server.close()


@pytest.fixture
def pebble(stopped_pebble: PebbleServer) -> PebbleServer:
    """The CA, up and well-behaved."""
    return stopped_pebble.start()


@pytest.fixture
def responder(stopped_pebble: PebbleServer, address: str,
              folder: Path) -> Iterator[StatusResponder]:
    """Answers for the status of what the CA issues; the CA is up."""
    url = f"http://{address}:{addresses.RESPONDER}"
    stopped_pebble.with_responder(url).start()
    server = StatusResponder(address, folder / "responder",
                             stopped_pebble.intermediate_pem(),
                             stopped_pebble.intermediate_key_pem())
    yield server
    server.close()


@pytest.fixture
def second_address() -> Iterator[str]:
    claimed = ClaimedAddress()
    yield claimed.address
    claimed.release()


@pytest.fixture
def stopped_second_pebble(request: pytest.FixtureRequest, address: str, second_address: str,
                          folder: Path) -> Iterator[PebbleServer]:
    """Another CA, on an address of its own, which validates on the same nginx."""
    server_folder = folder / "second-ca"
    server_folder.mkdir()
    server = PebbleServer(second_address, server_folder, request.config.getoption("--pebble"),
                          visits=address)
    yield server
    server.close()


@pytest.fixture
def second_pebble(stopped_second_pebble: PebbleServer) -> PebbleServer:
    return stopped_second_pebble.start()


@pytest.fixture
def stopped_caddy(address: str, folder: Path) -> Iterator[CaddyServer]:
    """A CA of another make, to be built with with_…() and started by the test."""
    why = CaddyServer.why_unusable()
    if why:
        pytest.skip(why)
    server_folder = folder / "caddy"
    server_folder.mkdir()
    server = CaddyServer(address, server_folder)
    yield server
    server.close()


@pytest.fixture
def stopped_etcd(address: str, folder: Path) -> Iterator[EtcdServer]:
    """What a fleet shares, to be started by the test."""
    why = EtcdServer.why_unusable()
    if why:
        pytest.skip(why)
    server_folder = folder / "etcd"
    server_folder.mkdir()
    server = EtcdServer(address, server_folder)
    yield server
    server.close()


@pytest.fixture
def redis(address: str, folder: Path) -> Iterator[RedisServer]:
    """The same in Redis."""
    why = RedisServer.why_unusable()
    if why:
        pytest.skip(why)
    server_folder = folder / "redis"
    server_folder.mkdir()
    server = RedisServer(address, server_folder).start()
    yield server
    server.close()


@pytest.fixture
def caddy(stopped_caddy: CaddyServer) -> CaddyServer:
    return stopped_caddy.start()


@pytest.fixture
def visitor(address: str, stopped_pebble: PebbleServer, folder: Path) -> Visitor:
    """A client that trusts the CA."""
    return Visitor(address, stopped_pebble.root_file, folder / "visitor.log")


@pytest.fixture
def nginx(nginx_program: NginxProgram, address: str, folder: Path) -> Iterator[Nginx]:
    """The server under test. What it logs at level warn or above has to be
    announced by expect_log()."""
    prefix = folder / "nginx"
    prefix.mkdir()
    server = Nginx(nginx_program, address, prefix)
    yield server
    server.close()
    complaints = server.complaints()
    if complaints:
        pytest.fail("\n".join(complaints) + "\n--- the error log\n" + excerpt(server.error_log),
                    pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """nginx ends before the servers that it asks, whichever of them came first."""
    for name in ("nginx", "second_nginx"):
        server = getattr(item, "funcargs", {}).get(name)
        if server is not None:
            server.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Shows the logs of a test that failed."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    fixtures = getattr(item, "funcargs", {})
    if "nginx" in fixtures:
        report.sections.append(("nginx's error log", excerpt(fixtures["nginx"].error_log)))
        report.sections.append(("nginx's output", excerpt(fixtures["nginx"].output)))
    if "second_nginx" in fixtures:
        report.sections.append(("the second nginx's error log",
                                excerpt(fixtures["second_nginx"].error_log)))
    if "stopped_pebble" in fixtures or "pebble" in fixtures:
        server = fixtures.get("stopped_pebble") or fixtures["pebble"]
        report.sections.append(("Pebble's log", excerpt(server.log)))
    if "stopped_second_pebble" in fixtures:
        report.sections.append(("the second Pebble's log",
                                excerpt(fixtures["stopped_second_pebble"].log)))
    if "stopped_server" in fixtures:
        report.sections.append(("the name server's log", excerpt(fixtures["stopped_server"].log)))
    if "stopped_caddy" in fixtures:
        report.sections.append(("Caddy's log", excerpt(fixtures["stopped_caddy"].log)))


@pytest.fixture(params=MAKES, ids=lambda make: make.__name__)
def stopped_server(request: pytest.FixtureRequest, address: str,
                   folder: Path) -> Iterator[NameServer]:
    """Each of the real name servers in turn."""
    why = request.param.why_unusable()
    if why:
        pytest.skip(why)
    server_folder = folder / "dns"
    server_folder.mkdir()
    server = request.param(address, server_folder)
    yield server
    server.close()


@pytest.fixture
def state(nginx: Nginx) -> Path:
    """As nginx makes it: its worker's own."""
    nginx.state.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(nginx.state, WORKER_USER, WORKER_USER)
    return nginx.state


@pytest.fixture
def second_nginx(nginx_program: NginxProgram, second_address: str,
                 folder: Path) -> Iterator[Nginx]:
    """On an address of its own."""
    prefix = folder / "second-nginx"
    prefix.mkdir()
    server = Nginx(nginx_program, second_address, prefix)
    yield server
    server.close()
    complaints = server.complaints()
    if complaints:
        pytest.fail("\n".join(complaints) + "\n--- the second nginx's error log\n"
                    + excerpt(server.error_log), pytrace=False)

# SPDX-License-Identifier: BSD-2-Clause
"""Fault experiments: the fixtures of the end-to-end tests, and a record of what
each experiment injected and what was lost."""

import importlib.util
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

E2E = Path(__file__).resolve().parents[1] / "e2e"
sys.path.insert(0, str(E2E))

# The file is called conftest.py as well, so it is not found by its name.
_spec = importlib.util.spec_from_file_location("e2e_fixtures", E2E / "conftest.py")
assert _spec is not None and _spec.loader is not None
_fixtures = importlib.util.module_from_spec(_spec)
sys.modules["e2e_fixtures"] = _fixtures
_spec.loader.exec_module(_fixtures)
pytest_plugins = ["e2e_fixtures"]

from faults.ca_proxy import CaProxy  # noqa: E402 (needs the path above)
from faults.experiment import Experiment  # noqa: E402
from support.pebble import PebbleServer  # noqa: E402

_summaries: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("ngx-acme").addoption(
        "--long", action="store_true", help="each experiment as often as for a release")


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long"))


@pytest.fixture
def experiment(request: pytest.FixtureRequest) -> Iterator[Experiment]:
    """Fails the test when anything was lost, and prints the sum in any case."""
    running = Experiment(request.node.name)
    yield running
    _summaries.append(running.summary())
    if running.losses:
        pytest.fail(running.summary(), pytrace=False)


@pytest.fixture
def proxy(pebble: PebbleServer, folder: Path) -> Iterator[CaProxy]:
    """Between nginx and the CA."""
    server = CaProxy(pebble, folder)
    yield server
    server.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for summary in _summaries:
        terminalreporter.write_line(summary)

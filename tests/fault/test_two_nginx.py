# SPDX-License-Identifier: BSD-2-Clause
"""Two instances of nginx with one state directory."""

from pathlib import Path

import pytest

from faults.experiment import Experiment
from faults.sites import configuration
from support.nginx import Nginx, NginxProgram
from support.pebble import PebbleServer
from support.servers import https_server
from support.tls import Visitor
from support.waiting import PATIENCE, wait_until


@pytest.fixture
def second(nginx_program: NginxProgram, address: str, folder: Path,
           request: pytest.FixtureRequest) -> Nginx:
    prefix = folder / "second"
    prefix.mkdir()
    nginx = Nginx(nginx_program, address, prefix)
    request.addfinalizer(nginx.close)
    return nginx


def test_the_second_one_says_which_certificates_nobody_orders(
        experiment: Experiment, nginx: Nginx, second: Nginx, pebble: PebbleServer,
        visitor: Visitor) -> None:
    nginx.configure(configuration(pebble.issuer(), ["first.example.com"])).start()
    visitor.wait_for_certificate("first.example.com")
    issuer = pebble.issuer().replace("state_path state;", f"state_path {nginx.state};")
    assert str(nginx.state) in issuer
    nobodys = "another nginx works for the state directory .*second.example.com.*state_path"
    second.expect_log(nobodys)
    second.allow_log("no server listens on port 80")
    second.configure("\n".join([issuer, "acme pebble;", https_server(
        "second.example.com first.example.com", listen="8443 ssl",
        more="acme_certificate pebble second.example.com;")])).start()
    experiment.injected("a second nginx with another configuration")
    wait_until(lambda: second.log_lines(nobodys), "a line that says so", 30 + PATIENCE)
    experiment.require(pebble.order_count() == 1, "it was ordered all the same")
    second.stop()
    nginx.stop()

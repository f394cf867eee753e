# SPDX-License-Identifier: BSD-2-Clause
"""Dynamic updates and lookups against real name servers, without nginx."""

import base64
import subprocess
from pathlib import Path

import pytest

from support.name_servers import Bind, NameServer

NAME = "_acme-challenge.example.com."


@pytest.fixture
def server(stopped_server: NameServer) -> NameServer:
    return stopped_server.start()


class Client:
    """tests/conformance/dns_conformance.cpp."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def update(self, action: str, server: NameServer, value: str, name: str = NAME,
               **changes: str) -> subprocess.CompletedProcess[str]:
        settings = {"key": server.KEY_NAME, "algorithm": server.algorithm,
                    "secret": base64.urlsafe_b64encode(server.secret).decode().rstrip("="),
                    "ahead": "0", **changes}
        return self._run(action, server.endpoint, settings["key"], settings["algorithm"],
                         settings["secret"], "", "example.com", name, value, settings["ahead"])

    def present(self, server: NameServer, value: str, name: str = NAME) -> None:
        result = self.update("present", server, value, name)
        assert result.returncode == 0, result.stderr

    def cleanup(self, server: NameServer, value: str, name: str = NAME) -> None:
        result = self.update("cleanup", server, value, name)
        assert result.returncode == 0, result.stderr

    def refusal(self, server: NameServer, name: str = NAME, **changes: str) -> str:
        """What it says when the server does not take the record."""
        result = self.update("present", server, "value", name, **changes)
        assert result.returncode == 1
        assert server.texts(name) == []
        assert server.endpoint in result.stderr and '"example.com"' in result.stderr
        return result.stderr

    def look(self, server: NameServer, name: str) -> list[str]:
        result = self._run("look", server.endpoint, name)
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self._program, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)


@pytest.fixture
def client(conformance_program: Path) -> Client:
    program = conformance_program.with_name("dns_conformance")
    assert program.exists(), f"{program} is not there: build it"
    return Client(program)


def test_two_values_live_side_by_side_and_end_one_by_one(
        server: NameServer, client: Client) -> None:
    client.present(server, "apex")
    client.present(server, "wildcard")
    client.present(server, "wildcard")
    assert server.texts(NAME) == ["apex", "wildcard"]

    client.cleanup(server, "apex")
    assert server.texts(NAME) == ["wildcard"]

    client.cleanup(server, "wildcard")
    client.cleanup(server, "wildcard")
    assert server.texts(NAME) == []


@pytest.mark.parametrize("algorithm", ["hmac-sha384", "hmac-sha512"])
def test_longer_digests_sign_as_well(
        stopped_server: NameServer, client: Client, algorithm: str) -> None:
    stopped_server.algorithm = algorithm
    server = stopped_server.start()

    client.present(server, "value")

    assert server.texts(NAME) == ["value"]


def test_a_record_goes_into_the_zone_that_its_name_is_in(
        server: NameServer, client: Client) -> None:
    name = "example.com.acme.example.net."
    client.present(server, "value", name)
    assert server.texts(name) == ["value"]


def test_aliases_zones_and_servers_are_found(
        stopped_server: NameServer, client: Client) -> None:
    server = stopped_server.with_record(
        "example.com", "_acme-challenge CNAME example.com.acme.example.net.").start()
    client.present(server, "value", "example.com.acme.example.net.")

    assert client.look(server, NAME) == [
        "name example.com.acme.example.net.",
        "zone acme.example.net.",
        f"server ns1.acme.example.net. {server.endpoint}",
        "text value",
    ]


def test_an_unknown_key_is_named(server: NameServer, client: Client) -> None:
    assert '"another-key"' in client.refusal(server, key="another-key")


def test_another_secret_is_recognized(server: NameServer, client: Client) -> None:
    assert '"acme-key"' in client.refusal(server, secret="a2tra2tra2tra2tra2tra2tra2tra2tr")


def test_a_clock_that_is_wrong_is_recognized(server: NameServer, client: Client) -> None:
    message = client.refusal(server, ahead="3600")
    if isinstance(server, Bind):
        assert "BADTIME" in message and "clock" in message


def test_a_zone_that_the_server_does_not_have_is_refused(
        server: NameServer, client: Client) -> None:
    result = client.update("present", server, "value", "_acme-challenge.example.org.")
    assert result.returncode == 1
    assert "not authoritative" in result.stderr


def test_a_server_that_is_down_is_named(stopped_server: NameServer, client: Client) -> None:
    result = client.update("present", stopped_server, "value")
    assert result.returncode == 1
    assert stopped_server.endpoint in result.stderr and "refused" in result.stderr

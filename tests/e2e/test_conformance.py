# SPDX-License-Identifier: BSD-2-Clause
"""acme_core's protocol client against real CAs, without nginx: tests/conformance."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support import addresses
from support.caddy import CaddyServer
from support.pebble import PebbleServer

# Of its environment: see tests/conformance/ca_under_test.h.
SUFFIX = "conformance.example.com"
NAMES = [f"{label}.{SUFFIX}" for label in ("one", "two", "three")]

KID = "kid-1"
MAC_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


@dataclass(frozen=True)
class Outcome:
    """Of each test of the program, by its full name."""

    status: int
    output: str
    passed: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)

    def check(self, *needed: str) -> None:
        """None failed, and those whose names contain `needed` were not skipped."""
        assert self.status == 0, self.output
        for part in needed:
            assert any(part in name for name in self.passed), f"{part} did not run"
            assert not any(part in name for name in self.skipped), f"{part} was skipped"


def run(program: Path, folder: Path, settings: dict[str, str]) -> Outcome:
    report = folder / "conformance.json"
    result = subprocess.run(
        [str(program), f"--gtest_output=json:{report}", "--gtest_brief=1"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300,
        env={**os.environ, "no_proxy": "*", "ACME_NAME_SUFFIX": SUFFIX, **settings})
    assert report.exists(), result.stdout
    passed, skipped = set(), set()
    for suite in json.loads(report.read_text())["testsuites"]:
        for test in suite["testsuite"]:
            name = f"{suite['name']}.{test['name']}"
            (skipped if test["result"] == "SKIPPED" else passed).add(name)
    return Outcome(result.returncode, result.stdout, passed, skipped)


def pebble_settings(pebble: PebbleServer, *more_features: str) -> dict[str, str]:
    features = {"authorization-deactivation", "dates", "key-change", "orders", "revocation",
                *more_features}
    if pebble.supports_renewal_info:
        features |= {"renewal-info", "replaces"}
    if pebble.supports_set_renewal_info:
        features.add("set-renewal-info")
    return {
        "ACME_DIRECTORY": pebble.directory_url,
        "ACME_ROOTS": str(pebble.ca_file),
        "ACME_HTTP_ADDRESS": f"{pebble.address}:{addresses.HTTP}",
        "ACME_MANAGEMENT": f"https://{pebble.address}:{addresses.PEBBLE_MANAGEMENT}",
        "ACME_FEATURES": ",".join(sorted(features)),
    }


def test_pebble_as_it_is(
        conformance_program: Path, pebble: PebbleServer, folder: Path) -> None:
    outcome = run(conformance_program, folder, pebble_settings(pebble))

    outcome.check("AccountConformance.Key", "AccountKey", "CertificateKey", "AccountRevokes",
                  "OrderConformance.ListNamesThemAll", "DeactivatedAuthorization")


def test_pebble_that_refuses_nonces_and_pages_its_lists(
        conformance_program: Path, stopped_pebble: PebbleServer, folder: Path) -> None:
    pebble = stopped_pebble.with_nonce_rejection(40).with_orders_per_page(2).start()

    outcome = run(conformance_program, folder, pebble_settings(pebble))

    outcome.check("OrderConformance.ListNamesThemAll")


def test_pebble_that_asks_for_external_accounts(
        conformance_program: Path, stopped_pebble: PebbleServer, folder: Path) -> None:
    pebble = stopped_pebble.with_external_account(KID, MAC_KEY).start()
    settings = pebble_settings(pebble, "external-account")
    settings |= {"ACME_EAB_KID": KID, "ACME_EAB_KEY": MAC_KEY}

    outcome = run(conformance_program, folder, settings)

    outcome.check("External")


def test_pebble_with_alternate_chains(
        conformance_program: Path, stopped_pebble: PebbleServer, folder: Path) -> None:
    pebble = stopped_pebble.with_alternate_roots(2).start()

    outcome = run(conformance_program, folder,
                  pebble_settings(pebble) | {"ACME_ALTERNATES": "2"})

    outcome.check("OtherChains")


def test_pebble_with_profiles(
        conformance_program: Path, stopped_pebble: PebbleServer, folder: Path) -> None:
    pebble = stopped_pebble.with_profiles({"default": 86_400, "shortlived": 7_200}).start()
    if not pebble.supports_profiles:
        pytest.skip("this Pebble has no profiles")
    settings = pebble_settings(pebble, "profiles")
    settings |= {"ACME_PROFILE": "shortlived", "ACME_PROFILE_LIFETIME": "7200"}

    outcome = run(conformance_program, folder, settings)

    outcome.check("Profile")


def test_caddy(
        conformance_program: Path, stopped_caddy: CaddyServer, folder: Path) -> None:
    caddy = stopped_caddy.with_names(*NAMES).start()

    outcome = run(conformance_program, folder, {
        "ACME_DIRECTORY": caddy.directory_url,
        "ACME_ROOTS": str(caddy.ca_file),
        "ACME_HTTP_ADDRESS": f"{caddy.address}:{addresses.HTTP}",
        "ACME_FEATURES": "dates,revocation",
    })

    outcome.check("AccountKey", "CertificateKey", "AccountRevokes", "TakesAnAddress")

# SPDX-License-Identifier: BSD-2-Clause
"""Prometheus's own check of the metrics."""

import shutil
import subprocess

import pytest

PROMTOOL = shutil.which("promtool")
pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")


def complaints(text: bytes) -> str:
    found = subprocess.run([PROMTOOL, "check", "metrics"], input=text,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return found.stdout.decode() + (f"status {found.returncode}" if found.returncode else "")


@pytest.mark.parametrize("target", ["metrics", "metrics?compat=x509", "metrics?compat=traefik"])
@pytest.mark.parametrize("count", [0, 12, 2000])
def test_metrics_are_clean(preview, target, count):
    answer = preview("/acme/" + target, f"--certificates={count}")
    assert complaints(answer.body) == ""


def test_the_check_finds_a_fault():
    assert complaints(b"# TYPE a counter\na{b=\"c} 1\n") != ""

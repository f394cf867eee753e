# SPDX-License-Identifier: BSD-2-Clause
"""The alert rules: well-formed, fire when they should and not before (promtool runs
tests/monitoring/), and lead to a heading that exists."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.markdown import anchors

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "config_examples/prometheus"
RULES = FOLDER / "ngx-acme.rules.yml"
TESTS = sorted((ROOT / "tests/monitoring").glob("*_test.yml"))
ALERTS = sorted(set(re.findall(r"- alert: (\w+)", RULES.read_text())))


def promtool(*arguments: str, text: str = "") -> str:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian's package prometheus)")
    result = subprocess.run([program, *arguments], input=text, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert result.returncode == 0, result.stdout
    return result.stdout


def test_the_rules_are_well_formed() -> None:
    assert "SUCCESS" in promtool("check", "rules", str(RULES))


def test_the_example_of_a_scrape_finds_the_rules() -> None:
    assert "1 rule files found" in promtool("check", "config", str(FOLDER / "scrape.yml"))


def test_the_metrics_that_tests_use_are_well_formed() -> None:
    recorded = (ROOT / "tests/monitoring/exposition.txt").read_text()
    assert promtool("check", "metrics", text=recorded) == ""


@pytest.mark.parametrize("tests", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should(tests: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", str(tests))


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_is_seen_to_fire(alert: str) -> None:
    assert any(f'alertname="{alert}"' in path.read_text() for path in TESTS)


def test_each_alert_leads_to_what_to_do() -> None:
    rules = RULES.read_text()
    runbooks = re.findall(r"runbook: (\S+)#(\S+)", rules)
    assert len(runbooks) >= len(ALERTS)
    for page, anchor in runbooks:
        assert anchor in anchors(ROOT / page), f"{page}#{anchor}"
    # A second alert of the same name and severity borrows its words.
    assert rules.count("annotations:") == rules.count("- alert: ")

# SPDX-License-Identifier: BSD-2-Clause
"""The Grafana dashboard and the alert rules, against a real Prometheus: each query
parses, and finds what acme_status tells; first from a text that has every metric,
then from a real nginx."""

import json
import re
from pathlib import Path
from typing import Any, Iterator

import pytest

from support import addresses
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.prometheus import Exposition, PrometheusServer
from support.servers import https_server
from support.tls import Visitor
from support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
EXPOSITION = ROOT / "tests/monitoring/exposition.txt"
RULES = ROOT / "config_examples/prometheus/ngx-acme.rules.yml"
DASHBOARD: dict[str, Any] = json.loads(
    (ROOT / "config_examples/grafana/ngx-acme.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

# What Grafana puts in for its variables; the time is that of half-second scrapes.
VARIABLES = {"$__rate_interval": "1m", "$job": "nginx-acme", "$instance": ".*", "$issuer": ".*"}
# Panels that have nothing to show while all is well.
OF_TROUBLE = {"Failures in a row", "Left of rate limits", "Clock"}


def queries(panel: dict[str, Any]) -> list[str]:
    found = []
    for target in panel["targets"]:
        expression = target["expr"]
        for variable, value in VARIABLES.items():
            expression = expression.replace(variable, value)
        assert "$" not in expression, expression
        found.append(expression)
    return found


@pytest.fixture
def stopped_prometheus(address: str, folder: Path) -> Iterator[PrometheusServer]:
    why = PrometheusServer.why_unusable()
    if why:
        pytest.skip(why)
    server_folder = folder / "prometheus"
    server_folder.mkdir()
    server = PrometheusServer(address, server_folder)
    yield server
    server.close()


@pytest.fixture
def exposition(address: str) -> Iterator[Exposition]:
    server = Exposition(address, EXPOSITION.read_text())
    yield server
    server.close()


def test_every_panel_finds_data(stopped_prometheus: PrometheusServer,
                                exposition: Exposition) -> None:
    prometheus = stopped_prometheus.start(exposition.target)
    prometheus.wait_for_scrapes(3)

    empty = [f"{panel['title']}: {query}" for panel in PANELS for query in queries(panel)
             if not prometheus.query(query)]

    assert empty == []


def test_every_rule_can_be_evaluated_and_says_what_it_is_about(
        stopped_prometheus: PrometheusServer, exposition: Exposition) -> None:
    """Also where two certificates have name, issuer and key in common."""
    prometheus = stopped_prometheus.start(exposition.target, rules=RULES)
    prometheus.wait_for_scrapes(2)

    rules = prometheus.rules()
    assert [rule for rule in rules if rule["health"] != "ok"] == []

    def failing() -> list[dict[str, Any]]:
        return [alert for rule in prometheus.rules()
                if rule["name"] == "NginxAcmeCertificateFailing" for alert in rule["alerts"]]

    alert = wait_until(failing, "an alert")[0]
    assert alert["annotations"]["summary"] == "Orders for shop.example.com fail"
    assert alert["annotations"]["description"].startswith(
        "3 in a row failed for the rsa:2048 certificate of shop.example.com on ")


def test_a_real_nginx_fills_the_panels(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
        stopped_prometheus: PrometheusServer) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        server {{ listen 80; location /acme/ {{ acme_status; }} }}
        {https_server("www.example.com")}
    """)
    if 'unknown directive "acme_status"' in nginx.check().output:
        pytest.skip("this module has no acme_status")
    nginx.start()
    visitor.wait_for_certificate("www.example.com")
    prometheus = stopped_prometheus.start(f"{nginx.address}:{addresses.HTTP}", "/acme/metrics")
    prometheus.wait_for_scrapes(3)

    def empty() -> list[str]:
        return [f"{panel['title']}: {query}" for panel in PANELS
                if panel["title"] not in OF_TROUBLE
                for query in queries(panel) if not prometheus.query(query)]

    assert wait_until(lambda: not empty() or None, f"all panels to have data: {empty()}")
    assert prometheus.value('nginx_acme_certificates{state="valid"}') == 1
    assert prometheus.value('nginx_acme_orders_total{result="issued"}') == 1
    remaining = ("nginx_acme_certificate_not_after_timestamp_seconds"
                 '{certificate="www.example.com"} - time()')
    assert prometheus.value(remaining) > 0


def test_what_is_recorded_is_all_that_dashboard_and_rules_ask_for() -> None:
    told = set(re.findall(r"^# TYPE (\w+)", EXPOSITION.read_text(), re.MULTILINE))
    text = json.dumps(DASHBOARD) + RULES.read_text()
    asked = {re.sub(r"_(bucket|sum|count)$", "", name)
             for name in re.findall(r"\bnginx_acme_\w+", text)}

    assert asked - told == set()
    assert told - asked == {"nginx_acme_certificate_next_attempt_timestamp_seconds"}


def test_panels_have_a_place_of_their_own() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken: dict[tuple[int, int], str] = {}
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]


def test_every_query_goes_to_the_data_source_that_is_chosen() -> None:
    variables = {each["name"] for each in DASHBOARD["templating"]["list"]}
    assert variables == {"datasource", "job", "instance", "issuer"}
    for panel in PANELS:
        for target in panel["targets"]:
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert 'job=~"$job", instance=~"$instance"' in target["expr"]

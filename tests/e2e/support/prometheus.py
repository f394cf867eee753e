# SPDX-License-Identifier: BSD-2-Clause
"""A real Prometheus, and something for it to scrape."""

import http.server
import json
import re
import shutil
import signal
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Optional

from . import addresses
from .processes import ServerProcess
from .waiting import wait_until

COUNTER = re.compile(r"^(\w+_(?:total|bucket|sum|count)(?:\{.*\})?) (\S+)$", re.MULTILINE)


class Exposition:
    """Serves one text of metrics; what counts grows from scrape to scrape."""

    def __init__(self, address: str, text: str) -> None:
        self.target = f"{address}:{addresses.EXPOSITION}"
        scrapes = iter(range(1, 1_000_000))

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                count = next(scrapes)
                body = COUNTER.sub(lambda line: f"{line[1]} {float(line[2]) * count}", text)
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer((address, addresses.EXPOSITION), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class PrometheusServer:
    """Scrapes one target every half second, as job "nginx-acme", until close()."""

    def __init__(self, address: str, folder: Path) -> None:
        self._url = f"http://{address}:{addresses.PROMETHEUS}"
        self._address = address
        self._folder = folder
        self._process: Optional[ServerProcess] = None

    @staticmethod
    def why_unusable() -> str:
        missing = shutil.which("prometheus") is None
        return "prometheus is not installed" if missing else ""

    def start(self, target: str, path: str = "/metrics",
              rules: Optional[Path] = None) -> "PrometheusServer":
        config = self._folder / "prometheus.yml"
        config.write_text(json.dumps({  # which YAML is a superset of
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms",
                       "evaluation_interval": "500ms"},
            "rule_files": [str(rules)] if rules else [],
            "scrape_configs": [{"job_name": "nginx-acme", "metrics_path": path,
                                "static_configs": [{"targets": [target]}]}]}))
        program = shutil.which("prometheus")
        assert program is not None
        self._process = ServerProcess(
            [program, f"--config.file={config}", f"--storage.tsdb.path={self._folder / 'data'}",
             f"--web.listen-address={self._address}:{addresses.PROMETHEUS}"],
            self._folder / "prometheus.log", folder=self._folder)
        wait_until(self._is_ready, "Prometheus")
        return self

    def close(self) -> None:
        if self._process is not None:
            self._process.end(signal.SIGKILL)
            self._process = None

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What an instant query finds; an AssertionError when it does not parse."""
        status, answer = self._get("/api/v1/query?" + urllib.parse.urlencode(
            {"query": expression}))
        assert status == 200 and answer["status"] == "success", f"{expression}: {answer}"
        result = answer["data"]["result"]
        return result if isinstance(result, list) else [result]

    def wait_for_scrapes(self, count: int) -> None:
        wait_until(lambda: self.value('count_over_time(up{job="nginx-acme"}[1h])') >= count
                   and self.value('up{job="nginx-acme"}') == 1, f"{count} scrapes")

    def value(self, expression: str) -> float:
        """Of the first sample; 0 when there is none."""
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else 0.0

    def rules(self) -> list[dict[str, Any]]:
        """Every rule, once each has been evaluated."""
        def all_of_them() -> list[dict[str, Any]]:
            groups = self._get("/api/v1/rules")[1]["data"]["groups"]
            found = [rule for group in groups for rule in group["rules"]]
            return found if all(rule["health"] != "unknown" for rule in found) else []

        return wait_until(all_of_them, "Prometheus to evaluate its rules")

    def _is_ready(self) -> bool:
        assert self._process is not None
        log = (self._folder / "prometheus.log").read_text(errors="replace")
        assert self._process.status is None, f"Prometheus ended:\n{log}"
        try:
            return self._get("/api/v1/status/runtimeinfo")[0] == 200
        except OSError:
            return False

    def _get(self, path: str) -> tuple[int, Any]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self._url + path, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode(errors="replace")

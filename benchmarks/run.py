# SPDX-License-Identifier: BSD-2-Clause
"""Runs the benchmarks of benchmarks/system; called by scripts/bench."""

import argparse
import importlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# Servers and clients are those of the end-to-end suite.
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "e2e")]

from common.bench import Bench  # noqa: E402
from common.result import Result  # noqa: E402

# Each has ROWS: the name of a benchmark → what runs it.
MODULES = ("handshake", "swap", "http", "config", "memory", "first_certificate", "issue",
           "reload_storm", "on_idle", "micro", "growth", "simulate", "status")


def main() -> int:
    rows = {name: run for module in MODULES
            for name, run in importlib.import_module(f"system.{module}").ROWS.items()}
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--nginx", default="/usr/sbin/nginx")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(rows)}")
    options = parser.parse_args()
    if unknown := set(options.names) - set(rows):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(rows)}")
    results: dict[str, Result] = {}
    for name in options.names or rows:
        with Bench(options.nginx, options.build.resolve()) as bench:
            results[name] = rows[name](bench)
        write(name, results[name])
    if len(results) > 1:
        print_table(results)
    return 0 if all(result.is_good for result in results.values()) else 1


def write(name: str, result: Result) -> None:
    folder = ROOT / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    document = {"figures": result.figures, "met": result.is_good,
                "bounds": [vars(bound) for bound in result.bounds]}
    (folder / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
    details = " ".join(f"{key}={value}" for key, value in result.figures.items())
    print(f"{name}: {details}")
    print(f"{name}: {'; '.join(map(str, result.bounds)) or 'no bound'}", flush=True)


def print_table(results: dict[str, Result]) -> None:
    print()
    for name, result in results.items():
        verdict = "met" if result.is_good else "MISSED"
        print(f"{name:18} {verdict:7} {'; '.join(map(str, result.bounds))}")


if __name__ == "__main__":
    sys.exit(main())

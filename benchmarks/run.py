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
sys.path[:0] = [str(HERE / "system"), str(ROOT / "tests" / "e2e")]


def main() -> int:
    known = sorted(path.stem for path in (HERE / "system").glob("*.py"))
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--nginx", default="/usr/sbin/nginx")
    parser.add_argument("names", nargs="*", default=known, metavar="NAME",
                        help=f"of {', '.join(known)}")
    options = parser.parse_args()
    results = ROOT / "build" / "bench"
    results.mkdir(parents=True, exist_ok=True)
    missed = 0
    for name in options.names:
        figures = importlib.import_module(name).run(options.nginx, options.build.resolve())
        (results / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")
        missed += figures["ratio"] > figures["bound"]
        print(name, *(f"{key}={value}" for key, value in figures.items()), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: BSD-2-Clause
"""micro: single operations, by Google Benchmark (benchmarks/micro)."""

import json
import subprocess

from common.bench import Bench
from common.result import Result


def run(bench: Bench) -> Result:
    output = subprocess.run([str(bench.build / "micro"), "--benchmark_format=json"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                            text=True).stdout
    return Result({f"{found['name']}_us": round(found["cpu_time"] / 1_000, 3)
                   for found in json.loads(output)["benchmarks"]})


ROWS = {"micro": run}

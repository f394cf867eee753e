# SPDX-License-Identifier: BSD-2-Clause
"""status: what the status endpoint's answers cost a worker with 10,000 certificates, in
processor time, by the program status_cost."""

import json
import subprocess

from common.bench import Bench
from common.result import Result

LONGEST_SLICE_MS = 5


def run(bench: Bench) -> Result:
    output = subprocess.run([str(bench.build / "status_cost")], stdout=subprocess.PIPE,
                            check=True, text=True).stdout
    figures = {name: round(value, 3) for name, value in json.loads(output).items()}
    result = Result(figures)
    result.at_most("json_page_ms", figures["json_page_ms"], 1)
    result.at_most("metrics_ms", figures["metrics_ms"], 60)
    longest = max(value for name, value in figures.items() if name.endswith("_slice_ms"))
    result.at_most("longest_slice_ms", longest, LONGEST_SLICE_MS)
    return result


ROWS = {"status": run}

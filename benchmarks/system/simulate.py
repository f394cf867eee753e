# SPDX-License-Identifier: BSD-2-Clause
"""simulate: a year of a million certificates on the virtual clock: none may be lost."""

import json
import subprocess

from common.bench import Bench
from common.result import Result

CERTIFICATES = 1_000_000


def run(bench: Bench) -> Result:
    output = subprocess.run([str(bench.build / "simulate"), str(CERTIFICATES)],
                            stdout=subprocess.PIPE, check=True, text=True).stdout
    result = Result(json.loads(output))
    lost = sum(int(str(result.figures[key]))
               for key in ("expired", "never_issued", "over_limit", "duplicates"))
    result.at_most("lost", lost, 0)
    return result


ROWS = {"simulate": run}

# SPDX-License-Identifier: BSD-2-Clause
"""growth: how the cost grows from 10 to 10,000 certificates.

Runs what config, memory and issue-1000 measure with 10, 100, 1,000 and 10,000
certificates, fits cost = a × count^b to each, and draws them (gnuplot) into
docs/performance/. An exponent of 1 is linear.
"""

import math
import subprocess
from pathlib import Path

from common.bench import Bench
from common.result import Result
from system import config, issue, memory

COUNTS = (10, 100, 1_000, 10_000)
LINEAR = 1.05  # what a fit through noise may have
PLOTS = Path(__file__).resolve().parents[2] / "docs" / "performance"
Curve = dict[int, float]


def run(bench: Bench) -> Result:
    starts: Curve = {}
    sizes: Curve = {}
    for count in COUNTS:
        starts[count] = config.measure(bench, count)["start_managed"]
        sizes[count] = memory.measure(bench, count)["used_managed"]
    issuing = {count: issue.measure(bench, count, rounds=1).seconds for count in COUNTS}
    curves = {"start": ("CPU time of the master at a start, s", starts),
              "memory": ("master and worker with the zone, MiB", sizes),
              "issue": ("until all are served, s", issuing)}
    result = Result()
    for name, (label, curve) in curves.items():
        result.figures |= {f"{name}_{count}": round(value, 3) for count, value in curve.items()}
        # With few, what nginx needs by itself is most of it.
        result.at_most(f"{name}_exponent", round(exponent(curve), 2), LINEAR)
        draw(name, label, curve)
    return result


def exponent(curve: Curve) -> float:
    """The slope of a straight line through the logarithms."""
    points = [(math.log(count), math.log(value)) for count, value in curve.items()]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return (sum((x - mean_x) * (y - mean_y) for x, y in points)
            / sum((x - mean_x) ** 2 for x, _ in points))


def draw(name: str, label: str, curve: Curve) -> None:
    PLOTS.mkdir(exist_ok=True)
    points = "\n".join(f"{count} {value}" for count, value in curve.items())
    commands = f"""
        set terminal svg size 560,360 background "white"
        set output "{PLOTS / name}.svg"
        set logscale xy
        set format x "%.0f"
        set xlabel "certificates"
        set ylabel "{label}"
        set grid
        set key off
        $points << END
{points}
END
        plot $points with linespoints linewidth 2 pointtype 7
    """
    subprocess.run(["gnuplot"], input=commands, text=True, check=True)


ROWS = {"growth": run}

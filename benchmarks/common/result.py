# SPDX-License-Identifier: BSD-2-Clause
"""What a benchmark has found, and whether that is good enough."""

import statistics
from dataclasses import dataclass, field
from typing import Callable, Sequence


@dataclass(frozen=True)
class Bound:
    what: str  # the figure that it is about
    value: float
    limit: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        return (f"{self.what} {self.value:g} (at {'least' if self.at_least else 'most'}"
                f" {self.limit:g}{'' if self.is_met else ', MISSED'})")


@dataclass
class Result:
    figures: dict[str, object] = field(default_factory=dict)
    bounds: list[Bound] = field(default_factory=list)

    def at_most(self, what: str, value: float, limit: float) -> None:
        self.figures[what] = value
        self.bounds.append(Bound(what, value, limit))

    def at_least(self, what: str, value: float, limit: float) -> None:
        self.figures[what] = value
        self.bounds.append(Bound(what, value, limit, at_least=True))

    @property
    def is_good(self) -> bool:
        return all(bound.is_met for bound in self.bounds)


def compare(rounds: int, ours: Callable[[], float],
            theirs: Callable[[], float]) -> tuple[float, float, float]:
    """The medians of both sides, and of the rounds' ratios: what slows the machine down
    for a while slows both sides of a round."""
    pairs = []
    for turn in range(rounds):
        if turn % 2 == 0:
            first = ours()
            pairs.append((first, theirs()))
        else:
            first = theirs()
            pairs.append((ours(), first))
    return (statistics.median(mine for mine, _ in pairs),
            statistics.median(other for _, other in pairs),
            statistics.median(mine / other for mine, other in pairs))


def alternate(rounds: int, **sides: Callable[[], float]) -> dict[str, float]:
    """The median of each side's figures; in every round each side has its turn, so
    that what else the machine does meets all of them."""
    figures: dict[str, list[float]] = {name: [] for name in sides}
    order = list(sides.items())
    for turn in range(rounds):
        for name, measure in (order if turn % 2 == 0 else reversed(order)):
            figures[name].append(measure())
    return {name: statistics.median(values) for name, values in figures.items()}


def percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[(len(values) - 1) * percent // 100]

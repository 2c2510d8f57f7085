"""Where the fit of the fractional volatility model begins, and from where it climbs again."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vrx.econometrics._law import Array, Law, Sample
from vrx.econometrics._scoring import Box, Optimum, maximise

if TYPE_CHECKING:
    from vrx.econometrics.dynamic import DynamicFractionalVolatility

__all__ = ["REACH", "START", "Start"]

# The moments that the fit starts from are those of so many days.
START = 252
# How far the slope of the start may be from 0: below, the data say nothing of alpha; above, sigma may explode.
SLOPES = (0.02, 0.2)
# The alpha that the fit starts from, or the nearest in its range: there sigma is far from its limits. On 200 windows of
# the S&P 500 a start from 0 ends at the best maximum known on 198, one from 1 on 196.
POWER = 0.0
# The alpha of the second climb where the first ends at an end of the range.
INSIDE = 1.0
FREE = math.inf
NAMES = ("level", "slope", "alpha")
# One step changes log sigma by 1 at most, its slope by 0.1 and alpha by 1: farther the likelihood is another.
REACH = (1.0, 0.1, 1.0)
# Of two maxima this near to each other, the one at which the stopping rule held is taken.
EQUAL = 1e-6


@dataclass(frozen=True, eq=False)
class Start:
    """Where a fit begins and where it may go."""

    sample: Sample
    moments: Law
    """Sigma is the root mean square of the first 252 days, the slope that of these days, alpha 0."""
    box: Box

    @classmethod
    def of(cls, sample: Sample, model: "DynamicFractionalVolatility") -> "Start":
        """The start by the moments of the first days."""
        returns = sample.returns
        scale = math.sqrt(float(np.mean(np.square(returns[:START])))) or float(np.std(returns))
        limits = (model.limits[0] * scale, model.limits[1] * scale)
        still = Law(math.log(scale), 0.0, POWER, *limits, model.innovation)
        low, high = model.powers
        box = Box(NAMES, np.array([-FREE, -FREE, low]), np.array([FREE, FREE, high]), np.array(REACH))
        return cls(sample, replace(still, slope=_slope(sample, still)), box)

    @property
    def at(self) -> Array:
        """Level, slope and alpha, shape (3,)."""
        return self.moments.at

    def law(self, at: Array) -> Law:
        """The law of these parameters, with the limits of the start."""
        return self.moments.moved(at)

    def climb(self, at: Array) -> Optimum:
        """Maximise the likelihood from there."""
        return maximise(lambda other: self.sample.point(self.law(other)), at, self.box)

    def best(self, first: Array) -> Optimum:
        """Climb from `first`, and from elsewhere where that says that there may be better."""
        level, still = self._constant()
        best = self.climb(first)
        if not best.converged:
            # The first days were nothing like the rest: begin between all of them, almost without memory.
            best = _better(best, self.climb(np.array([level, math.copysign(SLOPES[0], first[1]), POWER])))
        if self.box.at_end(best.point):
            # Beyond a hollow there may be a higher maximum inside.
            best = _better(best, self.climb(np.array([level, best.point.at[1], INSIDE])))
        # The recursion knows alpha by its product with the slope: an alpha far out begins with a slope as much smaller.
        small = SLOPES[0] / max(1.0, abs(best.point.at[2]))
        for slope in (small, -small):
            if best.point.value < still:
                best = _better(best, self.climb(np.array([level, slope, best.point.at[2]])))
        if best.point.value < still - EQUAL:
            doubts = "; ".join(filter(None, ["a constant variance has a higher likelihood", best.note]))
            return replace(best, converged=False, note=doubts)
        return best

    def _constant(self) -> tuple[float, float]:
        """The level of the likeliest constant sigma within the limits, and its log likelihood."""
        square = float(np.mean(np.square(self.sample.returns)))
        limits = (math.log(self.moments.floor), math.log(self.moments.ceiling))
        level = min(max(0.5 * math.log(square), limits[0]), limits[1])
        daily = 0.5 * math.log(2.0 * math.pi) + level + 0.5 * square * math.exp(-2.0 * level)
        return level, -daily * len(self.sample.returns)


def _slope(sample: Sample, law: Law) -> float:
    """The slope of the log size of returns on S over the first days, with S made of shocks of constant sigma."""
    # At slope 0 sigma is constant and the derivative by the slope is S.
    memory = sample.run(law, 4)[0][: min(START, len(sample.returns)), 2]
    returns = sample.returns[:START]
    moved = returns != 0.0
    if not moved.any():
        return SLOPES[0]
    x, y = memory[moved] - memory[moved].mean(), np.log(np.abs(returns[moved]))
    slope = float(x @ y) / float(x @ x) if np.any(x) else 0.0
    # Volatility clusters: size after size is expected to rise, whatever the first year says.
    slope = max(slope, SLOPES[0]) if law.innovation == "absolute" else slope
    return math.copysign(min(max(abs(slope), SLOPES[0]), SLOPES[1]), slope)


def _better(first: Optimum, second: Optimum) -> Optimum:
    """The optimum of the larger likelihood, with the work of both."""
    heights = [one.point.value + (EQUAL if one.converged else 0.0) for one in (first, second)]
    best = second if heights[1] > heights[0] else first
    work = (first.iterations + second.iterations, first.evaluations + second.evaluations)
    return replace(best, iterations=work[0], evaluations=work[1])

"""The lower tails of the laws of standardised returns, one law for every day."""

import math
from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vrx.econometrics._law import Array
from vrx.errors import require

__all__ = ["HistoricalTails", "StudentTails", "Tails", "degrees_of_freedom", "historical", "student"]

Days: TypeAlias = NDArray[np.intp]

# The degrees of freedom, of which variance 1 needs more than 2, and of which a thousand are as good as normal.
FEWEST, MOST = 2.05, 1000.0


@dataclass(frozen=True, eq=False)
class StudentTails:
    """Student's t of variance 1."""

    degrees: Array
    """The degrees of freedom of every day, infinite for the normal law; shape (days,)."""

    def quantile(self, probability: Array, day: Days) -> Array:
        """The shocks below which those of the days fall with these probabilities; all of one shape."""
        degrees = self.degrees[day]
        found: Array = np.sqrt(1.0 - 2.0 / degrees) * _laws().t.ppf(probability, degrees)
        return found

    def shortfall(self, level: float) -> Array:
        """The mean of the shocks below the quantile of `level`, shape (days,)."""
        # One law on many days, and ppf is slow.
        degrees, back = np.unique(self.degrees, return_inverse=True)
        t = _laws().t
        quantile = t.ppf(level, degrees)
        mean = -t.pdf(quantile, degrees) / level * (1.0 + quantile**2 / degrees) / (1.0 - 1.0 / degrees)
        found: Array = (np.sqrt(1.0 - 2.0 / degrees) * mean)[back]
        return found


@dataclass(frozen=True, eq=False)
class HistoricalTails:
    """Past shocks themselves, with interpolation between neighbours; the rank of the probability p is p * (n + 1)."""

    smallest: Array
    """The smallest past shocks of every day, rising, as many as its level needs; shape (days, ranks)."""
    counts: NDArray[np.intp]
    """How many past shocks there are, shape (days,)."""

    def quantile(self, probability: Array, day: Days) -> Array:
        """The shocks below which those of the days fall with these probabilities; all of one shape."""
        rank, part = self._rank(probability, day)
        below, above = self.smallest[day, rank - 1], self.smallest[day, rank]
        found: Array = below + part * (above - below)
        return found

    def shortfall(self, level: float) -> Array:
        """The mean of the quantiles of all probabilities up to `level`, shape (days,)."""
        day = np.arange(len(self.counts))
        rank, part = self._rank(np.full(len(day), level), day)
        first, last = self.smallest[:, 0], self.smallest[day, rank - 1]
        quantile = last + part * (self.smallest[day, rank] - last)
        # In units of one rank: level at the first shock, then trapezoids from shock to shock, and a part of the last.
        whole = first + np.cumsum(self.smallest, axis=1)[day, rank - 1] - 0.5 * (first + last)
        found: Array = (whole + part * 0.5 * (last + quantile)) / (level * (self.counts + 1.0))
        return found

    def _rank(self, probability: Array, day: Days) -> tuple[Days, Array]:
        """The last shock at or below, counted from 1, and how far on to the next it is; below the first, the first."""
        place = probability * (self.counts[day] + 1.0)
        rank = np.maximum(place.astype(np.intp), 1)
        return rank, np.maximum(place - rank, 0.0)


Tails: TypeAlias = StudentTails | HistoricalTails


def degrees_of_freedom(shocks: Array) -> float:
    """Fit Student's t of mean 0 and variance 1 by maximum likelihood; from 2.05 to 1,000.

    Examples
    --------
    >>> random = np.random.default_rng(3)
    >>> round(degrees_of_freedom(random.standard_t(5, 20_000) * np.sqrt(3 / 5)), 1)
    4.9
    """
    squares = np.square(shocks)
    optimise: Any = require("scipy.optimize", "research", "the Student law")

    def loss(inverse: float) -> float:
        degrees = 1.0 / inverse
        constant = math.lgamma(0.5 * degrees + 0.5) - math.lgamma(0.5 * degrees) - 0.5 * math.log(degrees - 2.0)
        return 0.5 * (degrees + 1.0) * float(np.mean(np.log1p(squares / (degrees - 2.0)))) - constant

    # The inverse, in which the normal law is no further away than any other.
    found = optimise.minimize_scalar(loss, bounds=(1.0 / MOST, 1.0 / FEWEST), method="bounded", options={"xatol": 1e-8})
    return 1.0 / float(found.x)


def student(shocks: Array, start: int, end: int, window: int | None, refit: int) -> StudentTails:
    """Fit the degrees of freedom of the days from `start` to before `end` to the shocks before them, every `refit`."""
    degrees = np.empty(end - start)
    for day in range(start, end, refit):
        past = shocks[0 if window is None else max(day - window, 0) : day]
        degrees[day - start : day - start + refit] = degrees_of_freedom(past)
    return StudentTails(degrees)


def historical(shocks: Array, start: int, end: int, window: int | None, level: float) -> HistoricalTails:
    """Keep the smallest shocks before each of the days from `start` to before `end`."""
    counts = np.arange(start, end) if window is None else np.minimum(np.arange(start, end), window)
    ranks = int(level * (counts.max() + 1.0)) + 1
    smallest = np.full((end - start, ranks), math.inf)
    # Here `past` holds the shocks before `day` that count, rising.
    past = sorted(shocks[start - int(counts[0]) : start].tolist())
    for day in range(start, end):
        few = past[:ranks]
        smallest[day - start, : len(few)] = few
        if day < len(shocks):
            insort(past, float(shocks[day]))
        if window is not None and len(past) > window:
            del past[bisect_left(past, float(shocks[day - window]))]
    return HistoricalTails(smallest, counts)


def _laws() -> Any:
    return require("scipy.stats", "research", "the law of the shocks")

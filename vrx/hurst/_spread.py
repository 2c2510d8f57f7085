"""How an estimator errs on exact noise or motion, simulated, for methods whose theory gives no usable error."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock

import numpy as np

from vrx.fractional import fbm, fgn
from vrx.hurst._estimator import Array, Estimator

__all__ = ["Spread", "spread"]

GRID = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])
"""The exponents that are simulated."""
FINE = np.linspace(GRID[0], GRID[-1], 193)
"""The exponents of the tables, steps of 0.005."""
FLATTEST = 0.05
"""The least slope of a mean estimate as a function of the exponent, so that it has an inverse."""
LONGEST = 16_384
"""Longer paths are not simulated."""
VALUES = 1_000_000
"""About how many values are simulated per exponent, in no fewer than FEWEST and no more than MOST paths."""
FEWEST, MOST = 80, 1000

_lock = Lock()


@dataclass(frozen=True, eq=False)
class Spread:
    """The mean and standard deviation of the estimates of one estimator from n values at true exponents.

    Beyond its ends a mean estimate moves as the exponent does, and standard deviations stay.
    """

    exponents: Array
    """The true exponents, rising, shape (exponents,)."""
    means: Array
    """Rising too."""
    deviations: Array

    def exponent(self, estimate: Array) -> Array:
        """The exponent whose mean estimate it is."""
        return _read(estimate, self.means, self.exponents)

    def mean(self, exponent: Array) -> Array:
        """The mean estimate at an exponent."""
        return _read(exponent, self.exponents, self.means)

    def deviation(self, estimate: Array) -> Array:
        """The standard deviation of estimates at the exponent whose mean estimate it is."""
        return np.asarray(np.interp(estimate, self.means, self.deviations))

    def exponent_deviation(self, exponent: Array) -> Array:
        """The standard deviation of what :meth:`exponent` gives, to first order, at a true exponent."""
        return np.asarray(np.interp(exponent, self.exponents, self._stretched))

    def interval(self, estimate: Array, reach: float) -> tuple[Array, Array]:
        """The exponents whose mean estimate lies within `reach` standard deviations, of theirs, of an estimate."""
        ends = (np.maximum.accumulate(self.means + sign * reach * self.deviations) for sign in (1.0, -1.0))
        low, high = (_read(estimate, end, self.exponents) for end in ends)
        return low, high

    @cached_property
    def _stretched(self) -> Array:
        return self.deviations / np.gradient(self.means, self.exponents)


def spread(estimator: Estimator, n: int) -> Spread:
    """Simulate the estimates of an estimator from n values, once, and keep what came out.

    Notes
    -----
    Seven exponents are simulated; one polynomial goes through their means, another through the logarithms of their
    standard deviations. All share one set of normal draws, so that chance does not roughen them as functions of the
    exponent. A mean from 1,000 paths, as up to n = 1,000, is good to 1/32 of the standard deviation, and that to 2%;
    from 80 paths, as from n = 12,500 on, to 1/9 and 8%. Between the seven, means were off by up to 1/20 of the standard
    deviation and deviations by up to 5%.

    Beyond 16,384 values the deviation and the bias at each exponent go on falling by the powers of n by which they fell
    from 4,096 values.
    """
    with _lock:  # threads that need the same table wait for the first of them
        return _simulated(estimator, n)


@lru_cache(maxsize=128)
def _simulated(estimator: Estimator, n: int) -> Spread:
    longest = max(LONGEST, 4 * estimator._least())
    if n > longest:
        return _beyond(_simulated(estimator, longest // 4), _simulated(estimator, longest), n / longest)
    draw = fgn if estimator.kind == "noise" else fbm
    paths = min(max(VALUES // n, FEWEST), MOST)

    def simulate(h: float) -> tuple[float, float]:
        estimates = np.array([estimator._exponents(path, n)[0] for path in draw(n, h, paths, seed=1)])
        return float(estimates.mean()), float(estimates.std(ddof=1))

    # Draws and kernels let go of the interpreter; on short paths threads would only wait for each other.
    with ThreadPoolExecutor(min(len(GRID), os.cpu_count() or 1) if paths < MOST else 1) as pool:
        means, deviations = np.array(list(pool.map(simulate, GRID))).T
    return Spread(FINE, _rising(_through(means)), np.exp(_through(np.log(deviations))))


def _beyond(near: Spread, far: Spread, times: float) -> Spread:
    """The table of series `times` as long as those of `far`, which are four times as long as those of `near`."""
    quarterings = np.log(times) / np.log(4.0)
    fall = far.deviations / near.deviations
    biases = [table.means - FINE for table in (near, far)]
    # A bias that grew or changed its sign is chance: it stays, or goes.
    bias_fall = np.clip(biases[1] / biases[0], 0.0, 1.0)
    return Spread(FINE, _rising(FINE + biases[1] * bias_fall**quarterings), far.deviations * fall**quarterings)


def _rising(means: Array) -> Array:
    """Means on FINE, made to rise where chance or a method that hardly tells exponents apart would have them fall."""
    steps = np.maximum(np.diff(means), FLATTEST * np.diff(FINE))
    return np.cumsum(np.append(means[0], steps))


def _through(values: Array) -> Array:
    """The polynomial through values on GRID, on FINE, in the form of Lagrange."""
    gaps = GRID[:, np.newaxis] - GRID
    shares = (FINE[:, np.newaxis, np.newaxis] - GRID) / np.where(gaps == 0.0, 1.0, gaps)
    basis = np.prod(np.where(gaps == 0.0, 1.0, shares), axis=-1)
    return np.asarray(np.sum(basis * values, axis=1))


def _read(x: Array, places: Array, values: Array) -> Array:
    """The values at x, linear between places, with slope 1 beyond them."""
    return np.asarray(np.interp(x, places, values) + (x - np.clip(x, places[0], places[-1])))

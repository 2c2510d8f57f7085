"""Which series are simulated for hurst_accuracy.py, and which method sees how many of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from hurst_peers import PEERS
from numpy.typing import NDArray

from vrx.fractional import fbm, fgn
from vrx.hurst import METHODS

Array = NDArray[np.float64]

EXPONENTS = (0.1, 0.3, 0.5, 0.7, 0.9)
KINDS = ("noise", "motion")
SHORT, LONG = 252, 2520
COVERED = (252, 1000)
"""The lengths at which the coverage of the intervals is counted."""
ROUGH = (0.1, 0.3)
ERRORS = (0.2, 0.35, 0.5)
MORE = 4
"""Ours see this many times the paths at n = 252, where they cost little: an sd has an error of sd / sqrt(2 paths)."""
WITH_NOISE = "exact, noise=True"
WITH_MEAN = "mle, mean='estimated'"
VARIANTS: dict[str, dict[str, Any]] = {WITH_NOISE: {"noise": True}, WITH_MEAN: {"mean": "estimated"}}
"""Options other than the default ones; the method stands before the comma."""


@dataclass(frozen=True)
class Series:
    """What is simulated; equal ones are equal to the last bit."""

    kind: str
    n: int
    hurst: float
    error: float = 0.0
    """The standard deviation of the white noise added to it, in those of an increment."""

    @property
    def seed(self) -> int:
        """The seed of the simulator."""
        return 1000 * self.n + round(100 * self.hurst)

    def paths(self, count: int) -> Array:
        """Simulate `count` of them, shape (count, n)."""
        paths = (fgn if self.kind == "noise" else fbm)(self.n, self.hurst, count, seed=self.seed)
        if self.error:
            paths += self.error * np.random.default_rng(self.seed + 1).standard_normal(paths.shape)
        return paths


@dataclass(frozen=True)
class Job:
    """One method on paths of one series."""

    method: str
    """A name of vrx.hurst.METHODS, of VARIANTS or of PEERS."""
    series: Series
    paths: int
    interval: str | None = None


def jobs(paths: int, with_peers: bool) -> Iterator[Job]:
    """Everything that the tables hold."""
    others = [name for name, peer in PEERS.items() if with_peers or not peer.needs]
    for kind in KINDS:
        for hurst in EXPONENTS:
            for n in (SHORT, LONG):
                series = Series(kind, n, hurst)
                for method in (*METHODS, WITH_MEAN):
                    yield Job(method, series, paths * (MORE if n == SHORT else 1))
                for method in others:
                    if most := min(paths, PEERS[method].paths.get(n, paths)):
                        yield Job(method, series, most)
            for n in COVERED:
                for method, estimator in METHODS.items():
                    for interval in ("asymptotic", "bootstrap") if estimator.bootstraps else ("asymptotic",):
                        yield Job(method, Series(kind, n, hurst), paths, interval)
    measured = [*METHODS, WITH_NOISE, *(name for name in others if not PEERS[name].paths)]
    for hurst in ROUGH:
        for error in ERRORS:
            for method in measured:
                yield Job(method, Series("motion", LONG, hurst, error), paths)

"""Forecasts of the next day's variance, each from the days before it alone."""

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from webb_market import FIVE_YEARS, Array, Market

from vrx.econometrics import RIVALS, DynamicFractionalVolatility, Result, Rival, RivalResult
from vrx.har import expanding

__all__ = ["CASES", "WINDOWS", "Case", "Walk", "benchmarks", "chosen", "likeliest", "rivals", "walked"]

Progress = Callable[[float], None]

WINDOWS = (126, 252, 504)
GRID = tuple(round(0.05 * step, 2) for step in range(2, 19))
# Trading days in a month: how often a choice that many fits compete for is made anew.
MONTH = 21


@dataclass(frozen=True)
class Case:
    """What the variants of a comparison have in common."""

    innovation: Literal["signed", "absolute"]
    free: bool

    @property
    def title(self) -> str:
        """Its name in a table."""
        return f"{self.innovation}, alpha {'free' if self.free else '= 1'}"

    def model(self, window: int = 252, hurst: float | None = None) -> DynamicFractionalVolatility:
        """The model with a Hurst exponent that moves, or stays."""
        power = (0.0, 5.0) if self.free else 1.0
        path: Literal["wavelet"] | float = "wavelet" if hurst is None else hurst
        return DynamicFractionalVolatility(window=window, hurst=path, innovation=self.innovation, alpha=power)


CASES = (Case("signed", True), Case("signed", False), Case("absolute", True), Case("absolute", False))


@dataclass(frozen=True, eq=False)
class Walk:
    """The forecasts of one model, refitted every day from the start of the sample or on the last five years."""

    variance: Array
    """One per day that is forecast."""
    at_end: int
    """The days on which alpha stood at an end of its range."""
    failed: int
    """The days whose fit did not converge."""

    @classmethod
    def of(cls, results: list[Result]) -> "Walk":
        """Read the forecasts off the fits of the days."""
        at_end = sum("end of its range" in result.note for result in results)
        failed = sum(not result.converged for result in results)
        return cls(np.array([one.next_sigma**2 for one in results]), at_end, failed)


def walked(market: Market, model: DynamicFractionalVolatility, *, rolling: bool = False) -> tuple[Walk, Walk]:
    """The model's forecasts, and those with H fixed at the mean of its exponents up to each day."""
    moving, fixed = [], []
    for day in market.days:
        days = FIVE_YEARS if rolling else int(day) - market.first
        past = market.returns[day - days - model.window : day]
        moving.append(model.fit(past, days=days))
        if model.hurst == "wavelet":
            mean = replace(model, hurst=float(moving[-1].hurst.mean()))
            fixed.append(mean.fit(past, days=days))
    return Walk.of(moving), Walk.of(fixed or moving)


def likeliest(case: Case, returns: Array) -> float:
    """The fixed Hurst exponent of the largest likelihood, to 0.05."""
    return max(GRID, key=lambda hurst: case.model(hurst=hurst).fit(returns).log_likelihood)


def chosen(market: Market, case: Case) -> tuple[Walk, list[float]]:
    """Forecasts with H fixed where the likelihood of the past is largest, chosen once a month; and these H."""
    results, exponents = [], []
    for count, day in enumerate(market.days):
        past = market.returns[market.first : day]
        if count % MONTH == 0:
            exponents.append(likeliest(case, past))
        results.append(case.model(hurst=exponents[-1]).fit(past))
    return Walk.of(results), exponents


def rivals(market: Market, progress: Progress) -> Iterator[tuple[str, Array, int]]:
    """The rivals of the package arch, refitted every day: name, forecasts and days that kept older parameters."""
    for count, (name, rival) in enumerate(RIVALS.items()):
        variance, kept, good = np.empty(len(market.days)), 0, None
        for k, day in enumerate(market.days):
            past = market.returns[market.first : day]
            result = refitted(rival(), past, good)
            kept += result is None
            # Before the first sound fit there is nothing better than an unsound one.
            good = result or (good.on(past) if good else rival().fit(past))
            variance[k] = good.forecast()[0]
            progress((count + (k + 1) / len(variance)) / len(RIVALS))
        yield name, variance, kept


def refitted(rival: Rival, returns: Array, before: RivalResult | None) -> RivalResult | None:
    """The likelier of two fits, from the start of arch and from yesterday's parameters; None if neither is sound.

    The optimiser may report success where the variance is astronomical, so a fit must also beat a constant variance.
    """
    constant = -0.5 * len(returns) * (math.log(2.0 * math.pi * float(np.mean(np.square(returns)))) + 1.0)
    with warnings.catch_warnings():
        # arch says so, and begins as without a start, where rounding put yesterday's parameters out of its bounds.
        warnings.filterwarnings("ignore", "Starting values do not satisfy")
        tried = [rival.fit(returns, start=start) for start in ((None, before) if before else (None,))]
    sound = [result for result in tried if result.converged and result.log_likelihood > constant]
    return max(sound, key=lambda result: result.log_likelihood, default=None)


def benchmarks(market: Market) -> dict[str, Array]:
    """Forecasts that know more of the past than its closes, and one that knows next to nothing."""
    squares = market.sample**2
    sums = np.concatenate(([0.0], np.cumsum(squares)))
    found = {"mean of past squared returns": (sums / np.maximum(np.arange(len(sums)), 1))[market.days - market.first]}
    for name, measure in (("Garman-Klass", market.ranged), ("realized variance", market.realized)):
        past = measure[market.first :]
        known = np.flatnonzero(np.isfinite(past) & (past > 0.0))
        # Days without the measure are closed up: a forecast is for the next day, from the last that has it.
        last = np.searchsorted(known, market.days - market.first) - 1
        for log, kind in ((False, "HAR"), (True, "log-HAR")):
            forecast = expanding(past[known], log=log, start=22)[last]
            found[f"{kind} on {name}"] = forecast * market.scale(measure)
    return found

"""Each model refitted every day: its volatility of the next day, of the next month, and simulated prices of calls."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from webb_forecasts import CASES, Progress, refitted
from webb_insample import HEADLINE, STATIC
from webb_market import Array, Market

from vrx.econometrics import (
    RIVALS,
    Fitted,
    Result,
    RivalResult,
    SimulatedPrice,
    fractional_call,
    rough_bergomi_call,
)

__all__ = ["BERGOMI", "DYNAMIC", "FIGARCH", "GARCH", "NAMES", "OTHERS", "TITLES", "Prices", "Walk", "Walks", "walks"]

# The four models of the paper, its own first; and its own with shocks that are sizes, which volatility follows.
DYNAMIC, GARCH, FIGARCH = HEADLINE, "garch", "figarch"
ABSOLUTE, ABSOLUTE_STATIC = "dynamic, absolute, alpha free", "H = 0.55, absolute, alpha free"
OTHERS = (GARCH, FIGARCH, STATIC)
NAMES = (DYNAMIC, *OTHERS, ABSOLUTE, ABSOLUTE_STATIC)
TITLES = {DYNAMIC: "the dynamic model", GARCH: "GARCH", FIGARCH: "FIGARCH", STATIC: "the static model"}
# The fewest days that a walk's first fit has.
BEGIN = 252
MONTH, YEAR = 21, 252
BERGOMI = "rough Bergomi"
# Bayer, Friz and Gatheral (2016), Pricing under rough volatility, for the S&P 500; eta per year.
ROUGH, ETA, RHO = 0.07, 1.9, -0.9
PATHS = 10_000


@dataclass(frozen=True, eq=False)
class Prices:
    """Simulated calls of a month at the money, as shares of the forward price, one per day that is forecast."""

    price: Array
    error: Array
    volatility: Array
    """That the price implies, decimal per year."""


@dataclass(frozen=True, eq=False)
class Walk:
    """One model, refitted at every close."""

    sigma: Array
    """Of each day from the first after 252 days, as known the day before, decimal."""
    month: Array
    """Of the 21 days from each day that is forecast, as known the day before, decimal per year."""


@dataclass(frozen=True, eq=False)
class Walks:
    """All models on the same days."""

    days: NDArray[np.int64]
    """The days that `sigma` is of: those that are forecast, and those between them and the first fit."""
    models: Mapping[str, Walk]
    prices: Mapping[str, Prices]
    """Under the dynamic model, the static one and rough Bergomi."""

    @property
    def warm(self) -> int:
        """The days before those that are forecast."""
        return len(self.days) - len(next(iter(self.models.values())).month)

    def variance(self, name: str) -> Array:
        """Of the days that are forecast."""
        return np.square(self.models[name].sigma[self.warm :])


def walks(market: Market, progress: Progress) -> Walks:
    """Refit every model at every close."""
    days = np.arange(market.first + BEGIN, len(market.returns))
    found: dict[str, Walk] = {}
    prices: dict[str, list[tuple[float, float, float]]] = {DYNAMIC: [], STATIC: [], BERGOMI: []}
    for name in NAMES:
        sigma, month = [], []
        for day, result in zip(days, results(market, name, days), strict=True):
            sigma.append(result.next_sigma)
            if day >= market.days[0]:
                variance = result.forecast(MONTH)
                month.append(math.sqrt(YEAR * variance[-1]))
                for title, call in calls(name, result, variance):
                    prices[title].append((call.price, call.error, call.volatility))
            progress((len(found) + len(sigma) / len(days)) / len(NAMES))
        found[name] = Walk(np.array(sigma), np.array(month))
    return Walks(days, found, {name: Prices(*np.array(rows).T) for name, rows in prices.items()})


def results(market: Market, name: str, days: NDArray[np.int64]) -> Iterator[Fitted]:
    """The fit to all returns of the sample before each of the days."""
    if name in RIVALS:
        yield from rival_results(market, name, days)
        return
    case = next(case for case in CASES if name.endswith(case.title))
    model = case.model(hurst=None if name.startswith("dynamic") else 0.55)
    before = market.first - model.window
    for day in days:
        yield model.fit(market.returns[before:day], days=int(day) - market.first)


def rival_results(market: Market, name: str, days: NDArray[np.int64]) -> Iterator[RivalResult]:
    """As on the page of the forecasts: where no fit is sound, yesterday's parameters are put to the new days."""
    rival, good = RIVALS[name], None
    for day in days:
        past = market.returns[market.first : day]
        good = refitted(rival(), past, good) or (good.on(past) if good else rival().fit(past))
        yield good


def calls(name: str, result: Fitted, variance: Array) -> Iterator[tuple[str, SimulatedPrice]]:
    """Calls of a month from simulated paths; rough Bergomi has the forward variances of the dynamic model."""
    if name in (DYNAMIC, STATIC) and isinstance(result, Result):
        yield name, fractional_call(result, days=MONTH, paths=PATHS)
    if name == DYNAMIC:
        forward = np.diff(variance * np.arange(1, MONTH + 1), prepend=0.0)
        yield BERGOMI, rough_bergomi_call(ROUGH, ETA / YEAR**ROUGH, RHO, forward, days=MONTH, paths=PATHS)

"""What ``vrx risk`` asks of a series: the risk of the next day, and the tests of the days before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vrx.cli import risk_sigma
from vrx.cli.common import slow_progress
from vrx.cli.risk_sigma import Known, Network, Source
from vrx.cli.volatility_fits import Market
from vrx.econometrics import Backtest, RiskForecast, backtest, risk_forecast
from vrx.econometrics.risk import RiskLaw
from vrx.errors import InputError, require
from vrx.evaluation.refit import EVERY

if TYPE_CHECKING:
    from vrx.series import Bars

__all__ = ["Answer", "Level", "Outcome", "ask", "levels"]

Array: TypeAlias = NDArray[np.float64]

LEVELS = (0.01, 0.05)
# Fewer returns before a day say nothing of the law of its shock; the tests need some days to test.
SHOCKS, DAYS = 100, 22


@dataclass(frozen=True)
class Level:
    """The risk of the next day at one level: losses as log returns, decimal."""

    level: float
    """The probability of a loss beyond the value at risk."""
    var: float
    es: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of the forecasts of one level."""

    forecast: RiskForecast
    tests: Backtest


@dataclass(frozen=True, eq=False)
class Answer:
    """The risk of the next day, and the backtest if one was asked for."""

    model: str
    law: RiskLaw
    sigma: float
    """The volatility of the next day, decimal."""
    levels: tuple[Level, ...]
    start: int | None
    """The return of the market that the backtest begins with."""
    tested: tuple[Outcome, ...]
    doubts: tuple[str, ...]
    notes: tuple[str, ...]


def levels(given: Sequence[float] | None) -> tuple[float, ...]:
    """The levels, each once, the smallest first.

    Examples
    --------
    >>> levels([0.05, 0.025]), levels(None)
    ((0.025, 0.05), (0.01, 0.05))
    """
    for one in given or ():
        if not 0.0 < one < 0.5:
            raise InputError(f"--level {one:g}: use a probability above 0 and below 0.5, such as 0.01")
    return tuple(sorted(set(given or LEVELS)))


def ask(
    where: Market, bars: "Bars", source: Source, asked: Sequence[float], law: RiskLaw, first: date | None
) -> Answer:
    """Forecast the next day from all returns, and test every day from the first on.

    Raises
    ------
    InputError
        The model cannot be fitted, or the days before the first are too few.
    MissingExtraError
        arch or SciPy is not installed.
    ModelFileError
        The model file cannot be run.
    """
    require("scipy", "research", "the risk of a day")
    fewest = max(SHOCKS, ceil(1.0 / asked[0])) if law == "historical" else SHOCKS
    start = None if first is None else _start(where, first)
    known = _known(where, bars, source, start, fewest)
    _enough(where, start, len(where.returns) - len(known.sigma) + fewest)
    try:
        risks = tuple(_next(where, known, level, law) for level in asked)
        tested = () if start is None else tuple(_tested(where, known, level, law, start) for level in asked)
    except InputError as error:
        raise InputError(f"{where.series}: {error}") from None
    return Answer(
        model=source.name,
        law=law,
        sigma=known.next_sigma,
        levels=risks,
        start=start,
        tested=tested,
        doubts=(*known.doubts, *where.doubts),
        notes=(*known.notes, *where.notes),
    )


def _known(where: Market, bars: "Bars", source: Source, start: int | None, fewest: int) -> Known:
    if isinstance(source, Network):
        with slow_progress(f"asking {source.name}") as progress:
            return risk_sigma.network(where, bars, source, start, progress)
    _enough(where, start, max(fewest, risk_sigma.least(source)))
    with slow_progress(f"fitting {source.name}") as progress:
        known = risk_sigma.fitted(where, source)
        return known if start is None else risk_sigma.refitted(where, source, known, start, progress)


def _start(where: Market, first: date) -> int:
    if where.as_of is None:
        raise InputError(f"--backtest {first}: {where.series} has no dates: give a date column")
    start = int(np.searchsorted(np.array(where.days), first.isoformat()))
    if len(where.days) - start < DAYS:
        raise InputError(
            f"--backtest {first}: only {len(where.days) - start} returns from then to {where.days[-1]}: give an "
            f"earlier day that leaves at least {DAYS}"
        )
    return start


def _enough(where: Market, start: int | None, needed: int) -> None:
    """Refuse a first day, or a series, without enough returns before it."""
    n = len(where.returns)
    if start is None and n <= needed:
        raise InputError(f"{where.series}: {n} returns are too few: give at least {needed + 1}")
    if start is not None and start < needed:
        later = f"{where.days[needed]} or later" if needed + DAYS <= n else "a longer history"
        raise InputError(
            f"--backtest: only {start} returns before {where.days[start]}, and it takes {needed}: give {later}"
        )


def _next(where: Market, known: Known, level: float, law: RiskLaw) -> Level:
    """The risk of the day after the last, by a law of all shocks so far."""
    days, sigma = len(known.sigma), np.append(known.sigma, known.next_sigma)
    found = risk_forecast(where.returns[-days:], sigma, law=law, level=level, start=days - 1, refit=1)
    return Level(level, float(found.var[-1]), float(found.es[-1]))


def _tested(where: Market, known: Known, level: float, law: RiskLaw, start: int) -> Outcome:
    days = len(known.past)
    begin = start - (len(where.returns) - days)
    found = risk_forecast(where.returns[-days:], known.past, law=law, level=level, start=begin, refit=EVERY)
    return Outcome(found, backtest(found))

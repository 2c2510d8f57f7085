"""What ``vrx volatility`` asks of a series: its returns, and every model's answer."""

import datetime
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vrx.cli.hurst_survey import Sample, sample
from vrx.cli.volatility_answer import Answer, answer_of
from vrx.cli.volatility_asked import DYNAMIC, Asked
from vrx.econometrics import DynamicFractionalVolatility, Result, RivalResult
from vrx.errors import InputError
from vrx.hurst import Wavelet
from vrx.series import Bars

__all__ = ["Market", "Row", "ask", "market"]

Array: TypeAlias = NDArray[np.float64]

# Where more returns than these are 0, it is worth a word.
MOST_STILL = 0.05
# A split that was left out is a return beyond the log of 7:5 that dwarfs every other of the month before and after.
# Of 2:1 splits put into 31 stocks at random it finds 99%, of 3:2 splits 92%; of the true returns of 55 stocks, coins
# and currencies since 1995 it names nine, and no day of Bitcoin: a crash does not come alone.
SPLIT, ALONE, MONTH = 0.33, 3.0, 22


@dataclass(frozen=True, eq=False)
class Market:
    """The daily log returns of a series."""

    series: str
    measure: str
    """What they were read from: close or return."""
    returns: Array
    days: tuple[str, ...]
    """The date of each return, or its position in a series without dates."""
    as_of: datetime.date | None
    periods_per_year: int
    notes: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    """What must not be overlooked in the returns."""


@dataclass(frozen=True, eq=False)
class Row:
    """One model's answer, or why there is none."""

    model: str
    answer: Answer | None
    trouble: str | None = None


def market(bars: Bars, periods_per_year: int | None) -> Market:
    """Read the returns off the bars.

    Raises
    ------
    InputError
        The columns show no returns, the price never moves, or a return is none of a day.

    Examples
    --------
    >>> from vrx.series import read
    >>> market(read([100.0, 101.0, 99.0]), None).returns.round(4).tolist()
    [0.01, -0.02]
    """
    what = sample(bars, "returns")
    wild = np.flatnonzero(np.abs(what.values) >= 1.0)
    if len(wild):
        value = what.values[wild[0]]
        told = f"{bars.name}: the return of {what.days[wild[0]]} is {value:.4g}"
        if what.measure == "return":
            raise InputError(f"{told}, no log return of a day: give decimals, 0.01 for 1%")
        raise InputError(f"{told}, the price moves by a factor of {math.exp(value):.3g}: correct it; a split left out?")
    per_year = periods_per_year or bars.periods_per_year
    doubts = (*_splits(what), *_still(what))
    return Market(bars.name, what.measure, what.values, what.days, bars.as_of, per_year, what.notes, doubts)


def _splits(what: Sample) -> Iterator[str]:
    """Name the first day that looks like a split which the prices are not adjusted for."""
    sizes = np.abs(what.values)
    alone = [at for at in np.flatnonzero(sizes > SPLIT).tolist() if sizes[at] > ALONE * _around(sizes, at)]
    if alone:
        value = what.values[alone[0]]
        also = f", and {len(alone) - 1} more like it" if len(alone) > 1 else ""
        yield (
            f"the return of {what.days[alone[0]]} is {value:.4g}, the price times {math.exp(value):.3g}, more than "
            f"{ALONE:g} times any other of the month around{also}: if that is a split, adjust the prices before it"
        )


def _around(sizes: Array, at: int) -> float:
    """The largest of the month before and after."""
    others = np.concatenate((sizes[max(0, at - MONTH) : at], sizes[at + 1 : at + 1 + MONTH]))
    return float(others.max(initial=0.0))


def _still(what: Sample) -> Iterator[str]:
    still = int(np.sum(what.values == 0.0))
    if still > MOST_STILL * len(what.values):
        yield f"{still} of {len(what.values)} returns are 0: sigma may fall to 0 there, where any likelihood is reached"


def ask(
    where: Market,
    asked: Sequence[Asked],
    horizons: Sequence[int],
    *,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> list[Row]:
    """Fit every model; one that cannot be fitted has a row that says why.

    Raises
    ------
    InputError
        No model can be fitted.
    MissingExtraError
        A model needs arch, which is not installed.
    """
    rows = []
    for done, one in enumerate(asked, start=1):
        try:
            rows.append(Row(one.name, answer_of(where, one.name, _fit(where, one), horizons, seed=seed)))
        except InputError as error:
            rows.append(Row(one.name, None, str(error)))
        progress(done / len(asked))
    if all(row.answer is None for row in rows):
        raise InputError(f"{where.series}: {rows[0].trouble}")
    return rows


def _fit(where: Market, asked: Asked) -> Result | RivalResult:
    model, n = asked.model, len(where.returns)
    least = model.least
    needed = max(least, asked.window) if asked.name == DYNAMIC else least
    if n < needed:
        shorter = ", or a shorter --window" if needed > least else ""
        days = needed + 1 if where.measure == "close" else needed
        raise InputError(f"{asked.name}: takes at least {needed} returns, not {n}: give at least {days} days{shorter}")
    if asked.days is not None and not least <= asked.days <= n:
        raise InputError(f"--days {asked.days}: {asked.name} takes {least} to {n} of the returns of this series")
    if asked.name == DYNAMIC:
        _movement(where, asked.window)
    try:
        if isinstance(model, DynamicFractionalVolatility):
            return model.fit(where.returns, days=asked.days)
        rival: RivalResult = model.fit(where.returns[-(asked.days or n) :])
    except InputError as error:
        raise InputError(f"{asked.name}: {error}") from None
    return rival


def _movement(where: Market, window: int) -> None:
    """Refuse returns without a Hurst exponent on some day."""
    empty = np.isnan(Wavelet(kind="noise").rolling(where.returns, window).h[window - 1 :]).nonzero()[0]
    if len(empty):
        raise InputError(
            f"the price hardly moves in the {window} days to {where.days[empty[0] + window - 1]}, which have no Hurst "
            "exponent: take --model static-fractional, or other days"
        )

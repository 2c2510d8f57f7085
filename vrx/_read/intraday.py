"""Bars within the day to daily bars: prices, and the realized measures of the returns between the bars.

Conventions. Days are UTC days. A return runs from one bar's close to the next one's, also over missing bars,
so that no variance is lost. A day's first return starts at the last close of the day before if that is at
most 72 minutes (5% of a day) or one bar old, and at its own first open otherwise: a market around the clock
loses nothing at midnight, and an exchange's night stays out. Bars finer than five minutes are thinned to
five-minute returns, which microstructure noise hardly touches (Liu, Patton and Sheppard 2015), and give the
subsampled variance over every grid of five minutes as well.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from vrx._read.cells import MICROSECONDS_PER_DAY
from vrx.errors import InputError
from vrx.measures import (
    bipower_variation,
    medrv,
    realized_quarticity,
    realized_variance,
    semivariances,
    subsampled_variance,
)

COMPLETE = 0.95  # share of a day's bars that must be there
GRID = 300_000_000  # microseconds; five minutes

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def step_of(moments: Indices) -> int:
    """Median step in microseconds if the bars lie within the day, else 0.

    Daily bars whose clock changes with the season are 23 hours apart now and then, hence 20 and not 24 hours.
    """
    step = int(np.median(np.diff(moments))) if len(moments) > 1 else 0
    return step if step < MICROSECONDS_PER_DAY * 20 // 24 else 0


def to_days(
    moments: Indices, values: Mapping[str, Array], step: int, where: str
) -> tuple[Indices, dict[str, Array], list[str]]:
    """Aggregate bars to complete UTC days.

    Returns
    -------
    tuple
        Days since 1970, the daily columns, and notes on what was aggregated and which days were left out.
    """
    if "close" not in values:
        raise InputError(f"{where}: rows within the day without a close: give daily rows, or name the close column")
    day = moments // MICROSECONDS_PER_DAY
    starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    counts = np.diff(starts, append=len(day))
    expected = _expected(counts, step)
    whole = counts >= COMPLETE * expected
    if not whole.any():
        raise InputError(f"{where}: no day holds {COMPLETE:.0%} of the {expected} bars of {_minutes(step)} expected")
    daily = {name: reduce(values[name], starts)[whole] for name, reduce in _REDUCE.items() if name in values}
    daily |= _realized(moments, day, values, step, day[starts[whole]])
    notes = [
        f"aggregated {len(day)} bars of {_minutes(step)} to {int(whole.sum())} UTC days of {expected} bars; "
        f"realized measures from returns of {_minutes(_every(step) * step)}"
    ]
    ignored = [name for name in values if name not in _REDUCE]
    if ignored:
        notes.append(f"ignored within the day: {', '.join(ignored)}")
    if not whole.all():
        left = day[starts[~whole]].astype("M8[D]")
        shown = ", ".join(map(str, left[:5])) + (", ..." if len(left) > 5 else "")
        notes.append(f"dropped days with under {COMPLETE:.0%} of their bars ({len(left)}): {shown}")
    return day[starts[whole]], daily, notes


_REDUCE: dict[str, Callable[[Array, Indices], Array]] = {
    "open": lambda column, starts: column[starts],
    "high": lambda column, starts: np.maximum.reduceat(column, starts),
    "low": lambda column, starts: np.minimum.reduceat(column, starts),
    "close": lambda column, starts: column[np.append(starts[1:], len(column)) - 1],
    "volume": lambda column, starts: np.add.reduceat(column, starts),
}


def _expected(counts: Indices, step: int) -> int:
    """Bars of a whole day: all that fit where most days are full, else as many as days have most often."""
    full = -(-MICROSECONDS_PER_DAY // step)
    often = np.bincount(counts)
    mode = len(often) - 1 - int(np.argmax(often[::-1]))
    return full if mode >= COMPLETE * full else mode


def _realized(
    moments: Indices, day: Indices, values: Mapping[str, Array], step: int, days: Indices
) -> dict[str, Array]:
    every = _every(step)
    opens = values.get("open")
    if every == 1:
        return _measures(_returns(moments, day, values["close"], opens, step), day, days)
    cell = (moments - day * MICROSECONDS_PER_DAY) // (every * step)
    last = np.append((np.diff(cell) != 0) | (np.diff(day) != 0), True)
    first = np.append(True, last[:-1])
    thin = _returns(
        moments[last], day[last], values["close"][last], None if opens is None else opens[first], every * step
    )
    result = _measures(thin, day[last], days)
    fine = _returns(moments, day, values["close"], opens, step)

    def averaged(day_of_returns: Array) -> Array:
        return subsampled_variance(day_of_returns, every)

    return result | _by_day(fine, day, days, {"subsampled_variance": (every, averaged)})


def _returns(moments: Indices, day: Indices, close: Array, opens: Array | None, step: int) -> Array:
    """Log return into each bar; NaN where a day starts with nothing to start from."""
    logs = np.log(close)
    returns = np.diff(logs, prepend=np.nan)
    ages = np.diff(moments, prepend=moments[0])
    opening = np.diff(day, prepend=day[0] - 1) != 0
    alone = opening & ((ages == 0) | (ages > max(step, round((1 - COMPLETE) * MICROSECONDS_PER_DAY))))
    returns[alone] = np.nan if opens is None else logs[alone] - np.log(opens[alone])
    return returns


def _measures(returns: Array, day: Indices, days: Indices) -> dict[str, Array]:
    wanted: dict[str, tuple[int, Callable[[Array], Array]]] = {
        "variance": (1, realized_variance),
        "bipower": (2, bipower_variation),
        "medrv": (3, medrv),
        "quarticity": (1, realized_quarticity),
        "semivariance_positive": (1, lambda r: semivariances(r)[0]),
        "semivariance_negative": (1, lambda r: semivariances(r)[1]),
    }
    return _by_day(returns, day, days, wanted)


def _by_day(
    returns: Array, day: Indices, days: Indices, wanted: Mapping[str, tuple[int, Callable[[Array], Array]]]
) -> dict[str, Array]:
    """Measures of the given days, without those that need more returns than some day has.

    Days with equally many returns are computed together, as one matrix.
    """
    known = np.isfinite(returns)
    returns, day = returns[known], day[known]
    starts = np.searchsorted(day, days)
    counts = np.searchsorted(day, days, side="right") - starts
    result = {name: np.empty(len(days)) for name, (fewest, _) in wanted.items() if counts.min() >= fewest}
    for count in np.unique(counts):
        which = np.flatnonzero(counts == count)
        matrix = returns[starts[which][:, None] + np.arange(count)]
        for name, column in result.items():
            column[which] = wanted[name][1](matrix)
    return result


def _every(step: int) -> int:
    """Bars to a return: as many as come nearest to five minutes."""
    return max(1, round(GRID / step))


def _minutes(step: int) -> str:
    return f"{step / 60e6:g} min"

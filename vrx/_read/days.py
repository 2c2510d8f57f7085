"""Checked rows to daily bars: one row a day, in order, with what the calendar says about them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vrx._read.cells import MICROSECONDS_PER_DAY
from vrx._read.intraday import step_of, to_days
from vrx._read.rows import Chunk, Sieve
from vrx.errors import InputError

LONG_GAP = 10  # calendar days; the longest closure of a large exchange since 1990 is seven
COARSE = 4  # calendar days; between daily bars the usual step is one, and weekly bars lie seven apart
MOST_VARIANCE = 0.25  # daily; a median beyond 50% a day is percent squared or annualised, not a market
VARIANCES = ("variance", "bipower", "medrv", "semivariance_positive", "semivariance_negative", "subsampled_variance")


@dataclass(frozen=True)
class Days:
    """Daily columns; the dates are None for bare arrays."""

    values: dict[str, NDArray[np.float64]]
    dates: NDArray[np.datetime64] | None
    periods_per_year: int
    notes: list[str]


def daily(table: Chunk, sieve: Sieve, periods: int | None) -> Days:
    """Order and aggregate the rows, refuse what is no daily series, and find the periods of a year."""
    where, values = sieve.where, dict(table.values)
    if len(table.rows) < 2:
        raise InputError(f"{where}: too few usable rows, {len(table.rows)}: give 2 at the least")
    if table.local is None:
        _decimal(values, sieve)
        notes = ["no dates: 252 periods per year are taken"] if periods is None else []
        return Days(values, None, periods or 252, notes)
    moments = _utc_unless_midnight(table.local, table.offset)
    _increasing(moments, table.rows, sieve)
    days, notes = moments // MICROSECONDS_PER_DAY, []
    if step := step_of(moments):
        days, values, notes = to_days(moments, values, step, where)
    else:
        _increasing(days * MICROSECONDS_PER_DAY, table.rows, sieve)
        _decimal(values, sieve)
    if len(days) < 2:
        raise InputError(f"{where}: too few usable days, {len(days)}: give 2 at the least")
    apart = float(np.median(np.diff(days)))
    if apart > COARSE:
        raise InputError(f"{where}: bars {apart:g} days apart: give daily bars or finer")
    dates = days.astype("M8[D]")
    return Days(values, dates, periods or _periods(dates), notes + _gaps(dates))


def _decimal(values: dict[str, NDArray[np.float64]], sieve: Sieve) -> None:
    for name in VARIANCES:
        median = float(np.median(values[name])) if name in values else 0.0
        if median > MOST_VARIANCE:
            raise InputError(
                f"{sieve.where}: column {sieve.names.get(name, name)!r}: a median of {median:.4g} is no variance of a "
                "day: variances are daily and decimal: divide percent squared by 10,000"
            )


def _utc_unless_midnight(local: NDArray[np.int64], offset: NDArray[np.int64] | None) -> NDArray[np.int64]:
    # Midnights on the wall clock are the names of trading days; moved to UTC they would name the day before.
    if offset is None or not np.any(local % MICROSECONDS_PER_DAY):
        return local
    return local - offset


def _increasing(moments: NDArray[np.int64], rows: NDArray[np.int64], sieve: Sieve) -> None:
    steps = np.diff(moments)
    if np.all(steps > 0):
        return
    i = int(np.argmax(steps <= 0))
    first, second = rows[i], rows[i + 1]
    what = f"{sieve.where}: {sieve.row} {second}"
    day = str(np.datetime64(int(moments[i + 1]), "us").astype("M8[s]")).removesuffix("T00:00:00")
    if np.all(steps < 0):
        raise InputError(f"{sieve.where}: the newest row comes first: sort the rows by date, ascending")
    if steps[i] == 0:
        raise InputError(f"{what}: {day} stands in {sieve.row} {first} already: remove one of the two")
    raise InputError(f"{what}: {day} is earlier than {sieve.row} {first}: sort the rows by date, ascending")


def _periods(dates: NDArray[np.datetime64]) -> int:
    """365 where each weekday has its share of the rows (1970-01-01 was a Thursday), else 252."""
    weekdays = np.bincount((dates.astype(np.int64) + 3) % 7, minlength=7)
    there = weekdays * 14 >= len(dates)
    return 365 if there[5] and there[6] and (len(dates) < 14 or there.all()) else 252


def _gaps(dates: NDArray[np.datetime64]) -> list[str]:
    steps = np.diff(dates).astype(np.int64)
    at = np.flatnonzero(steps > LONG_GAP)[::-1]
    if not len(at):
        return []
    shown = ", ".join(f"{steps[i]} days after {dates[i]}" for i in at[:3])
    more = ", ..." if len(at) > 3 else ""
    return [f"gaps of more than {LONG_GAP} days ({len(at)}), the latest first: {shown}{more}"]

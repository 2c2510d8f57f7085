"""The front door: a file, a data frame or an array goes in, checked daily bars come out.

Nothing is repaired silently. What cannot be understood is an :class:`~vrx.errors.InputError` of one line that
names the row, the column, the value and the cure; what was detected, ignored or left out is a line of
:attr:`Bars.notes`.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vrx._cells import MICROSECONDS_PER_DAY
from vrx._csv import read_csv
from vrx._frames import parquet, read_array, read_table, table_of
from vrx._intraday import step_of, to_days
from vrx._rows import Chunk, Sieve
from vrx.errors import InputError, require

__all__ = ["Bars", "read"]

LONG_GAP = 10  # calendar days; the longest closure of a large exchange since 1990 is seven


@dataclass(frozen=True, eq=False)
class Bars:
    """Checked daily bars of one asset, oldest first.

    Examples
    --------
    >>> bars = read([100.0, 101.0, 99.5], name="demo")
    >>> len(bars), "close" in bars, bars["close"][-1].item()
    (3, True, 99.5)
    >>> bars["volume"]
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: demo: no column 'volume'; there are: close
    """

    columns: Mapping[str, NDArray[np.float64]]
    """Read-only arrays of one length by canonical name."""
    dates: NDArray[np.datetime64] | None
    """Days, strictly increasing; None for bare arrays."""
    name: str
    """What the series is called in reports."""
    periods_per_year: int
    """365 where the series trades on weekends, else 252. For display: variances are daily."""
    notes: tuple[str, ...]
    """What was detected, ignored or dropped, one line each."""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        if name not in self.columns:
            raise InputError(f"{self.name}: no column {name!r}; there are: {', '.join(self.columns)}")
        return self.columns[name]

    @property
    def as_of(self) -> date | None:
        """The last day, if there are dates."""
        return None if self.dates is None or not len(self) else self.dates[-1].item()

    def matrix(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Columns side by side: a C-contiguous array of shape ``(len(self), len(names))``."""
        return np.ascontiguousarray(np.stack([self[name] for name in names], axis=1))

    def head(self, n: int) -> "Bars":
        """Keep the first ``n`` rows: what was known then."""
        if n < 0:
            raise InputError(f"{self.name}: head needs a count of rows, not {n}")
        columns = {name: column[:n] for name, column in self.columns.items()}
        return replace(self, columns=MappingProxyType(columns), dates=None if self.dates is None else self.dates[:n])

    def until(self, day: date | str | np.datetime64) -> "Bars":
        """Keep the rows up to and including a day."""
        if self.dates is None:
            raise InputError(f"{self.name}: the series has no dates to cut it at: use head")
        try:
            last = np.datetime64(str(day), "D")
        except (ValueError, TypeError):
            raise InputError(f"{day!r} is not a date: write an ISO date such as 2024-01-31") from None
        return self.head(int(np.searchsorted(self.dates, last, side="right")))


def read(
    source: Any,
    *,
    name: str | None = None,
    series_id: str | None = None,
    columns: Mapping[str, str] | None = None,
    periods_per_year: int | None = None,
    drop_bad_rows: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Bars:
    """Read daily bars from a file, a data frame or an array, and check every row.

    Columns are found by their names: those of Yahoo and yfinance, Binance, ccxt, Kraken, CSV files of
    realized measures, and long tables with ``unique_id``, ``symbol`` or ``ticker``. Bars within the day
    become complete UTC days with their realized measures (:mod:`vrx._intraday` states the conventions).

    Parameters
    ----------
    source
        A path (CSV text, plain or gzipped, with any of ``,`` ``;`` tab; or parquet), ``"sample:sp500"``, a
        data frame of pandas or polars, an array of closes (n,) or of open, high, low, close (n, 4), or Bars,
        which take a new name and periods_per_year if given, and nothing else.
    name
        What to call the series; by default its id or the name of the file.
    series_id
        Which series of a table that holds several.
    columns
        Source name to canonical name, over the detection: ``{"y": "close"}``. Canonical are open, high, low,
        close, volume, variance, return, the realized measures, date and id.
    periods_per_year
        For display only; by default 365 where the series trades on weekends, else 252.
    drop_bad_rows
        Leave out the rows that would be refused, and note how many and which.
    progress
        Called with the share of the file that is read, after each block of about 4 MB.

    Raises
    ------
    InputError
        The source cannot be understood, or a row is not sound. Rows are numbered as in an editor, the header
        being row 1; positions in arrays and frames start at 0.
    MissingExtraError
        Parquet without pyarrow, or the sample without arch.

    Examples
    --------
    >>> bars = read([[10.0, 11.0, 9.0, 10.5], [10.5, 12.0, 10.0, 11.0]])
    >>> bars["high"].tolist(), bars.periods_per_year
    ([11.0, 12.0], 252)
    >>> read([10.0, 0.0])
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: series: position 1, column 'close': 0 is not a positive price; correct it or leave
    bad rows out with drop_bad_rows=True (--drop-bad-rows)
    """
    if isinstance(source, Bars):
        if series_id is not None or columns is not None or drop_bad_rows:
            raise InputError(f"{source.name}: is read already: give series_id, columns and drop_bad_rows with the file")
        if name is None and periods_per_year is None:
            return source
        return replace(source, name=name or source.name, periods_per_year=periods_per_year or source.periods_per_year)
    if periods_per_year is not None and periods_per_year < 1:
        raise InputError(f"periods_per_year is {periods_per_year}: give 252 or 365")
    if isinstance(source, str) and source.startswith("sample:"):
        name, source = name or source.removeprefix("sample:"), _sample(source)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if "\0" in str(path):
            raise InputError(f"{source!r} is no path")
        where, own = path.name, path.name.split(".")[0]
        if path.suffix == ".parquet":
            sieve, layout, found = read_table(parquet(path), where, columns, series_id, drop_bad_rows)
        else:
            sieve, layout, found = read_csv(path, columns, series_id, drop_bad_rows, progress)
        notes = list(layout.notes)
    else:
        where = own = name or "series"
        table = table_of(source)
        if table is None:
            sieve, found, notes = read_array(source, where, drop_bad_rows), None, []
        else:
            sieve, layout, found = read_table(table, where, columns, series_id, drop_bad_rows)
            notes = list(layout.notes)
    rows = sieve.finish()
    return _bars(rows, sieve, name or found or own, periods_per_year, notes + sieve.notes())


def _sample(source: str) -> Any:
    if source != "sample:sp500":
        raise InputError(f"no sample {source!r}; there is 'sample:sp500'")
    return require("arch.data.sp500", "research", "sample:sp500").load()


def _bars(table: Chunk, sieve: Sieve, name: str, periods: int | None, notes: list[str]) -> Bars:
    values, dates = table.values, None
    if len(table.rows) < 2:
        raise InputError(f"{sieve.where}: {len(table.rows)} usable rows are too few: at least 2 are needed")
    if table.local is not None:
        moments = _utc_unless_midnight(table.local, table.offset)
        _increasing(moments, table.rows, sieve)
        days = moments // MICROSECONDS_PER_DAY
        if step := step_of(moments):
            days, values, more = to_days(moments, values, step, sieve.where)
            notes += more
        else:
            _increasing(days * MICROSECONDS_PER_DAY, table.rows, sieve)
        dates = days.astype("M8[D]")
        notes += _gaps(dates)
        if len(dates) < 2:
            raise InputError(f"{sieve.where}: {len(dates)} usable days are too few: at least 2 are needed")
    if periods is None:
        periods = 252 if dates is None else _periods(dates)
        if dates is None:
            notes.append("no dates: 252 periods per year are taken")
    for column in (*values.values(), *([] if dates is None else [dates])):
        column.setflags(write=False)
    return Bars(MappingProxyType(dict(values)), dates, name, periods, tuple(notes))


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
    at = np.flatnonzero(steps > LONG_GAP)
    if not len(at):
        return []
    shown = ", ".join(f"{steps[i]} days after {dates[i]}" for i in at[:5])
    more = ", ..." if len(at) > 5 else ""
    return [f"gaps of more than {LONG_GAP} days ({len(at)}): {shown}{more}"]

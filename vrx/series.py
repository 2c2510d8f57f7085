"""The front door: a file, a data frame or an array goes in, checked daily bars come out.

Nothing is repaired silently. What cannot be understood is an :class:`~vrx.errors.InputError` of one line that
names the row, the column, the value and the cure; what was detected, ignored or left out is a line of
:attr:`Bars.notes`.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vrx._arrays import whole_number
from vrx._read.csv import read_csv
from vrx._read.cut import Cut, day_of
from vrx._read.days import daily
from vrx._read.frames import parquet, table_of
from vrx._read.open import path_of, stem
from vrx._read.rows import Sieve, Wanted
from vrx._read.tables import read_array, read_table
from vrx.errors import InputError, require

__all__ = ["Bars", "read"]


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        if self.dates is None or not len(self):
            span = f"{len(self)} rows"
        else:
            span = f"{len(self)} days from {self.dates[0]} to {self.dates[-1]}"
        return f"Bars({self.name!r}, {span}: {', '.join(self.columns)})"

    def __reduce__(self) -> tuple[Any, ...]:
        # A mappingproxy cannot be copied to another process, and copies of read-only arrays can be written to.
        return _sealed, (type(self), dict(self.columns), self.dates, self.name, self.periods_per_year, self.notes)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        if not isinstance(name, str) or name not in self.columns:
            raise InputError(f"{self.name}: no column {name!r}; there are: {', '.join(self.columns)}")
        return self.columns[name]

    @property
    def as_of(self) -> date | None:
        """The last day, if there are dates."""
        return None if self.dates is None or not len(self) else self.dates[-1].item()

    def shows(self, name: str) -> bool:
        """Whether there is such a column, or closes that give the returns."""
        return name in self or (name == "return" and "close" in self)

    def first_whole(self, names: Sequence[str]) -> int:
        """The first row that holds all these columns: 1 where closes give the returns, else 0."""
        return int("return" in names and "return" not in self)

    def matrix(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Columns side by side: a C-contiguous array of shape ``(len(self), len(names))``.

        Log returns that are no column are those of the closes, NaN on the first day.
        """
        if not len(names):
            raise InputError(f"{self.name}: a matrix needs at least one column; there are: {', '.join(self.columns)}")
        return np.ascontiguousarray(np.stack([self._shown(name) for name in names], axis=1))

    def _shown(self, name: str) -> NDArray[np.float64]:
        if name == "return" and name not in self and "close" in self:
            return np.append(np.nan, np.diff(np.log(self["close"])))[: len(self)]
        return self[name]

    def head(self, n: int) -> "Bars":
        """Keep the first ``n`` rows: what was known then. The notes stay those of all rows."""
        n = whole_number(n, f"{self.name}: head", 0)
        columns = {name: column[:n] for name, column in self.columns.items()}
        return replace(self, columns=MappingProxyType(columns), dates=None if self.dates is None else self.dates[:n])

    def until(self, day: date | str | np.datetime64) -> "Bars":
        """Keep the rows up to and including a day, written as a date or as ISO text such as 2024-01-31.

        The notes and ``periods_per_year`` stay those of all rows: give ``until`` to :func:`read` where not even
        they may know of later rows.

        Raises
        ------
        InputError
            The series has no dates, ``day`` is not a day, or it lies before the first one.
        """
        if self.dates is None:
            raise InputError(f"{self.name}: the series has no dates to cut it at: use head")
        last = day_of(day)
        if len(self) and last < self.dates[0]:
            raise InputError(
                f"{self.name}: no row up to {last}: the first is of {self.dates[0]}: give that day or a later one"
            )
        return self.head(int(np.searchsorted(self.dates, last, side="right")))


def read(
    source: Any,
    *,
    name: str | None = None,
    series_id: str | None = None,
    columns: Mapping[str, str] | None = None,
    periods_per_year: int | None = None,
    drop_bad_rows: bool = False,
    until: date | str | np.datetime64 | None = None,
    progress: Callable[[float], None] | None = None,
) -> Bars:
    """Read daily bars from a file, a data frame or an array, and check every row.

    Columns are found by their names: those of Yahoo and yfinance, Binance, ccxt, Kraken, CSV files of
    realized measures, and long tables with ``unique_id``, ``symbol`` or ``ticker``. Bars within the day
    become complete UTC days with their realized measures (:mod:`vrx._read.intraday` states the conventions).

    Parameters
    ----------
    source
        A path (CSV text, plain or gzipped, with any of ``,`` ``;`` tab; or parquet), ``"sample:sp500"``, a
        data frame or series of pandas or polars, an array of closes (n,) or of open, high, low, close (n, 4), rows
        as ccxt (n, 6) or Binance (n, 12) sends them, or Bars, which take a new name, periods_per_year and
        until if given, and nothing else.
    name
        What to call the series; by default its id or the name of the file.
    series_id
        Which series of a table that holds several.
    columns
        Source name to canonical name, over the detection: ``{"y": "close"}``. Canonical are open, high, low,
        close, volume, variance, return, the realized measures, date and id.
    periods_per_year
        For display only, a whole number; by default 365 where the series trades on weekends, else 252.
    drop_bad_rows
        Leave out the rows that would be refused, and note how many and which.
    until
        The last day to read. Rows after it are left out before anything but their date is looked at, so that
        nothing of what comes back depends on them: whether they are sound, the notes, the step of the bars. Of
        bars within the day, those before the end of that UTC day are read. A row whose date cannot be read is
        refused wherever it stands, as is a file that cannot be cut into cells.
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
    if periods_per_year is not None:
        periods_per_year = whole_number(periods_per_year, "periods_per_year", 1)
    if not isinstance(name, str | None) or not isinstance(series_id, str | None):
        raise InputError(f"name={name!r}, series_id={series_id!r}: give text for both")
    if isinstance(source, Bars):
        if series_id is not None or columns is not None or drop_bad_rows:
            raise InputError(f"{source.name}: is read already: give series_id, columns and drop_bad_rows with the file")
        bars = source if until is None else source.until(until)
        if name is None and periods_per_year is None:
            return bars
        return replace(bars, name=name or bars.name, periods_per_year=periods_per_year or bars.periods_per_year)
    wanted = Wanted({} if columns is None else columns, series_id, drop_bad_rows, None if until is None else Cut(until))
    if isinstance(source, str) and source.startswith("sample:"):
        name, source = name or source.removeprefix("sample:"), _sample(source)
    sieve, notes, own = _sieved(source, name or "series", wanted, progress)
    days = daily(sieve.finish(), sieve, periods_per_year)
    notes = [*notes, *sieve.notes(), *days.notes]
    return _sealed(Bars, days.values, days.dates, name or own, days.periods_per_year, tuple(notes))


def _sieved(
    source: Any, where: str, wanted: Wanted, progress: Callable[[float], None] | None
) -> tuple[Sieve, Sequence[str], str]:
    """Checked rows of whatever was given, notes on how it was understood, and what the series calls itself."""
    if isinstance(source, str | os.PathLike):
        path = path_of(source)
        if path.suffix.lower() == ".parquet":
            sieve, layout, own = read_table(parquet(path), path.name, wanted)
        else:
            sieve, layout, own = read_csv(path, wanted, progress)
        return sieve, layout.notes, own or stem(path.name)
    table = table_of(source, where)
    if table is None:
        return read_array(source, where, wanted), (), where
    sieve, layout, own = read_table(table, where, wanted)
    return sieve, layout.notes, own or where


def _sealed(
    kind: type[Bars],
    columns: dict[str, NDArray[np.float64]],
    dates: NDArray[np.datetime64] | None,
    *rest: Any,
) -> Bars:
    """Bars that nobody can change."""
    for column in (*columns.values(), *([] if dates is None else [dates])):
        column.setflags(write=False)
    return kind(MappingProxyType(columns), dates, *rest)


def _sample(source: str) -> Any:
    if source != "sample:sp500":
        raise InputError(f"no sample {source!r}; there is 'sample:sp500'")
    return require("arch.data.sp500", "research", "sample:sp500").load()

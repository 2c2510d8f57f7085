"""Adapters to one kind of table: pandas and polars frames, parquet files, rows of klines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vrx._read.columns import DATES, FIELDS, HEADERLESS, fold
from vrx._read.open import opened
from vrx.errors import InputError, require


@dataclass(frozen=True)
class Table:
    """A table by column: ``plain`` gives an array, ``zoned`` the local and the UTC clock of zoned dates.

    Every column may belong to a ticker, and those of None to all. A lone column is a series with a name of its own.
    """

    names: list[str]
    plain: Callable[[int], NDArray[Any]]
    zoned: Callable[[int], tuple[NDArray[Any], NDArray[Any]] | None]
    tickers: Sequence[str | None] = ()
    lone: bool = False


def table_of(source: Any, where: str) -> Table | None:
    """Look at a data frame or series of pandas or polars without importing either; None for what is no table."""
    library = type(source).__module__.partition(".")[0]
    kind = type(source).__name__
    if library == "polars" and kind == "LazyFrame":
        raise InputError(f"{where}: a LazyFrame holds no rows yet: give its .collect()")
    if library == "polars" and kind == "DataFrame":
        return _polars(source)
    if library == "polars" and kind == "Series":
        return replace(_polars(source.to_frame(source.name or "close")), lone=True)
    if library == "pandas" and kind == "DataFrame":
        return _pandas(source)
    if library == "pandas" and kind == "Series":
        return replace(_pandas(source.to_frame("close" if source.name is None else source.name)), lone=True)
    return _klines(source)


def _klines(source: Any) -> Table | None:
    """Rows as exchanges send them: ccxt's are numbers, and some of Binance's numbers are text."""
    if isinstance(source, np.ma.MaskedArray) or not isinstance(source, np.ndarray | list | tuple):
        return None
    try:
        rows = np.asarray(source)
    except ValueError:
        return None
    if rows.ndim != 2 or rows.shape[1] not in HEADERLESS:
        return None
    return Table(list(HEADERLESS[rows.shape[1]]), lambda i: rows[:, i], lambda _: None)


def _pandas(frame: Any) -> Table:
    index, count = frame.index, len(frame)
    levels = [index.get_level_values(k) for k in range(index.nlevels)]
    # An integer index without a date's name counts rows and says nothing.
    levels = [one for one in levels if one.dtype.kind not in "iu" or fold(str(one.name)) in DATES]
    heads = ["datetime" if type(one).__name__ == "DatetimeIndex" else one.name or "" for one in levels]
    series = [one.to_series(index=range(count)) for one in levels]
    series += [frame.iloc[:, i] for i in range(frame.shape[1])]

    def zoned(i: int) -> tuple[NDArray[Any], NDArray[Any]] | None:
        if getattr(series[i].dtype, "tz", None) is None:
            return None
        clock = series[i].dt
        return clock.tz_localize(None).to_numpy(), clock.tz_convert("UTC").dt.tz_localize(None).to_numpy()

    fields, tickers = _fields_and_tickers(list(frame.columns))
    names = [str(head) for head in heads] + fields
    return Table(names, lambda i: series[i].to_numpy(), zoned, [None] * len(heads) + tickers)


def _fields_and_tickers(columns: list[Any]) -> tuple[list[str], list[str | None]]:
    """Take apart the names of yfinance: ("Close", "BTC-USD"), or the other way round with group_by="ticker"."""
    pairs = [one if isinstance(one, tuple) else (one, "") for one in columns]
    known = [{fold(str(pair[k])) for pair in pairs} & FIELDS for k in (0, 1)]
    at = int(len(known[1]) > len(known[0]))
    fields: list[str] = []
    tickers: list[str | None] = []
    for pair in pairs:
        field, ticker = str(pair[at]), str(pair[1 - at])
        # reset_index() leaves ("Date", ""), which belongs to every ticker.
        fields.append(field or ticker)
        tickers.append(ticker if field and ticker else None)
    return fields, tickers


def _polars(frame: Any) -> Table:
    series = frame.get_columns()

    def zoned(i: int) -> tuple[NDArray[Any], NDArray[Any]] | None:
        if getattr(series[i].dtype, "time_zone", None) is None:
            return None
        utc = series[i].dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return series[i].dt.replace_time_zone(None).to_numpy(), utc.to_numpy()

    return Table([str(name) for name in frame.columns], lambda i: series[i].to_numpy(), zoned)


def parquet(path: Path) -> Table:
    """Read a parquet file through pyarrow."""
    arrow = require("pyarrow", "research", "reading parquet")
    store = require("pyarrow.parquet", "research", "reading parquet")
    compute = require("pyarrow.compute", "research", "reading parquet")
    with opened(path) as (file, _):
        try:
            data = store.ParquetFile(file).read()
        except (arrow.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"{path.name}: not a sound parquet file: fetch or write it again: {reason}") from None

    def zoned(i: int) -> tuple[NDArray[Any], NDArray[Any]] | None:
        column = data.column(i)
        if getattr(column.type, "tz", None) is None:
            return None
        return compute.local_timestamp(column).to_numpy(), column.to_numpy()

    return Table(list(data.column_names), lambda i: data.column(i).to_numpy(), zoned)

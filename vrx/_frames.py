"""Tables that are in memory already: pandas and polars frames, parquet files, arrays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vrx._cells import Moments, epochs, moments, numbers
from vrx._columns import DATES, PRICES, Layout, choose, detect, fold
from vrx._rows import Chunk, Sieve
from vrx.errors import InputError, require


@dataclass(frozen=True)
class Table:
    """A table by column: ``plain`` gives an array, ``zoned`` the local and the UTC clock of zoned dates."""

    names: list[str]
    plain: Callable[[int], NDArray[Any]]
    zoned: Callable[[int], tuple[NDArray[Any], NDArray[Any]] | None]
    tickers: list[str] | None = None


def table_of(source: Any) -> Table | None:
    """Look at a data frame or series of pandas or polars without importing either; None for anything else."""
    library = type(source).__module__.partition(".")[0]
    kind = type(source).__name__
    if library == "polars" and kind == "DataFrame":
        return _polars(source)
    if library == "pandas" and kind == "Series":
        return _pandas(source.to_frame("close" if source.name is None else source.name))
    return _pandas(source) if library == "pandas" and kind == "DataFrame" else None


def _pandas(frame: Any) -> Table:
    index, count = frame.index, len(frame)
    levels = [index.get_level_values(k) for k in range(index.nlevels)]
    # An integer index without a date's name counts rows and says nothing.
    levels = [one for one in levels if one.dtype.kind not in "iu" or fold(str(one.name)) in DATES]
    heads = ["datetime" if type(one).__name__ == "DatetimeIndex" else one.name or "" for one in levels]
    series = [one.to_series(index=range(count)) for one in levels]
    series += [frame.iloc[:, i] for i in range(frame.shape[1])]
    names = [*heads, *frame.columns]

    def zoned(i: int) -> tuple[NDArray[Any], NDArray[Any]] | None:
        if getattr(series[i].dtype, "tz", None) is None:
            return None
        clock = series[i].dt
        return clock.tz_localize(None).to_numpy(), clock.tz_convert("UTC").dt.tz_localize(None).to_numpy()

    # yfinance: a column is called ("Close", "BTC-USD").
    pairs = [name if isinstance(name, tuple) else (name, None) for name in names]
    tickers = [str(pair[1]) for pair in pairs if pair[1] is not None and len(pair) == 2]
    return Table(
        [str(pair[0]) for pair in pairs],
        lambda i: series[i].to_numpy(),
        zoned,
        tickers if len(tickers) == frame.shape[1] > 0 else None,
    )


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
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    with file:
        try:
            data = store.ParquetFile(file).read()
        except (arrow.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"{path.name}: not a sound parquet file: {reason}") from None

    def zoned(i: int) -> tuple[NDArray[Any], NDArray[Any]] | None:
        column = data.column(i)
        if getattr(column.type, "tz", None) is None:
            return None
        return compute.local_timestamp(column).to_numpy(), column.to_numpy()

    return Table(list(data.column_names), lambda i: data.column(i).to_numpy(), zoned)


def read_table(
    table: Table, where: str, columns: Mapping[str, str] | None, series_id: str | None, drop: bool
) -> tuple[Sieve, Layout, str | None]:
    """Pass a table through the sieve; also the layout found and the series' own name, if it has one."""
    names, own = table.names, None
    if table.tickers is not None:
        own = choose(list(dict.fromkeys(table.tickers)), series_id, where)
        labels = [own] * (len(names) - len(table.tickers)) + table.tickers
        names = [name if of == own else f"{name} of {of}" for name, of in zip(names, labels, strict=True)]
        series_id = None
    layout = detect(names, columns, where)
    sieve = Sieve(where, "position", layout.own_names(), drop)
    if series_id is not None and layout.series is None:
        raise InputError(f"{where}: no column unique_id, symbol or ticker to find series {series_id!r} in")
    keep = np.arange(len(table.plain(next(iter(layout.values.values())))))
    if layout.series is not None and len(keep):
        ids = np.array([str(one) for one in table.plain(layout.series)], dtype=object)
        own = choose(list(dict.fromkeys(ids.tolist())), series_id, where)
        keep = np.flatnonzero(ids == own)
    if len(keep):
        sieve.add(_chunk(table, layout, keep))
    return sieve, layout, own


def _chunk(table: Table, layout: Layout, keep: NDArray[np.int64]) -> Chunk:
    values, faults = {}, {}
    for name, i in layout.values.items():
        values[name], faults[name] = _numbers(table.plain(i)[keep], optional=name == "volume")
    local = offset = None
    if layout.date is not None:
        local, offset, faults["date"] = _moments(table, layout.date, keep)
    return Chunk(keep, values, local, offset, {name: bad for name, bad in faults.items() if bad})


def read_array(source: Any, where: str, drop: bool) -> Sieve:
    """Pass closes of shape (n,), or open, high, low and close of shape (n, 4), through the sieve."""
    try:
        values = np.asarray(source, dtype=np.float64)
    except (ValueError, TypeError):
        raise InputError(
            f"{where}: cannot be read as numbers: give a path, a data frame, or an array of closes"
        ) from None
    if values.ndim == 1:
        fields = {"close": values.copy()}
    elif values.ndim == 2 and values.shape[1] == len(PRICES):
        fields = {name: values[:, i].copy() for i, name in enumerate(PRICES)}
    else:
        raise InputError(
            f"{where}: an array of shape {values.shape}: give closes (n,) or open, high, low, close (n, 4)"
        )
    sieve = Sieve(where, "position", {}, drop)
    if len(values):
        sieve.add(Chunk(np.arange(len(values)), fields))
    return sieve


def _numbers(column: NDArray[Any], optional: bool) -> tuple[NDArray[np.float64], dict[int, str]]:
    if column.dtype.kind in "fiu":
        return column.astype(np.float64), {}
    cells = ["" if _missing(cell) else str(cell) for cell in column]
    values, faults = numbers(cells)
    return values, {i: text for i, text in faults.items() if not (optional and not cells[i].strip())}


def _missing(cell: Any) -> bool:
    # NaN, NaT and pandas.NA are the values that do not equal themselves, and NA will not even say so.
    return cell is None or type(cell).__name__ == "NAType" or bool(cell != cell)


def _moments(table: Table, i: int, keep: Any) -> Moments:
    zoned = table.zoned(i)
    if zoned is not None:
        local, utc = (_microseconds(one[keep]) for one in zoned)
        return local, local - utc, _missing_dates(zoned[0][keep])
    column = table.plain(i)[keep]
    if column.dtype.kind == "M":
        return _microseconds(column), None, _missing_dates(column)
    if column.dtype.kind in "fiu":
        if column.dtype.kind == "f" and not np.isfinite(column).all():
            return np.zeros(len(column), np.int64), None, _missing_dates(column)
        cells = [str(int(one)) for one in column[:1]]
        if not cells or len(cells[0]) != 8:
            try:
                return epochs(column.astype(np.float64)), None, {}
            except ValueError:
                pass
        column = column.astype(np.int64)
    return moments(["" if _missing(cell) else str(cell) for cell in column])


def _microseconds(column: NDArray[Any]) -> NDArray[np.int64]:
    return column.astype("M8[us]").view(np.int64)


def _missing_dates(column: NDArray[Any]) -> dict[int, str]:
    missing = ~np.isfinite(column)
    return {int(i): "the date is missing" for i in np.flatnonzero(missing)}

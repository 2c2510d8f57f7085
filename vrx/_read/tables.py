"""Tables and arrays that are in memory, through the sieve."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_numbers
from vrx._read.cells import Faults, Moments, epochs, moments, numbers, told
from vrx._read.columns import PRICES, Layout, choose, detect, means_closes, unnamed
from vrx._read.frames import Table
from vrx._read.rows import Chunk, Sieve, Wanted
from vrx.errors import InputError


def read_table(table: Table, where: str, wanted: Wanted) -> tuple[Sieve, Layout, str | None]:
    """Pass a table through the sieve; also the layout found and the series' own name, if it has one."""
    names, columns, series_id, own = table.names, wanted.columns, wanted.series_id, None
    if table.lone and not columns and means_closes(names[-1]):
        columns, own = {names[-1]: "close"}, names[-1]
    if any(table.tickers):
        own = choose(list(dict.fromkeys(one for one in table.tickers if one)), series_id, where)
        pairs = zip(names, table.tickers, strict=True)
        names = [name if of in (None, own) else f"{name} of {of}" for name, of in pairs]
        series_id = None
    layout = detect(names, columns, where)
    sieve = Sieve(where, "position", layout.own_names(), wanted)
    if series_id is not None and layout.series is None:
        raise unnamed(series_id, where)
    keep = np.arange(len(table.plain(next(iter(layout.values.values())))))
    cut = wanted.cut_by(layout, where)
    if cut is not None and layout.date is not None and len(keep):
        keep = keep[cut.keep(_moments(table, layout.date, keep))]
    if layout.series is not None and len(keep):
        ids = np.array([str(one) for one in table.plain(layout.series)[keep]], dtype=object)
        own = choose(list(dict.fromkeys(ids.tolist())), series_id, where)
        keep = keep[ids == own]
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


def read_array(source: ArrayLike, where: str, wanted: Wanted) -> Sieve:
    """Pass closes of shape (n,), or open, high, low and close of shape (n, 4), through the sieve."""
    if wanted.columns or wanted.series_id is not None:
        raise InputError(f"{where}: an array has no names: give columns and series_id with a file or a data frame")
    if wanted.cut is not None:
        raise InputError(f"{where}: an array has no dates to find the rows up to {wanted.cut.day} by: cut it yourself")
    try:
        values = real_numbers(source, where)
    except InputError as error:
        raise InputError(f"{error}, a path or a data frame") from None
    except (TypeError, RuntimeError) as error:  # a tensor that needs gradients, an object that is no array after all
        raise InputError(f"{where}: cannot be read as numbers: {' '.join(str(error).split())}") from None
    if values.ndim == 1:
        fields = {"close": values.copy()}
    elif values.ndim == 2 and values.shape[1] == len(PRICES):
        fields = {name: values[:, i].copy() for i, name in enumerate(PRICES)}
    else:
        raise InputError(
            f"{where}: an array of shape {values.shape}: give closes (n,), open, high, low, close (n, 4), "
            "or rows of ccxt (n, 6) or Binance (n, 12)"
        )
    sieve = Sieve(where, "position", {}, wanted)
    if len(values):
        sieve.add(Chunk(np.arange(len(values)), fields))
    return sieve


def _numbers(column: NDArray[Any], optional: bool) -> tuple[NDArray[np.float64], Faults]:
    if column.dtype.kind in "fiu":
        return column.astype(np.float64), {}
    cells = ["" if _missing(cell) else str(cell) for cell in column]
    values, faults = numbers(cells)
    return values, told(faults, cells) if optional else faults


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
        finite = np.isfinite(column)
        if not finite.all():
            return moments([str(int(one)) if there else "" for one, there in zip(column, finite, strict=True)])
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


def _missing_dates(column: NDArray[Any]) -> Faults:
    missing = ~np.isfinite(column)
    return {int(i): "the date is missing" for i in np.flatnonzero(missing)}

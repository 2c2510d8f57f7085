"""Series for training: from files that may hold many assets to checked bars by name."""

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vrx import series
from vrx.contract import Origin
from vrx.errors import InputError
from vrx.measures import daily_variance
from vrx.training.proxies import proxy

if TYPE_CHECKING:
    from vrx.training.recipe import Recipe

__all__ = ["dates_of", "fingerprint", "read_all", "read_named", "without_ticks"]

IDS = ("unique_id", "symbol", "ticker")
# A bad tick shows ten times the volatility of its surroundings, and the next close is where the last one was.
TICK_VARIANCE = 100.0
TICK_RETURN = 0.2
AROUND = 66


def read_all(path: Path | str, *, drop_bad_rows: bool = False) -> list[series.Bars]:
    """Every series of a file: one, or each id of a long table, in the order of first appearance."""
    groups = list(_groups(path))
    if not groups:
        return [series.read(path, drop_bad_rows=drop_bad_rows)]
    return [series.read(frame, name=name, series_id=name, drop_bad_rows=drop_bad_rows) for name, frame in groups]


def read_named(recipe: "Recipe", folder: Path, last: np.datetime64 | None = None) -> Iterator[tuple[series.Bars, int]]:
    """Every series of the files that a recipe names, without bad ticks, and how many days that dropped; proxies last.

    Up to the day `last`, where one is given: not even the cleaning knows of later ones, and what begins later is no
    series. What the recipe leaves out is among them.
    """
    for name in (*recipe.sources, *recipe.proxies):
        for bars in read_all(folder / name, drop_bad_rows=True):
            if last is not None and dates_of(bars)[0] > last:
                continue
            clean, dropped = without_ticks(bars if last is None else bars.until(last))
            yield proxy(clean) if name in recipe.proxies else clean, dropped


def _groups(path: Path | str) -> Iterator[tuple[str, Any]]:
    """The frames of a long table by id; nothing where the file is no long table, or cannot be read at all."""
    import pandas

    name = str(path)
    if not name.endswith((".parquet", ".csv", ".csv.gz")) or not Path(path).is_file():
        return
    try:
        frame = pandas.read_parquet(path) if name.endswith(".parquet") else pandas.read_csv(path, dtype=str)
    except (ValueError, OSError, EOFError):
        return  # the front door reads it next, and says what is wrong in its own words
    column = next((column for column in frame.columns if str(column).strip().lower() in IDS), None)
    if column is None or frame[column].nunique() < 2:
        return
    if (empty := frame[column].isna()).any():
        raise InputError(
            f"{name}: position {int(empty.to_numpy().argmax())}, column {column!r}: the cell is empty, so the row is "
            "of no series: fill it or drop the row"
        )
    for key, group in frame.groupby(column, sort=False):
        yield str(key), group.reset_index(drop=True)


def without_ticks(bars: series.Bars) -> tuple[series.Bars, int]:
    """Drop the days that only a bad tick explains, and say how many.

    Such a day's variance is over 100 times the median of the 66 days around it, and the price comes back: from the
    close before to the close after, it moves less than a fifth of that day's volatility. A real jump stays. A bad close
    spoils the next day's open too, so the rule is applied until it finds nothing. This is for cleaning a historical
    panel, where it is known what came next; nothing in a forecast uses it.
    """
    dropped = 0
    while len(bars) >= AROUND and "close" in bars and (tick := _ticks(bars)).any():
        columns = {name: values[~tick] for name, values in bars.columns.items()}
        kept = None if bars.dates is None else bars.dates[~tick]
        bars = dataclasses.replace(bars, columns=columns, dates=kept)
        dropped += int(tick.sum())
    return bars, dropped


def _ticks(bars: series.Bars) -> NDArray[np.bool_]:
    _, variance = daily_variance(bars)
    padded = np.pad(variance, AROUND // 2, mode="reflect")[: len(variance) + AROUND - 1]
    around = np.nanmedian(np.lib.stride_tricks.sliding_window_view(padded, AROUND), axis=1)
    logs = np.log(bars["close"])
    across = np.abs(logs[2:] - logs[:-2])
    tick = np.zeros(len(bars), dtype=bool)
    inner = variance[1:-1]
    tick[1:-1] = (inner > TICK_VARIANCE * around[1:-1]) & (across < TICK_RETURN * np.sqrt(inner))
    return tick


def fingerprint(bars: series.Bars, channels: Sequence[str], last: np.datetime64) -> Origin:
    """What a model says of a series that it saw up to a day: name, dates, rows and a hash of the numbers."""
    dates = dates_of(bars)
    rows = int(np.searchsorted(dates, last, side="right"))
    if rows == 0:
        raise InputError(f"{bars.name}: begins on {dates[0]}, after the validation part ends on {last}")
    values: NDArray[np.float64] = bars.matrix(channels)[:rows].astype("<f8")
    return Origin(bars.name, str(dates[0]), str(dates[rows - 1]), rows, hashlib.sha256(values.tobytes()).hexdigest())


def dates_of(bars: series.Bars) -> NDArray[np.datetime64]:
    """The dates, which a split needs."""
    if bars.dates is None:
        raise InputError(f"{bars.name}: has no dates, and training splits by date: give a date column")
    return bars.dates

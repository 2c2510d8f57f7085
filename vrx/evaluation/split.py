"""The one splitter: where the train and the validation part of a series end, and which days belong to a part.

The split is by calendar date, so that it can be common to several series: what a source market did in the test years of
the target is as much of a look-ahead as the target's own future.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vrx._read.days import LONG_GAP
from vrx.errors import InputError

__all__ = ["PARTS", "Cuts", "cut", "origins"]

Dates = NDArray[np.datetime64]

PARTS = ("train", "validation", "test")
# The days after a closure of months are not the next days of anything.
HOLE = np.timedelta64(LONG_GAP, "D")


@dataclass(frozen=True)
class Cuts:
    """The last day of the train and of the validation part; the rest is the test part."""

    train_end: np.datetime64
    validation_end: np.datetime64


def cut(dates: Dates, train: float = 0.5, validation: float = 0.25) -> Cuts:
    """Cut rising dates, shape (n,), by shares of their number.

    Raises
    ------
    InputError
        The train part would be empty, or a share leaves no room for the others.

    Examples
    --------
    >>> cut(np.arange("2024-01-01", "2024-01-09", dtype="M8[D]"))
    Cuts(train_end=np.datetime64('2024-01-04'), validation_end=np.datetime64('2024-01-06'))
    """
    if not (0.0 < train < 1.0 and 0.0 < validation < 1.0 - train):
        raise InputError(f"train share {train:g}, validation share {validation:g}: leave room for a test part")
    ends = [int(len(dates) * share) - 1 for share in (train, train + validation)]
    if ends[0] < 0:
        raise InputError(f"{len(dates)} rows are too few to split: give a longer history")
    return Cuts(dates[ends[0]], dates[ends[1]])


def origins(dates: Dates, at: Cuts, part: str, *, lookback: int = 1, furthest: int = 1) -> NDArray[np.int64]:
    """Rows t whose window ends at t and whose targets t+1..t+furthest lie inside the part, without a hole among them.

    Windows may reach back into an earlier part, as they do when a model is used; targets never do.

    Parameters
    ----------
    dates
        Rising days, shape (n,).
    at, part
        The cuts, and "train", "validation" or "test".
    lookback, furthest
        Rows of a window, and days ahead.

    Examples
    --------
    >>> days = np.arange("2024-01-01", "2024-01-09", dtype="M8[D]")
    >>> origins(days, cut(days), "test").tolist()  # the last row has no tomorrow
    [5, 6]
    """
    rows = np.arange(lookback - 1, len(dates) - furthest)
    first, last = dates[rows + 1], dates[rows + furthest]
    inside = {
        "train": last <= at.train_end,
        "validation": (first > at.train_end) & (last <= at.validation_end),
        "test": first > at.validation_end,
    }[part]
    holes = np.concatenate([[0], np.cumsum(np.diff(dates) > HOLE)])
    whole: NDArray[np.bool_] = holes[rows] == holes[rows + furthest]
    return np.asarray(rows[inside & whole])

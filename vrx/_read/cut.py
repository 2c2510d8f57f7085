"""The end of what may be known: which day is meant, and which rows of a source lie after it."""

import re
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vrx._read.cells import MICROSECONDS_PER_DAY, NAIVE, Moments
from vrx.errors import InputError


def day_of(value: Any) -> np.datetime64:
    """Take a date, a datetime64 or ISO text for the day that it names.

    >>> day_of("2024-01-31")
    np.datetime64('2024-01-31')
    >>> day_of("2024")
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: '2024' is not a day: give a date, or ISO text such as 2024-01-31
    """
    day = None
    try:
        if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            day = np.datetime64(value, "D")
        elif isinstance(value, np.datetime64):
            day = None if np.datetime_data(value)[0] in "YMW" else value.astype("M8[D]")
            day = day if day == value else None
        elif isinstance(value, datetime):
            # A moment within a day is refused: the bar of that day was not complete then.
            day = None if value.time() != datetime.min.time() else np.datetime64(value.date(), "D")
        elif isinstance(value, date):
            day = np.datetime64(value, "D")
    except ValueError:  # the 30th of February; pandas.NaT has no time of day
        day = None
    if day is None or np.isnat(day):
        raise InputError(f"{value!r} is not a day: give a date, or ISO text such as 2024-01-31")
    return day


class Cut:
    """Tell the rows after a day from the others, before anything but their date is looked at."""

    def __init__(self, until: Any) -> None:
        self.day = day_of(until)
        self.end = (int(self.day.astype(np.int64)) + 1) * MICROSECONDS_PER_DAY
        self.first: int | None = None  # microseconds; of the rows left out
        self._clock = False

    def keep(self, dates: Moments) -> NDArray[np.bool_]:
        """Mark the rows up to the day, and those whose date cannot be read: they are for others to refuse."""
        local, offset, faults = dates
        known = np.ones(len(local), dtype=bool)
        known[list(faults)] = False
        utc = local if offset is None else local - np.where(offset == NAIVE, 0, offset)
        timed = local % MICROSECONDS_PER_DAY != 0
        # Midnights on the wall clock name days, unless rows with a time of day came before: then all are moments.
        # Only rows that are up to the day by either clock may decide that.
        self._clock |= bool(np.any(known & timed & (local < self.end) & (utc < self.end)))
        own = utc if self._clock else np.where(timed, utc, local)
        after = known & (own >= self.end)
        if after.any():
            earliest = int(own[after].min())
            self.first = earliest if self.first is None else min(self.first, earliest)
        return ~after

    def nothing(self, where: str) -> str:
        """Say that no row is left, and which one would have been the first."""
        if self.first is None:
            return f"{where}: there is no row of data: give daily bars"
        first = np.datetime64(self.first, "us").astype("M8[D]")
        return f"{where}: no row up to {self.day}: the first is of {first}: give that day or a later one"

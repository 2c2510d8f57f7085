"""Bars that stand in for realized variance in training: far more markets have ranges than have five-minute prices."""

import numpy as np

from vrx.errors import InputError
from vrx.measures import garman_klass
from vrx.series import Bars

__all__ = ["Proxy", "proxy"]


class Proxy(Bars):
    """A series whose variance is a proxy: it teaches, thinned out, and is never scored."""


def proxy(bars: Bars) -> Proxy:
    """Session variance by Garman and Klass (1980), and close-to-close returns, of days that have a range.

    Realized variance is mostly of trading hours, so the night is left out. A day without a range is a stale quote: its
    variance would be zero, whose log does not exist. The first day has no return.

    Parameters
    ----------
    bars
        Daily open, high, low and close.

    Raises
    ------
    InputError
        There are none.

    Examples
    --------
    >>> from vrx.series import read
    >>> rows = [[100.0, 101.0, 99.0, 100.0], [100.0, 102.0, 99.0, 101.0], [101.0] * 4]
    >>> found = proxy(read(rows, name="demo"))
    >>> len(found), found["return"].round(5).tolist()
    (1, [0.00995])
    """
    if missing := [name for name in ("open", "high", "low", "close") if name not in bars]:
        raise InputError(
            f"{bars.name}: no {missing[0]} among {', '.join(bars.columns)}, which a proxy of realized variance is made "
            "of: give daily bars"
        )
    opening, high, low, close = (bars[name] for name in ("open", "high", "low", "close"))
    variance = garman_klass(opening, high, low, close)[1:]
    returns = np.diff(np.log(close))
    moved = variance > 0.0
    dates = None if bars.dates is None else bars.dates[1:][moved]
    columns = {"variance": variance[moved], "return": returns[moved]}
    for column in columns.values():
        column.setflags(write=False)
    return Proxy(columns, dates, bars.name, bars.periods_per_year, bars.notes)

"""The columns of a vector autoregression of volatility, read off the bars of a market."""

from dataclasses import dataclass

import numpy as np

from vrx._arrays import whole_number
from vrx.econometrics._law import Array
from vrx.econometrics._returns import checked
from vrx.errors import InputError
from vrx.evaluation.walk import returns_of
from vrx.hurst import Wavelet
from vrx.measures import daily_variance
from vrx.series import Bars

__all__ = ["VolatilitySystem", "volatility_system"]

# A price that moves by less than a millionth in a day stood still: the rest is the rounding of its digits.
STILL = 1e-12
MOST_STILL = 0.05


@dataclass(frozen=True, eq=False)
class VolatilitySystem:
    """Return, log volatility and Hurst exponent of the same days."""

    series: str
    measure: str
    """What a day's volatility was read from, such as garman_klass."""
    window: int
    """The returns behind each Hurst exponent."""
    days: tuple[str, ...]
    """The date of each row, or its position in a series without dates."""
    columns: dict[str, Array]
    """``"return"``, the log return; ``"log_volatility"``, half the log of the daily variance; ``"hurst"``, the wavelet
    exponent of the last returns. All known at the end of the day; decimal, shape (rows,) each."""
    notes: tuple[str, ...]

    @property
    def without_hurst(self) -> dict[str, Array]:
        """The static system: its exponent, whatever it is, is a constant, which has no column."""
        return {name: values for name, values in self.columns.items() if name != "hurst"}


def volatility_system(bars: Bars, *, window: int = 252) -> VolatilitySystem:
    """Read return, log volatility and rolling Hurst exponent of every day.

    Returns come first: in a vector autoregression their shocks move the volatility of the same day, and the exponent,
    which is made of returns, comes last.

    Parameters
    ----------
    bars
        Bars with closes or with a column of returns, and with what shows a daily variance.
    window
        Returns behind each Hurst exponent; earlier days have no row.

    Raises
    ------
    InputError
        The bars show no returns or no variance, are too few, or stand still too often.

    Examples
    --------
    >>> from vrx.series import read
    >>> walk = np.exp(np.cumsum(0.01 * np.random.default_rng(2).normal(size=400)))
    >>> found = volatility_system(read(walk))
    >>> found.measure, list(found.columns), len(found.days)
    ('close_to_close', ['return', 'log_volatility', 'hurst'], 148)
    """
    size = whole_number(window, "window", 2)
    returns = returns_of(bars)
    measure, variance = daily_variance(bars)
    days = tuple(map(str, range(len(bars)) if bars.dates is None else bars.dates))
    begin = int(np.argmax(np.isfinite(returns)))
    try:
        known = checked(returns[begin:], 2)
    except InputError as error:
        raise InputError(f"{bars.name}: {error}") from None
    if len(known) <= size:
        raise InputError(f"{bars.name}: {len(known)} returns leave no rows after a window of {size}: give more")
    hurst = np.full(len(returns), np.nan)
    hurst[begin:] = Wavelet(kind="noise").rolling(known, size).h
    last = begin + size - 1
    empty = np.flatnonzero(np.isnan(hurst[last:]))
    if len(empty):
        raise InputError(
            f"{bars.name}: the price hardly moves in the {size} days to {days[last + empty[0]]}, which have no Hurst "
            "exponent: give other days, or a longer window"
        )
    use, notes = _moving(bars, days, measure, variance, last)
    columns = {"return": returns[use], "log_volatility": 0.5 * np.log(variance[use]), "hurst": hurst[use]}
    kept = tuple(days[row] for row in np.flatnonzero(use))
    return VolatilitySystem(bars.name, measure, size, kept, columns, (*bars.notes, *notes))


def _moving(
    bars: Bars, days: tuple[str, ...], measure: str, variance: Array, last: int
) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], list[str]]:
    """The days from the last of the first window on whose volatility has a logarithm, and what was left out."""
    later = np.arange(len(variance)) >= last
    still = later & ~(variance >= STILL)
    if still.sum() > MOST_STILL * later.sum():
        first = int(np.argmax(still))
        raise InputError(
            f"{bars.name}: {still.sum()} of {later.sum()} days stand still, first {days[first]} ({measure} "
            f"{variance[first]:.3g}), and log(0) does not exist: give open, high, low and close or a variance column"
        )
    left = f"left out, as they stand still or have no variance: {still.sum()} of {later.sum()} days, first "
    left += days[int(np.argmax(still))]
    return later & ~still, [left] if still.any() else []

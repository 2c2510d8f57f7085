"""Days marked by a rule: high volatility, a fallen exponent, the first of a run.

Every threshold on day t comes from days before t or from t itself.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, real_number, whole_number
from vrx.econometrics._law import Array
from vrx.errors import InputError

__all__ = ["Days", "falls", "high_days", "onsets", "truths"]

Days = NDArray[np.bool_]


def high_days(volatility: ArrayLike, *, quantile: float = 0.8, memory: int = 252) -> Days:
    """Days whose volatility is above a quantile of the days before, shape (n,).

    Parameters
    ----------
    volatility
        The volatility of each day, as known on it or before, shape (n,); NaN where there is none.
    quantile
        Between 0 and 1.
    memory
        The days before that the quantile is of; a day with fewer, or with a NaN among them, is not high.

    Examples
    --------
    >>> high_days([1.0, 2.0, 3.0, 9.0, 1.0], quantile=0.5, memory=3).tolist()
    [False, False, False, True, False]
    """
    values = real_array(volatility, dimensions=(1,))
    share = real_number(quantile, "quantile", 0.0, 1.0, inside=True)
    return np.asarray(values > _past_quantile(values, share, whole_number(memory, "memory", 2)))


def falls(
    hurst: ArrayLike, *, quantile: float | None = 0.1, memory: int = 252, drop: float | None = None, days: int = 5
) -> Days:
    """Days on which a rolling exponent has fallen, shape (n,): below a quantile of its past, or by so much.

    Parameters
    ----------
    hurst
        The exponent known at the end of each day, shape (n,); NaN where there is none yet.
    quantile
        Of the `memory` days before; None if `drop` is given instead.
    memory
        The days before that the quantile is of.
    drop
        By how much it is lower than so many `days` before; overrides `quantile`.
    days
        See `drop`.

    Examples
    --------
    >>> falls([0.5, 0.5, 0.4, 0.4, 0.4], drop=0.05, days=1).tolist()
    [False, False, True, False, False]
    """
    values = real_array(hurst, dimensions=(1,))
    if drop is not None:
        least, back = real_number(drop, "drop", 0.0, inside=True), whole_number(days, "days", 1)
        fallen = np.zeros(len(values), dtype=bool)
        fallen[back:] = values[:-back] - values[back:] >= least
        return fallen
    if quantile is None:
        raise InputError("neither quantile nor drop is given: say what a fall is, such as quantile=0.1")
    share = real_number(quantile, "quantile", 0.0, 1.0, inside=True)
    return np.asarray(values < _past_quantile(values, share, whole_number(memory, "memory", 2)))


def onsets(marked: ArrayLike, *, quiet: int = 1) -> Days:
    """The marked days before which so many days were not marked, shape (n,).

    Examples
    --------
    >>> onsets([True, False, True, True, False, False, True], quiet=2).tolist()
    [False, False, False, False, False, False, True]
    """
    days, rest = truths(marked, "marked"), whole_number(quiet, "quiet", 1)
    count = np.append(0, np.cumsum(days))
    first = np.zeros(len(days), dtype=bool)
    if rest < len(days):
        first[rest:] = days[rest:] & (count[rest:-1] == count[: len(days) - rest])
    return first


def _past_quantile(values: Array, share: float, memory: int) -> Array:
    """The quantile of the days before each day; NaN, which nothing exceeds, where they are too few or hold a NaN."""
    result = np.full(len(values), np.nan)
    if len(values) > memory:
        windows = np.lib.stride_tricks.sliding_window_view(values[:-1], memory)
        result[memory:] = np.quantile(windows, share, axis=1)
    return result


def truths(marked: ArrayLike, name: str) -> Days:
    """One truth value a day, shape (n,)."""
    values = np.asarray(marked)
    if values.dtype != np.bool_ or values.ndim != 1:
        raise InputError(f"{name} has dtype {values.dtype} and shape {values.shape}: pass one truth value a day")
    return values

"""Volatility of rolling windows: the variance of the last n returns, which shares n - 1 of them with yesterday's."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vrx._arrays import whole_number

if TYPE_CHECKING:
    from vrx.series import Bars

__all__ = ["rolling_variance"]

Array = NDArray[np.float64]


def rolling_variance(bars: "Bars", window: int) -> Array:
    """The sample variance of the last `window` log returns, close to close.

    Parameters
    ----------
    bars
        Checked bars with a close.
    window
        Returns in a window, at least 2.

    Returns
    -------
    ndarray, shape (n,)
        Decimal, per bar, with ``window - 1`` in the denominator; NaN for the first `window` bars.

    Raises
    ------
    InputError
        There is no close, or the window is no whole number of at least 2.

    Examples
    --------
    >>> from vrx.series import read
    >>> rolling_variance(read([100.0, 110.0, 100.0]), 2).round(6).tolist()
    [nan, nan, 0.018168]
    """
    size = whole_number(window, "window", 2)
    returns = np.append(np.nan, np.diff(np.log(bars["close"])))
    out = np.full(len(returns), np.nan)
    if len(returns) >= size:
        out[size - 1 :] = np.lib.stride_tricks.sliding_window_view(returns, size).var(axis=1, ddof=1)
    return out

"""The baselines that every model should beat, from past daily variances alone."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from vrx import har

__all__ = ["ZERO_SHARE", "baselines", "past_mean", "positive", "trailing_mean"]

Array = npt.NDArray[np.float64]

EWMA_DECAY = 0.94  # RiskMetrics (1996) for daily data
# A day without movement has no log: it counts as this share of the mean around it. At the floor of 1e-12 it would pull
# the forecast of the next month down several times over.
ZERO_SHARE = 0.01
YEAR = 252
LEAST = 1e-12


def baselines(
    variance: npt.ArrayLike, horizons: Sequence[int], outcome: npt.ArrayLike | None = None
) -> dict[str, Array]:
    """Forecast by the four baselines, each from what was known at the end of every day.

    Parameters
    ----------
    variance
        Daily variances, decimal, oldest first: shape (n,). Positive; NaN marks a missing day.
    horizons
        Days ahead.
    outcome
        The daily variances to forecast, where they are a finer measure than `variance`: HAR and log-HAR are fitted to
        them.

    Returns
    -------
    dict
        Of arrays of shape (n, horizons), NaN where there is no forecast. ``"random-walk"``: for h days ahead,
        the mean of the last h. ``"ewma"``: exponentially weighted mean with decay 0.94, started at the first
        day, the same at every horizon; a missing day leaves it as it was and has no forecast of its own.
        ``"har"`` and ``"log-har"``: :func:`vrx.har.expanding` on variances and on logarithms.

    Raises
    ------
    InputError
        As for :func:`vrx.har.expanding`.

    Examples
    --------
    >>> forecasts = baselines([1.0, 2.0, 4.0], [1, 2])
    >>> forecasts["random-walk"].tolist()
    [[1.0, nan], [2.0, 1.5], [4.0, 3.0]]
    >>> forecasts["ewma"][:, 0].round(4).tolist()  # 0.94 * 1.06 + 0.06 * 4 = 1.2364
    [1.0, 1.06, 1.2364]
    """
    har_log = [har.expanding(variance, h, log=True, outcome=outcome) for h in horizons]
    values = np.asarray(variance, dtype=np.float64)
    return {
        "random-walk": np.column_stack([trailing_mean(values, h) for h in horizons]),
        "ewma": np.repeat(_ewma(values)[:, None], len(horizons), axis=1),
        "har": np.column_stack([har.expanding(values, h, log=False, outcome=outcome) for h in horizons]),
        "log-har": np.column_stack(har_log),
    }


def positive(variance: npt.ArrayLike) -> Array:
    """Zeros, which have no log, as a hundredth of the mean of the 252 days up to them, or of as many as there are.

    Parameters
    ----------
    variance
        Daily variances, shape (n,); NaN marks a missing day, and stays.

    Examples
    --------
    >>> positive([2.0, 4.0, 0.0]).tolist()
    [2.0, 4.0, 0.02]
    """
    values = np.asarray(variance, dtype=np.float64)
    sound = np.isfinite(values)
    total, count = (np.cumsum(np.append(0.0, part)) for part in (np.where(sound, values, 0.0), sound))
    first = np.maximum(np.arange(len(values)) - (YEAR - 1), 0)
    trailing = (total[1:] - total[first]) / np.maximum(count[1:] - count[first], 1.0)
    return np.where(values == 0.0, np.maximum(ZERO_SHARE * trailing, LEAST), values)


def trailing_mean(values: Array, length: int) -> Array:
    """The mean of the last `length` values at the end of every day; NaN where there are fewer."""
    mean = np.full(values.size, np.nan)
    if values.size >= length:
        mean[length - 1 :] = np.lib.stride_tricks.sliding_window_view(values, length).mean(axis=1)
    return mean


def past_mean(errors: Array, horizon: int) -> Array:
    """The mean of the errors known at the end of every day, of forecasts that took `horizon` days; 0 before the first.

    Examples
    --------
    >>> past_mean(np.array([np.nan, 1.0, 3.0, 8.0]), 1).tolist()
    [0.0, 0.0, 1.0, 2.0]
    """
    sound = np.isfinite(errors)
    mean = np.cumsum(np.where(sound, errors, 0.0)) / np.maximum(np.cumsum(sound), 1)
    return np.append(np.zeros(horizon), mean)[: len(errors)]


def _ewma(values: Array) -> Array:
    def step(mean: float, value: float) -> float:
        if np.isnan(value):
            return mean
        return value if np.isnan(mean) else EWMA_DECAY * mean + (1.0 - EWMA_DECAY) * value

    return np.where(np.isnan(values), np.nan, np.array(list(accumulate(values.tolist(), step))))

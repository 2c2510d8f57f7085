r"""Volatility of rolling windows, and the forecast that keeps what is known of it.

The variance of the last n returns shares n - 1 of them with tomorrow's, so a model of that series alone spends itself
on forecasting what is known. With m and Q the mean and the centred sum of squares of the k = n - h returns that the
window of h days on will keep, a the mean of the h new ones and w the variance among these,

.. math:: (n - 1) \, variance = Q + h w + \frac{k h}{n} (m - a)^2

holds exactly, and only a and w are to be forecast: by a scale, an exponentially weighted mean of absolute returns,
times what the shocks of the past were in units of it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from vrx._arrays import real_array, whole_number
from vrx.errors import InputError

if TYPE_CHECKING:
    from vrx.series import Bars

__all__ = [
    "HALFLIFE",
    "LAGS",
    "LEAST",
    "SLICES",
    "OverlapFit",
    "OverlapForecast",
    "fit",
    "rolling_variance",
    "scale_weights",
    "sliced",
]

Array = npt.NDArray[np.float64]

# Returns that the scale looks back on: two of the longest half-lives that a network weighs.
LAGS = 132
HALFLIFE = 10.0
# Slices of the past's shocks, each standing for its mean and the mirror of it: 8 slices lose 0.1% of the error, and 32
# win nothing.
SLICES = 16
# A scale of nothing, and the log of a window without movement, would be no numbers.
LEAST = 1e-12


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


class OverlapForecast(NamedTuple):
    """The forecast of every row, each of shape (n,); NaN where too little is known."""

    log_variance: Array
    """Expectation of the log variance of the window that will end `horizon` bars on: what squared error asks for."""
    variance: Array
    """Expectation of that variance, decimal, per bar."""
    spread: Array
    """Standard deviation of that log variance."""


@dataclass(frozen=True, slots=True, eq=False)
class OverlapFit:
    """What was learned of the shocks of a series."""

    window: int
    horizon: int
    halflife: float
    means: Array
    """Mean of `horizon` returns in units of the scale before them, one for each slice of the past, shape (16,)."""
    within: Array
    """Variance among these returns, in the same units, shape (16,)."""
    second: float
    """Mean over the past of ``horizon * within + kept * horizon / window * means**2``."""

    def predict(self, returns: npt.ArrayLike) -> OverlapForecast:
        """Forecast from every row.

        Parameters
        ----------
        returns
            Log returns, oldest first, shape (n,); NaN where one is missing.

        Returns
        -------
        OverlapForecast
            Row t is known at the end of bar t: NaN unless the last 132 returns are, and those that the window keeps.

        Raises
        ------
        InputError
            The returns are no series of real numbers.
        """
        values = real_array(returns, dimensions=(1,))
        kept, n = self.window - self.horizon, self.window
        scale = _scales(values, self.halflife)
        tail = np.zeros((len(values), 1)) if kept == 0 else _last(values, kept)
        mean = tail.mean(axis=1)
        known = ((tail - mean[:, np.newaxis]) ** 2).sum(axis=1) if kept else np.zeros(len(values))
        share = kept * self.horizon / n
        mirrored = np.concatenate([self.means, -self.means])
        moved = mean[:, np.newaxis] - scale[:, np.newaxis] * mirrored
        new = self.horizon * np.tile(self.within, 2) * scale[:, np.newaxis] ** 2 + share * moved**2
        logs = np.log(np.maximum(known[:, np.newaxis] + new, LEAST**2) / (n - 1))
        variance = (known + share * mean**2 + self.second * scale**2) / (n - 1)
        return OverlapForecast(logs.mean(axis=1), variance, logs.std(axis=1))


def fit(returns: npt.ArrayLike, window: int, horizon: int = 1, *, halflife: float = HALFLIFE) -> OverlapFit:
    """Learn the shocks of a series: its returns in units of the scale known before them.

    Parameters
    ----------
    returns
        Log returns to learn from, oldest first, shape (n,); NaN where one is missing.
    window
        Returns in a rolling window, at least 2.
    horizon
        Bars ahead, at most `window`.
    halflife
        Of the exponential weights of absolute returns, in bars.

    Raises
    ------
    InputError
        A number is out of range, or fewer than 16 rows have 132 returns before them and `horizon` after.

    Examples
    --------
    >>> returns = 0.01 * np.random.default_rng(0).standard_t(4, 500)
    >>> fitted = fit(returns, 22)
    >>> forecast = fitted.predict(returns)
    >>> came = np.lib.stride_tricks.sliding_window_view(returns, 22).var(axis=1, ddof=1)
    >>> errors = np.log(came[1:]) - forecast.log_variance[21:-1]
    >>> bool(np.nanstd(errors) < 0.9 * np.diff(np.log(came)).std())  # against yesterday's value
    True
    """
    values = real_array(returns, dimensions=(1,))
    n, ahead = whole_number(window, "window", 2), whole_number(horizon, "horizon", 1)
    if ahead > n:
        raise InputError(f"horizon is {ahead}, beyond the window of {n}, which keeps nothing then: use a shorter one")
    if not (isinstance(halflife, float | int) and 0.1 <= halflife <= 1000.0):
        raise InputError(f"halflife is {halflife!r}: use bars between 0.1 and 1000")
    scale = _scales(values, float(halflife))
    coming = np.full((len(values), ahead), np.nan)
    if len(values) > ahead:
        coming[:-ahead] = _last(values, ahead)[ahead:]
    shocks = coming / scale[:, np.newaxis]
    shocks = shocks[np.isfinite(shocks).all(axis=1)]
    if len(shocks) < SLICES:
        raise InputError(
            f"{len(values)} returns are too few: a fit needs {LAGS} before and {ahead} after {SLICES} of them at least"
        )
    second = ahead * shocks.var(axis=1).mean() + (n - ahead) * ahead / n * np.mean(shocks.mean(axis=1) ** 2)
    return OverlapFit(n, ahead, float(halflife), *sliced(shocks), second=float(second))


def sliced(shocks: Array) -> tuple[Array, Array]:
    """Reduce shocks, shape (m, horizon), to the absolute mean and the variance within of 16 slices by size."""
    means, within = np.abs(shocks.mean(axis=1)), shocks.var(axis=1)
    slices = np.array_split(np.argsort(means**2 + within, kind="stable"), SLICES)
    return np.array([means[part].mean() for part in slices]), np.array([within[part].mean() for part in slices])


def scale_weights(halflife: float) -> Array:
    """The weights of the last 132 absolute returns, oldest first, adding up to 1; shape (132,)."""
    weights = 0.5 ** (np.arange(LAGS - 1, -1, -1) / halflife)
    scaled: Array = weights / weights.sum()
    return scaled


def _scales(values: Array, halflife: float) -> Array:
    """The scale known at the end of every bar."""
    out: Array = np.maximum(_last(np.abs(values), LAGS) @ scale_weights(halflife), LEAST)
    return out


def _last(values: Array, count: int) -> Array:
    """The last `count` values at the end of every row, (n, count); NaN where there are fewer."""
    padded = np.concatenate([np.full(count - 1, np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, count)

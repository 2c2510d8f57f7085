"""The Hurst exponent: how the variance of a series grows with the time scale on which it is looked at."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, whole_number
from vrx._ext import hurst as kernels
from vrx.errors import InputError

__all__ = ["WaveletFit", "rolling_wavelet", "wavelet"]

Kind = Literal["noise", "motion"]
Array = NDArray[np.float64]

# Windows per call of the kernel: its scratch memory then stays in the second-level cache.
_STRIDE = 8192


@dataclass(frozen=True, eq=False)
class WaveletFit:
    """A Hurst exponent and the log-log line that it was read from."""

    h: float
    """The Hurst exponent, NaN where the line cannot be drawn."""
    scales: NDArray[np.int64]
    """The time scale of each level, 2**j steps."""
    variances: Array
    """The wavelet variance of each level, in squared units of the series; 0 where only rounding is left."""
    slope: float
    """The weighted slope of the logarithm of the variance on that of the scale."""
    r_squared: float
    """The share of the weighted variance of the logarithms that the line explains."""


@dataclass(frozen=True, eq=False)
class _Plan:
    """What all windows of one call share."""

    low: Array
    high: Array
    window: int
    levels: NDArray[np.int64]
    """The levels of the line, rising by one."""
    precisions: Array
    """The inverse variance of each log variance, up to a factor: its independent coefficients."""

    @property
    def log_scales(self) -> Array:
        """The logarithms of the scales, less their weighted mean."""
        logs: Array = self.levels * np.log(2.0)
        return logs - np.average(logs, weights=self.precisions)

    @property
    def slope_weights(self) -> Array:
        """The weights that turn log variances into their weighted least squares slope."""
        weighted: Array = self.precisions * self.log_scales
        return weighted / (weighted @ self.log_scales)


def rolling_wavelet(
    x: ArrayLike,
    window: int = 252,
    *,
    kind: Kind,
    wavelet: str = "db4",
    levels: tuple[int, int] | None = None,
    threads: int = 1,
) -> Array:
    """Return the wavelet Hurst exponent of every window of a series, at a cost that no window size changes.

    Parameters
    ----------
    x
        The series, oldest first, shape (n,), or a panel of them, shape (assets, n); NaN marks a missing
        value.
    window
        How many values each estimate uses.
    kind
        What the series is: ``"noise"`` for increments such as returns, ``"motion"`` for levels such as log
        prices or log volatility, which are sums of noise.
    wavelet
        The name of an orthogonal wavelet of PyWavelets.
    levels
        The first and the last level of the fit, scales 2**first to 2**last steps; by default from 1 to the
        last level that has two coefficients inside the window.
    threads
        How many threads share the work; the results do not depend on it.

    Returns
    -------
    ndarray, shape of x
        Entry t is estimated from ``x[t - window + 1 : t + 1]`` alone. It is NaN before the first full window,
        where the window holds a NaN, and where some level has no variance, as in a constant.

    Raises
    ------
    InputError
        x is not a series or panel of real numbers, holds an infinite value or is shorter than the window; the
        window is too small for two levels; an argument is out of range.

    Notes
    -----
    The wavelet variance of level j is the mean square of the n_j MODWT coefficients that lie inside the
    window. On noise it grows as ``2**(j (2 H - 2))``, on motion as ``2**(2 H j)``; H follows from the slope
    of its logarithm, by least squares with weights ``max(n_j / 2**j, 1)``, about the number of independent
    coefficients.

    Sampled motion obeys that law only from about level 4 on. Random walks of 65,536 steps (H = 0.5) come out
    at 0.416 with all levels and at 0.498 with levels 4 to 12: for motion prefer long windows and coarse
    levels.

    References
    ----------
    Percival and Walden (2000), Wavelet Methods for Time Series Analysis, Cambridge, chapters 5, 8 and 9.

    Examples
    --------
    >>> returns = np.random.default_rng(7).standard_normal(1000)
    >>> h = rolling_wavelet(returns, 252, kind="noise")
    >>> bool(np.isnan(h[:251]).all()), bool(np.isfinite(h[251:]).all())
    (True, True)
    >>> round(float(h[251:].mean()), 1)
    0.5
    """
    rows = real_array(x, dimensions=(1, 2))
    plan = _plan(whole_number(window, "window", 1), wavelet, levels)
    offset = _offset(kind)
    panel = np.atleast_2d(rows)
    if panel.shape[1] < plan.window:
        raise InputError(
            f"the series has {panel.shape[1]} values, fewer than the window of {plan.window}: "
            "use a shorter window or a longer series"
        )
    slopes = np.full(panel.shape, np.nan)
    pieces = list(_pieces(panel, slopes, plan.window))
    weights = plan.slope_weights

    def estimate(piece: tuple[Array, Array]) -> None:
        values, target = piece
        kernels.log_slope(_variances(values, plan), weights, target)

    workers = min(whole_number(threads, "threads", 1), len(pieces))
    if workers > 1:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(estimate, pieces))
    else:
        for piece in pieces:
            estimate(piece)
    return (slopes / 2.0 + offset).reshape(rows.shape)


def wavelet(x: ArrayLike, *, kind: Kind, wavelet: str = "db4", levels: tuple[int, int] | None = None) -> WaveletFit:
    """Return the wavelet Hurst exponent of a whole series, with the line it was read from.

    Parameters
    ----------
    x
        The series, oldest first, shape (n,); with a NaN in it every number of the answer is NaN.
    kind, wavelet, levels
        As in :func:`rolling_wavelet`.

    Returns
    -------
    WaveletFit

    Raises
    ------
    InputError
        x is not a series of real numbers, holds an infinite value or is too short for two levels; an argument
        is out of range.

    Examples
    --------
    >>> returns = np.random.default_rng(7).standard_normal(4096)
    >>> fit = wavelet(returns, kind="noise", levels=(1, 6))
    >>> round(fit.h, 1), fit.scales
    (0.5, array([ 2,  4,  8, 16, 32, 64]))
    """
    series = real_array(x, dimensions=(1,))
    plan = _plan(len(series), wavelet, levels)
    offset = _offset(kind)
    column = _variances(series, plan)
    slope = np.empty(1)
    kernels.log_slope(column, plan.slope_weights, slope)
    variances = column[:, 0]
    return WaveletFit(
        h=float(slope[0]) / 2.0 + offset,
        scales=2**plan.levels,
        variances=variances,
        slope=float(slope[0]),
        r_squared=_r_squared(variances, float(slope[0]), plan),
    )


def _r_squared(variances: Array, slope: float, plan: _Plan) -> float:
    if np.isnan(slope):
        return float("nan")
    logs, weights = np.log(variances), plan.precisions
    logs -= np.average(logs, weights=weights)
    total = float(weights @ logs**2)
    unexplained = float(weights @ (logs - slope * plan.log_scales) ** 2)
    return 1.0 - unexplained / total if total > 0.0 else float("nan")


def _variances(values: Array, plan: _Plan) -> Array:
    """Return the wavelet variance of every window, shape (levels of the plan, windows)."""
    out = np.empty((plan.levels[-1], len(values) - plan.window + 1))
    kernels.rolling_wavelet_variance(values, plan.low, plan.high, plan.window, out)
    return out[plan.levels[0] - 1 :]


def _pieces(panel: Array, results: Array, window: int) -> Iterator[tuple[Array, Array]]:
    """Cut every row into stretches of windows at fixed places, so that new data changes no old bit."""
    stride = max(_STRIDE, 4 * window)
    for values, target in zip(panel, results, strict=True):
        for start in range(0, len(values) - window + 1, stride):
            end = start + stride + window - 1
            yield values[start:end], target[start + window - 1 : end]


def _offset(kind: str) -> float:
    if kind not in ("noise", "motion"):
        raise InputError(f"kind is {kind!r}: use 'noise' for increments or 'motion' for levels")
    return 1.0 if kind == "noise" else 0.0


def _plan(window: int, wavelet: str, levels: tuple[int, int] | None) -> _Plan:
    low, high = _filters(str(wavelet))
    reach = len(low) - 1
    # A coefficient of level j spans (2^j - 1) (taps - 1) + 1 values; two of the deepest fit into the window.
    deepest = ((window - 2) // reach + 1).bit_length() - 1 if window >= 2 else 0
    if deepest < 2:
        raise InputError(
            f"{window} values hold fewer than two levels of {wavelet}: use at least {3 * reach + 2} values"
        )
    first, last = (1, deepest) if levels is None else _levels(levels, deepest, window)
    steps = np.arange(first, last + 1)
    counts = window - (2**steps - 1) * reach
    return _Plan(low, high, window, levels=steps, precisions=np.maximum(counts / 2.0**steps, 1.0))


def _levels(levels: tuple[int, int], deepest: int, window: int) -> tuple[int, int]:
    try:
        first, last = (whole_number(level, "a level", 1) for level in levels)
    except (TypeError, ValueError):
        first, last = 0, 0
    if not 1 <= first < last <= deepest:
        raise InputError(
            f"levels is {levels!r}: use (first, last) with 1 <= first < last <= {deepest} for {window} values"
        )
    return first, last


@cache
def _filters(name: str) -> tuple[Array, Array]:
    """Return the MODWT scaling and wavelet filters, which are those of the DWT over the square root of 2."""
    import pywt

    if name not in pywt.wavelist(kind="discrete") or not (chosen := pywt.Wavelet(name)).orthogonal:
        raise InputError(f"wavelet is {name!r}: use the name of an orthogonal wavelet, such as 'db4'")
    low, high = (np.array(taps) / np.sqrt(2.0) for taps in (chosen.dec_lo, chosen.dec_hi))
    return low, high

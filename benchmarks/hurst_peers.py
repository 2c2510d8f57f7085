"""What one would otherwise use for the Hurst exponent, as fast as its tools allow: the peers of hurst_methods.py."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pywt
from numpy.typing import NDArray

Array = NDArray[np.float64]

WINDOW, LEVELS, RESAMPLES = 252, 5, 1000
SCALES = np.arange(1, LEVELS + 1)
LOW, HIGH = (np.array(taps) / np.sqrt(2.0) for taps in pywt.Wavelet("db4").filter_bank[:2])
COUNTS = WINDOW - (2**SCALES - 1) * (len(LOW) - 1)
PRECISIONS = COUNTS / 2.0**SCALES
DEVIATIONS = SCALES - np.average(SCALES, weights=PRECISIONS)
WEIGHTS = PRECISIONS * DEVIATIONS / (PRECISIONS @ DEVIATIONS**2)


def wavedec(values: Array) -> float:
    """Another estimator of the same exponent: decimated, with coefficients that the edge of the window has touched."""
    details = pywt.wavedec(values, "db4", level=LEVELS)[:0:-1]
    return float(np.polyfit(SCALES, [np.log2(np.mean(detail**2)) for detail in details], 1)[0] + 1) / 2


def wavedec_loop(x: Array) -> Array:
    # A slice for each window: pywt refuses the read-only ones of sliding_window_view.
    return np.array([wavedec(x[start : start + WINDOW]) for start in range(len(x) - WINDOW + 1)])


def wavedec_pandas(x: Array) -> Any:
    import pandas as pd

    return pd.Series(x).rolling(WINDOW).apply(wavedec, raw=True)


def wavedec_chunks(x: Array) -> Array:
    """The same over 256 windows in one call."""
    slopes = []
    weights = (SCALES - SCALES.mean()) / np.sum((SCALES - SCALES.mean()) ** 2)
    windows = np.lib.stride_tricks.sliding_window_view(x, WINDOW)
    for start in range(0, len(windows), 256):
        details = pywt.wavedec(windows[start : start + 256], "db4", level=LEVELS, axis=-1)[:0:-1]
        slopes.append(sum(w * np.log2(np.mean(d**2, axis=-1)) for w, d in zip(weights, details, strict=True)))
    return (np.concatenate(slopes) + 1) / 2


def shifted_adds(x: Array) -> Array:
    """Our numbers: a shifted add per tap, a running total per level, which a spike would ruin."""
    smooth, slope = x, np.zeros(len(x) - WINDOW + 1)
    for level, count in enumerate(COUNTS):
        step, size = 2**level, len(smooth) - (len(LOW) - 1) * 2**level
        low, high = np.zeros(size), np.zeros(size)
        for tap in range(len(LOW)):
            shifted = smooth[(len(LOW) - 1 - tap) * step :][:size]
            low += LOW[tap] * shifted
            high += HIGH[tap] * shifted
        totals = np.concatenate(([0.0], np.cumsum(high**2)))
        slope += WEIGHTS[level] * np.log2((totals[count:] - totals[:-count]) / count)
        smooth = low
    return (slope + 2) / 2


def plain_loops(x: Array, low: Array, high: Array, counts: Array, weights: Array) -> Array:
    """The same as loops, for numba."""
    n, taps, reach, step = len(x), len(low), 0, 1
    smooth, smoother, squares = x.copy(), np.empty(n), np.empty(n)
    slope = np.zeros(n - WINDOW + 1)
    for level in range(len(counts)):
        reach += step * (taps - 1)
        for t in range(reach, n):
            a = b = 0.0
            for tap in range(taps):
                a += low[tap] * smooth[t - tap * step]
                b += high[tap] * smooth[t - tap * step]
            smoother[t], squares[t] = a, b * b
        count, total = counts[level], 0.0
        for t in range(reach, n):
            total += squares[t]
            if t >= reach + count:
                total -= squares[t - count]
            if t >= WINDOW - 1:
                slope[t - WINDOW + 1] += weights[level] * np.log2(total / count)
        smooth, smoother = smoother, smooth
        step *= 2
    return (slope + 2) / 2


def resampled_levels(values: Array) -> list[Array]:
    """The squares of the decimated coefficients that lie inside a window, level by level."""
    inside, levels = values, []
    for _ in range(LEVELS):
        levels.append(np.convolve(inside, HIGH, "valid")[::2] ** 2)
        inside = np.convolve(inside, LOW, "valid")[::2]
    return levels


def bootstrap_fancy(values: Array) -> Array:
    """The ends of the 95% interval of one window."""
    rng, slopes = np.random.default_rng(0), np.zeros(RESAMPLES)
    for weight, squares in zip(WEIGHTS, resampled_levels(values), strict=True):
        drawn = rng.integers(0, len(squares), (RESAMPLES, len(squares)))
        slopes += weight * np.log2(squares[drawn].mean(axis=1))
    return np.asarray(np.quantile((slopes + 2) / 2, (0.025, 0.975)))


def bootstrap_loops(squares: Array, sizes: Array, weights: Array, out: Array) -> None:
    """Fill out with resampled slopes, for numba; squares holds all levels, one after the other."""
    state = np.uint64(88172645463325252)
    for k in range(len(out)):
        slope, start = 0.0, 0
        for level in range(len(sizes)):
            total, size = 0.0, np.uint64(sizes[level])
            for _ in range(sizes[level]):
                state ^= state << np.uint64(13)
                state ^= state >> np.uint64(7)
                state ^= state << np.uint64(17)
                # The high half times the size: a place without a division.
                total += squares[start + np.int64(((state >> np.uint64(32)) * size) >> np.uint64(32))]
            slope += weights[level] * np.log2(total / sizes[level])
            start += sizes[level]
        out[k] = (slope + 2) / 2


def numba_peers() -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Compile the rolling exponent and the bootstrap of one window; ImportError without numba."""
    import numba

    rolling, resample = numba.njit(plain_loops), numba.njit(bootstrap_loops)

    def bootstrap(values: Array) -> Array:
        levels, out = resampled_levels(values), np.empty(RESAMPLES)
        resample(np.concatenate(levels), np.array([len(level) for level in levels]), WEIGHTS, out)
        return np.asarray(np.quantile(out, (0.025, 0.975)))

    return functools.partial(rolling, low=LOW, high=HIGH, counts=COUNTS, weights=WEIGHTS), bootstrap


def structure_slices(x: Array, lags: tuple[int, ...]) -> float:
    means = [np.mean((x[lag:] - x[:-lag]) ** 2) for lag in lags]
    return float(np.polyfit(np.log(lags), np.log(means), 1)[0]) / 2


def whittle(x: Array) -> float:
    """Whittle's likelihood with the spectral density of Paxson (1997)."""
    from scipy.optimize import minimize_scalar

    frequencies = 2 * np.pi * np.arange(1, (len(x) - 1) // 2 + 1) / len(x)
    periodogram = np.abs(np.fft.rfft(x)[1 : len(frequencies) + 1]) ** 2
    aliases = np.array([2 * np.pi * k + sign * frequencies for k in (1, 2, 3, 4) for sign in (1, -1)])
    shape = 1 - np.cos(frequencies)

    def objective(h: float) -> float:
        sums = frequencies ** (-2 * h - 1) + np.sum(aliases[:6] ** (-2 * h - 1), axis=0)
        density = shape * (sums + np.sum(aliases[4:] ** (-2 * h), axis=0) / (8 * np.pi * h))
        return float(np.log(np.mean(periodogram / density)) + np.mean(np.log(density)))

    return float(minimize_scalar(objective, bounds=(0.001, 0.999), method="bounded", options={"xatol": 1e-4}).x)


def antropy_scales(n: int) -> tuple[int, ...]:
    """The scales that antropy takes: 4, and on by factors of 1.2 to a tenth of the length."""
    steps = int(np.floor(np.log(0.1 * n / 4) / np.log(1.2)))
    return tuple(sorted({int(4 * 1.2**i) for i in range(steps + 1)}))

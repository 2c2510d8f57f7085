"""Time every kernel against the peers one would otherwise use; print one markdown table.

    python benchmarks/kernels.py

Ours and the peer run in turn in one process, so that both meet the same machine; needs vrx[research].
"""

import os
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pywt
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from vrx.fractional import difference, difference_weights
from vrx.hurst import rolling_wavelet

Array = NDArray[np.float64]

WINDOW, LEVELS, ORDER, LAGS = 252, 5, 0.4, 100


class Row(NamedTuple):
    """One line of the table; `repeats` is how often both sides run."""

    task: str
    ours: Callable[[Array], Array]
    peer: str
    theirs: Callable[[Array], Any]
    n: int
    repeats: int
    same: bool
    """Whether both sides compute the same numbers, which is then checked."""


def wavedec_loop(x: Array) -> Array:
    """Loop over the windows: the decimated transform and polyfit, another estimator of the same exponent."""
    h, scales = np.full(len(x), np.nan), np.arange(LEVELS, 0, -1)
    for end in range(WINDOW, len(x) + 1):
        details = pywt.wavedec(x[end - WINDOW : end], "db4", level=LEVELS)[1:]
        logs = [np.log2(np.mean(detail**2)) for detail in details]
        h[end - 1] = (np.polyfit(scales, logs, 1)[0] + 1) / 2
    return h


def shifted_adds(x: Array) -> Array:
    """Compute ours in numpy: a shifted add per tap, a running total per level, which a spike would ruin."""
    taps = [np.array(f) / np.sqrt(2.0) for f in pywt.Wavelet("db4").filter_bank[:2]]
    counts = WINDOW - (2 ** np.arange(1, LEVELS + 1) - 1) * 7
    precisions, scales = counts / 2.0 ** np.arange(1, LEVELS + 1), np.arange(1, LEVELS + 1)
    deviations = scales - np.average(scales, weights=precisions)
    weights = precisions * deviations / (precisions @ deviations**2)
    smooth, slope = x, np.zeros(len(x) - WINDOW + 1)
    for level in range(LEVELS):
        step, size = 2**level, len(smooth) - 7 * 2**level
        low, high = np.zeros(size), np.zeros(size)
        for tap in range(8):
            shifted = smooth[(7 - tap) * step :][:size]
            low += taps[0][tap] * shifted
            high += taps[1][tap] * shifted
        totals = np.concatenate(([0.0], np.cumsum(high**2)))
        count = counts[level]
        slope += weights[level] * np.log2((totals[count:] - totals[:-count]) / count)
        smooth = low
    return np.concatenate((np.full(WINDOW - 1, np.nan), (slope + 2) / 2))


def scipy_rfft(x: Array) -> Array:
    """Transform the whole series at once, which lets later values round earlier results."""
    size = scipy.fft.next_fast_len(2 * len(x) - 1, real=True)
    spectrum = scipy.fft.rfft(x, size) * scipy.fft.rfft(difference_weights(ORDER, len(x)), size)
    return np.asarray(scipy.fft.irfft(spectrum, size)[: len(x)])


def scipy_fftconvolve(x: Array) -> Array:
    return np.asarray(scipy.signal.fftconvolve(x, difference_weights(ORDER, len(x)))[: len(x)])


def numpy_convolve(x: Array) -> Array:
    return np.convolve(x, difference_weights(ORDER, LAGS + 1))[: len(x)]


def rows() -> Iterator[Row]:
    rolling, whole = partial(rolling_wavelet, kind="noise"), partial(difference, d=ORDER)
    cut = partial(difference, d=ORDER, truncation=LAGS)
    task = f"rolling wavelet Hurst, window {WINDOW}"
    for n, repeats, slow in ((1_258, 51, 5), (100_000, 15, 1)):
        yield Row(task, rolling, "pywt.wavedec + np.polyfit per window", wavedec_loop, n, slow, same=False)
        yield Row(task, rolling, "numpy shifted adds + cumulative sums", shifted_adds, n, repeats, same=True)
    task = "fractional difference, whole past"
    for n, repeats in ((5_000, 51), (100_000, 15)):
        yield Row("fractional difference, whole past", whole, "scipy.fft.rfft", scipy_rfft, n, repeats, same=True)
        yield Row(task, whole, "scipy.signal.fftconvolve", scipy_fftconvolve, n, repeats, same=True)
        yield Row(f"fractional difference, {LAGS} lags", cut, "np.convolve", numpy_convolve, n, repeats, same=True)


def seconds(function: Callable[[Array], Any], x: Array) -> float:
    start = time.perf_counter()
    function(x)
    return time.perf_counter() - start


def measure(row: Row) -> tuple[float, float]:
    x = np.random.default_rng(0).standard_normal(row.n)
    ours, theirs = row.ours(x), row.theirs(x[: 10 * WINDOW] if row.repeats == 1 else x)
    if row.same:
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)
    times = [(seconds(row.ours, x), seconds(row.theirs, x)) for _ in range(row.repeats)]
    return statistics.median(ours for ours, _ in times), statistics.median(theirs for _, theirs in times)


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"


def main() -> None:
    print(f"| on {os.cpu_count()} cores | n | ours, ns per value | peer | same numbers | peer / ours | runs |")
    print("|---|--:|--:|---|---|--:|--:|")
    for row in rows():
        ours, theirs = measure(row)
        print(
            f"| {row.task} | {row.n:,} | {ours / row.n * 1e9:.0f} | {row.peer} "
            f"| {'yes' if row.same else 'no'} | {_ratio(theirs / ours)} | {row.repeats} |",
            flush=True,
        )


if __name__ == "__main__":
    warnings.simplefilter("error")
    main()

"""Time the fractional kernels against the best that one would otherwise use; print one markdown table.

    python benchmarks/fractional.py [PYTHON]

Ours and the peer run in turn, so that both meet the same machine; needs vrx[research]. PYTHON is an interpreter with
numba, stochastic and the numpy below 2 that it asks for; without it the rows of these two are left out.
"""

import atexit
import itertools
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import scipy.fft
from arch.univariate.recursions import figarch_recursion
from numpy.typing import NDArray

from vrx.fractional import (
    DifferenceStream,
    VolterraStream,
    difference,
    difference_weights,
    fbm,
    figarch_variance,
    volterra,
)

Array = NDArray[np.float64]

FIGARCH = {"omega": 0.05, "d": 0.45, "phi": 0.2, "beta": 0.5}
PATHS, DAYS = 10_000, 252

NUMBA = """
import math, sys, time, numba, numpy as np
@numba.njit
def peer(z, power, out):
    for t in range(len(z)):
        total = 0.0
        for u in range(t):
            total += z[u] * (t - u) ** power[u]
        out[t] = total
n = 10_000
z, power, out = np.random.default_rng(0).standard_normal(n), 0.9 * np.sin(np.arange(n) / 300) - 1.0, np.empty(n)
run = lambda: peer(z, power, out)
"""
STOCHASTIC = """
import sys, time
from stochastic.processes.continuous import FractionalBrownianMotion
process = FractionalBrownianMotion(0.3)
run = lambda: [process.sample(252) for _ in range(10_000)]
"""
LOOP = """
run()
print(flush=True)
for _ in sys.stdin:
    start = time.perf_counter(); run(); print(time.perf_counter() - start, flush=True)
"""

Clock = Callable[[], float]


class Row(NamedTuple):
    """One line of the table: what is asked of the ratio peer / ours, and how often both run."""

    task: str
    n: int
    ours: Clock
    peer: str
    theirs: Clock
    asked: str
    runs: int


def clock(function: Callable[[], object]) -> Clock:
    def seconds() -> float:
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return seconds


def elsewhere(python: str, program: str) -> Clock:
    """Start a process that runs the program whenever it is asked, and says how long that took."""
    process = subprocess.Popen([python, "-c", program + LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    asked, answered = process.stdin, process.stdout
    assert asked is not None and answered is not None
    answered.readline()
    atexit.register(process.communicate)

    def seconds() -> float:
        asked.write("\n")
        asked.flush()
        return float(answered.readline())

    return seconds


def chebyshev(z: Array, hurst: Array, nodes: int = 16) -> Array:
    """Interpolate the power of every lag in its exponent, from 0.1 to 1.9: one convolution by FFT per node."""
    n, k = len(z), np.arange(nodes)
    points = np.cos((k + 0.5) * np.pi / nodes)
    shares = ((-1.0) ** k * np.sin((k + 0.5) * np.pi / nodes))[:, np.newaxis] / (
        (1.0 - 2.0 * hurst) / 0.9 - points[:, np.newaxis]
    )
    shares /= shares.sum(axis=0)
    lags, size = np.maximum(np.arange(float(n)), 1.0), scipy.fft.next_fast_len(2 * n - 1, real=True)
    total = np.zeros(size // 2 + 1, dtype=complex)
    for point, share in zip(1.0 + 0.9 * points, shares, strict=True):
        kernel = lags**-point
        kernel[0] = 0.0
        total += np.fft.rfft(kernel, size) * np.fft.rfft(share * z, size)
    return np.fft.irfft(total, size)[:n]


def scipy_rfft(x: Array, d: float) -> Array:
    size = scipy.fft.next_fast_len(2 * len(x) - 1, real=True)
    spectrum = scipy.fft.rfft(x, size) * scipy.fft.rfft(difference_weights(d, len(x)), size)
    return np.asarray(scipy.fft.irfft(spectrum, size)[: len(x)])


def arch_figarch(returns: Array) -> Array:
    squares, fading = returns**2, 0.94 ** np.arange(75)
    variance, bounds = np.empty(len(returns)), np.tile([1e-12, 1e12], (len(returns), 1))
    parameters = np.array([FIGARCH[name] for name in ("omega", "phi", "d", "beta")])
    backcast = float(squares[:75] @ fading / fading.sum())
    figarch_recursion(parameters, squares, variance, 1, 1, len(returns), 1000, backcast, bounds)
    return variance


def normals() -> Array:
    """The numbers that circulants for 252 days are made of: 504 a path."""
    return np.random.default_rng(0).standard_normal((PATHS, 504))


def normals_in_the_cache() -> None:
    """Draw the same numbers without keeping them."""
    rng, few = np.random.default_rng(0), np.empty((50, 504))
    for _ in range(PATHS // 50):
        rng.standard_normal(out=few)


def rows(python: str | None) -> Iterator[Row]:
    rng = np.random.default_rng(0)
    for n, runs in ((1_258, 51), (10_000, 31), (100_000, 7)):
        z, hurst = rng.standard_normal(n), 0.5 + 0.449 * np.sin(np.arange(n) / 300 + 1e-4)
        ours, theirs = clock(lambda z=z, h=hurst: volterra(z, h)), clock(lambda z=z, h=hurst: chebyshev(z, h))
        peer = "numpy, 16 Chebyshev nodes in the exponent, FFT"
        yield Row("Volterra sum, H from 0.05 to 0.95", n, ours, peer, theirs, "3" if n > 2_000 else "", runs)
        if n == 10_000 and python:
            yield Row("the same", n, ours, "numba, every pair", elsewhere(python, NUMBA), "100", 7)
    for n, runs in ((5_000, 51), (100_000, 15)):
        x = rng.standard_normal(n)
        ours, theirs = clock(lambda x=x: difference(x, 0.4)), clock(lambda x=x: scipy_rfft(x, 0.4))
        np.testing.assert_allclose(difference(x, 0.4), scipy_rfft(x, 0.4), rtol=0, atol=1e-12)
        yield Row("fractional difference, whole past", n, ours, "scipy.fft.rfft", theirs, "1", runs)
    for n, runs in ((1_258, 51), (5_000, 51)):
        x = rng.standard_normal(n)
        ours, theirs = clock(lambda x=x: figarch_variance(x, **FIGARCH)), clock(lambda x=x: arch_figarch(x))
        np.testing.assert_allclose(figarch_variance(x, **FIGARCH), arch_figarch(x), rtol=1e-12)
        yield Row("FIGARCH variance, 1,000 lags", n, ours, "arch", theirs, "8" if n == 5_000 else "", runs)
    task, ours = f"fractional motion, {PATHS:,} paths", clock(lambda: fbm(DAYS, 0.3, PATHS))
    for peer, draw in (("the normals alone", normals), ("the normals alone, not kept", normals_in_the_cache)):
        yield Row(task, DAYS, ours, peer, clock(draw), f"{1 / 1.4:.2f}", 15)
    if python:
        yield Row(task, DAYS, ours, "stochastic", elsewhere(python, STOCHASTIC), "2.5", 7)


def updates() -> Iterator[tuple[str, float]]:
    """What one value costs the streams, with Python around the kernel, in nanoseconds."""
    volterras, differences, moving = VolterraStream(), DifferenceStream(0.4), DifferenceStream()
    moved = itertools.cycle(np.random.default_rng(0).uniform(0.1, 0.5, 1_000).tolist())
    for name, update in (
        ("VolterraStream", lambda: volterras.update(0.3, 0.4)),
        ("its kernel alone", lambda: volterras._memory.push(0.3, 0.4)),
        ("DifferenceStream", lambda: differences.update(0.3)),
        ("DifferenceStream, a new order every time", lambda: moving.update(0.3, next(moved))),
    ):
        times = [clock(lambda u=update: [u() for _ in range(10_000)])() for _ in range(15)]
        yield name, statistics.median(times) / 10_000 * 1e9


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"


def main() -> None:
    print(f"| on {os.cpu_count()} cores | n | ours, ms | peer | peer / ours | asked | runs |")
    print("|---|--:|--:|---|--:|--:|--:|")
    for row in rows(sys.argv[1] if len(sys.argv) > 1 else None):
        row.ours(), row.theirs()
        times = [(row.ours(), row.theirs()) for _ in range(row.runs)]
        ours, theirs = (statistics.median(side) for side in zip(*times, strict=True))
        print(
            f"| {row.task} | {row.n:,} | {ours * 1e3:.3g} | {row.peer} | {_ratio(theirs / ours)} "
            f"| {row.asked} | {row.runs} |",
            flush=True,
        )
    print("\n| one update of | ns |\n|---|--:|")
    for name, nanoseconds in updates():
        print(f"| {name} | {nanoseconds:.0f} |")


if __name__ == "__main__":
    warnings.simplefilter("error")
    main()

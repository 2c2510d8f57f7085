"""Time the estimators of the Hurst exponent against what one would otherwise use; print one markdown table.

    python benchmarks/hurst_methods.py

Ours and the peer run in turn in one process on one thread, unless the row says otherwise, so that both meet the same
machine. Needs scipy and pandas; numba, antropy, nolds and hurst (experiments/requirements-peers.txt) where they are
installed: rows of those that are not are left out, and named below the table.
"""

import os

# Before anything that starts threads of its own is imported.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"))

import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import hurst_peers as peers
import numpy as np
from hurst_peers import LEVELS, RESAMPLES, WINDOW

from vrx._ext import hurst as kernels
from vrx.hurst import DFA, ExactWavelet, Likelihood, RescaledRange, Variogram, Wavelet

X = np.random.default_rng(0).standard_normal(100_000)
SERIES = (252, 2_520, 25_200)
PART = 2_000
"""As many values of the series as a slow peer sees: its time per window does not depend on how many there are."""
RESAMPLED = WINDOW + 99


class Side(NamedTuple):
    """One way to do a task."""

    name: str
    run: Callable[[], Any]
    items: int = 1
    """How many windows, values or series one run deals with; times are per item."""


class Row(NamedTuple):
    """One line of the table."""

    task: str
    n: int
    ours: Side
    theirs: Side | None
    asked: float | None = None
    """The least ratio that was asked for; without a peer the most seconds per item."""
    rounds: int = 7


def inside(n: int) -> int:
    return n - WINDOW + 1


def wavelet_rows() -> Iterator[Row]:
    n, ours = len(X), partial(Wavelet(kind="noise").rolling, X, WINDOW)
    task, per_window = f"rolling wavelet, window {WINDOW}, db4", Side("`Wavelet.rolling`", ours, inside(len(X)))
    loop = Side("`pywt.wavedec` + `np.polyfit` per window", partial(peers.wavedec_loop, X[:PART]), inside(PART))
    yield Row(task, n, per_window, loop, 1500, 5)
    pandas = Side("the same by `pandas` `rolling.apply`", partial(peers.wavedec_pandas, X[:PART]), inside(PART))
    yield Row(task, n, per_window, pandas, None, 5)
    chunks = Side("`pywt.wavedec` of 256 windows at once", partial(peers.wavedec_chunks, X[:20_000]), inside(20_000))
    yield Row(task, n, per_window, chunks, None, 5)
    numpy = Side("numpy shifted adds + cumulative sums, same numbers", partial(peers.shifted_adds, X), inside(n))
    np.testing.assert_allclose(ours().h[WINDOW - 1 :], numpy.run(), rtol=1e-6)
    yield Row(task, n, per_window, numpy, 2, 15)
    panel = X[np.newaxis] + np.zeros((8, 1))
    threads = [Side(f"threads={k}", partial(Wavelet(kind="noise").rolling, panel, threads=k), 8 * n) for k in (1, 2)]
    yield Row("the same on a panel of 8 series", n, threads[1], threads[0], 1.8, 15)


def stream_rows() -> Iterator[Row]:
    stream, out, values = kernel_stream(), np.empty(len(X)), X[:10_000].tolist()
    kernel = Side("`VarianceStream.extend`", partial(stream.extend, X, out), len(X))
    yield Row(f"stream, window {WINDOW}, kernel", len(X), kernel, None, 0.3e-6)
    public = Wavelet(kind="noise").stream(WINDOW)

    def update() -> None:
        for value in values:
            public.update(value)

    yield Row("stream, one Python call a value", len(values), Side("`Stream.update`", update, len(values)), None)


def kernel_stream() -> kernels.VarianceStream:
    return kernels.VarianceStream(np.stack((peers.LOW, peers.HIGH)), WINDOW, LEVELS, peers.WEIGHTS)


def bootstrap_rows() -> Iterator[Row]:
    x, task = X[:RESAMPLED], f"bootstrap, {RESAMPLES:,} resamples a window"
    run = partial(Wavelet(kind="noise").rolling, x, WINDOW, interval="bootstrap")
    ours = Side("`interval='bootstrap'`", run, inside(RESAMPLED))

    def every_tenth(of_one_window: Callable[[peers.Array], peers.Array]) -> list[peers.Array]:
        return [of_one_window(x[start : start + WINDOW]) for start in range(0, inside(RESAMPLED), 10)]

    numpy = Side("numpy fancy indexing", partial(every_tenth, peers.bootstrap_fancy), 10)
    yield Row(task, RESAMPLED, ours, numpy, 5)
    _, compiled = peers.numba_peers()
    yield Row(task, RESAMPLED, ours, Side("numba loops", partial(every_tenth, compiled), 10), 2)


def numba_rows() -> Iterator[Row]:
    rolling, _ = peers.numba_peers()
    ours = Side("`Wavelet.rolling`", partial(Wavelet(kind="noise").rolling, X, WINDOW), inside(len(X)))
    theirs = Side("numba loops + running sums, same numbers", partial(rolling, X), inside(len(X)))
    yield Row(f"rolling wavelet, window {WINDOW}, db4", len(X), ours, theirs, None, 15)


def dfa_rows() -> Iterator[Row]:
    import antropy

    for n in SERIES:
        x = X[:n].copy()
        method = DFA(kind="noise", scales=peers.antropy_scales(n), calibrated=False)
        theirs = Side("`antropy.detrended_fluctuation`, same scales", partial(antropy.detrended_fluctuation, x))
        yield Row(
            "DFA, the exponent", n, Side("`DFA.rolling`, one window", partial(method.rolling, x, n)), theirs, 2, 15
        )
        method.fit(x)
        yield Row("DFA, with error and line", n, Side("`DFA.fit`", partial(method.fit, x)), theirs, None, 15)


def range_rows() -> Iterator[Row]:
    import nolds
    from hurst import compute_Hc

    for n in SERIES:
        x = X[:n].copy()
        scales = tuple(int(scale) for scale in nolds.logmid_n(n, ratio=0.25, nsteps=15))
        methods = [RescaledRange(kind="noise", scales=given, calibrated=False) for given in (scales, None)]
        ours = [Side("`RescaledRange.rolling`, one window", partial(method.rolling, x, n)) for method in methods]
        theirs = Side("`nolds.hurst_rs`, a plain line, same scales", partial(nolds.hurst_rs, x, fit="poly"))
        yield Row("R/S", n, ours[0], theirs, 5)
        yield Row("R/S", n, ours[1], Side("`hurst.compute_Hc`", partial(compute_Hc, x, kind="change")), 5)


def other_rows() -> Iterator[Row]:
    lags = tuple(range(1, 31))
    for n in SERIES:
        x = X[:n].cumsum()
        method = Variogram(kind="motion", lags=lags, calibrated=False)
        ours = Side("`Variogram.rolling`, one window", partial(method.rolling, x, n))
        theirs = Side("numpy slices + `np.polyfit`, same lags", partial(peers.structure_slices, x, lags))
        yield Row("variogram, lags 1-30", n, ours, theirs)
    x = X[:252].copy()
    ours = Side("`Likelihood.rolling`, one window", partial(Likelihood(kind="noise").rolling, x, 252))
    theirs = Side("Whittle in numpy + `scipy` `minimize_scalar`", partial(peers.whittle, x))
    yield Row("likelihood", 252, ours, theirs, 1, 15)
    x = X[:20_000]
    for method, values in ((ExactWavelet(kind="noise"), x), (Likelihood(kind="noise"), x[:PART])):
        rolling = Side(
            f"`{type(method).__name__}.rolling`", partial(method.rolling, values, WINDOW), inside(len(values))
        )
        yield Row(f"rolling {method.method}, window {WINDOW}", len(values), rolling, None)


def growth(values: int) -> float:
    """Megabytes that the peak memory of this process grows by while a stream takes values; run in a fresh one."""
    import resource

    stream, out = kernel_stream(), np.empty(len(X))
    public = Wavelet(kind="noise").stream(WINDOW)
    for value in X[:WINDOW].tolist():
        public.update(value)
    stream.extend(X, out)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(values // len(X)):
        stream.extend(X, out)
    number = float(X[0])
    for _ in range(values):
        public.update(number)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / (
        2**20 if sys.platform == "darwin" else 2**10
    )


def seconds(run: Callable[[], Any], loops: int) -> float:
    start = time.perf_counter()
    for _ in range(loops):
        run()
    return (time.perf_counter() - start) / loops


def measure(row: Row) -> tuple[list[float], float]:
    """Medians per item of rounds in which the sides take turns, and the median of the rounds' ratios.

    A run under 2 ms is repeated until it takes as long.
    """
    sides = [row.ours] if row.theirs is None else [row.ours, row.theirs]
    for side in sides:
        side.run()
    loops = [max(1, round(0.002 / max(seconds(side.run, 1), 1e-7))) for side in sides]
    rounds = [
        [seconds(side.run, count) / side.items for side, count in zip(sides, loops, strict=True)]
        for _ in range(row.rounds)
    ]
    return [statistics.median(side) for side in zip(*rounds, strict=True)], statistics.median(
        t[-1] / t[0] for t in rounds
    )


def duration(value: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def line(row: Row) -> str:
    times, value = measure(row)
    if row.theirs is None:
        peer, ratio, met = ["", ""], "", row.asked is None or times[0] <= row.asked
        asked = "" if row.asked is None else f"<= {duration(row.asked)}"
    else:
        peer, ratio = [row.theirs.name, duration(times[1])], f"{value:.2f}" if value < 10 else f"{value:,.0f}"
        asked, met = "" if row.asked is None else f">= {row.asked:,g}", row.asked is None or value >= row.asked
    verdict = "" if row.asked is None else "yes" if met else "**no**"
    cells = [row.task, f"{row.n:,}", row.ours.name, duration(times[0]), *peer, ratio, asked, verdict]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    print(f"| on {os.cpu_count()} cores | n | ours | per item | peer | per item | peer / ours | asked | met |")
    print("|---|--:|---|--:|---|--:|--:|--:|---|")
    absent = []
    for section in (wavelet_rows, numba_rows, stream_rows, bootstrap_rows, dfa_rows, range_rows, other_rows):
        try:
            for row in section():
                print(line(row), flush=True)
        except ImportError as error:
            absent.append(str(error.name))
    values = 10_000_000
    grown = subprocess.run([sys.executable, __file__, str(values)], check=True, capture_output=True, text=True).stdout
    print(f"\npeak memory of a process grows by {float(grown):.1f} MB while two streams take {values:,} values each")
    if absent:
        print(f"not installed, rows left out: {', '.join(dict.fromkeys(absent))}")


if __name__ == "__main__":
    warnings.simplefilter("error")
    if len(sys.argv) == 2:
        print(growth(int(sys.argv[1])))
    else:
        main()

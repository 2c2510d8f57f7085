"""Time the daily update of the dynamic fractional volatility model, part by part, and its fit beside SciPy's L-BFGS.

    python benchmarks/daily_update.py

One thread; needs vrx[research]. The S&P 500 that comes with arch (1999-2018), or with --data FOLDER the longer file.
"""

import argparse
import csv
import gzip
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from vrx.econometrics import DynamicFractionalVolatility, daily_update
from vrx.econometrics._law import Sample, memory
from vrx.econometrics._returns import checked
from vrx.econometrics._scoring import maximise
from vrx.econometrics._start import Start
from vrx.hurst import Wavelet

Array = NDArray[np.float64]

DAYS, WINDOW, WINDOWS = 1258, 252, 50
MODELS = {
    "signed": DynamicFractionalVolatility(innovation="signed"),
    "absolute": DynamicFractionalVolatility(innovation="absolute"),
}


def market(folder: Path | None) -> Array:
    if folder is not None:
        with gzip.open(folder / "sp500_ohlc_1990_2022.csv.gz", "rt", encoding="utf-8") as text:
            close = np.array([float(row["close"]) for row in csv.DictReader(text)])
    else:
        from arch.data import sp500

        close = sp500.load()["Adj Close"].to_numpy()
    return np.diff(np.log(close))


def milliseconds(work: Callable[[], Any], repeats: int = 51) -> float:
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def parts(returns: Array, model: DynamicFractionalVolatility) -> str:
    """What a daily update spends its time on: the newest day of the series, warm from the day before."""
    needed = returns[-(DAYS + WINDOW) :]
    yesterday = daily_update(needed[:-1], model=model)
    today = daily_update(needed, yesterday)
    hurst, law = today.result.hurst, today.result.law
    sample, wavelet = Sample(needed[-DAYS:], memory(hurst)), Wavelet(kind="noise")
    passes = today.result.inference.evaluations
    rows = {
        "checks of the returns": milliseconds(lambda: checked(needed, WINDOW)),
        f"Hurst exponents of {len(needed) - WINDOW + 1:,} windows": milliseconds(lambda: model.exponents(needed)),
        "band of the newest exponent, 1,000 resamples": milliseconds(
            lambda: wavelet.rolling(needed[-WINDOW:], WINDOW, interval="bootstrap")
        ),
        f"weights of {DAYS:,} days": milliseconds(lambda: memory(hurst)),
        f"{passes} passes of the likelihood with score and information": passes
        * milliseconds(lambda: sample.point(law), 501),
    }
    whole = milliseconds(lambda: daily_update(needed, yesterday))
    cold = milliseconds(lambda: daily_update(needed, model=model))
    rows["the rest: steps of the climb, the result"] = whole - sum(rows.values())
    lines = [f"| {name} | {ms:.2f} | {ms / whole:.0%} |" for name, ms in rows.items()]
    lines.append(f"| **daily update, warm** | **{whole:.2f}** | |")
    lines.append(f"| daily update without yesterday's | {cold:.2f} | |")
    one = milliseconds(lambda: sample.run(law, 4), 501)
    lines.append(
        f"| one pass of the kernel over {DAYS:,} days, {sample.weights.shape[1]} nodes, 4 channels | {one:.3f} | |"
    )
    lines.append(f"| `Result.update`, one day | {milliseconds(lambda: today.result.update(0.001)):.3f} | |")
    return "\n".join([f"| {model.innovation} shocks | ms | share |", "|---|--:|--:|", *lines])


class Race(NamedTuple):
    """One window, fitted by both from the same start inside the same range of alpha."""

    ours: float
    theirs: float
    our_passes: int
    their_passes: int
    our_ms: float
    their_ms: float
    at_the_end: bool


def race(returns: Array, hurst: Array, model: DynamicFractionalVolatility) -> Race:
    sample = Sample(returns, memory(hurst))
    start = Start.of(sample, model)
    begun = time.perf_counter()
    ours = maximise(lambda at: sample.point(start.law(at)), start.at, start.box)
    middle = time.perf_counter()

    def downhill(at: Array) -> tuple[float, Array]:
        point = sample.point(start.law(at))
        return -point.value, -point.score

    low, high = model.powers
    theirs = minimize(
        downhill, start.at, jac=True, method="L-BFGS-B", bounds=[(None, None), (None, None), (low, high)],
        options={"ftol": 1e-14, "gtol": 1e-6, "maxls": 50},
    )  # fmt: skip
    times = (1e3 * (middle - begun), 1e3 * (time.perf_counter() - middle))
    return Race(ours.point.value, -theirs.fun, ours.evaluations, theirs.nfev, *times, "range" in ours.note)


def races(returns: Array, model: DynamicFractionalVolatility) -> str:
    hurst = replace(model).exponents(returns)
    starts = WINDOW + (np.arange(WINDOWS) * (len(returns) - WINDOW - DAYS)) // (WINDOWS - 1)
    found = [race(returns[k : k + DAYS], hurst[k : k + DAYS], model) for k in starts]
    off = max(abs(one.ours - one.theirs) for one in found)
    same = sum(abs(one.ours - one.theirs) <= 1e-6 for one in found)
    fewer = sum(one.our_passes < one.their_passes for one in found)
    middle = [statistics.median(column) for column in list(zip(*found, strict=True))[2:6]]
    return (
        f"| {model.innovation} | {same} | {off:.1e} | {middle[0]:.0f} | {middle[1]:.0f} | {fewer} "
        f"| {middle[2]:.1f} | {middle[3]:.1f} | {sum(one.at_the_end for one in found)} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of sp500_ohlc_1990_2022.csv.gz; the default is arch's series")
    returns = market(parser.parse_args().data)
    for model in MODELS.values():
        print(parts(returns, model), end="\n\n")
    print(
        f"{WINDOWS} windows of {DAYS:,} days from the same start, alpha from 0 to 5; passes and times are medians.\n\n"
        "| shocks | same likelihood to 1e-6 | largest difference | passes | L-BFGS passes | windows with fewer "
        "| ms | L-BFGS ms | alpha at the end of its range |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    for model in MODELS.values():
        print(races(returns, model), flush=True)


if __name__ == "__main__":
    main()

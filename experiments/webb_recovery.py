"""Fit the dynamic fractional volatility model to returns simulated from it, and compare what is found with the truth.

    python experiments/webb_recovery.py --data ../shared/data --out docs/results/webb_recovery.md

Two processes, 5 minutes, 13 on busy cores; needs vrx[research]. Without the folder --data the S&P 500 that comes with
arch stands in, 2014-2018. The model is fitted to those returns; paths are simulated from the fit and fitted again, from
moments.
"""

import argparse
import csv
import gzip
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from vrx.econometrics import DynamicFractionalVolatility, Result

Array = NDArray[np.float64]

DAYS = 1258
CHUNK = 250
# Far enough that no end of the range cuts the spread of alpha off.
WIDE = (-5.0, 20.0)
NAMES = ("alpha", "kappa", "lambda", "level", "slope")
HEADER = "| parameter | truth | mean | Monte-Carlo s.e. off | bias / sd | sd | stated s.e. | 95% intervals cover |"


@dataclass(frozen=True)
class Case:
    """One truth, and how it is fitted again."""

    title: str
    innovation: Literal["signed", "absolute"]
    hurst: float | None
    """None: the path that the wavelet estimates on the data, the same in the simulation and the refit."""
    alpha: float | None = None
    """None: estimated."""
    days: int = DAYS
    anew: bool = False
    """Whether the refit estimates the Hurst exponents from the simulated returns."""
    share: float = 1.0
    """Of the paths that were asked for."""


CASES = (
    Case("signed shocks, H moves", "signed", None),
    Case("signed shocks, H = 0.55", "signed", 0.55),
    Case("signed shocks, H moves, alpha fixed at 1", "signed", None, 1.0),
    Case("absolute shocks, H moves", "absolute", None),
    Case("absolute shocks, H = 0.55", "absolute", 0.55),
    Case("absolute shocks, H moves, alpha fixed at 1", "absolute", None, 1.0),
    Case("absolute shocks, H moves, 4 times the days", "absolute", None, days=4 * DAYS, share=0.2),
    Case("absolute shocks, H moves, 16 times the days", "absolute", None, days=16 * DAYS, share=0.2),
    Case("absolute shocks, H moves but is estimated anew from the simulated returns", "absolute", None,
         anew=True, share=0.2),
)  # fmt: skip


@cache
def market(folder: str) -> tuple[str, Array]:
    """What the series is, and its log returns: five years and the 251 days before, for the first exponents."""
    file = Path(folder) / "sp500_ohlc_1990_2022.csv.gz"
    if file.exists():
        with gzip.open(file, "rt", encoding="utf-8") as text:
            rows = [(row["date"], float(row["close"])) for row in csv.DictReader(text)]
        name, last = "S&P 500, 2015-2019", "2020"
    else:
        from arch.data import sp500

        frame = sp500.load()
        days = zip(frame.index.astype(str), frame["Adj Close"], strict=True)
        rows = [(date, float(close)) for date, close in days]
        name, last = "S&P 500 of the package arch, last 1,258 days of 2014-2018", "2019"
    close = np.array([close for date, close in rows if date < last])
    return name, np.diff(np.log(close))[-(DAYS + 251) :]


@cache
def truth(case: Case, folder: str) -> Result:
    """The fit that the paths are simulated from."""
    model = DynamicFractionalVolatility(
        innovation=case.innovation,
        hurst="wavelet" if case.hurst is None else case.hurst,
        alpha=(0.0, 5.0) if case.alpha is None else case.alpha,
    )
    return model.fit(market(folder)[1], days=DAYS)


def numbers(result: Result) -> list[float]:
    """What is compared, in the order of NAMES."""
    return [*result.parameters.values(), result.law.level, result.law.slope]


def errors(result: Result) -> list[float]:
    """The standard errors that the fit states of them."""
    stated = [result.standard_errors[name] for name in NAMES[:3]]
    return [*stated, result.law_errors["level"], result.law_errors["slope"]]


def refit(case: Case, folder: str, chunk: int, paths: int) -> Array:
    """Estimates, stated errors and whether each refit converged without a doubt, shape (paths, 11)."""
    made = truth(case, folder)
    hurst = np.resize(made.hurst, case.days)
    model = replace(
        made.model, hurst="wavelet" if case.anew else hurst, alpha=WIDE if case.alpha is None else case.alpha
    )
    out = np.empty((paths, 2 * len(NAMES) + 1))
    simulated, _ = made.simulate(paths, case.days, seed=chunk, hurst=hurst, past=False)
    for row, returns in zip(out, simulated, strict=True):
        again = model.fit(returns)
        row[:] = [*numbers(again), *errors(again), again.converged and not again.note]
    return out


def run(folder: str, paths: int, workers: int) -> dict[Case, Array]:
    """Refit every path of every case, in chunks with seeds of their own."""
    pieces = [
        (case, chunk, min(CHUNK, round(paths * case.share) - chunk * CHUNK))
        for case in CASES
        for chunk in range(-(-round(paths * case.share) // CHUNK))
    ]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    found: dict[Case, dict[int, Array]] = {case: {} for case in CASES}
    with (
        ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
        Progress(*columns, console=Console(stderr=True)) as progress,
    ):
        task = progress.add_task("refits", total=sum(count for *_, count in pieces))
        running = {pool.submit(refit, case, folder, chunk, count): (case, chunk) for case, chunk, count in pieces}
        for future in as_completed(running):
            case, chunk = running[future]
            found[case][chunk] = future.result()
            progress.update(task, advance=len(found[case][chunk]), description=case.title)
    return {case: np.concatenate([part[k] for k in sorted(part)]) for case, part in found.items()}


def table(case: Case, made: Result, found: Array) -> str:
    """One case in Markdown."""
    good = found[:, -1] == 1.0
    estimates, stated = found[good, : len(NAMES)], found[good, len(NAMES) : -1]
    lines = [
        f"### {case.title}",
        "",
        f"{len(found):,} paths of {case.days:,} days; {np.sum(~good):,} refits left a doubt and are left out.",
        "",
        HEADER,
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for k, (name, true) in enumerate(zip(NAMES, numbers(made), strict=True)):
        if case.alpha is not None and name == "alpha":
            continue
        bias, sd = estimates[:, k].mean() - true, estimates[:, k].std(ddof=1)
        covered = np.mean(np.abs(estimates[:, k] - true) <= 1.96 * stated[:, k])
        lines.append(
            f"| {name} | {true:.4f} | {estimates[:, k].mean():.4f} | {bias / sd * np.sqrt(len(estimates)):+.1f} "
            f"| {bias / sd:+.3f} | {sd:.4f} | {stated[:, k].mean():.4f} | {covered:.1%} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run all cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="../shared/data", help="folder of the S&P 500 file")
    parser.add_argument("--paths", type=int, default=10_000, help="paths of each case (default 10,000)")
    parser.add_argument("--workers", type=int, default=2, help="processes at once (default 2)")
    parser.add_argument("--out", type=Path, help="file for the tables; the default prints them")
    options = parser.parse_args()
    # The processes share the cores; a BLAS reads this when it starts.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    began = time.perf_counter()
    found = run(options.data, options.paths, options.workers)
    spent = time.perf_counter() - began
    tables = [table(case, truth(case, options.data), found[case]) for case in CASES]
    text = "\n\n".join([PREFACE.format(name=market(options.data)[0], minutes=spent / 60.0), *tables]) + "\n"
    if options.out is None:
        print(text)
    else:
        options.out.write_text(text, encoding="utf-8")


PREFACE = """# Parameter recovery of the dynamic fractional volatility model

Made by `experiments/webb_recovery.py` in {minutes:.1f} minutes. The model is fitted to {name}, alpha at least 0; paths
are simulated from the fit with normal shocks and from no past, and fitted again from moments with alpha in -5..20. The
path of Hurst exponents is that of the data, the same in the simulation and in the refit (repeated, where paths are
longer). kappa and lambda are those of sigma in percent; level and slope are those of
`log sigma = level + log(1 + alpha slope S) / alpha`. The fourth column is the mean's distance from the truth in
standard errors of that mean."""


if __name__ == "__main__":
    main()

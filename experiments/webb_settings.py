"""The published figures on how the model is built, fitted, timed and checked, and those of other authors."""

import re
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
from hurst_webb import decimated_slopes
from webb_forecasts import CASES
from webb_market import FIVE_YEARS, Market
from webb_rows import Row, Section, within
from webb_sections import levels

from vrx.econometrics import daily_update
from vrx.econometrics._scoring import IN_A_ROW, TOLERANCE
from vrx.econometrics._start import START
from vrx.hurst import Wavelet
from vrx.hurst._estimator import Bootstrap

__all__ = ["design_section", "missing_section", "quoted_section", "recovered"]

WINDOW, RESAMPLES = 252, Bootstrap().resamples
REPEATS = 21
RECOVERY_CASE = "signed shocks, H moves"


def design_section(market: Market, recovery: str) -> Section:
    """How the model is built and fitted (Table 2 of the methods), timed and recovered."""
    rows = (*hurst_rows(market), *fit_rows(), *recovery_rows(recovery), *time_rows(market))
    return Section("How the model is built and fitted (Table 2 of the methods), checked and timed", rows)


def hurst_rows(market: Market) -> Iterator[Row]:
    sample, past = within(market), market.returns[market.first - WINDOW + 1 :]
    yield Row(
        "days of a Hurst window, updated daily (also abstract, conclusion)", "252", f"{WINDOW}", sample, "Taken over."
    )
    yield Row(
        "vanishing moments of the wavelet (also abstract, conclusion)", "4", "4", sample, "Taken over: db4 has 8 taps."
    )
    yield Row(
        "levels, J = log2(252)", f"{np.log2(WINDOW):.2f}", f"{levels(WINDOW)}", sample,
        "Beyond that every coefficient reaches over an end of the window.",
    )  # fmt: skip
    slopes = decimated_slopes(np.lib.stride_tricks.sliding_window_view(past, WINDOW)) / 2.0
    h = Wavelet(kind="noise").rolling(past, WINDOW).h[WINDOW - 1 :]
    yield Row(
        "H = (beta + 2) / 2", "0.38 to 0.62", f"{h.min():.2f} to {h.max():.2f}", sample,
        "The formula is for the undecimated variances, which ours are. With the pyramid of the paper and its 7 levels "
        f"it gives {slopes.min() + 1.0:.2f} to {slopes.max() + 1.0:.2f}, and (beta + 1) / 2, which is right there, "
        f"{round(slopes.min() + 0.5, 2) + 0.0:.2f} to {slopes.max() + 0.5:.2f}.",
        near=False,
    )  # fmt: skip
    band = Wavelet(kind="noise").rolling(past, WINDOW, interval="bootstrap")
    low, high = (np.asarray(one)[WINDOW - 1 :] for one in (band.low, band.high))
    yield Row(
        "bootstrap resamples of each window", "1,000", f"{RESAMPLES:,}", sample,
        f"The 95% band is {np.mean(high - low):.2f} wide on average, and {np.mean((low <= 0.5) & (high >= 0.5)):.0%} "
        "of the bands hold 0.5. The paper prints no band.",
    )  # fmt: skip
    yield Row(
        "H = 0.5 recovers classical stochastic volatility", "0.5",
        f"a shock of 22 days ago weighs {22.0 ** (2.0 * 0.5 - 2.0):.3f}",
        "no sample",
        "The kernel |t - u|^(2H - 2) is constant for H = 1, not for 0.5, where it is 1 / (t - u). "
        "In continuous time the integral has a variance only for H above 0.75, never for 0.38 to 0.62; ours is a sum "
        "over days.",
    )  # fmt: skip


def fit_rows() -> Iterator[Row]:
    yield Row("observations that the moments of the start are of", "252", f"{START}", "no sample", "Taken over.")
    yield Row(
        "convergence: relative change of all parameters below", "10^-6", f"{TOLERANCE:g}", "no sample", "Taken over."
    )
    yield Row("for so many iterations in a row", "3", f"{IN_A_ROW}", "no sample", "Taken over.")
    yield Row(
        "software and cores", "MATLAB R2023b, 12 cores", "Python and C, one thread", "no sample",
        "We have no MATLAB; the time of an update stands below.",
    )  # fmt: skip


def recovered(page: str) -> dict[str, tuple[str, ...]]:
    """What the page of the recovery has of the paper's reading: by parameter truth, mean, bias over sd and coverage."""
    part = page.split(f"### {RECOVERY_CASE}\n", 1)[1].split("\n### ", 1)[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")
    ]
    paths = re.search(r"([\d,]+) paths", part)
    found = {name: (truth, mean, bias, cover) for name, truth, mean, _, bias, _, _, cover in cells[2:]}
    return found | {"paths": (paths.group(1) if paths else "",)}


def recovery_rows(page: str) -> Iterator[Row]:
    found = recovered(page)
    said = "; ".join(
        f"{name} {found[name][1]} for {found[name][0]} ({found[name][3]})" for name in ("alpha", "kappa", "lambda")
    )
    biases = ", ".join(found[name][2] for name in ("alpha", "kappa", "lambda"))
    yield Row(
        "simulated paths from which the true values are recovered", "10,000", found["paths"][0],
        "paths of the fit to 2015-2019",
        f"Means for truths, and how often a 95% interval covers: {said}. Biases of {biases} standard deviations: with "
        "so many paths they are no chance, and the intervals are too short. Nine cases: "
        "[webb_recovery.md](webb_recovery.md).",
    )  # fmt: skip


def time_rows(market: Market) -> Iterator[Row]:
    returns, model = market.returns[-(FIVE_YEARS + WINDOW) :], CASES[0].model()
    before = daily_update(returns[:-1], model=model, days=FIVE_YEARS)
    spent = processor_seconds(lambda: daily_update(returns, before, days=FIVE_YEARS))
    yield Row(
        "seconds for a daily update, on 12 cores", "3.2", f"about {float(f'{spent:.1g}'):g}", "the newest day",
        "Processor time of one thread, the median of "
        f"{REPEATS}: exponents of {FIVE_YEARS:,} windows, {RESAMPLES:,} resamples of the newest, the refit. MATLAB on "
        "their machine cannot be had. By parts: benchmarks/daily_update.py. It is the one figure here that differs "
        "between runs.",
    )  # fmt: skip


def processor_seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def quoted_section() -> Section:
    """What is said of others' work."""
    name = "quoted: "
    return Section(
        "Quoted of other authors, not results of this paper",
        (
            Row(name + "Corsi (13), RMSE lower by", "13.5%", "-", "-",
                "Quoted, not this paper's. Reference 13 is the HAR model of 2009, which has no wavelets."),
            Row(name + "Bollerslev et al. (14), exceedances of value at risk lower by", "18.2%", "-", "-",
                "Quoted, not this paper's. The list of references ends with 13."),
            Row(name + "Chen et al. (3), option pricing more accurate by", "2.1%", "-", "-",
                "Quoted, not this paper's."),
            Row(name + "prior studies, constant H", "0.5-0.6", "-", "-",
                "Quoted, not this paper's; no study is named."),
        ),
    )  # fmt: skip


def missing_section() -> Section:
    """What the paper refers to, and the text does not hold."""
    return Section(
        "What cannot be compared",
        (
            Row("Tables 4 and 5", "named once, after the option prices", "-", "-",
                "The text does not say what is in them."),
            Row("Tables 1 and 2", "two of each", "-", "-",
                "The methods have Table 1 for the data and Table 2 for start and convergence; the results have "
                "Table 1 for the criteria and Table 2 for the forecasts. The copy at hand holds the text, not the "
                "tables: every figure that the text has of them stands above."),
        ),
    )  # fmt: skip

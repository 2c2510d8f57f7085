"""The tables and verdicts of hurst_accuracy.py, as one Markdown page."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from hurst_cases import (
    COVERED,
    ERRORS,
    EXPONENTS,
    KINDS,
    LONG,
    MORE,
    ROUGH,
    SHORT,
    VARIANTS,
    WITH_MEAN,
    WITH_NOISE,
    Array,
    Job,
    Series,
)
from hurst_peers import PEERS

from vrx.hurst import METHODS

Estimates = Mapping[Job, Array]

MLE_SD = dict(zip(EXPONENTS, (0.022, 0.034, 0.040, 0.042, 0.037), strict=True))
"""The spread of Gaussian maximum likelihood at n = 252 that was asked for."""
REFERENCE = "Whittle"
"""No package, so none to be compared with."""


class Score(NamedTuple):
    """How far the estimates of one method are from the truth."""

    bias: float
    sd: float
    rmse: float
    paths: int


def score(errors: Array) -> Score:
    return Score(float(errors.mean()), float(errors.std(ddof=1)), float(np.sqrt(np.mean(errors**2))), len(errors))


class Results:
    """The estimates by method and series."""

    def __init__(self, estimates: Estimates) -> None:
        self.errors = {
            (job.method, job.series): found[0] - job.series.hurst
            for job, found in estimates.items()
            if job.interval is None
        }
        self.scores = {key: score(errors) for key, errors in self.errors.items()}
        self.covered = {
            (job.method, job.interval, job.series): float(
                np.mean((found[1] <= job.series.hurst) & (job.series.hurst <= found[2]))
            )
            for job, found in estimates.items()
            if job.interval is not None
        }

    def methods(self, series: Series) -> list[str]:
        """The methods that have seen a series, ours first."""
        return [method for method in (*METHODS, *VARIANTS, *PEERS) if (method, series) in self.scores]

    def beats(self, ours: str, peer: str, series: Series) -> bool:
        """Whether the root mean square error of ours is lower on the paths that both have seen."""
        mine, theirs = self.errors[ours, series], self.errors[peer, series]
        common = min(len(mine), len(theirs))
        return score(mine[:common]).rmse < score(theirs[:common]).rmse


def table(head: Iterable[str], rows: Iterable[Iterable[str]], ruler: str = "--:") -> str:
    titles = list(head)
    lines = [titles, ["---", *[ruler] * (len(titles) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def by_exponent() -> list[str]:
    return [f"H = {hurst}" for hurst in EXPONENTS]


def accuracy(results: Results, kind: str, n: int) -> str:
    rows = []
    for method in results.methods(Series(kind, n, EXPONENTS[0])):
        found = [results.scores[method, Series(kind, n, hurst)] for hurst in EXPONENTS]
        cells = [f"{one.bias:+.3f} / {one.sd:.3f} / {one.rmse:.3f}" for one in found]
        rows.append([method, f"{found[0].paths:,}", *cells])
    return table([f"{kind}, n = {n:,}: bias / sd / RMSE", "paths", *by_exponent()], rows)


def comparison(results: Results, kind: str, n: int) -> str:
    rows = []
    for peer in PEERS:
        if (peer, Series(kind, n, EXPONENTS[0])) in results.errors:
            lower = [
                [ours for ours in METHODS if results.beats(ours, peer, Series(kind, n, hurst))] for hurst in EXPONENTS
            ]
            rows.append([peer, *("all" if len(ours) == len(METHODS) else ", ".join(ours) or "none" for ours in lower)])
    return table([f"{kind}, n = {n:,}: lower RMSE than", *by_exponent()], rows)


def coverage(results: Results, kind: str) -> str:
    rows = []
    for method, interval in dict.fromkeys((method, interval) for method, interval, _ in results.covered):
        for n in COVERED:
            cells = [f"{100 * results.covered[method, interval, Series(kind, n, hurst)]:.1f}" for hurst in EXPONENTS]
            rows.append([f"{method}, {interval}", f"{n:,}", *cells])
    return table([f"{kind}: % of 95% intervals that cover", "n", *by_exponent()], rows)


def measurement_error(results: Results) -> str:
    cases = [Series("motion", LONG, hurst, error) for hurst in ROUGH for error in ERRORS]
    rows = []
    for method in results.methods(cases[0]):
        found = [results.scores[method, series] for series in cases]
        rows.append([method, *(f"{one.bias:+.3f} / {one.sd:.3f}" for one in found)])
    head = [f"H = {series.hurst}, noise {series.error}" for series in cases]
    return table([f"motion, n = {LONG:,}: bias / sd", *head], rows)


def verdicts(results: Results) -> Iterator[tuple[str, str, bool]]:
    """What was asked, what was measured, whether that is enough."""
    short = [Series(kind, SHORT, hurst) for kind in KINDS for hurst in EXPONENTS]
    clean = [Series(kind, n, hurst) for kind in KINDS for n in (SHORT, LONG) for hurst in EXPONENTS]
    bias = {method: max(abs(results.scores[method, series].bias) for series in short) for method in METHODS}
    yield f"exact: absolute bias <= 0.02 at n = {SHORT}", f"at most {bias['exact']:.4f}", bias["exact"] <= 0.02
    ratio = max(results.scores["exact", series].sd / results.scores["mle", series].sd for series in short)
    yield f"exact: sd <= 1.6 times that of mle at n = {SHORT}", f"at most {ratio:.2f} times", ratio <= 1.6
    yield f"mle: absolute bias <= 0.01 at n = {SHORT}", f"at most {bias['mle']:.4f}", bias["mle"] <= 0.01
    for kind in KINDS:
        off = [results.scores["mle", Series(kind, SHORT, hurst)].sd / sd - 1 for hurst, sd in MLE_SD.items()]
        asked = f"mle: sd within 5% of {' / '.join(f'{sd:.3f}' for sd in MLE_SD.values())} on {kind}"
        yield asked, " / ".join(f"{100 * one:+.1f}%" for one in off), max(map(abs, off)) <= 0.05
    for ours in (*METHODS, WITH_MEAN):
        pairs = [(peer, series) for peer in PEERS for series in clean if (peer, series) in results.errors]
        lost = [(peer, series) for peer, series in pairs if peer != REFERENCE and not results.beats(ours, peer, series)]
        against = sum(peer != REFERENCE for peer, _ in pairs)
        yield f"{ours}: lower RMSE than every peer", f"in {against - len(lost)} of {against} comparisons", not lost
    noisy = [Series("motion", LONG, hurst, error) for hurst in ROUGH for error in ERRORS]
    worst = max(abs(results.scores[WITH_NOISE, series].bias) for series in noisy)
    yield f"{WITH_NOISE}: absolute bias < 0.03", f"at most {worst:.4f}", worst < 0.03
    for method, interval in dict.fromkeys((method, interval) for method, interval, _ in results.covered):
        shares = [share for key, share in results.covered.items() if key[:2] == (method, interval)]
        good = sum(0.92 <= share <= 0.98 for share in shares)
        span = f"{100 * min(shares):.1f} to {100 * max(shares):.1f}%, {good} of {len(shares)} within"
        yield f"{method}: {interval} intervals cover 92-98%", span, good == len(shares)


def document(estimates: Estimates, checks: Mapping[float, tuple[float, float]], paths: int, with_peers: bool) -> str:
    results = Results(estimates)
    absent = "" if with_peers else " Run without `--peers`: the other packages are missing from the tables."
    asked = table(
        ["asked", "measured", "met"],
        [[*words, "yes" if met else "**no**"] for *words, met in verdicts(results)],
        "---",
    )
    present = {name: peer for name, peer in PEERS.items() if with_peers or not peer.needs}
    calls = table(["peer", "call"], [[name, peer.calls] for name, peer in present.items()], "---")
    covariance = table(
        ["H", "mean square (1)", "largest deviation at one time, in standard errors"],
        [[f"{hurst}", f"{mean:.4f}", f"{largest:.1f}"] for hurst, (mean, largest) in checks.items()],
    )
    return f"""# Accuracy of the Hurst estimators on simulated series

Written by `experiments/hurst_accuracy.py`, every figure and verdict from one run.{absent} Series are exact fractional
Gaussian noise and its sums, `vrx.fractional.fgn` and `fbm`, with the seed 1000 n + 100 H. Every method sees the same
paths; where one sees fewer, it sees the first. With k paths a bias has a standard error of sd / sqrt(k), an sd one of
sd / sqrt(2 k): {1 / np.sqrt(paths):.2f} sd and {100 / np.sqrt(2 * paths):.1f}% with {paths:,} paths, half of that with
{MORE * paths:,}.

## Asked and measured

{asked}

A comparison is one peer at one H, length and kind, on the paths that both have seen; {REFERENCE} is no package and not
counted.

## Bias, standard deviation and root mean square error

The noise has mean 0, and so have the steps of the motion. That is what mle takes for granted unless told to estimate
the mean; DFA, R/S and {REFERENCE} take a mean out in any case.

{_join(accuracy(results, kind, n) for kind in KINDS for n in (SHORT, LONG))}

## Which of ours have a lower root mean square error

{_join(comparison(results, kind, n) for kind in KINDS for n in (SHORT, LONG))}

## Coverage of the 95% intervals

{paths:,} paths: a share of 95% has a standard error of {100 * np.sqrt(0.95 * 0.05 / paths):.1f}%.

{_join(coverage(results, kind) for kind in KINDS)}

## Motion measured with error

White noise is added to the motion, its standard deviation given in those of an increment: the daily logarithm of
realized variance from 5-minute returns has an error of that size.

{measurement_error(results)}

## How the peers were called

x is the series; noise as it is, motion as it is unless the call says otherwise.

{calls}

## Is the simulator exact?

{paths:,} paths of noise, n = {SHORT}, whitened by the Cholesky factor of the covariance of fractional noise.

{covariance}
"""


def _join(tables: Iterable[str]) -> str:
    return "\n\n".join(tables)

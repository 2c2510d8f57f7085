"""The tests of daily returns, and what each outcome means for the choice of a model of volatility."""

import importlib
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vrx.econometrics._law import Array

__all__ = ["Finding", "findings"]

LAGS = 10
# Below this a test speaks.
SIZE = 0.05


@dataclass(frozen=True)
class Finding:
    """One test, and what its outcome means for the choice of a model."""

    name: str
    null: str
    """What is tested, and refuted where `p_value` is small."""
    statistic: float
    p_value: float
    lags: int | None
    meaning: str

    @property
    def rejects(self) -> bool:
        """Whether the p-value is below 0.05."""
        return self.p_value < SIZE


def findings(returns: Array) -> Iterator[Finding]:
    """The tests in the order in which a model is chosen: level, mean, variance, law."""
    diagnostic: Any = importlib.import_module("statsmodels.stats.diagnostic")
    stats: Any = importlib.import_module("scipy.stats")
    squares = np.square(returns - returns.mean())
    squares /= squares.mean()  # beside a constant of 1 the regression would lose the squares of a quiet series
    yield _unit_root(returns)
    for name, values in (("returns", returns), ("squares", squares)):
        if name == "squares":
            statistic = _robust_portmanteau(returns)
            yield _finding("Lobato-Nankervis-Savin", statistic, stats.chi2.sf(statistic, LAGS), LAGS)
        table = diagnostic.acorr_ljungbox(values, lags=[LAGS])
        yield _finding(f"Ljung-Box, {name}", table["lb_stat"].iloc[0], table["lb_pvalue"].iloc[0], LAGS)
    with warnings.catch_warnings():
        # Squares that repeat themselves leave the coefficients open, not the share that they explain.
        warnings.simplefilter("ignore")
        lagrange = diagnostic.acorr_lm(squares, nlags=LAGS, result_object=True)
    yield _finding("ARCH-LM", lagrange.lm, lagrange.lmpval, LAGS)
    normal = stats.jarque_bera(returns)
    yield _finding("Jarque-Bera", normal.statistic, normal.pvalue, None)


def _unit_root(returns: Array) -> Finding:
    # The search for the lags takes statsmodels seconds, arch a few hundredths.
    unitroot: Any = importlib.import_module("arch.unitroot")
    exceptions: Any = importlib.import_module("arch.utility.exceptions")
    try:
        root = unitroot.ADF(returns, trend="c", method="bic")
        return _finding("ADF", root.stat, root.pvalue, int(root.lags))
    except exceptions.InfeasibleTestException:
        null = MEANINGS["ADF"][0]
        return Finding("ADF", null, math.nan, math.nan, None, "no answer: the returns repeat themselves exactly")


def _robust_portmanteau(returns: Array) -> float:
    """The sum of squared autocovariances, each over the variance that it has whatever the variances of the days are."""
    away, total = returns - returns.mean(), 0.0
    for lag in range(1, LAGS + 1):
        products = away[lag:] * away[:-lag]
        power = float(products @ products)
        total += float(products.sum()) ** 2 / power if power > 0.0 else 0.0
    return total


# Null hypothesis; what it means where it is refuted, and where it is not.
MEANINGS = {
    "ADF": (
        "the returns have a unit root",
        "no unit root: the returns can be modelled as they are",
        "a unit root is not ruled out: the series is too short, or these are no returns of prices",
    ),
    "Ljung-Box, returns": (
        "the returns are not autocorrelated",
        "the returns look autocorrelated, but where volatility clusters this test says so too often: see the next",
        "no autocorrelation of returns: a constant mean will do",
    ),
    "Lobato-Nankervis-Savin": (
        "the returns are not autocorrelated, however their variance clusters",
        "the returns are autocorrelated even allowing for clusters: give the mean an autoregressive term",
        "allowing for clusters, no autocorrelation of returns: a constant mean will do",
    ),
    "Ljung-Box, squares": (
        "the squares are not autocorrelated",
        "the squares are autocorrelated: a volatility model has something to forecast",
        "no memory in the squares: a constant variance may do, and no volatility model will gain much",
    ),
    "ARCH-LM": (
        "the variance does not depend on recent shocks",
        "the variance follows recent shocks: take a GARCH, HAR or fractional model",
        "recent shocks say nothing of the variance: a GARCH model would find no footing",
    ),
    "Jarque-Bera": (
        "the returns are normal",
        "the returns are not normal: trust robust errors, and take tails from Student's t or from past returns",
        "normal tails are not refuted: a normal likelihood is safe",
    ),
}


def _finding(name: str, statistic: Any, p_value: Any, lags: int | None) -> Finding:
    null, refuted, kept = MEANINGS[name]
    p = float(p_value)
    return Finding(name, null, float(statistic), p, lags, refuted if p < SIZE else kept)

"""What daily returns are like, and what that says about the model that they call for."""

import importlib
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vrx._arrays import whole_number
from vrx.econometrics._clusters import clustered_p_value
from vrx.econometrics._law import Array
from vrx.econometrics._returns import checked
from vrx.econometrics.regimes import Breaks, MarkovRegimes, breaks, markov_regimes
from vrx.errors import InputError, require
from vrx.series import Bars

__all__ = ["Diagnosis", "Finding", "Moments", "Segment", "diagnose"]

LEAST = 100
LAGS = 10
# Below this a test speaks.
SIZE = 0.05
# Sizes that differ by a smaller share are equal but for their last digits.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Moments:
    """The moments of daily log returns."""

    mean: float
    standard_deviation: float
    """With n - 1 in the denominator."""
    skewness: float
    kurtosis: float
    """3 for a normal law."""
    least: float
    most: float
    annualised_volatility: float
    """The standard deviation times the root of the days of a year."""


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


@dataclass(frozen=True)
class Segment:
    """A stretch without a break."""

    first: str
    last: str
    days: int
    volatility: float
    """The standard deviation of its returns, per day, decimal."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Everything that the tests say of one series of returns."""

    series: str
    days: tuple[str, ...]
    """The date of each return, or its position in a series without dates."""
    returns: Array
    """Daily log returns, decimal, shape (n,)."""
    periods_per_year: int
    moments: Moments
    findings: tuple[Finding, ...]
    regimes: MarkovRegimes | None
    """None where the returns show none; `notes` says why."""
    breaks: Breaks
    """Of the mean absolute deviation of the returns."""
    clustered_p_value: float | None
    """Of the first of them against a GARCH(1,1) without any, whose clusters may look like breaks; None where the GARCH
    could not be fitted or there is no statistic."""
    segments: tuple[Segment, ...]
    """The stretches between breaks."""
    notes: tuple[str, ...]


def diagnose(bars: Bars, *, regimes: int = 2, level: float = 0.05) -> Diagnosis:
    """Test the daily log returns of a series for all that decides which model of volatility suits it.

    Parameters
    ----------
    bars
        Bars with closes, or with a column of returns; at least 101 of them.
    regimes
        How many regimes of variance, 2 or 3.
    level
        The size of the tests for breaks: 0.10, 0.05, 0.025 or 0.01.

    Raises
    ------
    InputError
        The bars show no returns, or they are too few, constant or no log returns of days.
    MissingExtraError
        statsmodels, scipy or arch is not installed; they come with ``vrx[research]``.

    Notes
    -----
    Dickey and Fuller's test has a constant and the number of lags that Schwarz's criterion prefers (arch);
    portmanteau and ARCH-LM tests have 10 lags, and those of squares are of squared deviations from the mean
    (statsmodels). Of the tests for autocorrelation of the returns themselves, that of Lobato, Nankervis and Savin
    (2001) holds where volatility clusters. A variance that clusters also passes for one that breaks, so the strongest
    single break is measured against 199 paths of a GARCH(1,1) fitted to the returns, with shocks drawn from its own.

    Examples
    --------
    >>> from vrx.series import read
    >>> walk = np.exp(np.cumsum(0.01 * np.random.default_rng(2).normal(size=400)))
    >>> [(one.name, one.rejects) for one in diagnose(read(walk)).findings][:2]
    [('ADF', True), ('Ljung-Box, returns', False)]
    """
    for module in ("scipy", "statsmodels", "arch"):
        require(module, "research", "a diagnosis")
    count = whole_number(regimes, "regimes", 2, 3)
    returns, days = _returns(bars)
    notes = list(bars.notes)
    sizes = np.abs(returns - returns.mean())
    if np.ptp(sizes) <= ROUNDING * sizes.max():
        raise InputError(f"{bars.name}: every return is as large as the next: no test answers, give another series")
    found = breaks(sizes, level=level)
    states: MarkovRegimes | None = None
    try:
        states = markov_regimes(returns, regimes=count)
        notes += [states.note] * bool(states.note)
    except InputError as error:
        notes.append(f"no regimes: {error}")
    return Diagnosis(
        series=bars.name,
        days=days,
        returns=returns,
        periods_per_year=bars.periods_per_year,
        moments=_moments(returns, bars.periods_per_year),
        findings=tuple(_findings(returns)),
        regimes=states,
        breaks=found,
        clustered_p_value=clustered_p_value(returns, float(found.sup_f[0])),
        segments=tuple(_segments(returns, days, found.starts)),
        notes=tuple(notes),
    )


def _returns(bars: Bars) -> tuple[Array, tuple[str, ...]]:
    days = tuple(map(str, range(len(bars)) if bars.dates is None else bars.dates))
    if "close" in bars:
        values, days = np.diff(np.log(bars["close"])), days[1:]
    elif "return" in bars:
        values = np.array(bars["return"])
    else:
        raise InputError(f"{bars.name}: no returns in {', '.join(bars.columns)}: name the closes, as in y=close")
    try:
        return checked(values, LEAST), days
    except InputError as error:
        raise InputError(f"{bars.name}: {error}") from None


def _moments(returns: Array, periods_per_year: int) -> Moments:
    away = returns - returns.mean()
    second = float(np.mean(away**2))
    spread = float(returns.std(ddof=1))
    return Moments(
        mean=float(returns.mean()),
        standard_deviation=spread,
        skewness=float(np.mean(away**3)) / second**1.5,
        kurtosis=float(np.mean(away**4)) / second**2,
        least=float(returns.min()),
        most=float(returns.max()),
        annualised_volatility=spread * math.sqrt(periods_per_year),
    )


def _findings(returns: Array) -> Iterator[Finding]:
    """The tests in the order in which a model is chosen: level, mean, variance, law."""
    diagnostic: Any = importlib.import_module("statsmodels.stats.diagnostic")
    stats: Any = importlib.import_module("scipy.stats")
    squares = np.square(returns - returns.mean())
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


def _segments(returns: Array, days: tuple[str, ...], starts: tuple[int, ...]) -> Iterator[Segment]:
    for first, last in zip((0, *starts), (*starts, len(returns)), strict=True):
        yield Segment(days[first], days[last - 1], last - first, float(returns[first:last].std(ddof=1)))

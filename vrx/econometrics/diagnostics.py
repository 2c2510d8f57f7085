"""What daily returns are like, and what that says about the model that they call for."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vrx._arrays import whole_number
from vrx.econometrics._clusters import clustered_p_value
from vrx.econometrics._findings import Finding, findings
from vrx.econometrics._law import Array
from vrx.econometrics._returns import checked
from vrx.econometrics.regimes import Breaks, MarkovRegimes, breaks, markov_regimes
from vrx.errors import InputError, require
from vrx.series import Bars

__all__ = ["Diagnosis", "Finding", "Moments", "Segment", "diagnose"]

LEAST = 100
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
        findings=tuple(findings(returns)),
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


def _segments(returns: Array, days: tuple[str, ...], starts: tuple[int, ...]) -> Iterator[Segment]:
    for first, last in zip((0, *starts), (*starts, len(returns)), strict=True):
        yield Segment(days[first], days[last - 1], last - first, float(returns[first:last].std(ddof=1)))

"""Whether forecasts of risk were right: tests of how many days exceeded them, on which days, and by how much."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_number, real_numbers, refuse, whole_number
from vrx.econometrics._law import Array
from vrx.econometrics.risk import RiskForecast
from vrx.errors import InputError, require

__all__ = ["Backtest", "RiskTest", "acerbi_szekely", "backtest", "christoffersen", "dynamic_quantile", "kupiec"]

# Uniform numbers of the simulation that are in memory together.
_TOGETHER = 1 << 22


@dataclass(frozen=True)
class RiskTest:
    """A statistic and how probable one as bad is where the forecasts are right."""

    statistic: float
    p_value: float
    degrees: int | None = None
    """Of freedom of the chi-squared law that the p-value is from; None where it is from simulation."""


@dataclass(frozen=True)
class Backtest:
    """All tests of one forecast of risk."""

    days: int
    expected: float
    """The exceedances to be expected: days times level."""
    exceedances: int
    kupiec: RiskTest
    """As many exceedances as there should be?"""
    independence: RiskTest
    """As probable after an exceedance as otherwise?"""
    conditional: RiskTest
    """Both at once."""
    dynamic_quantile: RiskTest
    """Foreseeable from past exceedances and the value at risk?"""
    z1: RiskTest
    """As deep as the expected shortfall says, given that there are any?"""
    z2: RiskTest
    """As many and as deep?"""


def backtest(risk: RiskForecast, *, lags: int = 4, simulations: int = 10_000, seed: int = 0) -> Backtest:
    """Put a forecast of risk to all tests.

    Parameters
    ----------
    risk
        What :func:`risk_forecast` returned.
    lags
        The past exceedances in the dynamic quantile test.
    simulations, seed
        Of the Acerbi-Szekely tests.

    Examples
    --------
    >>> from vrx.econometrics import risk_forecast
    >>> returns = 0.01 * np.random.default_rng(3).standard_normal(1500)
    >>> found = backtest(risk_forecast(returns, np.full(1500, 0.01), law="normal", level=0.05))
    >>> found.days, round(found.expected, 1), found.exceedances, round(found.kupiec.p_value, 3)
    (1248, 62.4, 50, 0.096)
    """
    if not isinstance(risk, RiskForecast):
        raise InputError(f"risk is a {type(risk).__name__}: pass what risk_forecast returned")
    hits = risk.exceedances
    independence, conditional = christoffersen(hits, risk.level)
    z1, z2 = acerbi_szekely(risk, simulations=simulations, seed=seed)
    quantile = dynamic_quantile(hits, risk.var[: len(hits)], risk.level, lags=lags)
    count = (len(hits), len(hits) * risk.level, int(hits.sum()))
    return Backtest(*count, kupiec(hits, risk.level), independence, conditional, quantile, z1, z2)


def kupiec(exceedances: ArrayLike, level: float) -> RiskTest:
    """Test whether exceedances are as frequent as they should be (Kupiec 1995), against chi-squared with 1 degree.

    Parameters
    ----------
    exceedances
        Whether each day's loss exceeded its value at risk, shape (days,).
    level
        The probability that it should.

    References
    ----------
    Kupiec (1995), Techniques for verifying the accuracy of risk measurement models, Journal of Derivatives 3, 73-84.

    Examples
    --------
    >>> found = kupiec(np.arange(250) < 6, 0.01)
    >>> round(found.statistic, 3), round(found.p_value, 3)
    (3.555, 0.059)
    """
    hits, share = _hits(exceedances, 1), _level(level)
    days, count = len(hits), int(hits.sum())
    free = _log_likelihood(days - count, count, count / days)
    return _chi_squared(2.0 * (free - _log_likelihood(days - count, count, share)), 1)


def christoffersen(exceedances: ArrayLike, level: float) -> tuple[RiskTest, RiskTest]:
    """Test whether exceedances come independently of the day before, and whether that and their frequency hold.

    Parameters
    ----------
    exceedances
        Whether each day's loss exceeded its value at risk, in order, shape (days,); at least 2 days.
    level
        The probability that it should.

    Returns
    -------
    independence, conditional : RiskTest
        A Markov chain against independence, chi-squared with 1 degree; and conditional coverage, which is the sum of
        that statistic and Kupiec's, with 2.

    References
    ----------
    Christoffersen (1998), Evaluating interval forecasts, International Economic Review 39, 841-862.

    Examples
    --------
    >>> independence, conditional = christoffersen(np.arange(250) % 125 < 3, 0.01)
    >>> round(independence.statistic, 2), round(conditional.statistic, 2)
    (28.36, 31.91)
    """
    hits = _hits(exceedances, 2)
    before, after = hits[:-1], hits[1:]
    stay, rise = int(np.sum(~before & ~after)), int(np.sum(~before & after))
    fall, again = int(np.sum(before & ~after)), int(np.sum(before & after))
    chain = _log_likelihood(stay, rise, _share(rise, stay)) + _log_likelihood(fall, again, _share(again, fall))
    one = _log_likelihood(stay + fall, rise + again, _share(rise + again, stay + fall))
    independence = _chi_squared(2.0 * (chain - one), 1)
    return independence, _chi_squared(independence.statistic + kupiec(hits, level).statistic, 2)


def dynamic_quantile(exceedances: ArrayLike, var: ArrayLike, level: float, *, lags: int = 4) -> RiskTest:
    """Test whether past exceedances or the value at risk itself foretell exceedances (Engle and Manganelli 2004).

    Parameters
    ----------
    exceedances
        Whether each day's loss exceeded its value at risk, in order, shape (days,).
    var
        The value at risk of those days, shape (days,).
    level
        The probability of an exceedance.
    lags
        The past days whose exceedances may foretell; at least 1.

    Returns
    -------
    RiskTest
        The regression of what exceedances have beyond `level` on a constant, their `lags` last values and the value
        at risk; chi-squared with as many degrees as these are linearly independent, ``lags + 2`` as a rule.

    References
    ----------
    Engle and Manganelli (2004), CAViaR, Journal of Business and Economic Statistics 22, 367-381.

    Examples
    --------
    >>> var = 0.01 + 0.001 * np.sin(np.arange(250))
    >>> found = dynamic_quantile(np.arange(250) % 125 < 3, var, 0.01)
    >>> round(found.statistic, 2), found.degrees
    (154.42, 6)
    """
    past = whole_number(lags, "lags", 1)
    hits, share, risk = _hits(exceedances, 2 * past + 3), _level(level), real_numbers(var, "var")
    if risk.shape != hits.shape:
        raise InputError(f"var has shape {risk.shape}: pass one for each of the {len(hits)} exceedances")
    refuse("var", risk, ~np.isfinite(risk), "no value at risk: leave the day out")
    beyond = hits - share
    lagged = [beyond[past - lag : len(beyond) - lag] for lag in range(1, past + 1)]
    # A value at risk of about 1 has its say in the rank on equal terms; its unit moves no fitted value.
    size = float(np.max(np.abs(risk))) or 1.0
    regressors = np.stack([np.ones(len(beyond) - past), *lagged, risk[past:] / size], axis=1)
    slopes, _, rank, _ = np.linalg.lstsq(regressors, beyond[past:], rcond=None)
    fitted = regressors @ slopes
    return _chi_squared(float(fitted @ fitted) / (share * (1.0 - share)), int(rank))


def acerbi_szekely(risk: RiskForecast, *, simulations: int = 10_000, seed: int = 0) -> tuple[RiskTest, RiskTest]:
    r"""Test whether losses beyond the value at risk are as deep as the expected shortfall says.

    Parameters
    ----------
    risk
        What :func:`risk_forecast` returned.
    simulations
        How often all days are simulated under the law that made the forecast, at least 100.
    seed
        Equal seeds give equal bits.

    Returns
    -------
    z1, z2 : RiskTest
        Both are 0 on average where the forecasts are right and negative where losses are deeper; the p-values are the
        shares of simulations with a statistic as low, these days included. Without an exceedance Z1 is NaN.

    Notes
    -----
    .. math:: Z_1 = 1 - \frac{1}{N} \sum_{t \in hits} \frac{-r_t}{ES_t}, \quad
              Z_2 = 1 - \frac{1}{T p} \sum_{t \in hits} \frac{-r_t}{ES_t}

    with N exceedances on T days of level p. Simulations without an exceedance do not count for Z1.

    References
    ----------
    Acerbi and Szekely (2014), Back-testing expected shortfall, Risk, December.

    Examples
    --------
    >>> from vrx.econometrics import risk_forecast
    >>> returns = 0.012 * np.random.default_rng(3).standard_normal(1500)
    >>> z1, z2 = acerbi_szekely(risk_forecast(returns, np.full(1500, 0.01), law="normal", level=0.05))
    >>> z1.statistic < 0.0, z2.p_value < 0.01
    (True, True)
    """
    many, random = whole_number(simulations, "simulations", 100), np.random.default_rng(whole_number(seed, "seed", 0))
    hits = risk.exceedances
    days, expected = len(hits), len(hits) * risk.level
    depth = float(np.sum(-risk.returns[hits] / risk.es[:days][hits]))
    count = int(hits.sum())
    counts, depths = _simulated(risk, many, random)
    some = counts > 0
    z2 = _lower(1.0 - depth / expected, 1.0 - depths / expected)
    if count == 0:
        return RiskTest(math.nan, math.nan), z2
    return _lower(1.0 - depth / count, 1.0 - depths[some] / counts[some]), z2


def _simulated(risk: RiskForecast, many: int, random: np.random.Generator) -> tuple[Array, Array]:
    """How many exceedances every simulation has, and the sum of their losses over the expected shortfall."""
    days, level = len(risk.returns), risk.level
    shortfall = risk.tails.shortfall(level)
    counts, depths = np.empty(many), np.empty(many)
    rows = max(1, _TOGETHER // days)
    for begin in range(0, many, rows):
        size = min(rows, many - begin)
        # Above 0 and up to 1; only the days below the level need their shock, and sigma cancels from its depth.
        uniform = 1.0 - random.random((size, days))
        row, day = np.nonzero(uniform < level)
        deep = risk.tails.quantile(uniform[row, day], day) / shortfall[day]
        counts[begin : begin + size] = np.bincount(row, minlength=size)
        depths[begin : begin + size] = np.bincount(row, deep, minlength=size)
    return counts, depths


def _lower(statistic: float, simulated: Array) -> RiskTest:
    return RiskTest(statistic, (1.0 + int(np.sum(simulated <= statistic))) / (1.0 + len(simulated)))


def _chi_squared(statistic: float, degrees: int) -> RiskTest:
    stats: Any = require("scipy.stats", "research", "a backtest")
    # Rounding may leave a hair below 0 where the data are just as expected.
    positive = max(statistic, 0.0)
    return RiskTest(positive, float(stats.chi2.sf(positive, degrees)), degrees)


def _log_likelihood(no: int, yes: int, probability: float) -> float:
    """Of so many days without and with an exceedance, where what never happens has no say."""
    quiet = no * math.log1p(-probability) if no else 0.0
    return quiet + (yes * math.log(probability) if yes else 0.0)


def _share(yes: int, no: int) -> float:
    return yes / (yes + no) if yes + no else 0.0


def _level(level: float) -> float:
    return real_number(level, "level", 0.0, 1.0, inside=True, noun="a probability")


def _hits(exceedances: ArrayLike, least: int) -> NDArray[np.bool_]:
    hits = np.asarray(exceedances)
    if hits.dtype != np.bool_ or hits.ndim != 1:
        raise InputError(f"exceedances has dtype {hits.dtype} and shape {hits.shape}: pass True or False for each day")
    if len(hits) < least:
        raise InputError(f"{len(hits)} days are too few: pass at least {least}")
    return hits

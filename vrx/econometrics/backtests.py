"""Whether forecasts of risk were right: tests of how many days exceeded them, on which days, and by how much."""

import math
from dataclasses import dataclass

import numpy as np

from vrx._arrays import whole_number
from vrx.econometrics._coverage import RiskTest, christoffersen, dynamic_quantile, kupiec
from vrx.econometrics._law import Array
from vrx.econometrics.risk import RiskForecast
from vrx.errors import InputError

__all__ = ["Backtest", "RiskTest", "acerbi_szekely", "backtest", "christoffersen", "dynamic_quantile", "kupiec"]

# Uniform numbers of the simulation that are in memory together.
_TOGETHER = 1 << 22


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
    hits = _forecast(risk).exceedances
    independence, conditional = christoffersen(hits, risk.level)
    z1, z2 = acerbi_szekely(risk, simulations=simulations, seed=seed)
    quantile = dynamic_quantile(hits, risk.var[: len(hits)], risk.level, lags=lags)
    count = (len(hits), len(hits) * risk.level, int(hits.sum()))
    return Backtest(*count, kupiec(hits, risk.level), independence, conditional, quantile, z1, z2)


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
    hits = _forecast(risk).exceedances
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


def _forecast(risk: RiskForecast) -> RiskForecast:
    if not isinstance(risk, RiskForecast):
        raise InputError(f"risk is a {type(risk).__name__}: pass what risk_forecast returned")
    return risk

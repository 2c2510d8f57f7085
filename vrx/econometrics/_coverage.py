"""Tests of the days whose loss exceeded the value at risk: how many they are, and whether they could be foreseen."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_number, real_numbers, refuse, whole_number
from vrx.errors import InputError, require

__all__ = ["RiskTest", "christoffersen", "dynamic_quantile", "kupiec"]


@dataclass(frozen=True)
class RiskTest:
    """A statistic and how probable one as bad is where the forecasts are right."""

    statistic: float
    p_value: float
    degrees: int | None = None
    """Of freedom of the chi-squared law that the p-value is from; None where it is from simulation."""


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

    Notes
    -----
    The chi-squared law is that of many exceedances. Of 1,500 right forecasts the test refuted 17% at 5% where 5
    exceedances were to be expected (500 days at 1%), 10% where 25 were at 1%, and 5% where 25 were at 5%.

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

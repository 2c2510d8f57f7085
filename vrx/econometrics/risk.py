"""Value at risk and expected shortfall of every day, from a forecast of its volatility and a law of its shocks."""

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_number, real_numbers, refuse, shown, whole_number
from vrx.econometrics._law import Array
from vrx.econometrics._returns import checked
from vrx.econometrics._tails import HistoricalTails, StudentTails, Tails, historical, student
from vrx.errors import InputError

__all__ = ["RiskForecast", "RiskLaw", "risk_forecast"]

RiskLaw: TypeAlias = Literal["normal", "student", "historical"]

# Fewer shocks than these say nothing of how thick their tails are.
LEAST = 100
# The square of a return over a smaller sigma would be infinite.
SMALLEST = 1e-150


@dataclass(frozen=True, eq=False)
class RiskForecast:
    """Value at risk and expected shortfall, day by day, each as known the day before.

    Losses are positive: a `var` of 0.02 says that the log return falls below -0.02 with the probability `level`.
    """

    law: RiskLaw
    level: float
    """The probability of an exceedance."""
    start: int
    """The day of the returns that the first forecast is of."""
    returns: Array
    """The returns from that day on, shape (days,)."""
    var: Array
    """The value at risk, decimal, shape (days,), or (days + 1,) where sigma went on to the day after the last."""
    es: Array
    """The expected shortfall, the mean loss of the worst `level` of cases; decimal, same shape."""
    tails: StudentTails | HistoricalTails = field(repr=False)
    """The law of the shocks of each of those days."""

    @property
    def exceedances(self) -> NDArray[np.bool_]:
        """The days whose loss exceeded the value at risk, shape (days,)."""
        return self.returns < -self.var[: len(self.returns)]


def risk_forecast(
    returns: ArrayLike,
    sigma: ArrayLike,
    *,
    law: RiskLaw = "student",
    level: float = 0.01,
    start: int = 252,
    window: int | None = None,
    refit: int = 21,
) -> RiskForecast:
    r"""Forecast value at risk and expected shortfall from the volatility of every day.

    Parameters
    ----------
    returns
        Daily log returns in decimals, oldest first, shape (n,).
    sigma
        The volatility of each day as known the day before, decimal, such as ``result.sigma``; shape (n,), or (n + 1,)
        with that of the day after the last.
    law
        Of the shocks ``z = returns / sigma``. ``"normal"``; ``"student"``, Student's t of variance 1 whose degrees of
        freedom are fitted to the shocks before the day; ``"historical"``, those shocks themselves (filtered historical
        simulation).
    level
        The probability of an exceedance, above 0 and below 0.5.
    start
        The first day that is forecast, counted from 0. The shocks before it serve the law.
    window
        The last so many shocks count; by default all before the day.
    refit
        The degrees of freedom are fitted anew after so many days.

    Returns
    -------
    RiskForecast
        What comes on a day or after it changes no bit of its forecast, if that holds for `sigma`.

    Raises
    ------
    InputError
        An argument is out of range, the shapes do not fit, or there are too few days.
    MissingExtraError
        SciPy is not installed; it comes with ``vrx[research]``.

    Notes
    -----
    The quantile of n historical shocks has the rank ``level * (n + 1)``, between two of them by interpolation: a new
    shock of the same law falls below it with about that probability, and with just that where the rank is whole.
    Shortfalls are means of the same quantiles over all probabilities up to `level`.

    References
    ----------
    Barone-Adesi, Giannopoulos and Vosper (1999), VaR without correlations for portfolios of derivative securities,
    Journal of Futures Markets 19, 583-602. McNeil, Frey and Embrechts (2015), Quantitative Risk Management, 2.3.

    Examples
    --------
    >>> returns = 0.01 * np.random.default_rng(3).standard_normal(600)
    >>> risk = risk_forecast(returns, np.full(601, 0.01), law="normal", level=0.05, start=100)
    >>> round(float(risk.var[0]), 5), round(float(risk.es[0]), 5), risk.var.shape
    (0.01645, 0.02063, (501,))
    >>> int(risk.exceedances.sum())
    20
    """
    if law not in get_args(RiskLaw):
        raise InputError(f"law is {shown(law)}: use 'normal', 'student' or 'historical'")
    share = real_number(level, "level", 0.0, 0.5, inside=True, noun="a probability")
    first, every = whole_number(start, "start", 1), whole_number(refit, "refit", 1)
    values = checked(returns, first + 1)
    volatility = _volatility(sigma, len(values))
    shocks = values / volatility[: len(values)]
    tails = _tails(law, shocks, (first, len(volatility)), share, window, every)
    ahead, days = volatility[first:], np.arange(len(volatility) - first)
    var, es = -ahead * tails.quantile(np.full(len(days), share), days), -ahead * tails.shortfall(share)
    refuse("the value at risk", var, ~(var > 0.0), "no loss: past shocks hardly fall below 0, pass returns that do")
    return RiskForecast(law, share, first, values[first:], var, es, tails)


def _tails(law: RiskLaw, shocks: Array, days: tuple[int, int], level: float, window: int | None, refit: int) -> Tails:
    """The law of the shocks of each of the days from the first to before the second."""
    start, end = days
    if law == "normal":
        if window is not None:
            raise InputError("window is given, but the normal law takes nothing from past shocks: leave it out")
        return StudentTails(np.full(end - start, math.inf))
    fewest = LEAST if law == "student" else max(LEAST, math.ceil(1.0 / level))
    last = None if window is None else whole_number(window, "window", fewest)
    if start < fewest:
        raise InputError(f"start is {start}: the {law} law needs at least {fewest} shocks before the first day")
    return student(shocks, start, end, last, refit) if law == "student" else historical(shocks, start, end, last, level)


def _volatility(sigma: ArrayLike, n: int) -> Array:
    """Sigma of n days, or of the day after the last too."""
    volatility = real_numbers(sigma, "sigma")
    if volatility.shape not in ((n,), (n + 1,)):
        raise InputError(f"sigma has shape {volatility.shape}: pass one for each of the {n} returns, or one more")
    wrong = ~((volatility > SMALLEST) & np.isfinite(volatility))
    refuse("sigma", volatility, wrong, "a volatility is positive and finite: correct it, or leave the day out")
    return volatility

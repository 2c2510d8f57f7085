"""The Sharpe ratio, what it lacks in precision, and the difference of two."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_array, refuse, whole_number
from vrx.econometrics._law import Array
from vrx.errors import InputError

__all__ = ["TRADING_DAYS", "SharpeRatio", "sharpe_difference", "sharpe_ratio"]

TRADING_DAYS = 252


@dataclass(frozen=True)
class SharpeRatio:
    """A Sharpe ratio, or the difference of two, per year."""

    ratio: float
    error: float
    """Its standard error."""

    @property
    def t(self) -> float:
        """The ratio over its error; NaN where the error is 0, as of a strategy less itself."""
        return self.ratio / self.error if self.error > 0.0 else math.nan


def sharpe_ratio(returns: ArrayLike, *, lags: int | None = None) -> SharpeRatio:
    r"""Mean over standard deviation, per year, with the standard error of Lo (2002).

    Parameters
    ----------
    returns
        Simple returns of days beyond those of cash, shape (days,); at least 3.
    lags
        The days over which returns and their squares may be correlated, for the error; by default
        ``4 * (days / 100)**(2 / 9)``, and 0 takes them for independent.

    Returns
    -------
    SharpeRatio
        Times the root of 252, which is right for returns without correlation.

    Raises
    ------
    InputError
        The returns do not vary or are too few.

    Notes
    -----
    Lo's generalised method of moments: the ratio s moves with a day's return by
    :math:`\psi = z - \frac{s}{2}(z^2 - 1)`, z the standardised return, and the error is that of the mean of these, with
    the weights of Newey and West (1987). For independent normal returns it is Lo's :math:`\sqrt{(1 + s^2/2) / T}`.

    References
    ----------
    Lo (2002), The statistics of Sharpe ratios, Financial Analysts Journal 58 (4), 36-52.

    Examples
    --------
    >>> found = sharpe_ratio(0.01 * np.random.default_rng(3).standard_normal(2520) + 0.0005)
    >>> 0.0 < found.ratio < 2.0, round(found.error, 1)
    (True, 0.3)
    """
    ratio, influence = _influence(returns)
    return _annual(ratio, influence, lags)


def sharpe_difference(returns: ArrayLike, others: ArrayLike, *, lags: int | None = None) -> SharpeRatio:
    """The Sharpe ratio of one strategy less that of another on the same days, with the error of the difference.

    Strategies on one market gain and lose together, so that their difference is known better than each.

    Parameters
    ----------
    returns, others
        Simple returns of the same days, shape (days,).
    lags
        As in :func:`sharpe_ratio`.

    References
    ----------
    Ledoit and Wolf (2008), Robust performance hypothesis testing with the Sharpe ratio, Journal of Empirical Finance
    15, 850-859, with their HAC errors.

    Examples
    --------
    >>> returns = 0.01 * np.random.default_rng(3).standard_normal(2520)
    >>> found = sharpe_difference(returns + 0.0001, returns)
    >>> round(found.ratio, 2), found.error < 0.01
    (0.16, True)
    """
    (one, first), (other, second) = _influence(returns), _influence(others)
    if len(first) != len(second):
        raise InputError(f"{len(first)} and {len(second)} returns: pass those of the same days")
    return _annual(one - other, first - second, lags)


def _influence(returns: ArrayLike) -> tuple[float, Array]:
    """The Sharpe ratio of a day, and what every day contributes to its error."""
    values = real_array(returns, dimensions=(1,))
    refuse("returns", values, np.isnan(values), "a day without a return: leave the day out")
    deviation = float(values.std()) if len(values) else 0.0
    # Of equal returns rounding may leave a deviation, and of the smallest ones none.
    if len(values) < 3 or np.all(values == values[0]) or not deviation > 0.0:
        raise InputError(f"{len(values)} returns, too few or all alike: pass at least 3 that vary")
    mean = float(values.mean())
    shocks, ratio = (values - mean) / deviation, mean / deviation
    return ratio, shocks - 0.5 * ratio * (np.square(shocks) - 1.0)


def _annual(ratio: float, influence: Array, lags: int | None) -> SharpeRatio:
    days = len(influence)
    most = int(4.0 * (days / 100.0) ** (2.0 / 9.0)) if lags is None else whole_number(lags, "lags", 0)
    if most >= days:
        raise InputError(f"lags is {most}: use fewer than the {days} days")
    variance = float(influence @ influence) / days
    for lag in range(1, most + 1):
        variance += 2.0 * (1.0 - lag / (most + 1.0)) * float(influence[lag:] @ influence[:-lag]) / days
    root = math.sqrt(TRADING_DAYS)
    return SharpeRatio(root * ratio, root * math.sqrt(max(variance, 0.0) / days))

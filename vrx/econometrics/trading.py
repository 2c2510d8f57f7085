"""What a forecast of volatility is worth to a trader: positions, their costs, and what came of them."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_array, real_number, real_numbers, refuse, whole_number
from vrx.econometrics._law import Array
from vrx.econometrics._returns import checked
from vrx.econometrics._sharpe import TRADING_DAYS, SharpeRatio, sharpe_difference, sharpe_ratio
from vrx.errors import InputError

__all__ = [
    "SharpeRatio",
    "Trades",
    "sharpe_difference",
    "sharpe_ratio",
    "trade",
    "volatility_direction",
    "volatility_target",
]


def volatility_target(sigma: ArrayLike, target: float, *, cap: float = 1.0) -> Array:
    """Hold so much of an asset that the position has the same volatility every day.

    Parameters
    ----------
    sigma
        The volatility of each day as known the day before, decimal, shape (days,).
    target
        The volatility to be had, decimal per day: 10% per year are ``0.1 / 252**0.5``.
    cap
        The largest position; 1 borrows nothing.

    Returns
    -------
    ndarray, shape (days,)
        ``min(target / sigma, cap)``, the share of the wealth that is held during each day.

    Raises
    ------
    InputError
        A volatility is not positive, or target or cap are not.

    Examples
    --------
    >>> volatility_target([0.005, 0.01, 0.02], 0.01, cap=1.5)
    array([1.5, 1. , 0.5])
    """
    wanted = real_number(target, "target", 0.0, inside=True)
    most = real_number(cap, "cap", 0.0, inside=True)
    return np.asarray(np.minimum(wanted / _volatility(sigma), most))


def volatility_direction(sigma: ArrayLike, *, window: int = 1, calm: float = 1.0, wild: float = 0.0) -> Array:
    """Hold one position where volatility is forecast to fall and another where it is forecast to rise.

    Parameters
    ----------
    sigma
        The volatility of each day as known the day before, decimal, shape (days,).
    window
        A forecast rises or falls against the mean of the last so many forecasts before it.
    calm, wild
        The positions for falling or even, and for rising volatility, as shares of the wealth: 1 and 0 leave the market
        when volatility rises, 1 and -1 bet against it.

    Returns
    -------
    ndarray, shape (days,)
        The first `window` days have nothing to compare with and no position.

    Raises
    ------
    InputError
        A volatility is not positive, or there are no more days than the window.

    Examples
    --------
    >>> volatility_direction([0.010, 0.012, 0.011, 0.011, 0.015])
    array([0., 0., 1., 1., 0.])
    """
    volatility, size = _volatility(sigma), whole_number(window, "window", 1)
    held = [real_number(calm, "calm"), real_number(wild, "wild")]
    if len(volatility) <= size:
        raise InputError(f"{len(volatility)} days are too few for a window of {size}: pass more")
    before = np.lib.stride_tricks.sliding_window_view(volatility[:-1], size).mean(axis=1)
    positions = np.zeros(len(volatility))
    positions[size:] = np.where(volatility[size:] <= before, *held)
    return positions


@dataclass(frozen=True, eq=False)
class Trades:
    """What came of positions."""

    returns: Array = field(repr=False)
    """The simple return of every day after costs, shape (days,)."""
    wealth: Array = field(repr=False)
    """At the end of every day, of 1 before the first, shape (days,)."""
    costs: float
    """The sum of the costs, each as a share of the wealth of its day."""
    turnover: float
    """What is traded in a year of 252 days, in shares of the wealth; buying and selling all of it is 2."""
    sharpe: SharpeRatio
    """Of the returns after costs, without interest on what is not held."""

    @property
    def roi(self) -> float:
        """The return on investment: the gain from the first day to the last, 0.1 is 10%."""
        return float(self.wealth[-1]) - 1.0

    @property
    def annual_return(self) -> float:
        """The gain per year of 252 days, compounded."""
        return math.pow(float(self.wealth[-1]), TRADING_DAYS / len(self.wealth)) - 1.0

    @property
    def drawdown(self) -> float:
        """The largest loss from a peak of the wealth to a later day, as a share of the peak."""
        path = np.append(1.0, self.wealth)
        return float(np.max(1.0 - path / np.maximum.accumulate(path)))


def trade(positions: ArrayLike, returns: ArrayLike, *, cost: float = 0.0005, lags: int | None = None) -> Trades:
    """Hold positions in one asset and pay for every change.

    Parameters
    ----------
    positions
        The share of the wealth held during each day, shape (days,), negative for short; decided on what is known the
        day before, as :func:`volatility_target` does.
    returns
        The log returns of the same days, decimal, shape (days,).
    cost
        Of a trade, as a share of what is traded: 0.0005 are 5 basis points.
    lags
        As in :func:`sharpe_ratio`.

    Returns
    -------
    Trades
        The first day buys its position; that of the last day is not sold. What is held moves with the market, so that
        a constant share between 0 and 1 needs trades too.

    Raises
    ------
    InputError
        The shapes differ, a position is not finite, a day loses all wealth, or nothing is ever held.

    Examples
    --------
    >>> returns = 0.01 * np.random.default_rng(3).standard_normal(500) + 0.0005
    >>> found = trade(volatility_target(np.full(500, 0.01), 0.01), returns)
    >>> round(found.roi, 3) == round(float(np.exp(returns.sum())) * (1 - 0.0005) - 1, 3), round(found.turnover, 2)
    (True, 0.5)
    """
    values, held = checked(returns, 3), real_array(positions, dimensions=(1,))
    if held.shape != values.shape:
        raise InputError(f"positions has shape {held.shape}: pass one for each of the {len(values)} returns")
    refuse("positions", held, np.isnan(held), "no position: use 0 for none")
    fee = real_number(cost, "cost", 0.0, 0.5)
    simple = np.expm1(values)
    gross = 1.0 + held * simple
    refuse("1 + position * return", gross, ~(gross > 0.0), "the end of all wealth: use smaller positions")
    # The share that yesterday's position has become, before it is brought to today's.
    drifted = np.append(0.0, held[:-1] * (1.0 + simple[:-1]) / gross[:-1])
    traded = np.abs(held - drifted)
    kept = 1.0 - fee * traded
    refuse("1 - cost * trade", kept, ~(kept > 0.0), "the end of all wealth: use smaller positions or costs")
    net = kept * gross - 1.0
    if np.all(net == net[0]):
        raise InputError(f"all days return {net[0]:g}: a Sharpe ratio needs returns that vary, hold something")
    turnover = float(traded.mean()) * TRADING_DAYS
    return Trades(net, np.cumprod(1.0 + net), float(fee * traded.sum()), turnover, sharpe_ratio(net, lags=lags))


def _volatility(sigma: ArrayLike) -> Array:
    volatility = real_numbers(sigma, "sigma")
    if volatility.ndim != 1:
        raise InputError(f"sigma has shape {volatility.shape}: pass one volatility per day")
    wrong = ~((volatility > 0.0) & np.isfinite(volatility))
    refuse("sigma", volatility, wrong, "a volatility is positive and finite: correct it, or leave the day out")
    return volatility

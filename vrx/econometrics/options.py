"""Prices of options: by the formula of Black and Scholes, and from simulated paths of volatility."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_array, real_number, real_numbers, refuse, whole_number
from vrx.econometrics._black_scholes import black_scholes, implied_volatility
from vrx.econometrics._law import Array
from vrx.econometrics.result import Result
from vrx.errors import InputError
from vrx.fractional import rough_bergomi

__all__ = [
    "SimulatedPrice",
    "at_the_money_call",
    "black_scholes",
    "fractional_call",
    "implied_volatility",
    "rough_bergomi_call",
    "simulated_call",
]

TRADING_DAYS = 252
# The 30 days of the VIX are days of the calendar, and about 21 of trading.
MONTH, MONTH_DAYS = 30.0 / 365.0, 21


def at_the_money_call(volatility: ArrayLike, *, spot: ArrayLike = 1.0, rate: ArrayLike = 0.0) -> Array:
    """Price calls of 30 calendar days struck at the spot price, from their volatility.

    Parameters
    ----------
    volatility
        Decimal per year: of a model's mean daily variance of the next 21 days it is ``sqrt(252 * variance)``.
    spot, rate
        As in :func:`black_scholes`.

    Examples
    --------
    >>> variance = 1e-4
    >>> round(float(at_the_money_call(np.sqrt(252 * variance), spot=100.0)), 3)
    1.815
    """
    return black_scholes(spot, spot, MONTH, volatility, rate=rate)


@dataclass(frozen=True)
class SimulatedPrice:
    """The price of a call from simulated paths, as a share of the discounted forward price."""

    price: float
    error: float
    """Its standard error."""
    paths: int
    strike: float
    """As a share of the forward price."""
    days: int
    """Of trading to expiry."""

    @property
    def volatility(self) -> float:
        """The volatility that it implies, decimal per year of 252 days."""
        return float(implied_volatility(self.price, 1.0, self.strike, self.days / TRADING_DAYS))


def simulated_call(
    terminal: ArrayLike, *, strike: float = 1.0, days: int = MONTH_DAYS, mirrored: bool = False
) -> SimulatedPrice:
    """Price a call from prices at its expiry.

    Parameters
    ----------
    terminal
        The price at the end of each path, as a share of the forward price, shape (paths,); their mean should be 1.
    strike
        As a share of the forward price.
    days
        Of trading to expiry; they only serve the implied volatility.
    mirrored
        Whether the second half of the paths mirrors the first, so that only pairs are independent of each other. Then
        the number of paths is even.

    Raises
    ------
    InputError
        A price is negative or not finite, or there are fewer than 4.

    Examples
    --------
    >>> shocks = np.random.default_rng(3).standard_normal(5_000)
    >>> found = simulated_call(np.exp(0.05 * np.append(shocks, -shocks) - 0.00125), mirrored=True)
    >>> round(found.price, 3), found.error < 0.0004
    (0.02, True)
    """
    ends = real_array(terminal, dimensions=(1,))
    level, ahead = real_number(strike, "strike", 0.0, inside=True), whole_number(days, "days", 1)
    refuse("terminal", ends, ~(ends >= 0.0), "no price: leave the path out")
    if len(ends) < 4 or (mirrored and len(ends) % 2):
        raise InputError(f"{len(ends)} paths: pass at least 4, and an even number where half of them mirror the others")
    payoff = np.maximum(ends - level, 0.0)
    if mirrored:
        payoff = payoff.reshape(2, -1).mean(axis=0)
    error = float(payoff.std(ddof=1)) / math.sqrt(len(payoff))
    return SimulatedPrice(float(payoff.mean()), error, len(ends), level, ahead)


def fractional_call(
    result: Result, *, strike: float = 1.0, days: int = MONTH_DAYS, paths: int = 10_000, seed: int = 0
) -> SimulatedPrice:
    """Price a call from simulated days of a fitted dynamic fractional model.

    Half of the paths mirror the others. Equal seeds give the same shocks whatever the day and the parameters, so that
    prices of several days or fitted models differ by less noise than each has.

    Parameters
    ----------
    result
        What ``DynamicFractionalVolatility().fit`` returned; the paths go on from its last day, with its last exponent.
    strike
        As a share of the forward price.
    days
        Of trading to expiry.
    paths
        How many, an even number.
    seed
        Of the shocks.

    Notes
    -----
    Log prices drift by ``-sigma**2 / 2`` a day, which makes the price a martingale; the law of the volatility is that
    of the fit, without a premium for its risk.

    Examples
    --------
    >>> from vrx.econometrics import DynamicFractionalVolatility
    >>> returns = 0.01 * np.random.default_rng(3).standard_t(5, 700)
    >>> result = DynamicFractionalVolatility(hurst=0.55, alpha=1.0).fit(returns)
    >>> found = fractional_call(result)
    >>> 0.1 < found.volatility < 0.3, found.error < 0.02 * found.price
    (True, True)
    """
    if not isinstance(result, Result):
        raise InputError(f"result is a {type(result).__name__}: pass that of a DynamicFractionalVolatility")
    returns, sigma = result.simulate(paths, days, seed=seed, mirrored=True)
    terminal = np.exp(np.sum(returns - 0.5 * np.square(sigma), axis=1))
    return simulated_call(terminal, strike=strike, days=days, mirrored=True)


def rough_bergomi_call(
    hurst: float,
    eta: float,
    rho: float,
    xi: ArrayLike,
    *,
    strike: float = 1.0,
    days: int = MONTH_DAYS,
    paths: int = 10_000,
    seed: int = 0,
) -> SimulatedPrice:
    """Price a call from simulated days of the rough Bergomi model; half of the paths mirror the others.

    Equal seeds give the same shocks whatever the parameters, but others than those of :func:`fractional_call`.

    Parameters
    ----------
    hurst, eta, rho
        As in :func:`vrx.fractional.rough_bergomi`; the unit of time of `eta` is a day, so that 1.9 per year is
        ``1.9 / 252**hurst``.
    xi
        The expected variance of a day, decimal: one number, or one for each of the days, shape (days,).
    strike, days, paths, seed
        As in :func:`fractional_call`.

    Examples
    --------
    >>> found = rough_bergomi_call(0.1, 1.9 / 252**0.1, -0.9, 1e-4)
    >>> 0.14 < found.volatility < 0.16
    True
    """
    forward, ahead = real_numbers(xi, "xi"), whole_number(days, "days", 1)
    if forward.shape not in ((), (ahead,)):
        raise InputError(f"xi has shape {forward.shape}: pass one number, or one for each of the {ahead} days")
    # The price at expiry depends on no variance from there on.
    curve = np.append(forward, forward[-1]) if forward.ndim else forward
    found = rough_bergomi(ahead, hurst, eta, rho, curve, paths, seed=seed, mirrored=True)
    return simulated_call(found.price[:, -1], strike=strike, days=ahead, mirrored=True)

"""The formula of Black and Scholes and its inverse."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_numbers, refuse, shown
from vrx.econometrics._law import Array
from vrx.errors import InputError, require

__all__ = ["Kind", "black_scholes", "implied_volatility"]

Kind: TypeAlias = Literal["call", "put"]

# Volatility times the root of time: beyond this an option costs its upper bound in all digits.
HIGHEST = 64.0


def black_scholes(
    spot: ArrayLike,
    strike: ArrayLike,
    time: ArrayLike,
    volatility: ArrayLike,
    *,
    rate: ArrayLike = 0.0,
    dividend: ArrayLike = 0.0,
    kind: Kind = "call",
) -> Array:
    """Price European options by Black, Scholes and Merton; all arguments are broadcast.

    Parameters
    ----------
    spot, strike
        Positive, in the unit of the price.
    time
        To expiry in years, at least 0.
    volatility
        Decimal per year, at least 0.
    rate, dividend
        Interest and dividend yield, decimal per year, compounded continuously.
    kind
        ``"call"`` or ``"put"``.

    Returns
    -------
    ndarray
        Call less put is ``spot * exp(-dividend * time) - strike * exp(-rate * time)`` but for rounding.

    Raises
    ------
    InputError
        A value is out of range or the shapes do not fit.
    MissingExtraError
        SciPy is not installed; it comes with ``vrx[research]``.

    Examples
    --------
    >>> black_scholes(100.0, [95.0, 100.0, 105.0], 30 / 365, 0.2).round(4)
    array([5.5667, 2.2872, 0.6449])
    """
    terms = _Terms.of(spot, strike, time, rate, dividend, kind)
    annual = real_numbers(volatility, "volatility")
    _not_negative("volatility", annual)
    try:
        total = np.broadcast_to(annual, np.broadcast_shapes(annual.shape, terms.years.shape)) * np.sqrt(terms.years)
    except ValueError:
        raise InputError(f"volatility has shape {annual.shape}: it does not fit {terms.years.shape}") from None
    value, _ = _time_value(terms.distance, total)
    return np.asarray(terms.discount * (terms.intrinsic + terms.scale * value))


def implied_volatility(
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    time: ArrayLike,
    *,
    rate: ArrayLike = 0.0,
    dividend: ArrayLike = 0.0,
    kind: Kind = "call",
) -> Array:
    """Find the volatility at which :func:`black_scholes` gives a price.

    Parameters
    ----------
    price
        At least what the option is worth without volatility, where 0 is the answer, and below what it is worth with
        infinite volatility.
    spot, strike, time, rate, dividend, kind
        As in :func:`black_scholes`; time is above 0.

    Returns
    -------
    ndarray
        Decimal per year.

    Raises
    ------
    InputError
        A price that no volatility gives, or a value out of range.

    Notes
    -----
    Newton's steps on the logarithm of what the price has beyond its intrinsic value, halving the bracket where a step
    leaves it. That logarithm keeps its slope far out of the money, where the price itself is flat. Far in the money the
    digits that a price has beyond its intrinsic value are few, and so are those of the answer.

    References
    ----------
    Jäckel (2015), Let's be rational, Wilmott 75, 40-53, for the value in scaled complementary error functions.

    Examples
    --------
    >>> implied_volatility([5.5667, 2.2872, 0.6449], 100.0, [95.0, 100.0, 105.0], 30 / 365).round(3)
    array([0.2, 0.2, 0.2])
    """
    terms, paid = _Terms.of(spot, strike, time, rate, dividend, kind), real_numbers(price, "price")
    refuse("time", terms.years, ~(terms.years > 0.0), "an expired option has no volatility: leave it out")
    try:
        paid, _ = np.broadcast_arrays(paid, terms.years)
    except ValueError:
        raise InputError(f"price has shape {paid.shape}: it does not fit {terms.years.shape}") from None
    value = (paid / terms.discount - terms.intrinsic) / terms.scale
    value, distance, years = np.broadcast_arrays(value, terms.distance, terms.years)
    # Of a price far in the money rounding leaves no digit of the value.
    hair = 1e-14 * (paid / terms.discount + terms.intrinsic) / terms.scale
    bound = np.exp(0.5 * distance)
    wrong = ~((value >= -hair) & (value < bound))
    refuse("price", paid, wrong, "a price that no volatility gives: it lies between intrinsic value and upper bound")
    found = np.zeros(value.shape)
    some = value > 0.0
    found[some] = _total_volatility(distance[some], value[some])
    return np.asarray(found / np.sqrt(years))


@dataclass(frozen=True, eq=False)
class _Terms:
    """What an option is but for its volatility."""

    years: Array
    discount: Array
    intrinsic: Array
    """What the option pays if the price at expiry is the forward price."""
    scale: Array
    """The root of forward price times strike."""
    distance: Array
    """How far forward price and strike lie apart, in logarithms; 0 or negative."""

    @classmethod
    def of(
        cls, spot: ArrayLike, strike: ArrayLike, time: ArrayLike, rate: ArrayLike, dividend: ArrayLike, kind: Kind
    ) -> "_Terms":
        if kind not in get_args(Kind):
            raise InputError(f"kind is {shown(kind)}: use 'call' or 'put'")
        given = {"spot": spot, "strike": strike, "time": time, "rate": rate, "dividend": dividend}
        found = {name: real_numbers(value, name) for name, value in given.items()}
        for name in ("spot", "strike"):
            wrong = ~((found[name] > 0.0) & np.isfinite(found[name]))
            refuse(name, found[name], wrong, "a price is positive and finite: correct it")
        _not_negative("time", found["time"])
        for name in ("rate", "dividend"):
            refuse(name, found[name], ~(np.abs(found[name]) < 10.0), "no rate per year: 0.05 is 5%")
        try:
            price, level, years, interest, paid = np.broadcast_arrays(*found.values())
        except ValueError:
            shapes = ", ".join(f"{name} {value.shape}" for name, value in found.items())
            raise InputError(f"the shapes {shapes} do not fit each other: pass one number or one per option") from None
        forward = price * np.exp((interest - paid) * years)
        intrinsic = np.maximum(forward - level if kind == "call" else level - forward, 0.0)
        distance = -np.abs(np.log(forward / level))
        return cls(years, np.exp(-interest * years), intrinsic, np.sqrt(forward * level), distance)


def _not_negative(name: str, values: Array) -> None:
    wrong = ~((values >= 0.0) & np.isfinite(values))
    refuse(name, values, wrong, "out of range: use a finite number of at least 0")


def _time_value(distance: Array, total: Array) -> tuple[Array, Array]:
    """What an option is worth beyond its intrinsic value, over the scale, and its slope in the total volatility."""
    special: Any = require("scipy.special", "research", "the price of an option")
    with np.errstate(divide="ignore", invalid="ignore"):
        # Without volatility: infinitely far, or at the money.
        far = np.where(total > 0.0, distance / total, np.where(distance < 0.0, -np.inf, 0.0))
    near = 0.5 * total
    bell = np.exp(-0.5 * (far**2 + near**2))
    # Two small normal probabilities would lose digits in their difference; scaled by the bell curve they are not small.
    erfcx: Callable[[Array], Array] = special.erfcx
    out = np.minimum(far + near, 0.0)
    small = 0.5 * bell * (erfcx(-out / math.sqrt(2.0)) - erfcx((near - far) / math.sqrt(2.0)))
    half = np.exp(0.5 * distance)
    large = half * special.ndtr(far + near) - special.ndtr(far - near) / half
    value: NDArray[np.float64] = np.where(far + near < 0.0, small, large)
    return np.maximum(value, 0.0), bell / math.sqrt(2.0 * math.pi)


def _total_volatility(distance: Array, value: Array) -> Array:
    """Solve :func:`_time_value` for the total volatility, within a bracket that every value narrows."""
    low, high = np.zeros(value.shape), np.full(value.shape, HIGHEST)
    # The inflection of the value, or at the money its first term.
    total = np.minimum(np.maximum(np.sqrt(-2.0 * distance), math.sqrt(2.0 * math.pi) * value), 0.5 * HIGHEST)
    for _ in range(200):
        here, slope = _time_value(distance, total)
        below = here < value
        low, high = np.where(below, total, low), np.where(below, high, total)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            new = total + here / slope * np.log(value / here)
        new = np.where((new >= low) & (new <= high), new, 0.5 * (low + high))
        # A step of Newton this small leaves an error of its square.
        done = np.all(np.abs(new - total) <= 1e-12 * total)
        total = new
        if done:
            break
    return total

"""What the market asked for 30-day calls on an index, by its VIX, and how far the prices of a model are from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, real_numbers, refuse, whole_number
from vrx.econometrics._law import Array
from vrx.econometrics.options import MONTH_DAYS, TRADING_DAYS, at_the_money_call
from vrx.errors import InputError

__all__ = ["MarketCalls", "PricingErrors", "market_calls", "pricing_errors"]


@dataclass(frozen=True, eq=False)
class MarketCalls:
    """Calls of 30 days struck at the close of an index, as its VIX implies their prices; arrays of shape (n,)."""

    dates: NDArray[np.datetime64]
    spot: Array
    implied: Array
    """The VIX as volatility, decimal per year."""
    realized: Array
    """The volatility of the 21 days after, decimal per year; NaN where they are not over."""
    rate: Array
    """Of interest, decimal per year."""

    @property
    def price(self) -> Array:
        """Of the call, in points of the index."""
        return at_the_money_call(self.implied, spot=self.spot, rate=self.rate)

    @property
    def premium(self) -> Array:
        """The variance risk premium of every day, implied less realized variance, decimal per year; NaN at the end."""
        return np.square(self.implied) - np.square(self.realized)

    def realized_share(self, least: int = 252) -> Array:
        """How much of the implied variance has come, on average over the past as known at the end of each day.

        The ratio of both means over all days whose 21 days are over by then; shape (n,), NaN where these are fewer
        than `least`. A difference of means would leave some calm days with a negative variance, and this cannot.
        """
        fewest = whole_number(least, "least", 1)
        over = len(self.spot) - MONTH_DAYS
        share = np.full(len(self.spot), np.nan)
        if over > 0:
            came, asked = (np.cumsum(np.square(one[:over])) for one in (self.realized, self.implied))
            share[MONTH_DAYS:] = came / asked
            share[: MONTH_DAYS + fewest - 1] = np.nan
        return share


@dataclass(frozen=True, eq=False)
class PricingErrors:
    """How far the prices of a model are from those of the market."""

    dates: NDArray[np.datetime64]
    """The days on which the model has a price, shape (days,)."""
    errors: Array
    """Model less market, as a share of the market's price; shape (days,)."""
    implied: float
    """The mean volatility that the market implies on these days, without the premium if that was removed."""
    volatility: float
    """The mean volatility of the model on these days."""
    premium: float
    """The mean variance risk premium over those of these days whose 21 days are over, decimal per year."""

    @property
    def mean_absolute(self) -> float:
        """The mean size of the errors, the figure that Webb et al. state."""
        return float(np.mean(np.abs(self.errors)))

    @property
    def bias(self) -> float:
        """The mean error."""
        return float(np.mean(self.errors))


def market_calls(dates: ArrayLike, close: ArrayLike, vix: ArrayLike, *, rate: ArrayLike = 0.0) -> MarketCalls:
    """Price calls of 30 days at the money by the VIX.

    Parameters
    ----------
    dates
        Of trading days, rising, shape (n,); all that NumPy takes for dates.
    close
        The close of the index, shape (n,).
    vix
        The close of its volatility index, in percent per year, shape (n,).
    rate
        Of interest, decimal per year: one, or one per day.

    Raises
    ------
    InputError
        A date does not rise, a price or a VIX is missing or impossible, or the shapes differ.

    Notes
    -----
    The VIX is the volatility of a basket of all strikes. Where the low ones cost more volatility than the others, as
    those of the S&P 500 do, that of the call at the money alone is lower, and prices here are too high.

    Examples
    --------
    >>> close = 4000.0 * np.exp(np.cumsum(0.01 * np.random.default_rng(3).standard_normal(400)))
    >>> market = market_calls(np.arange(400) + np.datetime64("2020-01-01"), close, np.full(400, 20.0))
    >>> round(float(market.price[0] / market.spot[0]), 4), bool(np.nanmean(market.premium) > 0.0)
    (0.0229, True)
    """
    try:
        days = np.asarray(dates).astype("datetime64[D]")
    except (TypeError, ValueError):
        raise InputError("dates are no dates: pass days such as '2020-01-31'") from None
    index, fear = real_array(close, dimensions=(1,)), real_array(vix, dimensions=(1,))
    if not days.shape == index.shape == fear.shape:
        raise InputError(
            f"dates, close and vix have shapes {days.shape}, {index.shape}, {fear.shape}: pass one per day"
        )
    late = np.flatnonzero(~(days[1:] > days[:-1]))
    if len(late):
        k = int(late[0]) + 1
        raise InputError(f"dates[{k}] is {days[k]}, after {days[k - 1]}: pass each day once, oldest first")
    refuse("close", index, ~(index > 0.0), "a price is positive: correct it, or leave the day out")
    refuse("vix", fear, ~((fear > 1.0) & (fear < 1000.0)), "no VIX: pass percent per year, such as 20")
    implied = fear / 100.0
    squares = np.concatenate(([0.0], np.cumsum(np.square(np.diff(np.log(index))))))
    realized = np.full(len(index), np.nan)
    realized[:-MONTH_DAYS] = np.sqrt((squares[MONTH_DAYS:] - squares[:-MONTH_DAYS]) * (TRADING_DAYS / MONTH_DAYS))
    interest = real_numbers(rate, "rate")
    if interest.shape not in ((), index.shape):
        raise InputError(f"rate has shape {interest.shape}: pass one number, or one for each of the {len(index)} days")
    refuse("rate", interest, ~(np.abs(interest) < 1.0), "no rate per year: 0.05 is 5%")
    return MarketCalls(days, index, implied, realized, np.broadcast_to(interest, index.shape))


def pricing_errors(
    market: MarketCalls, volatility: ArrayLike, *, without_premium: bool = False, least: int = 252
) -> PricingErrors:
    """Compare a model's prices of 30-day calls with those of the market.

    Parameters
    ----------
    market
        What :func:`market_calls` returned.
    volatility
        The model's volatility of the 30 days after each close as known then, decimal per year, shape (n,); NaN on
        days without one.
    without_premium
        Whether the implied variance is first multiplied by the share of it that came in the past, see
        :meth:`MarketCalls.realized_share`, which uses nothing that was not known on the day.
    least
        The days that this share is taken over at least; earlier ones drop out.

    Raises
    ------
    InputError
        The shape does not fit, a volatility is not positive, or no day is left.

    Examples
    --------
    >>> close = 4000.0 * np.exp(np.cumsum(0.01 * np.random.default_rng(3).standard_normal(400)))
    >>> market = market_calls(np.arange(400) + np.datetime64("2020-01-01"), close, np.full(400, 20.0))
    >>> round(pricing_errors(market, np.full(400, 0.16)).bias, 3)
    -0.2
    """
    if not isinstance(market, MarketCalls):
        raise InputError(f"market is a {type(market).__name__}: pass what market_calls returned")
    ours = real_numbers(volatility, "volatility")
    if ours.shape != market.spot.shape:
        raise InputError(f"volatility has shape {ours.shape}: pass one for each of the {len(market.spot)} days")
    refuse("volatility", ours, (ours <= 0.0) | np.isinf(ours), "a volatility is positive: pass NaN where there is none")
    share = market.realized_share(least) if without_premium else np.ones(len(ours))
    use = np.isfinite(ours) & (share > 0.0)  # an index that never moved leaves nothing to compare with
    if not use.any():
        raise InputError("no day has a volatility and a price to compare it with: pass more days")
    theirs = market.implied[use] * np.sqrt(share[use])
    price = at_the_money_call(theirs, rate=market.rate[use])
    errors = (at_the_money_call(ours[use], rate=market.rate[use]) - price) / price
    known = market.premium[use]
    known = known[np.isfinite(known)]
    premium = float(np.mean(known)) if len(known) else float("nan")
    return PricingErrors(market.dates[use], errors, float(theirs.mean()), float(ours[use].mean()), premium)

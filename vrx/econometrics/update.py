"""What the end of a trading day calls for: the Hurst exponent with its band, new parameters, tomorrow's volatility."""

from dataclasses import dataclass

from numpy.typing import ArrayLike

from vrx.econometrics._returns import checked
from vrx.econometrics.dynamic import DynamicFractionalVolatility
from vrx.econometrics.result import Result
from vrx.errors import InputError
from vrx.hurst import Wavelet

__all__ = ["DailyUpdate", "daily_update"]

# The days of Webb et al.: five years.
DAYS = 1258


@dataclass(frozen=True, eq=False)
class DailyUpdate:
    """What is known at the end of a day."""

    hurst: float
    """The wavelet Hurst exponent of the newest window as estimated; ``result.hurst`` holds it within 0.1 .. 0.9."""
    low: float
    """The lower end of its band."""
    high: float
    """The upper end of its band."""
    result: Result
    """The model, refitted."""
    variance: float
    """The variance of the next day, decimal."""

    @property
    def volatility(self) -> float:
        """The volatility of the next day, decimal."""
        return self.result.next_sigma

    @property
    def converged(self) -> bool:
        """Whether the refit ended at an optimum; `result.note` says why not, or what is to be doubted."""
        return self.result.converged


def daily_update(
    returns: ArrayLike,
    previous: DailyUpdate | Result | None = None,
    *,
    model: DynamicFractionalVolatility | None = None,
    days: int = DAYS,
    confidence: float = 0.95,
    seed: int = 0,
) -> DailyUpdate:
    """Estimate the Hurst exponent of the newest window, refit the model and forecast the next day.

    Parameters
    ----------
    returns
        Daily log returns in decimals, oldest first, up to today, shape (n,). With at least ``days + window - 1`` of
        them, 1,509 by default, every day has a Hurst exponent from a full window.
    previous
        Yesterday's update, or its result, such as one that was saved: the refit starts from its parameters, in fewer
        passes.
    model
        What is fitted; by default that of `previous`, or ``DynamicFractionalVolatility()``.
    days
        The last days that it is fitted to.
    confidence
        The share of bands that should cover the true exponent; from 1,000 resamples of the wavelet coefficients.
    seed
        Of the resampling.

    Raises
    ------
    InputError
        The returns are no daily log returns, hold a NaN, are constant or fewer than `days`; `previous` or `model` is
        something else.

    Examples
    --------
    >>> import numpy as np
    >>> returns = 0.01 * np.random.default_rng(3).standard_t(5, 1600)
    >>> today = daily_update(returns[:-1], model=DynamicFractionalVolatility(alpha=1.0))
    >>> tomorrow = daily_update(returns, today)
    >>> tomorrow.low < tomorrow.hurst < tomorrow.high, tomorrow.variance == tomorrow.volatility**2
    (True, True)
    """
    start = previous.result if isinstance(previous, DailyUpdate) else previous
    if start is not None and not isinstance(start, Result):
        raise InputError(f"previous is a {type(start).__name__}: pass what daily_update returned, or its result")
    chosen = model or (start.model if start else DynamicFractionalVolatility())
    if not isinstance(chosen, DynamicFractionalVolatility):
        raise InputError(f"model is a {type(chosen).__name__}: pass a DynamicFractionalVolatility, or nothing")
    values = checked(returns, max(chosen.least, chosen.window))
    result = chosen.fit(values, days=days, start=start)
    newest = values[-chosen.window :]
    band = Wavelet(kind="noise").rolling(newest, chosen.window, interval="bootstrap", confidence=confidence, seed=seed)
    if band.low is None or band.high is None:
        raise RuntimeError("an interval was asked for and none came")
    return DailyUpdate(float(band.h[-1]), float(band.low[-1]), float(band.high[-1]), result, result.next_sigma**2)

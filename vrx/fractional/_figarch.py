"""The FIGARCH(1, d, 1) variance: its weights on past squares, and their sums."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, whole_number
from vrx._ext import fractional as kernels
from vrx.errors import InputError

__all__ = ["figarch_variance", "figarch_weights"]

_BACKCAST_DAYS, _BACKCAST_DECAY = 75, 0.94


def figarch_weights(d: float, phi: float, beta: float, n: int) -> NDArray[np.float64]:
    """Return the first n weights of FIGARCH(1, d, 1) on past squared returns.

    Parameters
    ----------
    d
        The fractional order, from 0 to 1.
    phi, beta
        The short memory, above -1 and below 1. No weight is negative if ``0 <= phi <= (1 - d) / 2`` and
        ``0 <= beta <= d + phi``.
    n
        How many weights, at least 1.

    Returns
    -------
    ndarray, shape (n,)
        ``weights[k]`` is that of the square of k + 1 days ago, the coefficient of ``L**(k + 1)`` in
        ``1 - (1 - phi L) (1 - L)**d / (1 - beta L)``.

    Raises
    ------
    InputError
        An argument is out of range.

    References
    ----------
    Baillie, Bollerslev and Mikkelsen (1996), Fractionally integrated generalized autoregressive conditional
    heteroskedasticity, Journal of Econometrics 74, 3-30.

    Examples
    --------
    >>> figarch_weights(0.5, 0.0, 0.0, 3)
    array([0.5   , 0.125 , 0.0625])
    >>> figarch_weights(0.0, 0.9, 0.8, 3).round(3)
    array([0.1  , 0.08 , 0.064])
    """
    weights = np.empty(whole_number(n, "n", 1))
    kernels.figarch_weights(_between(d, "d", 0.0, 1.0), _short(phi, "phi"), _short(beta, "beta"), weights)
    return weights


def figarch_variance(
    returns: ArrayLike,
    omega: float,
    d: float,
    phi: float,
    beta: float,
    *,
    truncation: int = 1000,
    backcast: float | None = None,
) -> NDArray[np.float64]:
    """Return the FIGARCH(1, d, 1) variance of every day, from the squared returns of the days before.

    Parameters
    ----------
    returns
        Returns less their mean, oldest first, shape (n,).
    omega
        The constant, above 0, in squared units of the returns.
    d, phi, beta
        As in :func:`figarch_weights`.
    truncation
        How many past days count, at least 1.
    backcast
        The square that stands for every day before the first; None takes the mean of the first 75 squares with
        weights that fade by 0.94 a day, as arch does: that looks ahead, within those 75 days.

    Returns
    -------
    ndarray, shape (n,), in squared units of the returns
        ``variance[t] = omega / (1 - beta) + sum over k < truncation of weights[k] * returns[t - 1 - k]**2``. But
        for the backcast it depends on what came before t alone, to the last bit. A NaN makes the next
        `truncation` days NaN.

    Raises
    ------
    InputError
        The returns are no series of real numbers, are empty or infinite somewhere; an argument is out of range.

    See Also
    --------
    arch.univariate.FIGARCH : The same numbers with power 2, p = q = 1; fits the parameters.

    Examples
    --------
    >>> figarch_variance([1.0, -2.0, 0.5], 0.1, 0.5, 0.0, 0.0, truncation=2, backcast=1.0)
    array([0.725, 0.725, 2.225])
    """
    series = real_array(returns, dimensions=(1,))
    n, lags = len(series), whole_number(truncation, "truncation", 1)
    if n == 0:
        raise InputError("the series is empty: pass at least one value")
    weights, constant = figarch_weights(d, phi, beta, lags), _between(omega, "omega", 0.0, np.inf) / (1.0 - beta)
    with np.errstate(over="ignore"):
        squares = series * series
    if backcast is None:
        days = min(_BACKCAST_DAYS, n)
        fading = _BACKCAST_DECAY ** np.arange(days)
        before = float(squares[:days] @ (fading / fading.sum()))
    else:
        before = _between(backcast, "backcast", 0.0, np.inf)
    variance = np.full(n, constant)
    reach = min(n, lags)
    variance[:reach] += before * np.cumsum(weights[::-1])[::-1][:reach]
    if n > 1:
        past = np.empty((1, n - 1))
        kernels.causal_filter(squares[np.newaxis, :-1], weights, past)
        variance[1:] += past[0]
    return variance


def _short(value: float, name: str) -> float:
    number = _between(value, name, -1.0, 1.0)
    if abs(number) == 1.0:
        raise InputError(f"{name} is {value!r}: use a number above -1 and below 1")
    return number


def _between(value: float, name: str, least: float, most: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not least <= number <= most or np.isinf(number):
        limits = f"at least {least:g}" if np.isinf(most) else f"from {least:g} to {most:g}"
        raise InputError(f"{name} is {value!r}: use a finite number {limits}")
    return number

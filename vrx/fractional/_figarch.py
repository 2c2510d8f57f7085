"""The FIGARCH(1, d, 1) variance: its weights on past squares, and their sums."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import MOST_VALUES, real_array, real_number, refuse, whole_number
from vrx._ext import fractional as kernels
from vrx.errors import InputError

__all__ = ["figarch_variance", "figarch_weights"]

_BACKCAST_DAYS, _BACKCAST_DECAY = 75, 0.94
_ROUNDING = 1e-15


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
    weights = np.empty(whole_number(n, "n", 1, MOST_VALUES))
    short, fading = (real_number(value, name, -1.0, 1.0, inside=True) for value, name in ((phi, "phi"), (beta, "beta")))
    kernels.figarch_weights(real_number(d, "d", 0.0, 1.0), short, fading, weights)
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
        Returns less their mean, oldest first, shape (n,), or several series in rows, shape (rows, n).
    omega
        The constant, at least 0, in squared units of the returns.
    d, phi, beta
        As in :func:`figarch_weights`, and such that none of the `truncation` weights is negative.
    truncation
        How many past days count, at least 1.
    backcast
        The square that stands for every day before the first; None takes the mean of the first 75 squares, missing
        ones left out, with weights that fade by 0.94 a day, as arch does: that looks ahead, within those 75 days.

    Returns
    -------
    ndarray of the shape of the returns, in their squared units
        ``variance[t] = omega / (1 - beta) + sum over k < truncation of weights[k] * returns[t - 1 - k]**2``. But
        for the backcast it depends on what came before t alone, to the last bit. A NaN makes the next
        `truncation` days NaN.

    Raises
    ------
    InputError
        The returns are no series or panel of real numbers, are empty, or have an infinite square somewhere; an
        argument is out of range, or a weight is negative.

    See Also
    --------
    arch.univariate.FIGARCH : The same numbers with power 2, p = q = 1; fits the parameters.

    Examples
    --------
    >>> figarch_variance([1.0, -2.0, 0.5], 0.1, 0.5, 0.0, 0.0, truncation=2, backcast=1.0)
    array([0.725, 0.725, 2.225])
    """
    series, lags = real_array(returns, dimensions=(1, 2)), whole_number(truncation, "truncation", 1, MOST_VALUES)
    if series.size == 0:
        raise InputError("the series is empty: pass at least one value")
    weights = _weights(d, phi, beta, lags)
    constant = real_number(omega, "omega", 0.0) / (1.0 - beta)
    squares = _squares(series)
    rows = squares.reshape(-1, squares.shape[-1])
    if backcast is None:
        before = np.array([_backcast(row) for row in rows])
    else:
        before = np.full(len(rows), real_number(backcast, "backcast", 0.0))
    n = rows.shape[1]
    variance = np.full(rows.shape, constant)
    reach = min(n, lags)
    variance[:, :reach] += before[:, np.newaxis] * np.cumsum(weights[::-1])[::-1][:reach]
    past = np.empty((len(rows), n - 1))
    kernels.causal_filter(np.ascontiguousarray(rows[:, :-1]), weights, past)
    variance[:, 1:] += past
    return variance.reshape(series.shape)


def _squares(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """The squared returns, none of them infinite."""
    try:
        with np.errstate(over="raise"):
            return series * series
    except FloatingPointError:
        pass
    with np.errstate(over="ignore"):
        squares = series * series
    refuse("returns", series, np.isinf(squares), "and its square is beyond float64: correct it, or change the units")
    return squares


def _weights(d: float, phi: float, beta: float, lags: int) -> NDArray[np.float64]:
    """The weights, none of them negative: a variance could be, too."""
    weights = figarch_weights(d, phi, beta, lags)
    if weights.min() >= 0.0:
        return weights
    # On the edge of what is allowed, a weight of 0 comes out as one of either sign.
    negative = weights < -_ROUNDING
    if negative.any():
        k = int(np.argmax(negative))
        raise InputError(
            f"d, phi and beta are {d!r}, {phi!r} and {beta!r}, whose weight {k} is {float(weights[k])!r}: keep "
            "0 <= phi <= (1 - d) / 2 and 0 <= beta <= d + phi, or find others without a negative weight"
        )
    return np.maximum(weights, 0.0)


def _backcast(squares: NDArray[np.float64]) -> float:
    """The mean of the first squares that are known."""
    first = squares[:_BACKCAST_DAYS]
    known = ~np.isnan(first)
    if not known.any():
        raise InputError(f"the first {len(first)} returns are missing: pass a backcast, or begin with a later day")
    fading = (_BACKCAST_DECAY ** np.arange(len(first)))[known]
    return float(first[known] @ (fading / fading.sum()))

"""Fractional differencing, the operator (1 - L)^d, for an order d between -2 and 2 that is fixed or moves with time."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import MOST_VALUES, real_array, whole_number
from vrx._ext import fractional as kernels
from vrx.errors import InputError
from vrx.fractional._difference_stream import order, orders
from vrx.fractional._memory import filter_of, moving_filter

__all__ = ["difference", "difference_weights"]

_STEPS = ((1.0,), (1.0, -1.0), (1.0, -2.0, 1.0))


def difference_weights(d: float, n: int) -> NDArray[np.float64]:
    """Return the first n coefficients of (1 - L)^d in powers of the lag operator L.

    Parameters
    ----------
    d
        The order, from -2 to 2: positive differences, negative sums.
    n
        How many weights, at least 1.

    Returns
    -------
    ndarray, shape (n,)
        ``w[k]`` multiplies the value of k steps ago: ``w[0] = 1``, ``w[k] = w[k - 1] * (k - 1 - d) / k``.

    Raises
    ------
    InputError
        d is not a number from -2 to 2, or n is not a whole number of at least 1.

    References
    ----------
    Hosking (1981), Fractional differencing, Biometrika 68, 165-176.

    Examples
    --------
    >>> difference_weights(0.5, 4)
    array([ 1.    , -0.5   , -0.125 , -0.0625])
    >>> difference_weights(-1, 4)
    array([1., 1., 1., 1.])
    """
    weights = np.empty(whole_number(n, "n", 1, MOST_VALUES))
    kernels.difference_weights(order(d), weights)
    return weights


def difference(x: ArrayLike, d: ArrayLike, *, truncation: int | None = None) -> NDArray[np.float64]:
    r"""Return (1 - L)^d x: every value less the memory of order d in the values before it.

    Parameters
    ----------
    x
        The series, oldest first, shape (n,), or several in rows, shape (rows, n); NaN marks a missing value.
    d
        The order, from -2 to 2; ``difference(difference(x, d), -d)`` gives x back. An order of 0, 1 or 2
        looks back d steps and no further. An array of shape (n,) gives every time an order of its own, one of the
        shape of x every value.
    truncation
        The most lags that count; None counts the whole past.

    Returns
    -------
    ndarray of the shape of x, in its units
        ``y[t]`` is the sum over k of ``difference_weights(d, n)[k] * x[t - k]``, k from 0 to t or to the
        truncation, with ``d[t]`` for d if it moves; the past before x counts as zero. A NaN makes every result
        NaN that its value would have entered, and a NaN in d the result of its time.

        ``y[: t + 1]`` depends on ``x[: t + 1]``, and ``d[: t + 1]``, alone, to the last bit. The whole past takes O(n)
        operations; a truncation, O(n) for every lag that counts.

        Values may be of any size as long as the running sums for negative orders stay below 1e308, and results are
        as accurate as the notes say for values above 1e-250. Without a truncation, what is left of earlier values
        counts as zero once it is below 1e-280. A sum beyond float64 is infinite or NaN from there on.

    Raises
    ------
    InputError
        x is no series or panel of real numbers, holds an infinite value or is empty; d or truncation is out of
        range.

    See Also
    --------
    DifferenceStream : The whole past, one value at a time.

    Notes
    -----
    The lags from 32 to 63 on are summed by 96 exponential states, whose weights come from the trapezoid rule in
    log(s), after whole steps of differences or sums have brought d between -1 and 1:

    .. math:: w_k = -\frac{\sin \pi d}{\pi} \int_0^\infty (e^s - 1)^d \, e^{-k s} \, ds

    These weights were within 5e-14 of the exact ones at 150 lags up to 2**30, for nine orders from -1 to 1.

    How the states take up values and fade does not depend on d, only their weights do. So one set of states serves an
    order that moves: its weights are interpolated between 20 fixed orders in its interval of 1/2, and the states are
    kept for the series, its running sum and its steps.
    At the end of 300,000 values results were within 4e-15 of the sum of the sizes of all terms, for 26 orders from
    -2 to 2, some of them within 1e-12 of a whole one.

    References
    ----------
    Hosking (1981), Fractional differencing, Biometrika 68, 165-176.

    Examples
    --------
    >>> difference([1.0, 2.0, 4.0, 8.0], 0.5)
    array([1.    , 1.5   , 2.875 , 5.6875])
    >>> difference([1.0, 2.0, 4.0, 8.0], 1)
    array([1., 1., 2., 4.])
    >>> difference([1.0, 2.0, 4.0, 8.0], 0.5, truncation=1)
    array([1. , 1.5, 3. , 6. ])
    >>> difference([1.0, 2.0, 4.0, 8.0], [0.0, 1.0, 0.5, 0.0])
    array([1.   , 1.   , 2.875, 8.   ])
    """
    series = real_array(x, dimensions=(1, 2))
    n = series.shape[-1]
    moving = np.iterable(d) and not isinstance(d, str | bytes)
    fixed = 0.0 if moving else order(d)
    if series.size == 0:
        raise InputError("the series is empty: pass at least one value")
    lags = n - 1 if truncation is None else min(whole_number(truncation, "truncation", 0), n - 1)
    rows = series.reshape(-1, n)
    out = np.empty(rows.shape)
    if moving:
        own = orders(d, series.shape).reshape(rows.shape)
        for row, its, result in zip(rows, own, out, strict=True):
            if truncation is None:
                moving_filter().run(row, its, result)
            else:
                kernels.varying_filter(row, its, lags + 1, result)
                _look_back(row, its, lags, result)
                result[np.isnan(its)] = np.nan
    elif truncation is None:
        for row, result in zip(rows, out, strict=True):
            filter_of(fixed).run(row, result)
    else:
        # An order of 0, 1 or 2 has d + 1 weights, then zeros, which would still carry a NaN.
        weights = np.trim_zeros(difference_weights(fixed, lags + 1), "b")
        kernels.causal_filter(rows, weights, out)
    return out.reshape(series.shape)


def _look_back(series: NDArray[np.float64], d: NDArray[np.float64], lags: int, out: NDArray[np.float64]) -> None:
    """Write the results of the orders 0, 1 and 2, which no missing value can reach from further back."""
    for steps, weights in enumerate(_STEPS):
        here = np.flatnonzero(d == steps)
        out[here] = 0.0
        for lag, weight in enumerate(weights[: lags + 1]):
            inside = here[here >= lag]
            out[inside] += weight * series[inside - lag]

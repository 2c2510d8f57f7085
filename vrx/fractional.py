"""Fractional differencing: the operator (1 - L)^d, for any d between -2 and 2."""

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, whole_number
from vrx._ext import fractional as kernels
from vrx.errors import InputError

__all__ = ["difference", "difference_weights"]

# Up to this many lags the direct sum is as fast as a transform.
_BLOCK = 256


def difference_weights(d: float, n: int) -> NDArray[np.float64]:
    """Return the first n coefficients of (1 - L)^d in powers of the lag operator L.

    Parameters
    ----------
    d
        The order, between -2 and 2: positive differences, negative sums.
    n
        How many weights, at least 1.

    Returns
    -------
    ndarray, shape (n,)
        ``w[k]`` multiplies the value of k steps ago: ``w[0] = 1``, ``w[k] = w[k - 1] * (k - 1 - d) / k``.

    Raises
    ------
    InputError
        d is not a number between -2 and 2, or n is not a whole number of at least 1.

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
    weights = np.empty(whole_number(n, "n", 1))
    kernels.difference_weights(_order(d), weights)
    return weights


def difference(x: ArrayLike, d: float, *, truncation: int | None = None) -> NDArray[np.float64]:
    """Return (1 - L)^d x: every value less the memory of order d in the values before it.

    Parameters
    ----------
    x
        The series, oldest first, shape (n,); NaN marks a missing value.
    d
        The order, between -2 and 2; ``difference(difference(x, d), -d)`` gives x back. An order of 0, 1 or 2
        looks back d steps and no further.
    truncation
        The most lags that count; None counts the whole past.

    Returns
    -------
    ndarray, shape (n,), in the units of x
        ``y[t]`` is the sum over k of ``difference_weights(d, n)[k] * x[t - k]``, k from 0 to t or to the
        truncation; the past before x counts as zero. A NaN makes every result NaN that its value would have
        entered.

        ``y[: t + 1]`` depends on ``x[: t + 1]`` alone, to the last bit: the whole past is summed by
        transforms of blocks that end before the results they feed, in O(n log(n)^2) operations. Their
        rounding was at most 4e-16 of ``sum(abs(weights)) * max(abs(x))`` for orders from -1.9 to 1.5,
        n = 20,000, at twelve points around the edges of blocks.

    Raises
    ------
    InputError
        x is not a series of real numbers, holds an infinite value or is empty; d or truncation is out of
        range.

    References
    ----------
    Hosking (1981), Fractional differencing, Biometrika 68, 165-176. The splitting into blocks is that of
    Hairer, Lubich and Schlichte (1985), Fast numerical solution of nonlinear Volterra convolution equations,
    SIAM Journal on Scientific and Statistical Computing 6, 532-541.

    Examples
    --------
    >>> difference([1.0, 2.0, 4.0, 8.0], 0.5)
    array([1.    , 1.5   , 2.875 , 5.6875])
    >>> difference([1.0, 2.0, 4.0, 8.0], 1)
    array([1., 1., 2., 4.])
    >>> difference([1.0, 2.0, 4.0, 8.0], 0.5, truncation=1)
    array([1. , 1.5, 3. , 6. ])
    """
    series = real_array(x, dimensions=(1,))
    order, n = _order(d), len(series)
    if n == 0:
        raise InputError("the series is empty: pass at least one value")
    lags = n - 1 if truncation is None else min(whole_number(truncation, "truncation", 0), n - 1)
    if lags < _BLOCK or truncation is not None or order in (0, 1, 2):
        # An order of 0, 1 or 2 has d + 1 weights, then zeros, which would still carry a NaN.
        weights = np.trim_zeros(difference_weights(order, lags + 1), "b")
        out = np.empty(n)
        kernels.causal_filter(series[np.newaxis], weights, out[np.newaxis])
        return out
    return _whole_past(series, order)


def _whole_past(series: NDArray[np.float64], order: float) -> NDArray[np.float64]:
    """Sum the whole past; one transform of the whole series would let later values round earlier results.

    Time is cut into blocks; inside a block the sum is direct. Then blocks pair up, and the left of each pair,
    which is complete, adds to the right all lags that cross from one to the other; then pairs of pairs, and
    so on. Neither the blocks nor the weights depend on how long the series goes on.
    """
    size, n = _BLOCK, len(series)
    room, full = 1 << (n - 1).bit_length(), -(-n // size) * size
    weights = difference_weights(order, room)
    past, out = np.zeros(room), np.zeros(room)
    past[:n] = series
    kernels.causal_filter(past[:full].reshape(-1, size), weights[:size], out[:full].reshape(-1, size))
    while size < n:
        pairs = -(-(n - size) // (2 * size))
        left = past[: 2 * size * pairs].reshape(pairs, 2, size)[:, 0]
        right = out[: 2 * size * pairs].reshape(pairs, 2, size)[:, 1]
        spectrum = np.fft.rfft(left, 2 * size)
        spectrum *= np.fft.rfft(weights[: 2 * size])
        right += np.fft.irfft(spectrum, 2 * size)[:, size:]
        size *= 2
    return out[:n].copy()


def _order(d: float) -> float:
    try:
        order = float(operator.index(d)) if isinstance(d, int) else float(d)
    except (TypeError, ValueError, OverflowError):
        order = float("nan")
    if not -2.0 <= order <= 2.0:
        raise InputError(f"d is {d!r}: use an order of differencing between -2 and 2")
    return order

"""Fractional differencing, the operator (1 - L)^d, for an order d between -2 and 2 that is fixed or moves with time."""

import operator
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, real_numbers, refuse, whole_number
from vrx._ext import fractional as kernels
from vrx.errors import InputError
from vrx.fractional._memory import Memory
from vrx.fractional._state import dump, finite_or_nan, load

__all__ = ["DifferenceStream", "difference", "difference_weights"]

# An order that moves: so many results are summed directly, however long the series goes on; then orders are
# interpolated inside cells of this width, so that a result depends on its own cell and not on orders to come.
_DIRECT = 4096
_CELL = 0.5
_NODES = 20
_STEPS = ((1.0,), (1.0, -1.0), (1.0, -2.0, 1.0))


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


def difference(x: ArrayLike, d: ArrayLike, *, truncation: int | None = None) -> NDArray[np.float64]:
    r"""Return (1 - L)^d x: every value less the memory of order d in the values before it.

    Parameters
    ----------
    x
        The series, oldest first, shape (n,); NaN marks a missing value.
    d
        The order, between -2 and 2; ``difference(difference(x, d), -d)`` gives x back. An order of 0, 1 or 2
        looks back d steps and no further. An array of shape (n,) gives every time an order of its own.
    truncation
        The most lags that count; None counts the whole past.

    Returns
    -------
    ndarray, shape (n,), in the units of x
        ``y[t]`` is the sum over k of ``difference_weights(d, n)[k] * x[t - k]``, k from 0 to t or to the
        truncation, with ``d[t]`` for d if it moves; the past before x counts as zero. A NaN makes every result
        NaN that its value would have entered, and a NaN in d the result of its time.

        ``y[: t + 1]`` depends on ``x[: t + 1]``, and ``d[: t + 1]``, alone, to the last bit. The whole past takes O(n)
        operations; a truncation, O(n) for every lag that counts.

    Raises
    ------
    InputError
        x is not a series of real numbers, holds an infinite value or is empty; d or truncation is out of
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

    An order that moves is interpolated from the 4,096th value on, between 20 fixed orders in every interval of 1/2
    that it visits: as functions of d the weights are that smooth, up to lags of many millions.

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
    series = real_array(x, dimensions=(1,))
    n = len(series)
    moving = np.ndim(d) > 0
    order = 0.0 if moving else _order(cast(float, d))
    if n == 0:
        raise InputError("the series is empty: pass at least one value")
    lags = n - 1 if truncation is None else min(whole_number(truncation, "truncation", 0), n - 1)
    out = np.empty(n)
    if moving:
        orders = _orders(d, n)
        direct = n if truncation is not None else min(n, _DIRECT)
        kernels.varying_filter(series[:direct], orders[:direct], min(lags + 1, direct), out[:direct])
        if direct < n:
            _interpolate(series, orders, direct, out)
        _look_back(series, orders, lags, out)
        out[np.isnan(orders)] = np.nan
    elif truncation is not None:
        # An order of 0, 1 or 2 has d + 1 weights, then zeros, which would still carry a NaN.
        weights = np.trim_zeros(difference_weights(order, lags + 1), "b")
        kernels.causal_filter(series[np.newaxis], weights, out[np.newaxis])
    else:
        Memory(order).run(series, out)
    return out


def _interpolate(
    series: NDArray[np.float64], orders: NDArray[np.float64], start: int, out: NDArray[np.float64]
) -> None:
    """Write the results from `start` on, each from those of fixed orders around its own."""
    whole = (orders >= 0.0) & (orders == np.round(orders))
    cells = np.floor(np.clip(orders, -2.0, 1.99) / _CELL)
    fixed = np.empty(len(series))
    angles = np.pi * (np.arange(_NODES) + 0.5) / _NODES
    out[start:] = 0.0
    for cell in np.unique(cells[start:][~(whole | np.isnan(orders))[start:]]):
        here = start + np.flatnonzero((cells == cell)[start:] & ~whole[start:])
        nodes = _CELL * (cell + 0.5 + 0.5 * np.cos(angles))
        # The barycentric form of Lagrange, on the zeros of a Chebyshev polynomial.
        gaps = orders[here] - nodes[:, np.newaxis]
        shares = (np.sin(angles) * (-1.0) ** np.arange(_NODES))[:, np.newaxis] / np.where(gaps == 0.0, 1e-300, gaps)
        shares /= shares.sum(axis=0)
        for node, share in zip(nodes, shares, strict=True):
            Memory(node).run(series, fixed)
            out[here] += share * fixed[here]


def _look_back(series: NDArray[np.float64], orders: NDArray[np.float64], lags: int, out: NDArray[np.float64]) -> None:
    """Write the results of the orders 0, 1 and 2, which no missing value can reach from further back."""
    for order, weights in enumerate(_STEPS):
        here = np.flatnonzero(orders == order)
        out[here] = 0.0
        for lag, weight in enumerate(weights[: lags + 1]):
            inside = here[here >= lag]
            out[inside] += weight * series[inside - lag]


class DifferenceStream:
    """The whole past of :func:`difference` at a fixed order, one value at a time, in memory that does not grow.

    Parameters
    ----------
    d
        The order, between -2 and 2.

    Raises
    ------
    InputError
        d is out of range.

    Examples
    --------
    >>> stream = DifferenceStream(0.5)
    >>> [stream.update(x) for x in (1.0, 2.0, 4.0)]
    [1.0, 1.5, 2.875]
    >>> DifferenceStream.from_json(stream.to_json()).update(8.0)
    5.6875
    """

    def __init__(self, d: float) -> None:
        self.d = _order(d)
        self._memory = Memory(self.d)

    def update(self, x: float) -> float:
        """Take one value, NaN for a missing one, and return its fractional difference, with the bits of the whole.

        Raises
        ------
        InputError
            x is no real number or infinite; the state is as before.
        """
        return self._memory.push(finite_or_nan(x, "x"))

    def to_json(self) -> str:
        """The whole state as JSON, for :meth:`from_json`, which goes on with the same bits."""
        return dump("difference", d=self.d, **self._memory.state())

    @classmethod
    def from_json(cls, text: str) -> "DifferenceStream":
        """Take up a stream where :meth:`to_json` left it.

        Raises
        ------
        InputError
            The text is no state of this stream.
        """
        try:
            document = load(text, "difference")
            stream = cls(document["d"])
            stream._memory.restore(document)
        except InputError:
            raise
        except (TypeError, KeyError, ValueError, RecursionError) as error:
            raise InputError(f"the state cannot be read ({error}): save it again, or start a new stream") from None
        return stream


def _order(d: float) -> float:
    try:
        order = float(operator.index(d)) if isinstance(d, int) else float(d)
    except (TypeError, ValueError, OverflowError):
        order = float("nan")
    if not -2.0 <= order <= 2.0:
        raise InputError(f"d is {d!r}: use an order of differencing between -2 and 2")
    return order


def _orders(d: ArrayLike, n: int) -> NDArray[np.float64]:
    orders = real_numbers(d, "d")
    if orders.shape != (n,):
        raise InputError(f"d has shape {orders.shape}: pass one number, or one for each of the {n} values")
    refuse("d", orders, np.abs(orders) > 2.0, "an order of differencing is between -2 and 2: correct it")
    return np.ascontiguousarray(orders)

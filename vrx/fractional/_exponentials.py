"""Power laws as sums of a few exponentials, which turn a sum over the whole past into a step of constant cost."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_numbers, refuse, whole_number
from vrx.errors import InputError

__all__ = ["Exponentials", "exponentials"]

Array = NDArray[np.float64]

# Kernels work on whole vectors of this many nodes.
LANES = 8
_STEEPEST = 4.0
_APART = 16


@dataclass(frozen=True, eq=False)
class Exponentials:
    r"""``lag ** -a`` for every exponent a of a range, as a sum of exponentials that is the same but for its weights.

    Made by :func:`exponentials`.

    Notes
    -----
    The trapezoid rule of step h, which converges faster than any power of h, is applied to

    .. math:: \tau^{-a} = \frac{1}{\Gamma(a)} \int_{-\infty}^{\infty} e^{a x - \tau e^x} \, dx

    Its points with ``exp(x)`` above ``1 / horizon`` are the nodes from index `slow` on. The infinitely many points
    below hardly decay: there ``exp(-lag * rate)`` is replaced by its interpolating polynomial in the rate on `slow`
    Chebyshev points, which are the first nodes; the sums over all points that this needs are geometric series.
    """

    horizon: int
    """The longest lag."""
    least: float
    """The smallest exponent."""
    most: float
    """The largest exponent."""
    step: float
    """The distance h of the points in x."""
    start: float
    """x of the node with index `slow`, the slowest that is a point of the trapezoid rule."""
    slow: int
    """How many nodes stand for the points below `start`."""
    rates: Array
    """What every node loses in one step of time, in logarithms; shape (nodes,)."""
    mixing: Array
    """Coefficients of the interpolating polynomials in powers of ``rate / exp(start)``; shape (slow, slow)."""
    below: Array
    """The interpolating polynomials at the first points below `start`; shape (points, slow)."""

    @property
    def decays(self) -> Array:
        """By what every node is multiplied in one step of time, ``exp(-rates)``; shape (nodes,)."""
        return np.exp(-self.rates)

    def weights(self, exponent: ArrayLike) -> Array:
        """Return the weights that give the powers of these exponents.

        Parameters
        ----------
        exponent
            The exponents a, shape (n,) or a single number; NaN gives weights of NaN.

        Returns
        -------
        ndarray, shape (n, nodes)
            ``sum(weights[u] * decays**lag)`` is ``lag ** -a[u]`` for lags from 1 to the horizon.

        Raises
        ------
        InputError
            An exponent is outside the range that the nodes were made for.

        Examples
        --------
        >>> powers = exponentials(1000, 0.1, 1.9)
        >>> weights = powers.weights([0.5, 1.5])
        >>> (weights * powers.decays**4).sum(axis=1).round(8)
        array([0.5  , 0.125])
        """
        a = np.atleast_1d(real_numbers(exponent, "exponent"))
        outside = (a < self.least) | (a > self.most)
        refuse("exponent", a, outside, f"the nodes serve from {self.least:g} to {self.most:g}: make others")
        plain = np.exp(a[:, np.newaxis] * (self.start + self.step * np.arange(len(self.rates) - self.slow)))
        plain *= self.step * np.array([1.0 / math.gamma(one) for one in a])[:, np.newaxis]
        # Point j below the start counts exp(-a * step * j) times the polynomials there. The last points of all are
        # summed by powers of the rate, moment m being the sum over j > 0 of exp(-(a + m) * step * j).
        near = np.exp(-self.step * a[:, np.newaxis] * np.arange(1, len(self.below) + 1))
        powers = a[:, np.newaxis] + np.arange(self.slow)
        far = np.exp(-self.step * powers * len(self.below)) / np.expm1(self.step * powers)
        return np.concatenate((plain[:, :1] * (near @ self.below + far @ self.mixing.T), plain), axis=1)


@lru_cache(maxsize=32)
def exponentials(horizon: int, least: float, most: float, *, tolerance: float = 1e-9) -> Exponentials:
    """Choose the nodes that give ``lag ** -a`` for all lags up to a horizon and all exponents of a range.

    Parameters
    ----------
    horizon
        The longest lag, at least 1.
    least, most
        The range of the exponents a, above 0 and up to 4.
    tolerance
        The largest relative error, from 1e-13 to 1e-3.

    Returns
    -------
    Exponentials
        With 56 nodes at a horizon of 100,000, exponents from 0.1 to 1.9 and the default tolerance.

    Raises
    ------
    InputError
        An argument is out of range.

    References
    ----------
    Beylkin and Monzón (2010), Approximation by exponential sums revisited, Applied and Computational Harmonic
    Analysis 28, 131-149.

    Examples
    --------
    >>> powers = exponentials(1000, 0.1, 1.9)
    >>> float((powers.weights(0.7) @ powers.decays**1000).round(8)[0]) == round(1000**-0.7, 8)
    True
    """
    longest = whole_number(horizon, "horizon", 1)
    if not 0.0 < least <= most <= _STEEPEST:
        raise InputError(f"least and most are {least!r} and {most!r}: use exponents above 0 and up to 4, in order")
    if not 1e-13 <= tolerance <= 1e-3:
        raise InputError(f"tolerance is {tolerance!r}: use a relative error from 1e-13 to 1e-3")
    part = tolerance / 4.0
    step, top = _step(most, part), _top(most, part)
    slow = _points(math.exp(-step), part)
    plain = math.ceil((top + math.log(longest)) / step) + 1
    plain += -(plain + slow) % LANES
    start = top - step * (plain - 1)
    # Chebyshev's points between rate 0 and that of the fastest point which they stand for.
    points = 0.5 * math.exp(-step) * (1.0 + np.cos((np.arange(slow) + 0.5) * math.pi / slow))
    rates = math.exp(start) * np.concatenate((points, np.exp(step * np.arange(plain))))
    others = [np.delete(points, k) for k in range(slow)]
    scales = [np.prod(points[k] - others[k]) for k in range(slow)]
    mixing = np.array([np.poly(roots)[::-1] / scale for roots, scale in zip(others, scales, strict=True)])
    # In powers alone, large terms of both signs would cancel; _APART points on, the higher powers are negligible.
    at = np.exp(-step * np.arange(1, _APART + 1))[:, np.newaxis, np.newaxis]
    below = np.prod(at - np.array(others), axis=2) / scales
    for array in (rates, mixing, below):
        array.flags.writeable = False
    return Exponentials(longest, least, most, step, start, slow, rates, mixing, below)


def _step(a: float, tolerance: float) -> float:
    """The distance of points at which the trapezoid rule is off by the tolerance, ``2 |gamma(a + iy)| / gamma(a)``."""
    y = 2.0 * math.pi  # that of step 1; |gamma(a + iy)| is about sqrt(2 pi) y**(a - 1/2) exp(-pi y / 2)
    while math.log(2.0 * math.sqrt(2.0 * math.pi) / math.gamma(a)) + (a - 0.5) * math.log(y) - math.pi * y / 2.0 > (
        math.log(tolerance)
    ):
        y += 0.05
    return 2.0 * math.pi / y


def _top(a: float, tolerance: float) -> float:
    """The x above which nothing counts, even at lag 1 and at the largest exponent."""
    x = 2.0
    while a * x - math.exp(x) - math.lgamma(a) > math.log(tolerance):
        x += 0.01
    return x


def _points(longest: float, tolerance: float) -> int:
    """How many points interpolate ``exp(-z)`` for z from 0 to `longest`: the error is ``2 (longest/4)**n / n!``."""
    n = 2
    while 2.0 * (longest / 4.0) ** n / math.factorial(n) > tolerance:
        n += 1
    return n

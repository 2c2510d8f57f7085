"""Paths of rough volatility: the Riemann-Liouville process and the rough Bergomi model."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_number, real_numbers, refuse
from vrx.errors import InputError
from vrx.fractional._simulation import generator, how_many, hurst_exponent

__all__ = ["RoughPaths", "riemann_liouville", "rough_bergomi"]

Array = NDArray[np.float64]

# Times whose weights on all increments are in memory together.
_ROWS = 256


class RoughPaths(NamedTuple):
    """Paths of a price with rough volatility, each of shape (n + 1,) or (paths, n + 1), from time 0 on."""

    variance: NDArray[np.float64]
    """The variance of the price's logarithm per unit of time."""
    price: NDArray[np.float64]
    """The price, which starts at 1."""


def riemann_liouville(n: int, hurst: ArrayLike, paths: int | None = None, *, seed: int = 0) -> NDArray[np.float64]:
    r"""Draw the Riemann-Liouville process, fractional motion that starts at time 0, with an exponent that may move.

    Parameters
    ----------
    n
        How many values, at least 1.
    hurst
        The Hurst exponents, above 0 and below 1, shape (n,) or one for all; ``hurst[t - 1]`` is that of time t.
    paths
        How many independent paths; None gives one, without the axis.
    seed
        An int of at least 0. Equal seeds give equal paths, and the first of many are, to rounding, those of fewer.

    Returns
    -------
    ndarray, shape (n,) or (paths, n)
        The values at times 1 to n; that at time t has the variance ``t ** (2 * hurst[t - 1])``, exactly.

    Raises
    ------
    InputError
        An argument is out of range.

    Notes
    -----
    .. math:: X_t = \sqrt{2 H_t} \int_0^t (t - s)^{H_t - 1/2} \, dW_s

    The hybrid scheme with one exact cell: the integral over the last unit of time is drawn together with the
    increment of W there; over every earlier unit the kernel is its root mean square, which keeps the variance exact.
    Correlations were off by at most 0.009 for exponents from 0.05 to 0.7 and by 0.02 at 0.95, both between the times
    1 and 2, by times up to 64. O(n**2) operations per path.

    References
    ----------
    Bennedsen, Lunde and Pakkanen (2017), Hybrid scheme for Brownian semistationary processes, Finance and
    Stochastics 21, 931-965, whose kernel on earlier cells is its mean instead.

    Examples
    --------
    >>> riemann_liouville(252, np.linspace(0.1, 0.5, 252), 20).shape
    (20, 252)
    """
    (size, rows), exponents, rng = how_many(n, paths), real_numbers(hurst, "hurst"), generator(seed)
    if exponents.shape not in ((), (size,)):
        raise InputError(f"hurst has shape {exponents.shape}: pass one number, or one for each of the {size} times")
    wrong = ~((exponents > 0.0) & (exponents < 1.0))
    refuse("hurst", exponents, wrong, "a Hurst exponent is above 0 and below 1: correct it")
    normal = rng.standard_normal((1 if rows is None else rows, 2, size))
    motion = _motion(normal[:, 0], normal[:, 1], np.broadcast_to(exponents, (size,)))
    return motion[0] if rows is None else motion


def rough_bergomi(
    n: int,
    hurst: float,
    eta: float,
    rho: float,
    xi: ArrayLike,
    paths: int | None = None,
    *,
    step: float = 1.0,
    seed: int = 0,
    mirrored: bool = False,
) -> RoughPaths:
    r"""Draw variances and prices of the rough Bergomi model.

    Parameters
    ----------
    n
        How many steps, at least 1.
    hurst
        The Hurst exponent of log variance, above 0 and below 1.
    eta
        The volatility of volatility, from 0 to 1e100; its unit of time is that of `step`.
    rho
        The correlation of price and variance, from -1 to 1.
    xi
        The forward variance per unit of time: one positive number, or one for each of the n + 1 times.
    paths
        How many independent paths; None gives one, without the axis.
    step
        The time from one value to the next, above 0: 1 for daily variances and values, 1/252 for annualised variances.
    seed
        An int of at least 0. Equal seeds give equal paths, and the first of many are, to rounding, those of fewer.
    mirrored
        Whether the shocks of the second half of the paths are those of the first with the other sign, the first
        being those of half as many paths without mirrors; of an odd number one has no mirror.

    Returns
    -------
    RoughPaths
        ``variance`` and ``price``, each of shape (n + 1,) or (paths, n + 1); the mean of ``variance[:, t]`` is
        ``xi[t]``, and that of the price is 1.

    Raises
    ------
    InputError
        An argument is out of range.

    Notes
    -----
    .. math:: V_t = \xi_t \exp(\eta X_t - \tfrac12 \eta^2 t^{2H}), \quad
              d \log S_t = \sqrt{V_t} \, dZ_t - \tfrac12 V_t \, dt

    with X as in :func:`riemann_liouville`, and Z correlated with its W; the variance stays as it is over a step.

    References
    ----------
    Bayer, Friz and Gatheral (2016), Pricing under rough volatility, Quantitative Finance 16, 887-904.

    Examples
    --------
    >>> rough = rough_bergomi(20, 0.1, 1.9, -0.9, 0.04, 10_000, step=1 / 252)
    >>> rough.variance.shape, round(float(rough.variance.mean()), 2)
    ((10000, 21), 0.04)
    """
    (size, rows), exponent, rng = how_many(n, paths), hurst_exponent(hurst), generator(seed)
    volatility = real_number(eta, "eta", 0.0, 1e100)
    correlation = real_number(rho, "rho", -1.0, 1.0)
    time = real_number(step, "step", 0.0, inside=True)
    forward = real_numbers(xi, "xi")
    if forward.shape not in ((), (size + 1,)):
        raise InputError(f"xi has shape {forward.shape}: pass one number, or one for each of the {size + 1} times")
    wrong = ~((forward > 0.0) & np.isfinite(forward))
    refuse("xi", forward, wrong, "a variance is positive and finite: correct it")
    many = 1 if rows is None else rows
    normal = rng.standard_normal(((many + 1) // 2 if mirrored else many, 3, size))
    if mirrored:
        normal = np.concatenate((normal, -normal))[:many]
    logs = np.zeros((len(normal), size + 1))
    logs[:, 1:] = volatility * time**exponent * _motion(normal[:, 0], normal[:, 1], np.full(size, exponent))
    variance = np.exp(logs - 0.5 * volatility**2 * (time * np.arange(size + 1)) ** (2.0 * exponent)) * forward
    drive = correlation * normal[:, 0] + math.sqrt(1.0 - correlation**2) * normal[:, 2]
    spent = variance[:, :-1] * time
    price = np.ones(variance.shape)
    price[:, 1:] = np.exp(np.cumsum(np.sqrt(spent) * drive - 0.5 * spent, axis=1))
    return RoughPaths(variance[0], price[0]) if rows is None else RoughPaths(variance, price)


def _motion(increments: Array, extra: Array, hurst: Array) -> Array:
    """The process from the increments of W, shape (paths, n), and from what the last cell has beyond its increment."""
    n = len(hurst)
    out = np.empty(increments.shape)
    for begin in range(0, n, _ROWS):
        h = hurst[begin : begin + _ROWS, np.newaxis]
        # Row t, column u: the age of the increment u at the time t, 0 for the last and negative for those to come.
        ages = np.arange(begin, begin + len(h))[:, np.newaxis] - np.arange(begin + len(h))
        power = np.arange(begin + len(h) + 1.0) ** (2.0 * h)
        kernel = np.take_along_axis(np.sqrt(np.diff(power)), np.maximum(ages, 0), axis=1) * (ages > 0)
        shared = np.sqrt(2.0 * h[:, 0]) / (h[:, 0] + 0.5)
        kernel += shared[:, np.newaxis] * (ages == 0)
        block = slice(begin, begin + len(h))
        out[:, block] = increments[:, : begin + len(h)] @ kernel.T
        out[:, block] += np.sqrt(np.maximum(1.0 - shared**2, 0.0)) * extra[:, block]
    return out

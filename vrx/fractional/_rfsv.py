"""The forecast of rough fractional stochastic volatility: a weighted mean of past log volatility."""

import numpy as np
from numpy.typing import NDArray

from vrx._arrays import MOST_VALUES, whole_number
from vrx.fractional._simulation import hurst_exponent

__all__ = ["rfsv_weights"]

_FURTHEST = 1 << 40


def rfsv_weights(hurst: float, horizon: int, n: int) -> NDArray[np.float64]:
    r"""Return the weights on past log volatilities that forecast log volatility under rough volatility.

    Parameters
    ----------
    hurst
        The Hurst exponent of log volatility, above 0 and below 1/2.
    horizon
        How many steps ahead the forecast looks, from 1 to 2**40.
    n
        How many past values enter, at least 1.

    Returns
    -------
    ndarray, shape (n,)
        ``weights[k]`` is that of the value of k steps ago; they add up to 1.

    Raises
    ------
    InputError
        An argument is out of range.

    Notes
    -----
    With D the horizon, the conditional mean of fractional motion given its whole past is

    .. math:: E[\log \sigma_{t+D}] = \frac{\cos H \pi}{\pi} D^{H+1/2}
              \int_{-\infty}^t \frac{\log \sigma_u}{(t - u + D) (t - u)^{H+1/2}} \, du

    Every weight is the integral over its own step, from k to k + 1, exact to rounding: a power series up to 1/2,
    where the kernel is infinite at 0, and 16 points of Gauss and Legendre from there on. What lies beyond n is
    spread over the n weights in proportion.

    References
    ----------
    Gatheral, Jaisson and Rosenbaum (2018), Volatility is rough, Quantitative Finance 18, 933-949.

    Examples
    --------
    >>> rfsv_weights(0.1, 1, 4).round(3)
    array([0.772, 0.125, 0.064, 0.04 ])
    """
    exponent, size = hurst_exponent(hurst, 0.5), whole_number(n, "n", 1, MOST_VALUES)
    ahead = whole_number(horizon, "horizon", 1, _FURTHEST)
    points, shares = np.polynomial.legendre.leggauss(16)
    begin, end = np.arange(size, dtype=np.float64), np.arange(1.0, size + 1.0)
    begin[0] = 0.5
    at = (begin + end)[:, np.newaxis] / 2.0 + (end - begin)[:, np.newaxis] / 2.0 * points
    weights = (end - begin) / 2.0 * ((at ** -(exponent + 0.5) / (at + ahead)) @ shares)
    # 1 / (x + D) in powers of -x / D, of which 60 halve at every step at least.
    m = np.arange(60)
    weights[0] += np.sum((-1.0 / ahead) ** m / ahead * 0.5 ** (m + 0.5 - exponent) / (m + 0.5 - exponent))
    return np.asarray(weights / weights.sum())

"""Variogram: how the moments of the increments of motion grow with the lag."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_array, real_numbers
from vrx._ext import scaling, structure
from vrx.errors import InputError
from vrx.hurst._estimator import Array
from vrx.hurst._scaling import Plan, Scaling, rising

__all__ = ["Variogram"]


@dataclass(frozen=True, kw_only=True)
class Variogram(Scaling):
    """Structure functions: how the moments of the increments of motion grow with the lag.

    Parameters
    ----------
    kind
        What the series is: ``"noise"`` for increments such as returns, ``"motion"`` for levels such as log
        prices or log volatility, which are sums of noise.
    calibrated
        Whether the exponent is the one at which exact noise or motion of that length has, on average, the slope that
        was found; else it is the slope. The first use at a length simulates a table: with default options in 0.1 to
        1 second, with many scales, lags or powers in proportion longer.
    q
        The power of the moments, from 0.01 to 20; the exponents of several, as a tuple, are averaged.
    lags
        The lags, in steps, rising; by default 1 to 16, for a series of fewer than 128 values 1 to n // 8.

    Raises
    ------
    InputError
        An option is out of range.

    Notes
    -----
    S(l) is the mean of ``abs(y[t + l] - y[t]) ** q`` over all t; motion is y itself, noise is summed to y, from 0
    on. It grows as ``l ** (q H)``: H is the slope of log S(l) on log l over q, by least squares with weights
    ``1 / l**2``. A straight line has the slope 1, calibrated about 1.02: a mean of noise other than 0, which makes
    one, is not removed.

    Bias and sd on exact noise, 2,000 paths of 252 values and 1,000 of 2,520, were as follows, on motion the same::

        H                   0.1           0.3           0.5           0.7           0.9
        n = 252             +0.000/0.027  -0.000/0.038  -0.001/0.042  -0.002/0.050  -0.002/0.057
        not calibrated      -0.002/0.027  -0.004/0.037  -0.005/0.042  -0.009/0.048  -0.025/0.052
        n = 2,520           -0.000/0.009  +0.000/0.012  +0.000/0.013  -0.000/0.016  +0.001/0.032
        not calibrated      -0.000/0.008  -0.001/0.011  -0.001/0.013  -0.001/0.016  -0.011/0.029

    Ordinary least squares over lags 1 to 30, as in the paper below, had sd 0.032, 0.059, 0.072, 0.079, 0.078 at
    n = 252 and 0.010, 0.018, 0.022, 0.027, 0.036 at n = 2,520, not calibrated.

    Calibration, standard errors and intervals come from simulated Gaussian noise or motion with one exponent at all
    scales, and are as good as that assumption. The standard error is the sd of this very estimator there. The
    interval, the same with calibration and without, holds the exponents that would give such a slope, and with
    calibration the estimate, which without it may lie outside. Intervals of 95% covered 94% to 97% at n = 252, 1,000
    and 2,520, H = 0.1 to 0.9. The line of an estimate and the spectrum are the measured ones: they give the exponent
    that is not calibrated.

    References
    ----------
    Gatheral, Jaisson and Rosenbaum (2018), Volatility is rough, Quantitative Finance 18, 933-949.

    Examples
    --------
    >>> walk = np.random.default_rng(7).standard_normal(4096).cumsum()
    >>> estimate = Variogram(kind="motion").fit(walk)
    >>> round(estimate.h, 1), estimate.low < 0.5 < estimate.high
    (0.5, True)
    """

    q: float | tuple[float, ...] = 2.0
    lags: tuple[int, ...] | None = None

    method: ClassVar[str] = "variogram"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "q", _powers(self.q))
        if self.lags is not None:
            object.__setattr__(self, "lags", rising(self.lags, "lags", 1))

    def spectrum(self, x: ArrayLike) -> tuple[Array, Array]:
        """The exponents of the moments of a whole series, one for each power.

        Parameters
        ----------
        x
            The series, oldest first, shape (n,).

        Returns
        -------
        q, zeta : ndarray, shape (powers,)
            S(l) grows as ``l ** zeta``, as measured, without calibration; on a series with one exponent H,
            ``zeta = q * H``. With a NaN in x every zeta is NaN.

        Raises
        ------
        InputError
            x is not a series of real numbers, holds an infinite value or is too short.

        Examples
        --------
        >>> walk = np.random.default_rng(7).standard_normal(4096).cumsum()
        >>> q, zeta = Variogram(kind="motion", q=(1.0, 2.0, 3.0)).spectrum(walk)
        >>> q, zeta.round(1)
        (array([1., 2., 3.]), array([0.5, 1. , 1.5]))
        """
        series = real_array(x, dimensions=(1,))
        self._check_window(len(series))
        plan = self._plan(len(series))
        zeta = np.empty(len(plan.powers))
        measured = self._measure(series, len(series)).reshape(len(zeta), -1, 1)
        for k in range(len(zeta)):
            scaling.log_slope(measured[k], plan.slope_weights, series, len(series), zeta[k : k + 1])
        return plan.powers.copy(), zeta

    def _least(self) -> int:
        return 16 if self.lags is None else self.lags[-1] + 1

    def _measure(self, values: Array, window: int) -> Array:
        plan = self._plan(window)
        count = len(plan.scales)
        out = np.empty((len(plan.powers) * count, len(values) - window + 1))
        for k, power in enumerate(plan.powers):
            part = out[k * count : (k + 1) * count]
            structure.rolling_structure(values, self.kind == "motion", plan.scales, power, window, part)
        return out

    def _plan(self, n: int) -> Plan:
        return _plan(n, self.q, self.lags)


@lru_cache(maxsize=64)
def _plan(n: int, q: float | tuple[float, ...], lags: Iterable[int] | None) -> Plan:
    places = np.array(range(1, min(16, n // 8) + 1) if lags is None else tuple(lags), dtype=np.intp)
    return Plan(places, 1.0 / places**2, np.atleast_1d(np.array(q, dtype=np.float64)), np.zeros(len(places)))


def _powers(q: float | tuple[float, ...]) -> float | tuple[float, ...]:
    try:
        powers = real_numbers(q, "q")
    except InputError:
        powers = np.empty(0)
    # Moments of powers far below or above those in use leave the range of float64.
    if powers.ndim > 1 or powers.size == 0 or not ((powers >= 0.01) & (powers <= 20.0)).all():
        raise InputError(f"q is {q!r}: use a power from 0.01 to 20, or several as a tuple")
    return float(powers) if powers.ndim == 0 else tuple(powers.tolist())

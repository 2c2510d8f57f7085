"""The covariance of fractional Gaussian noise."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["noise_covariance"]


def noise_covariance(hurst: float, longest: int) -> NDArray[np.float64]:
    r"""Return the covariances of fractional Gaussian noise of variance 1 at the lags 0 to `longest`, at least 1.

    Notes
    -----
    The second difference ``(|k + 1|**2H - 2 |k|**2H + |k - 1|**2H) / 2`` cancels at long lags. With x = 1 / k,
    s = H log(1 - x^2) and t = H artanh(x) it is

    .. math:: k^{2H} \left( e^s \cosh(2 t) - 1 \right)
              = k^{2H} \left( e^s - 1 + 2 e^s \sinh^2 t \right)

    whose two terms, near -H x^2 and 2 H^2 x^2, keep all their digits.

    Examples
    --------
    >>> noise_covariance(0.75, 3).round(4)
    array([1.    , 0.4142, 0.2696, 0.2181])
    """
    lag = np.arange(2.0, longest + 1)
    shrunk, turned = hurst * np.log1p(-1.0 / lag**2), hurst * np.arctanh(1.0 / lag)
    second = np.expm1(shrunk) + 2.0 * np.exp(shrunk) * np.sinh(turned) ** 2
    return np.concatenate(([1.0, 2.0 ** (2.0 * hurst - 1.0) - 1.0], lag ** (2.0 * hurst) * second))

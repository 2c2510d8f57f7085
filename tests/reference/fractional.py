"""Fractional differencing by its definition."""

import numpy as np
from numpy.typing import NDArray


def difference_weights(d: float, n: int) -> NDArray[np.float64]:
    k = np.arange(1, n)
    return np.append(1.0, np.cumprod((k - 1 - d) / k))


def difference(x: NDArray[np.float64], d: float, truncation: int | None = None) -> NDArray[np.float64]:
    n = len(x)
    lags = n - 1 if truncation is None else min(truncation, n - 1)
    weights = difference_weights(d, lags + 1)
    return np.array([sum(weights[k] * x[t - k] for k in range(min(t, lags) + 1)) for t in range(n)])

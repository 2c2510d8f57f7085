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


def varying_difference(
    x: NDArray[np.float64], d: NDArray[np.float64], truncation: int | None = None
) -> NDArray[np.float64]:
    lags = [t if truncation is None else min(t, truncation) for t in range(len(x))]
    return np.array([difference_weights(d[t], k + 1) @ x[t - k : t + 1][::-1] for t, k in enumerate(lags)])


def figarch_weights(d: float, phi: float, beta: float, n: int) -> NDArray[np.float64]:
    """1 - (1 - phi L) (1 - L)^d / (1 - beta L), by multiplying the three series."""
    ratio = np.convolve([1.0, -phi], beta ** np.arange(n + 1.0))[: n + 1]
    return -np.convolve(ratio, difference_weights(d, n + 1))[1 : n + 1]


def figarch_variance(
    returns: NDArray[np.float64], omega: float, weights: NDArray[np.float64], beta: float, backcast: float
) -> NDArray[np.float64]:
    squares = np.concatenate((np.full(len(weights), backcast), returns**2))
    days = range(len(returns))
    return np.array([omega / (1 - beta) + weights @ squares[t : t + len(weights)][::-1] for t in days])

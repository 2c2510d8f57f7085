"""Fractional volatility day by day, with sums over the whole past and no exponentials."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sigma(
    returns: Array, hurst: Array, law: tuple[float, float, float], limits: tuple[float, float], absolute: bool
) -> Array:
    """Every day's volatility and that of the day after; law is (level, slope, alpha)."""
    level, slope, alpha = law
    shocks, out = [], []
    for t in range(len(returns) + 1):
        memory = sum((t - u) ** (2.0 * hurst[u] - 2.0) * shocks[u] for u in range(t))
        if alpha == 0.0:
            here = np.exp(level + slope * memory)
        else:
            kappa = np.exp(alpha * level)
            power = kappa + kappa * alpha * slope * memory
            here = power ** (1.0 / alpha) if power > 0.0 else (0.0 if alpha > 0.0 else np.inf)
        out.append(min(max(here, limits[0]), limits[1]))
        if t < len(returns):
            z = returns[t] / out[t]
            shocks.append(abs(z) - np.sqrt(2.0 / np.pi) if absolute else z)
    return np.array(out)


def log_likelihood(returns: Array, sigma: Array) -> float:
    return float(np.sum(-0.5 * np.log(2.0 * np.pi) - 0.5 * np.log(sigma**2) - 0.5 * returns**2 / sigma**2))


def sandwich(
    returns: Array, hurst: Array, law: tuple[float, float, float], limits: tuple[float, float], absolute: bool
) -> Array:
    """The covariance of (level, slope) whatever the law of the shocks: differences of daily log likelihoods alone."""

    def daily(*step: float) -> Array:
        at = (law[0] + step[0], law[1] + step[1], law[2])
        here = sigma(returns, hurst, at, limits, absolute)[:-1]
        return -np.log(here) - 0.5 * returns**2 / here**2

    h = 1e-4
    scores = np.stack([(daily(h, 0.0) - daily(-h, 0.0)) / (2 * h), (daily(0.0, h) - daily(0.0, -h)) / (2 * h)])
    cross = (daily(h, h) - daily(h, -h) - daily(-h, h) + daily(-h, -h)).sum() / (4 * h**2)
    middle = daily(0.0, 0.0).sum()
    level = (daily(h, 0.0).sum() - 2 * middle + daily(-h, 0.0).sum()) / h**2
    slope = (daily(0.0, h).sum() - 2 * middle + daily(0.0, -h).sum()) / h**2
    bread = np.linalg.inv(-np.array([[level, cross], [cross, slope]]))
    return bread @ (scores @ scores.T) @ bread

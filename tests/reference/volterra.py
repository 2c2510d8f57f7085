"""Sums with a power-law memory, and the paths of rough volatility, by their definitions."""

from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import NDArray


def volterra(z: NDArray[np.float64], hurst: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([sum(z[u] * (t - u) ** (2 * hurst[u] - 2) for u in range(t)) for t in range(len(z))])


def noise_covariance(n: int, hurst: float) -> NDArray[np.float64]:
    lag = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return (np.abs(lag + 1) ** (2 * hurst) - 2 * lag ** (2.0 * hurst) + np.abs(lag - 1) ** (2 * hurst)) / 2


def noise_covariance_exactly(lag: int, hurst: float) -> float:
    with localcontext(prec=60):
        power = 2 * Decimal(hurst)
        return float((Decimal(lag + 1) ** power - 2 * Decimal(lag) ** power + Decimal(abs(lag - 1)) ** power) / 2)


def motion_covariance(n: int, hurst: float) -> NDArray[np.float64]:
    s, t = np.meshgrid(np.arange(1.0, n + 1), np.arange(1.0, n + 1))
    return (s ** (2 * hurst) + t ** (2 * hurst) - np.abs(t - s) ** (2 * hurst)) / 2


def riemann_liouville_covariance(hurst: NDArray[np.float64], points: int = 200) -> NDArray[np.float64]:
    """2 sqrt(H G) times the integral over v from 0 to s of v^(H - 1/2) (v + t - s)^(G - 1/2), H at s, G at t >= s.

    With v = s q^(1 / (H + 1/2)) the first factor goes; Gauss and Legendre do the rest.
    """
    at, shares = np.polynomial.legendre.leggauss(points)
    n, q = len(hurst), (at + 1) / 2
    covariance = np.empty((n, n))
    for i, h in enumerate(hurst):
        for j in range(i, n):
            g, s = hurst[j], i + 1.0
            if i == j:
                covariance[i, i] = s ** (2 * h)
                continue
            v = s * q ** (1 / (h + 0.5))
            integral = s ** (h + 0.5) / (h + 0.5) * ((v + j - i) ** (g - 0.5) @ shares) / 2
            covariance[i, j] = covariance[j, i] = 2 * np.sqrt(h * g) * integral
    return covariance

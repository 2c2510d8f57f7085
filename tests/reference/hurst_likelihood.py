"""The Gaussian likelihood of fractional noise by a dense covariance matrix."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, toeplitz
from scipy.optimize import minimize_scalar


def deviance(noise: NDArray[np.float64], hurst: float, estimated: bool) -> float:
    """Minus twice the profile log likelihood, restricted if the mean is estimated, without its constant."""
    n, power = len(noise), np.arange(len(noise) + 1.0) ** (2 * hurst)
    factor = cho_factor(toeplitz(np.r_[1.0, (power[2:] + power[:-2]) / 2 - power[1:-1]]))
    determinant = 2 * np.log(np.diag(factor[0])).sum()
    if not estimated:
        return float(n * np.log(noise @ cho_solve(factor, noise)) + determinant)
    information = np.sum(cho_solve(factor, np.ones(n)))
    left = noise - np.sum(cho_solve(factor, noise)) / information
    return float((n - 1) * np.log(left @ cho_solve(factor, left)) + determinant + np.log(information))


def exponent(x: NDArray[np.float64], kind: str, estimated: bool) -> float:
    noise = np.diff(x) if kind == "motion" else x
    grid = np.linspace(0.005, 0.995, 100)
    best = int(np.argmin([deviance(noise, h, estimated) for h in grid]))
    inside = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 99)]))
    found = minimize_scalar(
        lambda h: deviance(noise, h, estimated), bounds=inside, method="bounded", options={"xatol": 1e-9}
    )
    return float(found.x)


def standard_error(x: NDArray[np.float64], kind: str, estimated: bool, hurst: float) -> float:
    noise = np.diff(x) if kind == "motion" else x
    below, here, above = (deviance(noise, hurst + step, estimated) for step in (-0.01, 0.0, 0.01))
    return float(0.01 * np.sqrt(2 / (below - 2 * here + above)))

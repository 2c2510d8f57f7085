"""The exact wavelet exponent by dense matrices: a quadratic form per level, its mean and covariance by traces."""

import numpy as np
import pywt
from numpy.typing import NDArray
from scipy.optimize import brentq

Array = NDArray[np.float64]


def forms(n: int, wavelet: str, levels: range) -> Array:
    """The matrices A_j of nu_j = x' A_j x, shape (levels, n, n)."""
    cascade, found = np.ones(1), []
    for level in range(1, levels.stop):
        low, high = (spread(taps, 2 ** (level - 1)) for taps in pywt.Wavelet(wavelet).filter_bank[:2])
        taps = np.convolve(cascade, high)[::-1]
        cascade = np.convolve(cascade, low)
        rows = np.array([np.r_[np.zeros(i), taps, np.zeros(n - len(taps) - i)] for i in range(n - len(taps) + 1)])
        if level in levels:
            found.append(rows.T @ rows / len(rows))
    return np.array(found)


def spread(taps: list[float], step: int) -> Array:
    wide = np.zeros((len(taps) - 1) * step + 1)
    wide[::step] = np.array(taps) / np.sqrt(2.0)
    return wide


def covariance(n: int, kind: str, hurst: float) -> Array:
    """Of fractional noise, or of fractional motion at times 1 to n."""
    s, t = np.meshgrid(np.arange(1.0, n + 1), np.arange(1.0, n + 1))
    power = 2 * hurst
    if kind == "motion":
        return (s**power + t**power - np.abs(s - t) ** power) / 2
    return (np.abs(s - t + 1) ** power + np.abs(s - t - 1) ** power) / 2 - np.abs(s - t) ** power


def moments(a: Array, sigma: Array) -> tuple[Array, Array]:
    products = a @ sigma
    return np.trace(products, axis1=1, axis2=2), 2 * np.einsum("jab,kba->jk", products, products)


def equations(a: Array, kind: str, hurst: float, share: float = 0.0) -> tuple[Array, Array, Array]:
    """Expected variances, first level 1 of which share is white; tangents along H and share; precision of nu / m."""
    n, step = a.shape[1], 1e-5
    white = np.trace(a, axis1=1, axis2=2)

    def expected(h: float, p: float) -> Array:
        v = np.einsum("jab,ba->j", a, covariance(n, kind, h))
        return (1 - p) * v / v[0] + p * white / white[0]

    sigma = covariance(n, kind, hurst)
    scale = moments(a, sigma)[0][0]
    _, spreads = moments(a, (1 - share) * sigma / scale + share * np.eye(n) / white[0])
    m = expected(hurst, share)
    along_h = (expected(hurst + step, share) - expected(hurst - step, share)) / (2 * step) / m
    along_share = (expected(hurst, share + step) - expected(hurst, share - step)) / (2 * step) / m
    return m, np.array([along_h, along_share]), np.linalg.inv(spreads / np.outer(m, m))


def scores(a: Array, nu: Array, kind: str, hurst: float, share: float = 0.0) -> Array:
    m, tangents, precision = equations(a, kind, hurst, share)
    weights = precision.sum(axis=0)
    ratio = nu / m / (weights @ (nu / m) / weights.sum())
    return tangents @ precision @ (ratio - 1)


def exponent(x: Array, kind: str, wavelet: str, levels: range) -> float:
    a = forms(len(x), wavelet, levels)
    nu = np.einsum("jab,a,b->j", a, x, x)
    return float(brentq(lambda h: scores(a, nu, kind, h)[0], 0.01, 0.99, xtol=1e-10))


def standard_error(n: int, kind: str, wavelet: str, levels: range, hurst: float, share: float | None = None) -> float:
    """Of the exponent, with the scale unknown, and the share of white noise too unless it is None."""
    _, tangents, precision = equations(forms(n, wavelet, levels), kind, hurst, share or 0.0)
    design = np.vstack([tangents[: 1 if share is None else 2], np.ones(len(precision))])
    return float(np.sqrt(np.linalg.inv(design @ precision @ design.T)[0, 0]))

"""What wavelet variances of sampled fractional noise and motion are on average, and how they vary together."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vrx._noise import noise_covariance
from vrx.hurst._estimator import Array, Kind
from vrx.hurst._pyramid import Pyramid, pyramid

__all__ = ["Table", "moments", "table"]

# Exponents at which moments are computed; between them a polynomial is right to about 1e-8.
_NODES = 24
_RANGE = (0.002, 0.998)
# Exponents, and with white noise its shares, at which the equations are tabulated.
_POINTS = (1025, 257)
_SHARES = np.concatenate((np.linspace(0.0, 0.9, 37), 1.0 - np.geomspace(0.08, 0.005, 12)))


@dataclass(frozen=True, eq=False)
class Table:
    """The estimating equations of a pyramid, for every exponent h and share of white noise.

    Expected variances m_j count in units of the first level that is used, whose share of white noise is given.
    Multiplied with the variances of a window, `scores` is zero at the best exponent, `share_scores` at the best
    share, and `scales` gives the expected variance of the first level.
    """

    h: Array
    """Rising exponents, shape (points,)."""
    shares: Array
    """Rising shares of white noise, shape (shares,); 0 alone without noise."""
    logs: Array
    """log(m_j), shape (shares, points, levels), as all that follow."""
    scores: Array
    share_scores: Array
    scales: Array
    influences: Array
    """The change of the estimate per change of the logarithm of each variance."""
    errors: Array
    """The standard error of the exponent, shape (shares, points)."""

    def at(self, values: Array, h: Array, place: Array) -> Array:
        """Interpolate values, shape (shares, points, ...), at exponents and places in `shares`."""
        point = np.clip(np.searchsorted(self.h, h, side="right") - 1, 0, len(self.h) - 2)
        # A NaN is sorted last and gives NaN here.
        t = (h - self.h[point]) / (self.h[point + 1] - self.h[point])
        share = np.minimum(np.nan_to_num(place).astype(np.int64), len(self.shares) - 1)
        above, s = np.minimum(share + 1, len(self.shares) - 1), place - share
        t, s = (part.reshape(part.shape + (1,) * (values.ndim - 2)) for part in (t, s))
        low = values[share, point] * (1.0 - t) + values[share, point + 1] * t
        high = values[above, point] * (1.0 - t) + values[above, point + 1] * t
        result: Array = low * (1.0 - s) + high * s
        return result


# A table takes up to 5 MB with noise and 0.4 MB without; rolling and streaming ask for the same one again and again.
@lru_cache(maxsize=16)
def table(window: int, wavelet: str, levels: tuple[int, int], kind: Kind, noise: bool) -> Table:
    """The table of windows of a length."""
    plan = pyramid(window, wavelet, levels)
    # Log variances have a singularity at an H of about minus the inverse of the longest scale. Exponents are spaced
    # by the logarithm of the distance to it, in which everything is smooth.
    near = 2.0 ** -float(levels[1])
    start, stop = (float(np.log(end + near)) for end in _RANGE)
    knots = np.cos((np.arange(_NODES) + 0.5) * np.pi / _NODES)
    grid = np.linspace(-1.0, 1.0, _POINTS[noise])
    at_knots, h = (np.exp((stop - start) * (place + 1.0) / 2.0 + start) - near for place in (knots, grid))
    parts = [moments(plan, kind, float(exponent), noise) for exponent in at_knots]
    variances, covariances = (np.stack(part) for part in zip(*parts, strict=True))
    fractal, white = variances[:, 0], variances[:, 1]
    # In units of both parts' own sizes, all three parts of a covariance are smooth in H.
    sizes = np.stack((fractal, np.sqrt(fractal * white), white), axis=1)
    covariances /= sizes[:, :, :, np.newaxis] * sizes[:, :, np.newaxis, :]
    curve, rates = _polynomials(knots, np.log(fractal / fractal[:, :1]), grid)
    rates *= 2.0 / ((stop - start) * (h[:, np.newaxis] + near))
    spread, _ = _polynomials(knots, covariances, grid)
    shares = _SHARES if noise else np.zeros(1)
    rows = [_equations(np.exp(curve), rates, white[0] / white[0, 0], spread, float(share), noise) for share in shares]
    return Table(h, shares, *(np.stack(part) for part in zip(*rows, strict=True)))


def _polynomials(knots: Array, values: Array, grid: Array) -> tuple[Array, Array]:
    """Interpolate values, shape (knots, ...), by a polynomial through all knots; it and its slope on the grid."""
    series = np.polynomial.chebyshev.chebfit(knots, values.reshape(len(knots), -1), len(knots) - 1)
    slopes = np.polynomial.chebyshev.chebder(series)
    shape = len(grid), *values.shape[1:]
    found = np.polynomial.chebyshev.chebval(grid, series), np.polynomial.chebyshev.chebval(grid, slopes)
    on_grid, rates = (np.array(part.T, dtype=np.float64).reshape(shape) for part in found)
    return on_grid, rates


def _equations(curve: Array, rates: Array, white: Array, spread: Array, share: float, noise: bool) -> tuple[Array, ...]:
    """Everything in a table that depends on the share, in the order of its fields."""
    fractal, pure = (1.0 - share) * curve, share * white
    expected = fractal + pure
    parts = np.stack((fractal, np.sqrt(fractal * pure), pure * np.ones_like(fractal)), axis=1) / expected[:, np.newaxis]
    covariance = np.sum(parts[:, :, :, np.newaxis] * parts[:, :, np.newaxis, :] * spread, axis=1)
    precision = np.linalg.inv(covariance)
    # Derivatives of log(m_j) by the exponent and the share; that by the logarithm of the scale is 1.
    tangents = np.stack((rates * fractal / expected, (white - curve) / expected), axis=1)[:, : 2 if noise else 1]
    weights = precision.sum(axis=2)
    weights /= weights.sum(axis=1, keepdims=True)
    # Without the part along the scale, whose best value is thereby put in.
    tangents = tangents - np.sum(tangents * weights[:, np.newaxis], axis=2, keepdims=True)
    scores = np.einsum("hij,hpj->hpi", precision, tangents)
    information = np.einsum("hpj,hqj->hpq", scores, tangents)
    inverse = np.linalg.inv(information)
    influences = np.einsum("hp,hpj->hj", inverse[:, 0], scores)
    by_value = scores / expected[:, np.newaxis]
    return (
        np.log(expected),
        by_value[:, 0],
        by_value[:, -1],
        weights / expected,
        influences,
        np.sqrt(inverse[:, 0, 0]),
    )


def moments(plan: Pyramid, kind: Kind, hurst: float, noise: bool) -> tuple[Array, Array]:
    """Expected wavelet variances and their covariances, for steps of variance 1.

    Returns
    -------
    variances : ndarray, shape (2, levels)
        Of fractional noise or motion, and of white noise of variance 1.
    covariances : ndarray, shape (3, levels, levels)
        Of the sum of both: the part of the first, what both have together, the part of the second; the last two
        are zero unless noise is asked for.

    Notes
    -----
    With C(s - t) the covariance of coefficients W_j(s) and W_k(t), that of nu_j and nu_k is the sum of
    2 C(s - t)^2 / (n_j n_k) over all pairs. Far beyond the longer filter C is taken for zero.
    """
    filters = _cascade(plan, kind)
    n, count = plan.window - (kind == "motion"), len(filters)
    variances, covariances = np.empty((2, count)), np.zeros((3, count, count))
    for j, long in enumerate(filters):
        # Coefficients of the Haar wavelet, which has one vanishing moment, stay correlated over any distance.
        reach = n if len(plan.low) == 2 else min(n, max(4 * len(long), 512))
        size = 1 << (2 * (reach + len(long)) - 1).bit_length()
        spectrum, white = _spectra(hurst, kind, size)
        ours = np.fft.rfft(long, size)
        lags = np.fft.fftfreq(size, 1.0 / size)
        for k, short in enumerate(filters[: j + 1]):
            both = ours * np.conj(np.fft.rfft(short, size))
            fractal = np.fft.irfft(both * spectrum, size)
            # Of the pairs (s, t) with s - t = lag, both inside the window, this many have all their values there.
            first = np.maximum(len(short) - 1, len(long) - 1 - lags)
            pairs = np.maximum(np.minimum(n, n - lags) - first, 0.0)
            weights = np.where(np.abs(lags) <= reach, pairs, 0.0)
            weights *= 2.0 / ((n - len(long) + 1.0) * (n - len(short) + 1.0))
            covariances[0, j, k] = covariances[0, k, j] = np.sum(weights * fractal**2)
            if noise:
                pure = np.fft.irfft(both * white, size)
                covariances[1, j, k] = covariances[1, k, j] = 2.0 * np.sum(weights * fractal * pure)
                covariances[2, j, k] = covariances[2, k, j] = np.sum(weights * pure**2)
        # The last pair is that of the level with itself.
        variances[:, j] = fractal[0], 2.0 ** -float(plan.levels[j])
    return variances, covariances


def _cascade(plan: Pyramid, kind: Kind) -> list[Array]:
    """The filter of every level that counts, as it acts on noise, or on the steps of motion."""
    smooth, filters = np.ones(1), []
    for level in range(1, int(plan.levels[-1]) + 1):
        low, high = (np.zeros((len(plan.low) - 1) * 2 ** (level - 1) + 1) for _ in range(2))
        low[:: 2 ** (level - 1)], high[:: 2 ** (level - 1)] = plan.low, plan.high
        detail = np.convolve(smooth, high)
        smooth = np.convolve(smooth, low)
        if level >= plan.levels[0]:
            # A wavelet filter sums to zero, so on motion it is its running sum on the steps.
            filters.append(np.cumsum(detail)[:-1] if kind == "motion" else detail)
    return filters


@lru_cache(maxsize=8)
def _spectra(hurst: float, kind: Kind, size: int) -> tuple[Array, Array]:
    """The spectra of circulants: of fractional noise, and of white noise or its steps."""
    covariance = noise_covariance(hurst, size // 2)
    spectrum = np.fft.rfft(np.concatenate((covariance, covariance[-2:0:-1]))).real
    turns = 2.0 * np.pi * np.arange(size // 2 + 1) / size
    return spectrum, 2.0 - 2.0 * np.cos(turns) if kind == "motion" else np.ones(size // 2 + 1)

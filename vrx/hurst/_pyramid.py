"""The levels of a wavelet transform inside a window: their filters, counts, weights and covariance."""

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np

from vrx._arrays import whole_number
from vrx._ext import hurst as kernels
from vrx.errors import InputError
from vrx.hurst._estimator import Array

__all__ = ["Pyramid", "check_levels", "modwt_filters", "pyramid", "trigamma"]


@dataclass(frozen=True, eq=False)
class Pyramid:
    """The levels of a window that count, and what their filters are."""

    low: Array
    """The MODWT scaling filter."""
    high: Array
    """The MODWT wavelet filter."""
    window: int
    levels: "np.typing.NDArray[np.int64]"
    """The levels that count, rising by one."""

    @cached_property
    def filters(self) -> Array:
        """Both filters, shape (2, taps)."""
        return np.stack([self.low, self.high])

    @cached_property
    def counts(self) -> "np.typing.NDArray[np.int64]":
        """How many coefficients of each level touch no end of the window."""
        return self.window - (2**self.levels - 1) * (len(self.low) - 1)

    @cached_property
    def impulses(self) -> "list[Array]":
        """The MODWT filter from the series to the coefficients of each level, the newest value's tap first."""
        spectra = _equivalent_filters(self.filters, int(self.levels[-1]))[self.levels[0] - 1 :]
        return [taps / 2.0 ** (level / 2.0) for level, taps in zip(self.levels, spectra, strict=True)]

    @cached_property
    def precisions(self) -> Array:
        """The inverse variance of each log variance, up to a factor: about its independent coefficients."""
        return np.maximum(self.counts / 2.0**self.levels, 1.0)

    @cached_property
    def log_covariance(self) -> Array:
        """The covariance of the log variances of white noise, shape (levels, levels).

        With nu_i and nu_j the mean squares of n_i and n_j coefficients whose correlation is r(s, t), that of nu is
        ``2 sum_st r(s, t)^2 / (n_i n_j)``, relative to their expectations. A logarithm spreads more: that of a
        chi-square of f degrees of freedom, of relative variance 2 / f, has the variance psi'(f / 2). Levels further
        than two apart hardly depend on each other, and count as independent.
        """
        spectra = _equivalent_filters(self.filters, int(self.levels[-1]))[self.levels[0] - 1 :]
        relative = np.zeros((len(spectra), len(spectra)))
        for i, j in zip(*np.triu_indices(len(spectra)), strict=True):
            if j - i <= 2:
                relative[i, j] = relative[j, i] = _relative_covariance(spectra[i], spectra[j], *self.counts[[i, j]])
        diagonal = np.diag(relative)
        spread = np.sqrt([trigamma(1.0 / share) / share for share in diagonal])
        covariance: Array = relative * np.outer(spread, spread)
        return covariance

    @cached_property
    def slope_weights(self) -> Array:
        """The weights that turn log variances into their weighted least squares slope."""
        weighted: Array = self.precisions * self.log_scales
        return weighted / (weighted @ self.log_scales)

    @cached_property
    def log_scales(self) -> Array:
        """The logarithms of the scales, less their weighted mean."""
        logs: Array = self.levels * np.log(2.0)
        return logs - np.average(logs, weights=self.precisions)

    def variances(self, values: Array) -> Array:
        """The wavelet variance of every window, shape (levels, windows)."""
        out = np.empty((self.levels[-1], len(values) - self.window + 1))
        kernels.rolling_wavelet_variance(values, self.filters, self.window, out)
        return out[self.levels[0] - 1 :]


@lru_cache(maxsize=256)
def pyramid(window: int, wavelet: str, levels: tuple[int, int] | None) -> Pyramid:
    """The levels of a window of a wavelet; without levels, all that have two coefficients inside."""
    low, high = modwt_filters(wavelet)
    reach = len(low) - 1
    # A coefficient of level j spans (2^j - 1) (taps - 1) + 1 values.
    deepest = ((window - 2) // reach + 1).bit_length() - 1
    first, last = levels if levels is not None else (1, deepest)
    return Pyramid(low, high, window, np.arange(first, last + 1))


def check_levels(levels: tuple[int, int]) -> tuple[int, int]:
    try:
        first, last = (whole_number(level, "a level", 1) for level in levels)
    except (TypeError, ValueError):
        first, last = 0, 0
    if not 1 <= first < last <= 40:
        raise InputError(f"levels is {levels!r}: use (first, last) with 1 <= first < last")
    return first, last


@cache
def modwt_filters(name: str) -> tuple[Array, Array]:
    """Return the MODWT scaling and wavelet filters, which are those of the DWT over the square root of 2."""
    import pywt

    if name not in pywt.wavelist(kind="discrete") or not (chosen := pywt.Wavelet(name)).orthogonal:
        raise InputError(f"wavelet is {name!r}: use the name of an orthogonal wavelet, such as 'db4'")
    low, high = (np.array(taps) / np.sqrt(2.0) for taps in (chosen.dec_lo, chosen.dec_hi))
    return low, high


def trigamma(x: float) -> float:
    """The derivative of the digamma function, which is the variance of the logarithm of a gamma variable.

    Examples
    --------
    >>> round(trigamma(1.0), 12), round(np.pi**2 / 6, 12)
    (1.644934066848, 1.644934066848)
    """
    total = 0.0
    while x < 20.0:
        total, x = total + x**-2, x + 1.0
    # The asymptotic series; its next term is below 1e-14.
    return total + 1.0 / x + x**-2 / 2.0 + x**-3 / 6.0 - x**-5 / 30.0 + x**-7 / 42.0 - x**-9 / 30.0


def _equivalent_filters(filters: Array, levels: int) -> list[Array]:
    """The filter that leads from the series to the coefficients of each level, of sum of squares 1."""
    cascade, found = np.ones(1), []
    for level in range(levels):
        step = 2**level
        low, high = np.zeros((2, (filters.shape[1] - 1) * step + 1))
        low[::step], high[::step] = filters
        found.append(_convolved(cascade, high) * 2.0 ** ((level + 1) / 2.0))
        cascade = _convolved(cascade, low)
    return found


def _convolved(a: Array, b: Array) -> Array:
    size = len(a) + len(b) - 1
    room = 1 << (size - 1).bit_length()
    convolved: Array = np.fft.irfft(np.fft.rfft(a, room) * np.fft.rfft(b, room), room)[:size]
    return convolved


def _relative_covariance(a: Array, b: Array, count: int, other: int) -> float:
    """The covariance of two mean squares of filtered white noise, whose last coefficients fall on one time."""
    # Here correlations[k] is that of the coefficient of a at some time with that of b k - len(a) + 1 later.
    correlations = _convolved(a[::-1], b)
    later = np.arange(1 - len(a), len(b))
    pairs = np.minimum(count, other + later) - np.maximum(0, later)
    return float(2.0 * (np.maximum(pairs, 0) @ correlations**2) / (count * other))

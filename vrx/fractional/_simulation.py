"""Fractional Gaussian noise and motion, drawn exactly."""

import numpy as np
from numpy.typing import NDArray

from vrx._arrays import MOST_VALUES, real_number, shown, whole_number
from vrx._noise import noise_covariance
from vrx.errors import InputError

__all__ = ["fbm", "fgn", "generator", "how_many", "hurst_exponent"]

Array = NDArray[np.float64]

# Complex numbers that are drawn and transformed together, so that they stay in the cache between the two.
_TOGETHER = 1 << 15


def fgn(n: int, hurst: float, paths: int | None = None, *, seed: int = 0) -> NDArray[np.float64]:
    """Draw fractional Gaussian noise of variance 1, exactly, by the circulant of Davies and Harte.

    Parameters
    ----------
    n
        How many values, at least 1.
    hurst
        The Hurst exponent, above 0 and below 1.
    paths
        How many independent paths; None gives one, without the axis.
    seed
        An int of at least 0. Equal seeds give equal paths, and the first of many paths are those of fewer. A path
        without the axis is drawn in another way: ``fgn(n, hurst)`` is not ``fgn(n, hurst, 1)[0]``.

    Returns
    -------
    ndarray, shape (n,) or (paths, n)
        The lag k has the covariance ``(|k + 1|**2H - 2 |k|**2H + |k - 1|**2H) / 2``.

    Raises
    ------
    InputError
        An argument is out of range.

    References
    ----------
    Davies and Harte (1987), Tests for Hurst effect, Biometrika 74, 95-101. That the circulant is a covariance for
    every exponent: Craigmile (2003), Journal of Time Series Analysis 24, 505-511.

    Examples
    --------
    >>> fgn(1000, 0.3, 50).shape
    (50, 1000)
    >>> round(float(fgn(1000, 0.3, 50, seed=1).var()), 1)
    1.0
    """
    return _draw(n, hurst, paths, seed, motion=False)


def fbm(n: int, hurst: float, paths: int | None = None, *, seed: int = 0) -> NDArray[np.float64]:
    """Draw fractional Brownian motion: the running sums of :func:`fgn`.

    Parameters
    ----------
    n, hurst, paths, seed
        As in :func:`fgn`.

    Returns
    -------
    ndarray, shape (n,) or (paths, n)
        The values at times 1 to n; that at time t has the variance ``t ** (2 * hurst)``.

    Raises
    ------
    InputError
        An argument is out of range.

    Examples
    --------
    >>> np.allclose(np.diff(fbm(100, 0.7)), fgn(100, 0.7)[1:])
    True
    """
    return _draw(n, hurst, paths, seed, motion=True)


def hurst_exponent(hurst: object, most: float = 1.0) -> float:
    """Return a Hurst exponent as float, or say what is wrong with it."""
    return real_number(hurst, "hurst", 0.0, most, inside=True, noun="an exponent")


def how_many(n: int, paths: int | None) -> tuple[int, int | None]:
    """Return how many values and paths to draw, or say what is wrong: all of them must fit in memory."""
    size = whole_number(n, "n", 1, MOST_VALUES)
    rows = None if paths is None else whole_number(paths, "paths", 0)
    if rows is not None and rows * size > MOST_VALUES:
        raise InputError(f"paths is {shown(paths)}: use {MOST_VALUES // size} at most for paths of {size} values")
    return size, rows


def generator(seed: int) -> np.random.Generator:
    """Return the random numbers of a seed, or say what is wrong with it."""
    try:
        return np.random.default_rng(whole_number(seed, "seed", 0))
    except InputError:
        raise InputError(f"seed is {shown(seed)}: pass an int of at least 0") from None


def _draw(n: int, hurst: float, paths: int | None, seed: int, *, motion: bool) -> Array:
    """Check the arguments and draw noise or, if `motion`, its running sums."""
    (size, rows), exponent, rng = how_many(n, paths), hurst_exponent(hurst), generator(seed)
    if rows is None:
        spectrum = np.fft.rfft(rng.standard_normal(2 * size)) * _amplitudes(size, exponent)
        path = np.fft.irfft(spectrum, 2 * size)[:size]
        return np.cumsum(path) if motion else path.copy()
    half = _fast_length(max(size - 1, 1))
    amplitudes = _amplitudes(half, exponent) / np.sqrt(2.0 * half)
    around = np.concatenate((amplitudes, amplitudes[-2:0:-1]))
    out = np.empty((rows + rows % 2, size))
    together = max(1, _TOGETHER // len(around))
    buffer = np.empty((together, 2 * len(around)))
    for begin in range(0, len(out) // 2, together):
        pairs = out.reshape(-1, 2, size)[begin : begin + together]
        spectrum = rng.standard_normal(out=buffer[: len(pairs)]).view(np.complex128)
        spectrum *= around
        # Both parts of the transform of complex noise are paths, independent of each other.
        both = np.fft.fft(spectrum)[:, :size]
        if motion:
            both = np.cumsum(both, axis=1)
        pairs[:, 0], pairs[:, 1] = both.real, both.imag
    return out[:rows]


def _amplitudes(half: int, exponent: float) -> Array:
    """The roots of the eigenvalues 0 to half of the circulant whose first row is lags 0 to half and back to 1."""
    covariance = noise_covariance(exponent, half)
    around = np.concatenate((covariance, covariance[-2:0:-1]))
    return np.sqrt(np.maximum(np.fft.rfft(around).real, 0.0))


def _fast_length(least: int) -> int:
    """The smallest number from `least` on without a prime factor above 7, which transforms take quickly."""
    size = least
    while True:
        rest = size
        for factor in (2, 3, 5, 7):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return size
        size += 1

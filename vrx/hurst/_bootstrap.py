"""The spread of a wavelet estimate from its own coefficients, drawn again and again."""

import numpy as np

from vrx._ext import hurst as kernels
from vrx._ext import resample
from vrx.hurst._estimator import Array, Bootstrap
from vrx.hurst._pyramid import Pyramid

__all__ = ["decimation", "deviations", "seeds"]


def deviations(values: Array, pyramid: Pyramid, weights: Array, plan: Bootstrap) -> tuple[Array, Array, Array]:
    """How far the weighted log variances of every window move when its coefficients are drawn with replacement.

    Neighbouring MODWT coefficients repeat each other; those of level j that are 2**j steps apart nearly do not. These
    are drawn, in the phase that holds the newest.

    Parameters
    ----------
    values
        The series, shape (n,).
    pyramid
        The levels of a window.
    weights
        What multiplies the log variances of each level, shape (windows, levels).
    plan
        How many resamples, which quantiles, which seed.

    Returns
    -------
    standard_deviation, lower, upper : ndarray, shape (windows,)
        Of the deviation from the estimate, which both quantiles enclose; NaN where a resample has no variance at a
        level.
    """
    windows = len(values) - pyramid.window + 1
    squares = np.empty((pyramid.levels[-1], len(values)))
    kernels.wavelet_squares(values, pyramid.filters, squares)
    out = np.empty((windows, 3))
    resample.resampled_spread(
        squares[pyramid.levels[0] - 1 :],
        decimation(pyramid),
        np.ascontiguousarray(weights, dtype=np.float64),
        seeds(plan, windows),
        (plan.resamples, (1.0 - plan.confidence) / 2.0),
        out,
    )
    spread, lower, upper = out.T.copy()
    return spread, lower, upper


def decimation(pyramid: Pyramid) -> "np.typing.NDArray[np.int64]":
    """The step between the coefficients that are drawn and how many a window has, shape (levels, 2)."""
    steps = 2**pyramid.levels
    return np.stack([steps, (pyramid.counts - 1) // steps + 1], axis=1)


def seeds(plan: Bootstrap, windows: int) -> "np.typing.NDArray[np.uint64]":
    """A seed for every window, from that of the plan and the place of the window in the series."""
    # SplitMix64, whose words are all different: the seed of the plan chooses where it starts.
    start = _mix(np.array([plan.seed % 2**64], dtype=np.uint64))
    places = np.arange(plan.first, plan.first + windows, dtype=np.uint64)
    return _mix(np.add(start, places, dtype=np.uint64))


def _mix(words: "np.typing.NDArray[np.uint64]") -> "np.typing.NDArray[np.uint64]":
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))

"""Sums over the whole past that every value enters with a Hurst exponent, a power law of fading, of its own."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, real_numbers, refuse, shown
from vrx._ext import volterra as kernels
from vrx.errors import InputError
from vrx.fractional._exponentials import exponentials

__all__ = ["CURE", "HORIZON", "hurst_exponents", "memory", "volterra"]

# One set of nodes up to here, so that data appended to a series moves no bit of what came before.
HORIZON = 1 << 20
# The states that the kernel sums side by side.
_TILE = 32
CURE = "a Hurst exponent is above 0 and below 1: correct it"


def volterra(z: ArrayLike, hurst: ArrayLike, *, method: Literal["states", "direct"] = "states") -> NDArray[np.float64]:
    """Return the sums over all earlier values, faded by a power law whose exponent moves with time.

    Parameters
    ----------
    z
        The series, oldest first, shape (n,), or several in rows, shape (rows, n).
    hurst
        The Hurst exponents, above 0 and below 1, of the shape of z, shape (n,) or one for all. ``hurst[u]`` belongs to
        ``z[u]`` for good: it says how that value will fade.
    method
        ``"states"`` carries the past in a few dozen exponential states, in O(n) operations; ``"direct"`` adds up
        every pair, in O(n**2).

    Returns
    -------
    ndarray of the shape of z, in its units
        ``S[t]`` is the sum over u < t of ``(t - u) ** (2 * hurst[u] - 2) * z[u]``; S[0] is 0. The states are off by
        at most 1e-9 of the same sum over ``abs(z)``. A NaN in z or hurst makes every later sum NaN. ``S[: t + 1]``
        depends on what came before t alone, to the last bit for series of up to 2**20 values.

        The error holds for values from 1e-250 to 1e300 in size: what is left of a value counts as zero once it is
        below 1e-280, and a sum beyond float64 is infinite or NaN from there on.

    Raises
    ------
    InputError
        z or hurst is not a series of real numbers of one length, an exponent is out of range, z is infinite
        somewhere or empty, or the method is unknown.

    See Also
    --------
    VolterraStream : The same, one value at a time.

    References
    ----------
    The representation by exponentials: Beylkin and Monzón (2010), Approximation by exponential sums revisited,
    Applied and Computational Harmonic Analysis 28, 131-149.

    Examples
    --------
    >>> volterra([1.0, 1.0, 1.0, 1.0], 0.5).round(8) + 0.0
    array([0.        , 1.        , 1.5       , 1.83333333])
    >>> volterra([1.0, 0.0, 0.0, 0.0], [0.75, 0.1, 0.1, 0.1], method="direct").round(8)
    array([0.        , 1.        , 0.70710678, 0.57735027])
    """
    series = real_array(z, dimensions=(1, 2))
    if series.size == 0:
        raise InputError("the series is empty: pass at least one value")
    if not (isinstance(method, str) and method in ("states", "direct")):
        raise InputError(f"method is {shown(method)}: use 'states' or 'direct'")
    n = series.shape[-1]
    exponents = hurst_exponents(hurst, series.shape)
    out = np.empty(series.shape)
    rows = zip(series.reshape(-1, n), exponents.reshape(-1, n), out.reshape(-1, n), strict=True)
    logarithms = np.log(np.maximum(np.arange(n if method == "direct" else 1), 1.0))
    for row, its, sums in rows:
        if method == "direct":
            kernels.direct(row, its, logarithms, sums)
        else:
            memory(max(n, HORIZON))[0].sums(row, its, sums)
    return out


def hurst_exponents(hurst: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return Hurst exponents, one for every value of a series or panel, NaN where they are missing."""
    found = real_numbers(hurst, "hurst")
    if found.shape not in ((), shape, shape[-1:]):
        raise InputError(f"hurst has shape {found.shape}: pass one number, or one for each of the {shape[-1]} values")
    refuse("hurst", found, (found <= 0.0) | (found >= 1.0), CURE)
    return np.ascontiguousarray(np.broadcast_to(found, shape))


def memory(horizon: int) -> tuple[kernels.Memory, int]:
    """Return an empty memory for a horizon, and how many states it has."""
    nodes = exponentials(1 << (horizon - 1).bit_length(), 1e-15, 2.0)
    # What is missing to whole tiles fades at once.
    states = max(2 * _TILE, -(-len(nodes.rates) // _TILE) * _TILE)
    decays = np.pad(nodes.decays, (0, states - len(nodes.rates)))
    return kernels.Memory(decays, np.ascontiguousarray(nodes.mixing.T), nodes.start, nodes.step), states

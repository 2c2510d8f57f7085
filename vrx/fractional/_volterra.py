"""Sums over the whole past that every value enters with a Hurst exponent, a power law of fading, of its own."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, real_numbers, refuse, whole_number
from vrx._ext import volterra as kernels
from vrx.errors import InputError
from vrx.fractional._exponentials import Exponentials, exponentials
from vrx.fractional._state import dump, finite_or_nan, load, numbers, read_numbers

__all__ = ["VolterraStream", "volterra"]

Array = NDArray[np.float64]

# One set of nodes up to here, so that data appended to a series moves no bit of what came before.
_HORIZON = 1 << 20
_LONGEST = 1 << 40
# The states that the kernel sums side by side.
_TILE = 32
_CURE = "a Hurst exponent is above 0 and below 1: correct it"


def volterra(z: ArrayLike, hurst: ArrayLike, *, method: Literal["states", "direct"] = "states") -> NDArray[np.float64]:
    """Return the sums over all earlier values, faded by a power law whose exponent moves with time.

    Parameters
    ----------
    z
        The series, oldest first, shape (n,).
    hurst
        The Hurst exponents, above 0 and below 1, shape (n,) or one for all. ``hurst[u]`` belongs to ``z[u]`` for
        good: it says how that value will fade.
    method
        ``"states"`` carries the past in a few dozen exponential states, in O(n) operations; ``"direct"`` adds up
        every pair, in O(n**2).

    Returns
    -------
    ndarray, shape (n,), in the units of z
        ``S[t]`` is the sum over u < t of ``(t - u) ** (2 * hurst[u] - 2) * z[u]``; S[0] is 0. The states are off by
        at most 1e-9 of the same sum over ``abs(z)``. A NaN in z or hurst makes every later sum NaN. ``S[: t + 1]``
        depends on what came before t alone, to the last bit for series of up to 2**20 values.

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
    series = real_array(z, dimensions=(1,))
    n = len(series)
    if n == 0:
        raise InputError("the series is empty: pass at least one value")
    exponents = real_numbers(hurst, "hurst")
    if exponents.shape not in ((), (n,)):
        raise InputError(f"hurst has shape {exponents.shape}: pass one number, or one for each of the {n} values")
    refuse("hurst", np.atleast_1d(exponents), np.atleast_1d((exponents <= 0.0) | (exponents >= 1.0)), _CURE)
    exponents = np.ascontiguousarray(np.broadcast_to(exponents, (n,)))
    out = np.empty(n)
    if method == "direct":
        kernels.direct(series, exponents, np.log(np.maximum(np.arange(n), 1.0)), out)
    elif method == "states":
        _memory(_nodes(max(n, _HORIZON)))[0].sums(series, exponents, out)
    else:
        raise InputError(f"method is {method!r}: use 'states' or 'direct'")
    return out


class VolterraStream:
    """The sum of :func:`volterra`, one value at a time, in memory and time that do not grow.

    Parameters
    ----------
    horizon
        The age up to which a value counts to a relative error of 1e-9, 2**20 if not said. Older ones are not
        forgotten: at twice the horizon they were off by at most 4e-9, at ten times by 0.0011.

    Raises
    ------
    InputError
        The horizon is not a whole number from 1 to 2**40.

    Examples
    --------
    >>> stream = VolterraStream()
    >>> [round(stream.update(1.0, 0.5), 8) for _ in range(3)]
    [1.0, 1.5, 1.83333333]
    >>> round(VolterraStream.from_json(stream.to_json()).update(1.0, 0.5), 8)
    2.08333333
    """

    total: float
    """The sum over all values so far, as the next time will see it."""

    def __init__(self, horizon: int = _HORIZON) -> None:
        self.horizon = whole_number(horizon, "horizon", 1)
        if self.horizon > _LONGEST:
            raise InputError(f"horizon is {horizon!r}: use {_LONGEST} at most")
        self.total = 0.0
        self._kernel, self._states = _memory(_nodes(self.horizon))

    def update(self, z: float, hurst: float) -> float:
        """Take one value and its Hurst exponent; return the sum over all so far, ``S[t + 1]`` of :func:`volterra`.

        Raises
        ------
        InputError
            z is no real number or infinite, or hurst is not above 0 and below 1; the state is as before. A NaN is
            taken and makes every sum from here on NaN.
        """
        value, exponent = finite_or_nan(z, "z"), finite_or_nan(hurst, "hurst")
        if exponent <= 0.0 or exponent >= 1.0:
            raise InputError(f"hurst is {exponent:g}, {_CURE}")
        self.total = self._kernel.push(value, exponent)
        return self.total

    def to_json(self) -> str:
        """The whole state as JSON, for :meth:`from_json`, which goes on with the same bits."""
        return dump("Volterra", horizon=self.horizon, states=numbers(self._states))

    @classmethod
    def from_json(cls, text: str) -> "VolterraStream":
        """Take up a stream where :meth:`to_json` left it.

        Raises
        ------
        InputError
            The text is no state of this stream.
        """
        try:
            document = load(text, "Volterra")
            stream = cls(document["horizon"])
            stream._states[:] = read_numbers(document["states"], len(stream._states))
        except InputError:
            raise
        except (TypeError, KeyError, ValueError, RecursionError) as error:
            raise InputError(f"the state cannot be read ({error}): save it again, or start a new stream") from None
        stream.total = stream._kernel.total()
        return stream


def _nodes(horizon: int) -> Exponentials:
    return exponentials(1 << (horizon - 1).bit_length(), 1e-15, 2.0)


def _memory(nodes: Exponentials) -> tuple[kernels.Memory, Array]:
    """A kernel with an empty memory, and its states."""
    # What is missing to whole tiles fades at once.
    decays = np.pad(nodes.decays, (0, max(2 * _TILE, -(-len(nodes.rates) // _TILE) * _TILE) - len(nodes.rates)))
    states = np.zeros(len(decays))
    return kernels.Memory(states, decays, np.ascontiguousarray(nodes.mixing.T), nodes.start, nodes.step), states

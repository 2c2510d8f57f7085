"""The sum over the whole past that every value enters with a power law of its own, one value at a time."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import as_float, real_array, shown, whole_number
from vrx.errors import InputError
from vrx.fractional._state import LARGEST, dump, finite_or_nan, load, numbers, read_numbers, reading
from vrx.fractional._volterra import CURE, HORIZON, hurst_exponents, memory

__all__ = ["VolterraStream"]

_LONGEST = 1 << 40


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

    Notes
    -----
    A stream can be copied, pickled and shared by threads, which take turns: a value is taken up as a whole. What is
    said of sizes in :func:`volterra` holds here.

    Examples
    --------
    >>> stream = VolterraStream()
    >>> [round(stream.update(1.0, 0.5), 8) for _ in range(3)]
    [1.0, 1.5, 1.83333333]
    >>> round(VolterraStream.from_json(stream.to_json()).update(1.0, 0.5), 8)
    2.08333333
    """

    def __init__(self, horizon: int = HORIZON) -> None:
        self._horizon = whole_number(horizon, "horizon", 1, _LONGEST)
        self._memory, self._states = memory(self._horizon)

    @property
    def horizon(self) -> int:
        """The age up to which a value counts in full."""
        return self._horizon

    @property
    def total(self) -> float:
        """The sum over all values so far, as the next time will see it."""
        return self._memory.total()

    def update(self, z: float, hurst: float) -> float:
        """Take one value and its Hurst exponent; return the sum over all so far, ``S[t + 1]`` of :func:`volterra`.

        Raises
        ------
        InputError
            z is no real number or infinite, or hurst is not above 0 and below 1; the state is as before. A NaN is
            taken and makes every sum from here on NaN.
        """
        if type(z) is not float or not -LARGEST <= z <= LARGEST:
            z = finite_or_nan(z, "z")
        if type(hurst) is not float or not 0.0 < hurst < 1.0:
            hurst = _exponent(hurst)
        return self._memory.push(z, hurst)

    def extend(self, z: ArrayLike, hurst: ArrayLike) -> NDArray[np.float64]:
        """Take values, oldest first, and return the sum after each: as :meth:`update` for each, but faster.

        Parameters
        ----------
        z
            The values, shape (n,).
        hurst
            Their Hurst exponents, one for all or shape (n,).

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        InputError
            As :meth:`update`; no value is taken then.
        """
        values = real_array(z, dimensions=(1,))
        exponents = hurst_exponents(hurst, values.shape)
        out = np.empty(len(values))
        self._memory.totals(values, exponents, out)
        return out

    def to_json(self) -> str:
        """The whole state as JSON, for :meth:`from_json`, which goes on with the same bits."""
        states = np.empty(self._states)
        self._memory.save(states)
        return dump("Volterra", horizon=self._horizon, states=numbers(states))

    @classmethod
    def from_json(cls, text: str) -> "VolterraStream":
        """Take up a stream where :meth:`to_json` left it.

        Raises
        ------
        InputError
            The text is no state of this stream.
        """
        with reading():
            document = load(text, "Volterra")
            stream = cls(document["horizon"])
            stream._memory.load(read_numbers(document["states"], stream._states))
        return stream

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_json, (self.to_json(),)


def _exponent(hurst: object) -> float:
    number = as_float(hurst)
    if number is None or number <= 0.0 or number >= 1.0:
        raise InputError(f"hurst is {shown(hurst)}, {CURE}")
    return number

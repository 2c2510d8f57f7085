"""The whole past of a fractional difference, one value at a time."""

import math
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import as_float, real_array, real_number, real_numbers, refuse, shown
from vrx._ext import moving
from vrx.errors import InputError
from vrx.fractional._memory import filter_of, fixed_sizes, moving_filter, moving_sizes, restore, state
from vrx.fractional._state import LARGEST, dump, finite_or_nan, load, reading

__all__ = ["DifferenceStream", "order", "orders"]

_FIXED, _MOVING = "difference", "moving difference"


class DifferenceStream:
    """The whole past of :func:`difference`, one value at a time, in memory that does not grow.

    Parameters
    ----------
    d
        The order, from -2 to 2; None if it moves, and comes with every value.

    Raises
    ------
    InputError
        d is out of range.

    Notes
    -----
    A stream can be copied, pickled and shared by threads, which take turns: a value is taken up as a whole. What is
    said of sizes and accuracy in :func:`difference` holds here.

    Examples
    --------
    >>> stream = DifferenceStream(0.5)
    >>> [stream.update(x) for x in (1.0, 2.0, 4.0)]
    [1.0, 1.5, 2.875]
    >>> DifferenceStream.from_json(stream.to_json()).update(8.0)
    5.6875

    An order that moves:

    >>> stream = DifferenceStream()
    >>> [stream.update(x, d) for x, d in ((1.0, 0.0), (2.0, 1.0), (4.0, 0.5))]
    [1.0, 1.0, 2.875]
    """

    def __init__(self, d: float | None = None) -> None:
        self._d = None if d is None else order(d)
        self._memory = moving_filter() if self._d is None else filter_of(self._d)
        self._sizes = moving_sizes() if self._d is None else fixed_sizes(self._d)

    @property
    def d(self) -> float | None:
        """The order, None if it comes with every value."""
        return self._d

    def update(self, x: float, d: float | None = None) -> float:
        """Take one value, NaN for a missing one, and return its fractional difference, with the bits of the whole.

        Parameters
        ----------
        x
            The value.
        d
            Its order, from -2 to 2, if the stream has none of its own. NaN makes the result NaN; the value is taken
            all the same.

        Raises
        ------
        InputError
            x is no real number or infinite; d is out of range, missing, or given to a stream that has its own. The
            state is as before.
        """
        if type(x) is not float or not -LARGEST <= x <= LARGEST:
            x = finite_or_nan(x, "x")
        memory = self._memory
        if isinstance(memory, moving.Filter):
            if type(d) is not float or not -2.0 <= d <= 2.0:
                d = _order_of_value(d)
            return memory.push(x, d)
        if d is not None:
            self._refuse_order(d)
        return memory.push(x)

    def extend(self, x: ArrayLike, d: ArrayLike | None = None) -> NDArray[np.float64]:
        """Take values, oldest first, and return their differences: as :meth:`update` for each, but faster.

        Parameters
        ----------
        x
            The values, shape (n,).
        d
            Their orders, one or shape (n,), if the stream has none of its own.

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        InputError
            As :meth:`update`; no value is taken then.
        """
        values = real_array(x, dimensions=(1,))
        out = np.empty(len(values))
        if isinstance(self._memory, moving.Filter):
            self._memory.run(values, orders(_order_of_value(d) if d is None else d, values.shape), out)
        elif d is not None:
            self._refuse_order(d)
        else:
            self._memory.run(values, out)
        return out

    def to_json(self) -> str:
        """The whole state as JSON, for :meth:`from_json`, which goes on with the same bits."""
        if self._d is None:
            return dump(_MOVING, **state(self._memory, self._sizes))
        return dump(_FIXED, d=self._d, **state(self._memory, self._sizes))

    @classmethod
    def from_json(cls, text: str) -> "DifferenceStream":
        """Take up a stream where :meth:`to_json` left it.

        The order and the states belong together: an order edited by hand makes the past another one, unseen.

        Raises
        ------
        InputError
            The text is no state of this stream.
        """
        with reading():
            document = load(text, _FIXED, _MOVING)
            stream = cls(None if document["kind"] == _MOVING else order(document["d"]))
            restore(stream._memory, stream._sizes, document)
        return stream

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_json, (self.to_json(),)

    def _refuse_order(self, d: object) -> NoReturn:
        raise InputError(f"d is {shown(d)}, but the order of this stream is {self._d!r}: leave d out")


def order(d: object) -> float:
    """Return an order of differencing as float, or say what is wrong with it."""
    return real_number(d, "d", -2.0, 2.0, noun="an order of differencing")


def orders(d: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return orders of differencing, one for every value of a series or panel, NaN where they are missing."""
    found = real_numbers(d, "d")
    if found.shape not in ((), shape, shape[-1:]):
        raise InputError(f"d has shape {found.shape}: pass one number, or one for each of the {shape[-1]} values")
    refuse("d", found, np.abs(found) > 2.0, "an order of differencing is from -2 to 2: correct it")
    return np.ascontiguousarray(np.broadcast_to(found, shape))


def _order_of_value(d: object) -> float:
    if d is None:
        raise InputError("d is missing, and the stream has no order of its own: pass one with every value")
    number = as_float(d)
    return number if number is not None and math.isnan(number) else order(d)

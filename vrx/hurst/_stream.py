"""The exponent of the last values of a series, one new value at a time; its state travels as JSON."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array
from vrx.errors import InputError

__all__ = ["FORMAT", "Stream", "WindowStream", "numbers", "read_numbers"]

FORMAT = 1

Array = NDArray[np.float64]


class Stream(ABC):
    """The exponent of the last `window` values, one value at a time, in memory that does not grow.

    Made by :meth:`vrx.hurst.Estimator.stream`. :meth:`to_json` and :func:`vrx.hurst.resume` carry the state from
    one process to the next, which then gives the same bits.
    """

    h: float
    """The exponent after the last update; NaN until the window is full, and while it holds a NaN."""

    def __init__(self, method: str, options: Mapping[str, Any], window: int) -> None:
        self.method = method
        self.options = dict(options)
        self.window = window
        self.h = math.nan

    def update(self, value: float) -> float:
        """Take one value, NaN for a missing one, and return the exponent of the window that ends with it.

        Raises
        ------
        InputError
            The value is no real number, or is infinite; the state is as before.
        """
        # float() would read text, and take True for 1.
        if isinstance(value, bool | np.bool_ | str | bytes | bytearray):
            raise InputError(f"the value is {value!r}: pass a real number, or NaN if it is missing")
        try:
            number = float(value)
        except OverflowError:
            raise InputError("the value is beyond what float64 holds: pass a number that is not") from None
        except (TypeError, ValueError):
            raise InputError(f"the value is {value!r}: pass a real number, or NaN if it is missing") from None
        if math.isinf(number):
            raise InputError(f"the value is {number}: replace it by a number, or by NaN if it is missing")
        self.h = self._step(number)
        return self.h

    def extend(self, values: ArrayLike) -> Array:
        """Take several values, oldest first, and return what :meth:`update` returns for each, shape (n,).

        Raises
        ------
        InputError
            values is not a series of real numbers, or holds an infinite one; the state is as before.
        """
        series = real_array(values, dimensions=(1,))
        h = self._steps(series)
        if len(h):
            self.h = float(h[-1])
        return h

    def to_json(self) -> str:
        """The whole state as JSON, for :func:`vrx.hurst.resume`."""
        document = {
            "format": FORMAT,
            "method": self.method,
            "options": self.options,
            "window": self.window,
            "h": None if math.isnan(self.h) else self.h,
            "state": self._state(),
        }
        return json.dumps(document, allow_nan=False)

    @abstractmethod
    def _step(self, value: float) -> float:
        """The exponent of the window that ends with a finite value or NaN."""

    def _steps(self, values: Array) -> Array:
        """What :meth:`_step` returns for each value; a stream with a cheaper way overrides this."""
        return np.array([self._step(value) for value in values.tolist()])

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """Everything that later steps depend on, for JSON."""

    @abstractmethod
    def _restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state and find its exponent; one that does not fit raises KeyError, TypeError or ValueError."""


class WindowStream(Stream):
    """A stream that estimates every window anew."""

    def __init__(
        self, method: str, options: Mapping[str, Any], window: int, exponent: Callable[[Array], float]
    ) -> None:
        super().__init__(method, options, window)
        self._exponent = exponent
        # Every value stands twice, a window apart, so that the last window is always one stretch of memory.
        self._twice = np.full(2 * window, math.nan)
        self._seen = 0

    def _step(self, value: float) -> float:
        at = self._seen % self.window
        self._twice[at] = self._twice[at + self.window] = value
        self._seen += 1
        return self._exponent(self._last()) if self._seen >= self.window else math.nan

    def _last(self) -> Array:
        at = self._seen % self.window
        return self._twice[at : at + self.window]

    def _state(self) -> dict[str, Any]:
        return {"values": numbers(self._last()[max(0, self.window - self._seen) :])}

    def _restore(self, state: Mapping[str, Any]) -> None:
        values = read_numbers(state["values"])
        if values.ndim != 1 or len(values) > self.window:
            raise ValueError(f"{values.size} values do not fit the window of {self.window}")
        self._seen = 0
        for value in values:
            self._twice[self._seen % self.window] = self._twice[self._seen % self.window + self.window] = value
            self._seen += 1
        self.h = self._exponent(self._last()) if self._seen >= self.window else math.nan


def numbers(values: Array) -> list[Any]:
    """An array for JSON, which has no NaN: null stands for it."""
    return [None if math.isnan(value) else value for value in values.tolist()]


def read_numbers(values: Any) -> Array:
    """What :func:`numbers` wrote; anything else is a TypeError or ValueError."""
    if not isinstance(values, list) or any(isinstance(value, bool | str) for value in values):
        raise TypeError("a list of numbers is missing")
    try:
        array = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    except OverflowError:
        raise ValueError("a number is beyond what float64 holds") from None
    if np.isinf(array).any():
        raise ValueError("a number is infinite")
    return array

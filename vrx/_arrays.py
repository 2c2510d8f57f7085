"""Checks of the arguments of public functions: what passes is float64 or int, what does not is named in one line."""

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx.errors import InputError

__all__ = ["real_array", "real_numbers", "refuse", "whole_number"]


def real_array(x: ArrayLike, dimensions: tuple[int, ...]) -> NDArray[np.float64]:
    """Return a series or panel as contiguous float64 with NaN for what is missing, or say what is wrong with it.

    Examples
    --------
    >>> real_array([1, 2, 3], dimensions=(1,))
    array([1., 2., 3.])
    >>> real_array([1.0, float("inf")], dimensions=(1,))
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: the series is inf at index 1: replace it by a number, or by NaN if it is missing
    """
    series = real_numbers(x, "the series")
    if series.ndim not in dimensions:
        wanted = " or ".join({1: "(time,)", 2: "(assets, time)"}[d] for d in dimensions)
        raise InputError(f"the series has shape {series.shape}: pass an array of shape {wanted}")
    series = np.ascontiguousarray(series)
    infinite = np.isinf(series)
    if infinite.any():
        place = _first(infinite)
        raise InputError(
            f"the series is {series[place]} at index {', '.join(map(str, place))}: "
            "replace it by a number, or by NaN if it is missing"
        )
    return series


def real_numbers(x: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return x as float64 of whatever shape, or say why it does not hold real numbers.

    Examples
    --------
    >>> real_numbers(["1", "2"], "close")
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: close has dtype <U1: pass real numbers, such as numpy.asarray(x, dtype=float)
    """
    if isinstance(x, np.ma.MaskedArray):
        raise InputError(f"{name} is a masked array, whose mask would be lost: pass x.filled(numpy.nan)")
    try:
        values = np.asarray(x)
    except ValueError:
        raise InputError(f"{name} is a ragged list: pass values of one length per row") from None
    if values.dtype.kind not in "iuf":
        raise InputError(f"{name} has dtype {values.dtype}: pass real numbers, such as numpy.asarray(x, dtype=float)")
    with np.errstate(over="ignore"):  # a longdouble beyond float64 becomes inf, for the caller to name
        return values.astype(np.float64, copy=False)


def refuse(name: str, values: NDArray[np.float64], wrong: NDArray[np.bool_], cure: str) -> None:
    """Refuse the first value that is marked as wrong.

    Examples
    --------
    >>> refuse("close", np.array([1.0, -2.0]), np.array([False, True]), "a price is positive: correct it")
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: close[1] is -2, a price is positive: correct it
    """
    if wrong.any():
        place = _first(wrong)
        raise InputError(f"{name}[{', '.join(map(str, place))}] is {values[place]:g}, {cure}")


def whole_number(value: int, name: str, least: int) -> int:
    """Return an argument as an int, or say that it is not a whole number of at least `least`.

    Examples
    --------
    >>> whole_number(np.int32(5), "window", 2)
    5
    >>> whole_number(2.5, "window", 2)
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: window is 2.5: use a whole number of at least 2
    """
    try:
        number = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise InputError(f"{name} is {value!r}: use a whole number of at least {least}")
    return number


def _first(wrong: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(wrong)[0])

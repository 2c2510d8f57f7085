"""Checks of the arguments of public functions: what passes is float64 or int, what does not is named in one line."""

import math
import operator
import reprlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx.errors import InputError

__all__ = ["MOST_VALUES", "as_float", "real_array", "real_number", "real_numbers", "refuse", "shown", "whole_number"]

# So many float64 are 8 GiB: a count beyond it is a slip of the keyboard, which should not end in a MemoryError.
MOST_VALUES = 1 << 30


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
    """Refuse the first value that is marked as wrong; a single number, an array of shape (), is named without index.

    Examples
    --------
    >>> refuse("close", np.array([1.0, -2.0]), np.array([False, True]), "a price is positive: correct it")
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: close[1] is -2, a price is positive: correct it
    """
    if np.any(wrong):
        place = _first(np.asarray(wrong))
        index = f"[{', '.join(map(str, place))}]" if place else ""
        # All digits, for a value may be wrong by the last one; but a whole number as one.
        raise InputError(f"{name}{index} is {repr(float(values[place])).removesuffix('.0')}, {cure}")


def real_number(
    value: object,
    name: str,
    least: float = -math.inf,
    most: float = math.inf,
    *,
    inside: bool = False,
    noun: str = "a finite number",
) -> float:
    """Return an argument as a finite float from `least` to `most`, or say what is wrong with it.

    Parameters
    ----------
    value, name
        What was passed, and as what.
    least, most
        The limits, which belong to the range unless `inside` is set.
    inside
        Whether the limits themselves are refused.
    noun
        What it is, for the message.

    Examples
    --------
    >>> real_number(np.float32(0.5), "rho", -1.0, 1.0)
    0.5
    >>> real_number("0.5", "rho", -1.0, 1.0)
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: rho is '0.5': use a finite number from -1 to 1
    """
    number = as_float(value)
    if number is None or not (least < number < most if inside else least <= number <= most) or math.isinf(number):
        if math.isfinite(least) and math.isfinite(most):
            limits = f" above {least:g} and below {most:g}" if inside else f" from {least:g} to {most:g}"
        else:
            limits = (f" above {least:g}" if inside else f" at least {least:g}") if math.isfinite(least) else ""
        raise InputError(f"{name} is {shown(value)}: use {noun}{limits}")
    return number


def as_float(value: object) -> float | None:
    """Return a single real number as float, None if it is none; text and truth values are none."""
    if type(value) is float:
        return value
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    if isinstance(value, str | bytes | bool | np.ma.MaskedArray) or getattr(value, "ndim", 0) != 0 or kind not in "iuf":
        return None
    try:
        return float(value)  # type: ignore[arg-type]  # what has no float raises TypeError
    except (TypeError, ValueError):
        return None
    except OverflowError:
        return math.inf


def shown(value: object) -> str:
    """Return a value for a message of one line: an array by its shape, a long one abridged.

    Examples
    --------
    >>> shown(np.ones((3, 3))), shown(10**50)
    ('an array of shape (3, 3)', '100000000000000000...0000000000000000000')
    """
    if getattr(value, "ndim", 0):
        return f"an array of shape {tuple(getattr(value, 'shape', ()))}"
    if isinstance(value, float):
        return repr(value)
    try:
        return " ".join(reprlib.repr(value).split())
    except ValueError:  # Python prints no whole number of more than 4,300 digits
        return "a whole number of thousands of digits"


def whole_number(value: int, name: str, least: int, most: int | None = None) -> int:
    """Return an argument as an int, or say that it is not a whole number from `least` on, or to `most`.

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
        raise InputError(f"{name} is {shown(value)}: use a whole number of at least {least}")
    if most is not None and number > most:
        raise InputError(f"{name} is {shown(value)}: use {most} at most")
    return number


def _first(wrong: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(wrong)[0])

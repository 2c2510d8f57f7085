"""The states of streams as JSON, which has no NaN: null stands for it."""

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vrx.errors import InputError

__all__ = ["dump", "finite_or_nan", "load", "numbers", "read_numbers"]

FORMAT = 1


def dump(kind: str, **state: Any) -> str:
    """Return the state of a stream of this kind as JSON."""
    return json.dumps({"format": FORMAT, "kind": kind, **state}, allow_nan=False)


def load(text: str, kind: str) -> dict[str, Any]:
    """Return what :func:`dump` wrote.

    Raises
    ------
    InputError
        The format or the kind is another.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("kind") != kind:
        raise InputError(f"the text is no state of format {FORMAT} of a {kind} stream: start a new stream")
    return document


def numbers(values: NDArray[np.float64]) -> list[Any]:
    """Return an array as a list for JSON."""
    return [value if math.isfinite(value) else None for value in values.tolist()]


def read_numbers(values: Any, count: int) -> NDArray[np.float64]:
    """Return what :func:`numbers` wrote; anything else is a TypeError."""
    if not isinstance(values, list) or len(values) != count:
        raise TypeError(f"a list of {count} numbers is missing")
    if not all(value is None or (type(value) in (int, float) and math.isfinite(value)) for value in values):
        raise TypeError("a value is no finite number")
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def finite_or_nan(value: float, name: str) -> float:
    """Return one value of a series as float, NaN for a missing one, or say what is wrong with it."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{name} is {value!r}: pass a real number, or NaN if it is missing") from None
    if math.isinf(number):
        raise InputError(f"{name} is {number}: replace it by a number, or by NaN if it is missing")
    return number

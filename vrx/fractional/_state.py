"""The states of streams as JSON, which has no NaN: null stands for it; and the checks of a value on its way in."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vrx._arrays import as_float, shown
from vrx.errors import InputError

__all__ = ["LARGEST", "dump", "finite_or_nan", "load", "numbers", "read_numbers", "reading"]

FORMAT = 1
LARGEST = float(np.finfo(np.float64).max)


def dump(kind: str, **state: Any) -> str:
    """Return the state of a stream of this kind as JSON."""
    return json.dumps({"format": FORMAT, "kind": kind, **state}, allow_nan=False)


def load(text: str, *kinds: str) -> dict[str, Any]:
    """Return what :func:`dump` wrote.

    Raises
    ------
    InputError
        The format or the kind is another.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("kind") not in kinds:
        raise InputError(f"the text is no state of format {FORMAT} of a {kinds[0]} stream: start a new stream")
    return document


@contextmanager
def reading() -> Iterator[None]:
    """Turn whatever a damaged state runs into, while it is read, into an InputError."""
    try:
        yield
    except InputError:
        raise
    except (TypeError, KeyError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(f"the state cannot be read ({error}): save it again, or start a new stream") from None


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


def finite_or_nan(value: object, name: str) -> float:
    """Return one value of a series as float, NaN for a missing one, or say what is wrong with it."""
    number = as_float(value)
    if number is None:
        raise InputError(f"{name} is {shown(value)}: pass a real number, or NaN if it is missing")
    if math.isinf(number):
        raise InputError(f"{name} is {shown(value)}: replace it by a finite number, or by NaN if it is missing")
    return number

"""The checks that every volatility model makes of its returns."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_array, refuse
from vrx.econometrics._law import Array
from vrx.errors import InputError

__all__ = ["checked"]


def checked(returns: ArrayLike, least: int) -> Array:
    """Return daily log returns as contiguous float64, shape (n,), or say in one line what is wrong with them.

    Examples
    --------
    >>> checked([0.01, -0.02, 0.005], 2)
    array([ 0.01 , -0.02 ,  0.005])
    >>> checked([2058.2, 2020.58, 2002.61], 2)
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: returns[0] is 2058.2, no log return of a day: pass numpy.diff(numpy.log(prices)), 0.01 for 1%
    """
    _in_order(returns)
    values = real_array(returns, dimensions=(1,))
    refuse("returns", values, np.isnan(values), "a day without a return: leave the day out")
    cure = "no log return of a day: pass numpy.diff(numpy.log(prices)), 0.01 for 1%"
    refuse("returns", values, np.abs(values) >= 1.0, cure)
    if len(values) < least:
        raise InputError(f"{len(values)} returns are too few: pass at least {least}")
    if np.all(values == values[0]):
        raise InputError(
            f"the returns are all {values[0] + 0.0:g}: a constant has no volatility, pass returns that vary"
        )
    return values


def _in_order(returns: ArrayLike) -> None:
    """Refuse a series whose dates do not rise; told by the shape of a pandas index, which need not be installed."""
    index = getattr(returns, "index", None)
    if getattr(getattr(index, "dtype", None), "kind", None) != "M":
        return
    if index.is_monotonic_increasing and index.is_unique:  # type: ignore[union-attr]
        return
    for k, (before, date) in enumerate(pairwise(index)):  # type: ignore[arg-type]
        if not before < date:
            raise InputError(f"returns has {date} at {k + 1}, after {before}: pass each day once, oldest first")

"""The checks that a vector autoregression makes of its columns."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_numbers, refuse
from vrx.econometrics._law import Array
from vrx.errors import InputError

__all__ = ["LEAST", "Columns", "checked_columns"]

# Fewer rows than these, or than two for every coefficient of an equation, say nothing of how columns lead each other.
LEAST = 100
# What is left of a column, as a share of its spread, once the others are taken out; rounding leaves 1e-12 or so.
TINY = 1e-8


@dataclass(frozen=True, eq=False)
class Columns:
    """Sound columns of one length."""

    names: tuple[str, ...]
    values: Array
    """Shape (rows, columns)."""

    def head(self, rows: int) -> "Columns":
        """The first rows."""
        return Columns(self.names, self.values[:rows])

    def place(self, name: str) -> int:
        """Where a column stands, or that there is none of that name."""
        if name not in self.names:
            raise InputError(f"no column {name!r} among {', '.join(self.names)}: name one of them")
        return self.names.index(name)

    def sound(self, order: int) -> None:
        """Refuse rows that are too few for autoregressions of this order, and columns that others determine."""
        rows, count = self.values.shape
        least = max(LEAST, order + 2 * (count * order + 1))
        if rows < least:
            raise InputError(
                f"{rows} rows are too few for {count} columns and orders up to {order}: pass at least {least}, or "
                "lower the order"
            )
        for name, column in zip(self.names, self.values.T, strict=True):
            if np.all(column == column[0]):
                raise InputError(
                    f"{name} is {column[0]:g} in each of the {rows} rows: a constant says nothing, leave it out"
                )
        lags = [self.values[order - lag : rows - lag] for lag in range(1, order + 1)]
        whole = np.column_stack([*lags, self.values[order:]])
        centred = whole - whole.mean(axis=0)
        spread = np.sqrt(np.mean(np.square(centred), axis=0))
        left = np.abs(np.diag(np.linalg.qr(centred / np.where(spread > 0.0, spread, 1.0), mode="r")))
        tied = np.flatnonzero(left < TINY * np.sqrt(len(whole)))
        if len(tied):
            name = self.names[tied[0] % count]
            raise InputError(
                f"{name} is an exact sum of the other columns and the rows before: leave it out, or one of those"
            )


def checked_columns(columns: Mapping[str, ArrayLike]) -> Columns:
    """Return columns side by side, or say in one line what is wrong with them.

    Examples
    --------
    >>> checked_columns({"a": [1, 2], "b": [0.5, 0.1]}).values.tolist()
    [[1.0, 0.5], [2.0, 0.1]]
    >>> checked_columns({"a": [1.0, 2.0], "b": [0.5, float("nan")]})
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: b[1] is nan, no finite number: correct it, or leave the row out of every column
    """
    if not hasattr(columns, "items"):
        raise InputError(f"columns is a {type(columns).__name__}: pass a mapping of names to arrays")
    arrays = {str(name): real_numbers(values, str(name)) for name, values in columns.items()}
    if len(arrays) < 2:
        raise InputError(f"{len(arrays)} column is given: a vector autoregression takes at least two")
    rows = {name: values.shape for name, values in arrays.items()}
    first, *others = arrays
    for name, values in arrays.items():
        if values.ndim != 1:
            raise InputError(f"{name} has shape {values.shape}: pass an array of shape (rows,)")
    for name in others:
        if rows[name] != rows[first]:
            raise InputError(f"{first} has {rows[first][0]} rows and {name} {rows[name][0]}: align them by date")
    cure = "no finite number: correct it, or leave the row out of every column"
    for name, values in arrays.items():
        refuse(name, values, ~np.isfinite(values), cure)
    return Columns(tuple(arrays), np.column_stack(list(arrays.values())))

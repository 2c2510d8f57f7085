"""The whole past of a fractional difference in a fixed number of states."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vrx._ext import fractional as kernels
from vrx._ext import moving
from vrx.fractional._exponentials import Exponentials, exponentials
from vrx.fractional._state import numbers, read_numbers

__all__ = ["filter_of", "fixed_sizes", "moving_filter", "moving_sizes", "restore", "state"]

Array = NDArray[np.float64]

# The kernel takes up values in blocks of this many, and sums this many states side by side.
_BLOCK = 32
# Up to this lag the weights are exact to rounding; a fixed one, so that the bits do not depend on how long a series is.
_HORIZON = 1 << 30
# Orders between -1 and 1 that move lie in cells of this width, with so many Chebyshev points each: as functions of the
# order the weights are that smooth, up to lags of many millions.
_CELL = 0.5
_POINTS = 20


class _Filter(Protocol):
    def save(self, out: Array) -> int: ...
    def load(self, values: Array, filled: int) -> None: ...


def filter_of(d: float) -> kernels.Filter:
    """Return (1 - L)^d with an empty memory.

    Whole steps of differences or running sums bring the order between -1 and 1, where an integral of exponentials
    gives the weights.
    """
    steps = math.trunc(d)
    rest = d - steps
    return kernels.Filter(steps, *_weights(rest)) if rest else kernels.Filter(steps)


def moving_filter() -> moving.Filter:
    """Return (1 - L)^d, for orders that come with the values, with an empty memory."""
    return moving.Filter(*_tables())


def state(memory: _Filter, sizes: Mapping[str, int]) -> dict[str, Any]:
    """Everything that later results depend on, for JSON: lists of these sizes."""
    values = np.empty(sum(sizes.values()))
    filled = memory.save(values)
    parts = np.split(values, np.cumsum(list(sizes.values()))[:-1])
    document: dict[str, Any] = {name: numbers(part) for name, part in zip(sizes, parts, strict=True)}
    return document | ({"filled": filled} if "recent" in sizes else {})


def restore(memory: _Filter, sizes: Mapping[str, int], document: Mapping[str, Any]) -> None:
    """Take up a state; one that does not fit raises KeyError, TypeError or ValueError."""
    values = np.concatenate([read_numbers(document[name], size) for name, size in sizes.items()])
    filled = document["filled"] if "recent" in sizes else 0
    if type(filled) is not int:
        raise TypeError("filled is no whole number")
    memory.load(values, filled)


def fixed_sizes(d: float) -> dict[str, int]:
    """Of what lists the state of :func:`filter_of` is made."""
    steps = abs(math.trunc(d))
    rest = {"recent": 2 * _BLOCK, "states": 2 * len(_nodes()[1])} if d != math.trunc(d) else {}
    return {"before": 2 * steps, **rest}


def moving_sizes() -> dict[str, int]:
    """Of what lists the state of :func:`moving_filter` is made."""
    return {"sums": 4, "recent": 3 * 2 * _BLOCK, "states": 3 * 2 * len(_nodes()[1])}


@lru_cache(maxsize=1)
def _nodes() -> tuple[Exponentials, Array, Array, Array, Array]:
    """What does not depend on the order: the nodes, their rates, how they fade, take up values and lose them."""
    nodes = exponentials(_HORIZON // _BLOCK, 1e-17, 2.0, tolerance=1e-13)
    rates = np.pad(nodes.rates / _BLOCK, (0, -len(nodes.rates) % _BLOCK), constant_values=1.0)
    # The newest value in the states is _BLOCK + 1 steps older than the first result of a block.
    fading = np.exp(-(_BLOCK + 1 + np.arange(_BLOCK))[:, np.newaxis] * rates)
    ages = np.arange(_BLOCK - 1, -1, -1)
    taking = np.exp(-rates.reshape(-1, 1, _BLOCK) * ages[:, np.newaxis])
    losses = -np.expm1(-_BLOCK * rates)
    _freeze(rates, fading, taking, losses)
    return nodes, rates, fading, taking, losses


def _node_weights(d: float) -> Array:
    """The weights of the nodes, for an order between -1 and 1 other than 0.

    With ``s = e^x / block``, the integral of the weights is that of a power law but for ``(expm1(s) / s) ** d``.
    """
    nodes, rates, *_ = _nodes()
    # Of two equal ways to write sin(pi d), the one that stays exact where it is nearly 0.
    sine = math.sin(math.pi * (1.0 + d)) if d < -0.5 else -math.sin(math.pi * d)
    factor = sine / math.pi * math.gamma(1.0 + d) * _BLOCK ** -(1.0 + d)
    plain = nodes.weights(1.0 + d)[0]
    few = rates[: len(plain)]
    return np.pad(factor * plain * (np.expm1(few) / few) ** d, (0, len(rates) - len(plain)))


@lru_cache(maxsize=64)
def _weights(d: float) -> tuple[Array, Array, Array, Array]:
    """What the kernel's filter is made of, for an order between -1 and 1 other than 0."""
    near = np.empty(2 * _BLOCK)
    kernels.difference_weights(d, near)
    _, _, fading, taking, losses = _nodes()
    far = np.ascontiguousarray((_node_weights(d) * fading).T)
    _freeze(near, far)
    return near, far, taking, losses


@lru_cache(maxsize=1)
def _tables() -> tuple[Array, Array, Array, Array, Array, Array]:
    """What the kernel's filter of moving orders is made of."""
    _, _, fading, taking, losses = _nodes()
    angles = math.pi * (np.arange(_POINTS) + 0.5) / _POINTS
    points = -1.0 + _CELL * (np.arange(4)[:, np.newaxis] + 0.5 + 0.5 * np.cos(angles))
    # The barycentric form of Lagrange, on the zeros of a Chebyshev polynomial.
    shares = np.sin(angles) * (-1.0) ** np.arange(_POINTS)
    tables = np.array([[_node_weights(p) / (p * (1.0 - p)) for p in cell] for cell in points.tolist()])
    _freeze(points, shares, tables)
    return points, shares, tables, fading, taking, losses


def _freeze(*arrays: Array) -> None:
    """Make arrays read-only that callers share."""
    for array in arrays:
        array.flags.writeable = False

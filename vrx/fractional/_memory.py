"""The whole past of a fractional difference in a fixed number of states."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vrx._ext import fractional as kernels
from vrx.fractional._exponentials import exponentials
from vrx.fractional._state import numbers, read_numbers

__all__ = ["Memory"]

Array = NDArray[np.float64]

# The kernel takes up values in blocks of this many, and sums this many states side by side.
_BLOCK = 32
# Up to this lag the weights are exact to rounding; a fixed one, so that the bits do not depend on how long a series is.
_HORIZON = 1 << 30


class Memory:
    """What (1 - L)^d needs to know of the past.

    Whole steps of differences or running sums bring the order between -1 and 1, where an integral of exponentials
    gives the weights; :class:`vrx._ext.fractional.Filter` does the rest.
    """

    def __init__(self, d: float) -> None:
        self._steps = math.trunc(d)
        rest = d - self._steps
        # Of every step the last value, or the sum and what rounding has cut off it.
        self._before = np.zeros((abs(self._steps), 2))
        self._filter = kernels.Filter(*_weights(rest)) if rest else None
        if self._filter is not None:
            self._recent = np.zeros(2 * _BLOCK)
            self._states = np.zeros((2, len(_weights(rest)[1])))
            self._filter.attach(self._states, self._recent, 0)

    def run(self, x: Array, out: Array) -> None:
        """Write into out the differences of x, which follow all that came before."""
        series = x
        for before in self._before:
            if self._steps > 0:
                behind = np.concatenate((before[:1], series))
                series, before[0] = behind[1:] - behind[:-1], behind[-1]
            else:
                sums = np.empty(len(series))
                kernels.running_sum(series, before, sums)
                series = sums
        if self._filter is None:
            out[:] = series
        else:
            self._filter.run(series, out)

    def push(self, x: float) -> float:
        """Return the difference of one value that follows all that came before."""
        if self._filter is not None and not self._steps:
            return self._filter.push(x)
        out = np.empty(1)
        self.run(np.array([x]), out)
        return float(out[0])

    def state(self) -> dict[str, Any]:
        """Everything that later results depend on, for JSON."""
        state: dict[str, Any] = {"before": numbers(self._before.ravel())}
        if self._filter is not None:
            state |= {
                "filled": self._filter.filled,
                "recent": numbers(self._recent),
                "states": numbers(self._states.ravel()),
            }
        return state

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state; one that does not fit raises KeyError, TypeError or ValueError."""
        self._before.ravel()[:] = read_numbers(state["before"], self._before.size)
        if self._filter is not None:
            self._recent[:] = read_numbers(state["recent"], len(self._recent))
            self._states.ravel()[:] = read_numbers(state["states"], self._states.size)
            self._filter.attach(self._states, self._recent, state["filled"])


@lru_cache(maxsize=64)
def _weights(d: float) -> tuple[Array, Array, Array, Array]:
    """What the kernel's filter is made of, for an order between -1 and 1 other than 0.

    With ``s = e^x / block``, the integral of the weights is that of a power law but for ``(expm1(s) / s) ** d``.
    """
    near = np.empty(2 * _BLOCK)
    kernels.difference_weights(d, near)
    nodes = exponentials(_HORIZON // _BLOCK, 1e-17, 2.0, tolerance=1e-13)
    rates = nodes.rates / _BLOCK
    # Of two equal ways to write sin(pi d), the one that stays exact where it is nearly 0.
    sine = math.sin(math.pi * (1.0 + d)) if d < -0.5 else -math.sin(math.pi * d)
    factor = sine / math.pi * math.gamma(1.0 + d) * _BLOCK ** -(1.0 + d)
    weights = factor * nodes.weights(1.0 + d)[0] * (np.expm1(rates) / rates) ** d
    missing = -len(rates) % _BLOCK
    rates, weights = np.pad(rates, (0, missing), constant_values=1.0), np.pad(weights, (0, missing))
    # The newest value in the states is _BLOCK + 1 steps older than the first result of a block.
    far = weights[:, np.newaxis] * np.exp(-rates[:, np.newaxis] * (_BLOCK + 1 + np.arange(_BLOCK)))
    ages = np.arange(_BLOCK - 1, -1, -1)
    taking = np.exp(-rates.reshape(-1, 1, _BLOCK) * ages[:, np.newaxis])
    losses = -np.expm1(-_BLOCK * rates)
    for shared in (near, far, taking, losses):
        shared.flags.writeable = False
    return near, far, taking, losses

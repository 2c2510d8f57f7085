"""The wavelet Hurst exponent of the last values, one new value at a time."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vrx._ext import hurst as kernels
from vrx.hurst._pyramid import Pyramid
from vrx.hurst._stream import Array, Stream, numbers, read_numbers

__all__ = ["WaveletStream"]


class WaveletStream(Stream):
    """A stream whose step costs the same whatever the window, up to one addition per level when that doubles.

    The bits of a window depend on its values alone, so that the last values are the whole state, and results are those
    of :meth:`vrx.hurst.Wavelet.rolling` to the last bit.
    """

    def __init__(self, method: str, options: Mapping[str, Any], pyramid: Pyramid, offset: float) -> None:
        super().__init__(method, options, pyramid.window)
        self._pyramid = pyramid
        self._offset = offset
        self._kernel = self._empty()

    def _empty(self) -> kernels.VarianceStream:
        plan = self._pyramid
        return kernels.VarianceStream(plan.filters, plan.window, int(plan.levels[-1]), plan.slope_weights)

    def _step(self, value: float) -> float:
        return self._kernel.push(value) / 2.0 + self._offset

    def _steps(self, values: Array) -> Array:
        slopes = np.empty(len(values))
        self._kernel.extend(values, slopes)
        return slopes / 2.0 + self._offset

    def _state(self) -> dict[str, Any]:
        values = np.empty(self.window)
        self._kernel.last(values)
        return {"values": numbers(values)}

    def _restore(self, state: Mapping[str, Any]) -> None:
        values = read_numbers(state["values"])
        if values.shape != (self.window,):
            raise ValueError(f"{values.size} values do not fit the window of {self.window}")
        self._kernel = self._empty()
        self.h = float(self._steps(values)[-1])

from typing import Self, final

import numpy as np
from numpy.typing import NDArray

@final
class Filter:
    def __new__(
        cls,
        points: NDArray[np.float64],
        shares: NDArray[np.float64],
        tables: NDArray[np.float64],
        fading: NDArray[np.float64],
        taking: NDArray[np.float64],
        losses: NDArray[np.float64],
    ) -> Self: ...
    def run(self, x: NDArray[np.float64], d: NDArray[np.float64], out: NDArray[np.float64]) -> None: ...
    def push(self, x: float, d: float) -> float: ...
    def save(self, out: NDArray[np.float64]) -> int: ...
    def load(self, values: NDArray[np.float64], filled: int) -> None: ...

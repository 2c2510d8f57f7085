from typing import Self, final

import numpy as np
from numpy.typing import NDArray

@final
class Memory:
    def __new__(
        cls,
        states: NDArray[np.float64],
        decays: NDArray[np.float64],
        mixing: NDArray[np.float64],
        start: float,
        step: float,
    ) -> Self: ...
    def sums(self, z: NDArray[np.float64], hurst: NDArray[np.float64], out: NDArray[np.float64]) -> None: ...
    def push(self, z: float, hurst: float) -> float: ...
    def total(self) -> float: ...

def direct(
    z: NDArray[np.float64], hurst: NDArray[np.float64], logarithms: NDArray[np.float64], out: NDArray[np.float64]
) -> None: ...

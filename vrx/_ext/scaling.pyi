import numpy as np
from numpy.typing import NDArray

def rolling_rescaled_range(
    x: NDArray[np.float64], motion: bool, scales: NDArray[np.intp], window: int, out: NDArray[np.float64]
) -> None: ...
def rolling_fluctuation(
    x: NDArray[np.float64],
    motion: bool,
    scales: NDArray[np.intp],
    polynomials: NDArray[np.float64],
    window: int,
    out: NDArray[np.float64],
) -> None: ...
def log_slope(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    x: NDArray[np.float64],
    window: int,
    out: NDArray[np.float64],
) -> None: ...

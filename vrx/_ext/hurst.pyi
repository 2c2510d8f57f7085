import numpy as np
from numpy.typing import NDArray

def rolling_wavelet_variance(
    x: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    window: int,
    out: NDArray[np.float64],
) -> None: ...
def log_slope(variances: NDArray[np.float64], weights: NDArray[np.float64], out: NDArray[np.float64]) -> None: ...

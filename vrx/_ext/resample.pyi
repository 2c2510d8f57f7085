import numpy as np
from numpy.typing import NDArray

def resampled_logs(
    squares: NDArray[np.float64],
    picks: NDArray[np.int64],
    weights: NDArray[np.float64],
    seeds: NDArray[np.uint64],
    out: NDArray[np.float64],
) -> None: ...
def resampled_spread(
    squares: NDArray[np.float64],
    picks: NDArray[np.int64],
    weights: NDArray[np.float64],
    seeds: NDArray[np.uint64],
    plan: tuple[int, float],
    out: NDArray[np.float64],
) -> None: ...

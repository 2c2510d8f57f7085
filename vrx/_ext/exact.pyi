import numpy as np
from numpy.typing import NDArray

def solve(
    variances: NDArray[np.float64],
    h: NDArray[np.float64],
    scores: NDArray[np.float64],
    share_scores: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None: ...

import numpy as np
from numpy.typing import NDArray

def rolling_structure(
    x: NDArray[np.float64],
    motion: bool,
    lags: NDArray[np.intp],
    power: float,
    window: int,
    out: NDArray[np.float64],
) -> None: ...

import numpy as np
from numpy.typing import NDArray

def profile_maxima(
    x: NDArray[np.float64], window: int, motion: bool, centred: bool, out: NDArray[np.float64]
) -> None: ...
def deviances(
    x: NDArray[np.float64], centred: bool, exponents: NDArray[np.float64], out: NDArray[np.float64]
) -> None: ...

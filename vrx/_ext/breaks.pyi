import numpy as np
from numpy.typing import NDArray

def best_partitions(sums: NDArray[np.float64], least: int, starts: NDArray[np.int64]) -> None: ...

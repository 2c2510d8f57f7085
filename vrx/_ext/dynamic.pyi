import numpy as np
from numpy.typing import NDArray

def run(
    returns: NDArray[np.float64],
    decays: NDArray[np.float64],
    weights: NDArray[np.float64],
    law: NDArray[np.float64],
    states: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None: ...
def simulate(
    normals: NDArray[np.float64],
    decays: NDArray[np.float64],
    weights: NDArray[np.float64],
    law: NDArray[np.float64],
    states: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None: ...

"""Networks that learn what HAR leaves over: residual boosting and transfer residual of Dhansoia (2025)."""

from vrx.training.networks.combiner import Sum
from vrx.training.networks.regression import HarRegression

__all__ = ["Residual"]


class Residual(Sum):
    """``HAR + neural``, HAR held still.

    Trained on the target alone this is the paper's residual boosting. Pretrained on a source, whose own HAR is taken
    off first, and then trained on the residuals of the target's own HAR, it is its transfer residual.
    """

    def __init__(self, horizons: int) -> None:
        super().__init__(HarRegression(horizons))

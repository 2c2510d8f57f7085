"""What a model says of every day."""

import numpy as np
import numpy.typing as npt

from vrx.errors import InputError

__all__ = ["Array", "Forecasts"]

Array = npt.NDArray[np.float64]


class Forecasts:
    """What a model says at the end of every day; NaN where it says nothing.

    Parameters
    ----------
    variance
        The mean of the coming variance, decimal, per day, shape (n,): what QLIKE asks for.
    log_variance
        The mean of its logarithm, which is what squared error in logs asks for and less than the log of the mean; by
        default the log of `variance`, for models that know no other: see :func:`vrx.evaluation.walk.centred`.
    """

    __slots__ = ("log_variance", "mean_alone", "variance")

    def __init__(self, variance: npt.ArrayLike, log_variance: npt.ArrayLike | None = None) -> None:
        self.variance: Array = np.asarray(variance, dtype=np.float64)
        self.mean_alone = log_variance is None
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(self.variance) if log_variance is None else np.asarray(log_variance, dtype=np.float64)
        self.log_variance: Array = logs
        if self.variance.ndim != 1 or self.variance.shape != logs.shape:
            raise InputError(f"forecasts have shapes {self.variance.shape} and {logs.shape}: give one for each day")

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """The days with a forecast, shape (n,)."""
        return np.asarray(np.isfinite(self.variance) & np.isfinite(self.log_variance))

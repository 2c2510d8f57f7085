"""What a maximised likelihood says of its parameters."""

from dataclasses import dataclass

import numpy as np

from vrx.econometrics._law import Array
from vrx.econometrics._scoring import Box, Optimum, covariance

__all__ = ["Inference"]


@dataclass(frozen=True, eq=False)
class Inference:
    """What the likelihood says of level, slope and alpha."""

    log_likelihood: float
    days: int
    """The returns that were fitted."""
    estimated: int
    """The parameters that were not fixed beforehand."""
    covariance: Array
    """Inverse information of (level, slope, alpha), NaN for a fixed one or one at the end of its range; (3, 3)."""
    robust: Array
    """The same without the assumption that shocks are normal (Bollerslev and Wooldridge 1992), shape (3, 3)."""
    reason: str
    iterations: int
    evaluations: int
    """Passes over the returns."""

    @classmethod
    def of(cls, best: Optimum, box: Box, days: int) -> "Inference":
        """Read it off an optimum."""
        free = box.free(best.point)
        inverse, robust = covariance(best.point, free), np.full_like(best.point.information, np.nan)
        part = np.ix_(free, free)
        robust[part] = inverse[part] @ best.point.products[part] @ inverse[part]
        estimated = int(np.sum(box.low < box.high))
        return cls(best.point.value, days, estimated, inverse, robust, best.reason, best.iterations, best.evaluations)

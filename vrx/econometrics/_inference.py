"""What a maximised likelihood says of its parameters."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vrx.econometrics._law import Array
from vrx.econometrics._scoring import Box, Optimum, Point, covariance

__all__ = ["Inference", "sandwich"]

# The second derivatives are differences of the score over this share of a standard error, or of the farthest step.
SHARE = 1e-3


@dataclass(frozen=True, eq=False)
class Inference:
    """What the likelihood says of level, slope and alpha."""

    log_likelihood: float
    days: int
    """The returns that were fitted."""
    estimated: int
    """The parameters that were not fixed beforehand."""
    covariance: Array
    """Inverse expected information of (level, slope, alpha), NaN for one fixed or at the end of its range; (3, 3)."""
    converged: bool
    """Whether the stopping rule held at a maximum within the range of alpha, its ends included."""
    note: str
    """What is to be doubted of it, in one line; empty if nothing."""
    iterations: int
    evaluations: int
    """Passes over the returns."""

    @classmethod
    def of(cls, best: Optimum, box: Box, days: int) -> "Inference":
        """Read it off an optimum."""
        inverse = covariance(best.point, box.free(best.point))
        estimated = int(np.sum(box.low < box.high))
        work = (best.iterations, best.evaluations)
        return cls(best.point.value, days, estimated, inverse, best.converged, best.note, *work)


def sandwich(evaluate: Callable[[Array], Point], at: Array, inverse: Array, reach: Array) -> Array:
    """Return the covariance of the parameters whatever the law of the shocks (Bollerslev and Wooldridge 1992).

    The outer products of the daily scores between two inverses of the observed second derivatives, which hold where the
    model does not; NaN where `inverse` is, and everywhere where the likelihood does not curve down. Shape (3, 3).
    """
    out = np.full_like(inverse, np.nan)
    free = np.flatnonzero(np.isfinite(np.diag(inverse)))
    if len(free) == 0:
        return out
    part, curvature = np.ix_(free, free), np.empty_like(inverse)
    for k in free:
        step = np.zeros(len(at))
        step[k] = SHARE * min(float(np.sqrt(inverse[k, k])), float(reach[k]))
        curvature[:, k] = (evaluate(at - step).score - evaluate(at + step).score) / (2.0 * step[k])
    observed = 0.5 * (curvature + curvature.T)[part]
    if np.all(np.isfinite(observed)) and np.linalg.eigvalsh(observed)[0] > 0.0:
        bread = np.linalg.inv(observed)
        out[part] = bread @ evaluate(at).products[part] @ bread
    return out

"""Which differences between models are more than chance, as :func:`vrx.evaluation.compare` asks it."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vrx.errors import InputError
from vrx.evaluation import metrics
from vrx.evaluation.confidence import model_confidence_set

__all__ = ["FEWEST_HORIZONS", "fewest_in_set", "fewest_tested", "in_set", "tested"]

Array = npt.NDArray[np.float64]

# Fewer blocks than these say nothing of the spread of a mean.
FEWEST_HORIZONS = 5


def fewest_tested(horizon: int) -> int:
    """Days that a Diebold-Mariano test needs."""
    return max(metrics.FEWEST_LOSSES, horizon + 1)


def fewest_in_set(horizon: int) -> int:
    """Days that a model confidence set needs."""
    return max(metrics.FEWEST_LOSSES, FEWEST_HORIZONS * horizon)


def tested(losses: Mapping[str, Array], name: str, against: str, horizon: int) -> tuple[float | None, float | None]:
    """The Diebold-Mariano statistic and its p-value; None for the model itself, and where no test can be made."""
    if name == against or len(losses[name]) < fewest_tested(horizon):
        return None, None
    try:
        return metrics.diebold_mariano(losses[name], losses[against], horizon=horizon)
    except InputError:  # losses that differ by a constant: the scores themselves still stand
        return None, None


def in_set(losses: Mapping[str, Array], size: float, seed: int, horizon: int) -> dict[str, float]:
    """P-values in the model confidence set; none where the days are too few for one."""
    if not losses or len(next(iter(losses.values()))) < fewest_in_set(horizon):
        return {}
    return model_confidence_set(losses, size=size, seed=seed, horizon=horizon)

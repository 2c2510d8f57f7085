"""The models that may be the best: the model confidence set of Hansen, Lunde and Nason (2011)."""

import math
import warnings
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vrx._arrays import real_number, whole_number
from vrx.errors import InputError, require
from vrx.evaluation.metrics import FEWEST_LOSSES

__all__ = ["REPETITIONS", "block", "model_confidence_set"]

REPETITIONS = 1000


def block(n: int, horizon: int) -> int:
    """Mean days of a block: losses of forecasts that overlap are alike over `horizon` days.

    Examples
    --------
    >>> block(1258, 1), block(1258, 22)
    (35, 44)
    """
    return max(math.isqrt(n), 2 * horizon)


def model_confidence_set(
    losses: Mapping[str, npt.ArrayLike],
    *,
    size: float = 0.10,
    seed: int = 0,
    repetitions: int = REPETITIONS,
    horizon: int = 1,
) -> dict[str, float]:
    """The p-value of each model: those above `size` form the set that holds the best one with probability 1 - `size`.

    Computed by ``arch.bootstrap.MCS`` (range statistic, stationary bootstrap, blocks of ``max(sqrt(n), 2 horizon)``
    days on average); needs ``vrx[research]``.

    Parameters
    ----------
    losses
        Model name to its losses on the same days, in order of time, shape (n,).
    size
        Of the test. The p-values do not depend on it.
    seed
        Of the bootstrap; equal seeds give equal p-values.
    repetitions
        Of the bootstrap.
    horizon
        Days that a forecast spans: neighbouring losses overlap.

    Returns
    -------
    dict
        In the order given; the model with the smallest mean loss has 1. Models with equal losses share a p-value.

    Raises
    ------
    InputError
        Fewer than 10 days, losses of unequal length, a loss that is no number, or an option out of range.
    MissingExtraError
        arch is not installed.

    References
    ----------
    Hansen, Lunde and Nason (2011), The model confidence set, Econometrica 79(2), 453-497.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=(2, 400)) ** 2
    >>> found = model_confidence_set({"one": noise[0], "as good": noise[1], "worse": noise[0] + 1.0 + noise[1]})
    >>> [name for name, p in found.items() if p > 0.10]
    ['one', 'as good']
    """
    real_number(size, "size", 0.0, 1.0, inside=True)
    origin, many = whole_number(seed, "seed", 0), whole_number(repetitions, "repetitions", 100)
    ahead, names = whole_number(horizon, "horizon", 1), list(losses)
    if not names:
        raise InputError("losses is empty: give the losses of at least one model")
    columns = [np.asarray(losses[name], dtype=np.float64) for name in names]
    for name, column in zip(names, columns, strict=True):
        if column.ndim != 1 or column.shape != columns[0].shape or len(column) < FEWEST_LOSSES:
            raise InputError(f"losses of {name} have shape {column.shape}: give {FEWEST_LOSSES} days or more, the same")
        if not np.isfinite(column).all():
            raise InputError(f"losses of {name} hold what is no number: leave out the day")
    tools = require("arch.bootstrap", "research", "the model confidence set")
    # Equal losses leave nothing to divide by: one column stands for all that equal it.
    stand_for = [next(k for k in range(len(names)) if np.array_equal(columns[k], column)) for column in columns]
    distinct = sorted(set(stand_for))
    if len(distinct) == 1:
        return dict.fromkeys(names, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of losses that differ by a constant, in which nothing varies
        found = tools.MCS(
            np.column_stack([columns[k] for k in distinct]),
            size,
            reps=many,
            seed=origin,
            block_size=block(len(columns[0]), ahead),
        )
        found.compute()
    table = found.pvalues
    p_values = {distinct[int(k)]: float(p) for k, p in zip(table.index, table["Pvalue"], strict=True)}
    return {name: p_values[k] for name, k in zip(names, stand_for, strict=True)}

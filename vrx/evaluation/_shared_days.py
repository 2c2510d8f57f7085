"""The days that every model forecasts, and what is wrong with forecasts where there are none."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vrx import har
from vrx._moments import FEWEST
from vrx.errors import InputError
from vrx.evaluation._baselines import positive, trailing_mean
from vrx.evaluation.walk import BASELINES, Array, Forecasts, Task, centred

__all__ = ["before", "shared", "sound"]

# HAR and log-HAR forecast from this row on (vrx.har.expanding), once they know so many pairs with a month before them.
HAR_START = 252


def sound(name: str, found: Forecasts, task: Task) -> Forecasts:
    """The forecasts with a mean log variance, or a line that says what is wrong with them."""
    if len(found.variance) != len(task.dates):
        raise InputError(f"{name} has {len(found.variance)} days, the series {len(task.dates)}: give one for each")
    if (found.variance[task.rows] <= 0.0).any():
        raise InputError(f"{name} forecasts a variance that is not positive: floor it")
    if np.isinf(found.variance[task.rows]).any() or np.isinf(found.log_variance[task.rows]).any():
        raise InputError(f"{name} forecasts an infinite variance: cap it, or say NaN where there is no forecast")
    return centred(found, task)


def before(task: Task) -> Array:
    """Half the log variance at which the random walk stands at the end of every day, shape (n,)."""
    return 0.5 * np.log(trailing_mean(positive(task.variance), task.horizon))


def shared(task: Task, given: Mapping[str, Forecasts]) -> tuple[npt.NDArray[np.int64], dict[str, int]]:
    """The rows that all models forecast, and how many each of them lacks.

    Raises
    ------
    InputError
        There is no such row; the line names the models, and what helps.
    """
    rows = task.rows
    known = np.isfinite(before(task)[rows])
    missing: dict[str, int] = {}
    for name, found in given.items():
        if gone := int((~found.known[rows]).sum()):
            missing[name] = gone
        known &= found.known[rows]
    if known.any():
        return rows[known], missing
    if not missing:
        raise InputError(
            f"{task.bars.name}: no day of the test part has {task.horizon} days of variance before it: give more days"
        )
    raise InputError(f"{task.bars.name}: no day of the test part is forecast by all models: {_cure(task, missing)}")


def _cure(task: Task, missing: Mapping[str, int]) -> str:
    """What helps: a baseline cannot be left out, and no other model can be given more days than the series has."""
    most = max(missing.values())
    worst = [name for name, count in missing.items() if count == most]
    hars = [name for name in worst if name in ("har", "log-har") and name in BASELINES[task.protocol]]
    first = int(np.argmax(np.isfinite(task.variance)))
    start = max(HAR_START, first + har.MONTH + FEWEST - 2 + task.horizon)
    if hars and task.rows[-1] < start:
        names, day = " and ".join(hars), task.rows[-1] + 1
        return f"{names} start at day {start + 1}, and day {day} is the last to forecast from: give a longer history"
    lacking = f"{', '.join(worst)} {'lacks' if len(worst) == 1 else 'lack'} {most} of {len(task.rows)}"
    if any(name in BASELINES[task.protocol] for name in worst):
        return f"{lacking}, as where the variance is constant or repeats itself: give a series that varies"
    return f"{lacking}: leave {'it' if len(worst) == 1 else 'them'} out, or give a longer history"

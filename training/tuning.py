"""Fine-tuning: the recipe that adapts a finished model to one series."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vrx.errors import InputError
from vrx.series import Bars
from vrx.training.calibration import distributions
from vrx.training.data import dates_of
from vrx.training.deterministic import deterministic
from vrx.training.folder import Run
from vrx.training.losses import loss
from vrx.training.prepared import prepare
from vrx.training.recipe import Phase, Recipe, Split

__all__ = ["ENOUGH", "PHASES", "tuning", "validation_losses", "windows_of"]

# The linear part alone, held to that of all markets: the neural part, which saw a hundred times as many days, stays.
# One day ahead, the mean over three ridges had a QLIKE 0.7 and 1.4 points lower than 3000, the best single one, for
# coins and currencies in 2018, 0.3 points higher for stocks, the same for 23 equity indices in 2009 to 2014, and an
# RMSE 1 to 2 points lower for bitcoin and ether from mid-2018 to 2019.
PHASES = (Phase("target", ridge=(100.0, 1000.0, 10000.0), refit=True),)
VALIDATION = 0.2  # of the windows, the last ones
FEWEST = 100  # windows: fewer decide nothing
# Windows. On 2018 of the panel, with each asset's past cut to its last 150, 250, 400 or 800 windows, adapting raised
# QLIKE one day ahead by 0.3 to 0.7 points, in the mean over coins, currencies and stocks by bars and by closes; with
# all of the past, in the median several thousand, it lowered it by 1.1.
ENOUGH = 1000
ABOUT = """
{name}, adapted to {target}: its linear part was solved again on this series, held to the coefficients of all markets by
ridges of three strengths, if that lowered the loss on the last fifth of the days; the neural part is as it was.
"""


def tuning(begin: Sequence[Run], target: Bars, *, test_from: datetime.date | None = None) -> Recipe:
    """The recipe that adapts a model to a series.

    Parameters
    ----------
    begin
        The members of the model.
    target
        The series.
    test_from
        The first day that is held out and scored. Without one every day teaches or validates, and there is no test
        part.

    Returns
    -------
    Recipe
        For :func:`vrx.training.seeds.execute_seeds` with `begin`.

    Raises
    ------
    InputError
        The series lacks a channel of the model, or is too short.
    """
    first, dates = begin[0].recipe, dates_of(target)
    windows = windows_of(begin, target, test_from=test_from)
    train_end = dates[windows[int((1.0 - VALIDATION) * len(windows))]].item()
    # To the eve of the test part, whether or not there is a bar: the model may have seen other series to that day.
    last = dates[-1].item() if test_from is None else test_from - datetime.timedelta(days=1)
    return replace(
        first,
        name=f"{first.name}-tuned",
        phases=PHASES,
        split=Split(train_end=train_end, validation_end=last),
        sources=(),
        proxies=(),
        proxy_stride=1,
        held_out=(),
        left_out=(),
        about=ABOUT.format(name=first.name, target=target.name),
    )


def windows_of(begin: Sequence[Run], target: Bars, *, test_from: datetime.date | None = None) -> NDArray[np.int64]:
    """The last rows of the windows that teach or validate; refuses what :func:`tuning` refuses."""
    first = begin[0].recipe
    if missing := [name for name in first.channels if not target.shows(name)]:
        raise InputError(
            f"{target.name}: {first.name} reads {', '.join(first.channels)}, but there is no {missing[0]} among "
            f"{', '.join(target.columns)}: begin from a model of what it has"
        )
    seen = begin[0].cuts.validation_end
    if test_from is not None and np.datetime64(test_from) <= seen:
        raise InputError(f"--test-from {test_from}: {first.name} saw days to {seen}: give a later day")
    dates = dates_of(target)
    end = len(dates) if test_from is None else int(np.searchsorted(dates, np.datetime64(test_from)))
    windows = np.arange(first.lookback - 1 + target.first_whole(first.channels), end)
    if len(windows) < (fewest := _fewest(first)):
        before = "" if test_from is None else f" before {test_from}"
        raise InputError(
            f"{target.name}: {end} bars{before} hold {len(windows)} windows of {first.lookback}, and fine-tuning takes "
            f"{fewest}: forecast with {first.name} as it is"
        )
    return windows


def _fewest(recipe: Recipe) -> int:
    """Windows. Of those that validate, the last ones are followed by too few days: one at least has to be left."""
    return max(FEWEST, math.ceil((max(recipe.horizons) + 2) / VALIDATION))


def validation_losses(runs: Sequence[Run], plan: Recipe, target: Bars) -> list[float]:
    """The loss of each network on the validation part of the series, as it is."""
    part = prepare(plan, [], [target]).phases()["target"].validation
    with deterministic(plan.threads):
        return [float(loss(distributions(run.network, part), part.target, run.recipe.member.loss)) for run in runs]

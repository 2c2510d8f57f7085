"""The universal models adapted to every asset in turn, as `vrx train --from` does it: what that adds to one for all."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from universal_data import Market

from vrx.errors import InputError
from vrx.series import Bars
from vrx.training.daily import Daily, every_day
from vrx.training.data import dates_of
from vrx.training.ensemble import combine
from vrx.training.folder import Run
from vrx.training.seeds import execute_seeds
from vrx.training.tuning import tuning

__all__ = ["tuned"]

Members = Sequence[tuple[np.datetime64, Sequence[Run]]]


def tuned(market: Market, said: Mapping[str, tuple[Bars, Daily]], members: Members, runs: Path) -> dict[str, Daily]:
    """What the adapted models say of every series.

    Parameters
    ----------
    market
        On which days models are adapted.
    said
        The series by name, with what the models as they are say of them. That stands until the first day, and where a
        series is too short to adapt to.
    members
        From which day on which networks forecast.
    runs
        The folder that keeps the adapted ones.
    """
    questions = [(bars, daily, market.tunings, members, runs / name) for name, (bars, daily) in said.items()]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        return dict(zip(said, pool.map(_one, questions), strict=True))


def _one(question: tuple[Bars, Daily, Sequence[np.datetime64], Members, Path]) -> Daily:
    bars, daily, days, members, out = question
    dates = dates_of(bars)
    whole = replace(daily, **{name: getattr(daily, name).copy() for name in ("log_variance", "variance", "quantiles")})
    for first in days:
        latest = [found for day, found in members if day <= first][-1]
        try:
            known = bars.until(first - 1)
            recipe = tuning(latest, known, test_from=first.item())
        except InputError:  # too short, or not begun
            continue
        begin = {run.recipe.seed: run for run in latest}
        run = combine(execute_seeds(recipe, [], [known], out / str(first), list(begin), begin=begin), [], [known])
        said = every_day(run.network, run.recipe, bars, start=int(np.searchsorted(dates, first)))
        later = dates >= first
        for name in ("log_variance", "variance", "quantiles"):
            getattr(whole, name)[later] = getattr(said, name)[later]
    return whole

"""The universal models adapted to every asset in turn, as `vrx train --from` does it: what that adds to one for all."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from universal_data import Market

from vrx.errors import InputError
from vrx.series import Bars
from vrx.training.daily import Daily, every_day
from vrx.training.data import dates_of
from vrx.training.ensemble import combine
from vrx.training.folder import Run, digest_of
from vrx.training.seeds import execute_seeds
from vrx.training.tuning import PHASES, VALIDATION, tuning

__all__ = ["tuned"]

Members = Sequence[tuple[np.datetime64, Sequence[Run]]]
SAID = ("log_variance", "variance", "quantiles")


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
        The folder that keeps what they said, a file for each series; of the models themselves there are thousands.
    """
    runs.mkdir(parents=True, exist_ok=True)
    questions = [(bars, daily, market.tunings, members, runs / f"{name}.npz") for name, (bars, daily) in said.items()]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        return dict(zip(said, pool.map(_one, questions), strict=True))


def _one(question: tuple[Bars, Daily, Sequence[np.datetime64], Members, Path]) -> Daily:
    bars, daily, days, members, kept = question
    asked = _digest(bars, daily, days, members)
    if kept.exists():
        with np.load(kept, allow_pickle=False) as before:
            if str(before["asked"]) == asked:
                return replace(daily, **{name: before[name] for name in SAID})
    whole = replace(daily, **{name: getattr(daily, name).copy() for name in SAID})
    dates = dates_of(bars)
    for first in days[: int(np.searchsorted(days, dates[-1], side="right"))]:
        own = _adapted(bars, first, [found for day, found in members if day <= first][-1])
        if own is None:
            continue
        said = every_day(own.network, own.recipe, bars, start=int(np.searchsorted(dates, first)))
        later = dates >= first
        for name in SAID:
            getattr(whole, name)[later] = getattr(said, name)[later]
    beside = kept.with_name(f".{kept.name}.part")
    with beside.open("wb") as file:
        np.savez(file, asked=asked, **{name: getattr(whole, name) for name in SAID})
    beside.replace(kept)
    return whole


def _adapted(bars: Bars, first: np.datetime64, latest: Sequence[Run]) -> Run | None:
    """The ensemble adapted to all that a series was until the eve of a day; None where that is too short."""
    try:
        past = bars.until(first - 1)
        recipe = tuning(latest, past, test_from=first.item())
    except InputError:  # too short, or not begun
        return None
    begin = {run.recipe.seed: run for run in latest}
    with TemporaryDirectory() as folder:
        return combine(execute_seeds(recipe, [], [past], Path(folder), list(begin), begin=begin), [], [past])


def _digest(bars: Bars, daily: Daily, days: Sequence[np.datetime64], members: Members) -> str:
    """Of all that decides what the adapted models say."""
    found = hashlib.sha256(repr((PHASES, VALIDATION, [str(day) for day in days])).encode())
    for values in (dates_of(bars), *bars.columns.values(), *(getattr(daily, name) for name in SAID)):
        found.update(np.ascontiguousarray(values).tobytes())
    for day, runs in members:
        found.update(" ".join([str(day), *map(digest_of, runs)]).encode())
    return found.hexdigest()

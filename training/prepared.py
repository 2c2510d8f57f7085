"""A recipe and its series, checked, sorted and cut: what a run starts from, and an ensemble of runs goes back to."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from vrx.contract import Origin
from vrx.errors import InputError
from vrx.series import Bars
from vrx.training.data import dates_of, fingerprint
from vrx.training.proxies import Proxy
from vrx.training.recipe import Recipe
from vrx.training.windows import Cuts, PhaseData, Samples, cuts, resolved, samples, targets

__all__ = ["Prepared", "digest", "prepare"]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A recipe with its series, cut and checked."""

    recipe: Recipe
    seen: tuple[Bars, ...]
    goals: tuple[Bars, ...]
    unseen: tuple[Bars, ...]
    at: Cuts
    known: tuple[Origin, ...]
    """What training or the choice of the model sees."""

    @property
    def scored(self) -> tuple[Bars, ...]:
        """The series that the forecast is for."""
        return self.goals or tuple(bars for bars in self.seen if not isinstance(bars, Proxy))

    @property
    def main(self) -> str:
        """The name of the series of the last phase, which calibrates."""
        return self.recipe.phases[-1].series

    @property
    def taught(self) -> tuple[Bars, ...]:
        """The series of the last phase."""
        return self.seen if self.main == "source" else self.goals

    def phases(self) -> dict[str, PhaseData]:
        """The samples by the names that phases give the series."""
        return {name: self.data(name) for name in ("source", "target")}

    def data(self, name: str) -> PhaseData:
        """The samples of ``"source"`` or ``"target"``; none where no phase asks for them."""
        return _data(name, self.seen if name == "source" else self.goals, self.recipe, self.at)


def prepare(recipe: Recipe, sources: Sequence[Bars], targets_: Sequence[Bars]) -> Prepared:
    """Sort the series, name the measure and cut the parts.

    Raises
    ------
    InputError
        The series do not fit the recipe.
    """
    seen = [bars for bars in sources if bars.name not in recipe.held_out]
    goals = [bars for bars in targets_ if bars.name not in recipe.held_out]
    real = [bars for bars in [*sources, *targets_] if not isinstance(bars, Proxy)]
    unseen = [bars for bars in real if bars.name in recipe.held_out]
    if len(real) == len(unseen):
        raise InputError(f"recipe {recipe.name}: no series is left to train on: give --source or --target")
    _unique([*goals, *seen, *unseen])
    recipe = resolved(recipe, [*goals, *seen])
    at = cuts(goals or seen, recipe.split)
    used = {phase.series for phase in recipe.phases}
    # What is only scored, too: found out after hours of training it would cost them.
    for bars in [*(seen if "source" in used or not goals else ()), *goals, *unseen]:
        _check_channels(recipe, bars)
        dates_of(bars)
        targets(bars, recipe)
    _check_count(recipe, seen if recipe.phases[-1].series == "source" else goals)
    known = tuple(
        fingerprint(bars, recipe.channels, at.validation_end)
        for bars in [*(goals if "target" in used else ()), *(seen if "source" in used else ())]
        if dates_of(bars)[0] <= at.validation_end
    )
    return Prepared(recipe, tuple(seen), tuple(goals), tuple(unseen), at, known)


def digest(data: Mapping[str, PhaseData]) -> str:
    """Hash of what the phases learn to forecast: a model of closes may learn from highs, which no origin holds."""
    found = hashlib.sha256()
    for name in sorted(data):
        for part in (data[name].train, data[name].validation):
            found.update(part.target.numpy().tobytes())
    return found.hexdigest()


def _unique(series: Sequence[Bars]) -> None:
    names = [bars.name for bars in series]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"two series are named {twice[0]}: name their files apart")


def _data(name: str, group: Sequence[Bars], recipe: Recipe, at: Cuts) -> PhaseData:
    """The samples that the recipe's phases need; an empty part is an error that says what to change."""
    if not any(phase.series == name for phase in recipe.phases):
        return PhaseData(*(_none(recipe) for _ in range(2)))
    if not group:
        raise InputError(f"recipe {recipe.name} trains on a {name}: give --{name}")
    parts = PhaseData(samples(group, recipe, at, "train"), samples(group, recipe, at, "validation"))
    for part, found in (("train", parts.train), ("validation", parts.validation)):
        if not len(found):
            zero = f" ({found.dropped} more come before days of no variance)" if found.dropped else ""
            raise InputError(
                f"{', '.join(bars.name for bars in group[:3])}: no window of {recipe.lookback} bars and "
                f"{max(recipe.horizons)} days after it fits the {part} part{zero} (train to {at.train_end}, validation "
                f"to {at.validation_end}): give a longer history or a shorter lookback"
            )
    return parts


def _check_channels(recipe: Recipe, bars: Bars) -> None:
    missing = [channel for channel in recipe.channels if not bars.shows(channel)]
    if missing:
        raise InputError(
            f"{bars.name}: no {missing[0]} among {', '.join(bars.columns)}, which recipe {recipe.name} reads"
        )


def _check_count(recipe: Recipe, taught: Sequence[Bars]) -> None:
    if recipe.network.kind in ("har", "log-har") and len(taught) > 1:
        raise InputError(f"{recipe.network.kind} is fitted to one series, not to {len(taught)}: give one file of one")


def _none(recipe: Recipe) -> Samples:
    empty = torch.empty(0, len(recipe.channels), dtype=torch.float64)
    return Samples(empty, torch.empty(0, dtype=torch.int64), empty, recipe.lookback, 0)

"""One training run: a folder with its recipe, its checkpoint, its weights and its scores."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vrx import har
from vrx.contract import Origin
from vrx.errors import InputError
from vrx.series import Bars
from vrx.training import folder
from vrx.training.calibration import set_mean, set_quantiles
from vrx.training.data import dates_of, fingerprint
from vrx.training.folder import Run
from vrx.training.loop import Epoch, PhaseData, State, deterministic, train
from vrx.training.networks import HarNetwork, Network, build
from vrx.training.recipe import Recipe
from vrx.training.scoring import positive, score_test_part
from vrx.training.start import start
from vrx.training.windows import Cuts, Samples, cuts, resolved, samples, targets

__all__ = ["execute"]


def execute(
    recipe: Recipe,
    sources: Sequence[Bars],
    targets_: Sequence[Bars],
    out: Path,
    *,
    files: Mapping[str, Any] | None = None,
    resume: bool = False,
    report: Callable[[Epoch], None] | None = None,
) -> Run:
    """Train by a recipe and keep everything in a folder.

    Parameters
    ----------
    recipe
        What to do.
    sources, targets_
        The series that phases name ``source`` and ``target``. Scores are those of the targets, or of the sources
        where there are no targets. Series that the recipe holds out are scored and nothing else.
    out
        The folder; it must not hold a run already unless `resume`.
    files
        Where the series came from, kept for whoever resumes the run.
    resume
        Go on from the last finished epoch; the recipe and the data must be those of the folder.
    report
        Called after every epoch.

    Raises
    ------
    InputError
        The series do not fit the recipe.
    TrainingError
        The folder holds another run, or the training cannot go on.
    """
    seen = [bars for bars in sources if bars.name not in recipe.held_out]
    goals = [bars for bars in targets_ if bars.name not in recipe.held_out]
    unseen = [bars for bars in [*sources, *targets_] if bars.name in recipe.held_out]
    if not (goals or seen):
        raise InputError(f"recipe {recipe.name}: no series is left to train on: give --source or --target")
    _unique([*goals, *seen, *unseen])
    recipe = resolved(recipe, [*goals, *seen])
    at = cuts(goals or seen, recipe.split)
    used = {phase.series for phase in recipe.phases}
    with deterministic(recipe.threads):
        data = {name: _data(name, group, recipe, at) for name, group in (("source", seen), ("target", goals))}
        known = tuple(
            fingerprint(bars, recipe.channels, at.validation_end)
            for bars in [*(goals if "target" in used else ()), *(seen if "source" in used else ())]
            if dates_of(bars)[0] <= at.validation_end
        )
        folder.claim(out, recipe, known, _digest(data), files or {}, resume)
        network, state = _fit(recipe, data, goals or seen, at, out, report)
        first = data[_main(recipe)]
        if isinstance(network, HarNetwork):
            # Fitted to both parts, with four coefficients a horizon: its own residuals give its quantiles.
            set_quantiles(network, [first.train, first.validation], recipe.levels)
        else:
            set_quantiles(network, [first.validation], recipe.levels)
            set_mean(network, [first.train, first.validation])
        scores = score_test_part(network, recipe, _groups([*(goals or seen), *unseen], known), at)
        example = first.validation.windows(torch.tensor([len(first.validation) - 1]))[0].numpy()
    run = Run(
        recipe=recipe,
        network=network,
        measure=recipe.measure,
        periods_per_year=max((goals or seen), key=len).periods_per_year,
        origins=known,
        cuts=at,
        scores=scores,
        history=tuple(state.history),
        example=example,
    )
    folder.write(out, run)
    return run


def _unique(series: Sequence[Bars]) -> None:
    names = [bars.name for bars in series]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"two series are named {twice[0]}: name their files apart")


def _groups(series: Sequence[Bars], known: Sequence[Origin]) -> dict[str, list[Bars]]:
    """The series that training or the choice of the model saw, and the others."""
    names = {origin.name for origin in known}
    groups: dict[str, list[Bars]] = {"seen": [], "unseen": []}
    for bars in series:
        groups["seen" if bars.name in names else "unseen"].append(bars)
    return groups


def _main(recipe: Recipe) -> str:
    """The series that the forecast is for: those of the last phase."""
    return recipe.phases[-1].series


def _data(name: str, group: Sequence[Bars], recipe: Recipe, at: Cuts) -> PhaseData:
    """The samples that the recipe's phases need; an empty part is an error that says what to change."""
    if not any(phase.series == name for phase in recipe.phases):
        return PhaseData(*(_none(recipe) for _ in range(2)))
    if not group:
        raise InputError(f"recipe {recipe.name} trains on a {name}: give --{name}")
    for bars in group:
        missing = [channel for channel in recipe.channels if channel not in bars]
        if missing:
            raise InputError(
                f"{bars.name}: no {missing[0]} among {', '.join(bars.columns)}, which recipe {recipe.name} reads"
            )
    parts = PhaseData(samples(group, recipe, at, "train"), samples(group, recipe, at, "validation"))
    for part, found in (("train", parts.train), ("validation", parts.validation)):
        if not len(found):
            raise InputError(
                f"{', '.join(bars.name for bars in group[:3])}: no window of {recipe.lookback} bars and "
                f"{max(recipe.horizons)} days after it fits the {part} part (train to {at.train_end}, validation to "
                f"{at.validation_end}): give a longer history or a shorter lookback"
            )
    return parts


def _none(recipe: Recipe) -> Samples:
    empty = torch.empty(0, len(recipe.channels), dtype=torch.float64)
    return Samples(empty, torch.empty(0, dtype=torch.int64), empty, recipe.lookback, 0)


def _fit(
    recipe: Recipe,
    data: Mapping[str, PhaseData],
    goals: Sequence[Bars],
    at: Cuts,
    out: Path,
    report: Callable[[Epoch], None] | None,
) -> tuple[Network, State]:
    torch.manual_seed(recipe.seed)
    network = build(recipe)
    if isinstance(network, HarNetwork):
        _least_squares(network, recipe, goals, at)
        return network, State()
    start(network, data[recipe.phases[0].series].train)
    if not recipe.network.encoded:
        return network, State()
    phases = [data[phase.series] for phase in recipe.phases]
    return network, train(network, recipe, phases, out / folder.STATE, report)


def _least_squares(network: HarNetwork, recipe: Recipe, goals: Sequence[Bars], at: Cuts) -> None:
    """HAR on the one target, by vrx.har, on its days up to the end of validation: it has nothing else to choose."""
    if len(goals) != 1:
        raise InputError(f"{recipe.network.kind} is fitted to one series, not to {len(goals)}: give one --target")
    variance, _ = targets(goals[0], recipe)
    known = variance[: int(np.searchsorted(dates_of(goals[0]), at.validation_end, side="right"))]
    with torch.no_grad():
        for k, horizon in enumerate(recipe.horizons):
            fitted = har.fit(positive(known) if network.log else known, horizon, log=network.log)
            network.coefficients[k] = torch.tensor(fitted.coefficients)
            if network.log:
                network.spread[k] = fitted.residual_variance**0.5
            else:
                network.floor[k] = fitted.floor


def _digest(data: Mapping[str, PhaseData]) -> str:
    """Hash of what the phases learn to forecast: a model of closes may learn from highs, which no origin holds."""
    found = hashlib.sha256()
    for name in sorted(data):
        for part in (data[name].train, data[name].validation):
            found.update(part.target.numpy().tobytes())
    return found.hexdigest()

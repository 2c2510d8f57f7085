"""One training run: a folder with its recipe, its checkpoint, its weights and its scores."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vrx import har
from vrx.contract import Origin
from vrx.errors import InputError
from vrx.evaluation._baselines import positive
from vrx.series import Bars
from vrx.training import folder
from vrx.training.begin import continued
from vrx.training.calibration import set_mean, set_quantiles, set_shares, set_spread
from vrx.training.data import dates_of
from vrx.training.deterministic import deterministic
from vrx.training.folder import Run
from vrx.training.loop import train
from vrx.training.networks import Encoded, HarNetwork, Network, build
from vrx.training.networks.combiner import Weighed
from vrx.training.prepared import Prepared, digest, prepare
from vrx.training.recipe import Recipe
from vrx.training.scoring import score_test_part
from vrx.training.start import follow, start
from vrx.training.state import Epoch, State
from vrx.training.windows import Cuts, PhaseData, targets

__all__ = ["conclude", "execute"]


def execute(
    recipe: Recipe,
    sources: Sequence[Bars],
    targets_: Sequence[Bars],
    out: Path,
    *,
    files: Mapping[str, Any] | None = None,
    resume: bool = False,
    begin: Run | None = None,
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
    begin
        A finished run that the first phase starts from. Its network must have the shape of the recipe's and read and
        forecast the same; it must have seen no day of this run's test part. Weights and spread are taken over as they
        ended, factors on the spread included; by squared error that is one spread for every day. The constant of the
        mean and the quantiles are taken over where every phase is a closed form: one series is too short to tell
        them, and a few quiet years would narrow both. Its series count as seen, here and in the model's file.
    report
        Called after every epoch.

    Raises
    ------
    InputError
        The series do not fit the recipe.
    TrainingError
        The folder holds another run, or the training cannot go on.
    """
    prepared = prepare(recipe, sources, targets_)
    if begin is not None:
        prepared = continued(prepared, begin)
    recipe = prepared.recipe
    with deterministic(recipe.threads):
        data = prepared.phases()
    with deterministic(recipe.threads), folder.held(out):
        folder.claim(out, recipe, prepared.known, digest(data), files or {}, resume, begin)
        network, state = _fit(prepared, data, out, begin, report)
        began = None if begin is None else folder.digest_of(begin)
        run = replace(conclude(network, prepared, data, state.history), files=dict(files or {}), begin=began)
    folder.write(out, run)
    return run


def conclude(network: Network, prepared: Prepared, data: Mapping[str, PhaseData], history: Sequence[Epoch]) -> Run:
    """Calibrate a trained network on the series of its last phase, and score it on the test part."""
    first = data[prepared.main]
    recipe, at = prepared.recipe, prepared.at
    if not recipe.adapts:
        _calibrate(network, recipe, first)
    scores = score_test_part(network, recipe, _groups([*prepared.scored, *prepared.unseen], prepared.known), at)
    return Run(
        recipe=recipe,
        network=network,
        measure=recipe.measure,
        periods_per_year=max(prepared.scored, key=len).periods_per_year,
        origins=prepared.known,
        cuts=at,
        scores=scores,
        history=tuple(history),
        example=first.validation.windows(torch.tensor([len(first.validation) - 1]))[0].numpy(),
        seeds=(recipe.seed,),
        variance=digest(data),
    )


def _calibrate(network: Network, recipe: Recipe, data: PhaseData) -> None:
    if isinstance(network, Encoded) and isinstance(network.combiner, Weighed):
        set_shares(network, network.combiner, data.validation)
    if recipe.member.loss == "squared" and isinstance(network, Encoded):
        set_spread(network, [data.train, data.validation])
    if isinstance(network, HarNetwork):
        # Fitted to both parts, with four coefficients a horizon: its own residuals give its quantiles.
        set_quantiles(network, [data.train, data.validation], recipe.levels)
    else:
        set_quantiles(network, [data.validation], recipe.levels)
        set_mean(network, [data.train, data.validation])


def _groups(series: Sequence[Bars], known: Sequence[Origin]) -> dict[str, list[Bars]]:
    """The series that training or the choice of the model saw, and the others."""
    names = {origin.name for origin in known}
    groups: dict[str, list[Bars]] = {"seen": [], "unseen": []}
    for bars in series:
        groups["seen" if bars.name in names else "unseen"].append(bars)
    return groups


def _fit(
    prepared: Prepared,
    data: Mapping[str, PhaseData],
    out: Path,
    begin: Run | None,
    report: Callable[[Epoch], None] | None,
) -> tuple[Network, State]:
    recipe = prepared.recipe
    torch.manual_seed(recipe.seed)
    network = build(recipe)
    if isinstance(network, HarNetwork):
        _least_squares(network, recipe, prepared.taught[0], prepared.at)
        return network, State()
    first = data[recipe.phases[0].series].train
    if begin is None:
        start(network, first, ridge=recipe.network.ridge)
    else:
        _take(network, recipe, begin)
        follow(network, first)
    if not recipe.network.encoded:
        return network, State()
    phases = [data[phase.series] for phase in recipe.phases]
    return network, train(network, recipe, phases, out / folder.STATE, report)


def _take(network: Network, recipe: Recipe, begin: Run) -> None:
    """Take over the weights and the spread of a run; the constant and the quantiles of its answer only to adapt."""
    calibrated = {} if recipe.adapts else network.answer.state_dict()
    fresh = {f"answer.{name}": value.clone() for name, value in calibrated.items()}
    try:
        network.load_state_dict({**begin.network.state_dict(), **fresh})
    except RuntimeError:
        raise InputError(
            f"recipe {recipe.name}: its network is not that of the run {begin.recipe.name} that it begins from"
        ) from None


def _least_squares(network: HarNetwork, recipe: Recipe, bars: Bars, at: Cuts) -> None:
    """HAR by vrx.har on the one series of its phase, to the end of validation: it has nothing else to choose."""
    variance, _ = targets(bars, recipe)
    known = variance[: int(np.searchsorted(dates_of(bars), at.validation_end, side="right"))]
    with torch.no_grad():
        for k, horizon in enumerate(recipe.horizons):
            fitted = har.fit(positive(known) if network.log else known, horizon, log=network.log)
            network.coefficients[k] = torch.tensor(fitted.coefficients)
            if network.log:
                network.spread[k] = fitted.residual_variance**0.5
            else:
                network.floor[k] = fitted.floor

"""Runs of one recipe that differ by their seed alone, as one run: averaged, calibrated and scored together."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vrx.errors import InputError, TrainingError
from vrx.series import Bars
from vrx.training.deterministic import deterministic
from vrx.training.folder import RUN, Run, open_run, seeds_in
from vrx.training.networks import Ensemble
from vrx.training.prepared import digest, prepare
from vrx.training.run import conclude

__all__ = ["combine", "folders_of", "open_all"]


def folders_of(folder: Path) -> list[Path]:
    """The folder of a run itself, or, where `vrx train --seeds` wrote several, each of theirs in order of the seed.

    Raises
    ------
    TrainingError
        The folder is both: nobody knows which of the two is meant.
    """
    inside = seeds_in(folder)
    if inside and (folder / RUN).exists():
        raise TrainingError(
            f"{folder}: holds a run of its own beside the runs of several seeds, such as {inside[0].name}: move one of "
            "the two into a folder of its own"
        )
    return inside or [folder]


def open_all(folders: Sequence[Path]) -> list[Run]:
    """Read finished runs that can be combined.

    Raises
    ------
    TrainingError
        One is not finished, or differs from the first in more than its seed.
    """
    runs = [open_run(folder) for folder in folders]
    first = runs[0]
    seeds: dict[int, Path] = {}
    for run, folder in zip(runs, folders, strict=True):
        if (seed := run.recipe.seed) in seeds:
            raise TrainingError(f"{folder}: seed {seed} is that of {seeds[seed]} too: give each run once")
        seeds[seed] = folder
        if replace(run.recipe, seed=first.recipe.seed) != first.recipe:
            raise TrainingError(
                f"{folder}: its recipe is not that of {folders[0]}: combine runs that differ by the seed alone"
            )
        if (run.origins, run.cuts, run.variance) != (first.origins, first.cuts, first.variance):
            raise TrainingError(
                f"{folder}: was trained on other data than {folders[0]}: combine runs that differ by the seed alone"
            )
    if len(runs) > 1 and not first.recipe.network.encoded:
        raise TrainingError(f"{folders[1]}: {first.recipe.network.kind} has no seed to differ by: give one folder")
    return runs


def combine(runs: Sequence[Run], sources: Sequence[Bars], targets: Sequence[Bars]) -> Run:
    """One run whose network is the ensemble of all.

    Parameters
    ----------
    runs
        As :func:`open_all` reads them, two or more.
    sources, targets
        The series that they were trained on, which calibrate and score the ensemble.

    Returns
    -------
    Run
        Ready to export; it has the first run's recipe, all seeds, and no history.

    Raises
    ------
    InputError
        The series are not those of the runs.
    """
    first = runs[0]
    prepared = prepare(first.recipe, sources, targets)
    data = prepared.phases()
    # Runs that began from others have the origins of those behind their own.
    own = first.origins[: len(prepared.known)]
    if (prepared.known, prepared.at, digest(data)) != (own, first.cuts, first.variance):
        raise InputError(
            f"recipe {first.recipe.name}: the series are not those that the runs were trained on: give the same files"
        )
    prepared = replace(prepared, known=first.origins)
    network = Ensemble(prepared.recipe, [run.network for run in runs])
    if prepared.recipe.adapts:
        network.take_answers()
    with deterministic(first.recipe.threads):
        run = conclude(network, prepared, data, ())
    return replace(run, seeds=tuple(run.recipe.seed for run in runs), files=first.files, begin=first.begin)

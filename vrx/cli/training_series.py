"""The series of a training, and how a run that exists was begun; `vrx train` and `vrx export` share it."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vrx.cli.common import read_series
from vrx.errors import InputError, TrainingError
from vrx.series import Bars

if TYPE_CHECKING:
    from vrx.training.recipe import Recipe

__all__ = ["begun", "fit_channels", "series_of"]


def begun(folder: Path) -> tuple["Recipe", dict[str, Any]]:
    """The recipe and the files of a run that was begun."""
    from vrx.training.folder import read_run
    from vrx.training.recipe import Recipe

    document = read_run(folder)
    recipe, files = document.get("recipe"), document.get("files")
    if not (isinstance(recipe, dict) and isinstance(files, dict) and {"source", "target", "data"} <= files.keys()):
        raise TrainingError(f"{folder}: run.json does not say how the run was begun: train again")
    return Recipe.from_dict(recipe), files


def series_of(plan: "Recipe", files: dict[str, Any]) -> tuple[list[Bars], list[Bars]]:
    """The sources and targets: those of the options, or the files under --data that the recipe names."""
    from vrx.training.data import read_all

    if plan.sources and files["source"] is None and files["data"] is None:
        raise InputError(f"recipe {plan.name} reads {plan.sources[0]}: give --data with its folder, or --source")
    if files["source"] is not None and not any(phase.series == "source" for phase in plan.phases):
        raise InputError(
            f"recipe {plan.name} trains on no source, as --strategy scratch, har and log-har do not: drop --source"
        )
    if files["source"] is not None:
        sources = read_all(files["source"], drop_bad_rows=files["drop_bad_rows"])
    else:
        sources = _named(plan, Path(files["data"] or "")) if plan.sources else []
    if files["target"] is None:
        return sources, []
    options = {"series_id": files.get("id"), "column": files.get("column"), "drop_bad_rows": files["drop_bad_rows"]}
    targets = [read_series(files["target"], **options)]
    return sources, targets


def _named(plan: "Recipe", folder: Path) -> list[Bars]:
    """The series of the files that a recipe names, without days that only bad ticks explain."""
    from vrx.training.data import read_named

    found: list[Bars] = []
    known: set[str] = set()
    for bars, dropped in read_named(plan, folder):
        known.add(bars.name)
        if bars.name in plan.left_out:
            continue
        found.append(bars)
        if dropped:
            typer.echo(f"{bars.name}: {dropped} days that only bad ticks explain are dropped", err=True)
    for key in ("held_out", "left_out"):
        if odd := [name for name in getattr(plan, key) if name not in known]:
            raise InputError(f"recipe {plan.name}: {key} names {odd[0]!r}, which no series of its files is called")
    return found


def fit_channels(plan: "Recipe", series: list[Bars]) -> "Recipe":
    """Close-only series train a model of closes: one that reads highs and lows could never serve them."""
    lacking = [bars.name for bars in series if not all(channel in bars for channel in plan.channels)]
    if not lacking or plan.channels != ("open", "high", "low", "close"):
        return plan
    typer.echo(f"{lacking[0]}: no open, high and low, so the model reads closes alone", err=True)
    return dataclasses.replace(plan, channels=("close",))

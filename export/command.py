"""The commands that make a run again, with the names of its files but no path of the machine that made it."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from vrx.training.folder import Run
from vrx.training.recipe import Recipe, named, recipes

__all__ = ["export_command", "train_commands"]

# What `vrx train` keeps of its options beside the files, in the order in which they are shown.
OPTIONS = ("from", "test-from", "recipe", "model", "strategy", "epochs")


def train_commands(run: Run) -> list[str]:
    """The commands of `vrx train` that end with the weights of this run; none where it began from another in Python.

    Files are named as they lie in the folder where the command is given; `FILE` and `DIR` stand where a run from Python
    did not say what it read.
    """
    words = ["vrx", "train", *_options(run), *_series(run)]
    if run.begin is not None:
        # The model that it begins from knows the seeds.
        return [shlex.join([*words, "--out", _folder(run)])] if "--from" in words else []
    first, count = run.seeds[0], len(run.seeds)
    if run.seeds == tuple(range(first, first + count)):
        several = ["--seeds", str(count)] if count > 1 else []
        return [shlex.join([*words, "--seed", str(first), *several, "--out", _folder(run)])]
    return [shlex.join([*words, "--seed", str(seed), "--out", f"{_folder(run)}/seed-{seed}"]) for seed in run.seeds]


def export_command(run: Run) -> str:
    """The command of `vrx export` that makes its file."""
    scores = ["--scores", f"runs/{run.recipe.name}"] if "split" in run.scores else []
    return shlex.join(["vrx", "export", _folder(run), *scores, "--out", f"{run.recipe.name}.onnx", "--card"])


def _folder(run: Run) -> str:
    final = (run.files.get("options") or {}).get("final")
    return f"runs/{run.recipe.name}{'-final' if final else ''}"


def _options(run: Run) -> list[str]:
    given: dict[str, Any] = run.files.get("options") or {"recipe": _recipe(run.recipe)}
    words = [word for name in OPTIONS if given.get(name) is not None for word in (f"--{name}", str(given[name]))]
    return [*words, *(["--final"] if given.get("final") else [])]


def _recipe(recipe: Recipe) -> str:
    """The bundled recipe that it is but for what a run decides itself; else a file of its name."""
    if recipe.name in recipes():
        base = named(recipe.name)
        measure = base.measure if base.measure == "auto" else recipe.measure
        channels = base.channels if recipe.channels == ("close",) else recipe.channels
        if replace(recipe, seed=base.seed, measure=measure, channels=channels) == base:
            return recipe.name
    return f"{recipe.name}.toml"


def _series(run: Run) -> list[str]:
    recipe, words = run.recipe, []
    for key in ("source", "target"):
        if given := run.files.get(key):
            words += [f"--{key}", given if str(given).startswith("sample:") else Path(str(given)).name]
        elif not run.files and not recipe.sources and any(phase.series == key for phase in recipe.phases):
            words += [f"--{key}", "FILE"]
    if recipe.sources and not run.files.get("source"):
        words += ["--data", "DIR"]
    if run.files.get("id") is not None:
        words += ["--id", run.files["id"]]
    for column in run.files.get("column") or ():
        words += ["--column", column]
    return [*words, *(["--drop-bad-rows"] if run.files.get("drop_bad_rows") else [])]

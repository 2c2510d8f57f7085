"""The folder of a run: ``run.json`` says what it is, safetensors hold its checkpoint and its weights."""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import vrx
from vrx.contract import Origin
from vrx.errors import TrainingError
from vrx.training import checkpoint
from vrx.training.networks import Network, build, describe
from vrx.training.recipe import Recipe
from vrx.training.state import Epoch
from vrx.training.windows import Cuts

__all__ = ["RUN", "STATE", "Run", "claim", "digest_of", "finished", "held", "open_run", "read_run", "seeds_in", "write"]

RUN, STATE, WEIGHTS = "run.json", "state.safetensors", "model.safetensors"
LOCK = ".lock"


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run, ready to export."""

    recipe: Recipe
    network: Network
    measure: str
    periods_per_year: int
    origins: tuple[Origin, ...]
    cuts: Cuts
    scores: Mapping[str, Any]
    history: tuple[Epoch, ...]
    example: NDArray[np.float64]
    """One window of real bars, (lookback, channels): the self-test of the model file."""
    seeds: tuple[int, ...]
    """The recipe's seed, or those of all members of an ensemble."""
    variance: str = ""
    """Hash of what the phases learned to forecast."""
    files: Mapping[str, Any] = field(default_factory=dict)
    """Where the series came from, as `execute` was told; of `vrx train` the ``"options"`` too."""
    begin: str | None = None
    """Hash of the weights that it began from, where they were another run's."""


def open_run(folder: Path) -> Run:
    """Read a finished run.

    Raises
    ------
    TrainingError
        The folder holds no finished run, or a damaged one.
    """
    document = read_run(folder)
    if document.get("status") != "done":
        raise TrainingError(f"{folder}: the run is not finished: vrx train --resume {folder}")
    try:
        recipe = Recipe.from_dict(document["recipe"])
        network = build(recipe)
        tensors, _ = checkpoint.load(folder / WEIGHTS)
        network.load_state_dict(tensors)
        return Run(
            recipe=recipe,
            network=network.eval(),
            measure=document["measure"],
            periods_per_year=document["periods_per_year"],
            origins=tuple(Origin(**origin) for origin in document["origins"]),
            cuts=Cuts(*(np.datetime64(document["cuts"][key]) for key in ("train_end", "validation_end"))),
            scores=document["scores"],
            history=tuple(Epoch(**epoch) for epoch in document["history"]),
            example=np.array(document["example"], dtype=np.float64),
            seeds=(recipe.seed,),
            variance=document.get("variance") or "",
            files=document.get("files") or {},
            begin=document.get("begin"),
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise TrainingError(f"{folder}: {RUN} and {WEIGHTS} do not fit together ({reason}): train again") from None


def finished(folder: Path) -> bool:
    """Whether the folder holds a finished run."""
    return (folder / RUN).exists() and read_run(folder).get("status") == "done"


def seeds_in(folder: Path) -> list[Path]:
    """The folders of the runs that ``vrx train --seeds`` keeps in this one, in the order of their seeds."""
    inside = [path for path in folder.glob("seed-*") if path.name[5:].isdecimal() and (path / RUN).exists()]
    return sorted(inside, key=lambda path: int(path.name[5:]))


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Keep every other process out of the folder; the system lets it go however this one ends. Not on Windows.

    Raises
    ------
    TrainingError
        Another process trains there.
    """
    out.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    import fcntl

    path = out / LOCK
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who held it may have removed the file between the two lines: that lock would hold nobody out.
            free = os.path.samestat(os.fstat(file.fileno()), path.stat())
        except (BlockingIOError, FileNotFoundError):
            free = False
        if not free:
            raise TrainingError(f"{out}: another process trains in this folder: wait for it, or take another --out")
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def claim(
    out: Path,
    recipe: Recipe,
    known: tuple[Origin, ...],
    variance: str,
    files: Mapping[str, Any],
    resume: bool,
    begin: Run | None = None,
) -> None:
    """Take the folder for this run, or make sure that it holds this very run."""
    document = {
        "status": "running",
        "recipe": recipe.to_dict(),
        "files": dict(files),
        "origins": [vars(origin) for origin in known],
        "variance": variance,
        "begin": None if begin is None else digest_of(begin),
        "torch": torch.__version__,
    }
    if (out / RUN).exists():
        if not resume:
            raise TrainingError(f"{out}: holds a run already: take another --out, or vrx train --resume {out}")
        before = read_run(out)
        if before.get("begin") is not None and begin is None:
            raise TrainingError(
                f"{out}: the run begins from the weights of another, which the folder does not hold: resume it by "
                "vrx.training.run.execute, with begin"
            )
        for key in ("recipe", "begin", "origins", "variance", "torch"):
            if key == "recipe" and Recipe.from_dict(before[key]) == recipe:
                continue  # written before there was a key that the recipe leaves at its default
            if before.get(key) != json.loads(json.dumps(document[key])):
                raise TrainingError(f"{out}: the run was begun with another {key}: take another --out")
        return
    if seeds_in(out):
        raise TrainingError(f"{out}: holds the runs of several seeds: take another --out")
    out.mkdir(parents=True, exist_ok=True)
    # Without a run.json beside it a checkpoint is of nobody knows what, and would be gone on with.
    (out / STATE).unlink(missing_ok=True)
    checkpoint.write_text(out / RUN, json.dumps(document, indent=1))


def digest_of(run: Run) -> str:
    """Hash of the weights and buffers of a run."""
    found = hashlib.sha256()
    for name, value in run.network.state_dict().items():
        found.update(name.encode())
        found.update(value.numpy().tobytes())
    return found.hexdigest()


def write(out: Path, run: Run) -> None:
    """Keep a finished run: the weights first, then the word that it is done."""
    begun = read_run(out)
    checkpoint.save(out / WEIGHTS, run.network.state_dict(), {"network": describe(run.recipe, run.network)})
    document = {
        "status": "done",
        "recipe": run.recipe.to_dict(),
        "files": begun.get("files", {}),
        "variance": begun.get("variance"),
        "begin": begun.get("begin"),
        "network": describe(run.recipe, run.network),
        "measure": run.measure,
        "periods_per_year": run.periods_per_year,
        "cuts": {"train_end": str(run.cuts.train_end), "validation_end": str(run.cuts.validation_end)},
        "origins": [vars(origin) for origin in run.origins],
        "torch": torch.__version__,
        "versions": {"vrx": vrx.__version__, "torch": torch.__version__, "python": platform.python_version()},
        "scores": run.scores,
        "history": [vars(epoch) for epoch in run.history],
        "example": run.example.tolist(),
    }
    checkpoint.write_text(out / RUN, json.dumps(document, indent=1))


def read_run(folder: Path) -> dict[str, Any]:
    """What ``run.json`` of a folder says, of a run that is finished or only begun."""
    try:
        document = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if inside := seeds_in(folder):
            raise TrainingError(
                f"{folder}: holds the runs of several seeds: give one of them, such as {inside[0]}, or go on with all "
                "by the command that began them"
            ) from None
        raise TrainingError(f"{folder}: holds no run: give the folder that vrx train --out wrote") from None
    except (OSError, ValueError) as error:
        raise TrainingError(f"{folder}: {RUN} cannot be read ({error}): train again") from None
    if not isinstance(document, dict):
        raise TrainingError(f"{folder}: {RUN} is not an object: train again")
    return document

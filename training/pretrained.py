"""What fine-tuning begins from: the members of a finished model, from its run or from the weights beside its graph."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from vrx import runtime
from vrx.contract import Origin
from vrx.errors import InputError, TrainingError
from vrx.training import checkpoint
from vrx.training.ensemble import folders_of, open_all
from vrx.training.folder import Run
from vrx.training.networks import Ensemble, Network, build
from vrx.training.recipe import Recipe
from vrx.training.windows import Cuts

__all__ = ["keep", "open_members"]

SUFFIX = ".safetensors"


def keep(path: Path, run: Run) -> None:
    """Write the weights of a run's network with what `open_members` needs to know of it."""
    checkpoint.save(
        path,
        run.network.state_dict(),
        {
            "recipe": run.recipe.to_dict(),
            "seeds": list(run.seeds),
            "measure": run.measure,
            "periods_per_year": run.periods_per_year,
            "cuts": [str(run.cuts.train_end), str(run.cuts.validation_end)],
            "origins": [vars(origin) for origin in run.origins],
            "example": run.example.tolist(),
        },
    )


def open_members(model: str) -> list[Run]:
    """The networks behind a model, as runs to begin from.

    Parameters
    ----------
    model
        The name of a bundled model, the path of a model file whose weights lie beside it (``vrx export --weights``),
        or the folder of a run, also one of several seeds.

    Raises
    ------
    InputError
        There is no such model.
    TrainingError
        The weights are not there, or damaged.
    """
    if model in runtime.bundled():
        return _open(runtime.MODELS / f"{model}{SUFFIX}")
    path = Path(model)
    if path.suffix in (".onnx", SUFFIX):
        if not path.with_suffix(SUFFIX).is_file():
            raise InputError(
                f"{path}: its weights, {path.stem}{SUFFIX}, do not lie beside it: write them with vrx export --weights"
            )
        return _open(path.with_suffix(SUFFIX))
    if path.is_dir():
        return open_all(folders_of(path))
    raise InputError(
        f"no model {model!r} to begin from: take one of {', '.join(runtime.bundled())}, a model file with its weights "
        "beside it, or the folder of a run"
    )


def _open(path: Path) -> list[Run]:
    tensors, about = checkpoint.load(path)
    try:
        recipe = Recipe.from_dict(about["recipe"])
        networks: Sequence[Network] = [build(replace(recipe, seed=seed)) for seed in about["seeds"]]
        whole = networks[0] if len(networks) == 1 else Ensemble(recipe, networks)
        whole.load_state_dict(tensors)
        if isinstance(whole, Ensemble):
            # What was calibrated is the whole: what is made of its members begins from that.
            whole.give_answer()
        return [
            Run(
                recipe=Recipe.from_dict({**about["recipe"], "seed": seed}),
                network=network.eval(),
                measure=about["measure"],
                periods_per_year=about["periods_per_year"],
                origins=tuple(Origin(**origin) for origin in about["origins"]),
                cuts=Cuts(*map(np.datetime64, about["cuts"])),
                scores={},
                history=(),
                example=np.array(about["example"], dtype=np.float64),
                seeds=(seed,),
            )
            for seed, network in zip(about["seeds"], networks, strict=True)
        ]
    except (KeyError, TypeError, ValueError, RuntimeError, IndexError) as error:
        reason = " ".join(str(error).split())
        raise TrainingError(f"{path}: its parts do not fit together ({reason}): export it again") from None

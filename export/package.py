"""A finished run to ``NAME.onnx`` and ``NAME.json``: graph, contract, parity check, self-test."""

import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

import vrx
from vrx import contract
from vrx.contract import SelfTest, Spec
from vrx.errors import InputError, VrxError
from vrx.export.graph import to_model
from vrx.export.parity import check
from vrx.export.scored import SPLIT
from vrx.runtime import Forecaster
from vrx.training import checkpoint
from vrx.training.folder import Run
from vrx.training.networks import describe

__all__ = ["Package", "export"]

TARGETS = {
    "variance": "mean realized variance of the next h days, as the series gives it",
    "garman_klass": "mean of Garman-Klass variance plus squared overnight log return over the next h days",
    "scaled_garman_klass": "mean of Garman-Klass variance plus squared overnight log return over the next h days, in "
    "the size of squared close-to-close log returns",
    "rogers_satchell": "mean of Rogers-Satchell variance plus squared overnight log return over the next h days",
    "parkinson": "mean of Parkinson variance plus squared overnight log return over the next h days",
    "close_to_close": "mean squared close-to-close log return over the next h days",
}
ROLLING = "sample variance of the last {0} close-to-close log returns, as it will be tomorrow"
EXAMPLES = 3
# Digits of the self-test's bars: enough for any price, few enough for a small file.
DIGITS = 10


@dataclass(frozen=True)
class Package:
    """What :func:`export` wrote."""

    path: Path
    spec: Spec
    sha256: str
    size: int


def export(run: Run, out: Path, *, name: str | None = None) -> Package:
    """Write a run as one model file with its spec beside it.

    Both files are written beside their places and renamed only after the graph has passed the parity check and the
    finished file has been loaded and asked by the runtime that production uses.

    Parameters
    ----------
    run
        A finished run.
    out
        The ``.onnx`` file.
    name
        The model's name; the file's stem unless given.

    Raises
    ------
    InputError
        `out` does not end in .onnx.
    ParityError
        The graph does not say what the network says.
    """
    if out.suffix != ".onnx" or out.is_dir():
        raise InputError(f"--out {out}: give a file that ends in .onnx")
    window = _rounded(run.example)
    with torch.no_grad():
        example = torch.from_numpy(np.stack([window * (1.0 + 0.01 * k) for k in range(EXAMPLES)]))
        model = to_model(run.network, example)
        parity = check(model.SerializeToString(), run.network, window)
        answer = [part.numpy()[0] for part in run.network(torch.from_numpy(window[np.newaxis]))]
    spec = _spec(run, name or out.stem, window, answer, parity)
    onnx.helper.set_model_props(model, {contract.METADATA_KEY: spec.to_json()})
    data = model.SerializeToString(deterministic=True)
    if len(data) > contract.MAX_BYTES:
        raise VrxError(f"{out}: {len(data):,} bytes are more than the contract's {contract.MAX_BYTES:,}")
    beside = out.with_name(f".{out.stem}.part.onnx")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        Forecaster(beside).verify()
        # An old spec beside a new graph is worse than none: between the two renames there is no spec.
        out.with_suffix(".json").unlink(missing_ok=True)
        beside.replace(out)
        checkpoint.write_text(out.with_suffix(".json"), spec.to_json())
    except OSError as error:
        raise InputError(
            f"--out {out}: {error.strerror or error}: name a file in a folder that can be written"
        ) from None
    finally:
        beside.unlink(missing_ok=True)
    return Package(out, spec, hashlib.sha256(data).hexdigest(), len(data))


def _spec(run: Run, name: str, window: NDArray[np.float64], answer: list[NDArray[np.float64]], parity: float) -> Spec:
    versions: dict[str, str] = {
        "vrx": vrx.__version__,
        "torch": torch.__version__,
        "onnx": onnx.__version__,
        "python": platform.python_version(),
    }
    variance, volatility, quantiles = answer
    ends = run.scores.get(SPLIT) or {
        "train_end": str(run.cuts.train_end),
        "validation_end": str(run.cuts.validation_end),
    }
    groups = {key: value for key, value in run.scores.items() if key != SPLIT}
    scores: dict[str, Any] = {
        **ends,
        **{key: value["mean"] if isinstance(value, dict) else value for key, value in groups.items()},
    }
    return Spec(
        name=name,
        network=describe(run.recipe, run.network),
        channels=run.recipe.channels,
        lookback=run.recipe.lookback,
        horizons=run.recipe.horizons,
        levels=run.recipe.levels,
        target=ROLLING.format(run.recipe.rolling) if run.recipe.rolling else TARGETS[run.measure],
        periods_per_year=run.periods_per_year,
        trained_on=run.origins,
        parity=parity,
        versions=versions,
        scores=scores,
        self_test=SelfTest(
            bars=tuple(map(tuple, window.tolist())),
            variance=tuple(variance.tolist()),
            volatility=tuple(volatility.tolist()),
            quantiles=tuple(map(tuple, quantiles.tolist())),
        ),
    )


def _rounded(window: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([[float(f"{value:.{DIGITS}g}") for value in row] for row in window])

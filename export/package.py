"""A finished run to ``NAME.onnx`` and ``NAME.json``: graph, contract, parity check, self-test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vrx import contract
from vrx.contract import SelfTest, Spec
from vrx.export.graph import to_model
from vrx.export.model_file import refuse_path, versions, write
from vrx.export.parity import check
from vrx.export.scored import SPLIT
from vrx.runtime import Forecaster
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
    refuse_path(out)
    window = _rounded(run.example)
    with torch.no_grad():
        example = torch.from_numpy(np.stack([window * (1.0 + 0.01 * k) for k in range(EXAMPLES)]))
        model = to_model(run.network, example)
        parity = check(model.SerializeToString(), run.network, window)
        answer = [part.numpy()[0] for part in run.network(torch.from_numpy(window[np.newaxis]))]
    spec = _spec(run, name or out.stem, window, answer, parity)
    digest, size = write(out, model, contract.METADATA_KEY, spec.to_json(), lambda file: Forecaster(file).verify())
    return Package(out, spec, digest, size)


def _spec(run: Run, name: str, window: NDArray[np.float64], answer: list[NDArray[np.float64]], parity: float) -> Spec:
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
        versions=versions(),
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

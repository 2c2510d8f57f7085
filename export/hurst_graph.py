"""A trained network of the Hurst exponent to ``NAME.onnx`` and ``NAME.json``: graph, contract, parity, self-test."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from vrx import contract
from vrx.export.graph import to_model
from vrx.export.model_file import refuse_path, versions, write
from vrx.export.parity import BATCHES, ParityError
from vrx.hurst import HurstForecaster
from vrx.hurst._contract import INPUT, METADATA_KEY, OUTPUT, HurstSpec
from vrx.training.hurst_network import HurstRun
from vrx.training.networks.hurst import HurstNetwork

__all__ = ["HurstPackage", "check", "export"]

Array = NDArray[np.float64]

EXAMPLES = 3
# Digits of the self-test's returns: enough for any market, few enough for a small file.
DIGITS = 10


@dataclass(frozen=True)
class HurstPackage:
    """What :func:`export` wrote."""

    path: Path
    spec: HurstSpec
    sha256: str
    size: int


def export(run: HurstRun, out: Path, *, name: str | None = None) -> HurstPackage:
    """Write a run as one model file with its spec beside it, once the finished file has answered as the network does.

    Parameters
    ----------
    run
        What :func:`vrx.training.hurst_network.train` gave.
    out
        The ``.onnx`` file.
    name
        The model's name; the file's stem unless given.

    Raises
    ------
    InputError
        `out` does not end in .onnx, or cannot be written.
    ParityError
        The graph does not say what the network says.
    """
    refuse_path(out)
    window = np.array([float(f"{value:.{DIGITS}g}") for value in run.example])
    with torch.no_grad():
        batch = torch.from_numpy(np.stack([np.roll(window, k) for k in range(EXAMPLES)]))
        model = to_model(run.network, batch, asked=INPUT, answers=(OUTPUT,))
        parity = check(model.SerializeToString(), run.network, window)
        answer = run.network(torch.from_numpy(window[np.newaxis])).numpy()[0]
    spec = _spec(run, name or out.stem, window, answer, parity)
    digest, size = write(out, model, METADATA_KEY, spec.to_json(), lambda file: HurstForecaster(file).verify())
    return HurstPackage(out, spec, digest, size)


def check(model: bytes, network: HurstNetwork, window: Array) -> float:
    """The largest difference between graph and network over the batches of the contract.

    Raises
    ------
    ParityError
        It is over 1e-5, a batch has another shape, or an unsound row does not answer NaN, alone.
    """
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    rng, worst = np.random.default_rng(0), 0.0
    for batch in BATCHES:
        returns = np.stack([rng.permutation(window) * rng.uniform(0.01, 100.0) for _ in range(batch)])
        with torch.no_grad():
            expected = network(torch.from_numpy(returns)).numpy()
        found = session.run([OUTPUT], {INPUT: returns})[0]
        if found.shape != expected.shape or found.dtype != np.float64:
            raise ParityError(f"{OUTPUT} at batch {batch} is {found.dtype} {found.shape}, not float64 {expected.shape}")
        difference = float(np.max(np.abs(found - expected)))
        # Asked so that a NaN fails too; max() would drop it.
        if not difference <= contract.TOLERANCE:
            raise ParityError(
                f"graph and network differ by {difference:.1e} at batch {batch}: over {contract.TOLERANCE}"
            )
        worst = max(worst, difference)
    for unsound in _unsound(window):
        found = session.run([OUTPUT], {INPUT: np.stack([window, unsound, window])})[0]
        if not (np.isnan(found[1]).all() and np.isfinite(found[[0, 2]]).all()):
            raise ParityError("a window that is not sound must answer NaN, and leave its neighbours alone")
    return worst


def _unsound(window: Array) -> Sequence[Array]:
    """Windows with a gap at either end, and one that never moves."""
    found = [np.zeros_like(window), np.full_like(window, 0.01)]
    for bad in (np.nan, np.inf, -np.inf):
        for row in (0, len(window) - 1):
            found.append(window.copy())
            found[-1][row] = bad
    return found


def _spec(run: HurstRun, name: str, window: Array, answer: Array, parity: float) -> HurstSpec:
    recipe = run.recipe
    task = "of what the wavelet filters leave unknown of the coming windows" if recipe.known else "of the change of H"
    return HurstSpec(
        name=name,
        network=f"LSTM of {recipe.hidden} on {recipe.sequence} days, {task}",
        window=recipe.window,
        lookback=recipe.lookback,
        horizons=recipe.horizons,
        trained_on=run.origins,
        parity=parity,
        versions=versions(),
        scores={
            "train_end": str(run.cuts.train_end),
            "validation_end": str(run.cuts.validation_end),
            "recipe": asdict(recipe),
            **run.scores,
        },
        returns=tuple(window.tolist()),
        hurst=tuple(answer.tolist()),
    )

"""The parity check: the graph says what the network says, at every batch size, and NaN where the input is unsound."""

import itertools

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from vrx import contract
from vrx.errors import VrxError

__all__ = ["BATCHES", "ParityError", "check"]

BATCHES = (1, 2, 7, 256)


class ParityError(VrxError):
    """The exported graph does not say what the network says; no file is written."""


def check(model: bytes, network: nn.Module, window: NDArray[np.float64]) -> float:
    """The largest relative difference between graph and network over the batches of the contract.

    Parameters
    ----------
    model
        The serialised graph.
    network
        What it was exported from.
    window
        One window of real bars, (lookback, channels); the batches are random reshufflings and rescalings of it.

    Raises
    ------
    ParityError
        The difference is over 1e-5, a batch has another shape, or an unsound row does not answer NaN, alone.
    """
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    worst = 0.0
    for batch in BATCHES:
        bars = np.stack([_like(window, rng) for _ in range(batch)])
        with torch.no_grad():
            expected = [part.numpy() for part in network(torch.from_numpy(bars))]
        found = session.run(contract.OUTPUTS, {contract.INPUT: bars})
        for name, left, right in zip(contract.OUTPUTS, found, expected, strict=True):
            if left.shape != right.shape or left.dtype != np.float64:
                raise ParityError(f"{name} at batch {batch} is {left.dtype} {left.shape}, not float64 {right.shape}")
            difference = float(np.max(np.abs(left / right - 1.0)))
            # Asked so that a NaN fails too; max() would drop it.
            if not difference <= contract.TOLERANCE:
                raise ParityError(
                    f"graph and network differ by {difference:.1e} in {name} at batch {batch}: over "
                    f"{contract.TOLERANCE:.0e}"
                )
            worst = max(worst, difference)
    _check_unsound(session, window, rng)
    return worst


def _like(window: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A window with the same kind of days in another order: sound bars, yet nothing that training has seen."""
    if len(window) < 2:
        return window * rng.uniform(0.5, 2.0)
    if (window < 0).any() or window.shape[1] in (1, 2):
        shuffled = rng.permutation(window)
        return shuffled if (window < 0).any() else shuffled * rng.uniform(0.2, 5.0)
    logs = np.log(window)
    steps = rng.permutation(np.diff(logs[:, -1]))
    close = np.concatenate([[logs[0, -1]], logs[0, -1] + np.cumsum(steps)])
    shape = rng.permutation(logs - logs[:, -1:])
    return np.ascontiguousarray(np.exp(shape + close[:, None]) * rng.uniform(0.01, 100.0))


def _check_unsound(
    session: "onnxruntime.InferenceSession", window: NDArray[np.float64], rng: np.random.Generator
) -> None:
    # The first bar is where a graph that reads only its close would let the others pass.
    places = [(0, channel) for channel in range(window.shape[1])] + [(int(rng.integers(len(window))), 0)]
    for bad, (row, channel) in itertools.product((np.nan, np.inf, -np.inf, -1.0), places):
        if bad == -1.0 and window.shape[1] == 2 and channel == 1:
            continue  # a return may be negative
        bars = np.stack([window] * 3)
        bars[1, row, channel] = bad
        for name, part in zip(contract.OUTPUTS, session.run(contract.OUTPUTS, {contract.INPUT: bars}), strict=True):
            if not (np.isnan(part[1]).all() and np.isfinite(part[0]).all() and np.isfinite(part[2]).all()):
                raise ParityError(f"{name}: a window with {bad} must answer NaN, and leave its neighbours alone")

"""The adapted ensemble as a model file, beside the network that it was exported from."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from bitcoin_data import Market

import vrx
from vrx.evaluation import metrics
from vrx.export.package import export
from vrx.training.data import fingerprint
from vrx.training.deterministic import deterministic
from vrx.training.folder import Run
from vrx.training.networks import Network
from vrx.training.windows import cuts

__all__ = ["Exported", "exported"]

CHUNK = 256


@dataclass(frozen=True)
class Exported:
    """What the file is, and how far it is from the network on the test part."""

    size: int
    parity: float
    rows: int
    difference: float
    """Largest relative difference over variance, volatility and quantiles."""
    qlike: float
    """Of the file's own forecasts."""


def exported(market: Market, network: Network, seeds: Sequence[int]) -> Exported:
    """Export a calibrated network, load it by the runtime that production uses, ask for every day of the test part."""
    recipe, rows, last = market.recipe, market.test.rows, torch.tensor([len(market.validation) - 1])
    at, seen = cuts([market.bars], recipe.split), (market.bars, *market.sources)
    run = Run(
        recipe=recipe,
        network=network,
        measure=recipe.measure,
        periods_per_year=market.bars.periods_per_year,
        origins=tuple(fingerprint(bars, recipe.channels, at.validation_end) for bars in seen),
        cuts=at,
        scores={},
        history=(),
        example=market.validation.windows(last)[0].numpy(),
        seeds=tuple(seeds),
    )
    with deterministic(recipe.threads), tempfile.TemporaryDirectory() as folder:
        package = export(run, Path(folder) / "bitcoin.onnx")
        found = vrx.load(package.path).history(market.bars)
        with torch.no_grad():
            said = [network(market.test.windows(index)) for index in torch.arange(len(rows)).split(CHUNK)]
    expected = [torch.cat(parts).numpy() for parts in zip(*said, strict=True)]
    answers = [part[rows.numpy()] for part in (found.variance, found.volatility, found.quantiles)]
    pairs = zip(answers, expected, strict=True)
    return Exported(
        size=package.size,
        parity=package.spec.parity,
        rows=len(rows),
        difference=max(float(np.max(np.abs(ours / theirs - 1.0))) for ours, theirs in pairs),
        qlike=float(metrics.qlike_loss(answers[0][:, 0], np.exp(market.test.target[:, 0].numpy())).mean()),
    )

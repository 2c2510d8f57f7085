"""The networks of the tables: with transfer and from scratch, trained once and kept."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from bitcoin_data import RECIPE, Market

from vrx.training.adapt import adapt
from vrx.training.deterministic import deterministic
from vrx.training.folder import STATE, claim, open_run
from vrx.training.loop import train
from vrx.training.networks import Encoded, build
from vrx.training.recipe import NetworkShape, Phase, Recipe, named
from vrx.training.seeds import execute_seeds
from vrx.training.start import start
from vrx.training.windows import PhaseData, Samples

__all__ = ["ADAPTED", "CASES", "SCRATCH_PHASE", "SHAPE", "ZERO", "Case", "Trained", "pretrain", "trained"]

SHAPE = named(RECIPE).network
SCRATCH_PHASE = Phase(
    "target", learning_rate=1e-3, weight_decay=1e-2, batch_size=32, epochs=50, patience=10, plateau=1
)  # pretraining's, but for batches of a size that few samples allow, and epochs that validation ends


@dataclass(frozen=True)
class Case:
    """One row of a table."""

    name: str
    shape: NetworkShape | None = None
    """Of a network from scratch; None for the pretrained one."""


ADAPTED, ZERO = Case("transfer, adapted"), Case("transfer, zero-shot")
CASES: tuple[Case, ...] = (
    ADAPTED,
    ZERO,
    Case("scratch, encoder alone", SHAPE.named(SHAPE.encoder)),
    Case("scratch, least squares", SHAPE),
    Case("scratch, ridge 30", replace(SHAPE, ridge=30.0)),
    Case("scratch, ridge 100", replace(SHAPE, ridge=100.0)),
)


@dataclass(frozen=True, eq=False)
class Trained:
    """A network, not yet calibrated on bitcoin."""

    network: Encoded
    seconds: float
    """Of training on bitcoin."""
    kept: str = ""
    """Of an adapted one: what validation kept."""


def pretrain(
    market: Market, seeds: Sequence[int], runs: Path, workers: int, report: Callable[[int], None]
) -> list[float]:
    """Train the recipe's first phase from every seed, so many at once, and say how many seconds each took."""
    plan = replace(market.recipe, phases=market.recipe.phases[:1])
    seconds = []
    for k in range(0, len(seeds), workers):
        done = execute_seeds(plan, market.sources, [], _pretrained(market, runs), seeds[k : k + workers], report=report)
        seconds += [sum(epoch.seconds for epoch in run.history) for run in done]
    return seconds


def trained(market: Market, case: Case, days: int | None, seed: int, runs: Path) -> Trained:
    """Train a case on the train part or its first days, or take what is kept."""
    part, recipe = market.share(days), replace(market.recipe, seed=seed)
    with deterministic(recipe.threads):
        if case.shape is None:
            return _transferred(market, case, part, recipe, runs)
        folder = runs / market.key / f"{case.name} {days or 'all'}".replace(",", "").replace(" ", "-") / f"seed-{seed}"
        return _from_scratch(market, part, replace(recipe, network=case.shape, phases=(SCRATCH_PHASE,)), folder)


def _transferred(market: Market, case: Case, part: Samples, recipe: Recipe, runs: Path) -> Trained:
    """What the later phase of the recipe makes of the pretrained network; a second at most, so nothing is kept."""
    network = open_run(_pretrained(market, runs) / f"seed-{recipe.seed}").network
    if not isinstance(network, Encoded):
        raise TypeError(f"{type(network).__name__} has no encoder")
    if case is ZERO:
        return Trained(network, 0.0)
    began = time.perf_counter()
    _, kept = adapt(network, recipe.phases[1].ridges, recipe.horizons, part, market.validation, recipe.loss)
    return Trained(network, time.perf_counter() - began, kept)


def _from_scratch(market: Market, part: Samples, recipe: Recipe, folder: Path) -> Trained:
    # vrx.training.run.execute cuts by date alone, and would validate on what it leaves out of the train part.
    claim(folder, recipe, (), _digest(part, market.validation), {}, resume=True)
    torch.manual_seed(recipe.seed)
    network = build(recipe)
    if not isinstance(network, Encoded):
        raise TypeError(f"{type(network).__name__} has no encoder")
    start(network, part, ridge=recipe.network.ridge)
    state = train(network, recipe, [PhaseData(part, market.validation)], folder / STATE)
    return Trained(network, sum(epoch.seconds for epoch in state.history))


def _pretrained(market: Market, runs: Path) -> Path:
    return runs / market.key / "pretrained"


def _digest(*parts: Samples) -> str:
    found = hashlib.sha256()
    for part in parts:
        for values in (part.bars, part.rows, part.target):
            found.update(values.numpy().tobytes())
    return found.hexdigest()

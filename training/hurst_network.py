"""From daily series to a network of the rolling Hurst exponent: windows, training with early stopping, scores.

Small enough that nothing is kept but the result: a run of minutes is begun again rather than resumed. Equal data,
recipe, machine and torch give equal bits.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vrx.contract import Origin
from vrx.errors import InputError, TrainingError
from vrx.evaluation.split import Cuts
from vrx.training.data import fingerprint
from vrx.training.deterministic import deterministic
from vrx.training.hurst_series import HurstRecipe, Market
from vrx.training.networks.hurst import Facts, HurstNetwork

__all__ = ["HurstEpoch", "HurstRun", "train"]

Array = NDArray[np.float64]

# Windows at a time where nothing is learned: enough to keep the arithmetic busy, few enough for the cache.
CHUNK = 1024
# Fewer samples than these say nothing of a network.
FEWEST = 50


@dataclass(frozen=True)
class HurstEpoch:
    """Mean losses of an epoch, those of every series in units of what the network as it starts loses on it."""

    epoch: int
    train_loss: float
    validation_loss: float


@dataclass(frozen=True, eq=False)
class HurstRun:
    """A trained network, ready to export."""

    recipe: HurstRecipe
    network: HurstNetwork
    cuts: Cuts
    origins: tuple[Origin, ...]
    """The series that taught it or chose it."""
    example: Array
    """One window of real returns, (lookback,)."""
    history: tuple[HurstEpoch, ...]
    scores: dict[str, Any] = field(default_factory=dict)

    def forecast(self, one: Market, rows: NDArray[np.int64]) -> Array:
        """The forecasts at the end of some rows, (rows, horizons)."""
        with torch.no_grad(), deterministic(1):
            parts = [self.network(_windows(one, rows[k : k + CHUNK], self.recipe)) for k in range(0, len(rows), CHUNK)]
            return torch.cat(parts).numpy() if parts else np.empty((0, len(self.recipe.horizons)))


def train(
    markets: Sequence[Market],
    recipe: HurstRecipe,
    at: Cuts,
    report: Callable[[HurstEpoch], None] | None = None,
) -> HurstRun:
    """Train on the train parts of all series, and keep the weights that are best on their validation parts.

    Parameters
    ----------
    markets
        The series, cut at the same dates; the test parts are not looked at.
    recipe
        Everything else.
    at
        The cuts.
    report
        Called after every epoch.

    Raises
    ------
    InputError
        The train or the validation part holds fewer than 50 windows, or the recipe does not fit together.
    TrainingError
        The loss stopped being a number.
    """
    with deterministic(1):
        torch.manual_seed(recipe.seed)
        network = HurstNetwork(recipe.window, recipe.sequence, recipe.horizons, recipe.hidden, known=recipe.known)
        parts = {part: _samples(markets, network, recipe, at, part) for part in ("train", "validation")}
        history = _fit(network, recipe, parts["train"], parts["validation"], report)
    seen = [one for one in markets if one.dates[0] <= at.validation_end]
    known = tuple(
        fingerprint(one.bars, ("close",) if "close" in one.bars else ("return",), at.validation_end) for one in seen
    )
    first = next(one for one in markets if len(one.origins(recipe, at, "validation")))
    row = int(first.origins(recipe, at, "validation")[-1])
    return HurstRun(
        recipe=recipe,
        network=network.eval(),
        cuts=at,
        origins=known,
        example=first.returns[row - recipe.lookback + 1 : row + 1].copy(),
        history=history,
    )


@dataclass(frozen=True, eq=False)
class _Samples:
    facts: Facts
    target: Tensor
    weight: Tensor
    """The inverse of the mean squared error, over the series, of the network as it starts: no wild series rules."""

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: Tensor | slice) -> "_Samples":
        return _Samples(Facts(*(part[rows] for part in self.facts)), self.target[rows], self.weight[rows])

    def loss(self, network: HurstNetwork) -> Tensor:
        return ((network.answer(self.facts) - self.target) ** 2 * self.weight).mean()


def _samples(markets: Sequence[Market], network: HurstNetwork, recipe: HurstRecipe, at: Cuts, part: str) -> _Samples:
    found: list[_Samples] = []
    with torch.no_grad():
        for one in markets:
            rows = one.origins(recipe, at, part)
            target = torch.from_numpy(one.target(recipe.horizons)[rows])
            split_at = range(CHUNK, len(rows), CHUNK)
            chunks = [network.facts(_windows(one, some, recipe)) for some in np.split(rows, split_at)]
            facts = Facts(*(torch.cat(values) for values in zip(*chunks, strict=True)))
            error = ((network.answer(facts) - target) ** 2)[facts.sound[:, 0]].mean(0)
            if len(rows) and bool((error > 0.0).all()):
                found.append(_Samples(facts, target, (1.0 / error).expand_as(target)).take(facts.sound[:, 0]))
    count = sum(map(len, found))
    if count < FEWEST:
        raise InputError(
            f"{', '.join(one.name for one in markets[:3])}: the {part} part holds {count} windows of {recipe.lookback} "
            f"returns with {max(recipe.horizons)} days after, of {FEWEST} at least: give a longer series or other dates"
        )
    return _Samples(
        Facts(*(torch.cat(values) for values in zip(*(one.facts for one in found), strict=True))),
        torch.cat([one.target for one in found]),
        torch.cat([one.weight for one in found]),
    )


def _windows(one: Market, rows: NDArray[np.int64], recipe: HurstRecipe) -> Tensor:
    return torch.from_numpy(one.returns[rows[:, np.newaxis] + np.arange(1 - recipe.lookback, 1)])


def _fit(
    network: HurstNetwork,
    recipe: HurstRecipe,
    train: _Samples,
    validation: _Samples,
    report: Callable[[HurstEpoch], None] | None,
) -> tuple[HurstEpoch, ...]:
    """Adam over random samples; ends with the weights of the best epoch, or those of the start if none was better."""
    best, weights = _loss(network, validation), _copied(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    halving = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.5, patience=max(recipe.patience // 3, 1))
    history, stale = [], 0
    for epoch in range(recipe.epochs):
        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(recipe.seed + 1_000_003 * epoch))
        losses = []
        for rows in order[: recipe.samples].split(recipe.batch_size):
            loss = train.take(rows).loss(network)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            losses.append(float(loss.detach()))
        done = HurstEpoch(epoch, float(np.mean(losses)), _loss(network, validation))
        if not math.isfinite(done.train_loss + done.validation_loss):
            raise TrainingError(f"epoch {epoch}: the loss is not a number: use a smaller learning_rate")
        history.append(done)
        halving.step(done.validation_loss)
        if report is not None:
            report(done)
        stale = 0 if done.validation_loss < best else stale + 1
        if stale == 0:
            best, weights = done.validation_loss, _copied(network)
        elif stale == recipe.patience:
            break
    network.load_state_dict(weights)
    return tuple(history)


def _loss(network: HurstNetwork, samples: _Samples) -> float:
    with torch.no_grad():
        parts = [samples.take(slice(k, k + CHUNK)) for k in range(0, len(samples), CHUNK)]
        return sum(len(part) * float(part.loss(network)) for part in parts) / len(samples)


def _copied(network: HurstNetwork) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}

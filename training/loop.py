"""The loop: phases of epochs, each epoch resumable to the bit.

Everything random in an epoch (the order of the samples, dropout) comes from a seed made of the recipe's seed, the phase
and the epoch, so no state of a generator has to be kept: an epoch begun again is the same epoch.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vrx.errors import TrainingError
from vrx.training import checkpoint
from vrx.training.adapt import adapt
from vrx.training.calibration import distributions, explained
from vrx.training.losses import gaussian_loss, loss
from vrx.training.networks import Encoded, Network
from vrx.training.recipe import Phase, Recipe
from vrx.training.start import follow
from vrx.training.windows import Samples

__all__ = ["Epoch", "PhaseData", "State", "deterministic", "gaussian_loss", "loss", "train"]


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave: mean losses of the recipe's kind, the rate, its seconds, and what the combiner decided."""

    phase: int
    epoch: int
    train_loss: float
    validation_loss: float
    learning_rate: float
    seconds: float
    weights: dict[str, float] = field(default_factory=dict)
    """Means over the validation part, after the epoch: `alpha`, or the probability of each regime; empty for others."""
    kept: str = ""
    """Of a phase in closed form: what of it validation kept, one of :data:`vrx.training.adapt.KEPT`."""


@dataclass(frozen=True, eq=False)
class PhaseData:
    """The samples of one phase."""

    train: Samples
    validation: Samples


@dataclass
class State:
    """Where the loop stands, weights and moments apart; JSON in the header of the checkpoint."""

    phase: int = 0
    epoch: int = 0  # epochs finished in this phase
    rate: float = 0.0
    best: float = math.inf  # best validation loss of this phase, that of the network entering it included
    stale: int = 0  # epochs since then
    waited: int = 0  # epochs since then or since the rate was last halved
    history: list[Epoch] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: infinity, which JSON lacks, as None."""
        return {**asdict(self), "best": None if math.isinf(self.best) else self.best}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "State":
        """Read what :meth:`to_dict` wrote."""
        best = math.inf if document["best"] is None else document["best"]
        return cls(**{**document, "best": best, "history": [Epoch(**epoch) for epoch in document["history"]]})


@contextmanager
def deterministic(threads: int) -> Iterator[None]:
    """Torch as a run needs it, and afterwards as it was."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    drawn = torch.get_rng_state()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        torch.set_rng_state(drawn)


def train(
    network: Network,
    recipe: Recipe,
    data: Sequence[PhaseData],
    path: Path,
    report: Callable[[Epoch], None] | None = None,
) -> State:
    """Run the phases of a recipe, from the checkpoint at `path` when there is one.

    Parameters
    ----------
    network
        Untrained, already started; on return it holds the weights of the last phase with the lowest loss on the
        validation part, those with which it entered the phase among them: no phase makes that loss worse.
    recipe
        Its phases, seed and horizons.
    data
        The samples of each phase.
    path
        Where the checkpoint of the last finished epoch is kept.
    report
        Called after every epoch, once its checkpoint stands.

    Raises
    ------
    TrainingError
        The loss stopped being a number, or the checkpoint is damaged.
    """
    state, saved = State(rate=recipe.phases[0].rate), None
    best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    if path.exists():
        saved, document = checkpoint.load(path)
        try:
            state = State.from_dict(document)
            network.load_state_dict(_named(saved, "model"))
        except (KeyError, TypeError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise TrainingError(f"{path}: not a checkpoint of this recipe ({reason}): train again") from None
        best = _named(saved, "best")
    while True:
        phase = recipe.phases[state.phase]
        if state.epoch == 0 and state.phase > 0 and phase.series != recipe.phases[state.phase - 1].series:
            follow(network, data[state.phase].train)
            best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        if state.epoch == 0:
            state.best = _entered(network, recipe, data[state.phase].validation)
        optimiser = _optimiser(network, phase)
        if saved is not None and state.epoch > 0:
            _restore_moments(optimiser, _named(saved, "adam"))
        saved = None
        while state.epoch < phase.length and state.stale < phase.patience:
            began = time.perf_counter()
            if phase.ridge and isinstance(network, Encoded):
                losses, weights, kept = _closed(network, recipe, phase, data[state.phase])
            else:
                losses, weights = _epoch(network, optimiser, recipe, state, data[state.phase])
                kept = ""
            # What a closed form kept was chosen against the network as it came.
            if losses[1] < state.best or kept:
                state.best, state.stale, state.waited = losses[1], 0, 0
                best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
            else:
                state.stale, state.waited = state.stale + 1, state.waited + 1
            done = Epoch(state.phase, state.epoch, *losses, state.rate, time.perf_counter() - began, weights, kept)
            state.history.append(done)
            state.epoch += 1
            if state.waited > phase.plateau:
                state.rate, state.waited = 0.5 * state.rate, 0
            _save(path, network, best, optimiser, state)
            if report is not None:
                report(done)
        network.load_state_dict(best)
        if state.phase + 1 == len(recipe.phases):
            return state
        state.phase += 1
        state.epoch = state.stale = state.waited = 0
        state.best, state.rate = math.inf, recipe.phases[state.phase].rate


def _entered(network: Network, recipe: Recipe, validation: Samples) -> float:
    """The validation loss before a phase: what comes from HAR or from another market may be better than any epoch."""
    entered = float(loss(distributions(network, validation), validation.target, recipe.loss))
    return entered if math.isfinite(entered) else math.inf


def _closed(
    network: Encoded, recipe: Recipe, phase: Phase, data: PhaseData
) -> tuple[tuple[float, float], dict[str, float], str]:
    losses, weights, kept = adapt(network, phase.ridge, data.train, data.validation, recipe.loss)
    return losses, {name: float(weight) for name, weight in weights.items()}, kept


def _epoch(
    network: Network, optimiser: torch.optim.Optimizer, recipe: Recipe, state: State, data: PhaseData
) -> tuple[tuple[float, float], dict[str, float]]:
    phase = recipe.phases[state.phase]
    # Any odd constants keep the seeds of neighbouring phases and epochs apart.
    torch.manual_seed(recipe.seed * 1_000_003 + state.phase * 10_007 + state.epoch)
    order = torch.randperm(len(data.train))
    for group in optimiser.param_groups:
        group["lr"] = state.rate * group["share"]
    trained = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    network.train()
    total = 0.0
    for index in order.split(phase.batch_size):
        optimiser.zero_grad(set_to_none=True)
        distribution = network.distribution(network.input(data.train.windows(index)))
        error = loss(distribution, data.train.target[index], recipe.loss)
        error.backward()
        nn.utils.clip_grad_norm_(trained, phase.clip)
        optimiser.step()
        total += float(error.detach()) * len(index)
    distribution, weights = explained(network, data.validation)
    validation = float(loss(distribution, data.validation.target, recipe.loss))
    mean = total / len(order)
    if not (math.isfinite(mean) and math.isfinite(validation)):
        raise TrainingError(
            f"phase {state.phase}, epoch {state.epoch}: the loss is {mean} in training and {validation} in validation: "
            "lower the learning rate"
        )
    return (mean, validation), {name: float(weight) for name, weight in weights.items()}


def _optimiser(network: Network, phase: Phase) -> torch.optim.Optimizer:
    """AdamW, which is Adam without weight decay, on the phase's parameters; the others take no gradient."""
    groups = network.groups()
    rates = phase.rates or (phase.learning_rate,) * len(phase.parameters)
    chosen: list[dict[str, Any]] = [
        {"params": groups[name], "share": rate / phase.rate}
        for name, rate in zip(phase.parameters, rates, strict=True)
        if groups.get(name)
    ]
    taught = {id(parameter) for group in chosen for parameter in group["params"]}
    for parameter in network.parameters():
        parameter.requires_grad_(id(parameter) in taught)
    return torch.optim.AdamW(chosen, lr=phase.rate, weight_decay=phase.weight_decay, fused=True)


def _save(
    path: Path, network: Network, best: Mapping[str, Tensor], optimiser: torch.optim.Optimizer, state: State
) -> None:
    moments = {
        f"{k}.{name}": value for k, entry in optimiser.state_dict()["state"].items() for name, value in entry.items()
    }
    parts = {"model": network.state_dict(), "best": best, "adam": moments}
    tensors = {f"{part}/{name}": value for part, values in parts.items() for name, value in values.items()}
    checkpoint.save(path, tensors, state.to_dict())


def _restore_moments(optimiser: torch.optim.Optimizer, moments: Mapping[str, Tensor]) -> None:
    document = optimiser.state_dict()
    entries: dict[int, dict[str, Tensor]] = {}
    for key, value in moments.items():
        k, name = key.split(".", 1)
        entries.setdefault(int(k), {})[name] = value
    document["state"] = entries
    optimiser.load_state_dict(document)


def _named(tensors: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    return {name.partition("/")[2]: value for name, value in tensors.items() if name.startswith(f"{part}/")}

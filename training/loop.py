"""The loop: phases of epochs, each epoch resumable to the bit.

Everything random in an epoch (the order of the samples, dropout) comes from a seed made of the recipe's seed, the phase
and the epoch, so no state of a generator has to be kept: an epoch begun again is the same epoch.
"""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import nn

from vrx.errors import TrainingError
from vrx.training.adapt import adapt
from vrx.training.calibration import distributions, explained
from vrx.training.losses import loss, taught
from vrx.training.networks import Encoded, Network
from vrx.training.optimiser import moments_of, optimiser_of, restore
from vrx.training.recipe import Phase, Recipe
from vrx.training.start import follow
from vrx.training.state import Epoch, State, opened, save, weights_of
from vrx.training.windows import PhaseData, Samples

__all__ = ["train"]


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
        validation part, those with which it entered the phase among them: no phase makes that loss worse, unless it
        keeps its last epoch.
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
    saved = opened(path, network) if path.exists() else None
    state, best = (saved.state, saved.best) if saved else (State(rate=recipe.phases[0].rate), weights_of(network))
    while True:
        phase = recipe.phases[state.phase]
        if state.epoch == 0 and state.phase > 0 and phase.series != recipe.phases[state.phase - 1].series:
            follow(network, data[state.phase].train)
            best = weights_of(network)
        if state.epoch == 0:
            state.best = _entered(network, recipe, data[state.phase].validation)
        optimiser = optimiser_of(network, phase)
        if saved is not None and state.epoch > 0:
            restore(optimiser, saved.moments)
        saved = None
        while state.epoch < phase.length and state.stale < phase.patience:
            began = time.perf_counter()
            weights: dict[str, float] = {}
            kept = ""
            if phase.ridges and isinstance(network, Encoded):
                losses, kept = _closed(network, recipe, phase, data[state.phase])
            else:
                losses, weights = _epoch(network, optimiser, recipe, state, data[state.phase])
            # What a closed form kept was chosen against the network as it came.
            if losses[1] < state.best or kept or phase.keep == "last":
                state.best, state.stale, state.waited = losses[1], 0, 0
                best = weights_of(network)
            else:
                state.stale, state.waited = state.stale + 1, state.waited + 1
            rate = _rate(state, phase)
            done = Epoch(state.phase, state.epoch, *losses, rate, time.perf_counter() - began, weights, kept)
            state.history.append(done)
            state.epoch += 1
            if state.waited > phase.plateau:
                state.rate, state.waited = 0.5 * state.rate, 0
            save(path, network, best, moments_of(optimiser), state)
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
    entered = float(loss(distributions(network, validation), validation.target, recipe.member.loss))
    return entered if math.isfinite(entered) else math.inf


def _closed(network: Encoded, recipe: Recipe, phase: Phase, data: PhaseData) -> tuple[tuple[float, float], str]:
    return adapt(
        network, phase.ridges, recipe.horizons, data.train, data.validation, recipe.member.loss, refit=phase.refit
    )


def _rate(state: State, phase: Phase) -> float:
    """The largest rate of an epoch."""
    return state.rate * (0.5 * (1.0 + math.cos(math.pi * (state.epoch + 0.5) / phase.epochs)) if phase.anneal else 1.0)


def _epoch(
    network: Network, optimiser: torch.optim.Optimizer, recipe: Recipe, state: State, data: PhaseData
) -> tuple[tuple[float, float], dict[str, float]]:
    phase = recipe.phases[state.phase]
    # Any odd constants keep the seeds of neighbouring phases and epochs apart.
    torch.manual_seed(recipe.seed * 1_000_003 + state.phase * 10_007 + state.epoch)
    order = torch.randperm(len(data.train))
    rate = _rate(state, phase)
    for group in optimiser.param_groups:
        group["lr"] = rate * group["share"]
    trained = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    network.train()
    total = 0.0
    for index in order.split(phase.batch_size):
        optimiser.zero_grad(set_to_none=True)
        distribution = network.distribution(network.input(data.train.windows(index)))
        step, said = taught(distribution, data.train.target[index], recipe.member.loss)
        step.backward()
        nn.utils.clip_grad_norm_(trained, phase.clip)
        optimiser.step()
        total += float(said) * len(index)
    distribution, weights = explained(network, data.validation)
    validation = float(loss(distribution, data.validation.target, recipe.member.loss))
    mean = total / len(order)
    if not (math.isfinite(mean) and math.isfinite(validation)):
        raise TrainingError(
            f"phase {state.phase}, epoch {state.epoch}: the loss is {mean} in training and {validation} in validation: "
            "lower the learning rate"
        )
    return (mean, validation), {name: float(weight) for name, weight in weights.items()}

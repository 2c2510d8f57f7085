"""The optimiser of a phase, and its moments as tensors by name."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from vrx.training.networks import Network
from vrx.training.recipe import Phase

__all__ = ["moments_of", "optimiser_of", "restore"]


def optimiser_of(network: Network, phase: Phase) -> torch.optim.Optimizer:
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


def moments_of(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What the optimiser remembers, by the number of the parameter and the moment's name."""
    return {
        f"{k}.{name}": value for k, entry in optimiser.state_dict()["state"].items() for name, value in entry.items()
    }


def restore(optimiser: torch.optim.Optimizer, moments: Mapping[str, Tensor]) -> None:
    """Give an optimiser the moments that :func:`moments_of` named."""
    document = optimiser.state_dict()
    entries: dict[int, dict[str, Tensor]] = {}
    for key, value in moments.items():
        k, name = key.split(".", 1)
        entries.setdefault(int(k), {})[name] = value
    document["state"] = entries
    optimiser.load_state_dict(document)

"""What ``vrx train`` and ``vrx evaluate`` make of the options that overrule a recipe."""

import dataclasses
from typing import TYPE_CHECKING, Any

from vrx.errors import InputError

if TYPE_CHECKING:
    from vrx.training.recipe import Recipe

__all__ = ["overruled"]


def overruled(
    plan: "Recipe",
    *,
    model: str | None = None,
    strategy: str | None = None,
    epochs: int | None = None,
    seed: int | None = None,
) -> "Recipe":
    """The recipe with what the options overrule."""
    from vrx.training.recipe import MODELS, OVERLAPPING
    from vrx.training.strategies import STRATEGIES

    changes: dict[str, Any] = {}
    if model is not None:
        if model not in MODELS:
            raise InputError(f"--model {model}: take one of {', '.join(MODELS)}")
        changes["network"] = plan.network.named(model)
        if not changes["network"].encoded or model in OVERLAPPING:
            # Neither closed forms nor what corrects one have members, or a spread that a code could be kept from.
            changes |= {"members": (), "loss": "gaussian" if plan.loss == "faithful" else plan.loss}
        if not changes["network"].encoded and strategy is None:
            strategy = "scratch"
    if strategy is not None:
        if strategy not in STRATEGIES:
            raise InputError(f"--strategy {strategy}: take one of {', '.join(STRATEGIES)}")
        changes["phases"] = STRATEGIES[strategy]
    # In one step: a network of one phase does not go with the recipe's two.
    plan = dataclasses.replace(plan, **changes)
    if epochs is not None:
        plan = dataclasses.replace(
            plan, phases=tuple(dataclasses.replace(phase, epochs=epochs) for phase in plan.phases)
        )
    return plan if seed is None else dataclasses.replace(plan, seed=seed)

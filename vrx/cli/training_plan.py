"""What ``vrx train`` and ``vrx evaluate`` make of the options that overrule a recipe."""

import dataclasses
from typing import TYPE_CHECKING

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
    from vrx.training.recipe import MODELS
    from vrx.training.strategies import STRATEGIES

    if model is not None:
        if model not in MODELS:
            raise InputError(f"--model {model}: take one of {', '.join(MODELS)}")
        plan = dataclasses.replace(plan, network=plan.network.named(model))
        if not plan.network.encoded and strategy is None:
            strategy = "scratch"
    if strategy is not None:
        if strategy not in STRATEGIES:
            raise InputError(f"--strategy {strategy}: take one of {', '.join(STRATEGIES)}")
        plan = dataclasses.replace(plan, phases=STRATEGIES[strategy])
    if epochs is not None:
        plan = dataclasses.replace(
            plan, phases=tuple(dataclasses.replace(phase, epochs=epochs) for phase in plan.phases)
        )
    return plan if seed is None else dataclasses.replace(plan, seed=seed)

"""Strategies of transfer (Dhansoia 2025, section 3.3): data, not code. A strategy is a list of phases."""

from vrx.training.recipe import Phase

__all__ = ["STRATEGIES"]

PRETRAIN = Phase(series="source", learning_rate=1e-3, batch_size=32, epochs=50)

STRATEGIES: dict[str, tuple[Phase, ...]] = {
    # No transfer: what the others are measured against.
    "scratch": (Phase(series="target", learning_rate=1e-3, batch_size=32, epochs=50),),
    # The encoder keeps what it learned on the source; only the head sees the target.
    "frozen": (
        PRETRAIN,
        Phase(series="target", parameters=("head",), learning_rate=1e-4, batch_size=16, epochs=30),
    ),
    # Everything moves, at a tenth of the rate.
    "full": (PRETRAIN, Phase(series="target", learning_rate=1e-4, batch_size=16, epochs=30)),
}

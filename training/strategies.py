"""Strategies of transfer (Dhansoia 2025, section 3.3): data, not code. A strategy is a list of phases."""

from dataclasses import replace

from vrx.training.recipe import Phase

__all__ = ["STRATEGIES"]

PRETRAIN = Phase(series="source", learning_rate=1e-3, batch_size=32, epochs=50)
TUNE = Phase(series="target", learning_rate=1e-4, batch_size=16, epochs=30)
GROUPS = ("encoder", "attention", "head")

STRATEGIES: dict[str, tuple[Phase, ...]] = {
    # No transfer: what the others are measured against.
    "scratch": (Phase(series="target", learning_rate=1e-3, batch_size=32, epochs=50),),
    # The source alone: the target is forecast by a network that never saw it.
    "zero-shot": (PRETRAIN,),
    # The encoder keeps what it learned on the source; only the head sees the target.
    "frozen": (PRETRAIN, replace(TUNE, parameters=("head",))),
    # Everything moves, at a tenth of the rate.
    "full": (PRETRAIN, TUNE),
    # What lies deep moves little, what lies near the forecast moves much.
    "differential": (
        PRETRAIN,
        replace(TUNE, parameters=GROUPS, rates=(1e-5, 1e-5, 5e-4), epochs=60, patience=15, plateau=7),
    ),
    # The head first, then what is above the encoder, then all: each with rates of its own, which are not halved.
    "gradual": (
        PRETRAIN,
        replace(TUNE, parameters=("head",), learning_rate=1e-3, epochs=15, patience=15, plateau=15),
        replace(TUNE, parameters=GROUPS[1:], rates=(1e-4, 5e-4), epochs=15, patience=15, plateau=15),
        replace(TUNE, parameters=GROUPS, rates=(1e-5, 5e-5, 3e-4), epochs=30, patience=15, plateau=30),
    ),
    # The neural part and the coefficients of the source, as far as the target does not speak against them: its linear
    # part re-solved in closed form by a ridge toward the source's. For kinds with one.
    "adapt": (PRETRAIN, Phase(series="target", ridge=100.0)),
    # Everything moves as fast as in pretraining.
    "aggressive": (PRETRAIN, replace(TUNE, learning_rate=1e-3, epochs=80, patience=20, plateau=7)),
}

"""The networks and strategies of the transfer-learning paper, as recipes."""

from dataclasses import dataclass, replace

from dhansoia_data import Dataset

from vrx.training.recipe import NetworkShape, Phase, Recipe
from vrx.training.strategies import PRETRAIN, STRATEGIES

__all__ = ["FAMILIES", "Case", "Family", "pretraining", "recipe"]

# The paper's encoder reads 20 rows, HAR inside a network needs 22: one length for all.
ROWS = 22
PAPER = NetworkShape(sequence=ROWS, hidden=64, layers=3, heads=4, bottleneck=32, dropout=0.1)
SMALL = replace(PAPER, hidden=32, layers=1, bottleneck=16, dropout=0.2)
# Twice the paper's batches, and a patience of 10 epochs where it has up to 20: the whole fits an hour of two cores.
BATCH, PATIENCE = 32, 10
SCRATCH = Phase("target", learning_rate=1e-3, batch_size=BATCH, epochs=45)


@dataclass(frozen=True)
class Case:
    """One row of a table."""

    name: str
    phases: tuple[Phase, ...]
    """On the target alone; pretraining is shared by a family."""


@dataclass(frozen=True)
class Family:
    """Cases of one network that begin from one pretraining, or from nothing."""

    key: str
    shape: NetworkShape
    cases: tuple[Case, ...]
    pretrained: bool = False
    rolling_only: bool = False


def _after(strategy: str) -> tuple[Phase, ...]:
    """What a strategy does after pretraining."""
    return tuple(
        replace(phase, batch_size=BATCH, patience=min(phase.patience, PATIENCE))
        for phase in STRATEGIES[strategy]
        if phase.series == "target"
    )


TRANSFERRED = (
    Case("transfer, frozen encoder", _after("frozen")),
    Case("transfer, full fine-tuning", _after("full")),
    Case("transfer, differential rates", _after("differential")),
    Case("transfer, gradual unfreezing", _after("gradual")),
    Case("transfer, aggressive", _after("aggressive")),
)
RESIDUAL = (
    replace(_after("frozen")[0], learning_rate=1e-4),
    Phase("target", learning_rate=5e-5, batch_size=BATCH, epochs=30),
)
FAMILIES: tuple[Family, ...] = (
    Family("transfer", PAPER, TRANSFERRED, pretrained=True),
    Family("scratch", PAPER, (Case("LSTM from scratch", (SCRATCH,)),)),
    Family("hybrid", PAPER.named("hybrid"), (Case("HAR-LSTM hybrid", _after("differential")),), pretrained=True),
    Family(
        "hybrid-from-har",
        PAPER.named("hybrid-from-har"),
        (Case("hybrid that starts from HAR", _after("differential")),),
        pretrained=True,
    ),
    Family(
        "dynamic",
        PAPER.named("dynamic-attention"),
        (Case("dynamic attention", _after("differential")),),
        pretrained=True,
    ),
    Family("boosting", SMALL.named("residual"), (Case("residual boosting", (SCRATCH,)),)),
    Family("regimes", SMALL.named("regimes"), (Case("regime ensemble", (SCRATCH,)),)),
    Family("residual", SMALL.named("residual"), (Case("transfer residual", RESIDUAL),), pretrained=True),
    Family("transformer", SMALL.named("transformer"), (Case("Transformer", (SCRATCH,)),)),
    Family(
        "convolution",
        SMALL.named("dilated-convolution"),
        (Case("dilated convolutions", (SCRATCH,)),),
    ),
    Family(
        "overlap",
        replace(SMALL, hidden=16, heads=2).named("overlap-network"),
        (
            Case(
                "overlap-aware network",
                (Phase("target", learning_rate=2e-3, weight_decay=1e-2, batch_size=128, epochs=60, patience=12),),
            ),
        ),
        rolling_only=True,
    ),
)


def recipe(data: Dataset, family: Family, phases: tuple[Phase, ...], seed: int) -> Recipe:
    """The recipe of a family on a data set."""
    closes = family.rolling_only
    return Recipe(
        name=family.key,
        phases=phases,
        channels=("close",) if closes else data.channels,
        # The first of closes and bars has no day before it, and no variance of its own.
        lookback=data.rolling + 132 if closes else ROWS + (data.channels[0] != "variance"),
        horizons=(1,),
        rolling=data.rolling if closes else 0,
        loss="squared",
        seed=seed,
        network=replace(family.shape, season={"a": 24, "b": 7}[data.key]) if closes else family.shape,
        split=data.split,
    )


def pretraining(data: Dataset, family: Family, seed: int) -> Recipe:
    """What a family's cases begin from."""
    return recipe(data, family, (PRETRAIN,), seed)

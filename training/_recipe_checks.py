"""What a recipe must keep to, key by key."""

import math
from typing import TYPE_CHECKING

from vrx import contract
from vrx.errors import InputError
from vrx.measures import MEASURES
from vrx.rolling import LAGS

if TYPE_CHECKING:
    from vrx.training.recipe import Phase, Recipe

__all__ = ["CLOSED", "ENCODERS", "KINDS", "MODELS", "OVERLAPPING", "check"]

ENCODERS = ("lstm-attention", "transformer", "dilated-convolution")
CLOSED = ("overlap", "log-har", "har")  # fitted in one go: no epochs
OVERLAPPING = ("overlap", "overlap-network")
HYBRIDS = ("hybrid", "hybrid-from-har", "dynamic-attention", "residual", "regimes")
KINDS = ("encoder", "linear", *HYBRIDS, "overlap-network", *CLOSED)
MODELS = (*ENCODERS, *KINDS[1:])
LOSSES = ("gaussian", "squared")
GROUPS = ("all", "encoder", "attention", "head")
WEEKS = 14  # fewer days show no weekday
# Beyond these no machine gets: a slip of the keyboard, which torch would answer with a traceback.
LARGEST = 1_000_000
LARGEST_SIZE = 100_000
LARGEST_THREADS = 1024


def check(recipe: "Recipe") -> None:
    """Refuse a recipe whose values do not make sense, in one line that names the key."""
    shape, split = recipe.network, recipe.split
    need = max({"encoder": 1}.get(shape.kind, 22), shape.sequence if shape.encoded else 1)
    need = max(need, LAGS, recipe.rolling - 1) if shape.kind in OVERLAPPING else need
    need = max(need, WEEKS) if shape.week else need
    if not recipe.name or not recipe.name.isprintable():
        raise InputError(f"recipe: name is {recipe.name!r}: give printable characters")
    days = recipe.days
    for wrong, key, value, cure in (
        (
            recipe.channels not in contract.CHANNEL_SETS,
            "channels",
            recipe.channels,
            f"take one of {contract.CHANNEL_SETS}",
        ),
        (shape.kind not in KINDS, "network.kind", shape.kind, f"take one of {', '.join(KINDS)}"),
        (shape.encoder not in ENCODERS, "network.encoder", shape.encoder, f"take one of {', '.join(ENCODERS)}"),
        (
            shape.kind != "linear" and (shape.week or shape.ridge != 0),
            "network",
            shape,
            f"week and ridge belong to kind linear, not to {shape.kind}",
        ),
        (not 0 <= shape.ridge < math.inf, "network.ridge", shape.ridge, "give 0 or more"),
        (not 0 <= shape.season <= 66, "network.season", shape.season, "stay inside 0 to 66"),
        (
            shape.kind in OVERLAPPING and not recipe.rolling,
            "rolling",
            recipe.rolling,
            f"{shape.kind} keeps the returns that two windows share: give the days of a window, such as 22",
        ),
        (
            shape.kind in OVERLAPPING and recipe.rolling == 2,
            "rolling",
            recipe.rolling,
            f"{shape.kind} asks of what is kept how it varies: give 3 or more days",
        ),
        (not 2 <= shape.regimes <= 1000, "network.regimes", shape.regimes, "give 2 to 1000"),
        (recipe.loss not in LOSSES, "loss", recipe.loss, f"take one of {', '.join(LOSSES)}"),
        (recipe.rolling not in (0, *range(2, 1000)), "rolling", recipe.rolling, "give 2 or more days, or 0 for none"),
        (
            bool(recipe.rolling)
            and (recipe.channels != ("close",) or recipe.measure not in ("auto", "close_to_close")),
            "channels",
            recipe.channels,
            "a rolling variance is that of closes: give close alone, and no measure",
        ),
        (recipe.measure not in MEASURES, "measure", recipe.measure, f"take one of {', '.join(MEASURES)}"),
        (
            days < need,
            "lookback",
            recipe.lookback,
            f"the network reads {need} days: give {recipe.lookback + need - days}",
        ),
        (
            not recipe.horizons or not 1 <= min(recipe.horizons) <= max(recipe.horizons) <= LARGEST_SIZE,
            "horizons",
            recipe.horizons,
            f"give days ahead, 1 to {LARGEST_SIZE}",
        ),
        (list(recipe.horizons) != sorted(set(recipe.horizons)), "horizons", recipe.horizons, "let them rise"),
        (
            bool(recipe.rolling) and recipe.horizons != (1,),
            "horizons",
            recipe.horizons,
            "a rolling variance takes (1,)",
        ),
        (
            not recipe.levels or not all(0 < level < 1 for level in recipe.levels),
            "levels",
            recipe.levels,
            "stay inside (0, 1)",
        ),
        (list(recipe.levels) != sorted(set(recipe.levels)), "levels", recipe.levels, "let them rise"),
        (
            not 1 <= recipe.threads <= LARGEST_THREADS,
            "threads",
            recipe.threads,
            f"give 1 to {LARGEST_THREADS}",
        ),
        (recipe.lookback > LARGEST_SIZE, "lookback", recipe.lookback, f"stay at or below {LARGEST_SIZE}"),
        (not 0 <= recipe.seed < 2**32, "seed", recipe.seed, "stay inside 0 to 4294967295"),
        (not recipe.phases, "phases", recipe.phases, "give at least one"),
        (
            not shape.encoded and len(recipe.phases) > 1,
            "phases",
            [phase.series for phase in recipe.phases],
            f"{shape.kind} is fitted in one go, to one series: give one phase",
        ),
        (
            shape.hidden % max(shape.heads, 1) != 0 or shape.heads < 1,
            "network.heads",
            shape.heads,
            "let it divide hidden",
        ),
        (
            not all(
                1 <= size <= LARGEST_SIZE for size in (shape.sequence, shape.hidden, shape.layers, shape.bottleneck)
            ),
            "network",
            shape,
            f"give sizes of 1 to {LARGEST_SIZE}",
        ),
        (not 0 <= shape.dropout < 1, "network.dropout", shape.dropout, "stay inside [0, 1)"),
        (not 0 <= shape.floor <= 1, "network.floor", shape.floor, "stay inside [0, 1]"),
        (not 0 < split.train < 1, "split.train", split.train, "stay inside (0, 1)"),
        (
            not 0 < split.validation < 1 - split.train,
            "split.validation",
            split.validation,
            "leave a test part",
        ),
        (
            split.train_end is not None
            and split.validation_end is not None
            and split.train_end >= split.validation_end,
            "split.validation_end",
            split.validation_end,
            f"let it come after train_end, {split.train_end}",
        ),
        (
            (split.train_end is None) != (split.validation_end is None),
            "split",
            split,
            "give both train_end and validation_end",
        ),
    ):
        if wrong:
            raise InputError(f"recipe {recipe.name}: {key} is {value!r}: {cure}")
    for k, phase in enumerate(recipe.phases):
        _check_phase(recipe, k, phase)


def _check_phase(recipe: "Recipe", k: int, phase: "Phase") -> None:
    for wrong, key, cure in (
        (phase.series not in ("source", "target"), "series", "take source or target"),
        (not 0 <= phase.ridge < math.inf, "ridge", "give 0 or more"),
        (
            phase.ridge > 0 and recipe.network.kind != "linear",
            "ridge",
            f"it re-solves the linear part, and {recipe.network.kind} has none: take network.kind linear",
        ),
        (
            any(group not in GROUPS for group in phase.parameters),
            "parameters",
            f"take from {', '.join(GROUPS)}",
        ),
        (not phase.parameters, "parameters", "name at least one group"),
        (len(set(phase.parameters)) < len(phase.parameters), "parameters", "name each group once"),
        ("all" in phase.parameters and len(phase.parameters) > 1, "parameters", "all holds the others: leave them out"),
        (not 0 < phase.learning_rate < 10, "learning_rate", "stay inside (0, 10)"),
        (len(phase.rates) not in (0, len(phase.parameters)), "rates", "give one for each of parameters"),
        (not all(0 < rate < 10 for rate in phase.rates), "rates", "stay inside (0, 10)"),
        (not 0 <= phase.weight_decay < 10, "weight_decay", "stay inside [0, 10)"),
        (not 1 <= phase.batch_size <= LARGEST, "batch_size", f"give 1 to {LARGEST}"),
        (not 1 <= phase.epochs <= LARGEST, "epochs", f"give 1 to {LARGEST}"),
        (not 1 <= phase.patience <= LARGEST, "patience", f"give 1 to {LARGEST}"),
        (not 1 <= phase.plateau <= LARGEST, "plateau", f"give 1 to {LARGEST}"),
        (not phase.clip > 0, "clip", "give more than 0"),
    ):
        if wrong:
            raise InputError(f"recipe {recipe.name}: phases[{k}].{key} is {getattr(phase, key)!r}: {cure}")

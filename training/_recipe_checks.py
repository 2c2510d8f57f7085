"""What a recipe must keep to, key by key."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from vrx import contract
from vrx.errors import InputError
from vrx.measures import MEASURES
from vrx.rolling import LAGS

if TYPE_CHECKING:
    from vrx.training.recipe import Phase, Recipe, Split

__all__ = ["CLOSED", "ENCODERS", "KINDS", "LINEAR", "MODELS", "OVERLAPPING", "PERCEPTRON", "check"]

ENCODERS = ("lstm-attention", "transformer", "dilated-convolution")
PERCEPTRON = "perceptron"  # reads the columns of a linear part, so it is no model by itself
LINEAR = ("linear", "scales")  # with a linear part over the whole window
CLOSED = ("overlap", "log-har", "har")  # fitted in one go: no epochs
OVERLAPPING = ("overlap", "overlap-network")
HYBRIDS = ("hybrid", "hybrid-from-har", "dynamic-attention", "residual", "regimes")
KINDS = ("encoder", *LINEAR, *HYBRIDS, "overlap-network", *CLOSED)
MODELS = (*ENCODERS, *KINDS[1:])
LOSSES = ("gaussian", "squared", "faithful")
KEEPS = ("best", "last")
GROUPS = ("all", "encoder", "attention", "head")
WEEKS = 14  # fewer days show no weekday
NAIVE = 8  # naive forecasts in a window, for their errors; each begins half a horizon after the one before
# Beyond these no machine gets: a slip of the keyboard, which torch would answer with a traceback.
LARGEST = 1_000_000
LARGEST_SIZE = 100_000
LARGEST_THREADS = 1024

Rule: TypeAlias = tuple[bool, str, Any, str]  # whether it is broken, the key, its value, and the cure


def check(recipe: "Recipe") -> None:
    """Refuse a recipe whose values do not make sense, in one line that names the key, the value and the cure."""
    if not recipe.name or not recipe.name.isprintable():
        raise InputError(f"recipe: name is {recipe.name!r}: give printable characters")
    for rules in (_network, _bars, _rolling, _lookback, _members, _answer, _training, _split):
        _refuse(recipe, rules(recipe))
    for k, phase in enumerate(recipe.phases):
        _refuse(recipe, _phase(recipe, f"phases[{k}]", phase))


def _refuse(recipe: "Recipe", rules: Iterator[Rule]) -> None:
    # One after the other: a rule may rely on those before it.
    for broken, key, value, cure in rules:
        if broken:
            raise InputError(f"recipe {recipe.name}: {key} is {value!r}: {cure}")


def _network(recipe: "Recipe") -> Iterator[Rule]:
    shape = recipe.network
    kinds = f"take one of {', '.join(KINDS)}"
    if shape.kind in ENCODERS:
        kinds = f"it is an encoder: give it as network.encoder, and network.kind {KINDS[0]!r}"
    yield shape.kind not in KINDS, "network.kind", shape.kind, kinds
    encoders = (*ENCODERS, PERCEPTRON)
    yield shape.encoder not in encoders, "network.encoder", shape.encoder, f"take one of {', '.join(encoders)}"
    lonely = shape.encoder == PERCEPTRON and shape.kind not in LINEAR
    cure = f"it reads the columns of a linear part, and {shape.kind} has none: give network.kind {LINEAR[-1]!r}"
    yield lonely, "network.encoder", shape.encoder, cure
    for name, value in (("week", shape.week), ("ridge", shape.ridge)):
        cure = f"it belongs to kind {' or '.join(LINEAR)}, not to {shape.kind}: leave it out"
        yield shape.kind not in LINEAR and value != 0, f"network.{name}", value, cure
    cure = f"{shape.kind} has a spread of its own: leave it out"
    alone = shape.kind in (*CLOSED, *OVERLAPPING)
    yield alone and shape.naive_unit, "network.naive_unit", shape.naive_unit, cure
    losses = {member.loss or recipe.loss for member in recipe.members} or {recipe.loss}
    cure = "squared errors teach no spread, whatever its unit: leave it out, or give another loss"
    yield shape.naive_unit and "squared" in losses, "network.naive_unit", shape.naive_unit, cure
    yield not 0 <= shape.ridge < math.inf, "network.ridge", shape.ridge, "give 0 or more"
    yield not 0 <= shape.season <= 66, "network.season", shape.season, "give 0 to 66"
    yield not 2 <= shape.regimes <= 1000, "network.regimes", shape.regimes, "give 2 to 1000"
    for name in ("sequence", "hidden", "layers", "heads", "bottleneck"):
        size = getattr(shape, name)
        yield not 1 <= size <= LARGEST_SIZE, f"network.{name}", size, f"give 1 to {LARGEST_SIZE}"
    yield shape.hidden % shape.heads != 0, "network.heads", shape.heads, f"let it divide hidden, {shape.hidden}"
    yield not 0 <= shape.dropout < 1, "network.dropout", shape.dropout, "give 0 or more, and less than 1"
    yield not 0 <= shape.floor <= 1, "network.floor", shape.floor, "give 0 to 1"


def _bars(recipe: "Recipe") -> Iterator[Rule]:
    """What is read."""
    channels = f"take one of {contract.CHANNEL_SETS}"
    yield recipe.channels not in contract.CHANNEL_SETS, "channels", recipe.channels, channels
    yield recipe.measure not in MEASURES, "measure", recipe.measure, f"take one of {', '.join(MEASURES)}"
    ready = bool(recipe.channels) and recipe.channels[0] == "variance"
    cure = "they stand in for realized variance: leave them out, or read variance"
    yield bool(recipe.proxies) and not ready, "proxies", recipe.proxies, cure
    cure = "they teach beside sources: name the files of these as well"
    yield bool(recipe.proxies) and not recipe.sources, "proxies", recipe.proxies, cure
    stride = recipe.proxy_stride
    yield not 1 <= stride <= LARGEST, "proxy_stride", stride, f"give 1 to {LARGEST}"
    yield stride > 1 and not recipe.proxies, "proxy_stride", stride, "it belongs to proxies: name their files"


def _rolling(recipe: "Recipe") -> Iterator[Rule]:
    kind, rolling = recipe.network.kind, recipe.rolling
    yield rolling not in (0, *range(2, 1000)), "rolling", rolling, "give 2 to 999 days, or 0 for none"
    if kind in OVERLAPPING:
        cure = f"{kind} keeps the returns that two windows share: give the days of a window, such as 22"
        yield not rolling, "rolling", rolling, cure
        yield rolling == 2, "rolling", rolling, f"{kind} asks of what is kept how it varies: give 3 or more days"
    if rolling:
        cure = "a rolling variance is that of closes: give close alone"
        yield recipe.channels != ("close",), "channels", recipe.channels, cure
        cure = "a rolling variance is that of closes: leave it out"
        yield recipe.measure not in ("auto", "close_to_close"), "measure", recipe.measure, cure
        cure = "a rolling variance is forecast one day ahead: give 1 alone"
        yield recipe.horizons != (1,), "horizons", recipe.horizons, cure


def _lookback(recipe: "Recipe") -> Iterator[Rule]:
    yield recipe.lookback > LARGEST_SIZE, "lookback", recipe.lookback, f"give at most {LARGEST_SIZE}"
    need, days = _days_needed(recipe), recipe.days
    cure = f"the network reads {need} days: give {recipe.lookback + need - days}"
    yield days < need, "lookback", recipe.lookback, cure


def _days_needed(recipe: "Recipe") -> int:
    """Days of variance that a window must hold."""
    shape = recipe.network
    need = max({"encoder": 1}.get(shape.kind, 22), shape.sequence if shape.encoded else 1)
    need = max(need, LAGS, recipe.rolling - 1) if shape.kind in OVERLAPPING else need
    if shape.naive_unit:
        need = max([need, *(22 + h + (NAIVE - 1) * ((h + 1) // 2) for h in recipe.horizons)])
    return max(need, WEEKS) if shape.week else need


def _members(recipe: "Recipe") -> Iterator[Rule]:
    """What sets the members of an ensemble apart."""
    kind, need, days = recipe.network.kind, _days_needed(recipe), recipe.days
    alone = kind in (*CLOSED, *OVERLAPPING)
    cure = f"{kind} is no network of an ensemble that could differ by window or loss: leave them out"
    yield bool(recipe.members) and alone, "members", [vars(member) for member in recipe.members], cure
    for k, member in enumerate(recipe.members):
        fits = member.window == 0 or need <= member.window <= days
        cure = f"give {need} to {days} days, or 0 for all" if need < days else f"leave it out: it reads all {days} days"
        yield not fits, f"members[{k}].window", member.window, cure
        cure = f"take one of {', '.join(LOSSES)}, or leave it out for the recipe's"
        yield member.loss not in ("", *LOSSES), f"members[{k}].loss", member.loss, cure


def _answer(recipe: "Recipe") -> Iterator[Rule]:
    """What is forecast."""
    horizons, levels = recipe.horizons, recipe.levels
    inside = bool(horizons) and 1 <= min(horizons) <= max(horizons) <= LARGEST_SIZE
    yield not inside, "horizons", horizons, f"give days ahead, 1 to {LARGEST_SIZE}, at least one"
    yield list(horizons) != sorted(set(horizons)), "horizons", horizons, "let them rise"
    inside = bool(levels) and all(0 < level < 1 for level in levels)
    yield not inside, "levels", levels, "give shares between 0 and 1, at least one"
    yield list(levels) != sorted(set(levels)), "levels", levels, "let them rise"


def _training(recipe: "Recipe") -> Iterator[Rule]:
    yield recipe.loss not in LOSSES, "loss", recipe.loss, f"take one of {', '.join(LOSSES)}"
    bare = not recipe.network.encoded or recipe.network.kind in OVERLAPPING
    cure = f"{recipe.network.kind} has no spread that reads a code: take gaussian or squared"
    yield recipe.loss == "faithful" and bare, "loss", recipe.loss, cure
    yield not 1 <= recipe.threads <= LARGEST_THREADS, "threads", recipe.threads, f"give 1 to {LARGEST_THREADS}"
    yield not 0 <= recipe.seed < 2**32, "seed", recipe.seed, "give 0 to 4294967295"
    yield not recipe.phases, "phases", recipe.phases, "give at least one"
    closed = not recipe.network.encoded and len(recipe.phases) > 1
    cure = f"{recipe.network.kind} is fitted in one go, to one series: give one phase"
    yield closed, "phases", [phase.series for phase in recipe.phases], cure


def _split(recipe: "Recipe") -> Iterator[Rule]:
    yield from _parts("split", recipe.split)
    if recipe.final is not None:
        cure = "give dates for train_end and validation_end"
        yield recipe.final.train_end is None, "final", recipe.final, cure
        yield from _parts("final", recipe.final)


def _parts(key: str, split: "Split") -> Iterator[Rule]:
    share = "give more than 0 and less than 1"
    yield not 0 < split.train < 1, f"{key}.train", split.train, share
    cure = f"leave a test part: give more than 0 and less than {1 - split.train:g}"
    yield not 0 < split.validation < 1 - split.train, f"{key}.validation", split.validation, cure
    ends = {f"{key}.train_end": split.train_end, f"{key}.validation_end": split.validation_end}
    for name, end in ends.items():
        yield end is None and any(ends.values()), name, end, "give both train_end and validation_end, or neither"
    if split.train_end is not None and split.validation_end is not None:
        cure = f"let it come after train_end, {split.train_end}"
        late = str(split.validation_end)
        yield split.train_end >= split.validation_end, f"{key}.validation_end", late, cure


def _phase(recipe: "Recipe", where: str, phase: "Phase") -> Iterator[Rule]:
    def rule(broken: bool, key: str, cure: str) -> Rule:
        return broken, f"{where}.{key}", getattr(phase, key), cure

    names, kind = phase.parameters, recipe.network.kind
    yield rule(phase.series not in ("source", "target"), "series", "take source or target")
    if isinstance(phase.ridge, tuple):
        several = phase.ridge
        unsound = not several or len(set(several)) < len(several) or not all(0 < one < math.inf for one in several)
        yield rule(unsound, "ridge", "give numbers above 0, each once")
    else:
        yield rule(not 0 <= phase.ridge < math.inf, "ridge", "give 0 or more")
    cure = f"it re-solves the linear part, and {kind} has none: leave it out, or take network.kind linear"
    yield rule(bool(phase.ridges) and kind not in LINEAR, "ridge", cure)
    yield rule(phase.refit and not phase.ridges, "refit", "it belongs to a phase with a ridge: leave it out")
    yield rule(any(name not in GROUPS for name in names), "parameters", f"take from {', '.join(GROUPS)}")
    yield rule(not names, "parameters", "name at least one group")
    yield rule(len(set(names)) < len(names), "parameters", "name each group once")
    yield rule("all" in names and len(names) > 1, "parameters", "all holds the others: leave them out")
    inside = "give more than 0 and less than 10"
    yield rule(not 0 < phase.learning_rate < 10, "learning_rate", inside)
    yield rule(len(phase.rates) not in (0, len(names)), "rates", f"give {len(names)}, one for each of parameters")
    yield rule(not all(0 < rate < 10 for rate in phase.rates), "rates", inside)
    yield rule(not 0 <= phase.weight_decay < 10, "weight_decay", "give 0 or more, and less than 10")
    for key in ("batch_size", "epochs", "patience", "plateau"):
        yield rule(not 1 <= getattr(phase, key) <= LARGEST, key, f"give 1 to {LARGEST}")
    yield rule(not phase.clip > 0, "clip", "give more than 0")
    yield rule(phase.keep not in KEEPS, "keep", f"take {' or '.join(KEEPS)}")
    closed = phase.keep != KEEPS[0] and bool(phase.ridges)
    yield rule(closed, "keep", "a closed form has no epochs to choose from: leave it out")

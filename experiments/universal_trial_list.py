"""What was tried on the universal models: each trial is the start of the search with one thing changed, or the end."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from vrx.training.recipe import Member, NetworkShape, Phase, Recipe, named

__all__ = ["SHIPPED", "START", "Trial", "bars", "indices", "start_of_bars", "start_of_indices"]

Change = Callable[[Recipe], Recipe]

START, SHIPPED = "the start", "as shipped"
DAYS = (126, 504)  # of other windows
HIDDEN = (32, 64, 128, 256)
DROPOUT = (0.0, 0.2, 0.3, 0.5)
FLOOR = 0.01
FAITHFUL, HALF_A_YEAR = Member(loss="faithful"), Member(window=126)
# Of whatever reads the window day by day: wider ones were no better in prototypes, and take hours.
DAILY = {"sequence": 66, "hidden": 32, "layers": 1, "heads": 4, "bottleneck": 32}
SLOWLY = {"batch_size": 256, "learning_rate": 1e-3, "epochs": 6}
# Without them a recipe has no linear part over the whole window.
WITHOUT_LINEAR = {"ridge": 0.0, "week": False}


@dataclass(frozen=True)
class Trial:
    """One thing changed."""

    name: str
    about: str
    """A sentence: what it changes."""
    change: Change = lambda recipe: recipe
    """Of the recipe, its split included."""
    seeds: int = 2
    linear: bool = False
    """Whether the trained neural part is left out of the forecast."""
    pooled: bool = True
    """Whether one model is trained on all series, or one on each."""
    apart: bool = False
    """Whether each seed is scored alone, and the scores are averaged, instead of an ensemble."""


def start_of_indices() -> Recipe:
    """From where the search set out on realized variance."""
    network = {"bottleneck": 128, "dropout": 0.3, "floor": 0.01}
    return _start("universal-rv", 504, network, {"learning_rate": 1e-3, "epochs": 12, "patience": 12})


def start_of_bars() -> Recipe:
    """From where the search set out on daily bars."""
    network = {"bottleneck": 64, "dropout": 0.2, "floor": 0.05}
    return _start("universal-ohlc", 253, network, {"learning_rate": 2e-3, "epochs": 8, "patience": 8})


def _start(name: str, lookback: int, network: dict[str, Any], phase: dict[str, Any]) -> Recipe:
    """On the series of a shipped recipe, and without what trains no network: networks are kept by what is left."""
    shape = NetworkShape(kind="scales", encoder="perceptron", ridge=100.0, **network)
    taught = Phase("source", weight_decay=1e-2, batch_size=512, anneal=True, **phase)
    # All that decides a network is given here: no later change of the shipped recipe may move what was tried before.
    return replace(
        named(name),
        name="trial",
        about="",
        final=None,
        loss="gaussian",
        proxies=(),
        proxy_stride=1,
        members=(),
        lookback=lookback,
        network=shape,
        phases=(taught,),
    )


def indices(recipe: Recipe) -> tuple[Trial, ...]:
    """The trials on indices."""
    return (
        *_first(recipe, seeds=(1, 5)),
        _linear(),
        Trial("without returns", "Reads variances alone.", lambda r: replace(r, channels=("variance",))),
        Trial(
            "each index alone",
            "No pooling: one model for each index from its own past, in batches of 32, one seed.",
            _phases(batch_size=32),
            seeds=1,
            pooled=False,
        ),
        Trial(
            "no linear part",
            "LSTM and attention over 66 days alone, around the window's level.",
            _both(_network(kind="encoder", encoder="lstm-attention", **DAILY, **WITHOUT_LINEAR), _phases(**SLOWLY)),
        ),
        _instead("LSTM with attention", "lstm-attention"),
        _instead("Transformer", "transformer", seeds=1),
        Trial(
            "HAR-initialised",
            "LSTM and attention over 66 days that start at log-HAR and are weighed against it.",
            _both(
                _network(kind="hybrid-from-har", encoder="lstm-attention", **DAILY, **WITHOUT_LINEAR), _phases(**SLOWLY)
            ),
        ),
        *(
            Trial(f"{width} hidden", f"A perceptron of {width} hidden units.", _network(bottleneck=width))
            for width in HIDDEN
            if width != recipe.network.bottleneck
        ),
        *(
            Trial(f"dropout {rate:g}", f"Dropout of {rate:g}.", _network(dropout=rate))
            for rate in DROPOUT
            if rate != recipe.network.dropout
        ),
        _week(recipe),
        *_windows(recipe),
        Trial("squared loss", "Squared errors of log variance, not their likelihood.", _loss("squared")),
        _faithful(),
        Trial("two years to choose", "Chosen on two years, and trained on one year less.", _earlier),
        Trial(
            "proxies",
            "Taught by ranges of stocks, currencies and the S&P 500 as well, by every fifth of their windows.",
            _proxies(5),
        ),
        Trial("proxies, all", "The same, by all of their windows.", _proxies(1)),
        _last(),
        Trial(SHIPPED, "All that was chosen, together.", _as("universal-rv")),
    )


def bars(recipe: Recipe) -> tuple[Trial, ...]:
    """The trials on daily bars."""
    # None without Kraken's coins: their first whole windows are of 2016, so that there they train nothing.
    return (
        *_first(recipe, seeds=(1,)),
        _linear(),
        _instead("LSTM with attention", "lstm-attention"),
        _week(recipe),
        *_windows(recipe),
        Trial(
            "lower floor",
            f"{FLOOR:.0%} of the window's mean variance is added to each day before the log, not "
            f"{recipe.network.floor:.0%}.",
            _network(floor=FLOOR),
        ),
        _faithful(),
        Trial("faithful loss and week", "Both of these.", _both(_loss("faithful"), _network(week=True))),
        _last(),
        _members("two windows", "With days of the week, one member of 252 days and one of 126.", Member(), HALF_A_YEAR),
        _members(
            "two losses",
            "With days of the week, one member by the faithful loss and one by likelihood.",
            FAITHFUL,
            Member(),
        ),
        _members("both", "With days of the week, one by the faithful loss, one of 126 days.", FAITHFUL, HALF_A_YEAR),
        Trial(SHIPPED, "The same from six seeds, three of each.", _as("universal-ohlc"), seeds=6),
    )


def _first(recipe: Recipe, seeds: tuple[int, ...]) -> tuple[Trial, ...]:
    shape = recipe.network
    about = (
        f"{shape.kind}, {shape.encoder}, {shape.bottleneck} hidden, dropout {shape.dropout:g}, {recipe.days} days, "
        f"{recipe.phases[0].epochs} epochs; two seeds."
    )
    single = max(2, *seeds)
    return (
        Trial(START, about),
        Trial("one seed", f"No ensemble: in the mean over {single} seeds, each alone.", seeds=single, apart=True),
        *(Trial(f"{count} seeds", f"An ensemble of {count}.", seeds=count) for count in seeds if count > 1),
    )


def _as(shipped: str) -> Change:
    """A shipped recipe, but on the series and days of the trials."""
    same = ("name", "about", "final", "sources", "held_out", "split")
    return lambda recipe: replace(named(shipped), **{name: getattr(recipe, name) for name in same})


def _members(name: str, about: str, *members: Member) -> Trial:
    week = _network(week=True)
    return Trial(name, about, _both(week, lambda recipe: replace(recipe, members=members)))


def _faithful() -> Trial:
    about = "Squared errors teach the mean, and the likelihood the spread, which teaches the code nothing."
    return Trial("faithful loss", about, _loss("faithful"))


def _last() -> Trial:
    about = "The weights of the last epoch, not of the one with the lowest validation loss."
    return Trial("last epoch", about, _phases(keep="last"))


def _proxies(stride: int) -> Change:
    return lambda recipe: replace(recipe, proxies=named("universal-rv").proxies, proxy_stride=stride)


def _linear() -> Trial:
    return Trial("linear part alone", "The same networks with a share of zero for the neural part.", linear=True)


def _instead(name: str, encoder: str, *, seeds: int = 2) -> Trial:
    change = _both(_network(encoder=encoder, **DAILY), _phases(**SLOWLY))
    alone = "; one seed" if seeds == 1 else ""
    about = f"In the perceptron's place, over 66 days, beside the same linear part{alone}."
    return Trial(name, about, change, seeds=seeds)


def _week(recipe: Recipe) -> Trial:
    if recipe.network.week:
        return Trial("no days of the week", "No columns for the day of the week.", _network(week=False))
    return Trial("days of the week", "Columns for the day of the week, inferred from the window.", _network(week=True))


def _windows(recipe: Recipe) -> tuple[Trial, ...]:
    # Rows that make no day, such as the close before the first return, are there in every window.
    rows = {days: days + recipe.lookback - recipe.days for days in DAYS if days != recipe.days}
    return tuple(
        Trial(f"{days} days", f"A window of {days} days.", _window(lookback)) for days, lookback in rows.items()
    )


def _window(lookback: int) -> Change:
    return lambda recipe: replace(recipe, lookback=lookback)


def _loss(loss: str) -> Change:
    return lambda recipe: replace(recipe, loss=loss)


def _network(**changes: Any) -> Change:
    return lambda recipe: replace(recipe, network=replace(recipe.network, **changes))


def _phases(**changes: Any) -> Change:
    return lambda recipe: replace(recipe, phases=tuple(replace(phase, **changes) for phase in recipe.phases))


def _both(one: Change, two: Change) -> Change:
    return lambda recipe: two(one(recipe))


def _earlier(recipe: Recipe) -> Recipe:
    """Training ends a year before."""
    end = recipe.split.train_end
    if end is None:
        raise ValueError("a trial's recipe is split by dates")
    return replace(recipe, split=replace(recipe.split, train_end=datetime.date(end.year - 1, end.month, end.day)))

"""The markets on which the universal models are judged: what trains, where the parts end, who is scored together."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vrx.measures import daily_variance, shown_by
from vrx.series import Bars
from vrx.training.data import dates_of, read_named
from vrx.training.proxies import Proxy
from vrx.training.recipe import Recipe, Split, named

__all__ = ["INDICES", "KINDS", "MARKETS", "Market", "Past", "kinds", "load", "past", "read", "scored", "split_at"]

Array = NDArray[np.float64]

INDICES = ("indices_rv5_2000_2019.csv.gz",)
COINS = ("btc_rv60_kraken.csv", "eth_rv60_kraken.csv", "btc_rv5_2020_2022.csv")
# Months from one adapting to the next. Log-HAR is refitted every day.
MONTHS = {"month": 1, "quarter": 3}
# How the names of an asset of a kind end; all others are stocks.
KINDS = {"coins": ("-USD", "_kraken"), "currencies": ("=X",)}
# The bars of an index are that index.
OF_SPX = "sp500_ohlc_1990_2022"
# Every third index of the alphabet.
THIRD = ("AORD", "BVLG", "FTMIB", "HSI", "KS11", "OSEAX", "SPX", "STOXX50E")


@dataclass(frozen=True, eq=False)
class Market:
    """One training of a universal model and the days on which it is judged."""

    key: str
    title: str
    recipe: Recipe
    series: tuple[Bars, ...]
    """All that the recipe's files hold; what it holds out is only scored."""
    first: np.datetime64
    last: np.datetime64
    """Forecasts are made from `first` on, of days up to `last`."""
    groups: Mapping[str, tuple[str, ...]]
    """The names of the series that are scored together."""
    yearly: bool = False
    """Whether a model is trained anew for every year of the test: chosen on the year before, trained on all earlier."""
    tuned: str = ""
    """How often the models are adapted to each series, a key of `MONTHS`; never, where it is empty."""

    @property
    def trainings(self) -> tuple[tuple[np.datetime64, Recipe], ...]:
        """From which day on each recipe forecasts."""
        if not self.yearly:
            return ((self.first, self.recipe),)
        return tuple(
            (np.datetime64(f"{year}-01-01"), split_at(self.recipe, f"{year - 2}-12-31", f"{year - 1}-12-31"))
            for year in self._years
        )

    @property
    def tunings(self) -> tuple[np.datetime64, ...]:
        """From which day on each adapted model forecasts."""
        if not self.tuned:
            return ()
        first, last = (day.astype("datetime64[M]").astype(int) for day in (self.first, self.last))
        months = np.arange(first, last + 1, MONTHS[self.tuned]).astype("datetime64[M]")
        return tuple(months.astype("datetime64[D]"))

    @property
    def _years(self) -> range:
        return range(int(str(self.first)[:4]), int(str(self.last)[:4]) + 1)


@dataclass(frozen=True, eq=False)
class Past:
    """A series as its rivals see it; rows are those of the bars."""

    dates: NDArray[np.datetime64]
    shown: Array
    """The variance that the model's own input shows."""
    came: Array
    """The variance that is forecast."""
    returns: Array


def past(bars: Bars, recipe: Recipe, measure: str) -> Past:
    """What is known of a series; the first row of prices has neither variance nor return, and is NaN."""
    _, shown = daily_variance(bars, shown_by(recipe.channels))
    _, came = daily_variance(bars, measure)
    returns = bars["return"] if "return" in bars else np.append(np.nan, np.diff(np.log(bars["close"])))
    return Past(dates_of(bars), shown, came, returns)


def load(key: str, folder: Path) -> Market:
    """Read one of :data:`MARKETS`."""
    return MARKETS[key](folder)


def read(folder: Path, recipe: Recipe, last: np.datetime64 | None = None) -> tuple[Bars, ...]:
    """All series that a recipe uses, up to a day; proxies come last."""
    return tuple(bars for bars, _ in read_named(recipe, folder, last) if bars.name not in recipe.left_out)


def scored(series: tuple[Bars, ...]) -> tuple[str, ...]:
    """The names of those that are no proxies."""
    return tuple(bars.name for bars in series if not isinstance(bars, Proxy))


def split_at(recipe: Recipe, train_end: str, validation_end: str) -> Recipe:
    """The recipe with its parts cut at these days."""
    days = (datetime.date.fromisoformat(day) for day in (train_end, validation_end))
    return replace(recipe, split=Split(0.5, 0.25, *days))


def _named(recipe: str) -> Recipe:
    """A recipe without what it says for its card and for the weights to ship: no network hangs on that."""
    return replace(named(recipe), about="", final=None)


def _indices(folder: Path, key: str, held_out: tuple[str, ...], *, yearly: bool) -> Market:
    recipe = replace(_named("universal-rv"), name=key, sources=INDICES, held_out=held_out)
    if "SPX" in held_out:
        recipe = replace(recipe, left_out=(*recipe.left_out, OF_SPX))
    series = read(folder, recipe)
    names = scored(series)
    seen = tuple(name for name in names if name not in held_out)
    return Market(
        key=key,
        title=f"{len(names)} indices, 2015-19, "
        + ("trained anew every year" if yearly else "trained once, to 2012")
        + (f"; {len(held_out)} of them never seen" if held_out else ""),
        recipe=split_at(recipe, "2012-12-31", "2014-12-31"),
        series=series,
        first=np.datetime64("2015-01-01"),
        last=np.datetime64("2019-12-31"),
        groups={"trained on": seen, "never seen": held_out} if held_out else {"indices": names},
        yearly=yearly,
        tuned="month" if yearly and not held_out else "",
    )


def _coins(folder: Path, key: str, *, taught: bool) -> Market:
    recipe = replace(_named("universal-rv"), name=key, sources=(*INDICES, *COINS), held_out=())
    series = read(folder, recipe)
    coins = scored(series)[-len(COINS) :]
    # The five-minute file is the coin of the hourly one, on the days of the test alone.
    recipe = replace(recipe, held_out=coins[-1:] if taught else coins)
    if not taught:
        barred = tuple(bars.name for bars in series if isinstance(bars, Proxy) and _kind(bars.name) == "coins")
        recipe = replace(recipe, left_out=(*recipe.left_out, *barred))
        series = tuple(bars for bars in series if bars.name not in barred)
    return Market(
        key=key,
        title="Bitcoin and ether, 2020 to early 2023, "
        + ("coins to mid-2018 in training" if taught else "no coin in training"),
        recipe=split_at(recipe, "2018-06-30", "2019-12-31"),
        series=series,
        first=np.datetime64("2020-01-01"),
        last=np.datetime64("2023-12-31"),
        groups={name: (name,) for name in coins},
        tuned="month",
    )


def _panel(folder: Path, recipe: Recipe, key: str, title: str) -> Market:
    series = read(folder, recipe)
    return Market(
        key=key,
        title=title,
        recipe=replace(recipe, name=key),
        series=series,
        first=np.datetime64("2019-01-01"),
        last=np.datetime64("2022-12-31"),
        groups=kinds(series, recipe.held_out),
        tuned="quarter",
    )


def kinds(series: tuple[Bars, ...], held_out: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The names of a panel by kind of asset, those that a model is trained on apart from those that it never sees."""
    return {
        f"{label}, {'trained on' if seen else 'never seen'}": tuple(
            bars.name for bars in series if _kind(bars.name) == label and (bars.name not in held_out) == seen
        )
        for label in (*KINDS, "stocks")
        for seen in (True, False)
    }


def _kind(name: str) -> str:
    return next((kind for kind, ends in KINDS.items() if name.endswith(ends)), "stocks")


MARKETS: dict[str, Callable[[Path], Market]] = {
    "indices": lambda folder: _indices(folder, "indices", (), yearly=True),
    "once": lambda folder: _indices(folder, "once", (), yearly=False),
    "unseen": lambda folder: _indices(folder, "unseen", THIRD, yearly=True),
    "zero-shot": lambda folder: _coins(folder, "zero-shot", taught=False),
    "coins": lambda folder: _coins(folder, "coins", taught=True),
    "ohlc": lambda folder: _panel(folder, _named("universal-ohlc"), "ohlc", "Daily bars, tested on 2019-22"),
    "close": lambda folder: _panel(folder, _named("universal-close"), "close", "The same from closes alone"),
}

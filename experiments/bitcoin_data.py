"""Bitcoin's next-day variance as the networks of the recipe bitcoin-rv read it, with the indices they are taught on."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from dhansoia_data import Dataset, dates_in_order
from dhansoia_data import load as load_dataset
from numpy.typing import NDArray

from vrx.series import Bars
from vrx.training.data import read_all, without_ticks
from vrx.training.recipe import Recipe, named
from vrx.training.windows import PARTS, Samples, cuts, samples

__all__ = ["FEW", "KEYS", "RECIPE", "Market", "load"]

KEYS = "cd"
RECIPE = "bitcoin-rv"
# Days of bitcoin in the smallest train part.
FEW = 250


@dataclass(frozen=True, eq=False)
class Market:
    """One measure of bitcoin's variance, cut into samples, and the sources."""

    data: Dataset
    bars: Bars
    """Variance and return of every day."""
    sources: tuple[Bars, ...]
    recipe: Recipe
    """With the dates of the split."""
    train: Samples
    validation: Samples
    test: Samples

    @property
    def key(self) -> str:
        """Its letter."""
        return self.data.key

    def rows(self, part: Samples) -> NDArray[np.int64]:
        """The rows of `data` that the samples of a part forecast."""
        days = dates_in_order(self.bars)[part.rows.numpy() + 1]
        rows: NDArray[np.int64] = np.searchsorted(dates_in_order(self.data.target), days)
        return rows

    def share(self, days: int | None) -> Samples:
        """The train part, or what of it the first so many days hold."""
        if days is None:
            return self.train
        known = self.train.rows < days - 1  # the day after the window is the last that is known
        return replace(self.train, rows=self.train.rows[known], target=self.train.target[known])


def load(key: str, folder: Path) -> Market:
    """Load set (c) or (d)."""
    data = load_dataset(key, folder)
    recipe = replace(named(RECIPE), split=data.split)
    bars = _variance_and_return(data)
    found = [read_all(folder / name, drop_bad_rows=True) for name in recipe.sources]
    at = cuts([bars], recipe.split)
    train, validation, test = (samples([bars], recipe, at, part) for part in PARTS)
    market = Market(
        data=data,
        bars=bars,
        sources=tuple(without_ticks(one)[0] for group in found for one in group),
        recipe=recipe,
        train=train,
        validation=validation,
        test=test,
    )
    if not np.array_equal(market.rows(test), data.scored):
        raise ValueError(f"({key}): {len(test)} samples are not the {len(data.scored)} rows that are scored")
    return market


def _variance_and_return(data: Dataset) -> Bars:
    if "return" in data.target:
        return data.target
    # The first bar has no close before it.
    columns = {"variance": data.variance[1:], "return": np.diff(np.log(data.target["close"]))}
    return Bars(columns, dates_in_order(data.target)[1:], data.target.name, data.target.periods_per_year, ())

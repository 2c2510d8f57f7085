"""What a network of the rolling Hurst exponent learns from: series with their exponents, and the recipe."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vrx._arrays import real_number, whole_number
from vrx.errors import InputError
from vrx.evaluation import split
from vrx.evaluation.split import Cuts
from vrx.hurst import Wavelet
from vrx.series import Bars
from vrx.training.data import dates_of

__all__ = ["HurstRecipe", "Market", "market"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class HurstRecipe:
    """All that decides a training, the data apart.

    Attributes
    ----------
    window, horizons
        Returns in a rolling window, and days ahead.
    sequence, hidden
        Days that the LSTM reads, and the size of its state.
    known
        Whether the network computes what is known of the coming windows, and forecasts only the rest.
    epochs, patience
        Most epochs, and how many without a better validation loss end it.
    samples
        Most windows of an epoch, drawn anew for each: those of neighbouring days are nearly the same.
    batch_size, learning_rate, weight_decay, seed
        Of the training.
    """

    window: int = 252
    horizons: tuple[int, ...] = (1, 5, 22)
    sequence: int = 22
    hidden: int = 16
    known: bool = True
    epochs: int = 60
    patience: int = 10
    samples: int = 20_000
    batch_size: int = 256
    learning_rate: float = 5e-4
    weight_decay: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("sequence", "hidden", "epochs", "patience", "samples", "batch_size"):
            whole_number(getattr(self, name), name, 1)
        whole_number(self.seed, "seed", 0)
        real_number(self.learning_rate, "learning_rate", 0.0, 1.0, inside=True)
        real_number(self.weight_decay, "weight_decay", 0.0, 1.0)
        if not self.horizons or any(a >= b for a, b in zip(self.horizons, self.horizons[1:], strict=False)):
            raise InputError(f"horizons are {list(self.horizons)}: give days ahead that rise, such as 1, 5, 22")

    @property
    def lookback(self) -> int:
        """Returns that one forecast reads."""
        return self.window + self.sequence - 1


@dataclass(frozen=True, eq=False)
class Market:
    """A series as its exponent is forecast: each of shape (n,), the day's return and the exponent at its end."""

    bars: Bars
    returns: Array
    dates: NDArray[np.datetime64]
    h: Array

    @property
    def name(self) -> str:
        """That of the series."""
        return self.bars.name

    def target(self, horizons: Sequence[int]) -> Array:
        """The exponents that come, (n, horizons); NaN where none does."""
        return np.stack([np.concatenate([self.h[k:], np.full(min(k, len(self.h)), np.nan)]) for k in horizons], 1)

    def origins(self, recipe: HurstRecipe, at: Cuts, part: str) -> NDArray[np.int64]:
        """The rows of a part with a whole window before, and an exponent after them at every horizon."""
        rows = split.origins(self.dates, at, part, lookback=recipe.lookback, furthest=max(recipe.horizons))
        first = rows[:, np.newaxis] - np.arange(recipe.sequence)
        sound = np.isfinite(self.target(recipe.horizons)[rows]).all(1) & np.isfinite(self.h[first]).all(1)
        return np.asarray(rows[sound])


def market(bars: Bars, window: int = 252) -> Market:
    """Read returns and their rolling exponent off a series with closes or returns, and dates.

    Raises
    ------
    InputError
        There are no dates or no returns, or fewer than the window.
    """
    dates = dates_of(bars)
    if "close" in bars:
        returns, dates = np.diff(np.log(bars["close"])), dates[1:]
    elif "return" in bars:
        returns = np.array(bars["return"])
    else:
        raise InputError(f"{bars.name}: no returns in {', '.join(bars.columns)}: give closes or returns")
    if len(returns) < window:
        raise InputError(
            f"{bars.name}: {len(returns)} returns are fewer than the window of {window}: give a longer series"
        )
    return Market(bars, returns, dates, Wavelet(kind="noise").rolling(returns, window).h)

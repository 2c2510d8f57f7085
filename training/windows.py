"""Windows of bars with what came after them, in the parts that :mod:`vrx.evaluation.split` cuts for all alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vrx import har
from vrx.errors import InputError
from vrx.evaluation import split
from vrx.evaluation.split import PARTS, Cuts
from vrx.measures import daily_variance, shown_by
from vrx.rolling import rolling_variance
from vrx.series import Bars
from vrx.training.data import dates_of
from vrx.training.proxies import Proxy
from vrx.training.recipe import Recipe, Split

__all__ = ["PARTS", "Cuts", "PhaseData", "Samples", "cuts", "origins", "resolved", "samples", "targets"]


def cuts(series: Sequence[Bars], shares: Split) -> Cuts:
    """Where the parts end: the dates of the split, or its shares of the rows of all series taken together.

    Examples
    --------
    >>> import vrx
    >>> bars = vrx.Bars({"close": np.ones(8)}, np.arange("2024-01-01", "2024-01-09", dtype="M8[D]"), "x", 365, ())
    >>> cuts([bars], Split(0.5, 0.25))
    Cuts(train_end=np.datetime64('2024-01-04'), validation_end=np.datetime64('2024-01-06'))
    """
    if shares.train_end is not None and shares.validation_end is not None:
        return Cuts(np.datetime64(shares.train_end), np.datetime64(shares.validation_end))
    dates = np.sort(np.concatenate([dates_of(bars) for bars in series]))
    try:
        return split.cut(dates, shares.train, shares.validation)
    except InputError as error:
        raise InputError(f"{series[0].name}: {error}") from None


def origins(dates: NDArray[np.datetime64], recipe: Recipe, at: Cuts, part: str) -> NDArray[np.int64]:
    """The rows of a part that the recipe's windows and targets fit, as :func:`vrx.evaluation.split.origins` says."""
    return split.origins(dates, at, part, lookback=recipe.lookback, furthest=max(recipe.horizons))


def resolved(recipe: Recipe, series: Sequence[Bars]) -> Recipe:
    """The recipe with its measure named: one for all series, so that source and target mean the same by variance.

    "auto" is what the network's own input shows; a network of closes is taught by highs and lows where every series has
    them. HAR regresses a measure on its own past, so it takes no other.

    Raises
    ------
    InputError
        HAR is asked for a measure that its input does not show.
    """
    own = shown_by(recipe.channels)
    linear = not recipe.network.encoded
    if linear and recipe.measure not in ("auto", own):
        raise InputError(
            f"recipe {recipe.name}: {recipe.network.kind} on {', '.join(recipe.channels)} forecasts {own}, not "
            f"{recipe.measure}: leave out measure"
        )
    if recipe.measure != "auto":
        return recipe
    if recipe.rolling:
        return replace(recipe, measure=own)
    ranged = all(column in bars for bars in series for column in ("open", "high", "low", "close"))
    return replace(recipe, measure="garman_klass" if own == "close_to_close" and ranged and not linear else own)


def targets(bars: Bars, recipe: Recipe) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The variance of each day (n,), and the mean variance of the coming days (n, horizons).

    With rolling windows, the variance of the window that ends with each day, and of the one that ends with the next.
    """
    if recipe.rolling:
        variance = rolling_variance(bars, recipe.rolling)
        return variance, np.append(variance[1:], np.nan)[:, np.newaxis]
    _, variance = daily_variance(bars, recipe.measure)
    return variance, np.stack([har.target(variance, h, log=False) for h in recipe.horizons], axis=1)


@dataclass(frozen=True, eq=False)
class Samples:
    """Windows and targets of one part; the windows are cut out of the bars when they are asked for.

    Attributes
    ----------
    bars
        (rows, channels) float64: all series, one after the other.
    rows
        (samples,): the last row of each window.
    target
        (samples, horizons) float64: log of the mean variance of the coming days.
    dropped
        Samples left out because the coming variance is zero, whose log does not exist.
    """

    bars: Tensor
    rows: Tensor
    target: Tensor
    lookback: int
    dropped: int

    def __len__(self) -> int:
        return len(self.rows)

    def windows(self, index: Tensor) -> Tensor:
        """The windows (batch, lookback, channels) of these samples."""
        return self.bars[self.rows[index, None] + torch.arange(1 - self.lookback, 1)]


@dataclass(frozen=True, eq=False)
class PhaseData:
    """The samples of one phase."""

    train: Samples
    validation: Samples


def samples(series: Sequence[Bars], recipe: Recipe, at: Cuts, part: str) -> Samples:
    """All samples of one part, in the order of the series and of time."""
    bars, rows, logs = [], [], []
    offset = dropped = 0
    for one in series:
        _, target = targets(one, recipe)
        chosen = origins(dates_of(one), recipe, at, part)
        chosen = chosen[chosen >= recipe.lookback - 1 + one.first_whole(recipe.channels)]
        if isinstance(one, Proxy):
            chosen = chosen[chosen % recipe.proxy_stride == 0]
        positive = (target[chosen] > 0.0).all(axis=1)
        dropped += int((~positive).sum())
        chosen = chosen[positive]
        bars.append(one.matrix(recipe.channels))
        rows.append(chosen + offset)
        logs.append(np.log(target[chosen]))
        offset += len(one)
    return Samples(
        bars=torch.from_numpy(np.concatenate(bars)),
        rows=torch.from_numpy(np.concatenate(rows)),
        target=torch.from_numpy(np.concatenate(logs)),
        lookback=recipe.lookback,
        dropped=dropped,
    )

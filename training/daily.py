"""What a trained network says at the end of every day of a series, and what decided it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from vrx.series import Bars
from vrx.training.deterministic import deterministic
from vrx.training.networks import Network
from vrx.training.recipe import Recipe

__all__ = ["Daily", "every_day"]

CHUNK = 512


@dataclass(frozen=True, eq=False)
class Daily:
    """What a network says at the end of every day; NaN before the first whole window."""

    log_variance: NDArray[np.float64]
    """The mean of the log of the coming variance, shape (n, horizons); of a network that knows the mean of the variance
    alone (`mean_alone`) no such mean."""
    variance: NDArray[np.float64]
    """The mean of that variance, decimal, per day, shape (n, horizons)."""
    quantiles: NDArray[np.float64]
    """Of its root, shape (n, horizons, levels)."""
    weights: Mapping[str, NDArray[np.float64]]
    """What the combiner decided, by name, each of shape (n,): `alpha`, the weight of HAR, or the probability of each
    regime; empty for networks that decide nothing of the kind."""


@torch.no_grad()
def every_day(network: Network, recipe: Recipe, bars: Bars, *, start: int = 0) -> Daily:
    """Run a network over a series.

    Parameters
    ----------
    network, recipe
        Trained, by this recipe.
    bars
        Daily bars with the recipe's channels.
    start
        First row that gets a forecast, if a whole window ends there.

    Raises
    ------
    InputError
        A channel is missing.

    Notes
    -----
    Row t comes from the bars t-lookback+1..t alone. Chunks have one size, filled up at the end, so that the bits of a
    row do not hang on how many rows there are.
    """
    matrix = torch.from_numpy(bars.matrix(recipe.channels))
    rows = torch.arange(min(max(start, recipe.lookback - 1), len(bars)), len(bars))
    steps = torch.arange(1 - recipe.lookback, 1)
    shape = (len(bars), len(recipe.horizons))
    logs, means = np.full(shape, np.nan), np.full(shape, np.nan)
    quantiles = np.full((*shape, len(recipe.levels)), np.nan)
    weights: dict[str, NDArray[np.float64]] = {}
    network.eval()
    with deterministic(recipe.threads):
        for part in rows.split(CHUNK) if len(rows) else ():
            windows = matrix[torch.cat([part, part[-1:].expand(CHUNK - len(part))])[:, None] + steps]
            inputs = network.input(windows)
            distribution, decided = network.explained(inputs)
            sound = network.input.sound(windows)[:, None]
            variance, _, levels = network.answer(distribution)
            at, count = slice(int(part[0]), int(part[-1]) + 1), len(part)
            means[at] = torch.where(sound, variance, torch.nan)[:count]
            logs[at] = torch.where(sound, distribution.mean, torch.nan)[:count]
            quantiles[at] = torch.where(sound[:, :, None], levels, torch.nan)[:count]
            for name, values in decided.items():
                weights.setdefault(name, np.full(len(bars), np.nan))[at] = values[:count]
    return Daily(logs, means, quantiles, weights)

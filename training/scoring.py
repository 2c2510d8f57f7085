"""Scores of a trained network on the test part, beside the baselines."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vrx import evaluation
from vrx.evaluation._baselines import positive
from vrx.measures import daily_variance, shown_by
from vrx.series import Bars
from vrx.training.data import dates_of
from vrx.training.networks import Network
from vrx.training.recipe import Recipe
from vrx.training.windows import Cuts, origins, targets

__all__ = ["score_test_part"]


def score_test_part(network: Network, recipe: Recipe, groups: Mapping[str, Sequence[Bars]], at: Cuts) -> dict[str, Any]:
    """Score the test part, which nothing before this line has looked at; by group and by series."""
    found: dict[str, Any] = {"test_from": str(at.validation_end + 1)}
    for group, series in groups.items():
        each = {bars.name: one for bars in series if (one := _score(network, recipe, bars, at)) is not None}
        if each:
            found[group] = {
                "mean": evaluation.mean_over_assets([scores for scores, _ in each.values()]).to_dict(),
                "series": {name: scores.to_dict() for name, (scores, _) in each.items()},
                "coverage": np.mean([inside for _, inside in each.values()], axis=0).tolist(),
            }
    return found


@torch.no_grad()
def _score(
    network: Network, recipe: Recipe, bars: Bars, at: Cuts
) -> tuple[evaluation.Scores, NDArray[np.float64]] | None:
    """The network beside the baselines on one series, and the share of days inside its outer quantiles, by horizon.

    None where the series has no rows in the test part, or is too short there for the baselines.
    """
    rows = origins(dates_of(bars), recipe, at, "test")
    outcome, target = targets(bars, recipe)
    # The baselines see what the network sees, since one that reads closes is not to be judged by what highs and lows
    # know; and HAR is fitted to what the network was fitted to.
    variance = outcome if recipe.rolling else daily_variance(bars, shown_by(recipe.channels))[1]
    baselines = evaluation.baselines(positive(variance), recipe.horizons, positive(outcome))
    known = np.asarray(np.isfinite(np.stack(list(baselines.values()))).all(axis=(0, 2)))
    rows = rows[(target[rows] > 0.0).all(axis=1)]
    if known[rows].sum() < 2:
        return None
    network.eval()
    matrix = torch.from_numpy(bars.matrix(recipe.channels))
    steps = torch.arange(1 - recipe.lookback, 1)
    chunks = torch.from_numpy(rows).split(1024)
    answers = [network(matrix[chunk[:, None] + steps]) for chunk in chunks]
    forecast, _, quantiles = (torch.cat(parts).numpy() for parts in zip(*answers, strict=True))
    forecasts = {"model": forecast}
    for name, baseline in baselines.items():
        forecasts[name] = baseline[rows]
    came = np.sqrt(target[rows])
    inside = (quantiles[:, :, 0] <= came) & (came <= quantiles[:, :, -1])
    return evaluation.score(forecasts, target[rows], recipe.horizons), inside.mean(axis=0)

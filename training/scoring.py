"""Scores of a trained network on the test part, beside the baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vrx import evaluation, har
from vrx.evaluation import metrics
from vrx.evaluation._baselines import past_mean, positive
from vrx.measures import daily_variance, shown_by
from vrx.series import Bars
from vrx.training.daily import Daily, every_day
from vrx.training.data import dates_of
from vrx.training.networks import Network
from vrx.training.recipe import Recipe
from vrx.training.windows import Cuts, origins, targets

__all__ = ["score_test_part"]

Array = NDArray[np.float64]


class _Scored(NamedTuple):
    """One series."""

    scores: evaluation.Scores
    inside: Array
    """Share of days inside the network's outer quantiles, (horizons,)."""
    below: Array
    """Share of days at or below each of its quantiles, (horizons, levels)."""


def score_test_part(network: Network, recipe: Recipe, groups: Mapping[str, Sequence[Bars]], at: Cuts) -> dict[str, Any]:
    """Score the test part, which nothing before this line has looked at; by group and by series.

    Returns
    -------
    dict
        ``"test_from"``, and by group the ``"mean"`` over its series, each ``"series"`` (both as
        :mod:`vrx.evaluation.scores` lays them out), the ``"coverage"``, the share of days inside the outer quantiles
        by horizon, and the ``"calibration"``, by horizon a list of the shares of days whose volatility came at or below
        the quantile of each level; both are means over the series. All are taken on the same days: those that the
        network, every baseline and what came have.

    Notes
    -----
    QLIKE and the error of the volatility take the forecast of the mean variance. RMSE, R2 and correlation of log
    variance take the forecast of the mean log, as ``vrx evaluate`` does: the mean of the network's distribution, and of
    log-HAR's. A model that knows the mean of the variance alone (the random walk, EWMA, HAR) is taken at the log of
    that, plus the mean of its own log errors so far.
    """
    found: dict[str, Any] = {"test_from": str(at.validation_end + 1)}
    for group, series in groups.items():
        each = {bars.name: one for bars in series if (one := _score(network, recipe, bars, at)) is not None}
        if each:
            found[group] = {
                "mean": evaluation.mean_over_assets([one.scores for one in each.values()]).to_dict(),
                "series": {name: one.scores.to_dict() for name, one in each.items()},
                "coverage": np.mean([one.inside for one in each.values()], axis=0).tolist(),
                "calibration": np.mean([one.below for one in each.values()], axis=0).tolist(),
            }
    return found


def _score(network: Network, recipe: Recipe, bars: Bars, at: Cuts) -> _Scored | None:
    """The network beside the baselines on one series.

    None where the series has no rows in the test part, or is too short there for the baselines.
    """
    outcome, target = targets(bars, recipe)
    rows = origins(dates_of(bars), recipe, at, "test")
    rows = rows[(target[rows] > 0.0).all(axis=1)]
    if not len(rows):
        return None
    daily = every_day(network, recipe, bars, start=0 if network.mean_alone else int(rows[0]))
    means, logs = _forecasts(network, daily, recipe, bars, outcome, target)
    came = target[rows]
    means, logs = ({name: values[rows] for name, values in group.items()} for group in (means, logs))
    known = np.asarray(~np.isnan(np.stack([*means.values(), *logs.values()])).any(axis=0))
    if known.all(axis=1).sum() < 2:
        return None
    scores = evaluation.score(means, np.where(known, came, np.nan), recipe.horizons)
    quantiles, volatility = daily.quantiles[rows], np.sqrt(came)
    inside = (quantiles[:, :, 0] <= volatility) & (volatility <= quantiles[:, :, -1])
    below = volatility[:, :, np.newaxis] <= quantiles
    return _Scored(
        scores=_in_logs(scores, logs, came, known),
        inside=np.asarray(inside.mean(axis=0, where=known)),
        below=np.asarray(below.mean(axis=0, where=known[:, :, np.newaxis])),
    )


def _forecasts(
    network: Network, daily: Daily, recipe: Recipe, bars: Bars, outcome: Array, target: Array
) -> tuple[dict[str, Array], dict[str, Array]]:
    """What the network and the baselines say every day, (n, horizons) each: the mean variance, and the mean log."""
    # The baselines see what the network sees, since one that reads closes is not to be judged by what highs and lows
    # know; and HAR is fitted to what the network was fitted to.
    shown = positive(outcome if recipe.rolling else daily_variance(bars, shown_by(recipe.channels))[1])
    came = positive(outcome)
    means = {"model": daily.variance, **evaluation.baselines(shown, recipe.horizons, came)}
    medians = [har.expanding(shown, h, log=True, outcome=came, median=True) for h in recipe.horizons]
    logs = {"log-har": np.log(np.column_stack(medians))}
    if not network.mean_alone:
        logs["model"] = daily.log_variance
    return means, {name: logs.get(name, _centred(said, target, recipe.horizons)) for name, said in means.items()}


def _centred(means: Array, target: Array, horizons: Sequence[int]) -> Array:
    """Logs of forecast means, plus the mean of the log errors so far, each counted once its last day is over."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(means)
        errors = np.log(target) - logs
    return logs + np.column_stack([past_mean(errors[:, k], horizon) for k, horizon in enumerate(horizons)])


def _in_logs(
    scores: evaluation.Scores, logs: Mapping[str, Array], came: Array, known: NDArray[np.bool_]
) -> evaluation.Scores:
    """The scores with those of log variance taken from the forecasts of its mean."""
    horizons = list(dict.fromkeys(row.horizon for row in scores.rows))
    rows = []
    for row in scores.rows:
        k = horizons.index(row.horizon)
        forecast, actual = logs[row.model][known[:, k], k], np.log(came[known[:, k], k])
        rows.append(
            replace(
                row,
                rmse_log=metrics.rmse(forecast, actual),
                r2_log=metrics.r_squared(forecast, actual),
                correlation_log=metrics.correlation(forecast, actual),
            )
        )
    return replace(scores, rows=tuple(rows))

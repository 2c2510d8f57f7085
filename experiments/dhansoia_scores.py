"""Scores of forecasts of bitcoin's log volatility and the baselines: as the paper computes them, and as one should."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from dhansoia_data import Dataset
from numpy.typing import NDArray

from vrx import har, rolling
from vrx.evaluation import metrics

__all__ = [
    "AVERAGE_LATE",
    "LSTM_LATE",
    "Row",
    "Spread",
    "Stage",
    "as_published",
    "baselines",
    "score",
    "spread",
    "stage",
]

Array = NDArray[np.float64]

# Where forecasts of the paper's code begin in the test part, and where the values do that it compares them with.
LSTM_LATE, AVERAGE_LATE = 2, 17


@dataclass(frozen=True, eq=False)
class Stage:
    """What came on the scored rows, and what the tests compare with."""

    actual: Array
    """Log volatility."""
    last: Array
    """That of the row before."""
    har: Array
    """The forecast of HAR."""
    har_qlike: Array
    """Its losses."""


@dataclass(frozen=True)
class Row:
    """The scores of one forecast."""

    rmse: float
    mae: float
    r2: float
    correlation: float
    direction: float
    mape: float
    qlike: float
    dm: float
    """Diebold-Mariano of squared errors against HAR, negative where this forecast loses less."""
    p: float
    dm_absolute_p: float
    dm_qlike: float
    dm_qlike_p: float
    paper_dm: float
    """The paper's own variant: no autocovariances, positive where this forecast loses less."""


@dataclass(frozen=True)
class Spread:
    """A score over seeds."""

    mean: float
    deviation: float
    worst: float

    def __str__(self) -> str:
        """Mean and standard deviation, if there are several seeds."""
        return f"{self.mean:.4f}" if math.isnan(self.deviation) else f"{self.mean:.4f} ± {self.deviation:.4f}"


def spread(values: list[float]) -> Spread:
    """Mean, standard deviation and largest of a score over seeds."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
    return Spread(float(np.mean(values)), deviation, max(values))


def baselines(data: Dataset) -> dict[str, tuple[Array, Array]]:
    """Forecasts of every row of the target by the row before: mean of log variance, and mean of variance."""
    logs, variance = np.log(data.variance), data.variance
    n = len(logs)
    found: dict[str, tuple[Array, Array]] = {}
    before = np.append(np.nan, logs[:-1])
    found["random walk"] = (before, np.exp(before))
    if data.rolling:
        cumulated = np.convolve(logs, np.ones(5), "full")[:n] / 5.0
        average = np.append(np.nan, np.where(np.arange(n) >= 4, cumulated, np.nan)[:-1])
        found["moving average of 5"] = (average, np.exp(average))
        found["HAR"] = _fixed_har(data)
        found["overlap-aware"] = _overlap(data)
    else:
        ewma = np.empty(n)
        ewma[0] = variance[0] if np.isfinite(variance[0]) else variance[1]
        for t in range(1, n):
            ewma[t] = 0.94 * ewma[t - 1] + 0.06 * variance[t]
        ewma = np.append(np.nan, ewma[:-1])
        found["EWMA"] = (np.log(ewma), ewma)
        mean, median = (np.append(np.nan, har.expanding(variance, median=one)[:-1]) for one in (False, True))
        found["HAR"] = (np.log(median), mean)
    return found


def _fixed_har(data: Dataset) -> tuple[Array, Array]:
    """Least squares on log variance over the train and the validation part, as the paper fits it."""
    known = har.fit(data.variance[: data.ends[1]])
    design = har.features(data.variance, log=True)
    mean = np.append(np.nan, (design @ known.coefficients)[:-1])
    return mean, np.exp(mean + 0.5 * known.residual_variance)


def _overlap(data: Dataset) -> tuple[Array, Array]:
    """The overlap-aware forecast, its shocks from the train and the validation part."""
    if data.closes is None:
        raise ValueError(f"{data.key} has no closes")
    returns = np.append(np.nan, np.diff(np.log(data.closes["close"])))
    lead = len(returns) - len(data.target)
    said = rolling.fit(returns[: lead + data.ends[1]], data.rolling).predict(returns)
    first, second = (np.append(np.nan, part[:-1])[lead:] for part in (said.log_variance, said.variance))
    return first, second


def stage(data: Dataset, found: Mapping[str, tuple[Array, Array]]) -> Stage:
    """What every forecast is held against."""
    rows = data.scored
    actual, last = (0.5 * np.log(data.variance[at]) for at in (rows, rows - 1))
    mean, variance = (part[rows] for part in found["HAR"])
    return Stage(actual, last, 0.5 * mean, metrics.qlike_loss(variance, np.exp(2.0 * actual)))


def score(at: Stage, log_variance: Array, variance: Array) -> Row:
    """Score one forecast of the scored rows."""
    said, came = 0.5 * log_variance, at.actual
    squared, theirs = (said - came) ** 2, (at.har - came) ** 2
    losses = metrics.qlike_loss(variance, np.exp(2.0 * came))
    dm, p = metrics.diebold_mariano(squared, theirs)
    dm_qlike, dm_qlike_p = metrics.diebold_mariano(losses, at.har_qlike)
    gap = theirs - squared
    return Row(
        rmse=metrics.rmse(said, came),
        mae=metrics.mae(said, came),
        r2=metrics.r_squared(said, came),
        correlation=metrics.correlation(said, came),
        direction=metrics.directional_accuracy(said, came, at.last),
        mape=metrics.mape(np.exp(said), np.exp(came)),
        qlike=float(losses.mean()),
        dm=dm,
        p=p,
        dm_absolute_p=metrics.diebold_mariano(np.sqrt(squared), np.sqrt(theirs))[1],
        dm_qlike=dm_qlike,
        dm_qlike_p=dm_qlike_p,
        paper_dm=float(gap.mean() / np.sqrt(gap.var(ddof=1) / len(gap))) if gap.any() else 0.0,
    )


def as_published(at: Stage, log_variance: Array, late: int) -> float:
    """RMSE where forecasts are held against values so many rows later, as the paper's code does."""
    return metrics.rmse(0.5 * log_variance[:-late], at.actual[late:])

"""What a comparison found: a score for each model, and the days that they share."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vrx.evaluation import metrics
from vrx.evaluation.walk import Array, Forecasts, Task

__all__ = ["LARGER_IS_BETTER", "NEAR_ZERO", "SCORES", "Comparison", "ModelScore", "NearZero"]

SCORES = ("rmse", "mae", "r2", "correlation", "directional_accuracy", "mape", "qlike")
LARGER_IS_BETTER = ("r2", "correlation", "directional_accuracy")
# Of the median variance. Squared normal returns of one variance lie below it on 1.7% of days; there the log of what
# came, which enters QLIKE and the errors of log volatility, is -7.7 or less and outweighs what any model said.
NEAR_ZERO = 1e-3


@dataclass(frozen=True, slots=True)
class ModelScore:
    """One model on the days that all of them forecast."""

    model: str
    rmse: float
    """Root mean squared error of log volatility."""
    mae: float
    """Mean absolute error of log volatility."""
    r2: float
    """R^2 of log volatility."""
    correlation: float
    """Pearson correlation of log volatility."""
    directional_accuracy: float
    """Share of days on which log volatility moved the way forecast, from where the random walk stands: NaN for it."""
    mape: float
    """Mean absolute error of volatility as a share of it; 0.1 is ten percent. NaN where squared returns are forecast,
    which may be next to nothing: a share of that has no bound."""
    qlike: float
    """Mean QLIKE of variance."""
    dm_log: float | None
    """Diebold-Mariano statistic of the squared error of log volatility, negative where this model loses less."""
    dm_log_p: float | None
    """Its two-sided p-value; None for the model that the others are tested against, and where no test can be made."""
    dm_qlike: float | None
    """The statistic of QLIKE."""
    dm_qlike_p: float | None
    """Its p-value."""
    mcs_p: float | None
    """P-value in the model confidence set of QLIKE; None under 10 days or 5 horizons, and where days were seen."""
    in_mcs: bool | None
    """Whether the model belongs to the set."""
    seen_until: str | None = None
    """The last day seen in training, where days scored lie before it: the scores are not out of sample."""


@dataclass(frozen=True, slots=True)
class NearZero:
    """Days scored on which next to nothing moved, and what hangs on them."""

    days: int
    """Days whose variance lies under a thousandth of the median of those scored."""
    qlike_share: float
    """Their share of the QLIKE of the model that the others are tested against."""
    squared_log_share: float
    """Their share of its squared errors of log volatility."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What :func:`compare` found."""

    task: Task
    forecasts: Mapping[str, Forecasts]
    scores: tuple[ModelScore, ...]
    against: str
    rows: npt.NDArray[np.int64]
    """The rows of the series scored: the last days known. All models and what came are known there."""
    missing: Mapping[str, int]
    """Model name to the days of the test part that it does not forecast, where there are any."""
    size: float
    """Of the test behind the confidence set: 0.10 for the 90% set."""
    seed: int

    @property
    def n(self) -> int:
        """Days scored."""
        return len(self.rows)

    @cached_property
    def near_zero(self) -> NearZero:
        """How many days scored lie next to zero, and how much of the errors is theirs."""
        came, said = self.task.actual[self.rows], self.forecasts[self.against]
        days = came < NEAR_ZERO * np.median(came)
        squared = (said.log_variance[self.rows] - np.log(came)) ** 2
        qlike = metrics.qlike_loss(said.variance[self.rows], came)
        return NearZero(int(days.sum()), _share(qlike, days), _share(squared, days))

    def best(self, name: str) -> float:
        """The best value of a score among models that have not seen the days; NaN where none has one."""
        values = [getattr(score, name) for score in self.scores if score.seen_until is None]
        known = [value for value in values if not np.isnan(value)]
        return float((max if name in LARGER_IS_BETTER else min)(known, default=np.nan))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; a number that is not defined becomes None."""
        task = self.task
        days = task.dates[self.rows + task.horizon]
        return {
            "series": task.bars.name,
            "protocol": task.protocol,
            "horizon": task.horizon,
            "window": task.window if task.is_rolling else None,
            "target": task.target,
            "measure": task.measure,
            "train_end": str(task.cuts.train_end),
            "validation_end": str(task.cuts.validation_end),
            "first": str(days[0]),
            "last": str(days[-1]),
            "n": self.n,
            "given": len(task.test_rows),
            "missing": dict(self.missing),
            "near_zero": asdict(self.near_zero),
            "against": self.against,
            "mcs_size": self.size,
            "mcs_seed": self.seed,
            "scores": [_plain(score) for score in self.scores],
        }

    def table(self) -> str:
        """Lay the scores out as a Markdown table, a row per model."""
        names = [field.name for field in fields(ModelScore)]
        rule = [":--" if name == "model" else "--:" for name in names]
        body = [[_cell(getattr(score, name)) for name in names] for score in self.scores]
        return "\n".join(f"| {' | '.join(line)} |" for line in [names, rule, *body])


def _share(losses: Array, days: npt.NDArray[np.bool_]) -> float:
    total = losses.sum()
    return float(losses[days].sum() / total) if total > 0.0 else 0.0


def _plain(score: ModelScore) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in asdict(score).items()}


def _cell(value: object) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""All models on the same days: errors, Diebold-Mariano tests against one of them, the model confidence set."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from vrx._arrays import real_number
from vrx.errors import InputError
from vrx.evaluation import metrics
from vrx.evaluation._baselines import positive, trailing_mean
from vrx.evaluation.confidence import model_confidence_set
from vrx.evaluation.walk import Array, Forecasts, Task, centred

__all__ = ["FEWEST_HORIZONS", "LARGER_IS_BETTER", "SCORES", "Comparison", "ModelScore", "compare"]

SIZE = 0.10
# Fewer blocks than these say nothing of the spread of a mean.
FEWEST_HORIZONS = 5
SCORES = ("rmse", "mae", "r2", "correlation", "directional_accuracy", "mape", "qlike")
LARGER_IS_BETTER = ("r2", "correlation", "directional_accuracy")


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
    """Mean absolute error of volatility as a share of it; 0.1 is ten percent."""
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


def compare(
    task: Task,
    forecasts: Mapping[str, Forecasts | npt.ArrayLike],
    *,
    against: str = "log-har",
    size: float = SIZE,
    seed: int = 0,
    seen: Mapping[str, str] | None = None,
) -> Comparison:
    """Score models on the days of the test part that all of them forecast; needs ``vrx[research]``.

    Parameters
    ----------
    task
        What is to be forecast.
    forecasts
        Model name to what it says at the end of every day, shape (n,): variances, or :class:`Forecasts` of a model that
        also knows the mean of their logarithm. NaN where it says nothing.
    against
        The model that the others are tested against.
    size
        Of the test behind the model confidence set; 0.10 gives the 90% set.
    seed
        Of its bootstrap.
    seen
        Model name to the last day that it saw in training, for models that saw days of the test part: they are scored,
        but can be neither best nor in the confidence set.

    Raises
    ------
    InputError
        `against` is no model given, a forecast has another length, is not positive or infinite, or no day is known to
        all models.
    MissingExtraError
        statsmodels or arch is not installed.

    Notes
    -----
    A model that gives the mean m of log variance is scored by it where the error is one of log volatility, m / 2; one
    that gives the mean variance alone, by the log of its root plus half the mean of its own log errors so far
    (:func:`vrx.evaluation.walk.centred`). QLIKE and MAPE take the mean variance and its root.

    Examples
    --------
    >>> from vrx.evaluation import Task, baselines_of, compare
    >>> from vrx.series import Bars
    >>> rng = np.random.default_rng(0)
    >>> days = np.arange("2020-01-01", "2022-01-01", dtype="M8[D]")
    >>> level = np.convolve(rng.normal(size=len(days) + 99), 0.95 ** np.arange(100), mode="valid")
    >>> bars = Bars({"variance": 1e-4 * np.exp(0.3 * level)}, days, "toy", 365, ())
    >>> task = Task(bars)
    >>> found = compare(task, baselines_of(task))
    >>> found.n, [score.model for score in found.scores if score.in_mcs]
    (183, ['random-walk', 'har', 'log-har'])
    """
    if against not in forecasts:
        raise InputError(f"against is {against!r}, the models are {', '.join(forecasts)}: name one of them")
    real_number(size, "size", 0.0, 1.0, inside=True)
    given = {name: found if isinstance(found, Forecasts) else Forecasts(found) for name, found in forecasts.items()}
    given = {name: _sound(name, found, task) for name, found in given.items()}
    rows = task.rows
    known = np.isfinite(_before(task)[rows])
    missing: dict[str, int] = {}
    for name, found in given.items():
        if gone := int((~found.known[rows]).sum()):
            missing[name] = gone
        known &= found.known[rows]
    if not known.any() and not missing:
        raise InputError(
            f"{task.bars.name}: no day of the test part has {task.horizon} days of variance before it: give more days"
        )
    if not known.any():
        least = max(missing, key=lambda name: missing[name])
        raise InputError(
            f"{task.bars.name}: no day of the test part is forecast by all models ({least} lacks {missing[least]} of "
            f"{len(rows)}): give a longer history, or leave it out"
        )
    rows = rows[known]
    scores = _scores(task, given, rows, against, size, seed, seen or {})
    return Comparison(task, given, scores, against, rows, missing, size, seed)


def _sound(name: str, found: Forecasts, task: Task) -> Forecasts:
    if len(found.variance) != len(task.dates):
        raise InputError(f"{name} has {len(found.variance)} days, the series {len(task.dates)}: give one for each")
    if (found.variance[task.rows] <= 0.0).any():
        raise InputError(f"{name} forecasts a variance that is not positive: floor it")
    if np.isinf(found.variance[task.rows]).any() or np.isinf(found.log_variance[task.rows]).any():
        raise InputError(f"{name} forecasts an infinite variance: cap it, or say NaN where there is no forecast")
    return centred(found, task)


def _before(task: Task) -> Array:
    """Where the random walk stands at the end of every day."""
    return 0.5 * np.log(trailing_mean(positive(task.variance), task.horizon))


def _scores(
    task: Task,
    given: Mapping[str, Forecasts],
    rows: npt.NDArray[np.int64],
    against: str,
    size: float,
    seed: int,
    seen: Mapping[str, str],
) -> tuple[ModelScore, ...]:
    came = task.actual[rows]
    log_came = 0.5 * np.log(came)
    logs = {name: 0.5 * found.log_variance[rows] for name, found in given.items()}
    squared = {name: (log - log_came) ** 2 for name, log in logs.items()}
    qlike = {name: metrics.qlike_loss(found.variance[rows], came) for name, found in given.items()}
    confident = {}
    unseen = {name: losses for name, losses in qlike.items() if name not in seen}
    if unseen and len(rows) >= max(metrics.FEWEST_LOSSES, FEWEST_HORIZONS * task.horizon):
        confident = model_confidence_set(unseen, size=size, seed=seed, horizon=task.horizon)
    before = _before(task)[rows]

    def directed(name: str) -> float:
        if np.array_equal(0.5 * np.log(given[name].variance[rows]), before):
            return float("nan")  # a random walk says that nothing moves: no direction
        return metrics.directional_accuracy(logs[name], log_came, before)

    def one(name: str) -> ModelScore:
        dm_log, dm_log_p = _tested(squared, name, against, task.horizon)
        dm_qlike, dm_qlike_p = _tested(qlike, name, against, task.horizon)
        p = confident.get(name)
        return ModelScore(
            model=name,
            rmse=metrics.rmse(logs[name], log_came),
            mae=metrics.mae(logs[name], log_came),
            r2=metrics.r_squared(logs[name], log_came),
            correlation=metrics.correlation(logs[name], log_came),
            directional_accuracy=directed(name),
            mape=metrics.mape(np.sqrt(given[name].variance[rows]), np.sqrt(came)),
            qlike=float(qlike[name].mean()),
            dm_log=dm_log,
            dm_log_p=dm_log_p,
            dm_qlike=dm_qlike,
            dm_qlike_p=dm_qlike_p,
            mcs_p=p,
            in_mcs=None if p is None else p > size,
            seen_until=seen.get(name),
        )

    return tuple(one(name) for name in given)


def _tested(losses: Mapping[str, Array], name: str, against: str, horizon: int) -> tuple[float | None, float | None]:
    if name == against:
        return None, None
    try:
        return metrics.diebold_mariano(losses[name], losses[against], horizon=horizon)
    except InputError:  # too few days, or losses that differ by a constant: the scores themselves still stand
        return None, None


def _plain(score: ModelScore) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in asdict(score).items()}


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""All models on the same days: errors, Diebold-Mariano tests against one of them, the model confidence set."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vrx._arrays import real_number
from vrx.errors import InputError
from vrx.evaluation import metrics
from vrx.evaluation._shared_days import before, shared, sound
from vrx.evaluation._significance import FEWEST_HORIZONS, in_set, tested
from vrx.evaluation.comparison import LARGER_IS_BETTER, SCORES, Comparison, ModelScore
from vrx.evaluation.walk import Forecasts, Task

__all__ = ["FEWEST_HORIZONS", "LARGER_IS_BETTER", "SCORES", "Comparison", "ModelScore", "compare"]

SIZE = 0.10


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
    given = {name: sound(name, found, task) for name, found in given.items()}
    rows, missing = shared(task, given)
    scores = _scores(task, given, rows, against, size, seed, seen or {})
    return Comparison(task, given, scores, against, rows, missing, size, seed)


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
    unseen = {name: losses for name, losses in qlike.items() if name not in seen}
    confident = in_set(unseen, size, seed, task.horizon)
    last = before(task)[rows]

    def directed(name: str) -> float:
        if np.array_equal(0.5 * np.log(given[name].variance[rows]), last):
            return float("nan")  # a random walk says that nothing moves: no direction
        return metrics.directional_accuracy(logs[name], log_came, last)

    def shares(name: str) -> float:
        if task.squared_returns:
            return float("nan")
        return metrics.mape(np.sqrt(given[name].variance[rows]), np.sqrt(came))

    def one(name: str) -> ModelScore:
        dm_log, dm_log_p = tested(squared, name, against, task.horizon)
        dm_qlike, dm_qlike_p = tested(qlike, name, against, task.horizon)
        p = confident.get(name)
        return ModelScore(
            model=name,
            rmse=metrics.rmse(logs[name], log_came),
            mae=metrics.mae(logs[name], log_came),
            r2=metrics.r_squared(logs[name], log_came),
            correlation=metrics.correlation(logs[name], log_came),
            directional_accuracy=directed(name),
            mape=shares(name),
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

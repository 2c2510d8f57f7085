"""Scores of several models on the same days, beside the baselines that every model should beat.

Forecasts and what came are daily variances, decimal, in arrays of shape (n, horizons): row t holds the mean
variance of the h days that follow day t, as forecast at its end or as it came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from vrx import har
from vrx.errors import InputError, MissingExtraError
from vrx.evaluation import metrics

__all__ = ["PanelScore", "PanelScores", "Score", "Scores", "baselines", "mean_over_assets", "score"]

Array = npt.NDArray[np.float64]

EWMA_DECAY = 0.94  # RiskMetrics (1996) for daily data
AVERAGED = ("qlike", "rmse_log", "mae_vol", "r2_log", "correlation_log")


@dataclass(frozen=True, slots=True)
class Score:
    """One model at one horizon."""

    model: str
    horizon: int
    """Days ahead that the forecast averages."""
    n: int
    """Rows scored."""
    qlike: float
    """Mean QLIKE of the variance."""
    rmse_log: float
    """Root mean squared error of the log variance; the forecast enters as given."""
    mae_vol: float
    """Mean absolute error of the volatility, decimal per day."""
    r2_log: float
    """R^2 of the log variance."""
    correlation_log: float
    """Correlation of the log variances."""
    dm_statistic: float | None
    """Diebold-Mariano statistic of QLIKE against the baseline, negative where this model loses less."""
    dm_p: float | None
    """Its two-sided p-value; None for the baseline, under 10 rows, and without statsmodels."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Models scored on the same rows of one asset."""

    rows: tuple[Score, ...]
    baseline: str
    given: int
    """Rows offered; ``n`` of a score is how many of them every model and what came had at that horizon."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; a number that is not defined becomes None."""
        return {"baseline": self.baseline, "given": self.given, "rows": [_plain(row) for row in self.rows]}

    def table(self) -> str:
        """Lay the scores out as a Markdown table, a row per model and horizon."""
        return _markdown(self.rows, Score)


@dataclass(frozen=True, slots=True)
class PanelScore:
    """One model at one horizon, averaged over assets of equal weight."""

    model: str
    horizon: int
    assets: int
    qlike: float
    rmse_log: float
    mae_vol: float
    r2_log: float
    correlation_log: float
    qlike_change_of_means: float
    """Mean QLIKE over the baseline's mean QLIKE, minus one: the assets with large losses weigh most."""
    qlike_mean_of_changes: float
    """Mean over assets of the model's QLIKE over the baseline's, minus one: every asset weighs the same."""


@dataclass(frozen=True, slots=True)
class PanelScores:
    """Models averaged over the assets of a panel."""

    rows: tuple[PanelScore, ...]
    baseline: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; a number that is not defined becomes None."""
        return {"baseline": self.baseline, "rows": [_plain(row) for row in self.rows]}

    def table(self) -> str:
        """Lay the averages out as a Markdown table, a row per model and horizon."""
        return _markdown(self.rows, PanelScore)


def score(
    forecasts: Mapping[str, npt.ArrayLike],
    actual: npt.ArrayLike,
    horizons: Sequence[int],
    baseline: str = "log-har",
) -> Scores:
    """Score every model on the rows where all of them, and what came, are known.

    Parameters
    ----------
    forecasts
        Model name to forecast variances: shape (n, horizons) each. NaN where there is no forecast.
    actual
        The variances that came: shape (n, horizons). NaN where they are not known.
    horizons
        Days ahead of every column.
    baseline
        The model that the others are tested against.

    Returns
    -------
    Scores
        Models in the order given, horizons in the order given within each.

    Raises
    ------
    InputError
        Shapes disagree; the baseline is not among the forecasts; a value is infinite, zero or negative; or no
        row is known to all.

    Examples
    --------
    >>> variance = np.exp(np.random.default_rng(0).normal(size=400))
    >>> came = har.target(variance, 1, log=False)[:, None]
    >>> scores = score(baselines(variance, [1]), came, [1])
    >>> [(row.model, row.n) for row in scores.rows]  # HAR starts at row 252, the last row has no tomorrow
    [('random-walk', 147), ('ewma', 147), ('har', 147), ('log-har', 147)]
    """
    if baseline not in forecasts:
        raise InputError(f"baseline is {baseline!r}, the forecasts are {', '.join(forecasts)}: name one of them")
    came = _variances("actual", actual, len(horizons), None)
    checked = {name: _variances(name, f, len(horizons), len(came)) for name, f in forecasts.items()}
    known = np.asarray(~np.isnan(np.stack([came, *checked.values()])).any(axis=0))
    for column, horizon in enumerate(horizons):
        if not known[:, column].any():
            raise InputError(f"no row is known to every model at horizon {horizon}: align the forecasts by date")

    def one(name: str, column: int) -> Score:
        rows = known[:, column]
        f, y, base = (values[rows, column] for values in (checked[name], came, checked[baseline]))
        tested = None if name == baseline else _tested(f, base, y, horizons[column])
        return _score(name, horizons[column], f, y, tested)

    scored = tuple(one(name, column) for name in checked for column in range(len(horizons)))
    return Scores(rows=scored, baseline=baseline, given=len(came))


def baselines(variance: npt.ArrayLike, horizons: Sequence[int]) -> dict[str, Array]:
    """Forecast by the four baselines, each from what was known at the end of every day.

    Parameters
    ----------
    variance
        Daily variances, decimal, oldest first: shape (n,). Positive; NaN marks a missing day.
    horizons
        Days ahead.

    Returns
    -------
    dict
        Of arrays of shape (n, horizons), NaN where there is no forecast. ``"random-walk"``: for h days ahead,
        the mean of the last h. ``"ewma"``: exponentially weighted mean with decay 0.94, started at the first
        day, the same at every horizon; a missing day leaves it as it was and has no forecast of its own.
        ``"har"`` and ``"log-har"``: :func:`vrx.har.expanding` on variances and on logarithms.

    Raises
    ------
    InputError
        As for :func:`vrx.har.expanding`.

    Examples
    --------
    >>> forecasts = baselines([1.0, 2.0, 4.0], [1, 2])
    >>> forecasts["random-walk"].tolist()
    [[1.0, nan], [2.0, 1.5], [4.0, 3.0]]
    >>> forecasts["ewma"][:, 0].round(4).tolist()  # 0.94 * 1.06 + 0.06 * 4 = 1.2364
    [1.0, 1.06, 1.2364]
    """
    har_log = [har.expanding(variance, h, log=True) for h in horizons]
    values = np.asarray(variance, dtype=np.float64)
    return {
        "random-walk": np.column_stack([_trailing_mean(values, h) for h in horizons]),
        "ewma": np.repeat(_ewma(values)[:, None], len(horizons), axis=1),
        "har": np.column_stack([har.expanding(values, h, log=False) for h in horizons]),
        "log-har": np.column_stack(har_log),
    }


def mean_over_assets(scores: Sequence[Scores]) -> PanelScores:
    """Average scores over assets of equal weight, whatever their number of days.

    Parameters
    ----------
    scores
        One per asset, all with the same models, horizons and baseline.

    Raises
    ------
    InputError
        There are no scores, or they do not hold the same models, horizons and baseline.
    """
    if not scores:
        raise InputError("scores is empty: give the scores of at least one asset")
    cells = [{(row.model, row.horizon): row for row in asset.rows} for asset in scores]
    for number, (asset, cell) in enumerate(zip(scores, cells, strict=True)):
        if asset.baseline != scores[0].baseline or cell.keys() != cells[0].keys():
            raise InputError(
                f"scores[{number}] holds other models, horizons or another baseline than scores[0]: "
                "score every asset alike"
            )

    def one(model: str, horizon: int) -> PanelScore:
        rows = [cell[model, horizon] for cell in cells]
        own = np.array([row.qlike for row in rows])
        base = np.array([cell[scores[0].baseline, horizon].qlike for cell in cells])
        with np.errstate(divide="ignore", invalid="ignore"):  # a perfect baseline leaves no ratio
            of_means, of_changes = own.mean() / base.mean() - 1.0, np.mean(own / base) - 1.0
        return PanelScore(
            model=model,
            horizon=horizon,
            assets=len(rows),
            **{name: float(np.mean([getattr(row, name) for row in rows])) for name in AVERAGED},
            qlike_change_of_means=float(of_means),
            qlike_mean_of_changes=float(of_changes),
        )

    return PanelScores(rows=tuple(one(*key) for key in cells[0]), baseline=scores[0].baseline)


def _variances(name: str, values: npt.ArrayLike, horizons: int, length: int | None) -> Array:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} is not numeric: give an array of variances") from None
    if array.ndim != 2 or array.shape[1] != horizons or (length is not None and len(array) != length):
        wanted = f"({'n' if length is None else length}, {horizons})"
        raise InputError(f"{name} has shape {array.shape}: give {wanted}, a row per day and a column per horizon")
    wrong = np.argwhere((array <= 0) | np.isinf(array))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(
            f"{name}[{row}, {column}] is {array[row, column]:g}, QLIKE needs positive finite variances: "
            "floor it or set the day to NaN"
        )
    return array


def _score(model: str, horizon: int, forecast: Array, actual: Array, tested: tuple[float, float] | None) -> Score:
    log_forecast, log_actual = np.log(forecast), np.log(actual)
    return Score(
        model=model,
        horizon=int(horizon),
        n=forecast.size,
        qlike=metrics.qlike(forecast, actual),
        rmse_log=metrics.rmse(log_forecast, log_actual),
        mae_vol=metrics.mae(np.sqrt(forecast), np.sqrt(actual)),
        r2_log=metrics.r_squared(log_forecast, log_actual),
        correlation_log=metrics.correlation(log_forecast, log_actual),
        dm_statistic=tested[0] if tested else None,
        dm_p=tested[1] if tested else None,
    )


def _tested(forecast: Array, base: Array, actual: Array, horizon: int) -> tuple[float, float] | None:
    """Test QLIKE against the baseline's; None where no test can be made."""
    losses = metrics.qlike_loss(forecast, actual), metrics.qlike_loss(base, actual)
    try:
        return metrics.diebold_mariano(*losses, horizon=horizon)
    except (
        MissingExtraError,
        InputError,
    ):  # not installed, or too few rows: the scores themselves still stand
        return None


def _trailing_mean(values: Array, length: int) -> Array:
    mean = np.full(values.size, np.nan)
    if values.size >= length:
        mean[length - 1 :] = np.lib.stride_tricks.sliding_window_view(values, length).mean(axis=1)
    return mean


def _ewma(values: Array) -> Array:
    def step(mean: float, value: float) -> float:
        if np.isnan(value):
            return mean
        return value if np.isnan(mean) else EWMA_DECAY * mean + (1.0 - EWMA_DECAY) * value

    return np.where(np.isnan(values), np.nan, np.array(list(accumulate(values.tolist(), step))))


def _plain(row: Score | PanelScore) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in asdict(row).items()}


def _markdown(rows: Sequence[Score] | Sequence[PanelScore], kind: type[Score] | type[PanelScore]) -> str:
    names = [field.name for field in fields(kind)]

    def cell(value: object) -> str:
        if value is None:
            return ""
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    body = [[cell(getattr(row, name)) for name in names] for row in rows]
    rule = [":--" if name == "model" else "--:" for name in names]
    return "\n".join(f"| {' | '.join(line)} |" for line in [names, rule, *body])

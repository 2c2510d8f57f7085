"""Scores of several models on the same days, and of several assets.

Forecasts and what came are daily variances, decimal, in arrays of shape (n, horizons): row t holds the mean
variance of the h days that follow day t, as forecast at its end or as it came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from vrx._arrays import real_numbers, refuse
from vrx.errors import InputError, MissingExtraError
from vrx.evaluation import metrics

__all__ = ["PanelScore", "PanelScores", "Score", "Scores", "mean_over_assets", "score"]

Array = npt.NDArray[np.float64]

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
    >>> from vrx.evaluation import baselines
    >>> from vrx.har import target
    >>> variance = np.exp(np.random.default_rng(0).normal(size=400))
    >>> came = target(variance, 1, log=False)[:, None]
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
    array = real_numbers(values, name)
    if array.ndim != 2 or array.shape[1] != horizons or (length is not None and len(array) != length):
        wanted = f"({'n' if length is None else length}, {horizons})"
        raise InputError(f"{name} has shape {array.shape}: give {wanted}, a row per day and a column per horizon")
    cure = "QLIKE needs positive finite variances: floor it or set the day to NaN"
    refuse(name, array, (array <= 0) | np.isinf(array), cure)
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
    except (MissingExtraError, InputError):  # not installed, or too few rows: the scores themselves still stand
        return None


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

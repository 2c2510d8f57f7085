"""Forecasts of vector autoregressions row by row, and whether a column that moves improves them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import whole_number
from vrx.econometrics._law import Array
from vrx.econometrics._vector_columns import Columns, checked_columns
from vrx.econometrics._vector_text import aligned, p_text
from vrx.econometrics.vector import Criterion, chosen_order, fitted
from vrx.errors import InputError
from vrx.evaluation import metrics

__all__ = ["Contest", "VectorComparison", "VectorForecasts", "dynamic_against_static", "vector_forecasts"]

# Rows from one fit to the next.
EVERY = 22


@dataclass(frozen=True, eq=False)
class VectorForecasts:
    """The next row, forecast at the end of each row."""

    columns: tuple[str, ...]
    start: int
    """The first row that is forecast."""
    order: int
    mean: Array
    """Entry t forecasts the row start + t from the rows before it; the last one is the row after all; shape
    (rows - start + 1, columns)."""
    variance: Array
    """Of the residuals of the fit in force; same shape."""

    def of(self, column: str) -> tuple[Array, Array]:
        """Mean and variance of one column, both of shape (rows - start + 1,)."""
        at = Columns(self.columns, self.mean).place(column)
        return self.mean[:, at], self.variance[:, at]


def vector_forecasts(
    columns: Mapping[str, ArrayLike],
    *,
    start: int,
    order: int | None = None,
    max_order: int = 10,
    criterion: Criterion = "bic",
    every: int = EVERY,
) -> VectorForecasts:
    """Forecast each row from those before it by a vector autoregression.

    Parameters
    ----------
    columns
        Name to values, oldest first, each of shape (rows,).
    start
        The first row that is forecast, counted from 0; the first fit is to the rows before it.
    order, max_order, criterion
        As for :func:`vector_autoregression`; an order that is not given is chosen once, from the rows before `start`.
    every
        Rows from one fit, to all rows so far, to the next.

    Returns
    -------
    VectorForecasts
        What comes on a row or after it changes no bit of its forecast.

    Raises
    ------
    InputError
        As for :func:`vector_autoregression`, of the rows before `start`; or `start` is beyond the rows.
    MissingExtraError
        statsmodels is not installed.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> cause = rng.normal(size=300)
    >>> effect = np.append(0.0, cause[:-1]) + 0.1 * rng.normal(size=300)
    >>> found = vector_forecasts({"cause": cause, "effect": effect}, start=200)
    >>> mean, _ = found.of("effect")
    >>> mean.shape, bool(np.abs(mean[:-1] - effect[200:]).mean() < 0.1)
    ((101,), True)
    """
    table = checked_columns(columns)
    rows, first = len(table.values), whole_number(start, "start", 1)
    if first >= rows:
        raise InputError(f"start is {first}, beyond the {rows} rows: forecast from an earlier one")
    step = whole_number(every, "every", 1)
    lags, _ = chosen_order(table.head(first), order, max_order, criterion)
    mean = np.empty((rows - first + 1, len(table.names)))
    variance = np.empty_like(mean)
    for begin in range(first, rows + 1, step):
        result = fitted(table.head(begin), lags)
        block = np.arange(begin, min(begin + step, rows + 1))
        past = np.concatenate([table.values[block - lag] for lag in range(1, lags + 1)], axis=1)
        mean[block - first] = result.params[0] + past @ result.params[1:]
        variance[block - first] = np.diag(result.sigma_u)
    return VectorForecasts(table.names, first, lags, mean, variance)


@dataclass(frozen=True)
class Contest:
    """Two forecasts of one thing on the same days."""

    rmse_dynamic: float
    rmse_static: float
    statistic: float
    """Diebold-Mariano's of the squared errors, positive where the dynamic system errs less."""
    p_value: float
    """Two-sided."""

    @property
    def gain(self) -> float:
        """By what share the dynamic system's RMSE is lower; negative where it is higher."""
        return 1.0 - self.rmse_dynamic / self.rmse_static


@dataclass(frozen=True, eq=False)
class VectorComparison:
    """What a dynamic measure is worth in a vector autoregression; ``print`` gives a table."""

    target: str
    rows: int
    """That were forecast and came."""
    dynamic: tuple[str, ...]
    static: tuple[str, ...]
    dynamic_order: int
    static_order: int
    log_volatility: Contest
    volatility: Contest
    """Of the exponential of the target, whose mean forecast has half the variance of the residuals added."""

    def __str__(self) -> str:
        rows = [
            (
                name,
                *(f"{value:.6g}" for value in (it.rmse_static, it.rmse_dynamic)),
                *(f"{it.gain:+.2%}", f"{it.statistic:+.2f}", p_text(it.p_value)),
            )
            for name, it in ((self.target, self.log_volatility), ("volatility", self.volatility))
        ]
        head = ("forecast of the next row", "RMSE static", "RMSE dynamic", "gain", "Diebold-Mariano", "p-value")
        return "\n".join(
            (
                f"dynamic ({', '.join(self.dynamic)}; order {self.dynamic_order}) against static "
                f"({', '.join(self.static)}; order {self.static_order}), {self.rows} rows out of sample",
                *aligned(head, rows),
            )
        )


def dynamic_against_static(
    dynamic: Mapping[str, ArrayLike],
    static: Mapping[str, ArrayLike],
    *,
    start: int,
    target: str = "log_volatility",
    order: int | None = None,
    max_order: int = 10,
    criterion: Criterion = "bic",
    every: int = EVERY,
) -> VectorComparison:
    """Compare two vector autoregressions, one with a dynamic measure and one without or with a static one.

    Parameters
    ----------
    dynamic, static
        Columns of the same rows; both hold the same `target`. A measure that never moves, such as H fixed at 0.55, is
        a constant and has no column: the static system leaves it out.
    start
        The first row that is forecast.
    target
        The column of log volatility.
    order, max_order, criterion, every
        As for :func:`vector_forecasts`; each system chooses its own order where none is given.

    Raises
    ------
    InputError
        As for :func:`vector_forecasts`; or the targets differ, or fewer than 10 rows are forecast.
    MissingExtraError
        statsmodels is not installed.

    Notes
    -----
    Where one system holds all columns of the other and they add nothing, the larger one still errs more by what its
    coefficients cost, so that this test is slow to find a gain (Clark and West 2007).

    References
    ----------
    Diebold and Mariano (1995), Comparing predictive accuracy, Journal of Business and Economic Statistics 13. Clark and
    West (2007), Approximately normal tests for equal predictive accuracy in nested models, Journal of Econometrics 138.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> hurst, shock = rng.normal(size=(2, 400))
    >>> level = 0.5 * np.append(0.0, hurst[:-1]) + 0.3 * rng.normal(size=400)
    >>> static = {"return": shock, "log_volatility": level}
    >>> found = dynamic_against_static({**static, "hurst": hurst}, static, start=200)
    >>> found.log_volatility.gain > 0.3, found.log_volatility.p_value < 0.01
    (True, True)
    """
    moving, fixed = checked_columns(dynamic), checked_columns(static)
    came, other = (table.values[:, table.place(target)] for table in (moving, fixed))
    if len(came) != len(other):
        raise InputError(f"dynamic has {len(came)} rows and static {len(other)}: align them by date")
    apart = np.flatnonzero(came != other)
    if len(apart):
        k = int(apart[0])
        raise InputError(f"{target}[{k}] is {came[k]} in dynamic and {other[k]} in static: give both the same target")
    first = whole_number(start, "start", 1)
    if len(came) - first < metrics.FEWEST_LOSSES:
        raise InputError(
            f"start is {first}: {max(0, len(came) - first)} rows are left to score, leave {metrics.FEWEST_LOSSES} or "
            "more"
        )
    one, two = (
        vector_forecasts(system, start=first, order=order, max_order=max_order, criterion=criterion, every=every)
        for system in (dynamic, static)
    )
    (mean, variance), (plain, spread) = ([part[:-1] for part in found.of(target)] for found in (one, two))
    actual = came[first:]
    return VectorComparison(
        target=target,
        rows=len(actual),
        dynamic=one.columns,
        static=two.columns,
        dynamic_order=one.order,
        static_order=two.order,
        log_volatility=_contest(mean, plain, actual),
        volatility=_contest(np.exp(mean + 0.5 * variance), np.exp(plain + 0.5 * spread), np.exp(actual)),
    )


def _contest(dynamic: Array, static: Array, actual: Array) -> Contest:
    losses = np.square(static - actual), np.square(dynamic - actual)
    rmse_static, rmse_dynamic = (math.sqrt(loss.mean()) for loss in losses)
    return Contest(rmse_dynamic, rmse_static, *metrics.diebold_mariano(*losses))

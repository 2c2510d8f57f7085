"""Vector autoregressions: how columns such as return, log volatility and Hurst exponent lead each other."""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_number, shown, whole_number
from vrx.econometrics._law import Array
from vrx.econometrics._vector_columns import Columns, checked_columns
from vrx.econometrics._vector_text import autoregression_text
from vrx.errors import InputError, require

__all__ = [
    "Criterion",
    "GrangerTest",
    "ImpulseResponses",
    "OrderChoice",
    "VectorAutoregression",
    "Whiteness",
    "vector_autoregression",
]

Criterion: TypeAlias = Literal["aic", "bic", "hqic"]

SIZE = 0.05
# Beyond it a shock has half its size after a hundred rows, and tests as if nothing had a unit root are in doubt.
LONG = 0.993
WHITENESS_LAGS = 10


@dataclass(frozen=True)
class OrderChoice:
    """What three criteria say of the orders 0, 1, ... on the same rows; the less the better."""

    aic: tuple[float, ...]
    """Akaike's."""
    bic: tuple[float, ...]
    """Schwarz's."""
    hqic: tuple[float, ...]
    """Hannan and Quinn's."""

    @property
    def preferred(self) -> dict[Criterion, int]:
        """The order that each prefers, 0 where the rows before say nothing."""
        return {name: int(np.argmin(getattr(self, name))) for name in get_args(Criterion)}


@dataclass(frozen=True)
class GrangerTest:
    """Whether the past of one column helps to tell the next row of another, beside the past of all the others."""

    causing: str
    caused: str
    statistic: float
    """F, for errors of one variance."""
    p_value: float
    robust_statistic: float
    """Wald's over the order, with White's covariance: the variance of the errors may move."""
    robust_p_value: float

    @property
    def rejects(self) -> bool:
        """Whether the robust p-value is below 0.05: the past of `causing` helps."""
        return self.robust_p_value < SIZE


@dataclass(frozen=True, eq=False)
class ImpulseResponses:
    """What a shock of one standard deviation does to every column; arrays are [step, response, shock]."""

    mean: Array
    """Orthogonalised by Cholesky in the order of the columns: the shock of a column moves on the same row itself and
    the columns after it, none before it. Shape (steps + 1, columns, columns)."""
    standard_error: Array
    """Asymptotic, for normal errors of one variance (Lutkepohl 2005, proposition 3.6)."""
    low: Array
    high: Array
    confidence: float
    """Of the normal band from `low` to `high`, step by step."""

    @property
    def steps(self) -> int:
        """The last step."""
        return len(self.mean) - 1


@dataclass(frozen=True)
class Whiteness:
    """The portmanteau test of the residuals, corrected for small samples (Hosking 1980)."""

    lags: int
    statistic: float
    degrees: int
    p_value: float
    """Small where the residuals are still correlated; also where their variance clusters."""


@dataclass(frozen=True, eq=False)
class VectorAutoregression:
    """A fitted vector autoregression with a constant; ``print`` gives its tables."""

    columns: tuple[str, ...]
    rows: int
    order: int
    orders: OrderChoice
    constant: Array
    """Shape (columns,)."""
    coefficients: Array
    """``coefficients[lag - 1, i, j]`` is what column j does to column i so many rows later."""
    standard_errors: Array
    """Of the coefficients, for errors of one variance."""
    covariance: Array
    """Of the residuals, over rows less coefficients of an equation; shape (columns, columns)."""
    log_likelihood: float
    granger: tuple[GrangerTest, ...]
    """A test for each ordered pair of columns."""
    responses: ImpulseResponses
    largest_root: float
    """The largest modulus among the eigenvalues of the companion matrix: below 1, shocks die out."""
    whiteness: Whiteness
    next_row: Array = field(repr=False)
    """The mean of the row after the last, shape (columns,)."""
    notes: tuple[str, ...]
    """What is to be doubted."""

    @property
    def stable(self) -> bool:
        """Whether shocks die out."""
        return self.largest_root < 1.0

    def __str__(self) -> str:
        return autoregression_text(self)


def vector_autoregression(
    columns: Mapping[str, ArrayLike],
    *,
    order: int | None = None,
    max_order: int = 10,
    criterion: Criterion = "bic",
    steps: int = 22,
    confidence: float = 0.95,
) -> VectorAutoregression:
    """Fit a vector autoregression by least squares, and test it.

    The model, the choice of its order, F and portmanteau tests and responses are those of statsmodels.

    Parameters
    ----------
    columns
        Name to values, oldest first, each of shape (rows,); see :func:`volatility_system`. Their order is that in
        which shocks are orthogonalised.
    order
        The rows before that count; by default what `criterion` prefers, but at least 1.
    max_order
        The largest order tried.
    criterion
        ``"aic"``, ``"bic"`` or ``"hqic"``.
    steps
        The rows after a shock that responses are given of.
    confidence
        Of their bands, above 0 and below 1.

    Raises
    ------
    InputError
        Columns differ in length, hold a NaN, are constant or determine each other, or the rows are too few.
    MissingExtraError
        statsmodels is not installed; it comes with ``vrx[research]``.

    Notes
    -----
    Where volatility clusters, F tests of returns and the part of the bands that comes from the covariance are too sure;
    the robust tests take White's covariance with the factor n / (n - m) for m coefficients of an equation.

    References
    ----------
    Lutkepohl (2005), New Introduction to Multiple Time Series Analysis, chapters 3 and 4. White (1980), A
    heteroskedasticity-consistent covariance matrix estimator, Econometrica 48. Granger (1969), Investigating causal
    relations by econometric models, Econometrica 37.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> cause = rng.normal(size=4000)
    >>> effect = 0.5 * np.append(0.0, cause[:-1]) + rng.normal(size=4000)
    >>> found = vector_autoregression({"cause": cause, "effect": effect})
    >>> found.order, [(one.causing, one.rejects) for one in found.granger]
    (1, [('effect', False), ('cause', True)])
    >>> (found.coefficients[0].round(1) + 0.0).tolist()
    [[0.0, 0.0], [0.5, 0.0]]
    """
    table = checked_columns(columns)
    span = whole_number(steps, "steps", 1)
    share = real_number(confidence, "confidence", 0.0, 1.0, inside=True, noun="a share")
    lags, orders = chosen_order(table, order, max_order, criterion)
    found, count = fitted(table, lags), len(table.names)
    largest_root = 1.0 / float(np.abs(found.roots).min())
    tested = max(WHITENESS_LAGS, 2 * lags)
    white = found.test_whiteness(tested, adjusted=True)
    whiteness = Whiteness(tested, float(white.test_statistic), int(white.df), float(white.pvalue))
    return VectorAutoregression(
        columns=table.names,
        rows=len(table.values),
        order=lags,
        orders=orders,
        constant=np.array(found.params[0]),
        coefficients=found.params[1:].reshape(lags, count, count).transpose(0, 2, 1).copy(),
        standard_errors=found.stderr[1:].reshape(lags, count, count).transpose(0, 2, 1).copy(),
        covariance=np.array(found.sigma_u),
        log_likelihood=float(found.llf),
        granger=tuple(_granger(found, table.names)),
        responses=_responses(found, span, share),
        largest_root=largest_root,
        whiteness=whiteness,
        next_row=np.array(found.forecast(table.values[-lags:], 1)[0]),
        notes=tuple(_notes(orders, criterion if order is None else None, largest_root, whiteness)),
    )


def chosen_order(table: Columns, order: int | None, max_order: int, criterion: Criterion) -> tuple[int, OrderChoice]:
    """The order asked for, or what the criterion prefers of the first `max_order`; and what all criteria say."""
    if criterion not in get_args(Criterion):
        raise InputError(f"criterion is {shown(criterion)}: use 'aic', 'bic' or 'hqic'")
    most = whole_number(max_order, "max_order", 1)
    asked = None if order is None else whole_number(order, "order", 1)
    most = max(most, asked or 1)
    table.sound(most)
    tried = _model(table).select_order(most, trend="c").ics
    orders = OrderChoice(*(tuple(map(float, tried[name])) for name in get_args(Criterion)))
    return asked or max(1, orders.preferred[criterion]), orders


def fitted(table: Columns, order: int) -> Any:
    """What statsmodels makes of the columns."""
    table.sound(order)
    return _model(table).fit(order, trend="c")


def _model(table: Columns) -> Any:
    require("statsmodels", "research", "a vector autoregression")
    vector: Any = importlib.import_module("statsmodels.tsa.vector_ar.var_model")
    return vector.VAR(table.values)


def _granger(found: Any, names: tuple[str, ...]) -> Iterator[GrangerTest]:
    stats: Any = importlib.import_module("scipy.stats")
    rows, residuals, lags = np.asarray(found.endog_lagged), np.asarray(found.resid), int(found.k_ar)
    inverse = np.linalg.inv(rows.T @ rows)
    n, m = rows.shape
    for i, caused in enumerate(names):
        # White's sandwich; the factor makes up for residuals being smaller than errors.
        weighed = rows * residuals[:, i, np.newaxis]
        covariance = inverse @ (weighed.T @ weighed) @ inverse * (n / (n - m))
        for j, causing in enumerate(names):
            if i == j:
                continue
            plain = found.test_causality(i, j, kind="f")
            at = 1 + j + len(names) * np.arange(lags)
            effect = np.asarray(found.params)[at, i]
            robust = float(effect @ np.linalg.solve(covariance[np.ix_(at, at)], effect)) / lags
            p_value = float(stats.f.sf(robust, lags, n - m))
            yield GrangerTest(causing, caused, float(plain.test_statistic), float(plain.pvalue), robust, p_value)


def _responses(found: Any, steps: int, confidence: float) -> ImpulseResponses:
    stats: Any = importlib.import_module("scipy.stats")
    analysis = found.irf(steps)
    mean = np.array(analysis.orth_irfs, dtype=np.float64)
    # Entries above the diagonal are 0 on the same row by construction; rounding must not make their variance negative.
    with np.errstate(invalid="ignore"):
        error = np.nan_to_num(np.array(analysis.stderr(orth=True), dtype=np.float64))
    reach = float(stats.norm.ppf(0.5 + 0.5 * confidence)) * error
    return ImpulseResponses(mean, error, mean - reach, mean + reach, confidence)


def _notes(orders: OrderChoice, criterion: Criterion | None, root: float, white: Whiteness) -> Iterator[str]:
    if criterion is not None and orders.preferred[criterion] == 0:
        yield f"{criterion.upper()} prefers no order at all: the rows before say next to nothing"
    if criterion is not None and orders.preferred[criterion] == len(orders.aic) - 1:
        yield f"{criterion.upper()} prefers the largest order tried: raise max_order to see whether it wants more"
    if root >= 1.0:
        yield "the largest root is no less than 1: responses do not die out, difference a column or leave it out"
    elif root > LONG:
        yield "the largest root is almost 1: tests and bands, which count on less, are in doubt"
    if white.p_value < SIZE:
        yield (
            "the residuals are still correlated, or their variance clusters, which this test takes for the same: tests "
            "and bands are approximate"
        )

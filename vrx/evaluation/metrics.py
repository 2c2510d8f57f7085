"""Measures of forecast error: each a plain function of a forecast and what came.

Arguments are one-dimensional, of equal length, without gaps: ``forecast[i]`` forecasts ``actual[i]``.
Anything else is an ``InputError``. Whether they are variances, volatilities or logarithms is the caller's
choice, except for QLIKE, a loss of variances. What the data leave undefined (a correlation with a constant)
is NaN.
"""

import numpy as np
import numpy.typing as npt

from vrx._arrays import real_numbers, refuse, whole_number
from vrx.errors import InputError, require

__all__ = [
    "correlation",
    "coverage",
    "diebold_mariano",
    "directional_accuracy",
    "mae",
    "mape",
    "pinball",
    "qlike",
    "qlike_loss",
    "r_squared",
    "rmse",
]

Array = npt.NDArray[np.float64]

FEWEST_LOSSES = 10


def rmse(forecast: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Root of the mean squared error, in the units of the arguments.

    Examples
    --------
    >>> rmse([1.0, 2.0], [2.0, 9.0])  # sqrt((1 + 49) / 2)
    5.0
    """
    f, y = _aligned(forecast=forecast, actual=actual)
    return float(np.sqrt(np.mean((f - y) ** 2)))


def mae(forecast: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Mean absolute error, in the units of the arguments.

    Examples
    --------
    >>> mae([1.0, 2.0], [4.0, 6.0])
    3.5
    """
    f, y = _aligned(forecast=forecast, actual=actual)
    return float(np.mean(np.abs(f - y)))


def mape(forecast: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Mean absolute error as a share of what came; 0.1 is ten percent.

    Raises
    ------
    InputError
        Something that came is zero.

    Examples
    --------
    >>> mape([1.0, 6.0], [2.0, 4.0])
    0.5
    """
    f, y = _aligned(forecast=forecast, actual=actual)
    refuse("actual", y, y == 0, "MAPE divides by it: drop the day")
    return float(np.mean(np.abs((f - y) / y)))


def r_squared(forecast: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """One minus the squared errors over those of the mean of what came; negative when that mean does better.

    Examples
    --------
    >>> r_squared([1.0, 2.0, 4.0], [1.0, 2.0, 3.0])
    0.5
    """
    f, y = _aligned(forecast=forecast, actual=actual)
    if _constant(y):
        return float("nan")
    return float(1.0 - np.sum((f - y) ** 2) / np.sum((y - y.mean()) ** 2))


def correlation(forecast: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Pearson correlation.

    Examples
    --------
    >>> correlation([0.0, 1.0, 2.0], [10.0, 30.0, 20.0])
    0.5
    """
    f, y = _aligned(forecast=forecast, actual=actual)
    if _constant(f) or _constant(y):
        return float("nan")
    f, y = f - f.mean(), y - y.mean()
    return float(np.sum(f * y) / np.sqrt(np.sum(f * f) * np.sum(y * y)))


def directional_accuracy(forecast: npt.ArrayLike, actual: npt.ArrayLike, last: npt.ArrayLike) -> float:
    """Share of days whose change from the last known value has the forecast sign.

    A forecast of no change, such as a random walk's, is right only where nothing changed.

    Parameters
    ----------
    forecast, actual
        What was forecast and what came.
    last
        The value known when the forecast was made.

    Examples
    --------
    >>> directional_accuracy([2.0, 0.5], [1.5, 1.2], [1.0, 1.0])  # up was right, down was wrong
    0.5
    """
    f, y, before = _aligned(forecast=forecast, actual=actual, last=last)
    return float(np.mean(np.sign(f - before) == np.sign(y - before)))


def qlike_loss(forecast: npt.ArrayLike, actual: npt.ArrayLike) -> Array:
    """QLIKE of every forecast of a variance: ``y / f - log(y / f) - 1``, zero when it is exact.

    It is free of units and, as few losses do, ranks forecasts alike whether ``actual`` is the true variance
    or an unbiased measure of it (Patton 2011, Journal of Econometrics 160, 246-256).

    Raises
    ------
    InputError
        A forecast, or a variance that came, is not positive.

    Examples
    --------
    >>> qlike_loss([1.0, 1.0], [1.0, 2.0]).round(9).tolist()  # 0 and 1 - log 2
    [0.0, 0.306852819]
    """
    f, y = _aligned(forecast=forecast, actual=actual)
    refuse("forecast", f, f <= 0, "QLIKE needs positive variances: floor the forecast")
    refuse("actual", y, y <= 0, "QLIKE is infinite there: floor the measure or drop the day")
    ratio = y / f
    return np.asarray(ratio - np.log(ratio) - 1.0)


def qlike(forecast: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Mean of :func:`qlike_loss`.

    Examples
    --------
    >>> round(qlike([1.0, 1.0], [1.0, 2.0]), 9)
    0.15342641
    """
    return float(np.mean(qlike_loss(forecast, actual)))


def pinball(actual: npt.ArrayLike, quantile_forecasts: npt.ArrayLike, levels: npt.ArrayLike) -> Array:
    """Mean pinball (quantile) loss at every level.

    Parameters
    ----------
    actual
        What came: shape (n,).
    quantile_forecasts
        Its forecast quantiles: shape (n, levels).
    levels
        Their probabilities, inside (0, 1): shape (levels,).

    Returns
    -------
    ndarray of shape (levels,)

    Examples
    --------
    >>> pinball([1.0, 3.0], [[2.0], [2.0]], [0.75]).tolist()  # (0.25 * 1 + 0.75 * 1) / 2
    [0.5]
    """
    y, q = _quantiles(actual, quantile_forecasts)
    p = _finite("levels", levels, dimensions=1)
    if p.shape != q.shape[1:]:
        raise InputError(f"levels has {p.size} entries for {q.shape[1]} quantiles: give one level a column")
    refuse("levels", p, (p <= 0) | (p >= 1), "a level is a probability: give values inside (0, 1)")
    error = y[:, None] - q
    return np.asarray(np.mean(np.maximum(p * error, (p - 1.0) * error), axis=0))


def coverage(actual: npt.ArrayLike, quantile_forecasts: npt.ArrayLike) -> Array:
    """Share of days that came at or below every forecast quantile; calibrated forecasts give their levels.

    Parameters
    ----------
    actual
        What came: shape (n,).
    quantile_forecasts
        Its forecast quantiles: shape (n, levels).

    Returns
    -------
    ndarray of shape (levels,)

    Examples
    --------
    >>> coverage([1.0, 2.0], [[1.0, 3.0], [1.0, 3.0]]).tolist()
    [0.5, 1.0]
    """
    y, q = _quantiles(actual, quantile_forecasts)
    return np.asarray(np.mean(y[:, None] <= q, axis=0))


def diebold_mariano(loss_a: npt.ArrayLike, loss_b: npt.ArrayLike, horizon: int = 1) -> tuple[float, float]:
    """Test that two forecasts lose equally on average; needs ``vrx[research]``.

    The test of Diebold and Mariano (1995) as statsmodels computes it: Newey-West variance with
    ``max(horizon - 1, ceil(n ** (1 / 3)))`` lags, the small-sample correction of Harvey, Leybourne and
    Newbold (1997), and Student's t with n - 1 degrees of freedom.

    Parameters
    ----------
    loss_a, loss_b
        The losses of two forecasts of the same days in order of time, such as those of :func:`qlike_loss`.
    horizon
        Days that a forecast spans: neighbouring losses overlap by ``horizon - 1``.

    Returns
    -------
    statistic
        Positive where the first forecast loses more.
    p_value
        Two-sided. Identical losses give a statistic of 0 and a p-value of 1.

    Raises
    ------
    InputError
        Fewer than 10 losses, no more losses than ``horizon``, or losses that differ by a constant.
    MissingExtraError
        statsmodels is not installed.

    Examples
    --------
    >>> losses = [0.0, 1.0] * 20
    >>> diebold_mariano(losses, losses)
    (0.0, 1.0)
    """
    a, b = _aligned(loss_a=loss_a, loss_b=loss_b)
    fewest = max(FEWEST_LOSSES, whole_number(horizon, "horizon", 1) + 1)
    if a.size < fewest:
        raise InputError(f"loss_a has {a.size} rows, a test at horizon {horizon} needs {fewest}: score more days")
    # Imported before any shortcut: whether the extra is needed must not depend on the numbers.
    tools = require("statsmodels.tsa.stattools", "research", "a Diebold-Mariano test")
    if np.array_equal(a, b):
        return 0.0, 1.0
    if _constant(a - b):
        raise InputError("loss_a minus loss_b is constant, which leaves no variance to test by: compare other losses")
    result = tools.diebold_mariano_test(
        np.zeros_like(a), a, b, criterion=lambda _, loss: loss, harvey_adj=True, horizon=int(horizon)
    )
    return float(result.statistic), float(result.pvalue)


def _finite(name: str, values: npt.ArrayLike, dimensions: int) -> Array:
    array = real_numbers(values, name)
    if array.ndim != dimensions or array.size == 0:
        raise InputError(f"{name} has shape {array.shape}: give {dimensions} dimension(s) with at least one value")
    refuse(name, array, ~np.isfinite(array), "fill it or drop the day")
    return array


def _aligned(**arrays: npt.ArrayLike) -> list[Array]:
    """Check arrays of one dimension and one length."""
    checked = {name: _finite(name, values, dimensions=1) for name, values in arrays.items()}
    (first, reference), *rest = checked.items()
    for name, array in rest:
        if array.size != reference.size:
            raise InputError(f"{first} has {reference.size} rows and {name} {array.size}: align them by date")
    return list(checked.values())


def _quantiles(actual: npt.ArrayLike, quantile_forecasts: npt.ArrayLike) -> tuple[Array, Array]:
    y = _finite("actual", actual, dimensions=1)
    q = _finite("quantile_forecasts", quantile_forecasts, dimensions=2)
    if len(q) != y.size:
        raise InputError(f"actual has {y.size} rows and quantile_forecasts {len(q)}: align them by date")
    return y, q


def _constant(values: Array) -> bool:
    # Not by the variance: the mean of equal numbers may round away from them.
    return bool(np.ptp(values) <= 1e-14 * np.max(np.abs(values)))

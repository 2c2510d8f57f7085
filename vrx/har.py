"""The heterogeneous autoregression (HAR) of Corsi (2009): variance on its daily, weekly and monthly means.

With ``x`` the daily variance, or its logarithm, the model of horizon ``h`` is::

    y_t = b0 + b1 x_t + b2 mean(x_t .. x_{t-4}) + b3 mean(x_t .. x_{t-21}) + e_t

where ``y_t`` is the mean variance of the days ``t+1 .. t+h`` (or the logarithm of that mean). Row ``t`` of
everything in this module is what is known, or forecast, at the end of day ``t``.

References
----------
Corsi, F. (2009). A simple approximate long-memory model of realized volatility. Journal of Financial
Econometrics 7(2), 174-196.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vrx._arrays import real_numbers, refuse, whole_number
from vrx._moments import FEWEST, Moments, least_squares, moments, window_moments
from vrx.errors import InputError

__all__ = ["HarFit", "expanding", "features", "fit", "rolling", "target"]

Array = npt.NDArray[np.float64]

MONTH = 22


@dataclass(frozen=True, slots=True, eq=False)
class HarFit:
    """A fitted heterogeneous autoregression."""

    coefficients: Array
    """Intercept, and the slopes on today's, the 5-day and the 22-day mean: shape (4,)."""
    residual_variance: float
    """Sum of squared residuals over ``observations - 4``; of logs when ``log``."""
    r_squared: float
    """Share of the target's variation explained in sample; of logs when ``log``."""
    observations: int
    """Pairs of regressors and target that entered the fit."""
    horizon: int
    """Days that the target averages."""
    log: bool
    """Whether regressors and target are logarithms."""
    floor: float
    """The smallest positive variance seen by the fit, decimal per day."""

    def predict(self, variance: npt.ArrayLike) -> Array:
        """Forecast the mean variance of the next ``horizon`` days from every row.

        A log fit answers ``exp(mu + residual_variance / 2)``, the mean of a log-normal. A fit on levels can
        run below zero, so it never answers less than ``floor``: the lower end of the "insanity filter" of
        Swanson and White (1995).

        Parameters
        ----------
        variance
            Daily variances, oldest first: shape (n,).

        Returns
        -------
        ndarray of shape (n,)
            Forecast at the end of each day; NaN where fewer than 22 days, or a NaN among them, are known.
        """
        design = features(variance, log=self.log)
        return _forecast(design, self.coefficients, self.residual_variance, self.floor, self.log)


def features(variance: npt.ArrayLike, *, log: bool) -> Array:
    """Lay out the regressors known at the end of each day.

    Parameters
    ----------
    variance
        Daily variances, decimal, oldest first: shape (n,). NaN marks a missing day.
    log
        Average logarithms instead of variances.

    Returns
    -------
    ndarray of shape (n, 4)
        One, today's value, its 5-day and its 22-day mean; NaN rows where fewer than 22 days, or a NaN among
        them, are known.

    Raises
    ------
    InputError
        The series is empty, not one-dimensional, or holds a negative or infinite value, or a zero in logs.

    Examples
    --------
    >>> features(range(1, 24), log=False)[-2:].tolist()
    [[1.0, 22.0, 20.0, 11.5], [1.0, 23.0, 21.0, 12.5]]
    """
    values = _checked(variance, log)
    if log:
        values = np.log(values)
    design = np.full((values.size, 4), np.nan)
    month = _moving_sum(values, MONTH) / MONTH
    if month.size:
        week = _moving_sum(values, 5)[-month.size :] / 5
        known = np.column_stack([np.ones_like(month), values[-month.size :], week, month])
        design[MONTH - 1 :] = np.where(np.isnan(month)[:, None], np.nan, known)
    return design


def target(variance: npt.ArrayLike, horizon: int, *, log: bool) -> Array:
    """Average the variance of the days that follow.

    Parameters
    ----------
    variance
        Daily variances, decimal, oldest first: shape (n,). NaN marks a missing day.
    horizon
        Days to average.
    log
        Answer the logarithm of the mean.

    Returns
    -------
    ndarray of shape (n,)
        Row t holds the mean of rows t+1 .. t+horizon; NaN where one of them is missing or still to come.

    Raises
    ------
    InputError
        As for :func:`features`, or ``horizon`` is not a positive integer.

    Examples
    --------
    >>> target([1.0, 2.0, 4.0, 6.0], 2, log=False).tolist()
    [3.0, 5.0, nan, nan]
    """
    values = _checked(variance, log)
    horizon = whole_number(horizon, "horizon", 1)
    answer = np.full(values.size, np.nan)
    if values.size > horizon:
        answer[: values.size - horizon] = _moving_sum(values[1:], horizon) / horizon
    return np.log(answer) if log else answer


def fit(variance: npt.ArrayLike, horizon: int = 1, *, log: bool = True, outcome: npt.ArrayLike | None = None) -> HarFit:
    """Fit the heterogeneous autoregression by least squares on a whole series.

    Parameters
    ----------
    variance
        Daily variances, decimal, oldest first: shape (n,). Pairs that touch a NaN are left out.
    horizon
        Days that the target averages.
    log
        Fit logarithms; needs positive variances.
    outcome
        The daily variances to forecast, of the same shape, where they are not `variance` itself: a finer measure of the
        same days that only the past of a fit has to know.

    Raises
    ------
    InputError
        As for :func:`target`; or there are fewer than 14 usable pairs; or the regressors are collinear.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=123)
    >>> fitted = fit(1e-4 * np.exp(noise))
    >>> fitted.observations, fitted.coefficients.shape
    (101, (4,))
    """
    came, _, rows, usable = _prepared(variance, horizon, log, outcome)
    observations = int(usable.sum())
    if observations < FEWEST:
        raise InputError(
            f"variance has {usable.size} rows and {observations} usable pairs for horizon {horizon}, "
            f"a fit needs {FEWEST}: give at least {MONTH + horizon + FEWEST - 1} days without gaps"
        )
    count, mean, scatter = (moment[-1:] for moment in moments(rows, usable))
    coefficients, residual_variance, r_squared = least_squares(count, mean, scatter)
    if np.isnan(coefficients).any():
        raise InputError("variance is constant or periodic, so its means are collinear: give a series that varies")
    coefficients.setflags(write=False)
    return HarFit(
        coefficients=coefficients[0],
        residual_variance=float(residual_variance[0]),
        r_squared=float(r_squared[0]),
        observations=observations,
        horizon=int(horizon),
        log=log,
        floor=float(np.fmin.reduce(_positive(came))),
    )


def expanding(
    variance: npt.ArrayLike,
    horizon: int = 1,
    *,
    log: bool = True,
    start: int = 252,
    outcome: npt.ArrayLike | None = None,
    median: bool = False,
) -> Array:
    """Forecast at every day by a fit on everything known that day.

    Day t fits the pairs whose target ended by t: the forecast is that of ``fit(variance[:t + 1])``.

    Parameters
    ----------
    variance
        Daily variances, decimal, oldest first: shape (n,). Pairs that touch a NaN are left out.
    horizon
        Days that the forecast averages.
    log
        Fit logarithms; needs positive variances.
    start
        First row that gets a forecast. Rows with fewer than 14 known pairs get none in any case.
    outcome
        The daily variances to forecast, of the same shape, where they are not `variance` itself: a finer measure of the
        same days that only the past of a fit has to know.
    median
        With `log`, answer ``exp(mu)``, the median of the log-normal, whose logarithm is the mean that squared error in
        logs asks for, instead of the mean ``exp(mu + residual_variance / 2)``.

    Returns
    -------
    ndarray of shape (n,)
        Mean variance forecast for the days t+1 .. t+horizon; NaN where there is none, which includes the days
        whose known regressors are collinear (a constant or periodic series).

    Raises
    ------
    InputError
        As for :func:`target`, or ``start`` is not a whole number.

    Examples
    --------
    >>> variance = np.exp(np.random.default_rng(0).normal(size=300))
    >>> forecast = expanding(variance)
    >>> int(np.isnan(forecast).sum())
    252
    >>> bool(np.isclose(forecast[-1], fit(variance).predict(variance)[-1]))
    True
    """
    start = whole_number(start, "start", 0)
    came, design, rows, usable = _prepared(variance, horizon, log, outcome)
    floor = np.fmin.accumulate(_positive(came))
    answer = _walk(design, moments(rows, usable), floor, horizon, log, half=0.0 if median else 0.5)
    answer[:start] = np.nan
    return answer


def rolling(variance: npt.ArrayLike, horizon: int = 1, *, window: int, log: bool = True) -> Array:
    """Forecast at every day by a fit on the latest pairs known that day.

    Day t fits the ``window`` latest pairs whose target ended by t: the forecast is that of
    ``fit(variance[t + 1 - window - horizon - 21 : t + 1])``.

    Parameters
    ----------
    variance
        Daily variances, decimal, oldest first: shape (n,). Pairs that touch a NaN are left out, and
        no older ones take their place.
    horizon
        Days that the forecast averages.
    window
        Pairs in a fit, at least 14.
    log
        Fit logarithms; needs positive variances.

    Returns
    -------
    ndarray of shape (n,)
        As :func:`expanding`; the first row is the first whose window is full.

    Raises
    ------
    InputError
        As for :func:`target`, or ``window`` is under 14.

    Examples
    --------
    >>> variance = np.exp(np.random.default_rng(0).normal(size=300))
    >>> forecast = rolling(variance, window=100)
    >>> int(np.isnan(forecast).sum())  # 21 days for the first regressors, 100 pairs
    121
    """
    window = whole_number(window, "window", FEWEST)
    values, design, rows, usable = _prepared(variance, horizon, log)
    span = window + horizon + MONTH - 1
    if span > values.size:
        return np.full(values.size, np.nan)
    padded = np.concatenate([np.full(span - 1, np.nan), _positive(values)])
    floor = np.fmin.reduce(np.lib.stride_tricks.sliding_window_view(padded, span), axis=1)
    answer = _walk(design, window_moments(rows, usable, window), floor, horizon, log)
    answer[: span - 1] = np.nan
    return answer


def _checked(variance: npt.ArrayLike, log: bool) -> Array:
    values = real_numbers(variance, "variance")
    if values.ndim != 1 or values.size == 0:
        raise InputError(f"variance has shape {values.shape}: give one series of shape (n,), n at least 1")
    rule = f"it must be {'positive' if log else 'non-negative'} with log={log}"
    refuse("variance", values, (values < 0) | np.isinf(values), f"{rule}: correct or drop the day")
    refuse("variance", values, (values == 0) & log, f"{rule}: floor the measure or drop the day")
    return values


def _moving_sum(values: Array, length: int) -> Array:
    # Term by term: a running sum would carry one NaN, or the rounding of one spike, to the end of the series.
    total = np.zeros(max(values.size - length + 1, 0))
    for lag in range(length):
        total += values[lag : lag + total.size]
    return total


def _positive(values: Array) -> Array:
    return np.where(values > 0, values, np.nan)


def _prepared(
    variance: npt.ArrayLike, horizon: int, log: bool, outcome: npt.ArrayLike | None = None
) -> tuple[Array, Array, Array, npt.NDArray[np.bool_]]:
    """Answer the checked outcome, the regressors, and the pairs to fit (slopes, then target) with a mask."""
    values = _checked(variance, log)
    came = values if outcome is None else _checked(outcome, log)
    if came.size != values.size:
        raise InputError(f"outcome has {came.size} days and variance {values.size}: give the same days")
    design = features(values, log=log)
    rows = np.column_stack([design[:, 1:], target(came, horizon, log=log)])
    return came, design, rows, np.asarray(np.isfinite(rows).all(axis=1))


def _walk(design: Array, known: Moments, floor: Array, horizon: int, log: bool, half: float = 0.5) -> Array:
    """Forecast at every origin t by the pairs up to t - horizon: those whose target has ended."""
    answer = np.full(len(design), np.nan)
    origins = max(len(design) - horizon, 0)
    count, mean, scatter = (moment[:origins] for moment in known)
    coefficients, residual_variance, _ = least_squares(count, mean, scatter)
    answer[horizon:] = _forecast(design[horizon:], coefficients, residual_variance, floor[horizon:], log, half)
    return answer


def _forecast(
    design: Array,
    coefficients: Array,
    residual_variance: Array | float,
    floor: Array | float,
    log: bool,
    half: float = 0.5,
) -> Array:
    mean: Array = (design * coefficients).sum(axis=1)
    if not log:
        return np.asarray(np.maximum(mean, floor))
    # A fit on few days may extrapolate beyond the largest number; infinity then says so.
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(mean + half * residual_variance))

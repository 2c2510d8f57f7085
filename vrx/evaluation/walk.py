"""Walk-forward on one series: what is to be forecast at the end of every day, and what the baselines say of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from vrx import har, rolling
from vrx._arrays import whole_number
from vrx.errors import InputError
from vrx.evaluation._baselines import baselines, past_mean, positive
from vrx.evaluation._forecasts import Array, Forecasts
from vrx.evaluation.split import Cuts, cut, origins
from vrx.measures import daily_variance
from vrx.series import Bars

__all__ = ["BASELINES", "PROTOCOLS", "Array", "Forecasts", "Protocol", "Task", "baselines_of", "centred", "returns_of"]

Protocol: TypeAlias = Literal["next-day", "rolling"]
LARGEST = 999
PROTOCOLS: tuple[Protocol, ...] = ("next-day", "rolling")
BASELINES: Mapping[Protocol, tuple[str, ...]] = {
    "next-day": ("random-walk", "ewma", "har", "log-har"),
    "rolling": ("random-walk", "ewma", "har", "log-har", "overlap"),
}


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be forecast on the days of a series.

    Parameters
    ----------
    bars
        Daily bars with dates.
    protocol
        ``"next-day"``: the mean variance of the next `horizon` days, by the best measure that the columns allow.
        ``"rolling"``: the sample variance of the last `window` returns, as it will be tomorrow.
    horizon
        Days ahead; 1 with rolling windows.
    window
        Returns in a rolling window; of no account for the next day.
    at
        Where train and validation part end; by default after half and three quarters of the rows.

    Raises
    ------
    InputError
        The series has no dates or no days in the test part, or a number is out of range.

    Examples
    --------
    >>> close = 100.0 * np.exp(0.01 * np.random.default_rng(0).normal(size=400).cumsum())
    >>> days = np.arange("2020-01-01", "2021-02-04", dtype="M8[D]")
    >>> task = Task(Bars({"close": close}, days, "toy", 365, ()))
    >>> task.measure, len(task.rows), str(task.target_days[0])
    ('close_to_close', 100, '2020-10-27')
    """

    bars: Bars
    protocol: Protocol = "next-day"
    horizon: int = 1
    window: int = 22
    at: Cuts | None = None

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise InputError(f"protocol is {self.protocol!r}: take one of {', '.join(PROTOCOLS)}")
        whole_number(self.horizon, "horizon", 1)
        if self.is_rolling and self.horizon != 1:
            raise InputError(f"horizon is {self.horizon}: a rolling window is forecast one day ahead, leave it at 1")
        if whole_number(self.window, "window", 2) > LARGEST:
            raise InputError(f"window is {self.window}: use 2 to {LARGEST} returns")
        if not len(self.rows):
            raise InputError(
                f"{self.bars.name}: no day of the test part, after {self.cuts.validation_end}, {self._lack}"
            )

    @property
    def _lack(self) -> str:
        """What no day of the test part has, and what helps."""
        if not len(self.test_rows):
            days = "a day" if self.horizon == 1 else f"{self.horizon} days"
            return f"has {days} after it: give a longer history, or end train and validation earlier"
        if np.isfinite(self.actual[self.test_rows]).any():
            return "moved at all: give a series that does"
        if self.is_rolling:
            return f"has {self.window} returns before it: give a longer history, or a shorter window"
        return "has a measure of variance after it: give more days"

    @property
    def is_rolling(self) -> bool:
        """Whether windows of returns are forecast."""
        return self.protocol == "rolling"

    @property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """The days, shape (n,)."""
        if self.bars.dates is None:
            raise InputError(f"{self.bars.name}: has no dates, and parts are cut by date: give a date column")
        return self.bars.dates

    @cached_property
    def cuts(self) -> Cuts:
        """The last day of the train and of the validation part."""
        return cut(self.dates) if self.at is None else self.at

    @cached_property
    def measure(self) -> str:
        """The measure of a day's variance, by the names of :func:`vrx.measures.daily_variance`."""
        return "close_to_close" if self.is_rolling else daily_variance(self.bars)[0]

    @property
    def squared_returns(self) -> bool:
        """Whether what comes is made of squared daily returns, which on some days are next to nothing."""
        return self.measure == "close_to_close" and not self.is_rolling

    @cached_property
    def variance(self) -> Array:
        """The variance that each day shows at its end, shape (n,)."""
        if self.is_rolling:
            return _of_windows(returns_of(self.bars), self.window)
        return daily_variance(self.bars, self.measure)[1]

    @cached_property
    def actual(self) -> Array:
        """The variance that came after each day, shape (n,)."""
        return har.target(self.variance, self.horizon, log=False)

    @cached_property
    def test_rows(self) -> npt.NDArray[np.int64]:
        """The rows of the test part: the last days known when its days are forecast."""
        return origins(self.dates, self.cuts, "test", furthest=self.horizon)

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """Those of them after which something moved: a variance of 0 has no log, and no model can be scored on it."""
        return np.asarray(self.test_rows[self.actual[self.test_rows] > 0.0])

    @property
    def target_days(self) -> npt.NDArray[np.datetime64]:
        """The last day that each of `rows` forecasts."""
        return np.asarray(self.dates[self.rows + self.horizon])

    @property
    def known_rows(self) -> int:
        """Rows up to the end of the validation part."""
        return int(np.searchsorted(self.dates, self.cuts.validation_end, side="right"))

    @property
    def target(self) -> str:
        """In words."""
        if self.is_rolling:
            kind = "close-to-close returns" if "close" in self.bars else "returns"
            return f"tomorrow's sample variance of the last {self.window} {kind}"
        ahead = "the next day" if self.horizon == 1 else f"the next {self.horizon} days, their mean"
        shown = "garman_klass + overnight" if self.measure == "garman_klass" else self.measure
        return f"variance of {ahead} ({shown})"


def centred(found: Forecasts, task: Task) -> Forecasts:
    """Give a model that knows the mean variance alone a mean log variance, from its own past errors.

    The log of a mean lies above the mean of the log. What lies between is the mean of the log errors that the model has
    made from its first forecast on, each counted once its last day is over; none so far leave the log as it is.

    Examples
    --------
    >>> close = 100.0 * np.exp(0.01 * np.random.default_rng(0).normal(size=400).cumsum())
    >>> task = Task(Bars({"close": close}, np.arange("2020-01-01", "2021-02-04", dtype="M8[D]"), "toy", 365, ()))
    >>> flat = centred(Forecasts(np.full(400, 1e-4)), task)
    >>> bool(np.isclose(flat.log_variance[-1], np.log(task.variance[1:]).mean()))
    True
    """
    if not found.mean_alone:
        return found
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.log(task.actual) - found.log_variance
    return Forecasts(found.variance, found.log_variance + past_mean(errors, task.horizon))


def returns_of(bars: Bars) -> Array:
    """The log return of each day, shape (n,); NaN on the first, where closes show it.

    Raises
    ------
    InputError
        There are neither closes nor returns.
    """
    if "close" in bars:
        return np.append(np.nan, np.diff(np.log(bars["close"])))
    if "return" in bars:
        return bars["return"]
    raise InputError(f"{bars.name}: no close and no return among {', '.join(bars.columns)}: give one of them")


def _of_windows(returns: Array, window: int) -> Array:
    """The sample variance of the last `window` returns, shape (n,): :func:`vrx.rolling.rolling_variance` of returns."""
    out = np.full(len(returns), np.nan)
    if len(returns) >= window:
        out[window - 1 :] = np.lib.stride_tricks.sliding_window_view(returns, window).var(axis=1, ddof=1)
    return out


def baselines_of(task: Task) -> dict[str, Forecasts]:
    """Forecast by the baselines, each from what was known at the end of every day.

    Returns
    -------
    dict
        ``"random-walk"``, ``"ewma"``, ``"har"`` and ``"log-har"`` of :func:`vrx.evaluation.baselines`, the last two
        refitted every day; with rolling windows also ``"overlap"`` (:mod:`vrx.rolling`), fitted once, to the days up to
        the end of the validation part.

    Raises
    ------
    InputError
        The days before the test part are too few for a fit.

    Examples
    --------
    >>> close = 100.0 * np.exp(0.01 * np.random.default_rng(0).normal(size=400).cumsum())
    >>> days = np.arange("2020-01-01", "2021-02-04", dtype="M8[D]")
    >>> forecasts = baselines_of(Task(Bars({"close": close}, days, "toy", 365, ()), "rolling"))
    >>> list(forecasts)
    ['random-walk', 'ewma', 'har', 'log-har', 'overlap']
    """
    shown = positive(task.variance)
    forecasts = {name: Forecasts(found[:, 0]) for name, found in baselines(shown, [task.horizon]).items()}
    median = har.expanding(shown, task.horizon, log=True, median=True)
    forecasts["log-har"] = Forecasts(forecasts["log-har"].variance, np.log(median))
    if task.is_rolling:
        returns = returns_of(task.bars)
        try:
            found = rolling.fit(returns[: task.known_rows], task.window).predict(returns)
        except InputError as error:
            raise InputError(
                f"overlap is fitted to the days up to {task.cuts.validation_end}: {error}: let train and validation "
                "end later, or give a longer history"
            ) from None
        forecasts["overlap"] = Forecasts(found.variance, found.log_variance)
    return forecasts

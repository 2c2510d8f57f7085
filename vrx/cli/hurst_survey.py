"""What ``vrx hurst`` asks of a series: its values, and every method's answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vrx.errors import InputError
from vrx.hurst import METHODS, Estimate, Estimator
from vrx.measures import daily_variance
from vrx.series import Bars

__all__ = ["Of", "Row", "Sample", "called", "estimators", "one_estimator", "sample", "survey"]

Array: TypeAlias = NDArray[np.float64]
Of: TypeAlias = Literal["log-volatility", "returns"]
Means: TypeAlias = Literal["asymptotic", "bootstrap"]

# A price that moves by less than a millionth in a day stood still: the rest is the rounding of its digits.
STILL = 1e-12
# Where more days than these stand still, the gaps that they leave are part of what would be measured.
MOST_STILL = 0.05


@dataclass(frozen=True, eq=False)
class Sample:
    """The values whose exponent is wanted."""

    series: str
    of: Of
    kind: Literal["noise", "motion"]
    measure: str
    """What a day's volatility or return was read from, such as garman_klass."""
    values: Array
    days: tuple[str, ...]
    """The date of each value, or its position in a series without dates."""
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        """What is estimated."""
        return f"{self.series}: Hurst exponent of {self.of.replace('-', ' ')} ({self.measure})"


@dataclass(frozen=True, eq=False)
class Row:
    """One method's answer, or why there is none."""

    method: str
    noise: bool
    """Whether it allows for the measurement error of every value."""
    estimate: Estimate | None
    trouble: str | None = None

    @property
    def name(self) -> str:
        """What the row is called in a table."""
        return called(self.method, self.noise)

    @property
    def known(self) -> Estimate | None:
        """The answer, if it is a number with an interval."""
        answer = self.estimate
        return None if answer is None or np.isnan([answer.h, answer.low, answer.high]).any() else answer

    @property
    def noise_variance(self) -> float | None:
        """The variance of the measurement error of each value, where the method estimates it."""
        found = getattr(self.estimate, "noise_variance", None)
        return None if found is None else float(found)


def called(method: str, noise: bool) -> str:
    """What a method is called in words, with or without its allowance for measurement error."""
    return f"{method}, with noise" if noise else method


def sample(bars: Bars, of: Of) -> Sample:
    """Read the values off the bars: log volatility, a motion, or log returns, a noise.

    Days that stand still have no log volatility. A few of them are left out, as a holiday is, and a note says so.

    Raises
    ------
    InputError
        The columns show no returns, the price never moves, or it stands still on many days.

    Examples
    --------
    >>> from vrx.series import read
    >>> sample(read([100.0, 101.0, 99.0]), "returns").values.round(4).tolist()
    [0.01, -0.02]
    """
    days = tuple(map(str, range(len(bars)) if bars.dates is None else bars.dates))
    if of == "returns":
        return _returns(bars, days)
    measure, variance = daily_variance(bars)
    known = ~np.isnan(variance)
    moving = known & (variance >= STILL)
    still = np.flatnonzero(known & ~moving)
    if len(still) and not moving.any():
        raise InputError(f"{bars.name}: the price never moves, so its volatility has no logarithm: give another series")
    if len(still) > MOST_STILL * known.sum():
        raise InputError(
            f"{bars.name}: {len(still)} of {known.sum()} days stand still, first {days[still[0]]} ({measure} "
            f"{variance[still[0]]:.3g}), and log(0) does not exist: give open, high, low and close or a variance "
            "column, or take --of returns"
        )
    return Sample(
        series=bars.name,
        of=of,
        kind="motion",
        measure=measure,
        values=np.ascontiguousarray(0.5 * np.log(variance[moving])),
        days=tuple(np.array(days)[moving].tolist()),
        notes=(*bars.notes, *_left_out(len(still), [days[i] for i in still[:3]]), *_coarse(measure)),
    )


def _returns(bars: Bars, days: tuple[str, ...]) -> Sample:
    if "close" in bars:
        measure, values, days = "close", np.diff(np.log(bars["close"])), days[1:]
    elif "return" in bars:
        measure, values = "return", np.array(bars["return"])
    else:
        raise InputError(
            f"{bars.name}: no returns in {', '.join(bars.columns)}: name the closes, as in --column y=close"
        )
    if len(values) and not values.any():
        raise InputError(f"{bars.name}: the price never moves, so there is nothing to estimate: give another series")
    return Sample(bars.name, "returns", "noise", measure, values, days, bars.notes)


def _left_out(count: int, first: Sequence[str]) -> Iterator[str]:
    if count:
        shown = ", ".join(first) + (", ..." if count > len(first) else "")
        yield f"left out {count} day{'s' if count > 1 else ''} without movement, as log(0) does not exist: {shown}"


def _coarse(measure: str) -> Iterator[str]:
    if measure == "close_to_close":
        yield (
            "squared returns say little of a day's variance, which roughens their log: believe the row with noise, "
            "or give open, high, low and close"
        )


def estimators(of: Of, methods: Sequence[str] | None = None, noise: bool | None = None) -> list[Estimator]:
    """The estimators to ask, in the order of `METHODS`.

    Parameters
    ----------
    of
        What the values are.
    methods
        The names of some methods; all of them if empty or None.
    noise
        Whether the methods that can allow for measurement error are asked once more with it; None does so for
        log volatility.

    Raises
    ------
    InputError
        A method is unknown, or none of them can allow for measurement error.

    Examples
    --------
    >>> [estimator.method for estimator in estimators("returns", ["wavelet"])]
    ['wavelet']
    """
    for name in methods or ():
        if name not in METHODS:
            raise InputError(f"--method {name}: there is no such method: take one of {', '.join(METHODS)}")
    chosen: list[Any] = [method for name, method in METHODS.items() if not methods or name in methods]
    able = [method for method in chosen if "noise" in {field.name for field in fields(method)}]
    if noise and not able:
        raise InputError("--noise: none of the methods can allow for measurement error: add --method exact")
    again = able if noise or (noise is None and of == "log-volatility") else ()
    kind = "motion" if of == "log-volatility" else "noise"
    return [
        method(kind=kind, **options)
        for method in chosen
        for options in ({}, {"noise": True})
        if not options or method in again
    ]


def one_estimator(of: Of, methods: Sequence[str] | None, noise: bool) -> Estimator:
    """The estimator of a rolling exponent: the method that is named, or exact."""
    if methods and len(set(methods)) > 1:
        raise InputError(f"--rolling: takes one method, not {', '.join(methods)}: name one --method")
    return estimators(of, methods or ["exact"], noise)[-1]


def survey(
    what: Sample,
    asked: Sequence[Estimator],
    *,
    interval: Means = "asymptotic",
    confidence: float = 0.95,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> list[Row]:
    """Ask every estimator; a method without coefficients to resample keeps its asymptotic interval.

    Raises
    ------
    InputError
        No method finds an exponent, or none has coefficients to resample where that is asked for.
    """
    if interval == "bootstrap" and not any(estimator.bootstraps for estimator in asked):
        names = ", ".join(dict.fromkeys(estimator.method for estimator in asked))
        raise InputError(f"--ci bootstrap: there is nothing to resample in {names}: add --method exact")
    rows = []
    for done, estimator in enumerate(asked, start=1):
        noise = bool(getattr(estimator, "noise", False))
        means: Means = interval if estimator.bootstraps else "asymptotic"
        try:
            answer = estimator.fit(what.values, interval=means, confidence=confidence, seed=seed)
            rows.append(Row(estimator.method, noise, answer))
        except InputError as error:
            rows.append(Row(estimator.method, noise, None, str(error)))
        progress(done / len(asked))
    if all(row.estimate is None or np.isnan(row.estimate.h) for row in rows):
        why = rows[0].trouble or "no method finds an exponent, as in a constant: give another series"
        raise InputError(f"{what.series}: {what.of} of {len(what.values)} days: {why}")
    return rows

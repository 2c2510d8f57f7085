"""What rescaled range, detrended fluctuation and variogram share: a line through logarithms across scales."""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from vrx._arrays import whole_number
from vrx._ext import scaling as kernels
from vrx.errors import InputError
from vrx.hurst._estimator import Array, Bootstrap, Estimator, Interval, Line
from vrx.hurst._spread import spread

__all__ = ["Plan", "Scaling", "ladder", "rising", "true_or_false"]


@dataclass(frozen=True, eq=False)
class Plan:
    """The scales of a window, and how an exponent is read from what is measured at each."""

    scales: NDArray[np.intp]
    precisions: Array
    """The weight of each scale in the least squares, up to a factor."""
    powers: Array
    """What is measured grows as ``scale ** (power * H)``, one power or several, each measured at every scale."""
    log_factors: Array
    """The logarithm of what the root of a measured value is divided by, so that what is left grows as scale ** H."""

    @cached_property
    def log_scales(self) -> Array:
        """The logarithms of the scales, less their weighted mean."""
        logs = np.log(self.scales)
        centred: Array = logs - np.average(logs, weights=self.precisions)
        return centred

    @cached_property
    def slope_weights(self) -> Array:
        """The weights that turn logarithms at the scales into their weighted least squares slope."""
        weighted: Array = self.precisions * self.log_scales
        return weighted / (weighted @ self.log_scales)

    @cached_property
    def weights(self) -> Array:
        """The weight of the logarithm of every measured value, power by power; the powers count alike."""
        return np.concatenate([self.slope_weights / power for power in self.powers]) / len(self.powers)

    @cached_property
    def shift(self) -> float:
        """What is left to add to the weighted logarithms."""
        return -float(self.slope_weights @ self.log_factors)


@dataclass(frozen=True, kw_only=True)
class Scaling(Estimator):
    """An estimator that reads the exponent from how something grows with the scale.

    No theory gives a usable error, so it is simulated: see :func:`vrx.hurst._spread.spread`. The same table says what
    exponent a slope is the mean estimate of.

    Parameters
    ----------
    calibrated
        Whether the exponent is the one at which exact noise or motion of that length has, on average, the slope that
        was found; else it is the slope.
    """

    calibrated: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "calibrated", true_or_false(self.calibrated, "calibrated"))

    @abstractmethod
    def _plan(self, n: int) -> Plan:
        """The scales of n values, the same object for the same n."""

    @abstractmethod
    def _measure(self, values: Array, window: int) -> Array:
        """What is measured in every window, shape (powers * scales, windows)."""

    @cached_property
    def _classical(self) -> "Scaling":
        """The estimator without calibration: its table serves both, and simulating it needs no other table."""
        return replace(self, calibrated=False)

    def _slopes(self, values: Array, window: int) -> Array:
        plan = self._plan(window)
        slopes = np.empty(len(values) - window + 1)
        kernels.log_slope(self._measure(values, window), plan.weights, values, window, slopes)
        slopes += plan.shift
        return slopes

    def _exponents(self, values: Array, window: int) -> Array:
        slopes = self._slopes(values, window)
        return spread(self._classical, window).exponent(slopes) if self.calibrated else slopes

    def _with_errors(self, values: Array, window: int) -> tuple[Array, Array]:
        h, table = self._exponents(values, window), spread(self._classical, window)
        return h, table.exponent_deviation(h) if self.calibrated else table.deviation(h)

    def _errors(
        self, values: Array, window: int, interval: Interval, plan: Bootstrap
    ) -> tuple[Array, Array, Array, Array]:
        h, standard_error, _, _ = super()._errors(values, window, interval, plan)
        reach, table = NormalDist().inv_cdf(0.5 + plan.confidence / 2.0), spread(self._classical, window)
        # With calibration or without, the interval knows how slopes err.
        if not self.calibrated:
            return h, standard_error, *table.interval(h, reach)
        low, high = table.interval(table.mean(h), reach)
        # They enclose h but for rounding.
        return h, standard_error, np.minimum(low, h), np.maximum(high, h)

    def _effective(self, n: int) -> float:
        # Stretches of the shortest scale that fit side by side; those of longer scales are made of them.
        return float(n // self._plan(n).scales[0])

    def _line(self, values: Array) -> Line:
        plan = self._plan(len(values))
        measured = self._measure(values, len(values)).reshape(len(plan.powers), -1)
        if np.isnan(values).any():
            measured[:] = np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.mean(np.log(measured) / plan.powers[:, np.newaxis], axis=0) - plan.log_factors
            slope = float(plan.slope_weights @ logs)
            centre = float(np.average(logs, weights=plan.precisions))
            left = logs - centre - slope * plan.log_scales
            total = float(plan.precisions @ (logs - centre) ** 2)
            explained = 1.0 - float(plan.precisions @ left**2) / total if total > 0.0 else float("nan")
        intercept = centre - slope * float(np.average(np.log(plan.scales), weights=plan.precisions))
        return Line(plan.scales.astype(np.float64), np.exp(logs), slope, intercept, explained)


def ladder(first: int, last: int) -> tuple[int, ...]:
    """The whole numbers nearest to first, first * sqrt(2), first * 2, ... up to last.

    Examples
    --------
    >>> ladder(4, 23)
    (4, 6, 8, 11, 16, 23)
    """
    steps = range(2 * (last // first).bit_length() + 1)
    return tuple(sorted({scale for k in steps if (scale := round(first * 2.0 ** (k / 2))) <= last}))


def rising(scales: Iterable[int], name: str, least: int) -> tuple[int, ...]:
    """At least two whole numbers that rise, or say that they do not.

    Examples
    --------
    >>> rising([4, 8, 16], "scales", 3)
    (4, 8, 16)
    >>> rising([8, 4], "scales", 3)
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: scales is [8, 4]: use at least two whole numbers that rise, from 3 on
    """
    try:
        numbers = tuple(whole_number(scale, name, least) for scale in scales)
    except (TypeError, InputError):
        numbers = ()
    if len(numbers) < 2 or any(a >= b for a, b in pairwise(numbers)):
        raise InputError(f"{name} is {scales!r}: use at least two whole numbers that rise, from {least} on")
    return numbers


def true_or_false(value: object, name: str) -> bool:
    """Return an option as a bool, or say that it is none.

    Examples
    --------
    >>> true_or_false(np.True_, "corrected")
    True
    >>> true_or_false("no", "corrected")
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: corrected is 'no': use True or False
    """
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name} is {value!r}: use True or False")
    return bool(value)

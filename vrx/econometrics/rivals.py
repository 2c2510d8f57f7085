"""The models that a volatility model is measured against, fitted by the package arch behind one small interface."""

import math
import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import whole_number
from vrx.econometrics._law import Array
from vrx.econometrics._returns import checked
from vrx.econometrics._rival_result import RivalResult
from vrx.errors import InputError, require

__all__ = ["RIVALS", "Egarch", "Figarch", "Garch", "Har", "Rival"]

# Every rival holds the constant variance as a special case, but for the days on which its recursion starts.
SLACK = 5.0


@dataclass(frozen=True)
class Rival(ABC):
    """A model of the variance of daily returns of mean zero; every subclass has the same methods.

    Raises
    ------
    MissingExtraError
        arch is not installed; it comes with ``vrx[research]``.

    Examples
    --------
    >>> returns = 0.01 * np.random.default_rng(3).standard_t(5, 500)
    >>> fitted = Garch().fit(returns)
    >>> sorted(fitted.parameters), fitted.forecast(3).shape
    (['alpha[1]', 'beta[1]', 'omega'], (3,))
    """

    name: ClassVar[str]
    """Its name in the command line and in tables."""
    calm: ClassVar[tuple[float, ...]]
    """Parameters for returns of mean square 1 under which little clusters; the first is the constant."""
    simulated: ClassVar[bool] = False
    """Whether forecasts beyond the next day are simulated."""

    @property
    def least(self) -> int:
        """The fewest returns that it can be fitted to."""
        return 100

    def fit(self, returns: ArrayLike, *, start: "RivalResult | None" = None) -> "RivalResult":
        """Fit to daily log returns by maximum likelihood with normal shocks.

        arch climbs on returns over their root mean square, where its steps and bounds are at home: returns of another
        size give the same fit.

        Parameters
        ----------
        returns
            Daily log returns in decimals, oldest first, shape (n,); at least 100.
        start
            A result of the same model to start from, such as yesterday's. FIGARCH takes 0.1 to 0.3 seconds a fit
            on 1,258 days, a third less from there; :meth:`RivalResult.on` takes 2 milliseconds and no refit.

        Returns
        -------
        RivalResult
            With `converged` False, and the words of the optimiser in `note`, where it gave up.

        Raises
        ------
        InputError
            The returns are no daily log returns, hold a NaN, are constant or too few.
        """
        if start is not None and (not isinstance(start, RivalResult) or type(start.model) is not type(self)):
            raise InputError(f"start is {start!r}: pass a result of {type(self).__name__}, or nothing")
        values = checked(returns, self.least)
        scale = math.sqrt(float(np.mean(np.square(values))))
        model = self.prepared(values / scale)
        begin = None if start is None else start.start(scale)
        found, note = self._climbed(model, begin)
        if note:
            # From where arch begins, the first step of its climb may lead far away: once more, from a quiet place.
            other, doubt = self._climbed(model, np.array(self.calm))
            if not doubt or other.loglikelihood > found.loglikelihood:
                found, note = other, doubt
        return RivalResult(self, values, scale, found, note)

    def _climbed(self, model: Any, begin: Array | None) -> tuple[Any, str]:
        """What arch found, and why it is no maximum; empty if it is."""
        trouble = require("arch.utility.exceptions", "research", f"the model {self.name}")
        with np.errstate(all="ignore"), warnings.catch_warnings():
            # The optimiser tries parameters at which variances overflow; a start that rounding has put a hair beyond
            # its bounds is replaced by arch.
            warnings.simplefilter("ignore", trouble.StartingValueWarning)
            found = model.fit(disp="off", show_warning=False, starting_values=begin)
        if found.convergence_flag != 0:
            return found, f"{self.name} has not converged: {found.optimization_result.message}"
        if not float(found.loglikelihood) >= _constant_variance(found.nobs) - SLACK:
            return found, f"{self.name} has not converged: a constant variance has a higher likelihood"
        return found, ""

    def prepared(self, scaled: Array) -> Any:
        """The model of arch, of returns over their scale."""
        univariate: Any = require("arch.univariate", "research", f"the model {self.name}")
        return univariate.ZeroMean(scaled, volatility=self._process(univariate), rescale=False)

    def units(self, factor: float) -> tuple[Array, Array]:
        """What takes the parameters to those of variances so many times as large: a matrix, then a shift."""
        matrix = np.eye(len(self.calm))
        matrix[0, 0] = factor
        return matrix, np.zeros(len(self.calm))

    @abstractmethod
    def _process(self, univariate: Any) -> Any:
        """The volatility process of arch.univariate."""


@dataclass(frozen=True)
class Garch(Rival):
    """GARCH(1,1): the variance is a constant plus shares of the last squared return and of itself (Bollerslev 1986)."""

    name: ClassVar[str] = "garch"
    calm: ClassVar[tuple[float, ...]] = (0.05, 0.05, 0.9)

    def _process(self, univariate: Any) -> Any:
        return univariate.GARCH(p=1, q=1)


@dataclass(frozen=True)
class Figarch(Rival):
    """FIGARCH(1,d,1): the memory decays by a power of the lag (Baillie, Bollerslev and Mikkelsen 1996)."""

    truncation: int = 1000
    """The past days that count."""

    name: ClassVar[str] = "figarch"
    calm: ClassVar[tuple[float, ...]] = (0.3, 0.1, 0.3, 0.2)

    def __post_init__(self) -> None:
        object.__setattr__(self, "truncation", whole_number(self.truncation, "truncation", 1))

    def _process(self, univariate: Any) -> Any:
        return univariate.FIGARCH(p=1, q=1, truncation=self.truncation)


@dataclass(frozen=True)
class Egarch(Rival):
    """EGARCH(1,1) with leverage: the logarithm of the variance on signed and absolute shocks (Nelson 1991)."""

    name: ClassVar[str] = "egarch"
    calm: ClassVar[tuple[float, ...]] = (0.0, 0.01, 0.0, 0.2)
    simulated: ClassVar[bool] = True

    def units(self, factor: float) -> tuple[Array, Array]:
        """What takes the parameters to those of variances so many times as large: a matrix, then a shift."""
        # log variance = omega + beta * the last one + shocks: of the logarithm of the factor beta brings its share.
        matrix, shift = np.eye(len(self.calm)), np.zeros(len(self.calm))
        matrix[0, -1], shift[0] = -math.log(factor), math.log(factor)
        return matrix, shift

    def _process(self, univariate: Any) -> Any:
        return univariate.EGARCH(p=1, o=1, q=1)


@dataclass(frozen=True)
class Har(Rival):
    """HAR in squared returns: the variance on their last value and their 5- and 22-day means.

    With daily returns alone there is no better measure of a day's variance to regress on, so that the HAR of Corsi
    is the HARCH of Müller et al. (1997), fitted by the same likelihood as the others.
    """

    name: ClassVar[str] = "har"
    calm: ClassVar[tuple[float, ...]] = (0.7, 0.1, 0.1, 0.1)

    def _process(self, univariate: Any) -> Any:
        return univariate.HARCH(lags=[1, 5, 22])


def _constant_variance(days: int) -> float:
    """The log likelihood of one variance for all days, where their mean square is 1."""
    return -0.5 * days * (math.log(2.0 * math.pi) + 1.0)


RIVALS = {model.name: model for model in (Garch, Figarch, Egarch, Har)}
"""The rivals by name."""

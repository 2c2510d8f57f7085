"""The models that a volatility model is measured against, fitted by the package arch behind one small interface."""

import math
import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import whole_number
from vrx.econometrics._law import Array
from vrx.econometrics._returns import checked
from vrx.errors import InputError, require

__all__ = ["RIVALS", "Egarch", "Figarch", "Fitted", "Garch", "Har", "Rival", "RivalResult"]

# arch climbs best where variances are about 1: returns go in as percent, and everything comes back as decimals.
PERCENT = 100.0
PATHS = 10_000


class Fitted(Protocol):
    """What every fitted volatility model offers."""

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        ...

    @property
    def log_likelihood(self) -> float:
        """The Gaussian log likelihood of the returns in decimals."""
        ...

    @property
    def converged(self) -> bool:
        """Whether the fit ended at an optimum."""
        ...

    def forecast(self, horizon: int = 1) -> Array:
        """The mean variance of the next 1, ..., `horizon` days, shape (horizon,)."""
        ...


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

    def fit(self, returns: ArrayLike, *, start: "RivalResult | None" = None) -> "RivalResult":
        """Fit to daily log returns by maximum likelihood with normal shocks.

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
            With `converged` False, and the words of the optimiser as `note`, where it gave up.

        Raises
        ------
        InputError
            The returns are no daily log returns, hold a NaN, are constant or too few.
        """
        if start is not None and (not isinstance(start, RivalResult) or type(start.model) is not type(self)):
            raise InputError(f"start is {start!r}: pass a result of {type(self).__name__}, or nothing")
        values = checked(returns, 100)
        # A start that failed would hold the next fit where it is.
        begin = None if start is None or start.note else np.array(list(start.parameters.values()))
        model = self._arch(values)
        trouble = require("arch.utility.exceptions", "research", f"the model {self.name}")
        with np.errstate(all="ignore"), warnings.catch_warnings():
            # The optimiser tries parameters at which variances overflow; a start that rounding has put a hair beyond
            # its bounds is replaced by arch.
            warnings.simplefilter("ignore", trouble.StartingValueWarning)
            found = model.fit(disp="off", show_warning=False, starting_values=begin)
        likelihood, note = _likelihood(found, len(values)), ""
        if found.convergence_flag != 0:
            note = f"{self.name} has not converged: {found.optimization_result.message}"
        elif not likelihood >= _constant_variance(values) - SLACK:
            note = f"{self.name} has not converged: a constant variance has a higher likelihood"
        return RivalResult(self, values, found.params.to_dict(), likelihood, note, found)

    def _arch(self, values: Array) -> Any:
        """The model of arch, of returns in percent."""
        univariate: Any = require("arch.univariate", "research", f"the model {self.name}")
        return univariate.ZeroMean(PERCENT * values, volatility=self._process(univariate), rescale=False)

    @abstractmethod
    def _process(self, univariate: Any) -> Any:
        """The volatility process of arch.univariate."""


@dataclass(frozen=True)
class Garch(Rival):
    """GARCH(1,1): the variance is a constant plus shares of the last squared return and of itself (Bollerslev 1986)."""

    name: ClassVar[str] = "garch"

    def _process(self, univariate: Any) -> Any:
        return univariate.GARCH(p=1, q=1)


@dataclass(frozen=True)
class Figarch(Rival):
    """FIGARCH(1,d,1): the memory decays by a power of the lag (Baillie, Bollerslev and Mikkelsen 1996)."""

    truncation: int = 1000
    """The past days that count."""

    name: ClassVar[str] = "figarch"

    def _process(self, univariate: Any) -> Any:
        return univariate.FIGARCH(p=1, q=1, truncation=whole_number(self.truncation, "truncation", 1))


@dataclass(frozen=True)
class Egarch(Rival):
    """EGARCH(1,1) with leverage: the logarithm of the variance on signed and absolute shocks (Nelson 1991)."""

    name: ClassVar[str] = "egarch"

    def _process(self, univariate: Any) -> Any:
        return univariate.EGARCH(p=1, o=1, q=1)


@dataclass(frozen=True)
class Har(Rival):
    """HAR in squared returns: the variance on their last value and their 5- and 22-day means.

    With daily returns alone there is no better measure of a day's variance to regress on, so that the HAR of Corsi
    is the HARCH of Müller et al. (1997), fitted by the same likelihood as the others.
    """

    name: ClassVar[str] = "har"

    def _process(self, univariate: Any) -> Any:
        return univariate.HARCH(lags=[1, 5, 22])


class RivalResult:
    """A fitted rival.

    Attributes
    ----------
    model : Rival
    returns : ndarray, shape (n,)
    parameters : dict
        By the names of arch, for returns in percent.
    log_likelihood : float
        Of the returns in decimals, comparable across models.
    note : str
        What the optimiser said if it gave up; empty otherwise.
    """

    def __init__(
        self, model: Rival, returns: Array, parameters: dict[str, float], likelihood: float, note: str, found: Any
    ) -> None:
        self.model, self.returns, self.parameters = model, returns, parameters
        self.log_likelihood, self.note, self._found = likelihood, note, found

    @property
    def converged(self) -> bool:
        """Whether the optimiser ended at an optimum."""
        return not self.note

    @property
    def aic(self) -> float:
        """Akaike's criterion; smaller is better."""
        return 2.0 * (len(self.parameters) - self.log_likelihood)

    @property
    def bic(self) -> float:
        """The criterion of Schwarz; smaller is better."""
        return len(self.parameters) * math.log(len(self.returns)) - 2.0 * self.log_likelihood

    @property
    def sigma(self) -> Array:
        """The volatility of each day as known the day before, decimal, shape (n,)."""
        return np.asarray(self._found.conditional_volatility, dtype=np.float64) / PERCENT

    def forecast(self, horizon: int = 1, *, seed: int = 0) -> Array:
        """Forecast the mean variance of the next 1, 2, ..., `horizon` days.

        Exact, but for EGARCH beyond the next day: there the mean over 10,000 simulated paths; equal seeds give equal
        bits.

        Returns
        -------
        ndarray, shape (horizon,)
            Decimal.
        """
        ahead = whole_number(horizon, "horizon", 1)
        how: dict[str, Any] = {}
        if ahead > 1 and isinstance(self.model, Egarch):
            random = np.random.default_rng(whole_number(seed, "seed", 0))
            how = {"method": "simulation", "simulations": PATHS, "rng": random.standard_normal}
        variance = self._found.forecast(horizon=ahead, reindex=False, **how).variance.to_numpy()[-1]
        mean: Array = np.cumsum(variance) / np.arange(1, ahead + 1) / PERCENT**2
        return mean

    def on(self, returns: ArrayLike) -> "RivalResult":
        """Put the same parameters to other returns, such as these and a new day, without a refit."""
        values = checked(returns, 100)
        found = self.model._arch(values).fix(list(self.parameters.values()))
        return RivalResult(self.model, values, self.parameters, _likelihood(found, len(values)), self.note, found)

    def __repr__(self) -> str:
        found = ", ".join(f"{name}={value:.4g}" for name, value in self.parameters.items())
        return f"RivalResult({self.model.name}: {found}, log_likelihood={self.log_likelihood:.2f}{self._doubt()})"

    def _doubt(self) -> str:
        return f", {self.note}" if self.note else ""


def _likelihood(found: Any, days: int) -> float:
    """That of the decimals: a density of percents is a hundredth of theirs."""
    return float(found.loglikelihood) + days * math.log(PERCENT)


# Every rival holds the constant variance as a special case, but for the days on which its recursion starts.
SLACK = 5.0


def _constant_variance(values: Array) -> float:
    """The log likelihood of one variance for all days."""
    return -0.5 * len(values) * (math.log(2.0 * math.pi * float(np.mean(values**2))) + 1.0)


RIVALS = {model.name: model for model in (Garch, Figarch, Egarch, Har)}
"""The rivals by name."""

"""What ``vrx volatility`` shows of a fitted model."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vrx.econometrics import Result, RivalResult
from vrx.forecast import Forecast

if TYPE_CHECKING:
    from vrx.cli.volatility_fits import Market

__all__ = ["Answer", "Options", "Parameter", "answer_of"]

Array: TypeAlias = NDArray[np.float64]

# What days of return 0 with a sigma below this share of the usual size of returns may add to a log likelihood, over one
# constant sigma, before it is no measure of the fit. GARCH and EGARCH on 12 stocks since 1995, of which up to 196
# returns are 0, and on three coins gain nothing there; on 600 returns of which the first 50 are 0 they gain 120.
NEAR, LIFT = 0.25, 10.0


@dataclass(frozen=True)
class Parameter:
    """One line of the table of parameters; None where no number exists."""

    name: str
    estimate: float | None
    standard_error: float | None
    """If the model is true, with normal shocks."""
    robust_error: float | None
    """Without the assumption that shocks are normal (Bollerslev and Wooldridge 1992)."""

    @property
    def t_value(self) -> float | None:
        """The estimate in robust errors; that of a level, the logarithm of a size, would say nothing."""
        if self.estimate is None or not self.robust_error or self.name == "level":
            return None
        return self.estimate / self.robust_error

    def record(self) -> dict[str, Any]:
        """The numbers by name."""
        return {**asdict(self), "t_value": self.t_value}


@dataclass(frozen=True)
class Options:
    """How a fractional model was fitted."""

    window: int
    hurst: str | float
    """``"wavelet"``, or the exponent of all days."""
    innovation: str
    alpha: tuple[float, float]
    """The range in which it was sought; both ends are the same where it was fixed."""

    def __str__(self) -> str:
        low, high = self.alpha
        sought = f"fixed at {low:g}" if low == high else f"sought in {low:g}..{high:g}"
        exponents = f"by wavelets from {self.window} days" if self.hurst == "wavelet" else f"{self.hurst:g} on all days"
        return f"{self.innovation} shocks, alpha {sought}, Hurst exponent {exponents}"


@dataclass(frozen=True, eq=False)
class Answer:
    """A fitted model, in the words of the command."""

    model: str
    fitted: int
    """The returns that it was fitted to."""
    parameters: tuple[Parameter, ...]
    log_likelihood: float
    aic: float
    bic: float
    converged: bool
    note: str
    """What is to be doubted of it, in one line; empty if nothing."""
    lifted: bool
    """Whether the likelihood is that of days without a return, and compares with no other."""
    forecast: Forecast
    sigma: Array
    """Of the last days of the market."""
    result: Result | None
    """Of a fractional model: what can be saved, and has Hurst exponents and limits."""

    @property
    def reason(self) -> str:
        """Why it has not converged; empty if it has."""
        return "" if self.converged else self.note or "not said"

    @property
    def comparable(self) -> bool:
        """Whether its criteria say anything beside those of others."""
        return self.converged and not self.lifted and math.isfinite(self.log_likelihood)

    @property
    def at_end(self) -> bool:
        """Whether alpha was sought, and stands at an end of its range."""
        if self.result is None:
            return False
        low, high = self.result.model.powers
        return low < high and self.result.law.power in (low, high)

    @property
    def hurst(self) -> Array | None:
        """The Hurst exponent of the days of `sigma`, for the fractional models."""
        return None if self.result is None else self.result.hurst

    @property
    def options(self) -> Options | None:
        """How it was fitted, for the fractional models."""
        if self.result is None:
            return None
        model: Any = self.result.model  # one that was given an exponent a day has no name here
        hurst = model.hurst if isinstance(model.hurst, str) else float(model.hurst)
        return Options(model.window, hurst, model.innovation, (float(model.powers[0]), float(model.powers[1])))


def answer_of(
    where: "Market", name: str, found: Result | RivalResult, horizons: Sequence[int], *, seed: int = 0
) -> Answer:
    """Read off a fitted model what is shown of it."""
    fractional = found if isinstance(found, Result) else None
    fitted = len(found.returns) if fractional is None else fractional.inference.days
    parameters = tuple(_parameters(found))
    lift = "; ".join(_lift(where, found.returns, found.sigma, fitted))
    # Beside the name of the model, words that the model already begins with would come twice.
    note = found.note.removeprefix(f"{name} has not converged: ").removeprefix(f"{name}: ")
    return Answer(
        model=name,
        fitted=fitted,
        parameters=parameters,
        log_likelihood=found.log_likelihood,
        aic=found.aic,
        bic=found.bic,
        converged=found.converged,
        note="; ".join(filter(None, [note, *_robust(parameters), lift])),
        lifted=bool(lift),
        forecast=_forecast(where, name, found, horizons, seed),
        sigma=found.sigma,
        result=fractional,
    )


def _parameters(found: Result | RivalResult) -> Iterator[Parameter]:
    """Those of the model by its own names; of a fractional one also the two that mean something at every alpha."""
    plain, robust = found.standard_errors, found.robust_errors
    for name, value in found.parameters.items():
        yield _parameter(name, value, plain, robust)
    if isinstance(found, Result):
        plain, robust = found.law_errors, found.law_robust_errors
        yield _parameter("level", found.law.level, plain, robust)
        yield _parameter("slope", found.law.slope, plain, robust)


def _parameter(name: str, value: float, plain: dict[str, float], robust: dict[str, float]) -> Parameter:
    return Parameter(name, _known(value), _known(plain.get(name, math.nan)), _known(robust.get(name, math.nan)))


def _robust(parameters: Sequence[Parameter]) -> Iterator[str]:
    if not any(one.robust_error for one in parameters) and any(one.standard_error for one in parameters):
        yield "it has no robust errors, as the likelihood does not curve down in every direction"


def _lift(where: "Market", returns: Array, sigma: Array, fitted: int) -> Iterator[str]:
    """Say so where days of return 0, which welcome any sigma near 0, hold up the likelihood."""
    known, values = sigma[:fitted], returns[:fitted]
    size = float(np.sqrt(np.mean(np.square(values))))
    still = np.flatnonzero((values == 0.0) & (known < NEAR * size))
    with np.errstate(divide="ignore"):
        gained = float(np.sum(np.log(size / known[still])))
    if gained > LIFT:
        least = int(still[np.argmin(known[still])])
        day = where.days[len(where.days) - len(sigma) + least] if len(sigma) <= len(where.days) else f"day {least}"
        yield (
            f"its sigma falls to {100.0 * known[least]:.3g}% on {day}, and {len(still)} returns of 0 there lift its "
            f"log likelihood by {gained:.0f}: compare it with no other"
        )


def _forecast(where: "Market", name: str, found: Any, horizons: Sequence[int], seed: int) -> Forecast:
    with np.errstate(over="ignore"):  # a simulated variance may be infinite, and is shown so
        variance = found.forecast(horizons[-1], seed=seed)[np.array(horizons) - 1]
    nothing = np.empty((len(horizons), 0))
    target = "daily log return of close" if where.measure == "close" else "daily return"
    return Forecast(
        where.series,
        where.as_of,
        tuple(horizons),
        variance,
        np.sqrt(variance),
        (),
        nothing,
        where.periods_per_year,
        name,
        target,
    )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None

"""What ``vrx volatility`` shows of a fitted model."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vrx.econometrics import Result, RivalResult
from vrx.forecast import Forecast

if TYPE_CHECKING:
    from vrx.cli.volatility_fits import Market

__all__ = ["HORIZONS", "Answer", "Parameter", "answer_of"]

Array: TypeAlias = NDArray[np.float64]

HORIZONS = (1, 5, 22)


@dataclass(frozen=True)
class Parameter:
    """One line of the table of parameters."""

    name: str
    estimate: float
    standard_error: float | None
    """By the inverse information; arch has none."""
    robust_error: float | None
    """Without the assumption that shocks are normal (Bollerslev and Wooldridge 1992)."""


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
    reason: str
    """Why it has not converged; empty if it has."""
    floored: int | None
    """The days on which sigma stood at its floor; None where there is no floor."""
    capped: int | None
    forecast: Forecast
    sigma: Array
    """Of the last days of the market."""
    hurst: Array | None
    """On the same days, for the fractional models."""
    result: Result | None
    """What can be saved."""


def answer_of(where: "Market", name: str, found: Result | RivalResult, *, seed: int = 0) -> Answer:
    """Read off a fitted model what is shown of it."""
    fractional = found if isinstance(found, Result) else None
    if isinstance(found, Result):
        reason, parameters, fitted = found.reason, _of_fractional(found), found.inference.days
    else:
        reason, parameters, fitted = found.note, _of_rival(found), len(found.returns)
    return Answer(
        model=name,
        fitted=fitted,
        parameters=tuple(parameters),
        log_likelihood=found.log_likelihood,
        aic=found.aic,
        bic=found.bic,
        reason=reason,
        floored=None if fractional is None else fractional.floored,
        capped=None if fractional is None else fractional.capped,
        forecast=_forecast(where, name, found, seed),
        sigma=found.sigma,
        hurst=None if fractional is None else fractional.hurst,
        result=fractional,
    )


def _forecast(where: "Market", name: str, found: Any, seed: int) -> Forecast:
    with np.errstate(over="ignore"):  # a simulated variance may be infinite, and is shown so
        variance = found.forecast(HORIZONS[-1], seed=seed)[np.array(HORIZONS) - 1]
    nothing = np.empty((len(HORIZONS), 0))
    target = "daily log return of close" if where.measure == "close" else "daily return"
    return Forecast(
        where.series,
        where.as_of,
        HORIZONS,
        variance,
        np.sqrt(variance),
        (),
        nothing,
        where.periods_per_year,
        name,
        target,
    )


def _of_fractional(found: Result) -> list[Parameter]:
    """The paper's three parameters, and the two that mean something at every alpha."""
    natural = [
        Parameter(key, value, _known(found.standard_errors[key]), _known(found.robust_errors[key]))
        for key, value in found.parameters.items()
    ]
    if found.law.power == 0.0:
        # There kappa is 1 and lambda 0 whatever the returns are: no error can be told of them.
        natural = [Parameter(one.name, one.estimate, None, None) for one in natural]
    plain, robust = (np.sqrt(np.diag(part)) for part in (found.inference.covariance, found.inference.robust))
    return [
        *natural,
        Parameter("level", found.law.level, _known(plain[0]), _known(robust[0])),
        Parameter("slope", found.law.slope, _known(plain[1]), _known(robust[1])),
    ]


def _of_rival(found: RivalResult) -> list[Parameter]:
    try:
        with np.errstate(all="ignore"):  # what is no number here has no error in the table
            errors: dict[str, float] = found._found.std_err.to_dict()
    except np.linalg.LinAlgError:  # the second derivatives are singular
        errors = {}
    return [Parameter(key, value, None, _known(errors.get(key, math.nan))) for key, value in found.parameters.items()]


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None

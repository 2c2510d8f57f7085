"""A fitted model of the package arch behind the interface of the others."""

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import whole_number
from vrx.econometrics._law import Array
from vrx.econometrics._returns import checked
from vrx.errors import InputError

if TYPE_CHECKING:
    from vrx.econometrics.rivals import Rival

__all__ = ["PERCENT", "RivalResult"]

# Parameters are told as for returns in percent, as is the custom with arch.
PERCENT = 100.0
PATHS = 10_000


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
    converged : bool
        Whether the stopping rule of the optimiser held at a maximum within the bounds of arch, their ends included.
    note : str
        Why it did not converge; empty if it did.
    """

    # `found` is what arch made of the returns over `scale`, and `fit` what it was fitted as: the same but for `on`.
    def __init__(
        self, model: "Rival", returns: Array, scale: float, found: Any, note: str, fit: "RivalResult | None" = None
    ) -> None:
        self.model, self.returns, self.note, self.converged = model, returns, note, not note
        self._scale, self._found, self._fit = scale, found, fit or self
        matrix, shift = model.units((PERCENT * scale) ** 2)
        self.parameters: dict[str, float] = dict(
            zip(found.params.index, (matrix @ found.params.to_numpy() + shift).tolist(), strict=True)
        )
        # The density of returns over a scale is so many times that of the returns.
        self.log_likelihood = float(found.loglikelihood) - len(returns) * math.log(scale)

    @property
    def standard_errors(self) -> dict[str, float]:
        """Those of `parameters` by the inverse of the second derivatives, which assumes that the model is true.

        They are those of the fit, after :meth:`on` too.
        """
        return self._fit._errors["classic"]

    @property
    def robust_errors(self) -> dict[str, float]:
        """Those of `parameters` whatever the law of the shocks (Bollerslev and Wooldridge 1992), as arch gives them."""
        return self._fit._errors["robust"]

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
        return np.asarray(self._found.conditional_volatility, dtype=np.float64) * self._scale

    @property
    def next_sigma(self) -> float:
        """The volatility of the next day, decimal."""
        return math.sqrt(self.forecast()[0])

    def forecast(self, horizon: int = 1, *, seed: int = 0) -> Array:
        """Forecast the mean variance of the next 1, 2, ..., `horizon` days.

        Exact, but for EGARCH beyond the next day: there the mean over 10,000 simulated paths; equal seeds give equal
        bits.

        Returns
        -------
        ndarray, shape (horizon,)
            Decimal.

        Raises
        ------
        InputError
            The horizon or the seed is no count, or the variance explodes.
        """
        ahead, origin = whole_number(horizon, "horizon", 1), whole_number(seed, "seed", 0)
        how: dict[str, Any] = {}
        if ahead > 1 and self.model.simulated:
            random = np.random.default_rng(origin)
            how = {"method": "simulation", "simulations": PATHS, "rng": random.standard_normal}
        with np.errstate(all="ignore"):  # what comes of it is checked
            variance = self._found.forecast(horizon=ahead, reindex=False, **how).variance.to_numpy()[-1]
            mean: Array = np.cumsum(variance) / np.arange(1, ahead + 1) * self._scale**2
        if not np.all(np.isfinite(mean)):
            day = int(np.argmin(np.isfinite(mean))) + 1
            raise InputError(
                f"the variance that {self.model.name} forecasts of day {day} is {mean[day - 1]:g}: "
                "fit it to other days, or use another model"
            )
        return mean

    def on(self, returns: ArrayLike) -> "RivalResult":
        """Put the same parameters to other returns, such as these and a new day, without a refit."""
        values = checked(returns, self.model.least)
        with np.errstate(all="ignore"):  # EGARCH begins at the logarithm of the first squares, which may be 0
            found = self.model.prepared(values / self._scale).fix(self._found.params.to_numpy())
        return RivalResult(self.model, values, self._scale, found, self.note, self._fit)

    def start(self, scale: float) -> Array | None:
        """The parameters as arch needs them for returns over `scale`, or None where they are no place to start from."""
        if not self.converged:
            return None  # a start that failed would hold the next fit where it is
        matrix, shift = self.model.units((PERCENT * scale) ** -2)
        start: Array = matrix @ np.array(list(self.parameters.values())) + shift
        return start

    @cached_property
    def _errors(self) -> dict[str, dict[str, float]]:
        # arch differentiates by steps of about 1e-5 in every parameter: right where variances are about 1, as here.
        matrix, _ = self.model.units((PERCENT * self._scale) ** 2)
        parameters = self._found.params.to_numpy()
        errors = {}
        for kind in ("classic", "robust"):
            with np.errstate(all="ignore"):
                try:
                    covariance = self._found.model.compute_param_cov(parameters, robust=kind == "robust")
                    found = np.sqrt(np.diag(matrix @ covariance @ matrix.T))
                except np.linalg.LinAlgError:  # the second derivatives are singular
                    found = np.full(len(parameters), np.nan)
            errors[kind] = dict(zip(self.parameters, found.tolist(), strict=True))
        return errors

    def __repr__(self) -> str:
        found = ", ".join(f"{name}={value:.4g}" for name, value in self.parameters.items())
        return f"RivalResult({self.model.name}: {found}, log_likelihood={self.log_likelihood:.2f}{self._doubt()})"

    def _doubt(self) -> str:
        return f", {self.note}" if self.note else ""

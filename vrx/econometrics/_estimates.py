"""What a fit of the fractional volatility model found: the part of its result that no new day changes."""

import math
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from vrx.econometrics._inference import Inference, sandwich
from vrx.econometrics._law import EXPONENTS, Array, Law, Sample, memory, sigma_of
from vrx.econometrics._start import REACH

if TYPE_CHECKING:
    from vrx.econometrics.dynamic import DynamicFractionalVolatility

__all__ = ["Estimates"]

# A sigma that stands at its floor or its ceiling on more than this share of the days is worth a note.
OFTEN = 0.01


class Estimates:
    """Parameters with their errors, and how well they describe the days of the fit."""

    def __init__(
        self,
        model: "DynamicFractionalVolatility",
        law: Law,
        inference: Inference,
        paths: tuple[list[float], list[float], list[float]],
    ) -> None:
        self.model, self.law, self.inference = model, law, inference
        self._returns, self._hurst, self._sigma = paths
        days = inference.days
        fitted, hurst = np.array(self._sigma[:days]), np.array(self._hurst[:days])
        # The limits as they come out of the recursion, which knows their logarithms.
        floor, ceiling = sigma_of(law.array[3:5])
        self.floored, self.capped = int(np.sum(fitted <= floor)), int(np.sum(fitted >= ceiling))
        self.clipped = int(np.sum((hurst <= EXPONENTS[0]) | (hurst >= EXPONENTS[1])))

    @property
    def converged(self) -> bool:
        """Whether the climb ended at a maximum inside the range of alpha, or at an end of it."""
        return self.inference.converged

    @property
    def note(self) -> str:
        """What is to be doubted of the fit, or why it did not converge, in one line; empty if nothing."""
        days = self.inference.days
        often = [
            f"sigma stands at its {limit} on {count} of {days} days"
            for limit, count in (("floor", self.floored), ("ceiling", self.capped))
            if count > OFTEN * days
        ]
        return "; ".join(filter(None, [self.inference.note, *often]))

    @property
    def log_likelihood(self) -> float:
        """The log likelihood of the returns that were fitted."""
        return self.inference.log_likelihood

    @property
    def aic(self) -> float:
        """Akaike's criterion; smaller is better."""
        return 2.0 * (self.inference.estimated - self.log_likelihood)

    @property
    def bic(self) -> float:
        """The criterion of Schwarz; smaller is better."""
        return self.inference.estimated * math.log(self.inference.days) - 2.0 * self.log_likelihood

    @property
    def parameters(self) -> dict[str, float]:
        """alpha, kappa and lambda, for sigma in the unit of the model; at alpha 0 the others are 1 and 0: see `law`."""
        return _named(self.law.natural(self.model.unit)[0])

    @property
    def standard_errors(self) -> dict[str, float]:
        """Those of `parameters` by the inverse expected information, which assumes that the model is true.

        Shocks are then normal, and the likelihood curves as expected; `robust_errors` assume neither. Given alpha,
        whose own error is NaN, if that is fixed or at an end of its range; all NaN at alpha 0, where kappa is 1 and
        lambda 0 whatever the returns are: there see `law_errors`.
        """
        return self._natural(self.inference.covariance)

    @property
    def robust_errors(self) -> dict[str, float]:
        """Those of `parameters` if shocks are not normal or the model is not true, NaN where `standard_errors` are.

        The sandwich of Bollerslev and Wooldridge (1992): the outer products of the daily scores between two inverses of
        the observed second derivatives; NaN too where the likelihood does not curve down. Worked out when asked for.
        """
        return self._natural(self._robust)

    @property
    def law_errors(self) -> dict[str, float]:
        """Standard errors of level, slope and power of `law`, which mean something at every alpha."""
        return _errors(self.inference.covariance, ("level", "slope", "power"))

    @property
    def law_robust_errors(self) -> dict[str, float]:
        """The same as `robust_errors` are to `standard_errors`."""
        return _errors(self._robust, ("level", "slope", "power"))

    @cached_property
    def _robust(self) -> Array:
        days = self.inference.days
        sample = Sample(np.array(self._returns[:days]), memory(np.array(self._hurst[:days])))
        reach = np.array(REACH)
        return sandwich(lambda at: sample.point(self.law.moved(at)), self.law.at, self.inference.covariance, reach)

    def _natural(self, covariance: Array) -> dict[str, float]:
        jacobian = self.law.natural(self.model.unit)[1]
        known = np.isfinite(np.diag(covariance))
        out = np.full((3, 3), np.nan)
        if known.any() and self.law.power != 0.0:
            out = jacobian[:, known] @ covariance[np.ix_(known, known)] @ jacobian[:, known].T
        if not known[2]:
            out[0, 0] = np.nan
        return _errors(out, ("alpha", "kappa", "lambda"))


def _errors(covariance: Array, names: tuple[str, str, str]) -> dict[str, float]:
    return dict(zip(names, np.sqrt(np.diag(covariance)).tolist(), strict=True))


def _named(values: Array) -> dict[str, float]:
    return dict(zip(("alpha", "kappa", "lambda"), (values + 0.0).tolist(), strict=True))

"""The Hurst exponent by Gaussian maximum likelihood: the least error that any method can have."""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

import numpy as np

from vrx._ext import likelihood as kernels
from vrx.errors import InputError
from vrx.hurst._estimator import Array, Estimator, Line

__all__ = ["Likelihood", "Mean"]

Mean: TypeAlias = Literal["zero", "estimated"]


@dataclass(frozen=True, kw_only=True)
class Likelihood(Estimator):
    """The exponent under which Gaussian fractional noise of any scale makes the series most likely.

    Parameters
    ----------
    kind
        What the series is: ``"noise"`` for increments such as returns, ``"motion"`` for levels such as log
        prices or log volatility, which are sums of noise. Motion is differenced first.
    mean
        The mean of the noise: ``"zero"`` for returns and for the steps of log volatility, whose means are small
        beside their spread, or ``"estimated"`` for any other series, and for motion that drifts. A mean that is
        not zero and not estimated is taken for long memory, H near 1.

    Raises
    ------
    InputError
        An option is out of range.

    Notes
    -----
    With ``Gamma(H)`` the correlation matrix of n values of fractional noise, H minimises
    ``n log(x' Gamma^-1 x) + log det Gamma``: the likelihood with the best scale put in. An estimated mean m is
    that of generalised least squares, and the likelihood is the restricted one of Patterson and Thompson,
    ``(n - 1) log((x - m)' Gamma^-1 (x - m)) + log det Gamma + log(1' Gamma^-1 1)``, which pays for the mean.
    The standard error follows from the curvature at the maximum. Time is O(n^2) and memory O(n), by the
    recursion of Durbin and Levinson.

    Measured on 3,000 exact paths of 252 values, H = 0.1, 0.3, 0.5, 0.7, 0.9: the bias is at most 0.006 and the
    standard deviation 0.023, 0.035, 0.040, 0.042, 0.038; with an estimated mean at most 0.004, and 0.024, 0.037,
    0.042, 0.045, 0.045.

    H is sought from 0.0009 to 0.9991. A window that is constant, or that steps up evenly as motion, has none.
    At an end of the range the likelihood may not curve; then the standard error is NaN.

    References
    ----------
    Beran (1994), Statistics for Long-Memory Processes, Chapman and Hall, chapter 5; Patterson and Thompson
    (1971), Recovery of inter-block information when block sizes are unequal, Biometrika 58, 545-554.

    Examples
    --------
    >>> from vrx.fractional import fbm
    >>> estimate = Likelihood(kind="motion").fit(fbm(500, 0.3, seed=3))
    >>> abs(estimate.h - 0.3) < 2 * estimate.standard_error < 0.06
    True
    """

    mean: Mean = "zero"

    method: ClassVar[str] = "mle"
    # A window is a thousand times the work of a wavelet's: short stretches keep threads busy and progress moving.
    stride: ClassVar[int] = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.mean, str) or self.mean not in ("zero", "estimated"):
            raise InputError(f"mean is {self.mean!r}: use 'zero' or 'estimated'")

    def _least(self) -> int:
        return 16

    def _exponents(self, values: Array, window: int) -> Array:
        return np.asarray(self._maxima(values, window, 1)[0])

    def _with_errors(self, values: Array, window: int) -> tuple[Array, Array]:
        h, standard_error = self._maxima(values, window, 2)
        return h, standard_error

    def _effective(self, n: int) -> float:
        return float(n - (self.kind == "motion") - (self.mean == "estimated"))

    def _line(self, values: Array) -> Line | None:  # noqa: ARG002
        return None

    def _maxima(self, values: Array, window: int, rows: int) -> Array:
        out = np.empty((rows, len(values) - window + 1))
        kernels.profile_maxima(values, window, self.kind == "motion", self.mean == "estimated", out)
        return out

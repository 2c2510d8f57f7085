"""What every fitted volatility model offers."""

from typing import Protocol

from vrx.econometrics._law import Array

__all__ = ["Fitted"]


class Fitted(Protocol):
    """What every fitted volatility model offers, whichever package fitted it."""

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        ...

    @property
    def standard_errors(self) -> dict[str, float]:
        """Those of `parameters` by the inverse information, if the model is true; NaN where there is none."""
        ...

    @property
    def robust_errors(self) -> dict[str, float]:
        """Those of `parameters` by the sandwich, whatever the law of the shocks; NaN where there is none."""
        ...

    @property
    def log_likelihood(self) -> float:
        """The Gaussian log likelihood of the returns in decimals."""
        ...

    @property
    def aic(self) -> float:
        """Akaike's criterion; smaller is better."""
        ...

    @property
    def bic(self) -> float:
        """The criterion of Schwarz; smaller is better."""
        ...

    @property
    def converged(self) -> bool:
        """Whether the stopping rule held at a maximum within the allowed range, its ends included."""
        ...

    @property
    def note(self) -> str:
        """What is to be doubted of the fit, or why it did not converge, in one line; empty if nothing."""
        ...

    @property
    def sigma(self) -> Array:
        """The volatility of each day as known the day before, decimal, shape (days,)."""
        ...

    @property
    def next_sigma(self) -> float:
        """The volatility of the next day, decimal."""
        ...

    def forecast(self, horizon: int = 1) -> Array:
        """The mean variance of the next 1, ..., `horizon` days, shape (horizon,)."""
        ...

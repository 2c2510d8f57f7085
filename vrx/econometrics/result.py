"""A fitted dynamic fractional volatility model: what was found, and what it says of the days to come."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_array, real_numbers, refuse, whole_number
from vrx.econometrics import _store as store
from vrx.econometrics._estimates import Estimates
from vrx.econometrics._future import expected_variance, simulated
from vrx.econometrics._inference import Inference
from vrx.econometrics._law import EXPONENTS, Array, Law, Sample, memory, sigma_of
from vrx.econometrics._returns import checked
from vrx.errors import InputError
from vrx.hurst import Wavelet

if TYPE_CHECKING:
    from vrx.econometrics.dynamic import DynamicFractionalVolatility

__all__ = ["Result"]

# Paths that a forecast beyond the next day averages over.
PATHS = 10_000


class Result(Estimates):
    """A fitted model, which takes new returns one at a time.

    Made by :meth:`DynamicFractionalVolatility.fit` or :meth:`from_json`.

    Attributes
    ----------
    model : DynamicFractionalVolatility
    law : Law
        The parameters in the form in which they are estimated: level, slope and power.
    inference : Inference
        Likelihood, covariances and the work done.
    floored, capped : int
        The days of the fit on which sigma stood at its floor or its ceiling.
    clipped : int
        The days of the fit whose Hurst exponent counted as 0.1 or 0.9, the ends of what the memory can be.
    next_sigma : float
        The volatility of the next day, decimal.
    """

    def __init__(
        self,
        model: "DynamicFractionalVolatility",
        law: Law,
        inference: Inference,
        paths: tuple[list[float], list[float], list[float]],
        state: tuple[Array, Array],
    ) -> None:
        super().__init__(model, law, inference, paths)
        self._recent, self._states = state

    @classmethod
    def of(
        cls,
        model: "DynamicFractionalVolatility",
        law: Law,
        sample: Sample,
        hurst: Array,
        recent: Array,
        inference: Inference,
    ) -> "Result":
        """Run the sample through the law once more, for sigma and the states after its last day."""
        log_sigma, states = sample.run(law, 1)
        paths = (sample.returns.tolist(), hurst.tolist(), sigma_of(log_sigma[:, 0]).tolist())
        return cls(model, law, inference, paths, (recent.copy(), states))

    # -- the days so far -----------------------------------------------------------------------------------------------

    @property
    def returns(self) -> Array:
        """The returns of the fit and of later updates, shape (days,)."""
        return np.array(self._returns)

    @property
    def hurst(self) -> Array:
        """The Hurst exponent known at the end of each of those days, within 0.1 .. 0.9, shape (days,)."""
        return np.array(self._hurst)

    @property
    def sigma(self) -> Array:
        """The volatility of each of those days as known the day before, decimal, shape (days,)."""
        return np.array(self._sigma[:-1])

    @property
    def next_sigma(self) -> float:
        """The volatility of the next day, decimal."""
        return self._sigma[-1]

    # -- other days and new ones ---------------------------------------------------------------------------------------

    def sigma_on(self, returns: ArrayLike) -> Array:
        """Put the same parameters to other returns, from a start as if nothing had happened before.

        Parameters
        ----------
        returns
            Daily log returns in decimals, oldest first, shape (n,), at least as many as the window.

        Returns
        -------
        ndarray, shape (n + 1,)
            Entry t is the volatility of day t as known the day before; the last one is that of the day after.

        Raises
        ------
        InputError
            The returns are no daily log returns, hold a NaN, are constant or too few.
        """
        values = checked(returns, 2)
        log_sigma, _ = Sample(values, memory(self.model.exponents(values))).run(self.law, 1)
        return sigma_of(log_sigma[:, 0])

    def update(self, value: float, *, hurst: float | None = None) -> float:
        """Take the return of a day and give the volatility of the next; the parameters stay.

        Parameters
        ----------
        value
            The log return of the day after the last one.
        hurst
            The Hurst exponent known at its end, for a model that was given its exponents; no other takes one.

        Returns
        -------
        float
            Sigma of the next day, decimal.

        Raises
        ------
        InputError
            The value is no daily log return, or hurst is missing or not asked for; the result is as before.
        """
        number = np.atleast_1d(real_numbers(value, "the return"))
        cure = "no log return of a day: pass the difference of two log prices, 0.01 for 1%"
        refuse("the return", number, ~(np.abs(number) < 1.0), cure)
        if len(number) != 1:
            raise InputError(f"the return has {len(number)} values: pass one day at a time")
        recent = np.append(self._recent, number)[-self.model.window :]
        exponent = self._exponent(recent, hurst)
        out, states = Sample(number, memory(np.array([exponent]))).run(self.law, 1, self._states)
        self._recent, self._states = recent, states
        self._returns.append(float(number[0]))
        self._hurst.append(exponent)
        self._sigma.append(float(sigma_of(out[1:, 0])[0]))
        return self.next_sigma

    def _exponent(self, recent: Array, given: float | None) -> float:
        rule = self.model.hurst
        if (given is not None) != (not isinstance(rule, str | float | int)):
            raise InputError(
                "hurst is missing: this model was given its exponents, pass that of the day"
                if given is None
                else "hurst is given, but this model finds its own: leave it out"
            )
        if given is not None:
            exponent = float(real_array([given], dimensions=(1,))[0])
        elif not isinstance(rule, str):
            exponent = self._hurst[-1]
        elif len(recent) < self.model.window:
            exponent = self.model.early
        else:
            exponent = float(Wavelet(kind="noise").rolling(recent, self.model.window).h[-1])
        if not math.isfinite(exponent) or (given is not None and not 0.0 < exponent < 1.0):
            raise InputError(f"the Hurst exponent is {exponent}: use one between 0 and 1, or returns that vary")
        return min(max(exponent, EXPONENTS[0]), EXPONENTS[1])

    def refit(self, days: int | None = None) -> "Result":
        """Fit anew to the last `days` returns, by default as many as before, from the present parameters."""
        size = self.inference.days if days is None else whole_number(days, "days", self.model.least)
        if size > len(self._returns):
            raise InputError(f"days is {size}, more than the {len(self._returns)} returns: pass fewer days")
        return self.model.fitted(self.returns[-size:], self.hurst[-size:], self._recent, self.law)

    def forecast(self, horizon: int = 1, *, paths: int = PATHS, seed: int = 0) -> Array:
        """Forecast the mean variance of the next 1, 2, ..., `horizon` days.

        The next day is exact. Later days are means over simulated paths on which the Hurst exponent stays as it is;
        equal seeds give equal bits.

        Parameters
        ----------
        horizon
            The days ahead.
        paths
            How many paths. With signed shocks half of them mirror the others, which takes away the noise of
            odd powers of the shocks; of an odd number one has no mirror.
        seed
            Of the paths.

        Returns
        -------
        ndarray, shape (horizon,)
            Entry h - 1 is the mean daily variance of the next h days, decimal.
        """
        ahead, many = whole_number(horizon, "horizon", 1), whole_number(paths, "paths", 2)
        origin = whole_number(seed, "seed", 0)
        variance = np.full(ahead, self.next_sigma**2)
        if ahead > 1:
            variance[1:] = expected_variance(self.law, self._states, self._hurst[-1], ahead, many, origin)[1:]
        mean: Array = np.cumsum(variance) / np.arange(1, ahead + 1)
        return mean

    def simulate(
        self,
        paths: int,
        days: int,
        *,
        seed: int = 0,
        hurst: ArrayLike | None = None,
        past: bool = True,
        mirrored: bool = False,
    ) -> tuple[Array, Array]:
        """Simulate returns of the model with normal shocks.

        Parameters
        ----------
        paths, days
            How many paths, and of how many days.
        seed
            Equal seeds give equal bits.
        hurst
            The Hurst exponent of every simulated day, shape (days,), or one for all; by default the last one stays.
        past
            Whether the paths go on from the last day, or start as if nothing had happened before.
        mirrored
            Whether the shocks of the second half of the paths are those of the first with the other sign; of an odd
            number one has no mirror.

        Returns
        -------
        returns, sigma : ndarray, shape (paths, days)

        Raises
        ------
        InputError
            hurst does not lie between 0 and 1 or has another shape; paths, days or seed are no counts.
        """
        shape = (whole_number(paths, "paths", 1), whole_number(days, "days", 1))
        exponents = self._hurst[-1:] if hurst is None else hurst
        states = self._states if past else np.zeros_like(self._states)
        return simulated(self.law, states, exponents, shape, seed, mirrored)

    # -- from one process to the next ----------------------------------------------------------------------------------

    def to_json(self) -> str:
        """Everything as JSON, for :meth:`from_json`, which then forecasts the same bits."""
        state = {"recent": self._recent.tolist(), "states": self._states[0].tolist()}
        paths = {"returns": self._returns, "hurst": self._hurst, "sigma": self._sigma}
        return store.write(self.model, self.law, self.inference, paths | state)

    @staticmethod
    def from_json(text: str) -> "Result":
        """Take up a result where :meth:`to_json` left it.

        Raises
        ------
        InputError
            The text is no result, or its parts contradict each other: the message names the field.
        """
        model, law, inference, series = store.read(text)
        paths = (series["returns"], series["hurst"], series["sigma"])
        return Result(model, law, inference, paths, (np.array(series["recent"]), np.array([series["states"]])))

    def __repr__(self) -> str:
        found = ", ".join(f"{name}={value:.4g}" for name, value in self.parameters.items())
        return f"Result({found}, log_likelihood={self.log_likelihood:.2f}, converged={self.converged})"

"""The dynamic fractional volatility model of Webb et al.: what it is, and how it is fitted."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_numbers, refuse, whole_number
from vrx.econometrics._inference import Inference
from vrx.econometrics._law import EXPONENTS, Array, Innovation, Law, Sample, memory
from vrx.econometrics._returns import checked
from vrx.econometrics._scoring import Box, Optimum, maximise
from vrx.econometrics.result import Result
from vrx.errors import InputError
from vrx.hurst import Wavelet

__all__ = ["DynamicFractionalVolatility", "Start"]

Hurst: TypeAlias = Literal["wavelet"] | float | ArrayLike

# The moments that the fit starts from are those of so many days.
START = 252
# How far the slope of the start may be from 0: below, the data say nothing of alpha; above, sigma may explode.
SLOPES = (0.02, 0.2)
# The alpha that the fit starts from, or the nearest in its range: there sigma is far from its limits. On 200 windows of
# the S&P 500 a start from 0 ends at the best maximum known on 198, one from 1 on 196.
POWER = 0.0
FREE = math.inf
NAMES = ("level", "slope", "alpha")
# One step changes log sigma by 1 at most, its slope by 0.1 and alpha by 1: farther the likelihood is another.
REACH = (1.0, 0.1, 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class DynamicFractionalVolatility:
    r"""``sigma_t**alpha = kappa + lambda * S_t``, where S_t sums past shocks with a memory that moves.

    Parameters
    ----------
    window
        The days that each Hurst exponent is estimated from.
    hurst
        ``"wavelet"``: the exponent of the returns, day by day from the `window` returns that end with that day.
        A number: the same on all days; the static model of Webb et al. has 0.55. An array: one per return.
    innovation
        What a shock is: ``"signed"``, the standardised return ``z = r / sigma``, after the Brownian motion of the
        paper; ``"absolute"``, ``|z| - sqrt(2 / pi)``, its size beyond the expected.
    alpha
        The range in which the power is sought, or the power itself, which is then not estimated. Below 0 sigma has
        a pole at a finite S, the mean variance of later days exists only by the ceiling, and the likelihood may
        have several maxima.
    early
        The Hurst exponent of the days before the first full window.
    limits
        The floor and the ceiling of sigma, in standard deviations of the first 252 returns. A day on which sigma
        comes near 0 tells more of alpha than years of others, so that standard errors of an alpha near 1 come out
        too small with signed shocks; a floor of 0.4 cures that.
    unit
        kappa and lambda are those of sigma in this unit; 0.01 is percent per day.

    Raises
    ------
    InputError
        An option is out of range.

    Notes
    -----
    With :math:`H_u` the exponent known at the end of day u,

    .. math:: S_t = \sum_{u < t} (t - u)^{2 H_u - 2} \, shock_u

    Exponents below 0.1 or above 0.9 count as these. S starts at 0, as if nothing had happened before the first day. The
    likelihood is Gaussian. In `alpha` = 0, where kappa is 1 and lambda 0 whatever the returns are, the law is
    ``log sigma = level + slope * S``; see :class:`Law`.

    References
    ----------
    Webb, Mahajan, Sandhu, Agarwal and Velan (2025), Adaptive fractal dynamics, Frontiers in Applied Mathematics and
    Statistics 11:1554144.

    Examples
    --------
    >>> returns = 0.01 * np.random.default_rng(3).standard_t(5, 700)
    >>> result = DynamicFractionalVolatility(hurst=0.55, innovation="absolute", alpha=1.0).fit(returns)
    >>> result.converged, bool(0.009 < result.sigma.mean() < 0.016)
    (True, True)
    >>> tomorrow = result.update(-0.03)
    >>> result.forecast(5).shape
    (5,)
    """

    window: int = 252
    hurst: Hurst = "wavelet"
    innovation: Innovation = "signed"
    alpha: float | tuple[float, float] = (0.0, 5.0)
    early: float = 0.5
    limits: tuple[float, float] = (0.05, 20.0)
    unit: float = 0.01

    def __post_init__(self) -> None:
        Wavelet(kind="noise").stream(self.window)  # refuses a window that no exponent can be estimated from
        if isinstance(self.hurst, str) and self.hurst != "wavelet":
            raise InputError(f"hurst is {self.hurst!r}: use 'wavelet', a number such as 0.55 or one per return")
        if self.innovation not in ("signed", "absolute"):
            raise InputError(f"innovation is {self.innovation!r}: use 'signed' or 'absolute'")
        if len(self.powers) != 2 or not _rising(-5.0, *self.powers, 20.0):
            raise InputError(f"alpha is {self.alpha!r}: use a power, or a range of powers, from -5 to 20")
        if not _rising(0.01, self.early, 0.99):
            raise InputError(f"early is {self.early!r}: use a Hurst exponent between 0 and 1")
        if not (isinstance(self.limits, tuple) and len(self.limits) == 2):
            raise InputError(f"limits is {self.limits!r}: use a floor and a ceiling, such as (0.05, 20)")
        if not _rising(1e-6, self.limits[0], 1.0, self.limits[1], 1e6):
            raise InputError(f"limits is {self.limits!r}: use a floor below 1 and a ceiling above, such as (0.05, 20)")
        if not _rising(1e-9, self.unit, 1e9):
            raise InputError(f"unit is {self.unit!r}: use 0.01 for percent, 1.0 for decimals")

    @property
    def powers(self) -> tuple[float, float]:
        """The range of alpha."""
        return self.alpha if isinstance(self.alpha, tuple) else (self.alpha, self.alpha)

    @property
    def least(self) -> int:
        """The fewest returns that it can be fitted to."""
        return START

    def fit(self, returns: ArrayLike, *, days: int | None = None, start: Result | None = None) -> Result:
        """Fit to daily log returns by maximum likelihood.

        Parameters
        ----------
        returns
            Daily log returns in decimals, oldest first, shape (n,).
        days
            Fit to the last so many of them; the earlier ones serve the Hurst exponents alone. By default all.
        start
            A result to start from, such as yesterday's; by default moments of the first 252 days.

        Returns
        -------
        Result
            With `converged` False, and the reason, where alpha stands at an end of its range, the returns do not
            tell the parameters apart or the climb did not end.

        Raises
        ------
        InputError
            The returns are no daily log returns, hold a NaN, are constant or too few; hurst does not fit them.
        """
        if start is not None and not isinstance(start, Result):
            raise InputError(f"start is a {type(start).__name__}: pass a result of this model, or nothing")
        values = checked(returns, self.least)
        size = len(values) if days is None else whole_number(days, "days", self.least)
        if size > len(values):
            raise InputError(f"days is {size}, more than the {len(values)} returns: pass more returns, or fewer days")
        hurst = self.exponents(values)[-size:]
        recent = values[-self.window :]
        return self.fitted(values[-size:], hurst, recent, None if start is None else start.law)

    def exponents(self, returns: Array) -> Array:
        """The Hurst exponent of every day, known at its end and within 0.1 .. 0.9; shape (n,)."""
        if isinstance(self.hurst, str):
            if self.window > len(returns):
                raise InputError(f"window is {self.window}, more than the {len(returns)} returns: use a shorter window")
            hurst = Wavelet(kind="noise").rolling(returns, self.window).h
            hurst[: self.window - 1] = self.early
            cure = "the returns of its window hardly vary: use a number as hurst, or other returns"
            refuse("the Hurst exponent", hurst, np.isnan(hurst), cure)
            return np.clip(hurst, *EXPONENTS)
        hurst = real_numbers(self.hurst, "hurst")
        if hurst.ndim > 1 or (hurst.ndim == 1 and len(hurst) != len(returns)):
            raise InputError(f"hurst has shape {hurst.shape}: pass a number, or one for each of {len(returns)} returns")
        hurst = np.array(np.broadcast_to(hurst, returns.shape))
        refuse("hurst", hurst, ~((hurst > 0.0) & (hurst < 1.0)), "no Hurst exponent: use numbers between 0 and 1")
        return np.clip(hurst, *EXPONENTS)

    def fitted(self, returns: Array, hurst: Array, recent: Array, start: Law | None) -> Result:
        """Fit to checked returns and exponents; `recent` are the returns that the next exponent needs."""
        sample = Sample(returns, memory(hurst))
        begin = Start.of(sample, self)
        first = begin.at if start is None else np.array([start.level, start.slope, start.power])
        best = begin.climb(first)
        if not best.settled:
            # The first days were nothing like the rest: begin between all of them, almost without memory.
            level = 0.5 * math.log(float(np.mean(np.square(returns))))
            best = _better(best, begin.climb(np.array([level, math.copysign(SLOPES[0], first[1]), POWER])))
        inference = Inference.of(best, begin.box, len(returns))
        return Result.of(self, begin.law(best.point.at), sample, hurst, recent, inference)


@dataclass(frozen=True, eq=False)
class Start:
    """Where a fit begins and where it may go."""

    sample: Sample
    moments: Law
    """Sigma is the root mean square of the first 252 days, the slope that of these days, alpha 0."""
    box: Box

    @classmethod
    def of(cls, sample: Sample, model: DynamicFractionalVolatility) -> "Start":
        """The start by the moments of the first days."""
        returns = sample.returns
        scale = math.sqrt(float(np.mean(np.square(returns[:START])))) or float(np.std(returns))
        limits = (model.limits[0] * scale, model.limits[1] * scale)
        still = Law(math.log(scale), 0.0, POWER, *limits, model.innovation)
        low, high = model.powers
        box = Box(NAMES, np.array([-FREE, -FREE, low]), np.array([FREE, FREE, high]), np.array(REACH))
        return cls(sample, replace(still, slope=_slope(sample, still)), box)

    @property
    def at(self) -> Array:
        """Level, slope and alpha, shape (3,)."""
        return np.array([self.moments.level, self.moments.slope, self.moments.power])

    def law(self, at: Array) -> Law:
        """The law of these parameters, with the limits of the start."""
        return replace(self.moments, level=float(at[0]), slope=float(at[1]), power=float(at[2]))

    def climb(self, at: Array) -> Optimum:
        """Maximise the likelihood from there."""
        return maximise(lambda other: self.sample.point(self.law(other)), at, self.box)


def _slope(sample: Sample, law: Law) -> float:
    """The slope of the log size of returns on S over the first days, with S made of shocks of constant sigma."""
    # At slope 0 sigma is constant and the derivative by the slope is S.
    memory = sample.run(law, 4)[0][: min(START, len(sample.returns)), 2]
    returns = sample.returns[:START]
    moved = returns != 0.0
    if not moved.any():
        return SLOPES[0]
    x, y = memory[moved] - memory[moved].mean(), np.log(np.abs(returns[moved]))
    slope = float(x @ y) / float(x @ x) if np.any(x) else 0.0
    # Volatility clusters: size after size is expected to rise, whatever the first year says.
    slope = max(slope, SLOPES[0]) if law.innovation == "absolute" else slope
    return math.copysign(min(max(abs(slope), SLOPES[0]), SLOPES[1]), slope)


def _rising(*numbers: object) -> bool:
    """Whether these are real numbers, none below the one before."""
    plain = [one for one in numbers if isinstance(one, float | int) and not isinstance(one, bool)]
    return len(plain) == len(numbers) and all(a <= b for a, b in pairwise(plain))


def _better(first: Optimum, second: Optimum) -> Optimum:
    """The optimum of the larger likelihood, with the work of both."""
    best = second if second.point.value > first.point.value else first
    work = (first.iterations + second.iterations, first.evaluations + second.evaluations)
    return replace(best, iterations=work[0], evaluations=work[1])

"""The dynamic fractional volatility model of Webb et al.: what it is, and how it is fitted."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import real_numbers, refuse, whole_number
from vrx.econometrics._inference import Inference
from vrx.econometrics._law import EXPONENTS, Array, Innovation, Law, Sample, memory
from vrx.econometrics._returns import checked
from vrx.econometrics._start import START, Start
from vrx.econometrics.result import Result
from vrx.errors import InputError
from vrx.hurst import Wavelet

__all__ = ["DynamicFractionalVolatility"]

Hurst: TypeAlias = Literal["wavelet"] | float | ArrayLike


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
        What a shock is: ``"absolute"``, the size of the standardised return ``z = r / sigma`` beyond the expected,
        ``|z| - sqrt(2 / pi)``; ``"signed"``, z itself, after the Brownian motion of the paper. Volatility follows
        sizes: on the S&P 500 the likelihood of the former is 850 higher over 30 years, and 57 of 60 fits of the
        latter to real series ended at alpha = 0.
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
    innovation: Innovation = "absolute"
    alpha: float | tuple[float, float] = (0.0, 5.0)
    early: float = 0.5
    limits: tuple[float, float] = (0.05, 20.0)
    unit: float = 0.01

    def __post_init__(self) -> None:
        put = object.__setattr__  # numbers of NumPy become those of Python, and lists tuples
        put(self, "window", whole_number(self.window, "window", 2))
        Wavelet(kind="noise").stream(self.window)  # refuses a window that no exponent can be estimated from
        put(self, "hurst", _hurst(self.hurst))
        if not isinstance(self.innovation, str) or self.innovation not in ("signed", "absolute"):
            raise InputError(f"innovation is {self.innovation!r}: use 'signed' or 'absolute'")
        given = {name: getattr(self, name) for name in ("alpha", "early", "limits", "unit")}
        for name, value in given.items():
            put(self, name, _plain(value))
        if len(self.powers) != 2 or not _rising(-5.0, *self.powers, 20.0):
            raise InputError(f"alpha is {given['alpha']!r}: use a power, or a range of powers, from -5 to 20")
        if not _rising(0.01, self.early, 0.99):
            raise InputError(f"early is {given['early']!r}: use a Hurst exponent between 0 and 1")
        if not (isinstance(self.limits, tuple) and len(self.limits) == 2):
            raise InputError(f"limits is {given['limits']!r}: use a floor and a ceiling, such as (0.05, 20)")
        if not _rising(1e-6, self.limits[0], 1.0, self.limits[1], 1e6):
            cure = "use a floor below 1 and a ceiling above, such as (0.05, 20)"
            raise InputError(f"limits is {given['limits']!r}: {cure}")
        if not _rising(1e-9, self.unit, 1e9):
            raise InputError(f"unit is {given['unit']!r}: use 0.01 for percent, 1.0 for decimals")

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
            A result to start from, such as yesterday's; by default moments of the first 252 days. Its innovation must
            be that of this model; its Hurst exponents and its range of alpha may be others.

        Returns
        -------
        Result
            With `converged` True where the climb ended at a maximum inside the range of alpha or at an end of it.
            What there is to doubt, such as an alpha at the end of its range, or why it did not converge: `note`.

        Raises
        ------
        InputError
            The returns are no daily log returns, hold a NaN, are constant or too few; hurst does not fit them.
        """
        if start is not None and not isinstance(start, Result):
            raise InputError(f"start is a {type(start).__name__}: pass a result of this model, or nothing")
        if start is not None and start.model.innovation != self.innovation:
            raise InputError(
                f"start has {start.model.innovation} shocks, this model {self.innovation}: pass a result of this model"
            )
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
        best = begin.best(begin.at if start is None else start.at)
        inference = Inference.of(best, begin.box, len(returns))
        return Result.of(self, begin.law(best.point.at), sample, hurst, recent, inference)


def _hurst(given: Any) -> Hurst:
    """The rule of the exponents; those of an array are checked beside the returns."""
    if given is None or isinstance(given, str):
        if given != "wavelet":
            raise InputError(f"hurst is {given!r}: use 'wavelet', a number such as 0.55 or one per return")
        return "wavelet"
    plain = _plain(given)
    if isinstance(plain, float):
        if not 0.0 < plain < 1.0:
            raise InputError(f"hurst is {plain:g}, no Hurst exponent: use a number between 0 and 1, or 'wavelet'")
        return plain
    if np.ndim(given) == 0:
        raise InputError(f"hurst is {given!r}: use 'wavelet', a number such as 0.55 or one per return")
    return given  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    """A real number as a float, a tuple or list of them as a tuple; anything else as it is."""
    if isinstance(value, tuple | list):
        return tuple(_plain(one) for one in value)
    one = value.item() if isinstance(value, np.generic | np.ndarray) and value.ndim == 0 else value
    # An int may be too large for a float; no option takes one.
    real = isinstance(one, float | int) and not isinstance(one, bool) and not abs(one) > 1e300
    return float(one) if real else value


def _rising(*numbers: object) -> bool:
    """Whether these are real numbers, none below the one before."""
    plain = [one for one in numbers if isinstance(one, float)]
    return len(plain) == len(numbers) and all(a <= b for a, b in pairwise(plain))

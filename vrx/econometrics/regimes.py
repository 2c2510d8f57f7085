"""Regimes of volatility: a variance that switches (Hamilton 1989), and a level that breaks (Bai and Perron 1998)."""

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from vrx._arrays import whole_number
from vrx.econometrics._breaks import Breaks, breaks
from vrx.econometrics._law import Array
from vrx.econometrics._returns import checked
from vrx.errors import InputError, require

__all__ = ["Breaks", "MarkovRegimes", "Regime", "breaks", "markov_regimes"]

LEAST = 100
# A regime whose volatility is a smaller share than this of the whole's has no likelihood with a top.
STILL = 1e-4


@dataclass(frozen=True)
class Regime:
    """One state of the market."""

    volatility: float
    """The standard deviation of a day's return, decimal."""
    share: float
    """The expected share of the days, from what all days say."""
    stays: float
    """The probability that the next day is of the same regime."""
    expected_duration: float
    """Days that a visit lasts on average."""
    probability: float
    """That the last day is of this regime."""


@dataclass(frozen=True, eq=False)
class MarkovRegimes:
    """Normal returns of one mean whose variance follows a Markov chain, quietest regime first."""

    regimes: tuple[Regime, ...]
    mean: float
    """The mean of a day's return in every regime, decimal."""
    transition: Array
    """The probability that regime i (row) is followed by regime j (column), shape (regimes, regimes)."""
    filtered: Array
    """The probability of each regime as the returns up to each day show it, under parameters that know all days; shape
    (n, regimes)."""
    smoothed: Array
    """The same as all returns show it: for looking back, never for a forecast."""
    log_likelihood: float
    bic: float
    """Schwarz's criterion, the less the better."""
    bic_one: float
    """The same for one variance throughout."""
    note: str
    """Why the climb of the likelihood is no maximum; empty if it is."""

    @property
    def converged(self) -> bool:
        """Whether the likelihood was climbed to a maximum."""
        return not self.note


def markov_regimes(returns: ArrayLike, *, regimes: int = 2) -> MarkovRegimes:
    """Fit a variance that switches between regimes to daily log returns, by maximum likelihood.

    The model is ``MarkovRegression`` of statsmodels with a common mean. Returns are taken over their standard deviation
    before the climb, so that their unit changes nothing.

    Parameters
    ----------
    returns
        Daily log returns in decimals, oldest first, shape (n,); at least 100.
    regimes
        How many, 2 or 3.

    Raises
    ------
    InputError
        The returns are no daily log returns, hold a NaN, are constant or too few; or no such regimes are found.
    MissingExtraError
        statsmodels is not installed; it comes with ``vrx[research]``.

    References
    ----------
    Hamilton (1989), A new approach to the economic analysis of nonstationary time series, Econometrica 57.
    Kim (1994), Dynamic linear models with Markov-switching, Journal of Econometrics 60.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> sigma = np.repeat([0.005, 0.02, 0.005], 200)
    >>> found = markov_regimes(sigma * rng.normal(size=600))
    >>> [round(one.volatility, 3) for one in found.regimes], found.regimes[0].probability > 0.9
    ([0.005, 0.018], True)
    """
    values = checked(returns, LEAST)
    count = whole_number(regimes, "regimes", 2, 3)
    scale = float(values.std())
    fitted, note = _climbed(values / scale, count)
    variances = np.asarray(fitted.params[-count:], dtype=np.float64)
    order = np.argsort(variances)
    transition = np.asarray(fitted.regime_transition[:, :, 0], dtype=np.float64).T[np.ix_(order, order)]
    filtered, smoothed = (
        np.asarray(part, dtype=np.float64)[:, order]
        for part in (fitted.filtered_marginal_probabilities, fitted.smoothed_marginal_probabilities)
    )
    stays = np.diag(transition)
    with np.errstate(divide="ignore"):
        durations = 1.0 / (1.0 - stays)
    if not variances.min() > STILL**2:
        raise InputError("one regime has shrunk to days that all move alike, as days without trade do: leave those out")
    if not (np.all(np.isfinite(durations)) and np.all(np.isfinite(smoothed))):
        raise InputError(f"the returns show no {count} regimes that come and go: take fewer, or a longer series")
    rows = zip(scale * np.sqrt(variances[order]), smoothed.mean(axis=0), stays, durations, filtered[-1], strict=True)
    likelihood = float(fitted.llf) - len(values) * math.log(scale)
    return MarkovRegimes(
        regimes=tuple(Regime(*map(float, row)) for row in rows),
        mean=scale * float(fitted.params[-count - 1]),
        transition=transition,
        filtered=filtered,
        smoothed=smoothed,
        log_likelihood=likelihood,
        bic=math.log(len(values)) * len(fitted.params) - 2.0 * likelihood,
        bic_one=2.0 * math.log(len(values)) + len(values) * (math.log(2.0 * math.pi * scale**2) + 1.0),
        note=note,
    )


def _climbed(scaled: Array, count: int) -> tuple[Any, str]:
    """What statsmodels found, and why it is no maximum; empty if it is."""
    switching: Any = require("statsmodels.tsa.regime_switching.markov_regression", "research", "Markov switching")
    model = switching.MarkovRegression(
        scaled, k_regimes=count, trend="c", switching_trend=False, switching_variance=True
    )
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # The climb tries parameters at which the filter underflows; whether it arrived is asked below.
            warnings.simplefilter("ignore")
            fitted = model.fit(cov_type="none", em_iter=20, disp=False)
    except (ValueError, np.linalg.LinAlgError):
        raise InputError(f"the returns show no {count} regimes: take fewer, or a longer series") from None
    if not np.isfinite(fitted.llf):
        raise InputError(f"the returns show no {count} regimes: take fewer, or a longer series")
    arrived = bool(fitted.mle_retvals["converged"])
    return fitted, "" if arrived else "the likelihood of the regimes was not climbed to its top"

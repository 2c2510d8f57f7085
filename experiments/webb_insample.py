"""The models on the five years that they are fitted to, and the moving Hurst exponent against fixed ones."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm
from statsmodels.regression.linear_model import OLS
from webb_forecasts import CASES, WINDOWS, Case, Progress, likeliest
from webb_market import Array, Market

from vrx.econometrics import RIVALS, Result, RivalResult

__all__ = ["FIXED", "HEADLINE", "STATIC", "Fit", "Pair", "fits", "pairs", "shifted", "shown", "vuong", "wide"]

HEADLINE = "dynamic, signed, alpha free"
STATIC = "H = 0.55, signed, alpha free"
FIXED = ("0.5", "0.55", "its mean")
STEP = 1


@dataclass(frozen=True, eq=False)
class Fit:
    """A model fitted to the sample."""

    days: Array
    """The log likelihood of every day."""
    parameters: int
    note: str

    @classmethod
    def of(cls, result: Result | RivalResult, chosen: int = 0) -> "Fit":
        """Read it off; `chosen` counts the parameters that were chosen before the fit."""
        if isinstance(result, Result):
            note = "alpha at 0" if "end of its range" in result.note else result.note
            return cls(likelihoods(result), result.inference.estimated + chosen, note)
        return cls(likelihoods(result), len(result.parameters), result.note)

    @property
    def log_likelihood(self) -> float:
        """That of all days."""
        return float(self.days.sum())

    @property
    def aic(self) -> float:
        """Akaike's criterion; smaller is better."""
        return 2.0 * (self.parameters - self.log_likelihood)

    @property
    def bic(self) -> float:
        """The criterion of Schwarz; smaller is better."""
        return self.parameters * math.log(len(self.days)) - 2.0 * self.log_likelihood


@dataclass(frozen=True)
class Pair:
    """The moving exponent against a fixed one, all else equal; positive numbers speak for the moving one."""

    gain: float
    """What the moving exponent adds: to the log likelihood, or in percent of the other's loss."""
    statistic: float
    p: float
    trimmed: float = float("nan")
    """The gain without the two days on which the losses differ most."""


def likelihoods(result: Result | RivalResult) -> Array:
    """The log likelihood of every day."""
    sigma = result.sigma
    return np.asarray(-0.5 * math.log(2.0 * math.pi) - np.log(sigma) - 0.5 * np.square(result.returns / sigma))


def vuong(first: Array, second: Array) -> tuple[float, float]:
    """Vuong's statistic, positive where the first model is closer to the truth, and its two-sided p-value.

    It is the mean of the daily differences in log likelihood over its standard error. Vuong takes days for independent;
    here the standard error is that of Newey and West, with as many lags as the Diebold-Mariano tests have.
    """
    lags = math.ceil(len(first) ** (1.0 / 3.0))
    found = OLS(first - second, np.ones(len(first))).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    statistic = float(found.tvalues[0])
    return statistic, 2.0 * float(norm.sf(abs(statistic)))


def shown(p: float) -> str:
    """A p-value in a table."""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"


def moving(market: Market, case: Case, window: int) -> Result:
    """The fit with the moving exponent; the returns before the sample serve its first windows alone."""
    start = market.first - window
    return case.model(window).fit(market.returns[start:], days=len(market.sample))


def wide(market: Market) -> Pair:
    """Signed shocks, H over 252 days against H = 0.55, where alpha may be negative."""
    past, days = market.returns[market.first - 252 :], len(market.sample)
    models = (replace(CASES[0].model(hurst=hurst), alpha=(-5.0, 20.0)) for hurst in (None, 0.55))
    mine, other = (Fit.of(model.fit(past, days=days)) for model in models)
    return Pair(mine.log_likelihood - other.log_likelihood, *vuong(mine.days, other.days))


def fits(market: Market) -> dict[str, Fit]:
    """Every model on the same days."""
    found = {f"dynamic, {case.title}": Fit.of(moving(market, case, 252)) for case in CASES}
    for case in CASES:
        found[f"H = 0.55, {case.title}"] = Fit.of(case.model(hurst=0.55).fit(market.sample))
    for case in (CASES[0], CASES[2]):
        best = likeliest(case, market.sample)
        found[f"H = {best:.2f} (likeliest), {case.title}"] = Fit.of(case.model(hurst=best).fit(market.sample), 1)
    return found | {name: Fit.of(rival().fit(market.sample)) for name, rival in RIVALS.items()}


def pairs(market: Market) -> Iterator[tuple[tuple[Case, int], tuple[Fit, Array, tuple[Pair, ...]]]]:
    """Of every reading and window: the moving fit, its exponents, and what each fixed exponent makes of the days."""
    for case in CASES:
        for window in WINDOWS:
            result = moving(market, case, window)
            mine, compared = Fit.of(result), []
            for hurst in (0.5, 0.55, float(result.hurst.mean())):
                other = Fit.of(case.model(hurst=hurst).fit(market.sample))
                gain = mine.log_likelihood - other.log_likelihood
                compared.append(Pair(gain, *vuong(mine.days, other.days)))
            yield (case, window), (mine, result.hurst, tuple(compared))


def shifted(market: Market, case: Case, progress: Progress) -> tuple[float, float]:
    """The share of wrong dates at which the path of exponents fits no worse, and the median likelihood there."""
    result = moving(market, case, 252)
    model, found = case.model(), []
    shifts = range(1, len(market.sample), STEP)
    for shift in shifts:
        path = np.roll(result.hurst, shift)
        found.append(replace(model, hurst=path).fit(market.sample).log_likelihood)
        progress(len(found) / len(shifts))
    return float(np.mean(np.array(found) >= result.log_likelihood)), float(np.median(found))

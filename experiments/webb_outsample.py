"""The forecasts of 2017-2019 and their scores."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from webb_forecasts import CASES, WINDOWS, Case, Walk, benchmarks, chosen, rivals, walked
from webb_insample import HEADLINE, Pair
from webb_market import Array, Market

from vrx.cli.common import slow_progress
from vrx.evaluation import metrics

__all__ = ["Forecasts", "Score", "compared", "forecasts", "recent", "scores"]


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Variance forecasts on all days that are forecast."""

    models: dict[str, Array]
    moving: dict[tuple[Case, int], tuple[Walk, Walk]]
    """By reading and window: H moves; H stays at the mean of its exponents up to each day."""
    fixed: dict[tuple[Case, float], Walk]
    rolling: dict[Case, tuple[Array, Array]]
    """On the last five years: H moves over 252 days; H is 0.55."""
    exponents: dict[Case, list[float]]
    """The fixed exponents that the likelihood of the past chose, month by month."""
    failed: dict[str, int]
    """The days on which a fit did not converge."""


@dataclass(frozen=True)
class Score:
    """One model against one measure of what came; the first three on volatility, QLIKE on variance."""

    rmse: float
    mape: float
    r_squared: float
    qlike: float
    statistic: float
    """Diebold-Mariano on QLIKE, positive where the dynamic model loses less; NaN for itself."""
    p: float


def forecasts(market: Market) -> Forecasts:
    """All forecasts."""
    moving, fixed, rolling, picked, exponents = {}, {}, {}, {}, {}
    jobs = 7 * len(CASES)
    with slow_progress("dynamic fractional volatility") as progress:
        for count, case in enumerate(CASES):
            for k, window in enumerate(WINDOWS):
                moving[case, window] = walked(market, case.model(window))
                progress((7 * count + k + 1) / jobs)
            for hurst in (0.5, 0.55):
                fixed[case, hurst] = walked(market, case.model(hurst=hurst))[0]
            recently = [walked(market, model, rolling=True)[0] for model in (case.model(), case.model(hurst=0.55))]
            rolling[case] = recently[0].variance, recently[1].variance
            picked[case], exponents[case] = chosen(market, case)
            progress(7 * (count + 1) / jobs)
    models = {f"dynamic, {case.title}": moving[case, 252][0] for case in CASES}
    models |= {f"H = 0.55, {case.title}": fixed[case, 0.55] for case in CASES}
    models |= {f"H likeliest so far, {case.title}": picked[case] for case in (CASES[0], CASES[2])}
    found = {name: walk.variance for name, walk in models.items()}
    failed = {name: walk.failed for name, walk in models.items()}
    with slow_progress("rivals") as progress:
        for name, variance, days in rivals(market, progress):
            found[name], failed[name] = variance, days
    return Forecasts(found | benchmarks(market), moving, fixed, rolling, exponents, failed)


def scores(market: Market, models: Mapping[str, Array], came: Array) -> dict[str, Score]:
    """Score every model on the same days."""
    losses = {name: metrics.qlike_loss(variance[market.scored], came) for name, variance in models.items()}
    volatility, found = np.sqrt(came), {}
    for name, variance in models.items():
        sigma = np.sqrt(variance[market.scored])
        same = name == HEADLINE
        statistic, p = (np.nan, np.nan) if same else metrics.diebold_mariano(losses[name], losses[HEADLINE])
        found[name] = Score(
            rmse=metrics.rmse(sigma, volatility),
            mape=metrics.mape(sigma, volatility),
            r_squared=metrics.r_squared(sigma, volatility),
            qlike=float(losses[name].mean()),
            statistic=statistic,
            p=p,
        )
    return found


def pair(market: Market, moving: Array, fixed: Array, came: Array) -> Pair:
    """The moving exponent's gain in QLIKE over a fixed one, percent of the latter's, and Diebold-Mariano."""
    mine, other = (metrics.qlike_loss(variance[market.scored], came) for variance in (moving, fixed))
    rest = np.argsort(np.abs(mine - other), kind="stable")[:-2]
    gain, trimmed = (100.0 * (1.0 - float(mine[days].mean() / other[days].mean())) for days in (slice(None), rest))
    return Pair(gain, *metrics.diebold_mariano(other, mine), trimmed)


def compared(market: Market, found: Forecasts, came: Array) -> dict[tuple[Case, int], tuple[float, tuple[Pair, ...]]]:
    """By reading and window: the QLIKE of the moving exponent, and its gain over each fixed one."""
    answer = {}
    for (case, window), (walk, mean) in found.moving.items():
        others = (found.fixed[case, 0.5], found.fixed[case, 0.55], mean)
        mine = walk.variance
        loss = metrics.qlike(mine[market.scored], came)
        answer[case, window] = loss, tuple(pair(market, mine, other.variance, came) for other in others)
    return answer


def recent(market: Market, found: Forecasts, came: Array) -> dict[Case, Pair]:
    """The moving exponent against 0.55, both fitted to the last five years."""
    return {case: pair(market, *both, came) for case, both in found.rolling.items()}

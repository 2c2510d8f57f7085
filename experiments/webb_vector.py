"""The vector autoregression of Webb et al. on the same days, with a dynamic measure of risk and with a static one.

The paper says neither which columns it takes nor which volatility it forecasts. Here the columns are return, log
volatility and a measure of risk, and tomorrow's volatility is forecast.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from webb_forecasts import CASES
from webb_market import Array, Market

from vrx.econometrics import DynamicFractionalVolatility, Result, VectorComparison, dynamic_against_static
from vrx.hurst import Wavelet

__all__ = ["LAGS", "Pair", "pairs", "vector_rows"]

# "Across the analyzed lags", of which the paper names none.
LAGS = (1, 2, 3, 5, 10)
WINDOW = 252
EVERY = 22
SMALL = 0.05
PUBLISHED_RMSE = (0.0053, 0.0048)
MEASURES = {"realized": "realized variance, scaled", "ranged": "Garman-Klass plus overnight"}
CLAIMS = {
    "sigma": (
        "model volatility",
        "volatility of the dynamic fractional model against that of the model with H = 0.55",
    ),
    "hurst": ("rolling H", "rolling H against H = 0.55, which is a constant and has no column"),
}


@dataclass(frozen=True, eq=False)
class Pair:
    """A dynamic system against a static one, forecast with each number of lags."""

    title: str
    claim: str
    measure: str
    by_lags: Mapping[int, VectorComparison]
    chosen: VectorComparison
    """With the orders that Schwarz's criterion prefers."""

    @property
    def rmse(self) -> tuple[float, float]:
        """Of volatility, static and dynamic, averaged over the lags."""
        found = [one.volatility for one in self.by_lags.values()]
        return float(np.mean([it.rmse_static for it in found])), float(np.mean([it.rmse_dynamic for it in found]))

    @property
    def gain(self) -> float:
        """By what share the average RMSE of the dynamic system is lower."""
        static, dynamic = self.rmse
        return 1.0 - dynamic / static


def pairs(market: Market) -> dict[tuple[str, str], Pair]:
    """Both claims on both measures of volatility, by their keys in CLAIMS and MEASURES."""
    moving, still = (known_sigma(market, CASES[0].model(hurst=hurst)) for hurst in (None, 0.55))
    exponents = Wavelet(kind="noise").rolling(market.returns, WINDOW).h[market.first :]
    found = {}
    for measure, name in MEASURES.items():
        variance = getattr(market, measure)
        # One factor, known before the first forecast: realized variance leaves out the night.
        scale = market.scale(variance)[0] if measure == "realized" else 1.0
        past = scale * variance[market.first :]
        use = np.isfinite(past) & (past > 0.0)
        start = int(use[: market.days[0] - market.first].sum())
        base = {"return": market.sample[use], "log_volatility": 0.5 * np.log(past[use])}
        systems = {
            "sigma": ({"log_sigma": np.log(moving[use])}, {"log_sigma": np.log(still[use])}),
            "hurst": ({"hurst": exponents[use]}, {}),
        }
        for claim, (dynamic, static) in systems.items():
            both = {**base, **dynamic}, {**base, **static}
            by_lags = {
                lags: dynamic_against_static(*both, start=start, order=lags, max_order=1, every=EVERY) for lags in LAGS
            }
            chosen = dynamic_against_static(*both, start=start, max_order=max(LAGS), every=EVERY)
            found[claim, measure] = Pair(*CLAIMS[claim], name, by_lags, chosen)
    return found


def known_sigma(market: Market, model: DynamicFractionalVolatility) -> Array:
    """The volatility of the day after each day of the sample, as known at its end.

    Days before the first forecast are as the fit to them filters them; after it the model is refitted as time goes by.
    """
    begin = market.first - model.window
    sigma = np.empty(len(market.sample))
    result: Result | None = None
    for day in market.days[::EVERY]:
        result = model.fit(market.returns[begin:day], days=int(day) - market.first, start=result)
        if day == market.days[0]:
            sigma[: day - market.first] = np.append(result.sigma[1:], result.next_sigma)
        else:
            sigma[day - market.first - 1] = result.next_sigma
        for later in range(day, min(day + EVERY, len(market.returns))):
            sigma[later - market.first] = result.update(float(market.returns[later]))
    return sigma


def vector_rows(market: Market) -> list[tuple[str, str, str, str, str]]:
    """Name, published, ours, sample and comment of every figure of the paper's paragraph on the VAR.

    What the paper prints stands beside the reading closest to its words alone; the other readings have a dash.
    """
    found = pairs(market)
    closest = next(iter(found))
    return [row for key, pair in found.items() for row in _rows(market, pair, published=key == closest)]


def _rows(market: Market, pair: Pair, *, published: bool) -> list[tuple[str, str, str, str, str]]:
    (static, dynamic), scored = pair.rmse, pair.chosen.rows
    first, second = PUBLISHED_RMSE
    dates = market.dates[market.days]
    sample = f"S&P 500, {scored} days from {dates[0]} to {dates[-1]}, {pair.measure}"
    what = f"{pair.claim}; mean over {', '.join(map(str, LAGS))} lags"
    contests = [one.volatility for one in pair.by_lags.values()]
    p_values = [it.p_value for it in contests]
    better, worse = (sum(sign * it.gain > 0.0 and it.p_value < SMALL for it in contests) for sign in (1, -1))
    orders = f"with the orders that BIC prefers ({pair.chosen.static_order} and {pair.chosen.dynamic_order})"
    by_bic, logs = pair.chosen.volatility, pair.chosen.log_volatility
    arithmetic = f"; {first} to {second} is {1.0 - second / first:.1%}, not 8.5%" if published else ""
    table = (
        ("RMSE of volatility, static", f"{first}", f"{static:.5f}", what),
        ("RMSE of volatility, dynamic", f"{second}", f"{dynamic:.5f}", what),
        (
            "RMSE lower by",
            "8.5%",
            f"{pair.gain:+.1%}",
            f"{pair.claim}; {orders} {by_bic.gain:+.1%}, of log volatility {logs.gain:+.1%}{arithmetic}",
        ),
        (
            "p-value",
            "below 0.05 at all lags",
            f"{min(p_values):.3f} to {max(p_values):.3f}",
            f"Diebold-Mariano on squared errors of volatility; of {len(LAGS)} numbers of lags the dynamic system is "
            f"significantly better with {better} and worse with {worse}; {orders} p {by_bic.p_value:.3f}, of log "
            f"volatility {logs.p_value:.3f}",
        ),
    )
    return [
        (f"VAR with {pair.title}, {name}", printed if published else "-", ours, sample, comment)
        for name, printed, ours, comment in table
    ]

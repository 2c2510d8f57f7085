"""What Webb et al. print of their model, beside what the same days give."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from hurst_prose import bullet, paragraph
from scipy.stats import kurtosis, skew
from statsmodels.stats.diagnostic import acorr_ljungbox
from webb_insample import HEADLINE, STATIC, Fit, shown, vuong
from webb_market import Array, Market
from webb_outsample import Score

from vrx.evaluation import metrics

__all__ = ["BEST", "implied_scale", "published_section"]

# AIC and BIC; those of GARCH from the stated improvements of 422.66 and 405.78.
CRITERIA = {
    HEADLINE: (19723.11, 19804.56),
    "garch": (20145.77, 20210.34),
    "figarch": (19998.23, 20081.45),
    STATIC: (20041.52, 20125.67),
}
VUONG = {"garch": 3.45, "figarch": 2.87, STATIC: 3.12}
# How much lower its RMSE is, and the Diebold-Mariano statistic.
GAINS = {"garch": (0.128, 2.56), "figarch": (0.047, 2.13), STATIC: (0.089, 2.44)}
MAPES = {HEADLINE: "7.5%", "garch": "11.2%", "figarch": "9.8%", STATIC: "10.5%"}
SQUARED = {HEADLINE: "0.72", "garch": "0.65", "figarch": "0.65 to 0.68", STATIC: "0.65 to 0.68"}
RMSE, R_SQUARED = 0.0041, 0.72
BEST = "log-HAR on realized variance"
YEAR = 252
# Five-minute returns in the 6.5 hours of a trading day.
BARS = 78


def implied_scale(fits: Mapping[str, Fit]) -> float:
    """What returns must be multiplied with for the printed AIC of the dynamic model."""
    fit = fits[HEADLINE]
    return math.exp((CRITERIA[HEADLINE][0] - fit.aic) / (2.0 * len(fit.days)))


def published_section(market: Market, fits: Mapping[str, Fit], found: Mapping[str, Score]) -> Iterator[str]:
    """The published numbers, one after the other."""
    yield "## The published numbers\n"
    yield from the_data(market.sample)
    yield from in_sample(fits)
    yield from scale_and_parameters(fits)
    yield from out_of_sample(found)
    yield from which_volatility(market, found)


def the_data(returns: Array) -> Iterator[str]:
    lags = 20
    raw, squared = (acorr_ljungbox(values, lags=[lags])["lb_stat"].iloc[0] for values in (returns, returns**2))
    rows = {
        "days": ("1,258", f"{len(returns):,}"),
        "skewness": ("-0.18", f"{skew(returns):.2f}"),
        "excess kurtosis": ("4.32", f"{kurtosis(returns):.2f}"),
        f"Ljung-Box, {lags} lags, returns": ("18.234", f"{raw:.1f}"),
        f"Ljung-Box, {lags} lags, squared returns": ("45.678", f"{squared:.1f}"),
    }
    yield "### The returns of 2015-2019\n"
    yield "| | printed | here |"
    yield "|---|--:|--:|"
    for name, (printed, here) in rows.items():
        yield f"| {name} | {printed} | {here} |"
    yield ""


def in_sample(fits: Mapping[str, Fit]) -> Iterator[str]:
    yield "### In sample\n"
    yield "| | AIC, printed | AIC | AIC less the dynamic model's, printed | the same, here | Vuong, printed | Vuong |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    mine = fits[HEADLINE]
    for name, (aic, _) in CRITERIA.items():
        fit, tested = fits[name], "- | -"
        if name != HEADLINE:
            statistic, p = vuong(mine.days, fit.days)
            tested = f"{VUONG[name]:+.2f} | {statistic:+.2f} (p {shown(p)})"
        less = f"{aic - CRITERIA[HEADLINE][0]:+.1f} | {fit.aic - mine.aic:+.1f}"
        yield f"| {name} | {aic:,.2f} | {fit.aic:,.1f} | {less} | {tested} |"
    yield ""


def scale_and_parameters(fits: Mapping[str, Fit]) -> Iterator[str]:
    fit, scale = fits[HEADLINE], implied_scale(fits)
    days = len(fit.days)
    flipped = math.exp((-CRITERIA[HEADLINE][0] - fit.aic) / (2.0 * days))
    printed = {unit: fit.aic + 2.0 * days * math.log(unit) for unit in (100.0, 10_000.0)}
    yield bullet(
        f"An AIC of 19,723 is a mean log likelihood of {-(CRITERIA[HEADLINE][0] / 2.0 - fit.parameters) / days:.2f} "
        f"a day; decimals have {fit.log_likelihood / days:+.2f}. Multiplying returns by c adds 2 n log c to every AIC: "
        f"percent would give {printed[100.0]:,.0f}, basis points {printed[10_000.0]:,.0f}, and the printed number "
        f"takes c = {scale:,.0f}, which is no unit that returns come in. Had it lost a minus sign, it would take "
        f"c = {flipped:.4f}."
    )
    counts = ", ".join(f"{(bic - aic) / (math.log(days) - 2.0):.1f} ({name})" for name, (aic, bic) in CRITERIA.items())
    yield bullet(
        "A scale cancels from differences between models, and these do not reproduce either: the table has them. "
        f"BIC less AIC is k (log n - 2) whatever the likelihood is, and the printed pairs imply k = {counts} where the "
        "models have 3, 3, 4 and 3 parameters, and the static model more than the dynamic one."
    )
    yield ""


def out_of_sample(found: Mapping[str, Score]) -> Iterator[str]:
    yield "### Out of sample, against scaled realized variance\n"
    yield "| | RMSE lower by, printed | here | MAPE, printed | MAPE | R^2, printed | R^2 | DM, printed | DM on QLIKE |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    mine = found[HEADLINE]
    for name, mape in MAPES.items():
        score, gain, tested = found[name], "- | -", "- | -"
        if name != HEADLINE:
            lower, statistic = GAINS[name]
            gain = f"{lower:.1%} | {1.0 - mine.rmse / score.rmse:+.1%}"
            tested = f"{statistic:+.2f} | {score.statistic:+.2f} (p {shown(score.p)})"
        yield f"| {name} | {gain} | {mape} | {score.mape:.1%} | {SQUARED[name]} | {score.r_squared:.2f} | {tested} |"
    yield ""


def which_volatility(market: Market, found: Mapping[str, Score]) -> Iterator[str]:
    rows = candidates(market)
    needed = RMSE / math.sqrt(1.0 - R_SQUARED)
    yield paragraph(
        f"The paper does not say which volatility its forecasts are held against. An RMSE of {RMSE} and an R^2 of "
        f"{R_SQUARED} belong to one with sd {needed:.4f}; a MAPE of 7.5% needs a day's volatility to be known to 7.5%."
    )
    yield "| volatility of the days that are scored | mean | sd | sd, annualised | RMSE of an R^2 of 0.72 |"
    yield "|---|--:|--:|--:|--:|"
    for name, sigma in rows.items():
        sd = float(sigma.std())
        implied = sd * math.sqrt(1.0 - R_SQUARED)
        yield f"| {name} | {sigma.mean():.4f} | {sd:.4f} | {sd * math.sqrt(YEAR):.4f} | {implied:.4f} |"
    yield ""
    first, second = list(rows.values())[:2]
    known = math.sqrt(2.0 / BARS) / 2.0 * math.sqrt(2.0 / math.pi)
    yield bullet(
        f"None has that sd, per day or annualised; the returns themselves have {market.returns[market.days].std():.4f}."
    )
    yield bullet(
        f"Two measures of the same day, scaled realized variance and Garman-Klass plus overnight, differ by "
        f"{metrics.mape(second, first):.0%} in volatility on average. Even a forecast that knew the true variance of a "
        f"day would be off by {known:.0%} of the volatility measured from {BARS} five-minute returns (normal, of equal "
        f"variance), which leaves next to nothing for not knowing it; {BEST} has {found[BEST].mape:.0%}."
    )
    order = sorted(found, key=lambda name: found[name].rmse)
    lower, upper = found[order[0]].rmse, found[order[-1]].rmse
    yield bullet(
        f"As an error of daily volatility an RMSE of {RMSE} is no feat: the forecasts here lie between {lower:.4f} and "
        f"{upper:.4f} ({order[0]} to {order[-1]})."
    )
    yield bullet(
        "756 forecasts from 2017 to 2019 cannot be one-day-ahead forecasts of trading days: there were "
        f"{len(market.days)}. The abstract has gains of 12.3% (RMSE) and 9.8% (MAPE), the results 12.8% and, by the "
        "printed MAPEs, 33%."
    )
    yield ""


def candidates(market: Market) -> dict[str, Array]:
    """Volatilities that a forecast could be held against, decimal per day."""
    returns = pd.Series(market.returns)
    came = market.targets
    rows = {name: np.sqrt(values) for name, values in came.items() if "as it is" not in name}
    rows["absolute return"] = np.abs(market.returns[market.days][market.scored])
    for length in (5, 22):
        rolled = returns.rolling(length).std().to_numpy()
        rows[f"standard deviation of {length} returns"] = rolled[market.days][market.scored]
    return rows

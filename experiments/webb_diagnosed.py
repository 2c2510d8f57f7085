"""The published figures on the returns themselves, and on the models fitted to them: Table 1 and what goes with it."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from arch import arch_model
from scipy.stats import chi2, kurtosis, norm, skew
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.adfvalues import mackinnonp
from webb_insample import HEADLINE, STATIC, Fit, vuong
from webb_market import Market
from webb_published import implied_scale
from webb_rows import Row, Section, measured, number, p, p_row, within
from webb_walks import TITLES

from vrx.econometrics import Diagnosis, diagnose
from vrx.series import read

__all__ = ["PRINTED", "data_section", "diagnosis", "implied_parameters", "insample_section"]

LAGS = 20
LEVEL = 0.01
# AIC and BIC as they are printed; of GARCH the distances alone are.
PRINTED = {
    HEADLINE: ("19,723.11", "19,804.56"),
    "figarch": ("19,998.23", "20,081.45"),
    STATIC: ("20,041.52", "20,125.67"),
}
DISTANCES = ("422.66", "405.78")
VUONG = {"garch": ("3.45", "< 0.001"), "figarch": ("2.87", "0.004"), STATIC: ("3.12", "0.002")}


def diagnosis(market: Market) -> Diagnosis:
    """The tests of `vrx diagnose` on the returns of the sample, its tests for breaks at 1%."""
    frame = pd.DataFrame({"date": market.dates[market.first :].astype(str), "return": market.sample})
    return diagnose(read(frame, columns={"return": "return"}, name="S&P 500"), level=LEVEL)


def data_section(market: Market, found: Diagnosis) -> Section:
    """Table 1 as the summary of the data."""
    return Section("The data and their tests (Table 1 of the data)", tuple(data_rows(market, found)))


def data_rows(market: Market, found: Diagnosis) -> Iterator[Row]:
    returns, sample = market.sample, within(market)
    first, last = (str(market.dates[at]) for at in (market.first, -1))
    yield Row(
        "first and last day", "January 1, 2015 to December 31, 2019", f"{first} to {last}", sample,
        "The market was closed on January 1. Theirs are from Datastream, ours from another source: both are closes of "
        "one index.",
    )  # fmt: skip
    yield Row("trading days (also abstract)", "1,258", f"{len(returns):,}", sample)
    root = next(one for one in found.findings if one.name == "ADF")
    yield measured(
        "augmented Dickey-Fuller statistic, lags by Schwarz", "-3.847", root.statistic, "{:.2f}", sample,
        f"{root.lags} lags, constant. White noise, which returns nearly are, has about minus the root of the days, "
        f"{-math.sqrt(len(returns)):.0f}; -3.8 is what something persistent has, such as a volatility.",
    )  # fmt: skip
    own = float(mackinnonp(-3.847, regression="c"))
    yield p_row("0.003 (stationary at the 5% level)", root.p_value, own, sample, "Stationary in both.")
    printed = {"returns": ("18.234", "0.572"), "squared returns": ("45.678", "< 0.001")}
    for (name, (statistic, value)), values in zip(printed.items(), (returns, returns**2), strict=True):
        here = acorr_ljungbox(values, lags=[LAGS]).iloc[0]
        own = float(chi2.sf(number(statistic), LAGS))
        ours = float(here["lb_stat"])
        yield measured(f"Ljung-Box of {name}, {LAGS} lags", statistic, ours, "{:.3f}", sample)
        yield p_row(value, float(here["lb_pvalue"]), own, sample, robust(found) * (name == "returns"))
    yield measured("excess kurtosis", "4.32", float(kurtosis(returns)), "{:.2f}", sample)
    yield measured("skewness", "-0.18", float(skew(returns)), "{:.2f}", sample)


def robust(found: Diagnosis) -> str:
    one = next(one for one in found.findings if one.name.startswith("Lobato"))
    return (
        f"Where volatility clusters the test rejects too often: that of Lobato, Nankervis and Savin ({one.lags} lags) "
        f"has {p(one.p_value)}."
    )


def insample_section(market: Market, fits: Mapping[str, Fit]) -> Section:
    """Table 1 as the in-sample metrics."""
    rows = (*criteria_rows(market, fits), *vuong_rows(market, fits), *other_rows(market, fits))
    return Section("In sample (Table 1 of the results)", rows)


def criteria_rows(market: Market, fits: Mapping[str, Fit]) -> Iterator[Row]:
    sample, mine = within(market), fits[HEADLINE]
    for name, pair in PRINTED.items():
        fit = fits[name]
        comments = ["", f"The printed pair has {implied_parameters(name, len(fit.days)):.1f} parameters."]
        if name == HEADLINE:
            comments = [f"Also conclusion. {one}" for one in (scale_comment(fits), comments[1])]
        values = zip(("AIC", "BIC"), pair, (fit.aic, fit.bic), comments, strict=True)
        for title, printed, ours, comment in values:
            yield measured(f"{title} of {TITLES[name]}", printed, ours, "{:,.1f}", sample, comment)
    for title, printed, ours in zip(
        ("AIC", "BIC"), DISTANCES, (fits["garch"].aic - mine.aic, fits["garch"].bic - mine.bic), strict=True
    ):
        yield measured(
            f"{title} of GARCH less that of the dynamic model", printed, ours, "{:+.1f}", sample,
            f"GARCH has {getattr(fits['garch'], title.lower()):,.1f}. No scale of the returns enters here: ours says "
            "which fits better, and a minus is for GARCH.",
        )  # fmt: skip


def scale_comment(fits: Mapping[str, Fit]) -> str:
    fit = fits[HEADLINE]
    return (
        f"Positive only if returns are multiplied by {implied_scale(fits):,.0f}; percent would give "
        f"{fit.aic + 2.0 * len(fit.days) * math.log(100.0):,.0f}."
    )


def implied_parameters(name: str, days: int) -> float:
    """The parameters that the printed pair has: BIC less AIC is k (log n - 2), whatever the likelihood."""
    aic, bic = map(number, PRINTED[name])
    return (bic - aic) / (math.log(days) - 2.0)


def vuong_rows(market: Market, fits: Mapping[str, Fit]) -> Iterator[Row]:
    for name, (printed, value) in VUONG.items():
        statistic, own = vuong(fits[HEADLINE].days, fits[name].days)
        yield measured(
            f"Vuong's statistic against {TITLES[name]}", printed, statistic, "{:+.2f}", within(market),
            "A plus is for the dynamic model; standard error by Newey and West.",
        )  # fmt: skip
        for_other = "For the other model." * (statistic < 0.0 and own < 0.05)
        yield p_row(value, own, 2.0 * float(norm.sf(number(printed))), within(market), for_other)


def other_rows(market: Market, fits: Mapping[str, Fit]) -> Iterator[Row]:
    best = max((name for name in fits if "likeliest" in name and "signed" in name), key=lambda name: fits[name].aic)
    chosen = best.split()[2]
    gain = fits[best].log_likelihood - fits[STATIC].log_likelihood
    yield measured(
        "H of the static model, by preliminary calibration", "0.55", float(chosen), "{:.2f}", within(market),
        f"The likeliest in steps of 0.05; its log likelihood is {gain:.1f} above that of 0.55. Prior studies are said "
        "to have 0.5 to 0.6.",
    )  # fmt: skip
    statistic, value = second_lag(market)
    yield Row(
        "GARCH(2,1) against GARCH(1,1): no significant gain", "no figure",
        f"likelihood ratio {statistic:.2f}, {p(value)}", within(market),
        "The second lag of squared returns, in sample; chi-squared with 1 degree.",
    )  # fmt: skip


def second_lag(market: Market) -> tuple[float, float]:
    """The likelihood ratio of a second lag of squared returns, and its p-value."""
    scaled = market.sample / math.sqrt(float(np.mean(np.square(market.sample))))
    small, large = (
        arch_model(scaled, mean="Zero", p=lags, q=1, rescale=False).fit(disp="off").loglikelihood for lags in (1, 2)
    )
    ratio = max(2.0 * float(large - small), 0.0)
    return ratio, float(chi2.sf(ratio, 1))

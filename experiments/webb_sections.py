"""The tables of the page on Webb et al., and how everything was done."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from hurst_prose import bullet, paragraph
from webb_forecasts import CASES, WINDOWS, Case
from webb_found import MAIN, Found
from webb_insample import FIXED, HEADLINE, Fit, Pair, shown, vuong
from webb_outsample import Score

__all__ = ["insample_section", "method_section", "moving_section", "scores_section"]

TAPS = 8


def moving_section(found: Found) -> Iterator[str]:
    yield "## H moving against H fixed, everything else equal\n"
    yield paragraph(
        "Same model, same days, same fit; only the Hurst exponents differ. A cell is what the moving H adds, and in "
        "brackets the test; a plus speaks for the moving H. In sample: log likelihood, and Vuong's statistic."
    )
    within = {key: (f"{fit.log_likelihood:,.1f}", pairs) for key, (fit, _, pairs) in found.pairs.items()}
    yield from pairs_table("log likelihood", within, "")
    yield paragraph(
        f"Out of sample, {found.market.scored.sum()} one-day-ahead forecasts: QLIKE against scaled realized variance, "
        "what the moving H saves of it in percent, and the Diebold-Mariano statistic."
    )
    ahead = {key: (f"{loss:.4f}", pairs) for key, (loss, pairs) in found.compared[MAIN].items()}
    yield from pairs_table("QLIKE", ahead, "%")
    yield from moving_notes(found)


def pairs_table(score: str, rows: Mapping[tuple[Case, int], tuple[str, Sequence[Pair]]], unit: str) -> Iterator[str]:
    yield f"| shocks | window | {score}, H moves | " + " | ".join(f"against H = {name}" for name in FIXED) + " |"
    yield "|---|--:|--:|" + "--:|" * len(FIXED)
    for (case, window), (mine, pairs) in rows.items():
        cells = " | ".join(f"{pair.gain:+.1f}{unit} ({pair.statistic:+.2f}{stars(pair)})" for pair in pairs)
        yield f"| {case.title} | {window} | {mine} | {cells} |"
    yield ""


def stars(pair: Pair) -> str:
    return "*" * sum(pair.p < level for level in (0.05, 0.01))


def moving_notes(found: Found) -> Iterator[str]:
    yield paragraph("One star: p under 5%, two: under 1%, two-sided.")
    yield from pluses(found)
    yield bullet(
        "Of the comparisons out of sample against the other measures of what came, "
        + " and ".join(other_targets(found))
        + "."
    )
    yield bullet(
        "Is it the dates that matter? The path of H over 252 days, moved in time by every number of days (round the "
        "end), is an H that moves as much and knows nothing of the day. It fits no worse than the path at its own "
        "dates in "
        + ", ".join(f"{share:.0%} ({case.title})" for case, (share, _) in found.shifted.items())
        + " of all such moves."
    )
    yield bullet(
        "Fitted to the last five years instead of all days since 2015, the moving H (252 days) has, against H = 0.55, "
        + ", ".join(f"{pair.gain:+.1f}% ({pair.statistic:+.2f}; {case.title})" for case, pair in found.recent.items())
        + "; without the two days on which the losses differ most "
        + ", ".join(f"{pair.trimmed:+.1f}%" for pair in found.recent.values())
        + "."
    )
    spans = ", ".join(
        f"{window} days: levels 1 to {levels(window)}, H from {h.min():.2f} to {h.max():.2f}, mean {h.mean():.2f}"
        for window, h in ((window, found.pairs[CASES[0], window][1]) for window in WINDOWS)
    )
    yield bullet(
        f"The wavelet regression has few levels to go by ({spans}): at 126 days a line through "
        f"{levels(126)} points, the last of them the mean of {126 - width(levels(126)) + 1} coefficients that overlap. "
        "How little of its movement is more than chance stands in [hurst.md](hurst.md)."
    )
    yield ""


def pluses(found: Found) -> Iterator[str]:
    """What becomes of the cells that speak for the moving exponent."""
    both = [
        (within, ahead)
        for key, (_, _, pairs) in found.pairs.items()
        for within, ahead in zip(pairs, found.compared[MAIN][key][1], strict=True)
    ]
    carried = [f"{ahead.gain:+.1f}%" for within, ahead in both if within.gain > 0.0]
    if carried:
        yield bullet(f"The {len(carried)} cells in sample with a plus have {', '.join(carried)} out of sample.")
    better = [f"{ahead.trimmed:+.1f}%" for _, ahead in both if ahead.gain > 0.0]
    if better:
        yield bullet(
            f"The {len(better)} cells out of sample with a plus hang on two days (with signed shocks and alpha = 1 a "
            "fixed H lets sigma come near zero): without the two on which the losses differ most they are "
            f"{', '.join(better)}."
        )
    yield bullet(
        f"With alpha down to -5 (signed shocks, 252 days against H = 0.55, in sample): {found.wide.gain:+.1f} "
        f"({found.wide.statistic:+.2f}{stars(found.wide)})."
    )


def other_targets(found: Found) -> Iterator[str]:
    for name, rows in found.compared.items():
        if name != MAIN:
            pairs = [pair for _, compared in rows.values() for pair in compared]
            yield f"{sum(pair.gain > 0.0 for pair in pairs)} of {len(pairs)} have a plus ({name})"


def levels(window: int) -> int:
    """The wavelet levels that have a coefficient which touches no end of the window."""
    return max(level for level in range(1, 20) if width(level) <= window)


def width(level: int) -> int:
    """The returns that a coefficient of this level takes in."""
    return int((2**level - 1) * (TAPS - 1) + 1)


def insample_section(fits: Mapping[str, Fit]) -> Iterator[str]:
    yield "## All models in sample, 2015-2019\n"
    yield "| model | parameters | log likelihood | AIC | BIC | Vuong, the dynamic model of the paper against it | p |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, fit in sorted(fits.items(), key=lambda item: item[1].aic):
        tested = "- | -"
        if name != HEADLINE:
            statistic, p = vuong(fits[HEADLINE].days, fit.days)
            tested = f"{statistic:+.2f} | {shown(p)}"
        title = f"{name} ({fit.note})" if fit.note else name
        numbers = f"{fit.log_likelihood:,.1f} | {fit.aic:,.1f} | {fit.bic:,.1f}"
        yield f"| {title} | {fit.parameters} | {numbers} | {tested} |"
    yield ""
    yield paragraph(
        "Gaussian likelihood of decimal returns, the same days for all; smaller criteria are better. Vuong's statistic "
        "asks of two models, neither of which contains the other, which is closer to the truth: the mean daily "
        "difference in log likelihood over its standard error, by Newey and West because days are not independent; "
        "minus where the dynamic model is farther. It does not correct for the number of parameters; AIC and BIC do. "
        "The likeliest H, sought in steps of 0.05, counts as a parameter."
    )


def scores_section(found: Found) -> Iterator[str]:
    yield "## All forecasts, 2017-2019\n"
    for target, scores in found.scores.items():
        yield f"### Against {target}\n"
        yield from score_table(scores)
    failed = ", ".join(f"{name} on {days}" for name, days in found.forecasts.failed.items() if days)
    yield paragraph(
        "RMSE, MAPE and R^2 of volatility, decimal per day; QLIKE of variance. Diebold-Mariano on QLIKE, Newey-West "
        "with the correction of Harvey, Leybourne and Newbold: plus where the dynamic model of the paper loses less. "
        "Every forecast is one of close-to-close variance, also where trading hours alone are the measure: there all "
        "stand too high, which QLIKE and R^2 count against them. "
        + (f"Days that kept older parameters or did not converge: {failed}." if failed else "All fits converged.")
    )


def score_table(scores: Mapping[str, Score]) -> Iterator[str]:
    yield "| model | RMSE | MAPE | R^2 | QLIKE | Diebold-Mariano | p |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, score in sorted(scores.items(), key=lambda item: item[1].qlike):
        tested = "- | -" if np.isnan(score.p) else f"{score.statistic:+.2f} | {shown(score.p)}"
        plain = f"{score.rmse:.5f} | {score.mape:.1%} | {score.r_squared:.3f} | {score.qlike:.4f}"
        yield f"| {name} | {plain} | {tested} |"
    yield ""


def method_section(found: Found) -> Iterator[str]:
    market = found.market
    size, missing = len(market.sample), len(market.scored) - int(market.scored.sum())
    bounds = market.scale(market.realized)
    at_end = ", ".join(
        f"{found.forecasts.moving[case, 252][0].at_end} of {len(market.days)} days ({case.title})"
        for case in CASES
        if case.free
    )
    yield "## How it was done\n"
    yield bullet(
        f"Days: {size:,} returns of S&P 500 closes, 2015-2019; earlier returns serve the first Hurst windows alone. "
        f"Forecasts: {len(market.days)} trading days of 2017-2019, {market.scored.sum()} of them scored, as {missing} "
        "have no realized variance in the library."
    )
    yield bullet(
        "Every forecast is of the next day's variance and made from the days before it. All models are refitted every "
        "day to all days since 2015, ours from moments, the rivals of arch from its own start and from yesterday's "
        "parameters, the likelier taken; arch starts its variance from the first 75 days of a fit. A fit that does "
        "not converge, or is less likely than a constant variance "
        "(EGARCH reports success there), is not taken: yesterday's parameters are put to the new days."
    )
    yield bullet(
        "Shocks are signed, z, as in the paper, or absolute, |z| - E|z|. Alpha is free from 0 up, or 1. At 0 the "
        f"likelihood still rises towards negative alpha, where sigma has a pole: the moving fits end there on {at_end}."
    )
    yield bullet(
        "Fixed at its mean: in sample the mean of the moving H over the sample, out of sample over the days up to the "
        "forecast. Likeliest so far: the fixed H, of 0.10, 0.15, ..., 0.90, of the largest likelihood on the past, "
        f"chosen every 21 days; it was {exponents(found)}."
    )
    yield bullet(
        "Realized variance (5 minutes, Oxford-Man library, SPX) is of trading hours. Scaled: times what squared "
        "close-to-close returns were of it over the five years before, "
        f"{bounds.min():.2f} to {bounds.max():.2f}. The HAR forecasts on realized variance and on Garman-Klass plus "
        "overnight, fitted on all days since 2015, are scaled in the same way, each with the scale of its measure."
    )
    yield bullet(
        "har is the model of arch, on squared returns alone; HAR and log-HAR on a measure are `vrx.har.expanding`."
    )


def exponents(found: Found) -> str:
    return " and ".join(
        f"{min(found.forecasts.exponents[case]):.2f} to {max(found.forecasts.exponents[case]):.2f} ({case.title})"
        for case in CASES
        if case.free
    )

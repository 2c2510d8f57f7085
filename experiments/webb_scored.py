"""The published figures on forecasts of the next day: Table 2 of the results and the scores of Table 6."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t as student
from webb_found import MAIN
from webb_insample import STATIC
from webb_market import Array, Market
from webb_outsample import Score, scores
from webb_rows import Row, Section, ahead, measured, number, p, p_row
from webb_walks import DYNAMIC, GARCH, NAMES, OTHERS, TITLES, Walks

from vrx.econometrics import DynamicFractionalVolatility
from vrx.evaluation import metrics

__all__ = ["Scored", "scored_section"]

RMSE = {DYNAMIC: "0.0041", GARCH: "0.0047"}
LOWER = {GARCH: "12.8%", "figarch": "4.7%", STATIC: "8.9%"}
MAPE = {DYNAMIC: "7.5%", GARCH: "11.2%", "figarch": "9.8%", STATIC: "10.5%"}
R_SQUARED = {DYNAMIC: "0.72", GARCH: "0.65"}
TESTS = {GARCH: ("2.56", "0.011"), "figarch": ("2.13", "0.034"), STATIC: ("2.44", "0.015")}
DIRECTIONS = {DYNAMIC: "68.3%", GARCH: "62.1%"}
WINDOWS = (126, 252, 504)
MONTH, PLAIN = 22, "mean of the last 22 days"


@dataclass(frozen=True, eq=False)
class Scored:
    """The scores of all models on the days that have a realized variance."""

    market: Market
    scores: Mapping[str, Mapping[str, Score]]
    """By measure of what came, and by model."""
    squared: Mapping[str, tuple[float, float]]
    """Diebold-Mariano on squared errors of volatility, a plus where the dynamic model's are smaller."""
    directions: Mapping[str, float]
    """The share of days on which volatility went where each model and a plain mean said, from its last value."""
    windows: Mapping[int, tuple[float, float]]
    """RMSE and QLIKE of the dynamic model by the window of its exponents."""

    @classmethod
    def of(cls, market: Market, walks: Walks, model: DynamicFractionalVolatility) -> "Scored":
        """Score the forecasts; `model` is the dynamic one, whose windows are tried."""
        models = {name: walks.variance(name) for name in NAMES}
        came = market.targets[MAIN]
        squared = {name: np.square(np.sqrt(one[market.scored]) - np.sqrt(came)) for name, one in models.items()}
        return cls(
            market,
            {name: scores(market, models, values) for name, values in market.targets.items()},
            {name: metrics.diebold_mariano(squared[name], squared[DYNAMIC]) for name in NAMES if name != DYNAMIC},
            directions(market, models),
            {window: by_window(market, model, window, came) for window in WINDOWS},
        )


def directions(market: Market, models: Mapping[str, Array]) -> dict[str, float]:
    """Directional accuracy of volatility, where both the day and the one before have a realized variance."""
    scale = market.scale(market.realized)
    before, after = (np.sqrt(market.realized[market.days - lag] * scale) for lag in (1, 0))
    known = np.isfinite(before) & np.isfinite(after)
    month = np.array([np.nanmean(market.realized[day - MONTH : day]) for day in market.days]) * scale
    given = {**models, PLAIN: month}
    return {
        name: metrics.directional_accuracy(np.sqrt(variance)[known], after[known], before[known])
        for name, variance in given.items()
    }


def by_window(market: Market, model: DynamicFractionalVolatility, window: int, came: Array) -> tuple[float, float]:
    """RMSE and QLIKE of the model refitted every day with exponents of so many days."""
    one = replace(model, window=window)
    before = market.first - window
    sigma = [one.fit(market.returns[before:day], days=int(day) - market.first).next_sigma for day in market.days]
    forecast = np.array(sigma)[market.scored]
    return metrics.rmse(forecast, np.sqrt(came)), metrics.qlike(np.square(forecast), came)


def scored_section(scored: Scored) -> Section:
    """Table 2 of the results, the claims of abstract and conclusion, and Table 6."""
    rows = (*day_rows(scored), *rmse_rows(scored), *mape_rows(scored), *other_rows(scored), *window_rows(scored))
    return Section(
        "Forecasts of the next day (Table 2 of the results; Table 6: RMSE, MAPE, R-squared, direction)", rows
    )


def day_rows(scored: Scored) -> Iterator[Row]:
    market = scored.market
    first = str(market.dates[market.days[0]])
    yield Row(
        "one-day-ahead forecasts, January 2, 2017 to December 31, 2019", "756", f"{len(market.days)}", ahead(market),
        f"The first trading day was {first}; {len(market.days)} is all there are, and {int(market.scored.sum())} "
        "have a realized variance.",
    )  # fmt: skip


def rmse_rows(scored: Scored) -> Iterator[Row]:
    _market, main = scored.market, scored.scores[MAIN]
    sample, lower = days(scored), {name: 1.0 - main[DYNAMIC].rmse / main[name].rmse for name in OTHERS}
    for name, printed in RMSE.items():
        every = ", ".join(
            f"{found[name].rmse:.4f} ({target})" for target, found in scored.scores.items() if target != MAIN
        )
        again = "Also conclusion. " if name == DYNAMIC else ""
        yield measured(f"RMSE of volatility, {TITLES[name]}", printed, main[name].rmse, "{:.4f}", sample,
            f"{again}The paper does not say what its forecasts are held against; here scaled realized "
            f"variance, else {every}.",
        )  # fmt: skip
    for name, printed in LOWER.items():
        implied = number(RMSE[DYNAMIC]) / (1.0 - number(printed))
        yield measured(
            f"RMSE lower than that of {TITLES[name]} by", printed, lower[name], "{:+.1%}", sample,
            f"A minus: ours is higher. The printed numbers put it at {implied:.4f}.",
        )  # fmt: skip
    mean = float(np.mean([number(printed) for printed in LOWER.values()]))
    yield measured(
        "reduction in RMSE (abstract, conclusion)", "12.3%", lower[GARCH], "{:+.1%}", sample,
        f"Relative to benchmark models; here GARCH. The results have {LOWER[GARCH]} against GARCH and {mean:.1%} on "
        f"average over the three models. By the printed 0.0041 and 0.0047 it is {1.0 - 0.0041 / 0.0047:.1%}.",
    )  # fmt: skip


def mape_rows(scored: Scored) -> Iterator[Row]:
    main, sample = scored.scores[MAIN], days(scored)
    for name, printed in MAPE.items():
        again = "Also conclusion. " if name == DYNAMIC else ""
        yield measured(f"MAPE of volatility, {TITLES[name]}", printed, main[name].mape, "{:.1%}", sample, again)
    implied = [1.0 - number(MAPE[DYNAMIC]) / number(MAPE[name]) for name in OTHERS]
    ours = [1.0 - main[DYNAMIC].mape / main[name].mape for name in OTHERS]
    yield Row(
        "improvement of MAPE (abstract, conclusion)", "9.8%",
        ", ".join(f"{gain:+.1%}" for gain in ours), sample,
        "Against GARCH, FIGARCH and the static model. The printed MAPEs have "
        + ", ".join(f"{gain:.1%}" for gain in implied)
        + ": none is 9.8%, which is the MAPE of FIGARCH itself.",
        near=False,
    )  # fmt: skip


def other_rows(scored: Scored) -> Iterator[Row]:
    main, sample = scored.scores[MAIN], days(scored)
    for name, printed in R_SQUARED.items():
        comment = "The abstract has it exceed 0.72, results and conclusion equal it." if name == DYNAMIC else ""
        yield measured(
            f"out-of-sample R-squared, {TITLES[name]}", printed, main[name].r_squared, "{:.2f}", sample, comment
        )
    rest = [main[name].r_squared for name in OTHERS]
    yield Row(
        "R-squared of the other models", "0.65 to 0.68", f"{min(rest):.2f} to {max(rest):.2f}", sample,
        near=bool(abs(min(rest) - 0.65) < 0.065 and abs(max(rest) - 0.68) < 0.068),
    )  # fmt: skip
    for name, (printed, value) in TESTS.items():
        statistic, own = scored.squared[name]
        score = main[name]
        yield measured(
            f"Diebold-Mariano against {TITLES[name]}", printed, statistic, "{:+.2f}", sample,
            "On squared errors, a plus for the dynamic model; the paper names no loss. On QLIKE "
            f"{score.statistic:+.2f} ({p(score.p)}).",
        )  # fmt: skip
        for_other = "For the other model." * (statistic < 0.0 and own < 0.05)
        yield p_row(value, own, 2.0 * float(student.sf(number(printed), 755)), sample, for_other)
    for name, printed in DIRECTIONS.items():
        yield measured(
            f"mean directional accuracy, {TITLES[name]}", printed, scored.directions[name], "{:.1%}", sample,
            f"Whether realized volatility rises or falls from its last value. The {PLAIN}' realized "
            f"variance is right on {scored.directions[PLAIN]:.1%}."
        )  # fmt: skip


def window_rows(scored: Scored) -> Iterator[Row]:
    best = min(scored.windows, key=lambda window: scored.windows[window][1])
    every = ", ".join(f"{window}: {rmse:.5f} and {qlike:.4f}" for window, (rmse, qlike) in scored.windows.items())
    yield measured(
        "best window of H, of 126 to 504 days, by forecasts (discussion)", "252", best, "{}", days(scored),
        f"RMSE and QLIKE by window: {every}. The longer the window, the less H moves.",
    )  # fmt: skip


def days(scored: Scored) -> str:
    return ahead(scored.market, int(scored.market.scored.sum()))

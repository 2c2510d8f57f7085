"""The published figures on options: prices of 30-day calls beside those that the VIX implies (Table 3)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student
from webb_insample import STATIC
from webb_market import Array, Market
from webb_rows import Row, Section, measured, number, p, p_row, percent, table
from webb_walks import BERGOMI, DYNAMIC, GARCH, MONTH, NAMES, OTHERS, TITLES, Walks

from vrx.econometrics import MarketCalls, PricingErrors, market_calls, pricing_errors
from vrx.evaluation import metrics

__all__ = ["Options", "options_section", "options_table", "quoted_calls", "simulated_table"]

# From here on every trading day has a VIX.
FROM = "2000-01-01"
PRINTED = {DYNAMIC: "1.8%", GARCH: "2.7%", "figarch": "2.3%", STATIC: "2.5%"}
TESTS = {GARCH: ("3.12", "0.002"), "figarch": ("2.45", "0.015"), STATIC: ("2.78", "0.006")}


def quoted_calls(data: Path, market: Market) -> MarketCalls:
    """Calls at the closes, as the VIX of the day prices them."""
    inside = market.dates >= np.datetime64(FROM)
    vix = pd.read_csv(data / "vix_1990_2026.csv", parse_dates=["date"]).set_index("date")["close"]
    dates = market.dates[inside]
    # Prices in shares of the spot need no level of the index: any start of the closes does.
    close = 100.0 * np.exp(np.cumsum(market.returns))[inside]
    return market_calls(dates, close, vix.reindex(pd.DatetimeIndex(dates)).to_numpy(copy=True))


@dataclass(frozen=True, eq=False)
class Options:
    """The prices of every model against the market's."""

    calls: MarketCalls
    raw: Mapping[str, PricingErrors]
    adjusted: Mapping[str, PricingErrors]
    """Against the market's variance without the premium that it had on average before."""
    stress: NDArray[np.bool_]
    """Of the priced closes, those of the high regime."""
    walks: Walks

    @classmethod
    def of(cls, calls: MarketCalls, market: Market, walks: Walks, high: NDArray[np.bool_]) -> "Options":
        """Compare on the closes before the days that are forecast; `high` are days of the sample."""
        at = np.searchsorted(calls.dates, market.dates[market.days - 1])
        raw, adjusted = {}, {}
        for name in NAMES:
            volatility = np.full(len(calls.spot), np.nan)
            volatility[at] = walks.models[name].month
            raw[name] = pricing_errors(calls, volatility)
            adjusted[name] = pricing_errors(calls, volatility, without_premium=True)
        return cls(calls, raw, adjusted, high[market.days - 1 - market.first], walks)

    def tested(self, other: str, *, adjusted: bool = False) -> tuple[float, float]:
        """Diebold-Mariano on the sizes of the errors, a plus where the dynamic model's are smaller."""
        errors = self.adjusted if adjusted else self.raw
        theirs, mine = (np.abs(errors[name].errors) for name in (other, DYNAMIC))
        return metrics.diebold_mariano(theirs, mine, horizon=MONTH)

    def rise(self, name: str, *, adjusted: bool = False) -> float:
        """By how much larger its errors are in stress than in calm."""
        sizes = np.abs((self.adjusted if adjusted else self.raw)[name].errors)
        return float(sizes[self.stress].mean() / sizes[~self.stress].mean() - 1.0)


def options_section(options: Options) -> Section:
    """Table 3 and what the discussion says of stress."""
    month = f"30 days of the calendar, {MONTH} of trading"
    maturity = Row("days to the maturity of calls at the money", "30", month, closes(options), "Taken over.")
    rows = (maturity, *error_rows(options), *test_rows(options), *stress_rows(options))
    return Section("30-day calls at the money (Table 3)", rows)


def closes(options: Options) -> str:
    dates = options.raw[DYNAMIC].dates
    return f"closes {dates[0]} to {dates[-1]}, {len(dates)}"


def error_rows(options: Options) -> Iterator[Row]:
    premium = options.raw[DYNAMIC]
    for name, printed in PRINTED.items():
        raw, adjusted = options.raw[name], options.adjusted[name]
        comment = (
            f"Without the variance premium {adjusted.mean_absolute:.1%}; mean error {raw.bias:+.1%} and "
            f"{adjusted.bias:+.1%}."
        )
        if name == DYNAMIC:
            comment += (
                f" Also abstract, conclusion. The market is the VIX, {premium.implied:.1%} on average where the model "
                f"has {premium.volatility:.1%}; an error of 1.8% of a call at the money is one of 1.8% of its "
                f"volatility, and the VIX itself moves by {daily_move(options):.1%} from one close to the next. The "
                "paper does not say how option prices were observed."
            )
        yield measured(
            f"mean absolute pricing error, {TITLES[name]}",
            printed,
            raw.mean_absolute,
            "{:.1%}",
            closes(options),
            comment,
        )


def daily_move(options: Options) -> float:
    """The mean size of the relative change of the VIX from close to close."""
    at = np.searchsorted(options.calls.dates, options.raw[DYNAMIC].dates)
    return float(np.mean(np.abs(np.diff(np.log(options.calls.implied[at])))))


def test_rows(options: Options) -> Iterator[Row]:
    days = len(options.raw[DYNAMIC].dates)
    for name, (printed, value) in TESTS.items():
        statistic, own = options.tested(name)
        adjusted = options.tested(name, adjusted=True)
        yield measured(
            f"Diebold-Mariano on pricing errors, against {TITLES[name]}", printed, statistic, "{:+.2f}",
            closes(options),
            f"Errors of a month overlap: Newey-West with {MONTH - 1} lags. Without the premium {adjusted[0]:+.2f} "
            f"({p(adjusted[1])}).",
        )  # fmt: skip
        yield p_row(value, own, 2.0 * float(student.sf(number(printed), days - 1)), closes(options))


def stress_rows(options: Options) -> Iterator[Row]:
    rises = {name: options.rise(name) for name in (DYNAMIC, *OTHERS)}
    others = [rises[name] for name in OTHERS]
    adjusted = ", ".join(f"{percent(options.rise(name, adjusted=True))} ({TITLES[name]})" for name in rises)
    yield Row(
        "errors of the other models are larger in stress by", "50-70%", f"{min(others):+.0%} to {max(others):+.0%}",
        closes(options),
        f"Of the high Markov regime ({int(options.stress.sum())} closes) against the others; the dynamic model "
        f"{percent(rises[DYNAMIC])}. Without the premium {adjusted}.",
        near=bool(min(others) >= 0.45 and max(others) <= 0.77),
    )  # fmt: skip


def options_table(options: Options) -> Iterator[str]:
    """All models, with the premium and without."""
    rows = []
    for name in NAMES:
        cells = [name]
        for adjusted in (False, True):
            one = (options.adjusted if adjusted else options.raw)[name]
            tested = "-" if name == DYNAMIC else verdict(*options.tested(name, adjusted=adjusted))
            cells += [
                f"{one.implied:.2%}",
                f"{one.volatility:.2%}",
                f"{one.mean_absolute:.1%}",
                f"{one.bias:+.1%}",
                tested,
            ]
        rows.append(cells)
    columns = ("market", "model", "error", "bias", "DM (p)")
    yield from table(("model", *columns, *(f"{column}, no premium" for column in columns)), rows)


def verdict(statistic: float, value: float) -> str:
    return f"{statistic:+.2f} ({p(value)})"


def simulated_table(options: Options) -> Iterator[str]:
    """Prices from simulated paths beside those of the formula at the expected variance."""
    rows = []
    for name, prices in options.walks.prices.items():
        month: Array = options.walks.models[DYNAMIC if name == BERGOMI else name].month
        gap = prices.volatility / month - 1.0
        errors = np.abs(prices.volatility / options.calls.implied[at_closes(options)] - 1.0)
        share = float(np.mean(prices.error / prices.price))
        rows.append(
            (
                name,
                f"{prices.volatility.mean():.2%}",
                f"{month.mean():.2%}",
                f"{gap.mean():+.2%}",
                f"{share:.2%}",
                f"{errors.mean():.1%}",
            )
        )
    header = (
        "paths of",
        "implied by the price",
        "by the expected variance",
        "difference",
        "standard error of a price",
        "error against the VIX",
    )
    yield from table(header, rows)


def at_closes(options: Options) -> NDArray[np.intp]:
    return np.searchsorted(options.calls.dates, options.raw[DYNAMIC].dates)

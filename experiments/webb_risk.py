"""Value at risk of every model under every law, all backtests, and the published figure on exceedances."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
from scipy.stats import binomtest
from webb_insample import STATIC
from webb_market import Market
from webb_rows import Row, Section, ahead, p, percent, table
from webb_walks import DYNAMIC, NAMES, TITLES, Walks

from vrx.econometrics import Backtest, RiskForecast, RiskTest, backtest, risk_forecast
from vrx.econometrics.risk import RiskLaw

__all__ = ["Risks", "risk_section", "risk_table"]

LEVELS = (0.01, 0.05)
LAWS: tuple[RiskLaw, ...] = get_args(RiskLaw)
MAIN: tuple[float, RiskLaw] = (0.05, "normal")


@dataclass(frozen=True, eq=False)
class Risks:
    """Every forecast of risk and its tests, by level, law and model."""

    forecasts: Mapping[tuple[float, RiskLaw, str], RiskForecast]
    tests: Mapping[tuple[float, RiskLaw, str], Backtest]

    @classmethod
    def of(cls, market: Market, walks: Walks, simulations: int = 10_000) -> "Risks":
        """Forecast the days; laws of the shocks are fitted to those of forecasts before."""
        returns, forecasts, tests = market.returns[walks.days], {}, {}
        for level in LEVELS:
            for law in LAWS:
                for name in NAMES:
                    key = level, law, name
                    sigma = walks.models[name].sigma
                    forecasts[key] = risk_forecast(returns, sigma, law=law, level=level, start=walks.warm)
                    tests[key] = backtest(forecasts[key], simulations=simulations)
        return cls(forecasts, tests)

    def change(self, level: float, law: RiskLaw, other: str = STATIC) -> tuple[float, float]:
        """By how much the dynamic model has fewer exceedances, as a share; and McNemar's exact p-value."""
        mine, theirs = (self.forecasts[level, law, name].exceedances for name in (DYNAMIC, other))
        only = int(np.sum(mine & ~theirs)), int(np.sum(theirs & ~mine))
        value = float(binomtest(only[0], sum(only)).pvalue) if sum(only) else 1.0
        return 1.0 - int(mine.sum()) / int(theirs.sum()) if theirs.any() else float("nan"), value


def risk_section(market: Market, risks: Risks) -> Section:
    """The row of the discussion."""
    changes = {(level, law): risks.change(level, law) for level in LEVELS for law in LAWS}
    mine, static = (risks.tests[*MAIN, name] for name in (DYNAMIC, STATIC))
    gain, value = changes[MAIN]
    every = ", ".join(f"{percent(change)} ({law} {level:.0%})" for (level, law), (change, _) in changes.items())
    passed = {name: sum(sound(risks.tests[level, law, name]) for level in LEVELS for law in LAWS) for name in NAMES}
    row = Row(
        "fewer exceedances of value at risk than static approaches", "23%", percent(gain), ahead(market),
        f"The paper names no level and no law: here {MAIN[0]:.0%} and {MAIN[1]}, {mine.exceedances} against "
        f"{static.exceedances} exceedances where {mine.expected:.1f} are to be expected; {p(value)} that the days on "
        f"which just one exceeds are as often either's (McNemar). All six: {every}. Fewer is not better: a value at "
        "risk that is too large has the fewest. Forecasts that no test rejects at 5%, of six each: "
        + ", ".join(f"{count} ({TITLES.get(name, name)})" for name, count in passed.items())
        + ".",
        near=abs(gain - 0.23) <= 0.023,
    )  # fmt: skip
    return Section("Risk (discussion)", (row,))


def sound(tests: Backtest) -> bool:
    """Whether no test rejects at 5%; one without an answer does not."""
    return not any(test.p_value < 0.05 for test in all_tests(tests))


def all_tests(tests: Backtest) -> tuple[RiskTest, ...]:
    return (tests.kupiec, tests.independence, tests.conditional, tests.dynamic_quantile, tests.z1, tests.z2)


def risk_table(risks: Risks) -> Iterator[str]:
    """Every level, law and model."""
    rows = []
    for (level, law, name), tests in risks.tests.items():
        values = ("-" if np.isnan(test.p_value) else f"{test.p_value:.3f}" for test in all_tests(tests))
        rows.append((f"{level:.0%}", law, name, f"{tests.exceedances}", f"{tests.expected:.1f}", *values))
    header = (
        "level",
        "law",
        "model",
        "exceedances",
        "expected",
        "Kupiec",
        "independence",
        "conditional",
        "DQ",
        "Z1",
        "Z2",
    )
    yield from table(header, rows, words=(1, 2))

"""The published figures on trading: ROI and Sharpe ratios of positions from forecasts, with their costs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from webb_market import Array, Market
from webb_rows import Row, Section, ahead, measured, table
from webb_walks import DYNAMIC, GARCH, NAMES, OTHERS, TITLES, YEAR, Walks

from vrx.econometrics import SharpeRatio, Trades, sharpe_difference, trade, volatility_direction, volatility_target

__all__ = ["Trading", "trading_section", "trading_table"]

TARGET = 0.10
COSTS = (0.0005, 0.0)
COST = COSTS[0]
WEEK = 5
STRATEGIES = ("10% a year, nothing borrowed", "10% a year, up to twice the wealth", "out when volatility rises")
MAIN = STRATEGIES[0]
HOLD = "buy and hold"


@dataclass(frozen=True, eq=False)
class Trading:
    """What came of the positions of every model, by strategy and cost."""

    trades: Mapping[tuple[str, float, str], Trades]
    held: Trades
    """The index throughout."""

    @classmethod
    def of(cls, market: Market, walks: Walks) -> "Trading":
        """Trade the days that are forecast."""
        returns, found = market.returns[market.days], {}
        for name in NAMES:
            sigma = walks.models[name].sigma
            for strategy, positions in held(sigma, walks.warm).items():
                for cost in COSTS:
                    found[strategy, cost, name] = trade(positions, returns, cost=cost)
        return cls(found, trade(np.ones(len(returns)), returns, cost=COST))

    def gain(self, strategy: str, cost: float, other: str) -> SharpeRatio:
        """The Sharpe ratio of the dynamic model less that of another."""
        mine, theirs = (self.trades[strategy, cost, name].returns for name in (DYNAMIC, other))
        return sharpe_difference(mine, theirs)


def held(sigma: Array, warm: int) -> dict[str, Array]:
    """The positions of the days that are forecast, by strategy."""
    daily = TARGET / YEAR**0.5
    return {
        STRATEGIES[0]: volatility_target(sigma, daily)[warm:],
        STRATEGIES[1]: volatility_target(sigma, daily, cap=2.0)[warm:],
        STRATEGIES[2]: volatility_direction(sigma, window=WEEK)[warm:],
    }


def trading_section(market: Market, trading: Trading) -> Section:
    """ROI of Table 6 and the Sharpe ratio of the discussion."""
    rows = []
    years = len(market.days) / YEAR
    for name, printed in ((DYNAMIC, "15.2%"), (GARCH, "11.8%")):
        one = trading.trades[MAIN, COST, name]
        others = ", ".join(
            f"{trading.trades[strategy, COST, name].roi:.1%} ({strategy})"
            for strategy in STRATEGIES
            if strategy != MAIN
        )
        comment = (
            f"{one.annual_return:.1%} a year, Sharpe {one.sharpe.ratio:.2f} (s.e. {one.sharpe.error:.2f}); volatility "
            f"of {MAIN}, 5 basis points a trade. Others: {others}. "
        )
        if name == DYNAMIC:
            comment += (
                f"The paper says neither what is traded nor over what time. To buy and hold made "
                f"{trading.held.roi:.1%} over the {years:.1f} years, {trading.held.annual_return:.1%} a year."
            )
        rows.append(measured(f"ROI, {TITLES[name]}", printed, one.roi, "{:.1%}", ahead(market), comment))
    rows.append(sharpe_row(market, trading))
    return Section("Trading (Table 6: ROI; discussion)", tuple(rows))


def sharpe_row(market: Market, trading: Trading) -> Row:
    gain = trading.gain(MAIN, COST, GARCH)
    every = "; ".join(
        f"{strategy}: "
        + ", ".join(
            f"{one.ratio:+.2f} ({one.error:.2f}) against {TITLES[other]}" for other, one in against(trading, strategy)
        )
        for strategy in STRATEGIES
    )
    return measured(
        "Sharpe ratio above that of traditional models by", "0.31", gain.ratio, "{:+.2f}", ahead(market),
        f"Against GARCH, s.e. {gain.error:.2f} (Ledoit and Wolf): {MAIN}. With standard errors, {every}. A single "
        f"Sharpe ratio has an error of {trading.held.sharpe.error:.2f} on these days.",
    )  # fmt: skip


def against(trading: Trading, strategy: str) -> Iterator[tuple[str, SharpeRatio]]:
    for other in OTHERS:
        yield other, trading.gain(strategy, COST, other)


def trading_table(trading: Trading) -> Iterator[str]:
    """All strategies, models and costs."""
    rows = [row(HOLD, "", COST, trading.held, "")]
    for (strategy, cost, name), one in trading.trades.items():
        gain = "" if name == DYNAMIC else "{0.ratio:+.2f} ({0.error:.2f})".format(trading.gain(strategy, cost, name))
        rows.append(row(strategy, name, cost, one, gain))
    header = (
        "strategy",
        "model",
        "cost",
        "ROI",
        "a year",
        "Sharpe (s.e.)",
        "turnover",
        "drawdown",
        "dynamic less it (s.e.)",
    )
    order = {name: k for k, name in enumerate((HOLD, *STRATEGIES))}
    yield from table(header, sorted(rows, key=lambda cells: (order[cells[0]], cells[2] == "0 bp")), words=(0, 1))


def row(strategy: str, name: str, cost: float, one: Trades, gain: str) -> tuple[str, ...]:
    sharpe = f"{one.sharpe.ratio:.2f} ({one.sharpe.error:.2f})"
    yearly = (f"{one.roi:.1%}", f"{one.annual_return:.1%}", sharpe, f"{one.turnover:.1f}", f"{one.drawdown:.1%}")
    return (strategy, name, f"{1e4 * cost:.0f} bp", *yearly, gain)

"""The picture of ``vrx risk``; needs matplotlib (extra research)."""

from pathlib import Path
from typing import Any

import numpy as np

from vrx.cli import plots
from vrx.cli.risk_answer import Answer
from vrx.cli.volatility_fits import Market

__all__ = ["draw"]


def draw(path: Path, where: Market, answer: Answer) -> None:
    """Draw every return of the backtest, what it was forecast to stay above, and the days on which it did not."""
    from matplotlib.figure import Figure

    found = answer.tested[0].forecast
    days: Any = np.array(where.days[answer.start :], dtype="datetime64[D]")
    hits = found.exceedances
    figure = Figure(figsize=(10.0, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(days, 100.0 * found.returns, ".", ms=2, color="0.6", label="return")
    axes.plot(days, -100.0 * found.var, color="C0", lw=0.9, label=f"less the value at risk, {found.level:g}")
    axes.plot(days, -100.0 * found.es, color="C0", lw=0.7, ls=":", label="less the expected shortfall")
    told = f"{int(hits.sum())} exceedances, {answer.tested[0].tests.expected:.1f} expected"
    axes.plot(days[hits], 100.0 * found.returns[hits], "x", ms=5, color="C3", label=told)
    axes.set(xlabel="day", ylabel="log return, %")
    axes.set_title(f"{where.series}: risk of each day as known the day before, {answer.model}, {answer.law} law")
    axes.legend(frameon=False, fontsize=8)
    plots.save(figure, path)

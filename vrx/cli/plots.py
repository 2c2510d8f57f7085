"""Pictures of the command line; need matplotlib (extra research)."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from vrx import measures, series
from vrx.errors import InputError, require
from vrx.forecast import Forecast

__all__ = ["check", "forecast"]

PAST = 180
MEAN = 22


def check(path: Path) -> None:
    """Refuse, before any work, a picture that cannot be written."""
    if path.suffix.lower() != ".png":
        raise InputError(f"--plot {path}: give a file that ends in .png")
    if path.is_dir():
        raise InputError(f"--plot {path}: is a folder: take another name")
    if not path.absolute().parent.is_dir():
        raise InputError(f"--plot {path}: the folder does not exist: make it first")
    require("matplotlib", "research", "--plot")


def forecast(path: Path, bars: series.Bars, answer: Forecast, channels: tuple[str, ...]) -> None:
    """Draw the recent volatility, as the model's own input shows it, and the fan of the forecast, annualised."""
    from matplotlib.figure import Figure

    scale = np.sqrt(answer.periods_per_year) * 100.0
    _, variance = measures.daily_variance(bars, measures.shown_by(channels))
    means = np.convolve(variance, np.full(MEAN, 1.0 / MEAN), mode="valid")
    figure = Figure(figsize=(9.0, 4.5), layout="constrained")
    axes = figure.add_subplot()
    past = min(PAST, len(means))
    days: Any = np.arange(1 - past, 1)
    axes.plot(days, scale * np.sqrt(variance[-past:]), ".", ms=3, color="0.6", label="each day")
    axes.plot(days, scale * np.sqrt(means[-past:]), color="0.2", label=f"root of the {MEAN}-day mean variance")
    ahead = np.array(answer.horizons)
    levels = len(answer.levels)
    for k in range(levels // 2):
        low, high = answer.quantiles[:, k], answer.quantiles[:, levels - 1 - k]
        label = f"{answer.levels[k]:.0%} to {answer.levels[levels - 1 - k]:.0%}"
        axes.fill_between(ahead, scale * low, scale * high, color="C0", alpha=0.15 + 0.15 * k, lw=0, label=label)
    axes.plot(ahead, scale * answer.volatility, "o-", color="C0", label="root of the coming mean variance")
    axes.axvline(0, color="0.7", lw=0.8)
    axes.set(xlabel=f"days from {answer.as_of or 'the last bar'}", ylabel="volatility, % a year")
    axes.set_title(f"{answer.series}, {answer.model}")
    axes.set_ylim(bottom=0.0)
    axes.legend(frameon=False, fontsize=8)
    beside = path.with_name(f".{path.stem}.{os.getpid()}.png")
    try:
        figure.savefig(beside, dpi=130)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

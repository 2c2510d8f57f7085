"""The picture of ``vrx diagnose``; needs matplotlib (extra research)."""

from pathlib import Path
from typing import Any

import numpy as np

from vrx.cli import plots
from vrx.econometrics import Diagnosis

__all__ = ["draw"]


def draw(path: Path, found: Diagnosis) -> None:
    """Draw the returns between twice the volatility of each segment and how likely the most turbulent regime is."""
    from matplotlib.figure import Figure

    states = found.regimes
    panels, size = ((1,), 4.5) if states is None else ((2, 1), 6.5)
    figure = Figure(figsize=(10.0, size), layout="constrained")
    column = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=panels)
    above, *below = column[:, 0]
    dated = "-" in found.days[0]
    days: Any = np.array(found.days, dtype="datetime64[D]") if dated else np.array(found.days, dtype=np.int64)
    above.plot(days, 100.0 * found.returns, color="0.5", lw=0.5)
    edges = [0, *found.breaks.starts, len(days)]
    for first, last, segment in zip(edges[:-1], edges[1:], found.segments, strict=True):
        wide = 200.0 * segment.volatility
        label = "twice the volatility between breaks" if first == 0 else None
        above.fill_between(days[[first, last - 1]], -wide, wide, color="C0", alpha=0.2, lw=0, label=label)
    for start in found.breaks.starts:
        above.axvline(days[start], color="C3", lw=1.0)
    above.set(ylabel="return, % a day", title=f"{found.series}: returns, breaks of volatility and regimes")
    above.legend(frameon=False, fontsize=8)
    if states is not None:
        axes = below[0]
        axes.fill_between(days, 0.0, states.smoothed[:, -1], color="C1", lw=0, alpha=0.6)
        axes.set(ylim=(0.0, 1.0), ylabel="turbulent regime,\nknowing all days")
        for start in found.breaks.starts:
            axes.axvline(days[start], color="C3", lw=1.0)
    figure.axes[-1].set_xlabel("day" if dated else "position of the return")
    plots.save(figure, path)

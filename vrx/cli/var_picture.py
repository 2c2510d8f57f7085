"""The picture of ``vrx var``; needs matplotlib (extra research)."""

from pathlib import Path

import numpy as np

from vrx.cli import plots
from vrx.econometrics import VectorAutoregression, VolatilitySystem

__all__ = ["draw"]


def draw(path: Path, system: VolatilitySystem, found: VectorAutoregression) -> None:
    """Draw the response of every column (row of panels) to a shock of every column (column of panels), with bands."""
    from matplotlib.figure import Figure

    it, count = found.responses, len(found.columns)
    figure = Figure(figsize=(3.4 * count, 2.5 * count + 0.6), layout="constrained")
    grid = figure.subplots(count, count, sharex=True, sharey="row", squeeze=False)
    steps = np.arange(it.steps + 1)
    for i, response in enumerate(found.columns):
        for j, shock in enumerate(found.columns):
            axes = grid[i, j]
            axes.fill_between(steps, it.low[:, i, j], it.high[:, i, j], color="C0", alpha=0.2, lw=0)
            axes.plot(steps, it.mean[:, i, j], color="C0", lw=1.2)
            axes.axhline(0.0, color="0.7", lw=0.8)
            if i == 0:
                axes.set_title(f"shock: {shock}", fontsize=9)
            if j == 0:
                axes.set_ylabel(response, fontsize=9)
            if i == count - 1:
                axes.set_xlabel("days after")
    figure.suptitle(
        f"{system.series}: responses to shocks of one standard deviation, orthogonalised in the order "
        f"{', '.join(found.columns)}; {it.confidence:.0%} bands, asymptotic",
        fontsize=9,
    )
    plots.save(figure, path)

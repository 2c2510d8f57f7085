"""The calibration of a run as a picture that stands beside its card; needs matplotlib (extra train)."""

import io
from collections.abc import Sequence
from typing import Any

from vrx.training.folder import Run

__all__ = ["png"]

GROUPS = {"seen": "series that training saw", "unseen": "series that training never saw"}
SIDE = 3.5
# Well calibrated horizons lie on one another: the shape of the marker tells them apart.
MARKERS = "osD^v"
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
# The picture ships with the model: a palette takes a third of the bytes of full colour.
COLOURS = 64


def png(run: Run) -> bytes | None:
    """Draw the share of days at or below each forecast quantile against the level that was asked.

    A panel for each group of series, a line for each horizon; on the diagonal the two agree.

    Parameters
    ----------
    run
        A finished run.

    Returns
    -------
    bytes or None
        The PNG, which hangs on the run and the versions of matplotlib and Pillow alone; None where no group was
        scored, or the run is from before the scores held its calibration.
    """
    groups = {group: run.scores[group] for group in GROUPS if "calibration" in run.scores.get(group, ())}
    if not groups:
        return None
    from matplotlib import style
    from matplotlib.figure import Figure
    from PIL import Image  # matplotlib writes its own PNGs with it

    whole, small = io.BytesIO(), io.BytesIO()
    with style.context("default"):  # not the reader's own, or no two machines would draw the same
        figure = Figure(figsize=(SIDE * len(groups), SIDE), layout="constrained")
        panels = figure.subplots(1, len(groups), squeeze=False, sharey=True)[0]
        for axes, (group, scores) in zip(panels, groups.items(), strict=True):
            _panel(axes, run.recipe.levels, run.recipe.horizons, scores["calibration"])
            axes.set_title(f"{len(scores['series'])} {GROUPS[group]}", fontsize=9)
        panels[0].set_ylabel("share of days at or below it", fontsize=9)
        panels[0].legend(frameon=False, fontsize=8, loc="upper left")
        figure.savefig(whole, dpi=100, format="png")
    with Image.open(whole) as image:
        image.convert("RGB").quantize(COLOURS).save(small, "png", optimize=True)
    return small.getvalue()


def _panel(axes: Any, levels: Sequence[float], horizons: Sequence[int], shares: Sequence[Sequence[float]]) -> None:
    axes.plot([0.0, 1.0], [0.0, 1.0], color="0.7", lw=0.8)
    for k, (horizon, observed) in enumerate(zip(horizons, shares, strict=True)):
        marker = MARKERS[k % len(MARKERS)]
        axes.plot(levels, observed, marker=marker, ms=5, mfc="none", lw=1.0, color=f"C{k}", label=f"h = {horizon}")
    axes.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0), aspect="equal", xticks=TICKS, yticks=TICKS)
    axes.set_xlabel("level of the quantile", fontsize=9)
    axes.tick_params(labelsize=8)

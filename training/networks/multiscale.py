"""The linear part of kind "linear": a window on every scale, where the price stands, which day of the week it is."""

import torch
from torch import Tensor

from vrx.training.networks.base import FLOOR, Inputs, constant
from vrx.training.networks.path import Path, Paths
from vrx.training.networks.regression import MONTH, Sized
from vrx.training.networks.week import Week

__all__ = ["DISPLACEMENTS", "MEANS", "Multiscale"]

# Horizons of the averages, where the window is long enough: HAR's, and two long ones that hold the level an asset
# returns to.
MEANS = (1, 5, 22, 66, 252)
# Days whose mean close today's close is compared with; the triangle of returns below is as long as the longest.
DISPLACEMENTS = (1, 3, 10, MONTH)
QUARTER = 66
CLIP = 5.0


class Multiscale(Sized):
    """Means over 1 to 252 days, the spread of the window, displacements of the price, around the window's own level.

    Parameters
    ----------
    outputs
        Horizons.
    paths
        How a window becomes a path.
    days
        Days of variance in a window; means over more days than that are left out.
    has_returns
        Whether the bars hold returns; without them there are no displacements.
    week
        Whether the market never closes, so that a row is a day of the week (:class:`vrx.training.networks.week.Week`).

    Notes
    -----
    Means of the centred log variance hold for measures with little noise; logs of the mean variance over the same days
    for squared returns. The displacement over k days is

        S_k = (log close - mean of the last k log closes) / (sd sqrt(k)),   S_1 = return / sd,

    with sd the root of the mean variance of the last 66 days, clipped to 5 on both sides. Both S_k and its size are
    columns: after a fall equities are more volatile, and coins are after any long way, up or down. It is linear in the
    returns, whose weights fall as (k - 1 - age) / k, so no close is needed and a constant triangle gives it.
    """

    follows = False
    held = False

    def __init__(self, outputs: int, paths: Paths, *, days: int, has_returns: bool, week: bool = False) -> None:
        self.logs = tuple(k for k in MEANS if k < days)  # over the whole window the mean of the centred path is zero
        self.variances = tuple(k for k in MEANS if 1 < k <= days)  # of one day it is the mean above
        count = len(self.logs) + len(self.variances) + 1 + 2 * len(DISPLACEMENTS) * has_returns + 2 * week
        super().__init__(count, outputs)
        self.has_returns, self.paths = has_returns, paths
        self.week = Week(days) if week else None
        ages = torch.arange(MONTH, dtype=torch.float64).flip(0)
        triangle = [(k - 1 - ages).clamp(min=0.0) / k for k in DISPLACEMENTS[1:]]
        scaled = [side / k**0.5 for side, k in zip(triangle, DISPLACEMENTS[1:], strict=True)]
        constant(self, "triangle", torch.stack([(ages == 0.0).double(), *scaled], 1))
        constant(self, "zero", FLOOR)
        self.triangle: Tensor
        self.zero: Tensor

    def columns(self, inputs: Inputs, path: Path) -> Tensor:
        """What the window says on every scale, in units of `sizes`."""
        means = [path.logs[:, -days:].mean(1) for days in self.logs]
        floor = self.paths.floor * inputs.variance.mean(1)
        variances = [inputs.variance[:, -days:].mean(1) + floor for days in self.variances]
        columns = [*means, *(self.paths.log(mean) - path.level[:, 0] for mean in variances)]
        columns.append(torch.sqrt((path.logs**2).mean(1)))
        parts = [torch.stack(columns, 1)]
        if self.has_returns:
            moved = self.displacements(inputs)
            parts += [moved, moved.abs()]
        if self.week is not None:
            parts.append(self.week(path.logs))
        return torch.cat(parts, 1) / self.sizes

    def displacements(self, inputs: Inputs) -> Tensor:
        """How far the close is from the mean close of the last 1, 3, 10 and 22 days, (batch, 4)."""
        moved = inputs.returns[:, -MONTH:] @ self.triangle
        sd = torch.sqrt(torch.maximum(inputs.variance[:, -QUARTER:].mean(1, keepdim=True), self.zero))
        return (moved / sd).clamp(-CLIP, CLIP)

    def anchor(self, path: Path) -> Tensor:
        """The window's level."""
        return path.level

"""Dynamic attention weighting of Dhansoia (2025): the weight of HAR is decided window by window."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vrx.training.networks.combiner import Combiner, View
from vrx.training.networks.path import Path
from vrx.training.networks.regression import HarRegression

__all__ = ["FEATURES", "DynamicAttention", "features"]

FEATURES = ("daily", "weekly", "ten-day", "monthly", "volatility of volatility", "trend", "distance", "acceleration")


def features(path: Path) -> Tensor:
    """The eight features of log variance around the window's level, in the order of `FEATURES`; (batch, 8).

    Today's value; the means of 5, 10 and 22 days; the standard deviation of the last 5; the trend, a fifth of the move
    over four days; the distance from the monthly mean; and the acceleration, the trend less that before it.
    """
    x = path.logs
    today, monthly, week = x[:, -1], x[:, -22:].mean(1), x[:, -5:]
    weekly = week.mean(1)
    around = torch.sqrt(((week - weekly[:, None]) ** 2).mean(1))
    trend = (today - x[:, -5]) / 5.0
    before = (x[:, -5] - x[:, -10]) / 5.0
    return torch.stack([today, weekly, x[:, -10:].mean(1), monthly, around, trend, today - monthly, trend - before], 1)


class DynamicAttention(Combiner):
    """``alpha_t * HAR + (1 - alpha_t) * neural`` with ``alpha_t = sigmoid(W [h_t; f_t] + b)``.

    Parameters
    ----------
    horizons, width
        Horizons, and the size of the encoder's code h_t.

    Notes
    -----
    W starts at zero, so every weight starts at 1/2.
    """

    def __init__(self, horizons: int, width: int) -> None:
        super().__init__(HarRegression(horizons))
        self.gate = nn.Linear(width + len(FEATURES), horizons, dtype=torch.float64)
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)

    def forward(self, view: View) -> Tensor:
        """Weigh the two forecasts, each window by its own weight."""
        alpha = self.alpha(view)
        return alpha * self.linear_forecast(view) + (1.0 - alpha) * (view.path.level + view.answer)

    def alpha(self, view: View) -> Tensor:
        """The weight of HAR, (batch, horizons)."""
        return torch.sigmoid(self.gate(torch.cat([view.code.double(), features(view.path)], 1)))

    def weights(self, view: View) -> Mapping[str, Tensor]:
        """Alpha of the first horizon."""
        return {"alpha": self.alpha(view)[:, 0]}

"""The HAR-LSTM hybrid of Dhansoia (2025): one learned weight between HAR and the neural part."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vrx.training.networks.combiner import Combiner, View
from vrx.training.networks.regression import HarRegression

__all__ = ["Hybrid", "HybridFromHar"]

# Where the paper's own weight starts.
ALPHA = 0.8


class Hybrid(Combiner):
    """``alpha * HAR + (1 - alpha) * neural``, one alpha for each horizon.

    HAR is log-HAR by least squares on the series in training; the paper's code trains its three coefficients with the
    rest, and does not keep alpha between 0 and 1.
    """

    def __init__(self, horizons: int) -> None:
        super().__init__(HarRegression(horizons))
        self.logit = nn.Parameter(torch.full((horizons,), math.log(ALPHA / (1.0 - ALPHA)), dtype=torch.float64))

    def forward(self, view: View) -> Tensor:
        """Weigh the two forecasts."""
        alpha = torch.sigmoid(self.logit)
        return alpha * self.linear_forecast(view) + (1.0 - alpha) * (view.path.level + view.answer)

    def weights(self, view: View) -> Mapping[str, Tensor]:
        """Alpha of the first horizon, the same for all windows."""
        return {"alpha": torch.sigmoid(self.logit)[0].expand(len(view.answer))}


class HybridFromHar(Hybrid):
    """The hybrid whose neural part is HAR plus a head that starts at zero: training starts from HAR, bit for bit."""

    from_zero = True

    def forward(self, view: View) -> Tensor:
        """Weigh the two forecasts, whose common part needs no weight: rounding would lose its last bit."""
        return self.linear_forecast(view) + (1.0 - torch.sigmoid(self.logit)) * view.answer

"""The regime ensemble of Dhansoia (2025): several forecasts, weighed by the probabilities of soft regimes."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vrx.training.networks.combiner import Combiner, View
from vrx.training.networks.dynamic_attention import FEATURES, features
from vrx.training.networks.regression import HarRegression

__all__ = ["Regimes"]

# Regimes would stay alike if they started alike.
APART = 0.1


class Regimes(Combiner):
    """``sum over k of pi_k(x) * (HAR + correction_k)``, the corrections linear in the code.

    Parameters
    ----------
    horizons, width, regimes
        Horizons, the size of the encoder's code, and how many regimes.

    Notes
    -----
    The gate reads the eight features of :func:`features`. The corrections start at zero and the gate at random, near
    equal probabilities, so that training starts from HAR. The paper's code rewards the entropy of the probabilities,
    and its regimes never part.
    """

    from_zero = True

    def __init__(self, horizons: int, width: int, regimes: int) -> None:
        super().__init__(HarRegression(horizons))
        self.shape = (-1, regimes, horizons)
        self.gate = nn.Linear(len(FEATURES), regimes, dtype=torch.float64)
        self.corrections = nn.Linear(width + len(FEATURES), regimes * horizons, dtype=torch.float64)
        nn.init.normal_(self.gate.weight, std=APART)
        nn.init.zeros_(self.gate.bias)
        nn.init.zeros_(self.corrections.weight)
        nn.init.zeros_(self.corrections.bias)

    def forward(self, view: View) -> Tensor:
        """Average the regimes' forecasts."""
        seen = torch.cat([view.code.double(), features(view.path)], 1)
        corrections = self.corrections(seen).reshape(self.shape)
        mixed = (self.probabilities(view)[:, :, None] * corrections).sum(1)
        forecast: Tensor = self.linear_forecast(view) + view.answer + mixed
        return forecast

    def probabilities(self, view: View) -> Tensor:
        """How likely each regime is, (batch, regimes)."""
        return torch.softmax(self.gate(features(view.path)), 1)

    def weights(self, view: View) -> Mapping[str, Tensor]:
        """The probability of each regime."""
        return {f"regime {k + 1}": column for k, column in enumerate(self.probabilities(view).unbind(1))}

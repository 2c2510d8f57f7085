"""A window as an encoder sees it: the shape of its path, without its level."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vrx.training.networks.base import FLOOR, Inputs, constant

__all__ = ["Path", "Paths"]

# Returns are scaled by the window's own volatility; a crash of 30 standard deviations would rule the network.
CLIP = 8.0


class Path(NamedTuple):
    """A window of variance and returns, level and shape apart; float64."""

    level: Tensor
    """Mean of log variance over the window, (batch, 1)."""
    logs: Tensor
    """Log variance around that level, (batch, days)."""
    returns: Tensor
    """Returns in units of the window's own volatility, clipped, (batch, days)."""


class Paths(nn.Module):
    """Inputs to paths.

    Parameters
    ----------
    floor
        Share of the window's mean variance that is added to each day before the log: measures that can be zero (squared
        returns) need more than those that hardly can.
    """

    def __init__(self, floor: float) -> None:
        super().__init__()
        constant(self, "floor", floor)
        constant(self, "zero", FLOOR)
        self.floor: Tensor
        self.zero: Tensor

    def forward(self, inputs: Inputs) -> Path:
        """Centre the log variance on the window's own mean, and scale the returns by it."""
        mean = inputs.variance.mean(1, keepdim=True)
        # Floored, not shifted: the exporter's optimiser takes 1e-12 for 0 and drops such an addition.
        log_variance = self.log(inputs.variance + self.floor * mean)
        level = log_variance.mean(1, keepdim=True)
        returns = (inputs.returns / torch.sqrt(torch.maximum(mean, self.zero))).clamp(-CLIP, CLIP)
        return Path(level, log_variance - level, returns)

    def log(self, variance: Tensor) -> Tensor:
        """The log of a variance that may be zero."""
        return torch.log(torch.maximum(variance, self.zero))

"""What training makes small."""

import math

import torch
from torch import Tensor

from vrx.training.networks.base import Distribution

__all__ = ["gaussian_loss", "loss"]


def loss(distribution: Distribution, target: Tensor, kind: str) -> Tensor:
    """A recipe's loss: ``"gaussian"``, or ``"squared"``, the mean squared error of log variance."""
    if kind == "squared":
        return ((target - distribution.mean) ** 2).mean()
    return gaussian_loss(distribution, target)


def gaussian_loss(distribution: Distribution, target: Tensor) -> Tensor:
    """Mean negative log-likelihood of log variance, over samples and horizons.

    Examples
    --------
    >>> unit = Distribution(torch.zeros(1, 1), torch.ones(1, 1))
    >>> round(gaussian_loss(unit, torch.zeros(1, 1)).item(), 6)  # half the log of 2 pi
    0.918939
    """
    mean, spread = distribution
    return (0.5 * math.log(2.0 * math.pi) + torch.log(spread) + 0.5 * ((target - mean) / spread) ** 2).mean()

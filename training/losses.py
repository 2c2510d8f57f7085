"""What training makes small."""

import math

import torch
from torch import Tensor

from vrx.training.networks.base import Distribution

__all__ = ["gaussian_loss", "loss", "taught"]


def loss(distribution: Distribution, target: Tensor, kind: str) -> Tensor:
    """A recipe's loss: ``"squared"``, the mean squared error of log variance, or else the likelihood."""
    if kind == "squared":
        return ((target - distribution.mean) ** 2).mean()
    return gaussian_loss(distribution, target)


def taught(distribution: Distribution, target: Tensor, kind: str) -> tuple[Tensor, Tensor]:
    """What a step of training makes small, and the loss that is reported of it.

    They differ for ``"faithful"`` alone (Stirn et al. 2023, Faithful heteroscedastic regression with neural networks):
    squared errors teach the mean, the likelihood around that mean teaches the spread. A head that is faithful keeps the
    latter from the code that both read. By likelihood alone the spread takes what the mean could learn.
    """
    said = loss(distribution, target, kind)
    if kind != "faithful":
        return said, said.detach()
    mean, spread = distribution
    return ((target - mean) ** 2).mean() + gaussian_loss(Distribution(mean.detach(), spread), target), said.detach()


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

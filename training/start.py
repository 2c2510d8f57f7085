"""Where training starts: the scale of the inputs, and the linear part at least squares."""

import torch

from vrx.errors import InputError
from vrx.rolling import SLICES
from vrx.training.linear_part import least_squares
from vrx.training.networks import Encoded, Network, Overlap
from vrx.training.networks.perceptron import Perceptron
from vrx.training.networks.regression import Regression
from vrx.training.windows import Samples

__all__ = ["follow", "start"]

CHUNK = 4096
# A constant series has no path but rounding, of 1e-16: the encoder is not to be shown that.
LEAST_SCALE = 1e-6


@torch.no_grad()
def start(network: Network, samples: Samples, *, ridge: float = 0.0) -> None:
    """Set what is known in closed form from the train part of the first phase; HAR networks are left alone.

    The linear part starts at least squares, or at a ridge toward zero where the recipe's network asks for one.
    """
    if isinstance(network, Overlap):
        _shocks(network, samples)
    if not isinstance(network, Encoded):
        return
    squares, count = 0.0, 0
    for index in torch.arange(len(samples)).split(CHUNK):
        path = network.paths(network.input(samples.windows(index)))
        squares += float((path.logs**2).sum())
        count += path.logs.numel()
    scale = (squares / count) ** 0.5
    network.scale.fill_(scale if scale > LEAST_SCALE else 1.0)
    if network.combiner.regression is not None:
        least_squares(network, network.combiner.regression, samples, ridge)
        if isinstance(network.encoder, Perceptron):
            network.encoder.centre.copy_(_centre(network, network.combiner.regression, samples))


@torch.no_grad()
def follow(network: Network, samples: Samples) -> None:
    """Fit what belongs to a series, HAR or shocks, to the train part of a later phase on another series."""
    if isinstance(network, Overlap):
        _shocks(network, samples)
    regression = network.combiner.regression if isinstance(network, Encoded) else None
    if isinstance(network, Encoded) and regression is not None and regression.follows:
        least_squares(network, regression, samples)


def _centre(network: Encoded, regression: Regression, samples: Samples) -> torch.Tensor:
    """Means of the regression's columns."""
    total = torch.zeros(regression.linear.in_features, dtype=torch.float64)
    for index in torch.arange(len(samples)).split(CHUNK):
        inputs = network.input(samples.windows(index))
        total += regression.columns(inputs, network.paths(inputs)).sum(0)
    return total / len(samples)


def _shocks(network: Overlap, samples: Samples) -> None:
    if len(samples) < SLICES:
        raise InputError(f"{len(samples)} windows in the train part are too few: its shocks need {SLICES} at least")
    ahead = samples.rows[:, None] + torch.arange(2)
    coming = torch.log(samples.bars[ahead, 0]).diff(dim=1)
    returns = torch.cat(
        [torch.log(samples.windows(index)[:, :, 0]).diff(dim=1) for index in torch.arange(len(samples)).split(CHUNK)]
    )
    network.learn(returns, coming)

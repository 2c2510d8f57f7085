"""Where training starts: the scale of the inputs, and the linear part at least squares."""

import torch
from torch import Tensor

from vrx.training.networks import Encoded, Network, Overlap
from vrx.training.networks.regression import Regression
from vrx.training.windows import Samples

__all__ = ["follow", "start"]

CHUNK = 4096
# Share of the mean diagonal of X'X that is added to it, so that columns that say nothing (the mean over 252 days of a
# centred window of 252) get finite coefficients.
RIDGE = 1e-8


@torch.no_grad()
def start(network: Network, samples: Samples) -> None:
    """Set what is known in closed form from the train part of the first phase; HAR networks are left alone."""
    if isinstance(network, Overlap):
        _shocks(network, samples)
    if not isinstance(network, Encoded):
        return
    squares, count = 0.0, 0
    for index in torch.arange(len(samples)).split(CHUNK):
        path = network.paths(network.input(samples.windows(index)))
        squares += float((path.logs**2).sum())
        count += path.logs.numel()
    network.scale.fill_((squares / count) ** 0.5 or 1.0)
    if network.combiner.regression is not None:
        _least_squares(network, network.combiner.regression, samples)


@torch.no_grad()
def follow(network: Network, samples: Samples) -> None:
    """Fit what belongs to a series, HAR or shocks, to the train part of a later phase on another series."""
    if isinstance(network, Overlap):
        _shocks(network, samples)
    regression = network.combiner.regression if isinstance(network, Encoded) else None
    if isinstance(network, Encoded) and regression is not None and regression.follows:
        _least_squares(network, regression, samples)


def _shocks(network: Overlap, samples: Samples) -> None:
    ahead = samples.rows[:, None] + torch.arange(max(network.horizons) + 1)
    coming = torch.log(samples.bars[ahead, 0]).diff(dim=1)
    returns = torch.cat(
        [torch.log(samples.windows(index)[:, :, 0]).diff(dim=1) for index in torch.arange(len(samples)).split(CHUNK)]
    )
    network.learn(returns, coming)


def _least_squares(network: Encoded, regression: Regression, samples: Samples) -> None:
    sums, squares = [], []
    middle: Tensor | None = None
    for index in torch.arange(len(samples)).split(CHUNK):
        inputs = network.input(samples.windows(index))
        path = network.paths(inputs)
        rows = torch.cat([regression.columns(inputs, path), samples.target[index] - regression.anchor(path)], 1)
        # Around the first rows' mean: sums of squares of log variances near -9 would drown what moves them.
        middle = rows.mean(0) if middle is None else middle
        sums.append((rows - middle).sum(0))
        squares.append((rows - middle).T @ (rows - middle))
    if middle is None:
        return
    off = torch.stack(sums).sum(0) / len(samples)
    scatter = torch.stack(squares).sum(0) - len(samples) * torch.outer(off, off)
    k = regression.linear.in_features
    ridge = RIDGE * scatter.diagonal()[:k].mean().clamp(min=1e-30)
    gram = scatter[:k, :k] + ridge * torch.eye(k, dtype=scatter.dtype)
    slopes = torch.linalg.solve(gram, scatter[:k, k:])
    mean = middle + off
    regression.linear.weight.copy_(slopes.T)
    regression.linear.bias.copy_(mean[k:] - mean[:k] @ slopes)

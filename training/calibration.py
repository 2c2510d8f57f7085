"""Calibration: the mean's constant and the quantiles, kept as buffers inside the graph."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from vrx.training.networks import Encoded, Network
from vrx.training.networks.base import Distribution
from vrx.training.networks.combiner import Weighed
from vrx.training.windows import Samples

__all__ = ["distributions", "explained", "set_mean", "set_quantiles", "set_shares", "set_spread"]

CHUNK = 1024
# Errors count in the mean's constant up to five standard deviations. On the panel's validation years that gave the best
# QLIKE among 3, 4, 5 and no bound: without one, single days of 1995 to 2016 set the constant of every asset.
BOUND = 5.0
# A series that is forecast without error, such as a constant one, would get a spread of 0: errors over it are no
# numbers. This is a thousandth of the variance, under the error on any market.
LEAST_SPREAD = 1e-3


@torch.no_grad()
def distributions(network: Network, samples: Samples) -> Distribution:
    """The network's distribution for every sample, in evaluation mode."""
    return explained(network, samples)[0]


@torch.no_grad()
def explained(network: Network, samples: Samples) -> tuple[Distribution, Mapping[str, Tensor]]:
    """The distribution for every sample, and the mean over the samples of each weight that decided it."""
    network.eval()
    chunks = torch.arange(len(samples)).split(CHUNK)
    parts, weights = zip(*(network.explained(network.input(samples.windows(index))) for index in chunks), strict=True)
    found = Distribution(torch.cat([part.mean for part in parts]), torch.cat([part.spread for part in parts]))
    return found, {name: torch.cat([part[name] for part in weights]).mean() for name in weights[0]}


@torch.no_grad()
def set_spread(network: Encoded, parts: Sequence[Samples]) -> None:
    """Give every day one spread, the root mean square of the errors: squared loss teaches the spread's head nothing.

    Left at its random start it would make the mean of the variance, which is ``exp(mean + spread**2 / 2)``, noise.
    Whatever the errors, it is a thousandth at least.
    """
    network.head.spread.weight.zero_()
    network.head.spread.bias.zero_()
    network.gain.fill_(1.0)
    errors, spread = _errors(network, parts)
    network.gain.copy_(torch.maximum((errors**2).mean(0).sqrt(), LEAST_SPREAD / spread[0]))


@torch.no_grad()
def set_shares(network: Encoded, combiner: Weighed, part: Samples) -> None:
    """Take that share of the neural part, horizon by horizon, which least squares on `part` gives it, from 0 to 1."""
    network.eval()
    combiner.share.fill_(1.0)
    products, squares = torch.zeros_like(combiner.share), torch.zeros_like(combiner.share)
    for index in torch.arange(len(part)).split(CHUNK):
        view, _ = network.view(network.input(part.windows(index)))
        products += (view.answer * (part.target[index] - combiner.linear_forecast(view))).sum(0)
        squares += (view.answer**2).sum(0)
    # An untrained head says nothing, of which any share is the same.
    combiner.share.copy_(torch.where(squares > 0.0, products / squares, torch.ones_like(squares)).clamp(0.0, 1.0))


@torch.no_grad()
def set_quantiles(network: Network, parts: Sequence[Samples], levels: tuple[float, ...]) -> None:
    """Set the answer's quantiles to those of the errors ``(log of what came - mean) / spread``, horizon by horizon.

    Samples that the weights were fitted to make them too narrow: give the validation part.
    """
    errors, _ = _errors(network, parts)
    network.answer.quantiles.copy_(torch.quantile(errors, torch.tensor(levels, dtype=torch.float64), dim=0).T)


@torch.no_grad()
def set_mean(network: Network, parts: Sequence[Samples]) -> None:
    """Set the constant of the mean forecast: the log of the mean of actual over forecast, which QLIKE asks for.

    A few turbulent months decide that mean, so it wants the longest sample there is; never the test part.
    """
    errors, spread = _errors(network, parts)
    ratios = torch.exp(errors.clamp(max=BOUND) * spread - 0.5 * spread**2)
    network.answer.shift.copy_(torch.log(ratios.mean(0)))


def _errors(network: Network, parts: Sequence[Samples]) -> tuple[Tensor, Tensor]:
    """Standardised errors of the log variance and the spreads, each (samples, horizons)."""
    found = [distributions(network, part) for part in parts]
    mean, spread = (torch.cat(values) for values in zip(*found, strict=True))
    return (torch.cat([part.target for part in parts]) - mean) / spread, spread

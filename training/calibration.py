"""Calibration: the mean's constant and the quantiles, kept as buffers inside the graph."""

import torch

from vrx.training.networks import Network
from vrx.training.networks.base import Distribution
from vrx.training.windows import Samples

__all__ = ["calibrate", "distributions"]

CHUNK = 1024
# Errors count in the mean's constant up to five standard deviations. On the panel's validation years that gave the best
# QLIKE among 3, 4, 5 and no bound: without one, single days of 1995 to 2016 set the constant of every asset.
BOUND = 5.0


@torch.no_grad()
def distributions(network: Network, samples: Samples) -> Distribution:
    """The network's distribution for every sample, in evaluation mode."""
    network.eval()
    parts = [
        network.distribution(network.input(samples.windows(index))) for index in torch.arange(len(samples)).split(CHUNK)
    ]
    return Distribution(torch.cat([part.mean for part in parts]), torch.cat([part.spread for part in parts]))


@torch.no_grad()
def calibrate(network: Network, train: Samples, validation: Samples, levels: tuple[float, ...]) -> None:
    """Fit the answer's buffers: the mean's constant to both parts, the quantiles to the validation part alone.

    The constant is the log of a mean of actual over forecast, which a few turbulent months
    decide, so it wants the longest sample there is; the
    quantiles want errors that the weights were not fitted to.

    Parameters
    ----------
    network
        Changed in place.
    train, validation
        Never the test part.
    levels
        Probabilities of the quantiles.
    """
    held = distributions(network, validation)
    errors = (validation.target - held.mean) / held.spread
    probabilities = torch.tensor(levels, dtype=torch.float64)
    network.answer.quantiles.copy_(torch.quantile(errors, probabilities, dim=0).T)
    fitted = distributions(network, train)
    errors = torch.cat([errors, (train.target - fitted.mean) / fitted.spread]).clamp(max=BOUND)
    spread = torch.cat([held.spread, fitted.spread])
    network.answer.shift.copy_(torch.log(torch.exp(errors * spread - 0.5 * spread**2).mean(0)))

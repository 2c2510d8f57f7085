"""HAR and log-HAR (Corsi 2009) as networks, so that they export to the contract like any other model."""

import torch
from torch import Tensor, nn

from vrx.training.networks.base import FLOOR, Distribution, Inputs, Interface, Network
from vrx.training.networks.regression import HarColumns

__all__ = ["HarNetwork"]


class HarNetwork(Network):
    """HAR in levels or in logs with coefficients fitted by :func:`vrx.har.fit`.

    Parameters
    ----------
    interface
        What it reads and answers.
    log
        Whether the regression is on log variance.

    Notes
    -----
    In logs the spread is the residual's standard deviation, so the mean forecast carries half the residual variance. In
    levels the mean forecast is the regression itself, floored at the smallest variance that the fit saw, and the spread
    is 1: the quantiles come from the ratios of actual to forecast alone.
    """

    def __init__(self, interface: Interface, *, log: bool) -> None:
        super().__init__(interface)
        horizons = len(interface.horizons)
        self.log, self.mean_alone = log, not log
        self.coefficients = nn.Parameter(torch.zeros(horizons, 4, dtype=torch.float64))
        self.register_buffer("spread", torch.ones(horizons, dtype=torch.float64))
        self.register_buffer("floor", torch.full((horizons,), FLOOR, dtype=torch.float64))
        self.spread: Tensor
        self.floor: Tensor
        self.read = HarColumns(log=log)

    def distribution(self, inputs: Inputs) -> Distribution:
        """The regression on today's, the 5- and the 22-day mean."""
        columns = self.read(inputs.variance)
        fitted = torch.cat([torch.ones_like(columns[:, :1]), columns], 1) @ self.coefficients.T
        spread = self.spread.expand_as(fitted)
        if self.log:
            return Distribution(fitted, spread)
        # The answer adds half the squared spread, which a forecast in levels does not want.
        return Distribution(torch.log(torch.maximum(fitted, self.floor)) - 0.5 * spread**2, spread)

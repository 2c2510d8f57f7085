"""HAR and log-HAR (Corsi 2009) as networks, so that they export to the contract like any other model."""

import torch
from torch import Tensor, nn

from vrx.training.networks.base import FLOOR, Distribution, Inputs, Network, constant

__all__ = ["DAYS", "HarNetwork"]

DAYS = 22
# A day without movement has no log: it counts as this share of the window's mean (in the fit, of the mean of the 252
# days before). At the floor of 1e-12 it would pull the forecast of the next month down several times over.
ZERO_SHARE = 0.01


class HarNetwork(Network):
    """HAR in levels or in logs with coefficients fitted by :func:`vrx.har.fit`.

    Parameters
    ----------
    log
        Whether the regression is on log variance.

    Notes
    -----
    In logs the spread is the residual's standard deviation, so the mean forecast carries half the residual variance. In
    levels the mean forecast is the regression itself, floored at the smallest variance that the fit saw, and the spread
    is 1: the quantiles come from the ratios of actual to forecast alone.
    """

    def __init__(
        self,
        channels: tuple[str, ...],
        lookback: int,
        horizons: tuple[int, ...],
        levels: tuple[float, ...],
        *,
        log: bool,
    ) -> None:
        super().__init__(channels, lookback, horizons, levels)
        self.log = log
        self.coefficients = nn.Parameter(torch.zeros(len(horizons), 4, dtype=torch.float64))
        self.register_buffer("spread", torch.ones(len(horizons), dtype=torch.float64))
        self.register_buffer("floor", torch.full((len(horizons),), FLOOR, dtype=torch.float64))
        self.spread: Tensor
        constant(self, "zero", FLOOR)
        constant(self, "share", ZERO_SHARE)
        self.floor: Tensor
        self.zero: Tensor
        self.share: Tensor

    def distribution(self, inputs: Inputs) -> Distribution:
        """The regression on today's, the 5- and the 22-day mean."""
        days = inputs.variance[:, -DAYS:]
        still = self.share * inputs.variance.mean(1, keepdim=True)
        x = torch.log(torch.maximum(torch.where(days > 0, days, still), self.zero)) if self.log else days
        means = [torch.ones_like(x[:, -1]), x[:, -1], x[:, -5:].mean(1), x.mean(1)]
        fitted = torch.stack(means, 1) @ self.coefficients.T
        spread = self.spread.expand_as(fitted)
        if self.log:
            return Distribution(fitted, spread)
        # The answer adds half the squared spread, which a forecast in levels does not want.
        return Distribution(torch.log(torch.maximum(fitted, self.floor)) - 0.5 * spread**2, spread)

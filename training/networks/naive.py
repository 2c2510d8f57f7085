"""How far off naive forecasts were inside the window: a unit for the spread that holds on markets never seen."""

import torch
from torch import Tensor, nn

from vrx.training.networks.base import Inputs, constant
from vrx.training.networks.path import Path, Paths

__all__ = ["NaiveErrors"]

# Days of the two means that are carried forward, as those of HAR (Corsi 2009).
WEEK, BEFORE = 5, 22
# Where the window stands still there are no errors, and the spread needs a unit all the same.
LEAST = 0.05


class NaiveErrors(nn.Module):
    """The standard deviation of the errors of a naive forecast, by horizon.

    With l_t the centred log variance and V_t,h the mean variance of the h days after day t, floored as the path is,

        e_t,h = log V_t,h - level - (mean of l over the last 5 days + mean over the last 22) / 2,

    for days t that have 22 days up to them and h after them: the last such day, and every (h + 1) // 2 days before it.
    Their mean is taken out: most of it is the convexity of the log.

    Parameters
    ----------
    horizons
        Days ahead.
    paths
        How a window becomes a path.

    Notes
    -----
    One day ahead they are 0.40 to 0.63 for equity indices by 5-minute returns, in the mean over windows of 504 days,
    and 0.93 for bitcoin and ether by hourly ones: noise of the measure, and jumps. A network that learned from the
    former has never seen such windows and gives them too little spread; in this unit it grows with the market's own.
    """

    def __init__(self, horizons: tuple[int, ...], paths: Paths) -> None:
        super().__init__()
        self.horizons, self.paths = horizons, paths
        constant(self, "least", LEAST)
        self.least: Tensor

    def forward(self, inputs: Inputs, path: Path) -> Tensor:
        """Of every window, in logs of variance; (batch, horizons)."""
        zero = torch.zeros_like(path.level)
        floored = inputs.variance + self.paths.floor * inputs.variance.mean(1, keepdim=True)
        sums = torch.cat([zero, torch.cumsum(floored, 1)], 1)
        logs = torch.cat([zero, torch.cumsum(path.logs, 1)], 1)
        days = path.logs.shape[1]
        # What is carried forward from each day that has a month before it, once for all horizons.
        known = logs[:, BEFORE:]
        week, month = logs[:, BEFORE - WEEK : days - WEEK + 1], logs[:, : days - BEFORE + 1]
        every = 0.5 * ((known - week) / WEEK + (known - month) / BEFORE)
        found = []
        for horizon in self.horizons:
            # Of one forecast half of the days are those of the next; more of them would be most of a graph's work.
            step = (horizon + 1) // 2
            first = BEFORE + (days - BEFORE - horizon) % step
            carried = every[:, first - BEFORE : days - BEFORE - horizon + 1 : step]
            if horizon == 1:
                came = path.logs[:, first:]
            else:
                # Days up to which a forecast knows: the last leaves just the horizon.
                now, ahead = (slice(first + shift, days - horizon + shift + 1, step) for shift in (0, horizon))
                came = self.paths.log((sums[:, ahead] - sums[:, now]) / horizon) - path.level
            errors = came - carried
            found.append(torch.sqrt(((errors - errors.mean(1, keepdim=True)) ** 2).mean(1)))
        return torch.maximum(torch.stack(found, 1), self.least)

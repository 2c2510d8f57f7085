"""Linear parts of networks, started at least squares: what a neural part is added to or weighed against."""

import torch
from torch import Tensor, nn

from vrx.training.networks.base import FLOOR, Inputs, constant
from vrx.training.networks.path import Path, Paths

__all__ = ["MONTH", "HarColumns", "HarRegression", "Multiscale", "Regression"]

MONTH = 22
# Horizons of the averages that the multiscale part sees, where the window is long enough: HAR's, and two long ones that
# hold the level an asset returns to.
MEANS = (1, 5, 22, 66, 252)
# A day without movement has no log: it counts as this share of the window's mean (in the fit, of the mean of the 252
# days before). At the floor of 1e-12 it would pull the forecast of the next month down several times over.
ZERO_SHARE = 0.01


class Regression(nn.Module):
    """A linear forecast of log variance.

    Attributes
    ----------
    linear
        Float64, (columns, horizons); :func:`vrx.training.start.start` sets it to least squares.
    follows
        Whether it is fitted anew to the series of every phase, and held still in training; else it is fitted once and
        trained with the rest.
    """

    follows: bool

    def __init__(self, columns: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(columns, outputs, dtype=torch.float64)

    def columns(self, inputs: Inputs, path: Path) -> Tensor:
        """The regressors, (batch, columns)."""
        raise NotImplementedError

    def anchor(self, path: Path) -> Tensor | float:
        """What is not left to the regression: it forecasts log variance less this."""
        raise NotImplementedError

    def forward(self, inputs: Inputs, path: Path) -> Tensor:
        """The forecast of log variance, (batch, horizons)."""
        forecast: Tensor = self.linear(self.columns(inputs, path)) + self.anchor(path)
        return forecast


class HarColumns(nn.Module):
    """Today's value, the 5-day and the 22-day mean of variance or its log, (batch, 3)."""

    def __init__(self, *, log: bool) -> None:
        super().__init__()
        self.log = log
        constant(self, "zero", FLOOR)
        constant(self, "share", ZERO_SHARE)
        self.zero: Tensor
        self.share: Tensor

    def forward(self, variance: Tensor) -> Tensor:
        """Read the last 22 days."""
        days = variance[:, -MONTH:]
        if self.log:
            still = self.share * variance.mean(1, keepdim=True)
            days = torch.log(torch.maximum(torch.where(days > 0, days, still), self.zero))
        return torch.stack([days[:, -1], days[:, -5:].mean(1), days.mean(1)], 1)


class HarRegression(Regression):
    """Log-HAR (Corsi 2009), of the series in training."""

    follows = True

    def __init__(self, outputs: int) -> None:
        super().__init__(3, outputs)
        self.read = HarColumns(log=True)

    def columns(self, inputs: Inputs, path: Path) -> Tensor:  # noqa: ARG002
        """The three means of log variance."""
        columns: Tensor = self.read(inputs.variance)
        return columns

    def anchor(self, path: Path) -> float:  # noqa: ARG002
        """Nothing: the intercept is the level."""
        return 0.0


class Multiscale(Regression):
    """Means over 1 to 252 days, the spread of the window and recent returns, around the window's own level.

    Means of the centred log variance hold for measures with little noise; logs of the mean variance over the same days
    for squared returns.
    """

    follows = False

    def __init__(self, outputs: int, paths: Paths, *, has_returns: bool) -> None:
        super().__init__(2 * len(MEANS) + 1 + 4 * has_returns, outputs)
        self.has_returns, self.paths = has_returns, paths

    def columns(self, inputs: Inputs, path: Path) -> Tensor:
        """What the window says on every scale."""
        columns = [path.logs[:, -days:].mean(1) for days in MEANS]
        floor = self.paths.floor * inputs.variance.mean(1)
        means = [inputs.variance[:, -days:].mean(1) + floor for days in MEANS]
        columns += [self.paths.log(mean) - path.level[:, 0] for mean in means]
        columns.append(torch.sqrt((path.logs**2).mean(1)))
        if self.has_returns:
            falls = path.returns.clamp(max=0.0)
            columns += [path.returns[:, -1], falls[:, -1], falls[:, -5:].mean(1), falls[:, -22:].mean(1)]
        return torch.stack(columns, 1)

    def anchor(self, path: Path) -> Tensor:
        """The window's level."""
        return path.level

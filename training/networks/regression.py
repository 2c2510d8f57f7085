"""Linear parts of networks, started at least squares: what a neural part is added to or weighed against."""

import torch
from torch import Tensor, nn

from vrx.evaluation._baselines import ZERO_SHARE
from vrx.training.networks.base import FLOOR, Inputs, constant
from vrx.training.networks.path import Path

__all__ = ["MONTH", "HarColumns", "HarRegression", "Regression", "Sized"]

MONTH = 22


class Regression(nn.Module):
    """A linear forecast of log variance.

    Attributes
    ----------
    linear
        Float64, (columns, horizons); :func:`vrx.training.start.start` sets it to least squares.
    follows
        Whether it is fitted anew to the series of every phase; else it is fitted once, to the first's.
    held
        Whether training holds it still; else it is trained with the rest.
    """

    follows: bool
    held: bool

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
        return self.of(self.columns(inputs, path), path)

    def of(self, columns: Tensor, path: Path) -> Tensor:
        """The forecast from columns that are known already."""
        forecast: Tensor = self.linear(columns) + self.anchor(path)
        return forecast


class Sized(Regression):
    """A regression whose columns are in units of their own.

    Attributes
    ----------
    sizes
        Buffer (columns,): standard deviations of the columns on the first phase's series. One ridge, one rate and one
        weight decay then mean the same for all, on later series too.
    """

    def __init__(self, columns: int, outputs: int) -> None:
        super().__init__(columns, outputs)
        self.register_buffer("sizes", torch.ones(columns, dtype=torch.float64))
        self.sizes: Tensor


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
    held = True

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

"""Combiners: how the forecast of the neural part becomes that of the network."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vrx.training.networks.base import Inputs
from vrx.training.networks.path import Path
from vrx.training.networks.regression import Regression

__all__ = ["Alone", "Combiner", "Sum", "View", "Weighed"]


class View(NamedTuple):
    """Everything that is known of a batch of windows when it comes to combining."""

    inputs: Inputs
    path: Path
    columns: Tensor | None
    """What the linear part reads, float64, (batch, columns); None where there is none."""
    code: Tensor
    """What the encoder made of the window, float32, (batch, width)."""
    answer: Tensor
    """The head's own forecast of log variance, less the window's level; float64, (batch, horizons)."""


class Combiner(nn.Module):
    """A combiner; a subclass says how with :meth:`forward`.

    Attributes
    ----------
    regression
        Its linear part, None where it has none.
    from_zero
        Whether the head starts at zero, so that training starts from the regression.
    """

    from_zero = False

    def __init__(self, regression: Regression | None = None) -> None:
        super().__init__()
        self.regression = regression

    def forward(self, view: View) -> Tensor:
        """The mean of log variance, float64, (batch, horizons)."""
        raise NotImplementedError

    def weights(self, view: View) -> Mapping[str, Tensor]:  # noqa: ARG002
        """What it decided, by name, each (batch,): a weight of HAR, the probability of a regime."""
        return {}

    def neural(self, view: View) -> Tensor:
        """What the neural part adds to the forecast."""
        return view.answer

    def linear_forecast(self, view: View) -> Tensor:
        """That of the regression."""
        if self.regression is None or view.columns is None:
            raise RuntimeError(f"{type(self).__name__} has no regression")
        return self.regression.of(view.columns, view.path)

    def trained(self) -> list[nn.Parameter]:
        """The parameters that training moves: all but those of a regression that is held still."""
        held = self.regression.parameters() if self.regression is not None and self.regression.held else ()
        apart = {id(parameter) for parameter in held}
        return [parameter for parameter in self.parameters() if id(parameter) not in apart]


class Alone(Combiner):
    """The neural part alone, around the window's level."""

    def forward(self, view: View) -> Tensor:
        """Move the answer back to the level."""
        return view.path.level + view.answer


class Sum(Combiner):
    """A regression plus the neural part, which starts at zero."""

    from_zero = True

    def forward(self, view: View) -> Tensor:
        """Add up."""
        return self.linear_forecast(view) + self.neural(view)


class Weighed(Sum):
    """A regression plus a share of the neural part, one a horizon, which validation sets once training has ended.

    Attributes
    ----------
    share
        Buffer (horizons,), 0 to 1. The early stop judges all horizons by one loss, and the far ones, whose windows
        overlap and which saw few crises, are overfitted before the near ones have learned all.
    """

    def __init__(self, regression: Regression) -> None:
        super().__init__(regression)
        self.register_buffer("share", torch.ones(regression.linear.out_features, dtype=torch.float64))
        self.share: Tensor

    def neural(self, view: View) -> Tensor:
        """Its share."""
        return self.share * view.answer

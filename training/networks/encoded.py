"""A network with an encoder: path, code, head, combiner."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from vrx.training.networks.base import Distribution, Inputs, Interface, Network, constant
from vrx.training.networks.combiner import Combiner, View
from vrx.training.networks.encoder import Encoder, parameters_of
from vrx.training.networks.naive import NaiveErrors
from vrx.training.networks.path import Path, Paths
from vrx.training.networks.perceptron import Perceptron

__all__ = ["Encoded", "Head"]

# Keeps one lucky batch from making the Gaussian likelihood unbounded.
LEAST_SPREAD = 0.05
# Where the power of the window's own unit starts.
POWER = 0.5


class Head(nn.Module):
    """Codes to the mean and spread of the log of the coming variance, in units of the path's scale.

    A `faithful` one lets the spread read the code without teaching it anything (:func:`vrx.training.losses.taught`).
    """

    def __init__(self, width: int, outputs: int, dropout: float, *, from_zero: bool, faithful: bool = False) -> None:
        super().__init__()
        self.faithful = faithful
        constant(self, "least_spread", LEAST_SPREAD)
        self.least_spread: Tensor
        self.hidden = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.mean = nn.Linear(width, outputs)
        self.spread = nn.Linear(width, outputs)
        if from_zero:
            nn.init.zeros_(self.mean.weight)
            nn.init.zeros_(self.mean.bias)

    def forward(self, code: Tensor) -> Distribution:
        """Read off the code; float64, (batch, outputs)."""
        wide = self.dropout(functional.relu(self.hidden(code)))
        read = wide.detach() if self.faithful else wide
        # The softplus in float32: onnxruntime before 1.17 has none for doubles.
        spread = functional.softplus(self.spread(read)).double() + self.least_spread
        return Distribution(self.mean(wide).double(), spread)


class Encoded(Network):
    """An encoder over the last days of the window, a head, and a combiner that has the last word.

    The encoder sees the path of log variance around the window's own mean, divided by one scale from the training part,
    and the returns in the window's own volatility: what it learns on one market holds for another.

    Parameters
    ----------
    interface
        What it reads and answers.
    encoder, combiner
        The parts.
    sequence
        Days that the encoder reads, the last of the window; the combiner may read all.
    dropout
        In the head.
    paths
        How a window becomes a path.
    window
        Days of variance that it reads, the last ones of what it is given; 0 for all.
    naive_unit
        Whether the spread is in units of the window's own :class:`vrx.training.networks.naive.NaiveErrors`.

    Attributes
    ----------
    scale
        Buffer (): root mean square of the paths of the first phase's series.
    gain
        Buffer (horizons,): factor on the spread, by which a phase with a ridge fits it to another series.
    power
        Float64, (horizons,), trained; with a `naive_unit` alone: how much that counts against one scale for all.
        Weight decay draws it to none.
    """

    def __init__(
        self,
        interface: Interface,
        *,
        encoder: Encoder,
        combiner: Combiner,
        paths: Paths,
        sequence: int,
        dropout: float,
        window: int = 0,
        faithful: bool = False,
        naive_unit: bool = False,
    ) -> None:
        super().__init__(interface, window)
        horizons = len(interface.horizons)
        self.sequence = sequence
        self.has_returns = interface.has_returns
        self.register_buffer("scale", torch.ones((), dtype=torch.float64))
        self.register_buffer("gain", torch.ones(horizons, dtype=torch.float64))
        self.scale: Tensor
        self.gain: Tensor
        self.paths, self.encoder, self.combiner = paths, encoder, combiner
        self.unit = NaiveErrors(interface.horizons, paths) if naive_unit else None
        if naive_unit:
            self.power = nn.Parameter(torch.full((horizons,), POWER, dtype=torch.float64))
        self.head = Head(encoder.width, horizons, dropout, from_zero=combiner.from_zero, faithful=faithful)

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Those of the encoder, and `head`: the head, the power of a naive unit and the combiner."""
        own = [self.power] if self.unit is not None else []
        parts = {**self.encoder.groups(), "head": [*parameters_of(self.head), *own, *self.combiner.trained()]}
        return {**parts, "all": [parameter for group in parts.values() for parameter in group]}

    def view(self, inputs: Inputs) -> tuple[View, Tensor]:
        """What the combiner sees, and the spread with a gain of one."""
        path: Path = self.paths(inputs)
        regression = self.combiner.regression
        columns = None if regression is None else regression.columns(inputs, path)
        if columns is not None and isinstance(self.encoder, Perceptron):
            code = self.encoder(columns)
        else:
            steps = [path.logs[:, -self.sequence :] / self.scale]
            if self.has_returns:
                steps.append(path.returns[:, -self.sequence :])
            code = self.encoder(torch.stack(steps, 2).float())
        own: Distribution = self.head(code)
        spread = own.spread * self.scale
        if self.unit is not None:
            spread = spread * torch.exp(self.power * torch.log(self.unit(inputs, path) / self.scale))
        return View(inputs, path, columns, code, own.mean * self.scale), spread

    def distribution(self, inputs: Inputs) -> Distribution:
        """The combiner's mean, the head's spread."""
        view, spread = self.view(inputs)
        return Distribution(self.combiner(view), spread * self.gain)

    def explained(self, inputs: Inputs) -> tuple[Distribution, Mapping[str, Tensor]]:
        """The distribution, and the weights that the combiner chose."""
        view, spread = self.view(inputs)
        return Distribution(self.combiner(view), spread * self.gain), self.combiner.weights(view)

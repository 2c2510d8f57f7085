"""A small perceptron over the columns of a linear part: what is left when all that is linear is taken off."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from vrx.training.networks.base import constant
from vrx.training.networks.encoder import Encoder, parameters_of

__all__ = ["Perceptron"]

# Standard deviations at which a column is cut: a day beyond all that was trained on is answered like the last known.
CLIP = 6.0


class Perceptron(Encoder):
    """One hidden layer; the head that reads its code adds another.

    Parameters
    ----------
    columns
        Of the linear part.
    width
        Numbers of a code.
    dropout
        On the code; half of it on the columns.

    Attributes
    ----------
    centre
        Buffer (columns,): means of the columns on the first phase's series.
    """

    def __init__(self, columns: int, width: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.first = nn.Linear(columns, width)
        self.on_columns, self.on_code = nn.Dropout(0.5 * dropout), nn.Dropout(dropout)
        constant(self, "clip", CLIP)
        self.register_buffer("centre", torch.zeros(columns, dtype=torch.float64))
        self.clip: Tensor
        self.centre: Tensor

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """All of it is `encoder`."""
        return {"encoder": parameters_of(self.first), "attention": []}

    def forward(self, steps: Tensor) -> Tensor:
        """Encode columns (batch, columns), float64, in units of their sizes."""
        centred = torch.minimum(torch.maximum(steps - self.centre, -self.clip), self.clip).float()
        code: Tensor = self.on_code(functional.silu(self.first(self.on_columns(centred))))
        return code

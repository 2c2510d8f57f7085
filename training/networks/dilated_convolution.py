"""Dilated causal convolutions (van den Oord et al. 2016) over the days of a window."""

from torch import Tensor, nn
from torch.nn import functional

from vrx.training.networks.encoder import Encoder, parameters_of

__all__ = ["DilatedConvolution"]

KERNEL = 3


class DilatedConvolution(Encoder):
    """Residual convolutions that look 1, 2, 4, ... days apart, until the last day has seen them all.

    Parameters
    ----------
    columns, sequence
        Numbers a day, and days.
    hidden, bottleneck
        Channels, and the size of the code.
    dropout
        After each convolution, and on the code.
    """

    def __init__(self, columns: int, sequence: int, hidden: int, bottleneck: int, dropout: float) -> None:
        super().__init__()
        self.width = bottleneck
        self.dilations = [1]
        while 1 + (KERNEL - 1) * sum(self.dilations) < sequence:
            self.dilations.append(2 * self.dilations[-1])
        self.embed = nn.Conv1d(columns, hidden, 1)
        self.layers = nn.ModuleList(nn.Conv1d(hidden, hidden, KERNEL, dilation=gap) for gap in self.dilations)
        self.bottleneck = nn.Linear(hidden, bottleneck)
        self.dropout = nn.Dropout(dropout)

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """`encoder` is all up to the last convolution, `attention` that and the bottleneck."""
        below = parameters_of(self.embed, *list(self.layers)[:-1])
        return {"encoder": below, "attention": parameters_of(self.layers[-1], self.bottleneck)}

    def forward(self, steps: Tensor) -> Tensor:
        """Encode the days."""
        days = self.embed(steps.transpose(1, 2))
        for gap, layer in zip(self.dilations, self.layers, strict=True):
            moved = layer(functional.pad(days, ((KERNEL - 1) * gap, 0)))
            days = days + self.dropout(functional.relu(moved))
        code: Tensor = self.dropout(functional.relu(self.bottleneck(days[:, :, -1])))
        return code

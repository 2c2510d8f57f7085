"""A Transformer encoder (Vaswani et al. 2017) over the days of a window, layer norms first."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from vrx.training.networks.encoder import Encoder, parameters_of

__all__ = ["Transformer"]


class Transformer(Encoder):
    """Learned positions, blocks of self-attention and a feed-forward pair, and a bottleneck on the last day.

    Parameters
    ----------
    columns, sequence
        Numbers a day, and days.
    hidden, layers, heads, bottleneck
        Sizes: of a day's vector, the blocks, the heads of each, and of the code.
    dropout
        Inside the blocks, and on the code.
    """

    def __init__(
        self, columns: int, sequence: int, hidden: int, layers: int, heads: int, bottleneck: int, dropout: float
    ) -> None:
        super().__init__()
        self.width = bottleneck
        self.embed = nn.Linear(columns, hidden)
        self.positions = nn.Parameter(0.02 * torch.randn(sequence, hidden))
        self.blocks = nn.ModuleList(_Block(hidden, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(hidden)
        self.bottleneck = nn.Linear(hidden, bottleneck)
        self.dropout = nn.Dropout(dropout)

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """`encoder` is all up to the last block, `attention` that block and what follows."""
        below = [self.positions, *parameters_of(self.embed, *list(self.blocks)[:-1])]
        return {"encoder": below, "attention": parameters_of(self.blocks[-1], self.norm, self.bottleneck)}

    def forward(self, steps: Tensor) -> Tensor:
        """Encode the days."""
        days = self.embed(steps) + self.positions
        for block in self.blocks:
            days = block(days)
        code: Tensor = self.dropout(functional.relu(self.bottleneck(self.norm(days[:, -1]))))
        return code


class _Block(nn.Module):
    def __init__(self, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.attention = nn.MultiheadAttention(hidden, heads, dropout=dropout, batch_first=True)
        self.wide, self.narrow = nn.Linear(hidden, 2 * hidden), nn.Linear(2 * hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, days: Tensor) -> Tensor:
        still = self.before(days)
        days = days + self.dropout(self.attention(still, still, still, need_weights=False)[0])
        moved: Tensor = self.narrow(self.dropout(functional.gelu(self.wide(self.between(days)))))
        out: Tensor = days + self.dropout(moved)
        return out

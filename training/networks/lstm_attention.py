"""The LSTM with multi-head attention of Dhansoia (2025)."""

from torch import Tensor, nn
from torch.nn import functional

from vrx.training.networks.encoder import Encoder, parameters_of

__all__ = ["LstmAttention"]


class LstmAttention(Encoder):
    """LSTM, layer norm, multi-head self-attention of the last day, and a bottleneck.

    Parameters
    ----------
    columns
        Numbers a day.
    hidden, layers, heads, bottleneck
        Sizes: of the LSTM's state, its layers, the attention's heads, and of the code.
    dropout
        Between the LSTM's layers, in the attention, and on the code.
    """

    def __init__(self, columns: int, hidden: int, layers: int, heads: int, bottleneck: int, dropout: float) -> None:
        super().__init__()
        self.width = bottleneck
        self.lstm = nn.LSTM(columns, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.norm = nn.LayerNorm(hidden)
        self.attention = nn.MultiheadAttention(hidden, heads, dropout=dropout, batch_first=True)
        self.bottleneck = nn.Linear(hidden, bottleneck)
        self.dropout = nn.Dropout(dropout)

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """`encoder` is the LSTM and its norm, `attention` that and the bottleneck."""
        return {
            "encoder": parameters_of(self.lstm, self.norm),
            "attention": parameters_of(self.attention, self.bottleneck),
        }

    def forward(self, steps: Tensor) -> Tensor:
        """Encode the days."""
        encoded, _ = self.lstm(steps)
        encoded = self.norm(encoded)
        # Only the last step is asked for: it has seen the whole window, and the other queries would be thrown away.
        attended, _ = self.attention(encoded[:, -1:], encoded, encoded, need_weights=False)
        code: Tensor = self.dropout(functional.relu(self.bottleneck(attended[:, 0] + encoded[:, -1])))
        return code

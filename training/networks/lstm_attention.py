"""The LSTM with multi-head attention of Dhansoia (2025), scaled inside the graph, with an optional linear HAR part."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from vrx.training.networks.base import FLOOR, Distribution, Inputs, Network, constant

__all__ = ["LstmAttention"]

# Horizons of the averages that the linear part sees, where the window is long enough: HAR's, and two long ones that
# hold the level an asset returns to.
MEANS = (1, 5, 22, 66, 252)
# Returns are scaled by the window's own volatility; a crash of 30 standard deviations would rule the network.
CLIP = 8.0
# Keeps one lucky batch from making the Gaussian likelihood unbounded.
LEAST_SPREAD = 0.05


class LstmAttention(Network):
    """LSTM encoder, layer norm, multi-head self-attention, bottleneck and head over the last `sequence` days.

    The log variance is centred on the window's own mean and divided by one scale from the training part, so the network
    sees the shape of the path and not the asset's level: what it learns on one market holds for another.

    Parameters
    ----------
    sequence
        Days that the encoder reads, the last of the window; the linear part reads all.
    hidden, layers, heads, bottleneck
        Sizes: of the LSTM's state, its layers, the attention's heads, and the layer between encoder and head.
    dropout
        Between the LSTM's layers, in the attention, and in the head.
    linear
        Whether a linear regression on means over 1 to 252 days, the spread of the window and recent returns is added.
        The head then starts at zero, so training starts from the regression.
    floor
        Share of the window's mean variance that is added to each day before the log: measures that can be zero (squared
        returns) need more than those that hardly can.
    """

    def __init__(
        self,
        channels: tuple[str, ...],
        lookback: int,
        horizons: tuple[int, ...],
        levels: tuple[float, ...],
        *,
        sequence: int,
        hidden: int,
        layers: int,
        heads: int,
        bottleneck: int,
        dropout: float,
        linear: bool,
        floor: float,
    ) -> None:
        super().__init__(channels, lookback, horizons, levels)
        self.sequence = sequence
        constant(self, "floor", floor)
        constant(self, "zero", FLOOR)
        constant(self, "least_spread", LEAST_SPREAD)
        self.floor: Tensor
        self.zero: Tensor
        self.least_spread: Tensor
        self.has_returns = channels != ("variance",)
        outputs = len(horizons)
        self.register_buffer("scale", torch.ones((), dtype=torch.float64))
        self.scale: Tensor
        self.lstm = nn.LSTM(
            1 + self.has_returns, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0
        )
        self.norm = nn.LayerNorm(hidden)
        self.attention = nn.MultiheadAttention(hidden, heads, dropout=dropout, batch_first=True)
        self.bottleneck = nn.Linear(hidden, bottleneck)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(bottleneck, bottleneck)
        self.mean = nn.Linear(bottleneck, outputs)
        self.spread = nn.Linear(bottleneck, outputs)
        columns = 2 * len(MEANS) + 1 + 4 * self.has_returns
        self.linear = nn.Linear(columns, outputs, dtype=torch.float64) if linear else None
        if linear:
            nn.init.zeros_(self.mean.weight)
            nn.init.zeros_(self.mean.bias)

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """`encoder` is the LSTM and its norm, `attention` that and the bottleneck, `head` the rest."""
        parts: dict[str, list[nn.Module | None]] = {
            "encoder": [self.lstm, self.norm],
            "attention": [self.attention, self.bottleneck],
            "head": [self.hidden, self.mean, self.spread, self.linear],
        }
        named = {name: [p for m in modules if m is not None for p in m.parameters()] for name, modules in parts.items()}
        return {**named, **super().groups()}

    def path(self, inputs: Inputs) -> tuple[Tensor, Tensor, Tensor]:
        """The window's level (batch, 1), its log variance around that level, and its returns in its own volatility."""
        mean = inputs.variance.mean(1, keepdim=True)
        # Floored, not shifted: the exporter's optimiser takes 1e-12 for 0 and drops such an addition.
        log_variance = torch.log(torch.maximum(inputs.variance + self.floor * mean, self.zero))
        level = log_variance.mean(1, keepdim=True)
        returns = (inputs.returns / torch.sqrt(torch.maximum(mean, self.zero))).clamp(-CLIP, CLIP)
        return level, log_variance - level, returns

    def features(self, inputs: Inputs, level: Tensor, path: Tensor, returns: Tensor) -> Tensor:
        """What the linear part reads, (batch, columns).

        Means of the centred log variance and logs of the mean variance over the same days (the former hold for measures
        with little noise, the latter for squared returns), the spread of the log variance, and recent returns.
        """
        columns = [path[:, -days:].mean(1) for days in MEANS]
        floor = self.floor * inputs.variance.mean(1)
        means = [inputs.variance[:, -days:].mean(1) + floor for days in MEANS]
        columns += [torch.log(torch.maximum(mean, self.zero)) - level[:, 0] for mean in means]
        columns.append(torch.sqrt((path**2).mean(1)))
        if self.has_returns:
            falls = returns.clamp(max=0.0)
            columns += [returns[:, -1], falls[:, -1], falls[:, -5:].mean(1), falls[:, -22:].mean(1)]
        return torch.stack(columns, 1)

    def distribution(self, inputs: Inputs) -> Distribution:
        """The encoder's view of the path, plus the linear part, moved back to the window's level."""
        level, path, returns = self.path(inputs)
        steps = [path[:, -self.sequence :] / self.scale]
        if self.has_returns:
            steps.append(returns[:, -self.sequence :])
        encoded, _ = self.lstm(torch.stack(steps, 2).float())
        encoded = self.norm(encoded)
        # Only the last step is asked for: it has seen the whole window, and the other queries would be thrown away.
        attended, _ = self.attention(encoded[:, -1:], encoded, encoded, need_weights=False)
        narrow = self.dropout(functional.relu(self.bottleneck(attended[:, 0] + encoded[:, -1])))
        head = self.dropout(functional.relu(self.hidden(narrow)))
        mean = self.mean(head).double() * self.scale + level
        if self.linear is not None:
            mean = mean + self.linear(self.features(inputs, level, path, returns))
        # In float32: onnxruntime before 1.17 has no Softplus for doubles.
        spread = (functional.softplus(self.spread(head)).double() + self.least_spread) * self.scale
        return Distribution(mean, spread)

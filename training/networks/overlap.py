"""The overlap-aware forecast of rolling windows (:mod:`vrx.rolling`), and a network that corrects its scale."""

import torch
from torch import Tensor, nn

from vrx import rolling
from vrx.training.networks.base import Distribution, Inputs, Interface, Network, constant
from vrx.training.networks.encoder import Encoder, parameters_of

__all__ = ["Overlap"]

# Half-lives of the scales that a network compares with the one it corrects.
HALFLIVES = (2.0, 4.0, 22.0, 66.0)
CLIP = 6.0


class Overlap(Network):
    """Keeps the returns that the coming window shares with today's, and models only the new ones.

    Parameters
    ----------
    interface
        What it reads and answers: closes, and the rolling window that ends a day later.
    encoder
        Reads the last `sequence` returns in units of their scale, two columns a day; None for the plain forecast.
    sequence, dropout
        Days that it reads, and the dropout of the head.
    season
        Days, or bars, after which a market repeats itself (7 for coins), 0 for none: the scale of the same phase
        before joins what the head sees. In a season of 24 or more its neighbours count too.

    Notes
    -----
    The head and the linear part beside it start at zero, so training starts from the plain forecast. What shocks look
    like in units of the scale is not trained: it is taken from the train part of the phase.
    """

    def __init__(
        self,
        interface: Interface,
        *,
        encoder: Encoder | None,
        sequence: int,
        dropout: float,
        season: int,
    ) -> None:
        super().__init__(interface)
        self.window, self.sequence = interface.rolling, sequence
        constant(self, "least", rolling.LEAST)
        self.least: Tensor
        shape = (1, 2 * rolling.SLICES)
        self.register_buffer("means", torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("within", torch.ones(shape, dtype=torch.float64))
        self.register_buffer("weights", _weights(season if encoder is not None else 0), persistent=False)
        self.means: Tensor
        self.within: Tensor
        self.weights: Tensor
        self.encoder = encoder
        if encoder is not None:
            columns = self.weights.shape[1] + 1
            self.register_buffer("centre", torch.zeros(columns, dtype=torch.float64))
            self.register_buffer("scatter", torch.ones(columns, dtype=torch.float64))
            self.centre: Tensor
            self.scatter: Tensor
            self.hidden = nn.Linear(encoder.width + columns, encoder.width)
            self.dropout = nn.Dropout(dropout)
            self.out, self.linear = nn.Linear(encoder.width, 1), nn.Linear(columns, 1)
            for layer in (self.out, self.linear):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Those of the encoder, and `head`."""
        if self.encoder is None:
            return super().groups()
        return {
            **self.encoder.groups(),
            "head": parameters_of(self.hidden, self.out, self.linear),
            **super().groups(),
        }

    def scale(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """The scale of the coming returns, and what the head sees beside the code: (batch, 1), (batch, columns)."""
        sizes = inputs.returns[:, -rolling.LAGS :].abs() @ self.weights
        logs = torch.log(torch.maximum(sizes, self.least))
        anchor = logs[:, :1]
        spread = 0.5 * torch.log(torch.maximum(inputs.variance[:, -1:], self.least**2)) - anchor
        last = inputs.returns[:, -1:] * torch.exp(-anchor)
        return torch.exp(anchor), torch.cat([logs[:, 1:] - anchor, spread, last.clamp(-CLIP, CLIP)], 1)

    def correction(self, inputs: Inputs, scale: Tensor, columns: Tensor) -> Tensor:
        """What the network adds to the log of the scale, (batch, 1)."""
        if self.encoder is None:
            return torch.zeros_like(scale)
        days = (inputs.returns[:, -self.sequence :] / scale).clamp(-CLIP, CLIP).float()
        code = self.encoder(torch.stack([torch.log(days.abs() + 0.1), days], 2))
        seen = ((columns - self.centre) / self.scatter).clamp(-CLIP, CLIP).float()
        hidden = self.dropout(torch.tanh(self.hidden(torch.cat([code, seen], 1))))
        added: Tensor = (self.out(hidden) + self.linear(seen)).double()
        return added

    def distribution(self, inputs: Inputs) -> Distribution:
        """The mean and the standard deviation of the log variance over what the new returns may be."""
        scale, columns = self.scale(inputs)
        scale = scale * torch.exp(self.correction(inputs, scale, columns))
        kept = self.window - 1
        share = torch.full_like(scale, kept / self.window)
        tail = inputs.returns[:, -kept:]
        mean = tail.mean(1, keepdim=True)
        known = ((tail - mean) ** 2).sum(1, keepdim=True)
        new = self.within[0] * scale**2 + share * (mean - scale * self.means[0]) ** 2
        logs = torch.log(torch.maximum(known + new, self.least**2) / (self.window - 1))
        middle = logs.mean(1, keepdim=True)
        return Distribution(middle, torch.sqrt(((logs - middle) ** 2).mean(1, keepdim=True)))

    @torch.no_grad()
    def learn(self, returns: Tensor, coming: Tensor) -> None:
        """Take the shocks of a train part: returns up to each day (days, back), and the one to come (days, 1)."""
        inputs = Inputs(returns[:, -self.window :].var(1, keepdim=True), returns)
        scale, columns = self.scale(inputs)
        means, within = rolling.sliced((coming / scale).numpy())
        self.means[0] = torch.from_numpy(means).repeat(2) * torch.tensor([1.0, -1.0]).repeat_interleave(len(means))
        self.within[0] = torch.from_numpy(within).repeat(2)
        if self.encoder is not None:
            self.centre.copy_(columns.mean(0))
            self.scatter.copy_(columns.std(0).clamp(min=1e-6))


def _weights(season: int) -> Tensor:
    """The weights of absolute returns, one column a scale: the one to correct first; (132, columns)."""
    scales = [rolling.scale_weights(halflife) for halflife in (rolling.HALFLIFE, *HALFLIVES)]
    columns = [torch.from_numpy(weights) for weights in scales]
    if season:
        # The next bar has age 0: those of its phase have the ages season, 2 season, ...
        ages, around = torch.arange(rolling.LAGS, 0, -1), season // 24
        off = torch.minimum(ages % season, season - ages % season)
        same = ((off <= around) & (ages >= season - around)).double()
        columns.append(same / same.sum())
    return torch.stack(columns, 1)

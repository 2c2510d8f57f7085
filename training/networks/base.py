"""What every network shares: raw bars in, log variance inside, variance, volatility and quantiles out.

A network is an input (bars to log variance and returns), a body (to the mean and spread of the log of the coming
variance) and an answer (to the outputs of the contract). All three are in the exported graph, so that production needs
no scaler file and no feature code.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vrx.training.recipe import Recipe

__all__ = ["FLOOR", "Answer", "Distribution", "Inputs", "Interface", "Network", "Variance", "constant"]

# A day without any movement has variance 0, whose log is not finite: this is a volatility of 1e-6 a day, far below
# that of any market, so it moves no other day.
FLOOR = 1e-12


@dataclass(frozen=True)
class Interface:
    """What a network reads and answers, as a recipe says it; the same for networks of every kind."""

    channels: tuple[str, ...]
    horizons: tuple[int, ...]
    levels: tuple[float, ...]
    rolling: int  # returns in a rolling window; 0 where days are forecast

    @classmethod
    def of(cls, recipe: Recipe) -> "Interface":
        """That of a recipe."""
        return cls(recipe.channels, recipe.horizons, recipe.levels, recipe.rolling)

    @property
    def has_returns(self) -> bool:
        """Whether the bars hold returns, or closes that show them."""
        return self.channels != ("variance",)


class Inputs(NamedTuple):
    """What a window says, each (batch, days), float64."""

    variance: Tensor
    returns: Tensor
    """Close to close; zeros where the bars hold none."""
    nights: Tensor | None = None
    """Overnight returns, from the last close to the open; of open-high-low-close bars."""
    ranges: Tensor | None = None
    """The variance of the session as its range alone shows it (Parkinson 1980); of open-high-low-close bars."""

    def last(self, days: int) -> "Inputs":
        """The last so many days, or with 0 all of them."""
        return Inputs(*(None if part is None else part[:, -days:] for part in self))  # type: ignore[arg-type]


class Distribution(NamedTuple):
    """The log of the mean variance of the coming days, each (batch, horizons): its mean and standard deviation."""

    mean: Tensor
    spread: Tensor


def constant(module: nn.Module, name: str, value: float | Tensor) -> None:
    """Give a module a float64 constant as a buffer that no checkpoint holds.

    The exporter of torch 2.13 rounds a bare Python float inside a graph to float32, which moves 2 ln 2 - 1 by 3e-9 and
    was seen to move a forecast by 2e-5; a buffer keeps its bits.
    """
    module.register_buffer(name, torch.as_tensor(value, dtype=torch.float64), persistent=False)


class Variance(nn.Module):
    """Bars (batch, lookback, channels) to daily variance and return.

    Closes give squared returns; open-high-low-close gives Garman-Klass plus the squared overnight return, as
    :func:`vrx.measures.daily_variance` does; variance passes through. With `rolling`, closes give the sample variance
    of the last so many returns, as :func:`vrx.measures.rolling_variance` does. Of all that, the last `window` days, or
    with 0 every day.
    """

    def __init__(self, channels: tuple[str, ...], rolling: int = 0, window: int = 0) -> None:
        super().__init__()
        self.channels, self.rolling, self.window = channels, rolling, window
        constant(self, "body", 2.0 * math.log(2.0) - 1.0)
        constant(self, "parkinson", 4.0 * math.log(2.0))
        self.body: Tensor
        self.parkinson: Tensor

    def forward(self, bars: Tensor) -> Inputs:
        """Compute the inputs in float64, where a return of 1e-4 of a price of 1e5 survives."""
        return self._every(bars).last(self.window)

    def _every(self, bars: Tensor) -> Inputs:
        """Those of every day."""
        if self.channels[0] == "variance":
            variance = bars[:, :, 0]
            return Inputs(variance, bars[:, :, 1] if "return" in self.channels else torch.zeros_like(variance))
        logs = torch.log(bars)
        close = logs[:, :, -1]
        returns = close[:, 1:] - close[:, :-1]
        if self.rolling:
            return Inputs(returns.unfold(1, self.rolling, 1).var(2), returns[:, self.rolling - 1 :])
        if self.channels == ("close",):
            return Inputs(returns * returns, returns)
        opening, high, low = logs[:, 1:, 0], logs[:, 1:, 1], logs[:, 1:, 2]
        nights, squared_range = opening - close[:, :-1], (high - low) ** 2
        body = close[:, 1:] - opening
        # A high may miss the close by float noise, which makes a flat day -1e-18.
        garman_klass = (0.5 * squared_range - self.body * body**2).clamp(min=0.0)
        return Inputs(garman_klass + nights**2, returns, nights, squared_range / self.parkinson)

    def sound(self, bars: Tensor) -> Tensor:
        """Whether a window is finite throughout, its prices positive, its variances not negative; (batch,)."""
        finite = torch.isfinite(bars.sum((1, 2)))
        if self.channels[0] == "variance":
            return finite & (bars[:, :, 0] >= 0).all(1)
        return finite & (bars > 0).all(2).all(1)


class Answer(nn.Module):
    """A distribution of log variance to the outputs of the contract, calibrated on the validation part.

    Attributes
    ----------
    shift
        Buffer (horizons,): added to the log of the mean forecast, so that the mean of actual over forecast is 1 on the
        train and validation parts (errors count up to a bound): the constant that QLIKE asks for. Zero for HAR.
    quantiles
        Buffer (horizons, levels): quantiles of the standardised error of the log of variance; those of the normal law
        until :func:`vrx.training.calibration.set_quantiles` has seen the validation part.
    """

    def __init__(self, horizons: int, levels: tuple[float, ...]) -> None:
        super().__init__()
        normal = torch.special.ndtri(torch.tensor(levels, dtype=torch.float64))
        self.register_buffer("shift", torch.zeros(horizons, dtype=torch.float64))
        self.register_buffer("quantiles", normal.repeat(horizons, 1))
        self.shift: Tensor
        self.quantiles: Tensor

    def forward(self, distribution: Distribution) -> tuple[Tensor, Tensor, Tensor]:
        """Variance, volatility (batch, horizons) and quantiles (batch, horizons, levels)."""
        mean, spread = distribution
        variance = torch.exp(mean + 0.5 * spread**2 + self.shift)
        quantiles = torch.exp(0.5 * (mean[:, :, None] + spread[:, :, None] * self.quantiles))
        return variance, torch.sqrt(variance), quantiles


class Network(nn.Module):
    """A network that forecasts; a subclass says how with :meth:`distribution`.

    Attributes
    ----------
    mean_alone
        Whether it knows the mean of the coming variance alone: the mean of its distribution is then no mean of logs.
    """

    mean_alone = False

    def __init__(self, interface: Interface, window: int = 0) -> None:
        super().__init__()
        self.input = Variance(interface.channels, interface.rolling, window)
        self.answer = Answer(len(interface.horizons), interface.levels)

    def distribution(self, inputs: Inputs) -> Distribution:
        """The distribution of the log of the coming variance; float64, (batch, horizons)."""
        raise NotImplementedError

    def explained(self, inputs: Inputs) -> tuple[Distribution, Mapping[str, Tensor]]:
        """The distribution, and what decided it by name, (batch,): a weight of HAR, the probability of a regime."""
        return self.distribution(inputs), {}

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """The parameters by the names that a phase of training may hold still or train."""
        return {"all": list(self.parameters())}

    def forward(self, bars: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The outputs of the contract; a window with anything not finite answers NaN."""
        inputs = self.input(bars)
        # An infinite input saturates the gates of an LSTM into a number that looks sound, and a bar that only anchors
        # the next one is not read whole: the guard looks at the bars themselves.
        sound = self.input.sound(bars)[:, None]
        variance, volatility, quantiles = self.answer(self.distribution(inputs))
        nan = torch.full_like(variance, math.nan)
        return (
            torch.where(sound, variance, nan),
            torch.where(sound, volatility, nan),
            torch.where(sound[:, :, None], quantiles, nan[:, :, None]),
        )

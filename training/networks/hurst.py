"""A small LSTM that forecasts the rolling Hurst exponent of returns, the wavelets inside the graph."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from vrx.hurst._ahead import plan_of, unknown_shares
from vrx.hurst._pyramid import Pyramid
from vrx.training.networks.base import constant

__all__ = ["Facts", "HurstNetwork"]

# A crash of 30 standard deviations would rule the encoder.
CLIP = 8.0
# Days of the mean squares that tell the encoder of volatility, and the share of the window's that keeps the log finite.
VOLATILITIES, STILL = (1, 5, 22), 0.01
# Exponents move by hundredths: the encoder reads them in this unit, and its correction of them is in it.
UNIT = 0.05
# A log variance ratio beyond this is no forecast.
MOST = 4.0
# Of a constant the wavelet coefficients are rounding alone, as the kernel has it: a few units in the last place.
ROUNDING = (8.0 * float(np.finfo(np.float64).eps)) ** 2


class Facts(NamedTuple):
    """What a window of returns says, without a parameter that is learned; in units of the window's own volatility."""

    steps: Tensor
    """What the encoder reads of each of the last days, (batch, sequence, columns) float32."""
    last: Tensor
    """Today's exponent, (batch, 1) float64."""
    known: Tensor
    """What is known of the wavelet variances of the windows to come, (batch, horizons, levels) float64."""
    sound: Tensor
    """Whether all of it is a number, (batch, 1)."""


class HurstNetwork(nn.Module):
    """Returns to the rolling wavelet exponent (db4, kind "noise") of the windows that end some days ahead.

    Parameters
    ----------
    window
        Returns in a rolling window.
    sequence
        Days that the LSTM reads.
    horizons
        Days ahead.
    hidden
        Size of the LSTM's state.
    known
        Whether what is known of the coming windows is computed (:func:`vrx.hurst.ahead`), so that the LSTM forecasts
        no more than the variance that the unknown part adds, on every level and for each horizon. Without it, the LSTM
        forecasts the change of the exponent, as Webb et al. propose. At the start, before any training, the forecast
        is that of the rule "known", and today's exponent.

    Notes
    -----
    The LSTM reads, of each day, the exponent less today's, the return, and the logs of mean squared returns over 1, 5
    and 22 days, in units of the window's volatility: no level of price or of volatility, so that one network fits all
    markets.
    """

    def __init__(self, window: int, sequence: int, horizons: tuple[int, ...], hidden: int, *, known: bool) -> None:
        super().__init__()
        plan = plan_of(window)
        self.window, self.sequence, self.horizons, self.knows = window, sequence, horizons, known
        self.lookback, self.furthest = window + sequence - 1, max(horizons)
        ends = [*range(window - 1, self.lookback), *(self.lookback - 1 + h for h in horizons)]
        self._lay(plan, ends)
        outputs = len(horizons) * (len(plan.levels) if known else 1)
        self.lstm = nn.LSTM(2 + len(VOLATILITIES), hidden, batch_first=True)
        self.head = nn.Linear(hidden, outputs)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def _lay(self, plan: Pyramid, ends: list[int]) -> None:
        """Where each tap of each level falls, and which coefficients are averaged at each end."""
        length, reach, taps = self.lookback + self.furthest, 0, len(plan.low)
        self.levels = len(plan.levels)
        for level in range(self.levels):
            step = 2**level
            count = length - reach - step * (taps - 1)
            index = np.arange(count)[:, np.newaxis] + step * np.arange(taps - 1, -1, -1)
            self.register_buffer(f"index{level}", torch.from_numpy(index), persistent=False)
            reach += step * (taps - 1)
            at = np.arange(reach, length)[:, np.newaxis]
            inside = (at <= np.array(ends)) & (at > np.array(ends) - plan.counts[level])
            constant(self, f"band{level}", torch.from_numpy(inside / plan.counts[level]))
        ages = np.arange(self.lookback)[:, np.newaxis] - np.arange(self.lookback - self.sequence, self.lookback)
        means = [((ages <= 0) & (ages > -days)) / days for days in VOLATILITIES]
        constant(self, "means", torch.from_numpy(np.stack(means, axis=2)))
        constant(self, "filters", torch.from_numpy(plan.filters.T.copy()))
        constant(self, "weights", torch.from_numpy(plan.slope_weights / 2.0))
        constant(self, "unknown", torch.from_numpy(unknown_shares(plan, self.horizons)))
        for name, value in (("one", 1.0), ("unit", UNIT), ("still", STILL), ("rounding", ROUNDING), ("most", MOST)):
            constant(self, name, value)
        self.filters: Tensor
        self.means: Tensor
        self.weights: Tensor
        self.unknown: Tensor
        self.one: Tensor
        self.unit: Tensor
        self.still: Tensor
        self.rounding: Tensor
        self.most: Tensor

    def forward(self, returns: Tensor) -> Tensor:
        """From returns (batch, lookback) to exponents (batch, horizons), float64; NaN where the window is unsound."""
        facts = self.facts(returns)
        answer = self.answer(facts)
        return torch.where(facts.sound, answer, torch.full_like(answer, float("nan")))

    def facts(self, returns: Tensor) -> Facts:
        """All that is computed from returns (batch, lookback) float64 before anything learned."""
        size = torch.sqrt((returns[:, -self.window :] ** 2).mean(1, keepdim=True))
        scaled = returns / size
        variances = self._variances(torch.cat([scaled, torch.zeros_like(scaled[:, : self.furthest])], 1))
        past = variances[:, : self.sequence]
        exponents = self.exponent(past)
        last = exponents[:, -1:]
        squares = torch.einsum("bt,tsk->bsk", scaled**2, self.means)
        steps = torch.cat(
            [
                ((exponents - last) / self.unit)[:, :, None],
                scaled[:, -self.sequence :, None].clamp(-CLIP, CLIP),
                torch.log(squares + self.still),
            ],
            2,
        )
        sound = torch.isfinite(steps.sum((1, 2))) & (past > self.rounding).all(2).all(1)
        return Facts(steps.float(), last, variances[:, self.sequence :], sound[:, None])

    def answer(self, facts: Facts) -> Tensor:
        """The forecast (batch, horizons) of sound facts."""
        _, (state, _) = self.lstm(facts.steps)
        said: Tensor = self.head(state[-1]).double()
        if not self.knows:
            changed: Tensor = facts.last + self.unit * said
            return changed
        ratios = self.most * torch.tanh(said.unflatten(1, (len(self.horizons), self.levels)) / self.most)
        return self.exponent(facts.known + self.unknown * torch.exp(ratios))

    def exponent(self, variances: Tensor) -> Tensor:
        """The exponent of wavelet variances (..., levels)."""
        h: Tensor = self.one + torch.log(variances) @ self.weights
        return h

    def _variances(self, series: Tensor) -> Tensor:
        """The wavelet variances at every end, (batch, ends, levels); the pyramid goes up by one gather a level."""
        smooth, found = series, []
        for level in range(self.levels):
            both = smooth[:, getattr(self, f"index{level}")] @ self.filters
            smooth, detail = both[:, :, 0], both[:, :, 1]
            found.append(detail**2 @ getattr(self, f"band{level}"))
        return torch.stack(found, 2)

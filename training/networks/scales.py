"""The linear part of kind "scales": a window, its returns and its ranges on every scale, for networks of any market."""

import torch
from torch import Tensor

from vrx.training.networks.base import FLOOR, Inputs, Interface, constant
from vrx.training.networks.path import Path, Paths
from vrx.training.networks.regression import Sized
from vrx.training.networks.week import Week

__all__ = ["Scales"]

# Days of the means of log variance, and of the logs of mean variance; those of the whole window are its level.
MEANS = (1, 2, 5, 10, 22, 44, 66, 126, 252)
# Days whose mean close today's close is compared with.
DISPLACEMENTS = (1, 2, 3, 5, 10, 22, 44, 66, 132)
FALLS = 10  # days whose negative returns are columns of their own
LAGS = (1, 5)  # of the window's autocorrelations
RATIOS = (5, 22, 66, 252)  # days over which squared returns are set against the measure
NIGHTS = (1, 5, 22, 66, 252)
RANGES = (1, 5, 22)
MONTH, QUARTER = 22, 66
CLIP = 5.0
# Shares of the window's mean variance that keep the logs of squared returns and of ranges finite.
STILL, NARROW = 1e-4, 0.05


class Scales(Sized):
    """Every scale of a window, around the window's own level.

    Parameters
    ----------
    interface
        What the bars hold and how many horizons are forecast.
    paths
        How a window becomes a path.
    days
        Days of variance in a window; scales longer than that are left out.
    week
        Whether days of the week are inferred (:class:`vrx.training.networks.week.Week`).

    Notes
    -----
    Of variance: means of the centred log variance and logs of mean variance over 1 to 252 days, the standard deviation
    of the log variance and of its changes, its autocorrelations at 1 and 5 days. The last four say how noisy the
    measure is and how fast this market forgets, which differs between assets and is not in the path's last days.

    Of returns, where the bars hold them: displacements of the price over 1 to 132 days, as in
    :class:`vrx.training.networks.multiscale.Multiscale`, and their sizes; the negative returns of the last ten days in
    units of the month's volatility; and where variance is more than squared returns, the log ratio of mean squared
    returns to it over 5 to 252 days, which is how much of a day the measure misses.

    Of open-high-low-close bars: the share of the nights in variance over 1 to 252 days, and the log ratio of the mean
    squared range (Parkinson 1980) to it over 1 to 22.
    """

    follows = False
    held = True

    def __init__(self, interface: Interface, paths: Paths, *, days: int, week: bool = False) -> None:
        def within(scales: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(k for k in scales if k <= days)

        prices = interface.channels[0] == "open"
        self.returns = within(DISPLACEMENTS) if interface.has_returns else ()
        self.ratios = within(RATIOS) if interface.has_returns and interface.channels != ("close",) else ()
        self.nights, self.ranges = (within(NIGHTS), within(RANGES)) if prices else ((), ())
        logs = tuple(k for k in MEANS if k < days)
        variances = tuple(k for k in MEANS if 1 < k <= days)
        falls = min(FALLS, days) * interface.has_returns
        parts = (logs, variances, self.returns, self.returns, self.ratios, self.nights, self.ranges)
        count = sum(len(part) for part in parts) + 2 + len(LAGS) + falls + 2 * week
        super().__init__(count, len(interface.horizons))
        self.paths, self.falls = paths, falls
        self.week = Week(days) if week else None
        constant(self, "logs", _means(days, logs))
        constant(self, "variances", _means(days, variances))
        constant(self, "triangles", _triangles(days, self.returns))
        for name in ("ratios", "nights", "ranges"):
            constant(self, f"of_{name}", _means(days, getattr(self, name)))
        constant(self, "zero", FLOOR)
        self.logs: Tensor
        self.variances: Tensor
        self.triangles: Tensor
        self.of_ratios: Tensor
        self.of_nights: Tensor
        self.of_ranges: Tensor
        self.zero: Tensor

    def columns(self, inputs: Inputs, path: Path) -> Tensor:
        """What the window says on every scale, in units of `sizes`."""
        mean = inputs.variance.mean(1, keepdim=True)
        parts = [self._of_variance(inputs, path, mean)]
        if self.returns:
            parts += [*self._of_returns(inputs)]
        if self.ratios:
            still = STILL * mean
            squares = inputs.returns**2 @ self.of_ratios + still
            parts.append(self.paths.log(squares) - self.paths.log(inputs.variance @ self.of_ratios + still))
        if inputs.nights is not None and inputs.ranges is not None:
            spent = inputs.variance @ self.of_nights
            parts.append(inputs.nights**2 @ self.of_nights / torch.maximum(spent, self.zero))
            narrow = NARROW * mean
            ranges = inputs.ranges @ self.of_ranges + narrow
            parts.append(self.paths.log(ranges) - self.paths.log(inputs.variance @ self.of_ranges + narrow))
        if self.week is not None:
            parts.append(self.week(path.logs))
        return torch.cat(parts, 1) / self.sizes

    def anchor(self, path: Path) -> Tensor:
        """The window's level."""
        return path.level

    def _of_variance(self, inputs: Inputs, path: Path, mean: Tensor) -> Tensor:
        logs = path.logs
        means = inputs.variance @ self.variances + self.paths.floor * mean
        changes = (logs[:, 1:] - logs[:, :-1])[:, -QUARTER:]
        squares = (logs**2).mean(1)
        lagged = [(logs[:, lag:] * logs[:, :-lag]).mean(1) / torch.maximum(squares, self.zero) for lag in LAGS]
        shape = torch.stack([torch.sqrt(squares), torch.sqrt((changes**2).mean(1)), *lagged], 1)
        return torch.cat([logs @ self.logs, self.paths.log(means) - path.level, shape], 1)

    def _of_returns(self, inputs: Inputs) -> tuple[Tensor, Tensor, Tensor]:
        quarter, month = (
            torch.sqrt(torch.maximum(inputs.variance[:, -days:].mean(1, keepdim=True), self.zero))
            for days in (QUARTER, MONTH)
        )
        moved = (inputs.returns @ self.triangles / quarter).clamp(-CLIP, CLIP)
        falls = (inputs.returns[:, -self.falls :] / month).clamp(-CLIP, 0.0)
        return moved, moved.abs(), falls


def _means(days: int, scales: tuple[int, ...]) -> Tensor:
    """Columns that average the last k of the days, (days, scales)."""
    ages = torch.arange(days - 1, -1, -1)[:, None]
    lengths = torch.tensor(scales, dtype=torch.int64)
    return (ages < lengths).double() / lengths.double()


def _triangles(days: int, scales: tuple[int, ...]) -> Tensor:
    """Weights of the returns in (log price - its mean over k days) / sqrt(k); of one day, the return itself."""
    ages = torch.arange(days - 1, -1, -1, dtype=torch.float64)
    sides = [(ages == 0.0).double() if k == 1 else (k - 1 - ages).clamp(min=0.0) / k / k**0.5 for k in scales]
    return torch.stack(sides, 1) if sides else torch.empty(days, 0, dtype=torch.float64)

"""The linear part of a network in closed form: least squares, or a ridge toward where it stands."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vrx.errors import TrainingError
from vrx.training.networks import Encoded
from vrx.training.networks.base import Distribution
from vrx.training.networks.combiner import Sum
from vrx.training.networks.regression import Regression, Sized
from vrx.training.windows import Samples

__all__ = ["Read", "added", "least_squares", "read", "ridge"]

CHUNK = 4096
# Share of the mean diagonal of X'X that is added to it, so that columns that say nothing get finite coefficients.
SHARE = 1e-8
# The intercept is held a tenth as tightly as the slopes: another market's level of measurement noise moves it.
INTERCEPT = 0.1


@dataclass(frozen=True)
class _Moments:
    """Of regressors and what they are to explain, side by side."""

    count: int
    mean: Tensor
    scatter: Tensor  # around the mean


@dataclass(frozen=True)
class Read:
    """Samples as a network reads them before its linear part and its gain have a say; float64, a row a sample.

    The neural part is most of the work, and a phase in closed form never moves it.
    """

    columns: Tensor
    anchor: Tensor
    neural: Tensor
    """What the neural part adds to the forecast, (samples, horizons)."""
    spread: Tensor
    """With a gain of one, (samples, horizons)."""
    target: Tensor

    def __len__(self) -> int:
        return len(self.target)

    def distribution(self, network: Encoded) -> Distribution:
        """The network's distribution for every sample, its linear part and gain as they are now."""
        mean = added(network).linear(self.columns) + self.anchor + self.neural
        return Distribution(mean, self.spread * network.gain)


@torch.no_grad()
def read(network: Encoded, samples: Samples) -> Read:
    """Run all of a network but its linear part over samples; its forecast is the sum of the two parts."""
    network.eval()
    regression = added(network)
    found = []
    for index in torch.arange(len(samples)).split(CHUNK):
        view, spread = network.view(network.input(samples.windows(index)))
        if view.columns is None:
            raise ValueError("the linear part reads nothing")
        anchor = torch.as_tensor(regression.anchor(view.path)).expand(len(index), 1)
        found.append((view.columns, anchor, network.combiner.neural(view), spread))
    columns, anchors, neural, spreads = (torch.cat(parts) for parts in zip(*found, strict=True))
    return Read(columns, anchors, neural, spreads, samples.target)


@torch.no_grad()
def least_squares(network: Encoded, regression: Regression, samples: Samples, penalty: float = 0.0) -> None:
    """Set a regression to least squares on the log of what came, or to a ridge toward zero.

    Columns that are measured in their sizes get them here: the standard deviations on these samples.

    Parameters
    ----------
    network
        The network that the regression is in.
    regression
        Changed in place.
    samples
        What it is fitted to.
    penalty
        Weight of the squared coefficients, in units of the columns' sizes; 0 for least squares.
    """
    width = regression.linear.in_features
    if isinstance(regression, Sized):
        regression.sizes.fill_(1.0)
    found = _moments(_rows(network, regression, samples))
    if isinstance(regression, Sized):
        sizes = torch.sqrt(found.scatter.diagonal()[:width] / found.count)
        regression.sizes.copy_(torch.where(sizes > 0.0, sizes, 1.0))
        units = torch.cat([regression.sizes, torch.ones(len(found.mean) - width, dtype=sizes.dtype)])
        found = _Moments(found.count, found.mean / units, found.scatter / torch.outer(units, units))
    if penalty:
        zero = torch.zeros(width + 1, len(found.mean) - width, dtype=found.mean.dtype)
        _set(regression, _held(found, width, [penalty] * zero.shape[1], zero))
        return
    gram = found.scatter[:width, :width]
    least = SHARE * gram.diagonal().mean().clamp(min=1e-30)
    slopes = _solve(gram + least * torch.eye(width, dtype=gram.dtype), found.scatter[:width, width:])
    _set(regression, torch.cat([slopes, (found.mean[width:] - found.mean[:width] @ slopes)[None]]))


@torch.no_grad()
def ridge(network: Encoded, parts: Sequence[Read], penalties: Sequence[float]) -> None:
    """Re-solve the linear part on what the neural part leaves over, held to its present coefficients.

    Minimises, horizon by horizon, the sum of squared errors plus a penalty times the squared changes of the slopes,
    plus a tenth of that for the intercept. As the penalty grows nothing moves; with many samples it is least squares.
    """
    regression = added(network)
    found = _moments(torch.cat([part.columns, part.target - part.anchor - part.neural], 1) for part in parts)
    present = torch.cat([regression.linear.weight.T, regression.linear.bias[None]])
    _set(regression, _held(found, regression.linear.in_features, penalties, present))


def added(network: Encoded) -> Regression:
    """The regression that the neural part is added to; of a weighted mean of the two, what is left over is another."""
    if not isinstance(network.combiner, Sum) or network.combiner.regression is None:
        raise ValueError(f"{type(network.combiner).__name__} adds nothing to a linear part that could be re-solved")
    return network.combiner.regression


def _rows(network: Encoded, regression: Regression, samples: Samples) -> Iterator[Tensor]:
    """The columns and what the regression alone is to explain, chunk by chunk."""
    network.eval()
    for index in torch.arange(len(samples)).split(CHUNK) if len(samples) else ():
        inputs = network.input(samples.windows(index))
        path = network.paths(inputs)
        yield torch.cat([regression.columns(inputs, path), samples.target[index] - regression.anchor(path)], 1)


def _moments(chunks: Iterable[Tensor]) -> _Moments:
    count, sums, squares = 0, [], []
    middle: Tensor | None = None
    for rows in chunks:
        # Around the first rows' mean: sums of squares of log variances near -9 would drown what moves them.
        middle = rows.mean(0) if middle is None else middle
        count += len(rows)
        sums.append((rows - middle).sum(0))
        squares.append((rows - middle).T @ (rows - middle))
    if middle is None:
        raise ValueError("no samples to fit a regression to")
    off = torch.stack(sums).sum(0) / count
    scatter = torch.stack(squares).sum(0) - count * torch.outer(off, off)
    return _Moments(count, middle + off, scatter)


def _held(found: _Moments, width: int, penalties: Sequence[float], present: Tensor) -> Tensor:
    """Slopes and, last, intercepts, (width + 1, horizons), by a ridge toward `present`."""
    whole = torch.cat([found.mean[:width], torch.ones(1, dtype=found.mean.dtype)])
    gram = found.count * torch.outer(whole, whole)
    gram[:width, :width] += found.scatter[:width, :width]
    moments = found.count * torch.outer(whole, found.mean[width:])
    moments[:width] += found.scatter[:width, width:]
    solved = []
    for k, penalty in enumerate(penalties):
        weights = torch.full((width + 1,), penalty, dtype=gram.dtype)
        weights[-1] *= INTERCEPT
        solved.append(_solve(gram + weights.diag(), moments[:, k] + weights * present[:, k]))
    return torch.stack(solved, 1)


def _solve(matrix: Tensor, right: Tensor) -> Tensor:
    try:
        solved: Tensor = torch.linalg.solve(matrix, right)
    except RuntimeError:  # torch's LinAlgError, which mypy finds no name for
        raise TrainingError(
            "the linear part has no solution on its train part: give a longer series, or a larger ridge"
        ) from None
    return solved


def _set(regression: Regression, coefficients: Tensor) -> None:
    regression.linear.weight.copy_(coefficients[:-1].T)
    regression.linear.bias.copy_(coefficients[-1])

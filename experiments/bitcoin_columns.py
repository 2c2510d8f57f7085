"""Which columns of the linear part matter: linear fits with some left out, on the validation part alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from bitcoin_data import Market
from bitcoin_scores import Ground, change
from dhansoia_scores import score
from numpy.typing import NDArray
from torch import Tensor

from vrx.training.calibration import distributions, set_mean, set_spread
from vrx.training.deterministic import deterministic
from vrx.training.linear_part import least_squares, read, ridge
from vrx.training.networks import Encoded, build
from vrx.training.networks.base import Inputs
from vrx.training.networks.multiscale import DISPLACEMENTS, Multiscale
from vrx.training.networks.path import Path, Paths
from vrx.training.recipe import Recipe
from vrx.training.windows import Samples, cuts, samples

__all__ = ["Ablation", "ablations"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ablation:
    """A linear forecast by some of the columns, against log-HAR on the validation part."""

    name: str
    columns: int
    rmse: float
    p: float
    qlike: float
    qlike_p: float


class Some(Multiscale):
    """The linear part with some of its columns; the others are zero, and so are their coefficients."""

    def __init__(self, recipe: Recipe) -> None:
        shape, returns = recipe.network, "return" in recipe.channels
        paths = Paths(shape.floor)
        super().__init__(len(recipe.horizons), paths, days=recipe.days, has_returns=returns, week=shape.week)
        self.kept = torch.ones(self.linear.in_features, dtype=torch.float64)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order in which `columns` gives them."""
        means = [f"mean {k}" for k in self.logs] + [f"variance {k}" for k in self.variances] + ["spread"]
        moved = [f"{kind} {k}" for kind in ("way", "size") for k in DISPLACEMENTS if self.has_returns]
        return (*means, *moved, *(("tomorrow", "today") if self.week is not None else ()))

    def columns(self, inputs: Inputs, path: Path) -> Tensor:
        """What is kept, in units of `sizes`."""
        return super().columns(inputs, path) * self.kept


def ablations(market: Market, on: Ground) -> Iterator[Ablation]:
    """Fit to the sources, re-solve on bitcoin's train part, score on `on`: with all columns, and with some."""
    # The neural part of an untrained network says zero: the smaller, the sooner.
    shape = replace(market.recipe.network, hidden=4, heads=1, bottleneck=1)
    recipe = replace(market.recipe, network=shape)
    source = samples(market.sources, recipe, cuts([market.bars], recipe.split), "train")
    for title, left_out in _choices(Some(recipe).names).items():
        with deterministic(recipe.threads):
            log_variance, variance = _forecast(recipe, left_out, source, market, on.part)
        row, har = score(on.at, log_variance, variance), on.har
        count = len(Some(recipe).names) - len(left_out)
        changes = change(row.rmse, har.rmse), row.p, change(row.qlike, har.qlike), row.dm_qlike_p
        yield Ablation(title, count, *changes)


def _choices(names: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """What to leave out, by what is said of it."""

    def those(*starts: str) -> tuple[str, ...]:
        return tuple(name for name in names if name.startswith(starts))

    longer = tuple(name for name in those("way", "size") if not name.endswith(" 1"))
    return {
        "all": (),
        "without the size of the displacements": those("size"),
        "without their sign": those("way"),
        "without displacements": those("way", "size"),
        "with that of the last day alone": longer,
        "without the week": those("tomorrow", "today"),
        "without means of 66 days, of variance, and the spread": those("mean 66", "variance", "spread"),
        "HAR's three means alone": tuple(name for name in names if name not in ("mean 1", "mean 5", "mean 22")),
    }


def _forecast(
    recipe: Recipe, left_out: tuple[str, ...], source: Samples, market: Market, part: Samples
) -> tuple[Array, Array]:
    """Mean of log variance, and mean of variance, with one spread for all days."""
    torch.manual_seed(recipe.seed)
    network, regression = build(recipe), Some(recipe)
    if not isinstance(network, Encoded):
        raise TypeError(f"{type(network).__name__} has no encoder")
    network.combiner.regression = regression
    regression.kept *= torch.tensor([float(name not in left_out) for name in regression.names])
    least_squares(network, regression, source)
    ridge(network, [read(network, market.train)], [recipe.phases[1].ridge])
    set_spread(network, [market.train])
    set_mean(network, [market.train])
    with torch.no_grad():
        distribution = distributions(network, part)
        variance, _, _ = network.answer(distribution)
    return distribution.mean[:, 0].numpy(), variance[:, 0].numpy()

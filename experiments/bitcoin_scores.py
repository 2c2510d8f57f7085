"""Scores of networks and of their ensembles on bitcoin, against its own log-HAR and against each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from bitcoin_data import Market
from dhansoia_scores import Row, Stage, score
from numpy.typing import NDArray

from vrx import har
from vrx.evaluation import metrics
from vrx.training.calibration import distributions, set_mean, set_quantiles
from vrx.training.networks import Ensemble, Network
from vrx.training.windows import Samples

__all__ = ["Found", "Ground", "Said", "Table", "change", "change_p", "measured", "of_the_mean"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ground:
    """One part, and what every forecast of it is held against: what came, and log-HAR refitted every day."""

    part: Samples
    at: Stage
    har_variance: Array
    """Mean of the variance that log-HAR forecasts; `at.har` is the mean of log volatility."""

    @classmethod
    def of(cls, market: Market, part: Samples) -> "Ground":
        """The ground of a part."""
        rows, variance = market.rows(part), market.data.variance
        mean, median = (har.expanding(variance, median=one)[rows - 1] for one in (False, True))
        actual, last = (0.5 * np.log(variance[at]) for at in (rows, rows - 1))
        losses = metrics.qlike_loss(mean, np.exp(2.0 * actual))
        return cls(part, Stage(actual, last, 0.5 * np.log(median), losses), mean)

    @property
    def har(self) -> Row:
        """The scores of log-HAR."""
        return score(self.at, 2.0 * self.at.har, self.har_variance)


@dataclass(frozen=True, eq=False)
class Said:
    """What a network said of a part."""

    log_variance: Array
    """Mean of the log of the coming variance."""
    variance: Array
    """Its mean."""
    inside: float
    """Share of days inside the outer quantiles."""
    row: Row


@dataclass(frozen=True, eq=False)
class Found:
    """A case: every seed and the ensemble of all on the test part, and the ensemble on the validation part."""

    network: Network
    """The ensemble, calibrated."""
    seeds: list[Said]
    ensemble: Said
    validation: Row
    seconds: list[float]
    """Of training on bitcoin, by seed."""
    kept: list[str]
    """What validation kept of an adapted network, by seed."""


@dataclass(eq=False)
class Table:
    """Everything on one market."""

    market: Market
    test: Ground
    validation: Ground
    seconds: list[float]
    """Of pretraining, by seed."""
    found: dict[tuple[int | None, str], Found] = field(default_factory=dict)
    """By days of training (None for all) and by the case's name."""

    @property
    def key(self) -> str:
        """The market's letter."""
        return self.market.key


def measured(
    table: Table, days: int | None, networks: Sequence[Network], seconds: list[float], kept: list[str]
) -> Found:
    """Calibrate and score the networks of one case, and their ensemble."""
    market, part = table.market, table.market.share(days)
    seeds = [_says(_calibrated(network, market, part), table.test) for network in networks]
    whole = _calibrated(Ensemble(market.recipe, networks), market, part)
    return Found(
        network=whole,
        seeds=seeds,
        ensemble=_says(whole, table.test),
        validation=_says(whole, table.validation).row,
        seconds=seconds,
        kept=kept,
    )


@torch.no_grad()
def _says(network: Network, on: Ground) -> Said:
    distribution = distributions(network, on.part)
    variance, _, quantiles = network.answer(distribution)
    log_variance, came = distribution.mean[:, 0].numpy(), np.exp(on.at.actual)
    inside = (quantiles[:, 0, 0].numpy() <= came) & (came <= quantiles[:, 0, -1].numpy())
    row = score(on.at, log_variance, variance[:, 0].numpy())
    return Said(log_variance, variance[:, 0].numpy(), float(inside.mean()), row)


def _calibrated(network: Network, market: Market, part: Samples) -> Network:
    """With constant and quantiles as vrx.training.run fits them."""
    set_quantiles(network, [market.validation], market.recipe.levels)
    set_mean(network, [part, market.validation])
    return network


def change(ours: float, theirs: float) -> float:
    """Change of a score, as a share."""
    return ours / theirs - 1.0


def change_p(on: Ground, ours: Said, theirs: Said) -> float:
    """Diebold-Mariano p of the squared errors of two forecasts."""
    first, second = ((0.5 * said.log_variance - on.at.actual) ** 2 for said in (ours, theirs))
    return metrics.diebold_mariano(first, second)[1]


def of_the_mean(on: Ground, said: Said) -> tuple[float, float]:
    """Change of RMSE against log-HAR, and its p, where both are logs of mean forecasts, as vrx.evaluation has it."""
    theirs = replace(on.at, har=0.5 * np.log(on.har_variance))
    ours = score(theirs, np.log(said.variance), said.variance)
    return change(ours.rmse, metrics.rmse(theirs.har, theirs.actual)), ours.p

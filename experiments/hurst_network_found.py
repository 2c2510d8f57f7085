"""What was found of forecasts of the rolling Hurst exponent: errors, tests, and the scores as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vrx.errors import InputError
from vrx.evaluation import metrics

if TYPE_CHECKING:
    from hurst_network import Asset

__all__ = [
    "BASE",
    "GROUPS",
    "LEVEL",
    "PUBLISHED",
    "RESULTS",
    "RIVALS",
    "RULE",
    "Found",
    "day",
    "hurst_network_rows",
    "index_of",
    "shown",
    "summary",
]

Array = NDArray[np.float64]

RESULTS = Path(__file__).parents[1] / "docs/results/hurst_network.json"
PUBLISHED = 15.0
LEVEL = 0.05
BASE, RULE = "persistence", "known"
RIVALS = (BASE, "AR of all series", "AR of the series alone", "drop-out", RULE, "known, variance of 22 days")
GROUPS = ("indices", "currencies", "stocks", "never seen")


@dataclass(frozen=True, eq=False)
class Found:
    """Everything that the page says."""

    assets: Sequence["Asset"]
    index: str
    networks: tuple[str, ...]
    seeds: int
    horizons: tuple[int, ...]
    simulated: dict[str, list[float]]
    windows: int
    first: str

    @property
    def seen(self) -> list["Asset"]:
        """The series that training saw."""
        return [one for one in self.assets if one.group != "never seen"]

    @property
    def models(self) -> tuple[str, ...]:
        """All models, the networks last."""
        return (*RIVALS, *self.networks)

    def squares(self, one: "Asset", model: str) -> Array:
        """Squared errors (days, horizons); of a network, their mean over the seeds: what one of them is to lose."""
        if model not in self.networks:
            return one.squares[model]
        return np.mean([one.squares[f"{model} {seed}"] for seed in range(self.seeds)], axis=0)

    def rmse(self, assets: Sequence["Asset"], model: str) -> Array:
        """Root mean squared errors, (horizons,): means over series."""
        return np.mean([np.sqrt(self.squares(one, model).mean(0)) for one in assets if self._has(one, model)], axis=0)

    def saved(self, assets: Sequence["Asset"], model: str, against: str = BASE) -> Array:
        """What a model saves of another's error, percent, (horizons,)."""
        both = [one for one in assets if self._has(one, model) and self._has(one, against)]
        return 100.0 * (1.0 - self.rmse(both, model) / self.rmse(both, against))

    def tested(self, assets: Sequence["Asset"], model: str, against: str, column: int) -> tuple[float, float]:
        """Diebold-Mariano on each day's mean over series of the squared errors, in units of persistence's."""
        sums: dict[Any, list[tuple[float, float]]] = {}
        for one in assets:
            unit = float(one.squares[BASE][:, column].mean())
            pair = [self.squares(one, name)[:, column] / unit for name in (model, against)]
            for when, *losses in zip(one.dates, *pair, strict=True):
                sums.setdefault(when, []).append((losses[0], losses[1]))
        means = np.array([np.mean(sums[when], axis=0) for when in sorted(sums)])
        return metrics.diebold_mariano(means[:, 0], means[:, 1], horizon=self.horizons[column])

    def counted(self, model: str, against: str, column: int) -> tuple[int, int]:
        """For how many series it is significantly better, and worse."""
        found = []
        for one in self.seen:
            pair = [self.squares(one, name)[:, column] for name in (model, against)]
            try:
                statistic, p = metrics.diebold_mariano(*pair, horizon=self.horizons[column])
            except InputError:
                continue
            found.append(np.sign(statistic) * (p < LEVEL))
        return int(sum(value < 0 for value in found)), int(sum(value > 0 for value in found))

    @staticmethod
    def _has(one: "Asset", model: str) -> bool:
        return model in one.squares or f"{model} 0" in one.squares


def summary(found: Found) -> dict[str, Any]:
    """The scores as JSON, with the rows for the tables of Webb et al."""
    groups = {"all": found.seen, "S&P 500": index_of(found)}
    return {
        "horizons": list(found.horizons),
        "rmse": {
            name: {
                model: found.rmse(assets, model).tolist()
                for model in found.models
                if any(found._has(one, model) for one in assets)
            }
            for name, assets in groups.items()
        },
        "simulated": found.simulated,
        "rows": [list(row) for row in _rows(found)],
    }


def hurst_network_rows(found: Path = RESULTS) -> list[tuple[str, str, str, str, str]]:
    """The rows for the tables of Webb et al.: name, published, ours, sample, comment.

    Parameters
    ----------
    found
        What experiments/hurst_network.py wrote beside its page; reading it needs neither torch nor the data.
    """
    document: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return [tuple(row) for row in document["rows"]]  # type: ignore[misc]


def _rows(found: Found) -> Iterator[tuple[str, str, str, str, str]]:
    _, plain = found.networks
    for name, assets in (("S&P 500", index_of(found)), (f"mean of {len(found.seen)} series", found.seen)):
        rule, drop = found.saved(assets, RULE), found.saved(assets, "drop-out")
        for column, horizon in enumerate(found.horizons):
            statistic, p = found.tested(assets, plain, BASE, column)
            yield (
                f"LSTM for H, error saved, {day(horizon)} ahead",
                f"{PUBLISHED:.0f}%" if horizon == 1 else "-",
                f"{found.saved(assets, plain)[column]:.1f}%",
                f"{name}, 2015-19",
                f"against persistence (Diebold-Mariano {statistic:+.1f}, p {shown(p)}); arithmetic on the wavelet "
                f"filters saves {rule[column]:.1f}% without a network, dropping the oldest coefficients alone "
                f"{drop[column]:.1f}%",
            )


def index_of(found: Found) -> list["Asset"]:
    return [one for one in found.assets if one.name == found.index]


def day(horizon: int) -> str:
    return f"{horizon} day" if horizon == 1 else f"{horizon} days"


def shown(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"

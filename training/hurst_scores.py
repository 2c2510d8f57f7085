"""What forecasts of the rolling Hurst exponent are worth: rivals that need no network, and errors on the test part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vrx.errors import InputError
from vrx.evaluation.split import Cuts
from vrx.hurst import ahead
from vrx.training.hurst_network import HurstRun
from vrx.training.hurst_series import HurstRecipe, Market

__all__ = ["ORDERS", "RULES", "Autoregression", "autoregression", "rmse", "scored"]

Array = NDArray[np.float64]

# Lags that validation chooses from.
ORDERS = (1, 2, 3, 5, 10, 22)
RULES: tuple[Literal["persistence", "drop-out", "known"], ...] = ("persistence", "drop-out", "known")


@dataclass(frozen=True, eq=False)
class Autoregression:
    """The exponent some days on, regressed by least squares on those of the last days: one equation a horizon."""

    coefficients: Array
    """(1 + order, horizons): the constant, then today's exponent, yesterday's and so on."""

    @property
    def order(self) -> int:
        """How many days it reads."""
        return len(self.coefficients) - 1

    def predict(self, h: Array) -> Array:
        """The forecasts at the end of every day, (n, horizons); NaN where a day that it reads has no exponent."""
        columns = [np.concatenate([np.full(min(k, len(h)), np.nan), h[: len(h) - k]]) for k in range(self.order)]
        return np.column_stack([np.ones(len(h)), *columns]) @ self.coefficients


def autoregression(markets: Sequence[Market], recipe: HurstRecipe, at: Cuts) -> Autoregression:
    """Fit one autoregression to the train parts of all series, of the order that is best on their validation parts.

    Raises
    ------
    InputError
        The train parts hold fewer days than the longest order asks for.

    Notes
    -----
    The validation part only chooses, as it does for the network.
    """
    fitted = [_fitted(markets, recipe, at, order) for order in ORDERS if order <= recipe.sequence]
    errors = []
    for one in fitted:
        found = [rmse(market, one.predict(market.h), recipe, at, "validation") for market in markets]
        errors.append(float(np.nanmean(np.array(found) / _persistence(markets, recipe, at))))
    return fitted[int(np.argmin(errors))]


def _persistence(markets: Sequence[Market], recipe: HurstRecipe, at: Cuts) -> Array:
    still = [np.repeat(one.h[:, np.newaxis], len(recipe.horizons), 1) for one in markets]
    return np.array([rmse(one, h, recipe, at, "validation") for one, h in zip(markets, still, strict=True)])


def _fitted(markets: Sequence[Market], recipe: HurstRecipe, at: Cuts, order: int) -> Autoregression:
    width, size = 1 + order, len(recipe.horizons)
    moments, products, count = np.zeros((width, width)), np.zeros((width, size)), 0
    for one in markets:
        rows = one.origins(recipe, at, "train")
        read = np.column_stack([np.ones(len(rows)), *(one.h[rows - k] for k in range(order))])
        moments += read.T @ read
        products += read.T @ one.target(recipe.horizons)[rows]
        count += len(rows)
    if count < 2 * width:
        raise InputError(f"{count} days of training are too few for an autoregression of {order}: give longer series")
    return Autoregression(np.asarray(np.linalg.lstsq(moments, products, rcond=None)[0], dtype=np.float64))


def rmse(one: Market, forecast: Array, recipe: HurstRecipe, at: Cuts, part: str) -> Array:
    """Root mean squared errors of forecasts (n, horizons) over a part, (horizons,); NaN where it is empty."""
    rows = one.origins(recipe, at, part)
    if not len(rows):
        return np.full(len(recipe.horizons), np.nan)
    squares = (forecast[rows] - one.target(recipe.horizons)[rows]) ** 2
    return np.asarray(np.sqrt(squares.mean(axis=0)))


def scored(run: HurstRun, markets: Sequence[Market]) -> dict[str, Any]:
    """The errors of a run on the test parts beside those of its rivals, JSON-ready: means over the series.

    Returns
    -------
    dict
        ``"rmse"`` by model, one for each horizon; ``"series"`` and ``"test_from"``. Empty where no series has a test
        part.
    """
    recipe, at = run.recipe, run.cuts
    fitted = autoregression(markets, recipe, at)
    found: dict[str, list[Array]] = {}
    counted = 0
    for one in markets:
        rows = one.origins(recipe, at, "test")
        if not len(rows):
            continue
        counted += 1
        said = np.full((len(one.h), len(recipe.horizons)), np.nan)
        said[rows] = run.forecast(one, rows)
        asked = one.returns, recipe.horizons, recipe.window
        rules: dict[str, Array] = {rule: ahead(*asked, rule=rule) for rule in RULES}
        regressed = {f"AR({fitted.order})": fitted.predict(one.h)}
        models: dict[str, Array] = {"persistence": rules["persistence"], **regressed}
        models |= {**rules, "network": said}
        for name, forecast in models.items():
            found.setdefault(name, []).append(rmse(one, forecast, recipe, at, "test"))
    if not counted:
        return {}
    means = {name: np.mean(values, axis=0).tolist() for name, values in found.items()}
    return {"test_from": str(at.validation_end + 1), "series": counted, "rmse": means}

"""Scores of a universal model and of every rival, asset by asset, on the same days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from universal_data import Market, past
from universal_rivals import Rival, log_har, rivals

from vrx import har
from vrx.evaluation import metrics
from vrx.series import Bars
from vrx.training.daily import Daily, every_day
from vrx.training.data import dates_of
from vrx.training.folder import Run

__all__ = ["BASE", "BEST", "MODEL", "Asset", "Known", "Score", "asset", "known", "ratio", "stitched"]

Array = NDArray[np.float64]

MODEL, BASE, BEST = "universal", "log-har", "best rival"
# Fewer days decide nothing; and the rivals need a year before their first forecast.
FEWEST, SHORTEST = 100, 400


@dataclass(frozen=True)
class Score:
    """One forecast of one asset at one horizon."""

    qlike: float
    rmse: float
    """Of log variance."""
    dm: float = 0.0
    """Diebold-Mariano statistic of squared errors of logs against log-HAR; negative is better."""
    coverage: float = float("nan")
    """Share of days between the outer quantiles."""
    pinball: float = float("nan")
    """Mean over the levels, of volatility."""


@dataclass(frozen=True, eq=False)
class Known:
    """What the rivals say of a series, and what came; the same whatever the model is."""

    name: str
    dates: NDArray[np.datetime64]
    logs: Array
    """Log of the mean variance of the coming days, (n, horizons)."""
    ends: NDArray[np.datetime64]
    """The last of these days, (n, horizons)."""
    rivals: Mapping[str, Rival]


@dataclass(frozen=True, eq=False)
class Asset:
    """All scores of an asset, by horizon and by model."""

    name: str
    days: int
    """Scored at the first horizon."""
    scores: Mapping[int, Mapping[str, Score]] = field(default_factory=dict)
    chosen: Mapping[int, str] = field(default_factory=dict)
    """The rival with the least QLIKE on the validation days."""


def known(bars: Bars, market: Market, measure: str, *, base_alone: bool = False) -> Known | None:
    """The rivals of a series, or log-HAR alone; None where it is too short to have any in the test."""
    recipe = market.recipe
    here = past(bars, recipe, measure)
    begin = int(np.argmax(np.isfinite(here.shown) & np.isfinite(here.returns)))
    shown, came, returns = (part[begin:] for part in (here.shown, here.came, here.returns))
    if len(shown) < SHORTEST:
        return None
    outcome = None if np.array_equal(shown, came) else came
    if base_alone:
        found = {BASE: log_har(shown, recipe.horizons, outcome)}
    else:
        validation = np.datetime64(str(recipe.split.train_end))
        first = int(np.searchsorted(here.dates[begin:], validation))
        found = rivals(shown, returns, recipe.horizons, outcome, first=first)
    ahead, ends = [], []
    for h in recipe.horizons:
        mean = har.target(came, h, log=False)
        with np.errstate(divide="ignore", invalid="ignore"):
            ahead.append(np.where(mean > 0.0, np.log(mean), np.nan))
        ends.append(np.append(here.dates[begin:][h:], np.full(h, np.datetime64("NaT"))))
    lead = np.full((begin, len(recipe.horizons)), np.nan)

    def whole(part: Array) -> Array:
        return np.concatenate([lead, part])

    return Known(
        bars.name,
        here.dates,
        whole(np.stack(ahead, 1)),
        np.concatenate([np.full(lead.shape, np.datetime64("NaT")), np.stack(ends, 1)]),
        {name: Rival(*(whole(part) for part in vars(rival).values())) for name, rival in found.items()},
    )


def asset(said: Daily, about: Known, market: Market) -> Asset | None:
    """Score a model and its rivals on the test days of a series, the best rival chosen on the validation days."""
    validation = (np.datetime64(str(market.recipe.split.train_end)) + 1, market.first - 1)
    scores: dict[int, dict[str, Score]] = {}
    chosen: dict[int, str] = {}
    days = 0
    for k, h in enumerate(market.recipe.horizons):
        rows = _rows(about, said, k, market.first, market.last)
        if rows.sum() < FEWEST:
            return None
        days = days or int(rows.sum())
        scores[h] = {MODEL: _of_model(said, about, k, rows, market.recipe.levels, h)}
        for name, rival in about.rivals.items():
            scores[h][name] = _of_rival(rival, about, k, rows, market.recipe.levels, h)
        before = _rows(about, said, k, *validation)
        if before.sum() >= FEWEST:
            losses = {name: _qlike(rival.variance[before, k], about, k, before) for name, rival in about.rivals.items()}
            chosen[h] = min(losses, key=losses.__getitem__)
        else:
            chosen[h] = BASE
        scores[h][BEST] = scores[h][chosen[h]]
    return Asset(about.name, days, scores, chosen)


def stitched(trained: Sequence[tuple[np.datetime64, Run]], bars: Bars, *, before: bool = True) -> Daily:
    """What the models say of a series, each from its day on; `before`: the first of the days before, too."""
    dates = dates_of(bars)
    whole: Daily | None = None
    for first, run in trained:
        start = 0 if whole is None and before else int(np.searchsorted(dates, first))
        said = every_day(run.network, run.recipe, bars, start=start)
        if whole is None:
            whole = said
            continue
        later = dates >= first
        for name in ("log_variance", "variance", "quantiles"):
            getattr(whole, name)[later] = getattr(said, name)[later]
    if whole is None:
        raise ValueError("no model is given")
    return whole


def ratio(assets: Sequence[Asset], horizon: int, score: str, against: str, model: str = MODEL) -> float:
    """Mean over the assets of one score over another's, less one."""
    found = [
        getattr(one.scores[horizon][model], score) / getattr(one.scores[horizon][against], score) for one in assets
    ]
    return float(np.mean(found)) - 1.0


def _rows(about: Known, said: Daily, k: int, first: np.datetime64, last: np.datetime64) -> NDArray[np.bool_]:
    """Days on which everybody forecasts and what is forecast came, inside the part."""
    rows = (about.dates >= first) & (about.ends[:, k] <= last) & np.isfinite(about.logs[:, k])
    rows &= np.isfinite(said.variance[:, k])
    for rival in about.rivals.values():
        rows &= np.isfinite(rival.variance[:, k]) & np.isfinite(rival.log_variance[:, k])
    return np.asarray(rows)


def _qlike(variance: Array, about: Known, k: int, rows: NDArray[np.bool_]) -> float:
    return float(metrics.qlike_loss(variance, np.exp(about.logs[rows, k])).mean())


def _of_model(said: Daily, about: Known, k: int, rows: NDArray[np.bool_], levels: tuple[float, ...], h: int) -> Score:
    return _score(
        said.log_variance[rows, k], said.variance[rows, k], said.quantiles[rows, k], about, k, rows, levels, h
    )


def _of_rival(rival: Rival, about: Known, k: int, rows: NDArray[np.bool_], levels: tuple[float, ...], h: int) -> Score:
    mean, spread = rival.log_variance[rows, k], rival.spread[rows, k]
    quantiles = np.exp(0.5 * (mean[:, None] + spread[:, None] * ndtri(np.array(levels))))
    return _score(mean, rival.variance[rows, k], quantiles, about, k, rows, levels, h)


def _score(
    mean: Array,
    variance: Array,
    quantiles: Array,
    about: Known,
    k: int,
    rows: NDArray[np.bool_],
    levels: tuple[float, ...],
    h: int,
) -> Score:
    came = about.logs[rows, k]
    squared = (mean - came) ** 2
    theirs = (about.rivals[BASE].log_variance[rows, k] - came) ** 2
    volatility = np.exp(0.5 * came)
    inside = (volatility >= quantiles[:, 0]) & (volatility <= quantiles[:, -1])
    return Score(
        qlike=_qlike(variance, about, k, rows),
        rmse=float(np.sqrt(squared.mean())),
        dm=0.0 if np.array_equal(squared, theirs) else metrics.diebold_mariano(squared, theirs, h)[0],
        coverage=float(inside.mean()),
        pinball=float(metrics.pinball(volatility, quantiles, levels).mean())
        if np.isfinite(quantiles).all()
        else np.nan,
    )

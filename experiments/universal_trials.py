"""Every trial of the universal models on validation days alone, for docs/results/universal.md.

    python experiments/universal_trials.py --data DIR [--runs runs/universal/trials] [--out FILE.json]

Needs vrx[train] and vrx[research]. Every finished network is kept under --runs, so an interrupted experiment goes on
where it stopped; the scores go to docs/results/universal_trials.json, which experiments/universal.py makes a section of
its page of. A trial of which that file has scores is not run again: without the file all are. Scores of three decimals
there, with seconds that are whole, were taken from the page after their file was lost.
"""

import argparse
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

# Before torch: every network is trained on one thread, in processes side by side.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from universal_data import INDICES, KINDS, Market, kinds, read, scored, split_at
from universal_scores import BASE, FEWEST, Asset, Known, asset, known, ratio, stitched
from universal_trial_list import Trial, bars, indices, start_of_bars, start_of_indices

from vrx.series import Bars
from vrx.training.checkpoint import write_text
from vrx.training.ensemble import combine
from vrx.training.folder import Run
from vrx.training.proxies import Proxy
from vrx.training.recipe import Recipe, named
from vrx.training.seeds import execute_seeds

__all__ = ["GROUNDS", "RESULTS", "Ground", "results", "stored", "tried"]

RESULTS = Path("docs/results/universal_trials.json")
ABOUT = ("name", "about", "recipe", "seeds", "linear", "pooled", "apart")
Models = list[tuple[np.datetime64, Run]]


@dataclass(frozen=True)
class Ground:
    """Days that chose the recipes, and what was tried on them; nothing after `last` is read."""

    title: str
    recipe: Callable[[], Recipe]
    """The start of the search, split so that its test begins with `first`."""
    trials: Callable[[Recipe], tuple[Trial, ...]]
    first: np.datetime64
    last: np.datetime64
    yearly: bool
    proxies: tuple[str, ...] = ()
    """Files that trials with proxies are taught by as well."""

    def market(self, key: str, folder: Path) -> Market:
        """Its series, cut at the last day."""
        recipe = self.recipe()
        series = read(folder, replace(recipe, proxies=self.proxies), self.last)
        return Market(key, self.title, recipe, series, self.first, self.last, _groups(key, series, recipe), self.yearly)


def _groups(key: str, series: tuple[Bars, ...], recipe: Recipe) -> dict[str, tuple[str, ...]]:
    every = {"all": scored(series)}
    if key == "indices":
        return every
    parts = kinds(series, recipe.held_out)
    for label in ("trained on", "never seen", *KINDS, "stocks"):
        every[label] = tuple(name for part, names in parts.items() if label in part.split(", ") for name in names)
    return every


def _of_indices() -> Recipe:
    recipe = replace(start_of_indices(), sources=INDICES, held_out=())
    return split_at(recipe, "2011-12-31", "2012-12-31")  # of the first year; the others' are a year later each


def _of_bars() -> Recipe:
    return split_at(start_of_bars(), "2015-12-31", "2016-12-31")


GROUNDS = {
    "indices": Ground(
        title="Indices, 2013-14, trained anew each year",
        recipe=_of_indices,
        trials=indices,
        first=np.datetime64("2013-01-01"),
        last=np.datetime64("2014-12-31"),
        yearly=True,
        proxies=named("universal-rv").proxies,
    ),
    "bars": Ground(
        title="Daily bars, 2017-18, trained to 2015 and chosen on 2016",
        recipe=_of_bars,
        trials=bars,
        first=np.datetime64("2017-01-01"),
        last=np.datetime64("2018-12-31"),
        yearly=False,
    ),
}


def results(
    folder: Path, runs: Path, out: Path, report: Callable[[str, str, int], None] | None = None
) -> dict[str, Any]:
    """Run the trials that `out` lacks, and keep all there; `report` gets the ground, the next trial, their number."""
    document, before = {}, _document(out)
    for key, ground in GROUNDS.items():
        market, trials = ground.market(key, folder), ground.trials(ground.recipe())
        earlier = before.get(key, {})
        scored = {_identity(one): one for one in earlier["trials"]} if _of_plan(earlier, ground) else {}
        about, found = None, []
        for trial in trials:
            if report is not None:
                report(key, trial.name, len(trials))
            who = _about(trial, ground)
            one = scored.get(_identity(who))
            if one is None:
                about = about or _known(market, trials)
                one = {**who, **tried(trial, market, about, runs / key)}
            found.append(one)
        document[key] = {**_plan(ground), "trials": found}
    write_text(out, json.dumps(document, indent=1) + "\n")
    return document


def stored(out: Path) -> dict[str, Any] | None:
    """The scores that `results` kept; None where there are none, or others than of the recipes and trials of now."""
    document = _document(out)
    for key, ground in GROUNDS.items():
        kept = document.get(key, {})
        wanted = [_identity(_about(trial, ground)) for trial in ground.trials(ground.recipe())]
        if not _of_plan(kept, ground) or [_identity(one) for one in kept["trials"]] != wanted:
            return None
    return document


def _document(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    return found


def _of_plan(kept: dict[str, Any], ground: Ground) -> bool:
    """Whether scores were taken on the days that the ground has now."""
    plan: dict[str, Any] = json.loads(json.dumps(_plan(ground)))
    return all(kept.get(name) == value for name, value in plan.items())


def _identity(trial: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(trial.get(name) for name in ABOUT)


def _about(trial: Trial, ground: Ground) -> dict[str, Any]:
    """What a trial is, the recipe that it makes included: that of a shipped model may change under the same name."""
    recipe = _hash(trial.change(ground.recipe()))
    return {name: recipe if name == "recipe" else getattr(trial, name) for name in ABOUT}


def _plan(ground: Ground) -> dict[str, Any]:
    recipe = ground.recipe()
    return {
        "title": ground.title,
        "horizons": list(recipe.horizons),
        "recipe": _hash(recipe),
        "days": [str(ground.first), str(ground.last)],
        "yearly": ground.yearly,
        "longest": _longest(recipe, ground.trials(recipe)),
    }


def _longest(recipe: Recipe, trials: Sequence[Trial]) -> int:
    """The longest window of all trials: only days that it can forecast are scored."""
    return max((trial.change(recipe).lookback for trial in trials), default=0)


def _known(market: Market, trials: Sequence[Trial]) -> dict[str, Known]:
    """Log-HAR and what came, on the days that the longest window of all trials can forecast, where these are enough."""
    longest = _longest(market.recipe, trials)
    found = {}
    for one in market.series:
        if isinstance(one, Proxy):
            continue
        about = known(one, market, market.recipe.measure, base_alone=True)
        if about is None:
            continue
        logs = about.logs.copy()
        logs[: longest - 1 + one.first_whole(market.recipe.channels)] = np.nan
        if np.isfinite(logs[about.dates >= market.first, -1]).sum() >= FEWEST:
            found[one.name] = replace(about, logs=logs)
    return found


def tried(trial: Trial, market: Market, about: dict[str, Known], runs: Path) -> dict[str, Any]:
    """Train what a trial needs, and score it: JSON-ready."""
    own = tuple(one for one in market.series if not isinstance(one, Proxy))
    taught = market.series if trial.change(market.recipe).proxies else own
    groups = [taught] if trial.pooled else [(one,) for one in own if one.name in about]
    found: list[dict[str, Asset]] = [{} for _ in range(trial.seeds if trial.apart else 1)]
    seconds = 0.0
    for series in groups:
        folder = runs if trial.pooled else runs / series[0].name
        answers, spent = _trained(trial, market, series, folder)
        seconds += spent
        for assets, models in zip(found, answers, strict=True):
            for one in series:
                if one.name in about:
                    judged = asset(stitched(models, one, before=False), about[one.name], market)
                    assets.update({one.name: judged} if judged is not None else {})
    return {"seconds": seconds, "groups": _scores(found, market)}


def _trained(trial: Trial, market: Market, series: tuple[Bars, ...], runs: Path) -> tuple[list[Models], float]:
    """The models of each answer that is scored, by the days from which they forecast; and the seconds of training."""
    answers: list[Models] = [[] for _ in range(trial.seeds if trial.apart else 1)]
    seconds = 0.0
    for first, given in market.trainings:
        recipe = trial.change(given)
        # Trials of one recipe share its networks, and a recipe that says something else finds none of the old ones.
        folder = runs / str(recipe.split.validation_end) / _hash(recipe)
        members = execute_seeds(recipe, series, [], folder, list(range(trial.seeds)))
        seconds += sum(epoch.seconds for member in members for epoch in member.history)
        if trial.linear:
            for member in members:
                member.network.combiner.share.zero_()  # type: ignore[union-attr, operator]
        parts = members if trial.apart or len(members) == 1 else [combine(members, series, [])]
        for models, part in zip(answers, parts, strict=True):
            models.append((first, part))
    return answers, seconds


def _hash(recipe: Recipe) -> str:
    """Of what a recipe says; what it leaves at its default counts as unsaid, so that new keys move no old network."""
    return hashlib.sha256(json.dumps(_said(recipe), sort_keys=True, default=str).encode()).hexdigest()[:12]


def _said(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_said(one) for one in value]
    if not is_dataclass(value):
        return value
    said = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
    return {name: _said(given) for name, (given, default) in said.items() if given != default}


def _scores(found: Sequence[dict[str, Asset]], market: Market) -> dict[str, Any]:
    """By group: the mean over assets of QLIKE and RMSE against log-HAR, less one, and of each answer that of QLIKE."""
    scores = {}
    for group, names in market.groups.items():
        each = [[assets[name] for name in names if name in assets] for assets in found]
        if not each[0]:
            continue
        qlike, rmse = (
            [[ratio(assets, h, score, BASE) for h in market.recipe.horizons] for assets in each]
            for score in ("qlike", "rmse")
        )
        scores[group] = {
            "assets": len(each[0]),
            "days": sum(one.days for one in each[0]),
            "qlike": np.mean(qlike, axis=0).tolist(),
            "rmse": np.mean(rmse, axis=0).tolist(),
            "each": qlike,
        }
    return scores


def followed(folder: Path, runs: Path, out: Path) -> dict[str, Any]:
    """`results`, with a bar on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks = {key: bar.add_task(f"trials on {key}", total=None) for key in GROUNDS}
        begun = dict.fromkeys(GROUNDS, 0)

        def report(key: str, name: str, count: int) -> None:
            bar.update(tasks[key], description=f"trials on {key}: {name}", completed=begun[key], total=count)
            begun[key] += 1

        found = results(folder, runs, out, report)
        for key, count in begun.items():
            bar.update(tasks[key], description=f"trials on {key}", completed=count)
    return found


def main() -> None:
    """Train, score, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("runs/universal/trials"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    followed(chosen.data, chosen.runs, chosen.out)


if __name__ == "__main__":
    main()

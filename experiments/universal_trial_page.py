"""The section on the trials: what was changed, and what came of it on validation days."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["section"]

ALL = "all"


def section(document: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the section, from what `universal_trials.results` kept."""
    yield "## What was tried\n"
    yield (
        "Written by `python experiments/universal_trials.py --data DIR`: each trial is the recipe from which the "
        "search set out with one thing changed, from two seeds where it does not say otherwise, on the validation days "
        "that chose the recipes, with every series cut at the last of them. Scores are against each asset's own "
        "log-HAR in the mean over assets, as in the tables above, and all on the same days: those that even the "
        "longest window can forecast."
    )
    for ground in document.values():
        yield f"\n### {ground['title']}\n"
        yield from _table(ground)
        yield ""
        yield _extremes(ground)


def _table(ground: Mapping[str, Any]) -> Iterator[str]:
    """A column for each horizon where there is one group; for each group, its nearest and farthest horizon, else."""
    horizons, groups = ground["horizons"], ground["trials"][0]["groups"]
    last = len(horizons) - 1
    if len(groups) == 1:
        heads = [f"QLIKE, {h} d" for h in horizons]
        cells = [(ALL, (k,)) for k in range(len(horizons))]
    else:
        heads = [f"{name} ({one['assets']})" for name, one in groups.items()]
        cells = [(name, (0, last)) for name in groups]
        yield f"QLIKE {horizons[0]} and {horizons[last]} days ahead, by group and its number of assets.\n"
    yield f"| trial | what it changes | {' | '.join(heads)} | RMSE, {horizons[0]} d | training, s |"
    yield f"|---|---|{'--:|' * len(heads)}--:|--:|"
    for trial in ground["trials"]:
        found = trial["groups"]
        told = [" ".join(f"{found[name]['qlike'][k]:+.1%}" for k in which) for name, which in cells]
        yield (
            f"| {trial['name']} | {trial['about']} | {' | '.join(told)} | {found[ALL]['rmse'][0]:+.1%} | "
            f"{trial['seconds']:.0f} |"
        )


def _extremes(ground: Mapping[str, Any]) -> str:
    scores = {trial["name"]: trial["groups"][ALL]["qlike"][0] for trial in ground["trials"]}
    least, most = min(scores, key=scores.__getitem__), max(scores, key=scores.__getitem__)
    one = ground["trials"][0]["groups"][ALL]
    told = (
        f"{one['assets']} assets, {one['days']} days of them at {ground['horizons'][0]} d. The lowest QLIKE there: "
        f"{least}, {scores[least]:+.2%}; the highest: {most}, {scores[most]:+.2%}."
    )
    for trial in ground["trials"]:
        each = [qlike[0] for qlike in trial["groups"][ALL]["each"]]
        if len(each) > 1:
            told += f" {len(each)} seeds of the start, each alone: {min(each):+.2%} to {max(each):+.2%}."
    return told

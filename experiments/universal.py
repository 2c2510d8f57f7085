"""The universal models against what an asset's own past can give, on every market that the bundled files are made for.

    python experiments/universal.py --data DIR [--runs runs/universal] [--out docs/results/universal.md]

Needs vrx[train] and vrx[research]. Every finished network is kept under --runs, so an interrupted experiment goes on
where it stopped. The section on the trials is made of the scores in --trials, which running them writes anew; with
--no-trials, of those that are there.
"""

import argparse
import os
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

# Before torch: every network is trained on one thread, in processes side by side.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import torch
from rich.console import Console
from universal_data import MARKETS, Market, load
from universal_page import Part, page
from universal_scores import Known, asset, known, stitched
from universal_trials import RESULTS, followed, stored
from universal_tuned import tuned

from vrx.series import Bars
from vrx.training.ensemble import combine
from vrx.training.networks import Ensemble
from vrx.training.seeds import execute_seeds

SEEDS = 5
TURNS = 3  # of every kind of member, where they differ


def judged(key: str, folder: Path, runs: Path, shared: dict[str, dict[str, Known]]) -> Part:
    """Train one market's networks and score their ensemble; `shared` keeps the rivals of series seen before."""
    market = load(key, folder)
    count = TURNS * len(market.recipe.members) or SEEDS
    single, whole, each, shares, spent = [], [], [], [], 0.0
    for first, recipe in market.trainings:
        out = runs / key / str(recipe.split.train_end)
        members = execute_seeds(recipe, market.series, [], out, list(range(count)))
        single.append((first, replace(members[0], network=deepcopy(members[0].network))))
        together = combine(members, market.series, [])
        whole.append((first, together))
        # As the weights beside a bundled model have it: what is made of the members begins from the calibrated whole.
        if isinstance(together.network, Ensemble):
            together.network.give_answer()
        each.append((first, members))
        spent += sum(epoch.seconds for member in members for epoch in member.history)
        shares += [member.network.combiner.share.tolist() for member in members]  # type: ignore[union-attr, operator]
    wanted = [bars for bars in market.series if any(bars.name in names for names in market.groups.values())]
    about = _rivals(wanted, market, whole[0][1].measure, shared)
    scored = [bars for bars in wanted if bars.name in about]
    said = {bars.name: (bars, stitched(whole, bars)) for bars in scored}
    found = {name: asset(daily, about[name], market) for name, (_, daily) in said.items()}
    alone = {bars.name: asset(stitched(single, bars), about[bars.name], market) for bars in scored}
    adapted = tuned(market, said, each, runs / key / "tuned") if market.tuned else {}
    own = {name: asset(daily, about[name], market) for name, daily in adapted.items()}
    return Part(market, found, alone, own, count, shares, spent)


def _rivals(wanted: list[Bars], market: Market, measure: str, shared: dict[str, dict[str, Known]]) -> dict[str, Known]:
    """Those of the same channels, measure and first days are the same."""
    kind = f"{market.recipe.channels} {measure} {market.recipe.split}"
    held = shared.setdefault(kind, {})
    missing = [bars for bars in wanted if bars.name not in held]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        answers = list(pool.map(_known, [(bars, market, measure) for bars in missing]))
    held.update({one.name: one for one in answers if one is not None})
    return held


def _known(question: tuple[Bars, Market, str]) -> Known | None:
    # Of arch, where a fit has not converged: its parameters are used as they are.
    warnings.simplefilter("ignore")
    return known(*question)


def main() -> None:
    """Train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("runs/universal"))
    parser.add_argument("--out", type=Path, default=Path("docs/results/universal.md"))
    parser.add_argument("--markets", nargs="*", default=list(MARKETS), choices=list(MARKETS))
    parser.add_argument("--trials", type=Path, default=RESULTS)
    parser.add_argument("--no-trials", action="store_true", help="run no trials: print those that were run before")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    began = time.perf_counter()
    parts, shared, console = [], {}, Console(stderr=True)
    for key in chosen.markets:
        with console.status(f"{key}: networks, rivals, scores"):
            parts.append(judged(key, chosen.data, chosen.runs, shared))
    kept = chosen.trials
    trials = stored(kept) if chosen.no_trials else followed(chosen.data, chosen.runs / "trials", kept)
    if trials is None:
        console.print(f"{kept}: holds no trials of the recipes as they are: the page has no section on them")
    text = "\n".join(page(parts, trials, time.perf_counter() - began)) + "\n"
    beside = chosen.out.with_name(f".{chosen.out.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(chosen.out)


if __name__ == "__main__":
    main()

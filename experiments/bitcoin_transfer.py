"""Transfer against scratch on bitcoin's next-day variance: write docs/results/bitcoin_transfer.md.

    python experiments/bitcoin_transfer.py --data DIR [--runs runs/bitcoin] [--out docs/results/bitcoin_transfer.md]

Needs vrx[train] and vrx[research]. Every network that takes more than a second is kept under --runs, and one that was
interrupted goes on after its last epoch.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

# Before torch: every network is trained on one thread.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

from bitcoin_columns import ablations
from bitcoin_data import FEW, KEYS, load
from bitcoin_exported import exported
from bitcoin_networks import ADAPTED, CASES, pretrain, trained
from bitcoin_page import Page, page
from bitcoin_scores import Ground, Table, measured
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def main() -> None:
    """Train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("runs/bitcoin"))
    parser.add_argument("--out", type=Path, default=Path("docs/results/bitcoin_transfer.md"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="seeds pretrained side by side")
    chosen = parser.parse_args()
    seeds = range(chosen.seeds)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        pages = [_page(key, seeds, chosen, bar) for key in KEYS]
    beside = chosen.out.with_name(f".{chosen.out.name}.part")
    beside.write_text("\n".join(page(pages)).rstrip() + "\n", encoding="utf-8")
    beside.replace(chosen.out)


def _page(key: str, seeds: Sequence[int], chosen: argparse.Namespace, bar: Progress) -> Page:
    """Train and score everything on one market."""
    market = load(key, chosen.data)
    task = bar.add_task(f"({key}) pretraining, seeds", total=len(seeds))
    seconds = pretrain(market, seeds, chosen.runs, chosen.workers, lambda _: bar.advance(task))
    table = Table(market, Ground.of(market, market.test), Ground.of(market, market.validation), seconds)
    task = bar.add_task(f"({key}) networks on bitcoin", total=2 * len(CASES) * len(seeds))
    for days in (None, FEW):
        for case in CASES:
            done = []
            for seed in seeds:
                done.append(trained(market, case, days, seed, chosen.runs))
                bar.advance(task)
            networks = [one.network for one in done]
            spent, kept = [one.seconds for one in done], [one.kept for one in done]
            table.found[days, case.name] = measured(table, days, networks, spent, kept)
    whole = table.found[None, ADAPTED.name].network
    return Page(table, tuple(ablations(market, table.validation)), exported(market, whole, seeds))


if __name__ == "__main__":
    main()

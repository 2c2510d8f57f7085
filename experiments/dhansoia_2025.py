"""Dhansoia (2025): every network and strategy of the transfer-learning paper, five seeds each, on four data sets.

    python experiments/dhansoia_2025.py --data DIR [--runs runs/dhansoia] [--out docs/results/dhansoia_2025.md]

Needs vrx[train] and vrx[research]. Every finished network is kept under --runs, so an interrupted experiment goes on
where it stopped; two processes.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

# Before torch: every network is trained on one thread, in processes side by side.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import torch
from dhansoia_data import DATASETS, load
from dhansoia_page import Spent, Table, page
from dhansoia_runs import Job, answers, every, jobs
from dhansoia_scores import baselines, score, stage
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

WORKERS = 2
TIME = "time.json"


def train(work: Sequence[Job]) -> None:
    """Train what is not there yet."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("families of networks, by seed", total=len(work))
        every(work, WORKERS, lambda _: bar.advance(task))


def tables(keys: Sequence[str], work: Sequence[Job], folder: Path) -> list[Table]:
    """Score everything."""
    found = []
    for key in keys:
        data = load(key, folder)
        known = baselines(data)
        at = stage(data, known)
        table = Table(data, at)
        for name, (mean, variance) in known.items():
            table.baselines[name] = score(at, mean[data.scored], variance[data.scored])
            table.said[name] = [mean[data.scored]]
        for job in work:
            if job.key == key:
                for name, answer in answers(job, data):
                    table.networks.setdefault(name, []).append(score(at, answer.log_variance, answer.variance))
                    table.said.setdefault(name, []).append(answer.log_variance)
                    table.alphas.setdefault(name, []).append(answer.alpha)
                    table.seconds[name] = table.seconds.get(name, 0.0) + answer.seconds
        found.append(table)
    return found


def _earlier(path: Path) -> Spent:
    """What earlier sittings that came to an end have taken."""
    return Spent(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else Spent(0.0, 0.0)


def main() -> None:
    """Train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("runs/dhansoia"))
    parser.add_argument("--out", type=Path, default=Path("docs/results/dhansoia_2025.md"))
    parser.add_argument("--sets", default="abcd", help="letters of the data sets")
    parser.add_argument("--seeds", type=int, default=5)
    chosen = parser.parse_args()
    keys = [key for key in DATASETS if key in chosen.sets]
    torch.set_num_threads(1)
    began = time.perf_counter()
    earlier = _earlier(chosen.runs / TIME)
    work = jobs(keys, range(chosen.seeds), chosen.data, chosen.runs)
    train(work)
    found = tables(keys, work, chosen.data)
    used = os.times()
    processor = used.user + used.system + used.children_user + used.children_system
    spent = Spent(earlier.wall + time.perf_counter() - began, earlier.processor + processor)
    (chosen.runs / TIME).write_text(json.dumps(asdict(spent)), encoding="utf-8")
    text = "\n".join(page(found, spent)) + "\n"
    beside = chosen.out.with_name(f".{chosen.out.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(chosen.out)


if __name__ == "__main__":
    main()

"""Every network of the tables from every seed: trained once, kept in a folder, and asked for the test part."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from dhansoia_data import Dataset, dates_in_order, load
from dhansoia_models import FAMILIES, Case, Family, pretraining, recipe
from numpy.typing import NDArray

from vrx.series import Bars
from vrx.training.calibration import distributions
from vrx.training.folder import RUN, Run, finished, open_run
from vrx.training.run import execute
from vrx.training.windows import samples

__all__ = ["Answers", "Job", "answers", "every", "jobs"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Job:
    """All cases of a family from one seed."""

    key: str
    family: Family
    seed: int
    data: Path
    runs: Path

    @property
    def folder(self) -> Path:
        """Where its runs are kept."""
        return self.runs / self.key / self.family.key / f"seed-{self.seed}"

    def of(self, case: Case) -> Path:
        """Where that of one case is kept."""
        return self.folder / case.name.replace(" ", "-").replace(",", "")


@dataclass(frozen=True, eq=False)
class Answers:
    """What one network said of the scored rows."""

    log_variance: Array
    variance: Array
    seconds: float
    """Of training, the shared pretraining left out."""
    alpha: tuple[float, ...]
    """The weight of HAR after each epoch on the target, where the network has one."""


def jobs(keys: Sequence[str], seeds: Sequence[int], data: Path, runs: Path) -> list[Job]:
    """Every job, the long ones first."""
    return [
        Job(key, family, seed, data, runs)
        for family in FAMILIES
        for key in keys
        for seed in seeds
        if key in "ab" or not family.rolling_only
    ]


def every(work: Sequence[Job], workers: int, report: Callable[[Job], None]) -> None:
    """Do all that is not done yet."""
    with ProcessPoolExecutor(min(workers, os.cpu_count() or 1), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_do, job): job for job in work}
        for future in as_completed(waiting):
            future.result()
            report(waiting[future])


def _do(job: Job) -> None:
    data = load(job.key, job.data)
    target = _target(data, job.family)
    begin: Run | None = None
    todo = [case for case in job.family.cases if not finished(job.of(case))]
    if todo and job.family.pretrained:
        folder = job.folder / "pretrained"
        if not finished(folder):
            plan = pretraining(data, job.family, job.seed)
            execute(plan, [data.source], [target], folder, resume=(folder / RUN).exists())
        begin = open_run(folder)
    for case in todo:
        plan, folder = recipe(data, job.family, case.phases, job.seed), job.of(case)
        execute(plan, [], [target], folder, resume=(folder / RUN).exists(), begin=begin)


def _target(data: Dataset, family: Family) -> Bars:
    if family.rolling_only and data.closes is not None:
        return data.closes
    return data.target


def answers(job: Job, data: Dataset) -> Iterator[tuple[str, Answers]]:
    """What the finished runs of a job say."""
    wanted = dates_in_order(data.target)[data.scored]
    for case in job.family.cases:
        run = open_run(job.of(case))
        target = _target(data, job.family)
        part = samples([target], run.recipe, run.cuts, "test")
        days = dates_in_order(target)[part.rows.numpy() + 1]
        with torch.no_grad():
            said = distributions(run.network, part)
            variance, _, _ = run.network.answer(said)
        kept = np.isin(days, wanted)
        if not np.array_equal(days[kept], wanted):
            raise ValueError(f"{job.folder}: {kept.sum()} of {len(wanted)} days are forecast")
        alpha = tuple(epoch.weights["alpha"] for epoch in run.history if "alpha" in epoch.weights)
        seconds = sum(epoch.seconds for epoch in run.history)
        yield case.name, Answers(said.mean[:, 0].numpy()[kept], variance[:, 0].numpy()[kept], seconds, alpha)

"""One recipe from several seeds at once, a process each: a small network wins little from a second thread.

Five runs on two workers would leave a core idle while the fifth runs; three workers keep both busy to the end, and get
in each other's way less than five.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any

from vrx.errors import InputError, TrainingError
from vrx.series import Bars
from vrx.training.begin import continued
from vrx.training.folder import RUN, Run, digest_of, finished, open_run
from vrx.training.prepared import digest, prepare
from vrx.training.recipe import Recipe
from vrx.training.run import execute

__all__ = ["execute_seeds"]

SAFE_PATH = "PYTHONSAFEPATH"
# What a run imports on its way, statsmodels for its tests and what torch's optimisers pull in: 3 seconds a process. One
# that is not installed is passed over.
PRELOADED = ["vrx.training.run", "torch._dynamo", "statsmodels.tsa.stattools"]


def execute_seeds(
    recipe: Recipe,
    sources: Sequence[Bars],
    targets: Sequence[Bars],
    out: Path,
    seeds: Sequence[int],
    *,
    files: Mapping[str, Any] | None = None,
    begin: Mapping[int, Run] | None = None,
    report: Callable[[int], None] | None = None,
) -> list[Run]:
    """Train a recipe from each seed, in ``out/seed-N``; what is there and finished is taken, what was begun goes on.

    Parameters
    ----------
    recipe, sources, targets, files
        As :func:`vrx.training.run.execute` takes them; the recipe's own seed does not count.
    out
        The folder of the folders.
    seeds
        The seeds, each once.
    begin
        The run that each seed begins from, as :func:`vrx.training.run.execute` takes it.
    report
        Called with each seed when its run is there.

    Returns
    -------
    list of Run
        In the order of `seeds`; each has the bits that :func:`execute` alone would give it.

    Raises
    ------
    InputError
        No seed is given, or one twice; or the series do not fit the recipe.
    TrainingError
        A folder holds another run, `out` itself a single one, or a training cannot go on.
    """
    if not seeds or len(set(seeds)) != len(seeds):
        raise InputError(f"seeds are {list(seeds)!r}: give each once, and at least one")
    if (out / RUN).exists():
        raise TrainingError(f"{out}: holds a run of one seed: take another --out")
    plans = {seed: (replace(recipe, seed=seed), out / f"seed-{seed}") for seed in seeds}
    out.mkdir(parents=True, exist_ok=True)
    told = (list(sources), list(targets), dict(files or {}))
    before = begin or {}
    if recipe.adapts:
        # Closed forms are over before a process has imported torch.
        for seed, (plan, folder) in plans.items():
            _one(plan, folder, *told, before.get(seed))
            if report is not None:
                report(seed)
        return [open_run(folder) for _, folder in plans.values()]
    workers = _workers(len(plans), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, mp_context=_context()) as pool:
        waiting = {
            pool.submit(_one, plan, folder, *told, before.get(seed)): seed for seed, (plan, folder) in plans.items()
        }
        try:
            for future in as_completed(waiting):
                future.result()
                if report is not None:
                    report(waiting[future])
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [open_run(folder) for _, folder in plans.values()]


def _workers(runs: int, cores: int) -> int:
    """The fewest workers whose last round, too, gives every core a run."""
    return next(w for w in range(min(runs, cores), runs + 1) if runs % w == 0 or runs % w >= cores)


def _one(
    recipe: Recipe, out: Path, sources: list[Bars], targets: list[Bars], files: dict[str, Any], begin: Run | None
) -> None:
    if finished(out):
        found, prepared = open_run(out), prepare(recipe, sources, targets)
        if found.begin != (None if begin is None else digest_of(begin)):
            raise TrainingError(f"{out}: holds a run that began from other weights: take another --out")
        prepared = prepared if begin is None else continued(prepared, begin)
        if found.recipe != prepared.recipe:
            raise TrainingError(f"{out}: holds a run of another recipe: take another --out")
        if (found.origins, found.cuts, found.variance) != (prepared.known, prepared.at, digest(prepared.phases())):
            raise TrainingError(f"{out}: holds a run of other data: take another --out")
    else:
        execute(recipe, sources, targets, out, files=files, resume=(out / RUN).exists(), begin=begin)


def _context() -> multiprocessing.context.BaseContext:
    """Processes that find torch imported already, where the system has them; never a copy of running threads."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver  # only there

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    # The server would look for them in the working directory first: in a checkout, sources whose kernels are not built.
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before
    return context

"""Bias and spread of every estimator of the Hurst exponent on exact simulated series, beside other packages.

    pip install -r experiments/requirements-peers.txt      # into an environment of its own
    python experiments/hurst_accuracy.py --peers PEERS/bin/python --out docs/results/hurst_accuracy.md

Without --peers only numpy and PyWavelets stand beside ours, and the tables say so. Estimates are kept in the folder
--cache, so that a second run is quick; ours are made anew when the code of vrx.hurst has changed.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from hurst_cases import EXPONENTS, SHORT, VARIANTS, Array, Job, Series, jobs
from hurst_peers import PEERS
from hurst_report import document
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import vrx
from vrx.hurst import METHODS

HERE = Path(__file__).parent


def estimate(job: Job, peers: str) -> Array:
    """Return the estimates, shape (1, paths), or with an interval h, low and high, shape (3, paths)."""
    paths = job.series.paths(job.paths)
    if job.method in PEERS:
        return ask(job, paths, peers if PEERS[job.method].needs else sys.executable)
    estimator = METHODS[job.method.split(",")[0]](kind=job.series.kind, **VARIANTS.get(job.method, {}))
    rolled = estimator.rolling(paths, job.series.n, interval=job.interval)
    parts = [rolled.h] if job.interval is None else [rolled.h, rolled.low, rolled.high]
    return np.array([part[:, -1] for part in parts])


def ask(job: Job, paths: Array, python: str) -> Array:
    """Hand the paths to another Python, and read what it makes of them."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "paths.npy"), Path(folder, "estimates.npy")
        np.save(source, paths)
        subprocess.run([python, HERE / "hurst_peers.py", job.method, job.series.kind, source, target], check=True)
        return np.atleast_2d(np.load(target))


def file_of(job: Job) -> str:
    """The name of the file for the estimates, of all that they depend on."""
    content = repr(job).encode() + code(job.method not in PEERS) + first_path(job.series)
    return hashlib.sha256(content).hexdigest()[:24] + ".npy"


@cache
def code(ours: bool) -> bytes:
    folder = Path(str(vrx.__file__)).parent
    sources = [*folder.glob("hurst/*.py"), *folder.glob("_ext/*.p[yx][xd]")] if ours else [HERE / "hurst_peers.py"]
    return b"".join(source.read_bytes() for source in sorted(sources))


@cache
def first_path(series: Series) -> bytes:
    return series.paths(1).tobytes()


def run(todo: list[Job], peers: str, folder: Path, workers: int) -> dict[Job, Array]:
    """The estimates of every job, from the folder or from at most `workers` processes."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {job: folder / file_of(job) for job in todo}
    missing = [job for job, file in files.items() if not file.exists()]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool, Progress(*columns) as progress:
        task = progress.add_task("estimating", total=len(todo), completed=len(todo) - len(missing))
        running: dict[Future[Array], Job] = {pool.submit(estimate, job, peers): job for job in missing}
        try:
            for future in as_completed(running):
                job = running[future]
                np.save(files[job], future.result())
                last = f"{job.method}, n = {job.series.n}, H = {job.series.hurst}"
                progress.update(task, advance=1, description=last)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return {job: np.load(file) for job, file in files.items()}


def whitened(series: Series, paths: int) -> tuple[float, float]:
    """Whiten noise by the Cholesky factor of its covariance, which the simulator has no part in.

    Returns the mean square, 1 if the paths have that covariance, and the largest deviation of the mean square at one
    time from 1, in standard errors.
    """
    lags = np.abs(np.subtract.outer(np.arange(series.n), np.arange(series.n))).astype(float)
    before, now, after = (np.abs(lags + shift) ** (2 * series.hurst) for shift in (-1, 0, 1))
    factor = np.linalg.cholesky((before + after) / 2 - now)
    squares = np.linalg.solve(factor, series.paths(paths).T) ** 2
    return float(squares.mean()), float(np.abs(squares.mean(axis=1) - 1).max() / np.sqrt(2 / paths))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paths", type=int, default=1000, help="paths of each series (default 1000)")
    parser.add_argument("--peers", default="", help="a Python that has requirements-peers.txt")
    parser.add_argument("--cache", type=Path, default=Path("runs/hurst_accuracy"), help="folder of the estimates")
    parser.add_argument("--workers", type=int, default=2, help="processes at once (default 2)")
    parser.add_argument("--out", type=Path, help="file for the tables; the default prints them")
    options = parser.parse_args()
    # The processes share the cores; a BLAS reads this when it starts.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"))
    estimates = run(list(jobs(options.paths, bool(options.peers))), options.peers, options.cache, options.workers)
    checks = {hurst: whitened(Series("noise", SHORT, hurst), options.paths) for hurst in EXPONENTS}
    text = document(estimates, checks, options.paths, bool(options.peers))
    if options.out is None:
        print(text)
    else:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

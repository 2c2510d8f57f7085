"""Count the windows a second that a model file answers, against onnxruntime's defaults; print one markdown table.

    python benchmarks/inference.py MODEL

The peer is a session with default options (threads for every core) that takes the whole batch in one run. Two
processes, each with a forecaster and batches of its own, say what the machine gives to two threads at most.
"""

import argparse
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

import vrx
from vrx import contract

Array = NDArray[np.float64]
Run = Callable[[Array], Any]

BATCHES, THREADS, ROUNDS = (1, 1024), (1, 2), 15
ALONE, DEFAULTS, PROCESSES = "threads=1", "defaults", "processes"
STRETCH = 0.1  # seconds that a contender runs at a time
# onnxruntime's idle threads go on spinning for a while, and would take a core from whoever runs next.
PAUSE = 0.05


def batch(spec: contract.Spec, size: int) -> Array:
    """Make windows that all differ: the self-test's, each times a number of its own."""
    factors = np.exp(np.random.default_rng(0).normal(scale=0.1, size=(size, 1, 1)))
    return np.array(spec.self_test.bars, dtype=np.float64) * factors


def rate(run: Run, windows: Array) -> float:
    time.sleep(PAUSE)
    calls, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < STRETCH:
        run(windows)
        calls += 1
    return calls * len(windows) / elapsed


def check(runs: dict[str, Run], windows: Array) -> None:
    """See that all give the same volatilities before any is timed; this also warms them up."""
    first, *rest = (run(windows) for run in runs.values())
    for other in rest:
        np.testing.assert_allclose(other, first, rtol=contract.TOLERANCE)


def contenders(model: str) -> tuple[contract.Spec, dict[str, Run]]:
    forecasters = {f"threads={n}": vrx.load(model, threads=n) for n in THREADS}
    loaded = forecasters[ALONE]
    session = onnxruntime.InferenceSession(loaded.path, providers=["CPUExecutionProvider"])

    def ours(forecaster: vrx.Forecaster) -> Run:
        return lambda windows: forecaster.run(windows).volatility

    def defaults(windows: Array) -> Any:
        outputs = session.run(contract.OUTPUTS, {contract.INPUT: windows})
        return outputs[contract.OUTPUTS.index("volatility")]

    runs = {name: ours(forecaster) for name, forecaster in forecasters.items()}
    return loaded.spec, {**runs, DEFAULTS: defaults}


def serve(ends: Connection, model: str) -> None:
    """A process of the pair: time a stretch of batches of the size that it is told, and tell the rate."""
    forecaster = vrx.load(model)
    while size := ends.recv():
        ends.send(rate(forecaster.run, batch(forecaster.spec, size)))


def pair(model: str) -> list[Connection]:
    context, ends = multiprocessing.get_context("spawn"), []
    for _ in range(2):
        ours, theirs = context.Pipe()
        context.Process(target=serve, args=(theirs, model), daemon=True).start()
        ends.append(ours)
    return ends


def side_by_side(ends: list[Connection], size: int) -> float:
    for end in ends:
        end.send(size)
    return sum(end.recv() for end in ends)


def who(name: str) -> str:
    named = {DEFAULTS: "onnxruntime's defaults", PROCESSES: f"two processes, `{ALONE}` each"}
    return named.get(name, f"`Forecaster.run`, `{name}`")


def main() -> None:
    parser = argparse.ArgumentParser(description="Count the windows a second that a model file answers.")
    parser.add_argument("model", help="a model file, or the name of a bundled model")
    model = parser.parse_args().model
    (spec, runs), ends = contenders(model), pair(model)
    title = f"on {os.cpu_count()} cores, onnxruntime {onnxruntime.__version__}"
    print(f"| {title} | batch | windows a second | / defaults | / `{ALONE}` |")
    print("|---|--:|--:|--:|--:|")
    for size in BATCHES:
        windows = batch(spec, size)
        check(runs, windows)
        side_by_side(ends, size)
        rounds = []
        for _ in range(ROUNDS):
            rates = {name: rate(run, windows) for name, run in runs.items()}
            rounds.append(rates | {PROCESSES: side_by_side(ends, size)})
        for name in rounds[0]:
            # A machine's speed may change by half within a minute: ratios are those of the rounds.
            ratios = (statistics.median(one[name] / one[peer] for one in rounds) for peer in (DEFAULTS, ALONE))
            own = statistics.median(one[name] for one in rounds)
            told = " | ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"| {who(name)} | {size:,} | {own:,.0f} | {told} |", flush=True)
    for end in ends:
        end.send(0)


if __name__ == "__main__":
    main()

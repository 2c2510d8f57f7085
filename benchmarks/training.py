"""Five seeds of one network, the whole job: vrx beside a plain DataLoader loop run five times with torch's own threads.

    python benchmarks/training.py [--epochs 10] [--repeats 3]

Both train the network of Dhansoia (2025) on the same made series, batch size and number of epochs, and both validate
after each; neither stops early. The plain loop is what a tutorial would write: tensors in a TensorDataset, shuffled
batches of a DataLoader, Adam.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

SEEDS = range(5)
DAYS = 3_600


def series():
    """Ten years of made daily bars whose volatility clusters."""
    from vrx.series import Bars

    rng = np.random.default_rng(0)
    log_volatility = np.zeros(DAYS)
    for t in range(1, DAYS):
        log_volatility[t] = 0.97 * log_volatility[t - 1] + 0.15 * rng.normal()
    close = 100.0 * np.exp(np.cumsum(0.02 * np.exp(log_volatility) * rng.normal(size=DAYS)))
    opening = close * np.exp(0.002 * rng.normal(size=DAYS))
    top = np.exp(0.01 * np.exp(log_volatility) * np.abs(rng.normal(size=DAYS)))
    columns = {
        "open": opening,
        "high": np.maximum(opening, close) * top,
        "low": np.minimum(opening, close) / top,
        "close": close,
    }
    return Bars(columns, np.datetime64("2010-01-01") + np.arange(DAYS), "made", 365, ())


def recipe(epochs):
    """The paper's network on the target alone, for so many epochs."""
    from vrx.training.recipe import Phase, named

    phase = Phase("target", epochs=epochs, patience=epochs, plateau=epochs, batch_size=32)
    return replace(named("dhansoia"), phases=(phase,))


def ours(epochs):
    """All seeds by vrx, with scores, checkpoints and all."""
    from vrx.training.seeds import execute_seeds

    folder = Path(tempfile.mkdtemp())
    try:
        execute_seeds(recipe(epochs), [], [series()], folder, list(SEEDS))
    finally:
        shutil.rmtree(folder)


def plain(epochs):
    """All seeds one after the other by a plain loop."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    from vrx.training.losses import gaussian_loss
    from vrx.training.networks import build
    from vrx.training.windows import cuts, resolved, samples

    bars = series()
    plan = resolved(recipe(epochs), [bars])
    at = cuts([bars], plan.split)
    sets = {}
    for part in ("train", "validation"):
        found = samples([bars], plan, at, part)
        sets[part] = TensorDataset(found.windows(torch.arange(len(found))), found.target)
    for seed in SEEDS:
        torch.manual_seed(seed)
        network = build(plan)
        optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
        for _ in range(epochs):
            network.train()
            for windows, target in DataLoader(sets["train"], batch_size=32, shuffle=True):
                optimiser.zero_grad()
                loss = gaussian_loss(network.distribution(network.input(windows)), target)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
            network.eval()
            with torch.no_grad():
                for windows, target in DataLoader(sets["validation"], batch_size=32):
                    gaussian_loss(network.distribution(network.input(windows)), target)


def step(epochs):
    """Print what a step of training is made of, on one thread."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    from vrx.training.losses import gaussian_loss
    from vrx.training.networks import build
    from vrx.training.windows import cuts, resolved, samples

    torch.set_num_threads(1)
    bars = series()
    plan = resolved(recipe(epochs), [bars])
    found = samples([bars], plan, cuts([bars], plan.split), "train")
    network = build(plan)
    optimiser = torch.optim.AdamW(network.parameters(), fused=True)

    def one():
        optimiser.zero_grad(set_to_none=True)
        index = torch.randint(len(found), (32,))
        loss = gaussian_loss(network.distribution(network.input(found.windows(index))), found.target[index])
        loss.backward()
        optimiser.step()

    for _ in range(10):
        one()
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(50):
            one()
    events = profiled.key_averages()
    whole = sum(event.self_cpu_time_total for event in events)
    groups = {
        "LSTM, forward": "mkldnn_rnn_layer",
        "LSTM, backward": "mkldnn_rnn_layer_backward",
        "dropout": "bernoulli_",
    }
    print(f"one step of 32 windows on one thread: {whole / 50e3:.1f} ms")
    for label, name in groups.items():
        share = sum(event.self_cpu_time_total for event in events if event.key == f"aten::{name}") / whole
        print(f"  {label}: {share:.0%}")


def clock(who, epochs):
    """Seconds of one whole job, in a process of its own."""
    began = time.perf_counter()
    subprocess.run([sys.executable, __file__, "--job", who, "--epochs", str(epochs)], check=True)
    return time.perf_counter() - began


def main():
    """Time both, alternating, and print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--job", choices=("ours", "plain", "step"))
    chosen = parser.parse_args()
    if chosen.job is not None:
        {"ours": ours, "plain": plain, "step": step}[chosen.job](chosen.epochs)
        return
    times = {"ours": [], "plain": []}
    for _ in range(chosen.repeats):
        for who, found in times.items():
            found.append(clock(who, chosen.epochs))
    ratios = [slow / fast for slow, fast in zip(times["plain"], times["ours"], strict=True)]
    print(f"five seeds of {chosen.epochs} epochs, medians of {chosen.repeats}:")
    print(f"  vrx {statistics.median(times['ours']):.1f} s, plain loop {statistics.median(times['plain']):.1f} s")
    print(f"  ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    step(chosen.epochs)


if __name__ == "__main__":
    main()

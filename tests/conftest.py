"""A market with stochastic volatility, tiny runs trained on it, and the model files that come of them."""

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import settings

from vrx.series import Bars

os.environ.setdefault("OMP_NUM_THREADS", "1")
# The first example of a test may train and export the model that the others ask.
settings.register_profile("vrx", deadline=None)
settings.load_profile("vrx")

DAYS = 320
STEPS = 24
CHANNELS = {
    "close": ("close",),
    "ohlc": ("open", "high", "low", "close"),
    "variance": ("variance",),
    "variance-return": ("variance", "return"),
}


class Toy(Bars):
    """Bars that hypothesis can print."""

    def __repr__(self):
        return f"Toy({self.name!r}, {len(self)} days of {', '.join(self.columns)})"

    def _repr_pretty_(self, printer, _):
        printer.text(repr(self))


def simulate(days=DAYS, seed=0, name="toy"):
    """Log volatility is an AR(1); every day is a walk of 24 steps, so its range and realized variance are true."""
    rng = np.random.default_rng(seed)
    level = np.zeros(days)
    for t in range(1, days):
        level[t] = 0.95 * level[t - 1] + 0.3 * rng.normal()
    steps = 0.02 * np.exp(0.5 * level)[:, None] * rng.normal(size=(days, STEPS)) / np.sqrt(STEPS)
    walk = np.log(100.0) + np.cumsum(steps).reshape(days, STEPS)
    opening = np.concatenate([[np.log(100.0)], walk[:-1, -1]])
    whole = np.column_stack([opening, walk])
    columns = {
        "open": np.exp(opening),
        "high": np.exp(whole.max(axis=1)),
        "low": np.exp(whole.min(axis=1)),
        "close": np.exp(walk[:, -1]),
        "variance": (steps**2).sum(axis=1),
        "return": steps.sum(axis=1),
    }
    return Toy(columns, np.datetime64("2020-01-01") + np.arange(days), name, 365, ())


def narrowed(bars, names):
    return replace(bars, columns={name: bars.columns[name] for name in names})


def text_of(bars, names=CHANNELS["ohlc"]):
    """The bars as a CSV file whose numbers read back to the same bits."""
    dates = (np.datetime64("2020-01-01") + np.arange(len(bars))) if bars.dates is None else bars.dates
    rows = zip(dates, *(bars[name].tolist() for name in names), strict=True)
    header = ",".join(["Date", *names])
    return "\n".join([header, *(",".join([str(day), *map(repr, values)]) for day, *values in rows)]) + "\n"


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def market():
    return simulate


@pytest.fixture(scope="session")
def bars():
    return simulate()


@pytest.fixture(scope="session")
def pair(market, only):
    """A source and a target market."""
    return only(market(300, 5, "source"), CHANNELS["ohlc"]), only(market(280, 6, "target"), CHANNELS["ohlc"])


@pytest.fixture(scope="session")
def only():
    """Bars with some of their columns."""
    return narrowed


@pytest.fixture(scope="session")
def csv_text():
    return text_of


@pytest.fixture
def csv_file(tmp_path):
    """Write bars into a CSV file."""

    def write(bars, names=CHANNELS["ohlc"], file="toy.csv"):
        path = tmp_path / file
        path.write_text(text_of(bars, names))
        return path

    return write


@pytest.fixture(scope="session")
def channel_sets():
    return CHANNELS


@pytest.fixture(scope="session")
def tiny():
    """Make a recipe that trains in a blink."""
    from vrx.training.recipe import NetworkShape, Phase, Recipe

    def make(channels="ohlc", kind="lstm-attention", *, phases=None, **changes):
        shape = {"hidden": 8, "layers": 1, "heads": 2, "bottleneck": 8}
        network = NetworkShape(**{**shape, **changes.pop("network", {})}).named(kind)
        phases = phases or (Phase("target", epochs=2, batch_size=64),)
        return Recipe(
            name="tiny", phases=phases, channels=CHANNELS[channels], network=network, **{"lookback": 23, **changes}
        )

    return make


@pytest.fixture(scope="session")
def starting():
    """A network of a recipe where its training starts on one series, and the train part that it starts from."""
    import torch

    from vrx.training.networks import build
    from vrx.training.start import start
    from vrx.training.windows import cuts, samples

    def make(recipe, series, seed=0):
        part = samples([series], recipe, cuts([series], recipe.split), "train")
        torch.manual_seed(seed)
        network = build(recipe).eval()
        start(network, part)
        return network, part

    return make


@pytest.fixture(scope="session")
def trained(tiny, bars, tmp_path_factory):
    """A finished tiny run by kind and channels, trained once a session; and its folder."""
    from vrx.training.run import execute

    done = {}

    def get(kind="lstm-attention", channels="ohlc"):
        if (kind, channels) not in done:
            folder = tmp_path_factory.mktemp("runs") / f"{kind}-{channels}"
            run = execute(tiny(channels, kind), [], [narrowed(bars, CHANNELS[channels])], folder)
            done[kind, channels] = run, folder
        return done[kind, channels]

    return get


@pytest.fixture(scope="session")
def exported(trained, tmp_path_factory):
    """The model file of a tiny run, exported once a session."""
    from vrx.export.package import export

    done = {}

    def get(kind="lstm-attention", channels="ohlc"):
        if (kind, channels) not in done:
            run, _ = trained(kind, channels)
            done[kind, channels] = export(run, tmp_path_factory.mktemp("models") / f"{kind}-{channels}.onnx")
        return done[kind, channels]

    return get


@pytest.fixture(scope="session")
def model_file(exported):
    """The tiny LSTM on open, high, low, close, as a file."""
    return exported().path


@pytest.fixture
def say(monkeypatch):
    """Run the command line in this process, through the door that the script uses."""
    from vrx.cli import main

    def run(*arguments):
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "argv", ["vrx", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
                code = 0
            except SystemExit as end:
                code = 0 if end.code is None else int(end.code)
        return Said(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def fresh():
    """Run Python code in a fresh process."""

    def run(code, *arguments, timeout=60):
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=timeout
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run

"""Can tomorrow's rolling Hurst exponent be forecast? An LSTM against what needs none, on every market of --data.

    python experiments/hurst_network.py --data DIR [--runs runs/hurst_network] [--out docs/results/hurst_network.md]

Needs vrx[train]. Trained to 2012, chosen on 2013-14, tested on 2015-19. Every finished network is kept under --runs as
the model file that it is, so an interrupted experiment goes on where it stopped; beside the page stands NAME.json, from
which :func:`hurst_network_page.hurst_network_rows` gives the rows for the tables of Webb et al.
"""

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
from hurst_network_found import Found, hurst_network_rows, summary
from hurst_network_page import page
from numpy.typing import NDArray
from rich.console import Console
from universal_data import INDICES, KINDS, read

from vrx.contract import Origin
from vrx.evaluation.split import Cuts
from vrx.hurst import HurstForecaster, Wavelet, ahead
from vrx.training.data import dates_of, fingerprint
from vrx.training.hurst_network import train
from vrx.training.hurst_scores import Autoregression, autoregression
from vrx.training.hurst_series import HurstRecipe, Market, market

__all__ = ["hurst_network_rows", "main"]

Array = NDArray[np.float64]

FILES = (*INDICES, "ohlc_panel_1995_2022.parquet", "sp500_ohlc_1990_2022.csv.gz")
INDEX = "sp500_ohlc_1990_2022"
# A pegged currency has no exponent for months; the realized library holds the S&P 500 once more; a hole of seven years
# stands in STI.
LEFT_OUT = ("CNY=X", "SPX", "STI")
LAST = np.datetime64("2019-12-31")
AT = Cuts(np.datetime64("2012-12-31"), np.datetime64("2014-12-31"))
SEEDS = range(3)
# Chosen on 2013-14, from the settings that the page names.
RECIPES = {
    "LSTM on what is known": HurstRecipe(),
    "LSTM, plain": HurstRecipe(
        known=False, hidden=32, learning_rate=2e-3, samples=50_000, patience=6, epochs=40, weight_decay=0.0
    ),
}
# Test days that a series must have to be scored, and days of training for an autoregression of its own.
FEWEST = 250
SIMULATED, LENGTH = 20, 2000
HORIZONS = (1, 5, 22)


@dataclass(frozen=True, eq=False)
class Asset:
    """The squared errors of every model on the test part of a series."""

    name: str
    group: str
    dates: NDArray[np.datetime64]
    squares: Mapping[str, Array]
    """By model, (days, horizons)."""


def load(folder: Path) -> list[Market]:
    """Read every market to the end of the test part; those that begin after it are none."""
    series = [
        bars for bars in read(folder, FILES, LEFT_OUT, LAST) if len(bars) > HurstRecipe().lookback + max(HORIZONS)
    ]
    return [market(bars) for bars in series]


def networks(markets: list[Market], runs: Path, console: Console) -> dict[str, list[HurstForecaster]]:
    """Every recipe from every seed, trained here or found in `runs`."""
    from vrx.export.hurst_graph import export

    known = tuple(_origin(one) for one in markets if one.dates[0] <= AT.validation_end)
    found: dict[str, list[HurstForecaster]] = {}
    for title, base in RECIPES.items():
        for seed in SEEDS:
            recipe = HurstRecipe(**{**asdict(base), "seed": seed})
            path = runs / f"{'known' if recipe.known else 'plain'}-{seed}.onnx"
            kept = HurstForecaster(path) if path.exists() else None
            wanted = json.loads(json.dumps(asdict(recipe)))
            if kept is None or kept.spec.trained_on != known or kept.spec.scores.get("recipe") != wanted:
                with console.status(f"{title}, seed {seed}"):
                    export(train(markets, recipe, AT), path)
                kept = HurstForecaster(path)
            found.setdefault(title, []).append(kept)
    return found


def _origin(one: Market) -> Origin:
    return fingerprint(one.bars, ("close",) if "close" in one.bars else ("return",), AT.validation_end)


def assets(markets: list[Market], found: dict[str, list[HurstForecaster]]) -> Iterator[Asset]:
    """The errors of every model on every series with enough of a test part."""
    recipe = HurstRecipe()
    taught = [one for one in markets if len(one.origins(recipe, AT, "train")) >= FEWEST]
    together = autoregression(taught, recipe, AT)
    for one in markets:
        rows = one.origins(recipe, AT, "test")
        if len(rows) < FEWEST:
            continue
        target = one.target(HORIZONS)[rows]
        models: dict[str, Array] = {"persistence": ahead(one.returns, HORIZONS, rule="persistence")[rows]}
        models["AR of all series"] = together.predict(one.h)[rows]
        if own := _own(one, recipe):
            models["AR of the series alone"] = own.predict(one.h)[rows]
        models["drop-out"] = ahead(one.returns, HORIZONS, rule="drop-out")[rows]
        models["known"] = ahead(one.returns, HORIZONS)[rows]
        models["known, variance of 22 days"] = ahead(one.returns, HORIZONS, days=22)[rows]
        for title, members in found.items():
            for seed, member in enumerate(members):
                models[f"{title} {seed}"] = _said(member, one.returns, rows)
        squares = {name: (forecast - target) ** 2 for name, forecast in models.items()}
        yield Asset(one.name, _group(one, recipe), one.dates[rows], squares)


def _own(one: Market, recipe: HurstRecipe) -> Autoregression | None:
    enough = all(len(one.origins(recipe, AT, part)) >= FEWEST for part in ("train", "validation"))
    return autoregression([one], recipe, AT) if enough else None


def _said(member: HurstForecaster, returns: Array, rows: NDArray[np.int64]) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(returns, member.spec.lookback)[rows - member.spec.lookback + 1]
    return np.concatenate([member.run(windows[k : k + 256]) for k in range(0, len(windows), 256)])


def _group(one: Market, recipe: HurstRecipe) -> str:
    if not len(one.origins(recipe, AT, "train")):
        return "never seen"
    if "return" in one.bars or one.name == INDEX:
        return "indices"
    return "currencies" if one.name.endswith(KINDS["currencies"]) else "stocks"


def simulated(made: dict[str, list[HurstForecaster]]) -> dict[str, list[float]]:
    """Errors on independent normal returns, whose exponent never moves, by model: means over the series."""
    found: dict[str, list[Array]] = {}
    for seed in range(SIMULATED):
        returns = np.random.default_rng(seed).standard_normal(LENGTH)
        h = Wavelet(kind="noise").rolling(returns).h
        rows = np.arange(HurstRecipe().lookback - 1, LENGTH - max(HORIZONS))
        target = np.stack([h[rows + k] for k in HORIZONS], axis=1)
        said = {rule: ahead(returns, HORIZONS, rule=rule)[rows] for rule in ("persistence", "drop-out", "known")}
        said |= {title: _said(members[0], returns, rows) for title, members in made.items()}
        for model, forecast in said.items():
            found.setdefault(model, []).append(np.sqrt(((forecast - target) ** 2).mean(axis=0)))
    return {model: np.mean(values, axis=0).tolist() for model, values in found.items()}


def main() -> None:
    """Train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("runs/hurst_network"))
    parser.add_argument("--out", type=Path, default=Path("docs/results/hurst_network.md"))
    chosen = parser.parse_args()
    console = Console(stderr=True)
    markets = load(chosen.data)
    made = networks(markets, chosen.runs, console)
    with console.status("scores"):
        scored = list(assets(markets, made))
        days = int(sum(len(one.origins(HurstRecipe(), AT, "train")) for one in markets))
        first = min(dates_of(one.bars)[0] for one in markets)
        found = Found(scored, INDEX, tuple(RECIPES), len(SEEDS), HORIZONS, simulated(made), days, str(first)[:4])
    _write(chosen.out, page(found))
    _write(chosen.out.with_suffix(".json"), json.dumps(summary(found), indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


if __name__ == "__main__":
    main()

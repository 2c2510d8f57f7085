"""The bundled models: sound, small, carded, and no worse than they say on bars that anybody has."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import vrx
from tests.graphs import repeated
from vrx import runtime
from vrx.errors import InputError

NAMES = ("universal-close", "universal-ohlc", "universal-rv", "universal-variance")


def bars(n=400, seed=3):
    """Daily bars whose volatility wanders between 0.5% and 4%."""
    rng = np.random.default_rng(seed)
    log_vol = np.zeros(n)
    for t in range(1, n):
        log_vol[t] = 0.97 * log_vol[t - 1] + 0.15 * rng.normal()
    vol = 0.015 * np.exp(log_vol)
    paths = np.cumsum(vol[:, None] * rng.normal(size=(n, 48)) / np.sqrt(48), axis=1)
    start = np.concatenate([[0.0], np.cumsum(paths[:-1, -1])])
    logs = np.log(50.0) + start[:, None] + np.concatenate([np.zeros((n, 1)), paths], axis=1)
    return np.exp(np.stack([logs[:, 0], logs.max(axis=1), logs.min(axis=1), logs[:, -1]], axis=1)), vol


def test_the_models_are_bundled():
    assert vrx.bundled() == NAMES


def test_the_models_are_small():
    assert sum((runtime.MODELS / f"{name}.onnx").stat().st_size for name in NAMES) < 6_000_000


@pytest.mark.parametrize("name", NAMES)
def test_the_networks_of_a_model_share_what_they_hold_and_compute_alike(name):
    assert not repeated(runtime.MODELS / f"{name}.onnx")


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_model_passes_its_own_test(name):
    assert vrx.load(name).verify() < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_model_says_what_it_was_trained_on_and_how_it_did(name):
    spec = vrx.load(name).spec
    assert spec.name == name
    assert spec.horizons == (1, 5, 22)
    assert len(spec.trained_on) >= 16
    assert {row["model"] for row in spec.scores["seen"]["rows"]} >= {"model", "log-har", "random-walk"}
    # What the scored weights looked at ends before the scores begin; those in the file have seen the days since.
    assert spec.scores["train_end"] < spec.scores["validation_end"] < spec.scores["test_from"]
    assert max(origin.last for origin in spec.trained_on) > spec.scores["test_from"]


@pytest.mark.parametrize("name", NAMES)
def test_the_card_prints_the_scores_that_the_file_carries(name):
    card = (runtime.MODELS / f"{name}.md").read_text(encoding="utf-8")
    spec = json.loads((runtime.MODELS / f"{name}.json").read_text(encoding="utf-8"))
    assert card.startswith(f"# {name}\n")
    assert f"({name}.png)" in card
    assert "not of the weights in this file" in " ".join(card.split())
    for row in [*spec["scores"]["seen"]["rows"], *spec["scores"]["unseen"]["rows"]]:
        assert f"| {row['model']} | {row['horizon']} | {row['qlike']:.4f} |" in card


@pytest.mark.parametrize("name", NAMES)
def test_the_recipe_of_a_bundled_model_is_the_one_that_is_shipped(name):
    from vrx.training.pretrained import open_members
    from vrx.training.recipe import finally_, named

    recipe, spec = named(name), vrx.load(name).spec
    assert (recipe.channels, recipe.lookback, recipe.levels) == (spec.channels, spec.lookback, spec.levels)
    seeds = range(3 * len(recipe.members) or 5)
    assert {run.recipe for run in open_members(name)} == {replace(finally_(recipe), seed=seed) for seed in seeds}
    trained_on = {origin.name for origin in spec.trained_on}
    assert {*recipe.held_out} <= trained_on
    assert not trained_on & {*recipe.left_out}


@pytest.mark.parametrize("name", ["universal-ohlc", "universal-close"])
def test_when_prices_are_scaled_then_the_forecast_stays(name):
    values, _ = bars()
    values = values if name == "universal-ohlc" else values[:, 3]
    model = vrx.load(name)
    np.testing.assert_allclose(
        model.predict(values * 1e-5).volatility, model.predict(values * 1e5).volatility, rtol=1e-6
    )


@pytest.mark.parametrize("name", ["universal-ohlc", "universal-close"])
def test_the_forecast_is_of_the_size_of_the_volatility_that_made_the_bars(name):
    values, vol = bars(n=2000)
    values = values if name == "universal-ohlc" else values[:, 3]
    forecast = vrx.load(name).history(values).quantiles[:-1, 0, 2]  # the median: the mean leans to the large days
    true = vol[1:]
    known = np.isfinite(forecast)
    # Both the level and its changes: a constant forecast has correlation 0.
    assert 0.75 < np.mean(forecast[known]) / np.mean(true[known]) < 1.25
    assert np.corrcoef(np.log(forecast[known]), np.log(true[known]))[0, 1] > 0.6


def test_the_variance_model_beats_a_random_walk_on_volatility_that_reverts_at_several_speeds():
    # Days, weeks and months, as realized variance has them, seen with the error of 20 returns a day.
    rng = np.random.default_rng(4)
    log_variance = np.full(2000, -9.0)
    for persistence, deviation in ((0.4, 0.4), (0.9, 0.4), (0.99, 0.7)):
        part, shocks = 0.0, rng.normal(size=2000) * deviation * np.sqrt(1.0 - persistence**2)
        for t in range(2000):
            part = persistence * part + shocks[t]
            log_variance[t] += part
    measured = np.exp(log_variance) * rng.chisquare(20, 2000) / 20
    series = vrx.Bars({"variance": measured}, None, "made", 252, ())
    forecast = vrx.load("universal-variance").history(series).quantiles[:-1, 0, 2] ** 2
    known = np.isfinite(forecast)
    ours = np.mean((np.log(forecast) - log_variance[1:])[known] ** 2)
    walk = np.mean((np.log(measured[:-1]) - log_variance[1:])[known] ** 2)
    assert ours < 0.8 * walk


def test_the_model_is_picked_by_the_columns():
    values, vol = bars(n=600)
    columns = dict(zip(("open", "high", "low", "close"), values.T, strict=True))
    assert runtime.matching(vrx.Bars(columns, None, "x", 252, ())) == "universal-ohlc"
    assert runtime.matching(vrx.Bars({**columns, "variance": vol**2}, None, "x", 252, ())) == "universal-rv"
    assert runtime.matching(vrx.Bars({"variance": vol**2, "return": vol}, None, "x", 252, ())) == "universal-rv"
    assert runtime.matching(vrx.Bars({"variance": vol**2}, None, "x", 252, ())) == "universal-variance"
    short = vrx.Bars({"variance": vol[:503] ** 2, "return": vol[:503]}, None, "x", 252, ())
    assert runtime.matching(short) == "universal-variance"
    closes = vrx.Bars({"variance": vol[:504] ** 2, "close": values[:504, 3]}, None, "x", 252, ())
    assert runtime.matching(closes) == "universal-variance"  # the first close has no return
    assert runtime.load("universal-rv").spec.lookback == runtime.RV_DAYS
    assert runtime.matching(vrx.Bars({"close": values[:, 3]}, None, "x", 252, ())) == "universal-close"
    with pytest.raises(InputError, match="no bundled model reads volume"):
        runtime.matching(vrx.Bars({"volume": vol}, None, "x", 252, ()))


def test_when_the_history_is_too_short_then_the_error_says_how_much_is_needed():
    with pytest.raises(InputError, match="100 daily bars are too few: model universal-close reads the last 253"):
        vrx.load("universal-close").predict(np.linspace(1.0, 2.0, 100))


def test_the_bundled_files_hold_nothing_but_models_with_what_belongs_to_them():
    found = {path.name for path in Path(runtime.MODELS).iterdir() if path.is_file()}
    parts = (".onnx", ".json", ".md", ".png", ".safetensors")
    assert found == {"__init__.py", *(f"{name}{part}" for name in NAMES for part in parts)}

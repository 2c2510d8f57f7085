"""The spread in units of the errors that naive forecasts made inside the window."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import vrx
from tests.reference import naive as twin
from vrx.errors import InputError
from vrx.export.package import export
from vrx.training.networks.base import Inputs
from vrx.training.networks.naive import NaiveErrors
from vrx.training.networks.path import Paths
from vrx.training.run import execute

HORIZONS = (1, 5, 22)
NETWORK = {"encoder": "perceptron", "bottleneck": 8, "naive_unit": True}


def misses(variance, floor=0.01):
    """By window and horizon."""
    inputs, paths = Inputs(torch.as_tensor(variance), torch.zeros_like(torch.as_tensor(variance))), Paths(floor)
    return NaiveErrors(HORIZONS, paths)(inputs, paths(inputs)).numpy()


def windows(days, seed, noise=0.5, count=3):
    rng = np.random.default_rng(seed)
    level = 0.2 * rng.normal(size=(count, days)).cumsum(1)
    return 1e-4 * np.exp(level + noise * rng.normal(size=(count, days)))


@pytest.fixture
def begun(tiny, market, only, starting):
    """A network that has been started on a made market, and its train part."""

    def make(kind="scales", **changes):
        network = {**NETWORK, **({} if kind == "scales" else {"encoder": "lstm-attention"})}
        recipe = tiny("variance-return", kind, **{"lookback": 130, "horizons": (1, 5), "network": network, **changes})
        return starting(recipe, only(market(600, 5, "made"), recipe.channels))

    return make


@given(days=st.integers(65, 140), seed=st.integers(0, 2**32 - 1), floor=st.sampled_from([0.0, 0.01, 1.0]))
def test_the_errors_are_those_of_the_twin(days, seed, floor):
    variance = windows(days, seed)
    expected = [[twin.errors(one, horizon, floor=floor) for horizon in HORIZONS] for one in variance]
    np.testing.assert_allclose(misses(variance, floor), np.maximum(expected, 0.05), rtol=1e-7)


# By less, and days meet the least variance that there is.
@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(1e-3, 1e6))
def test_they_know_no_unit_of_variance(seed, factor):
    variance = windows(120, seed)
    np.testing.assert_allclose(misses(variance * factor), misses(variance), rtol=1e-7)


def test_noise_of_the_measure_makes_them_larger():
    found = [misses(windows(504, 0, noise)).mean(0) for noise in (0.2, 0.5, 1.0)]
    assert (np.diff(found, axis=0) > 0).all()


def test_a_window_that_stands_still_has_a_unit_all_the_same():
    for variance in (np.zeros((1, 80)), np.full((1, 80), 1e-4)):
        np.testing.assert_array_equal(misses(variance), 0.05)


@pytest.mark.parametrize("kind", ["scales", "linear", "encoder", "hybrid"])
def test_a_spread_grows_with_them_by_its_power(begun, kind):
    network, part = begun(kind)
    inputs = network.input(part.windows(torch.arange(5)))
    unit = network.unit(inputs, network.paths(inputs)) / network.scale
    with torch.no_grad():
        network.power.zero_()
        plain = network.distribution(inputs)
        network.power.copy_(torch.tensor([1.0, 0.3]))
        found = network.distribution(inputs)
    assert torch.equal(found.mean, plain.mean)
    np.testing.assert_allclose(found.spread / plain.spread, unit ** torch.tensor([1.0, 0.3]), rtol=1e-12)


def test_without_it_nothing_is_there(begun):
    network, _ = begun(network={**NETWORK, "naive_unit": False})
    assert "power" not in network.state_dict()
    assert network.unit is None


def test_training_moves_the_power_and_an_export_answers_the_same(tiny, market, only, tmp_path):
    recipe = tiny("variance-return", "scales", lookback=130, horizons=(1, 5), network=NETWORK, loss="faithful")
    recipe = replace(recipe, phases=tuple(replace(phase, keep="last") for phase in recipe.phases))
    bars = only(market(600, 5, "made"), recipe.channels)
    run = execute(recipe, [], [bars], tmp_path / "run")
    assert not torch.equal(run.network.power, torch.full((2,), 0.5, dtype=torch.float64))
    path = tmp_path / "model.onnx"
    export(run, path)
    forecaster = vrx.load(path)
    assert forecaster.verify() < 1e-6
    last = torch.as_tensor(bars.matrix(recipe.channels)[-recipe.lookback :])[None]
    with torch.no_grad():
        variance, _, quantiles = run.network(last)
    said = forecaster.predict(bars)
    np.testing.assert_allclose(said.variance, variance[0], rtol=1e-5)
    np.testing.assert_allclose(said.quantiles, quantiles[0], rtol=1e-5)


def test_what_cannot_have_it_is_refused(tiny):
    plain = tiny("variance-return", "encoder", lookback=130)
    with pytest.raises(InputError, match=r"network\.naive_unit is True: [a-z-]+ has a spread of its own: leave it out"):
        replace(plain, network=replace(plain.network, kind="log-har", naive_unit=True))
    with pytest.raises(InputError, match="the network reads 121 days: give 121"):
        tiny("variance-return", "scales", lookback=120, horizons=(1, 22), network=NETWORK)
    with pytest.raises(InputError, match="squared errors teach no spread"):
        replace(plain, loss="squared", network=replace(plain.network, naive_unit=True))


def test_a_model_fitted_in_one_go_drops_it(tiny):
    shape = tiny("variance-return", "scales", lookback=130, horizons=(1, 5), network=NETWORK).network
    assert shape.named("hybrid").naive_unit
    assert not shape.named("log-har").naive_unit
    assert shape.named("scales") == shape
    assert not replace(shape, naive_unit=False).named("hybrid").naive_unit

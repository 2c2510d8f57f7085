"""Networks of kind "scales": their columns, the perceptron that reads them, and the share of it that is kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import vrx
from tests.reference import scales as twin
from vrx.errors import InputError
from vrx.export.package import export
from vrx.training.calibration import set_shares
from vrx.training.networks.perceptron import Perceptron
from vrx.training.recipe import NetworkShape, Phase
from vrx.training.run import execute
from vrx.training.windows import samples

NETWORK = {"encoder": "perceptron", "bottleneck": 8, "week": False}
CHANNELS = ("variance", "variance-return", "close", "ohlc")


@pytest.fixture
def plan(tiny):
    """A recipe of kind scales."""

    def make(bars="variance-return", **changes):
        network = {**NETWORK, **changes.pop("network", {})}
        return tiny(bars, "scales", **{"lookback": 260, "horizons": (1, 5), "network": network, **changes})

    return make


@pytest.fixture
def begun(plan, market, only, starting):
    """A network that has been started on a made market, and its train part."""

    def make(bars="variance-return", **changes):
        recipe = plan(bars, **changes)
        return starting(recipe, only(market(900, 5, "made"), recipe.channels))

    return make


def regressors(network, windows):
    regression = network.combiner.regression
    with torch.no_grad():
        inputs = network.input(windows)
        return (regression.columns(inputs, network.paths(inputs)) * regression.sizes).numpy()


def said_by_twin(network, bars):
    """One window through the twin; what it takes is computed here from the bars."""
    bars, channels, floor = np.asarray(bars), network.input.channels, float(network.paths.floor)
    if channels[0] == "variance":
        returns = bars[:, 1] if len(channels) > 1 else None
        return twin.columns(bars[:, 0], returns, floor=floor)
    close = np.log(bars[:, -1])
    returns = np.diff(close)
    if len(channels) == 1:
        return twin.columns(returns**2, returns, floor=floor, own_squares=True)
    opening, high, low = (np.log(bars[1:, k]) for k in range(3))
    nights, body = opening - close[:-1], close[1:] - opening
    variance = 0.5 * (high - low) ** 2 - (2.0 * np.log(2.0) - 1.0) * body**2 + nights**2
    return twin.columns(variance, returns, nights, high - low, floor=floor)


@pytest.mark.parametrize("bars", CHANNELS)
def test_the_columns_are_those_of_the_twin(begun, bars):
    network, part = begun(bars)
    windows = part.windows(torch.tensor([0, 7, len(part) - 1]))
    expected = np.stack([said_by_twin(network, window) for window in windows])
    np.testing.assert_allclose(regressors(network, windows), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("days", [22, 60, 131])
def test_a_short_window_has_the_scales_that_fit_it(begun, days):
    network, part = begun("variance-return", lookback=days)
    windows = part.windows(torch.tensor([3]))
    np.testing.assert_allclose(regressors(network, windows)[0], said_by_twin(network, windows[0]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("bars", CHANNELS)
def test_no_column_knows_the_unit_of_the_variance(begun, bars):
    network, part = begun(bars)
    windows = part.windows(torch.arange(3)).clone()
    before = regressors(network, windows)
    if bars.startswith("variance"):
        windows[:, :, 0] *= 9.0
        windows[:, :, 1:] *= 3.0
    else:
        windows **= 3.0  # logs times three
    np.testing.assert_allclose(regressors(network, windows), before, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("bars", CHANNELS)
def test_a_market_that_stands_still_gets_a_finite_forecast(begun, bars):
    network, part = begun(bars)
    window = part.windows(torch.tensor([0])).clone()
    window[:] = 0.0 if bars.startswith("variance") else 100.0
    with torch.no_grad():
        variance, volatility, quantiles = network(window)
    assert all(torch.isfinite(out).all() for out in (variance, volatility, quantiles))


def test_the_perceptron_sees_columns_around_their_means(begun):
    network, part = begun()
    inputs = network.input(part.windows(torch.arange(len(part))))
    columns = network.combiner.regression.columns(inputs, network.paths(inputs))
    np.testing.assert_allclose(network.encoder.centre, columns.detach().numpy().mean(0), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(columns.detach().numpy().std(0), 1.0, rtol=1e-6)


def test_training_starts_at_least_squares_and_holds_the_linear_part_still(begun):
    network, part = begun()
    inputs = network.input(part.windows(torch.arange(len(part))))
    path = network.paths(inputs)
    columns = network.combiner.regression.columns(inputs, path).detach().numpy()
    design = np.column_stack([columns, np.ones(len(columns))])
    left = (part.target - path.level).numpy()
    solved = np.linalg.lstsq(design, left, rcond=None)[0]
    expected = design @ solved + path.level.numpy()
    np.testing.assert_allclose(network.distribution(inputs).mean.detach(), expected, atol=1e-4)
    linear = {id(parameter) for parameter in network.combiner.regression.parameters()}
    assert not linear & {id(parameter) for parameter in network.groups()["all"]}
    assert {id(parameter) for parameter in network.encoder.parameters()} <= {id(p) for p in network.groups()["all"]}


def test_the_share_is_least_squares_between_none_and_all(begun):
    network, part = begun()
    torch.nn.init.normal_(network.head.mean.weight, std=0.05)
    set_shares(network, network.combiner, part)
    with torch.no_grad():
        view, _ = network.view(network.input(part.windows(torch.arange(len(part)))))
        left = part.target - network.combiner.linear_forecast(view)
    expected = [
        np.clip(np.linalg.lstsq(view.answer[:, [k]].numpy(), left[:, k].numpy(), rcond=None)[0][0], 0.0, 1.0)
        for k in range(2)
    ]
    np.testing.assert_allclose(network.combiner.share, expected, rtol=1e-8)
    assert 0.0 <= float(network.combiner.share.min()) < 1.0


def test_a_head_that_says_what_is_left_is_taken_whole_and_its_opposite_not_at_all(begun):
    network, part = begun()
    with torch.no_grad():
        network.head.mean.bias.fill_(0.1)
        off = torch.zeros_like(part.target) + 0.1 * network.scale
        view, _ = network.view(network.input(part.windows(torch.arange(len(part)))))
        truth = network.combiner.linear_forecast(view)
    for sign, share in ((1.0, 1.0), (-1.0, 0.0)):
        part.target.copy_(truth + sign * off)
        set_shares(network, network.combiner, part)
        np.testing.assert_allclose(network.combiner.share, share, atol=1e-6)


@pytest.mark.parametrize("encoder", ["lstm-attention", "transformer", "dilated-convolution"])
def test_every_encoder_goes_with_the_scales(begun, encoder):
    network, part = begun(network={"encoder": encoder})
    variance, _, _ = network(part.windows(torch.arange(4)))
    assert torch.isfinite(variance).all()


def test_an_annealed_rate_falls_to_nothing_along_half_a_cosine(plan, market, only, tmp_path):
    recipe = plan(phases=(Phase("target", learning_rate=0.01, anneal=True, epochs=4, patience=9, batch_size=256),))
    run = execute(recipe, [], [only(market(900, 5, "made"), recipe.channels)], tmp_path / "run")
    expected = [0.01 * 0.5 * (1.0 + np.cos(np.pi * (k + 0.5) / 4)) for k in range(4)]
    np.testing.assert_allclose([epoch.learning_rate for epoch in run.history], expected)


@pytest.mark.parametrize("bars", CHANNELS)
def test_the_graph_answers_as_the_network_does(plan, market, only, tmp_path, bars):
    phases = (Phase("target", epochs=2, batch_size=256, anneal=True),)
    recipe = plan(bars, phases=phases, network={"week": bars == "ohlc"})
    series = only(market(900, 5, "made"), recipe.channels)
    run = execute(recipe, [], [series], tmp_path / "run")
    history = vrx.load(export(run, tmp_path / "model.onnx").path).history(series)
    part = samples([series], recipe, run.cuts, "test")
    with torch.no_grad():
        expected = run.network(part.windows(torch.arange(len(part))))[0].numpy()
    np.testing.assert_allclose(history.variance[part.rows.numpy()], expected, rtol=1e-5)
    assert isinstance(run.network.encoder, Perceptron)


def test_a_perceptron_without_a_linear_part_is_refused(plan):
    with pytest.raises(
        InputError, match=r"network.encoder is 'perceptron': it reads the columns of a linear part, and"
    ):
        replace(plan(), network=NetworkShape(kind="hybrid", encoder="perceptron"))


def test_another_model_of_a_recipe_with_a_perceptron_takes_the_default_encoder(plan):
    assert plan().network.named("residual").encoder == NetworkShape().encoder
    assert plan().network.named("linear").encoder == "perceptron"

"""Encoders, combiners and strategies: where training starts, what moves, and what a network says of itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import vrx
from vrx import har
from vrx.export.package import export
from vrx.rolling import LAGS, rolling_variance
from vrx.training import checkpoint
from vrx.training.networks import build
from vrx.training.networks.dynamic_attention import FEATURES, features
from vrx.training.networks.path import Path
from vrx.training.recipe import MODELS, Phase
from vrx.training.run import execute
from vrx.training.start import start
from vrx.training.strategies import STRATEGIES
from vrx.training.windows import samples, targets

FROM_HAR = ("hybrid-from-har", "residual", "regimes")
WITH_HAR = ("hybrid", *FROM_HAR, "dynamic-attention")
ENCODERS = ("lstm-attention", "transformer", "dilated-convolution")


@pytest.fixture(scope="module")
def series(bars, only):
    return only(bars, ("variance",))


@pytest.fixture
def started(tiny, series, starting):
    """A network at the start of its training, and the samples that it starts from."""

    def make(kind, **changes):
        return starting(tiny("variance", kind, **changes), series)

    return make


def windows_and_inputs(network, part):
    windows = part.windows(torch.arange(len(part)))
    return windows, network.input(windows)


@pytest.mark.parametrize("kind", FROM_HAR)
@torch.no_grad()
def test_training_starts_from_log_har(started, series, kind):
    network, part = started(kind)
    _, inputs = windows_and_inputs(network, part)
    said = network.distribution(inputs).mean.numpy()
    design = har.features(series["variance"], log=True)[part.rows.numpy()]
    for k in range(said.shape[1]):
        wanted, *_ = np.linalg.lstsq(design, part.target[:, k].numpy(), rcond=None)
        np.testing.assert_allclose(said[:, k], design @ wanted, atol=1e-5)


@pytest.mark.parametrize("kind", FROM_HAR)
@torch.no_grad()
def test_a_network_that_starts_from_har_says_the_bits_of_its_regression(started, kind):
    network, part = started(kind)
    _, inputs = windows_and_inputs(network, part)
    view, _ = network.view(inputs)
    regression = network.combiner.regression(inputs, view.path)
    np.testing.assert_allclose(network.distribution(inputs).mean.numpy(), regression.numpy(), rtol=1e-14)


@torch.no_grad()
def test_the_hybrid_lies_between_har_and_its_neural_part_by_its_weight(started):
    network, part = started("hybrid")
    _, inputs = windows_and_inputs(network, part)
    view, _ = network.view(inputs)
    linear, neural = network.combiner.regression(inputs, view.path), view.path.level + view.answer
    alpha = network.combiner.weights(view)["alpha"]
    assert alpha.tolist() == pytest.approx([0.8] * len(part))
    expected = 0.8 * linear + 0.2 * neural
    np.testing.assert_allclose(network.distribution(inputs).mean.numpy(), expected.numpy(), rtol=1e-12)


@torch.no_grad()
def test_dynamic_attention_weighs_each_window_by_its_own_code_and_features(started):
    network, part = started("dynamic-attention")
    torch.nn.init.normal_(network.combiner.gate.weight)
    _, inputs = windows_and_inputs(network, part)
    view, _ = network.view(inputs)
    alpha = network.combiner.weights(view)["alpha"]
    assert alpha.min() > 0.0 and alpha.max() < 1.0 and alpha.std() > 0.01
    gate = network.combiner.gate
    seen = torch.cat([view.code.double(), features(view.path)], 1)
    by_hand = 1.0 / (1.0 + np.exp(-(seen.numpy() @ gate.weight.numpy().T + gate.bias.numpy())))
    np.testing.assert_allclose(alpha.numpy(), by_hand[:, 0], rtol=1e-12)


def test_the_eight_features_are_those_of_the_paper():
    x = np.random.default_rng(1).normal(size=30)
    today, week = x[-1], x[-5:]
    trend = (x[-1] - x[-5]) / 5
    expected = {
        "daily": today,
        "weekly": week.mean(),
        "ten-day": x[-10:].mean(),
        "monthly": x[-22:].mean(),
        "volatility of volatility": week.std(),
        "trend": trend,
        "distance": today - x[-22:].mean(),
        "acceleration": trend - (x[-5] - x[-10]) / 5,
    }
    logs = torch.from_numpy(x[np.newaxis])
    found = features(Path(torch.zeros(1, 1), logs, torch.zeros_like(logs)))[0]
    assert tuple(expected) == FEATURES
    np.testing.assert_allclose(found.numpy(), list(expected.values()), rtol=1e-12)


@torch.no_grad()
def test_the_probabilities_of_regimes_add_up_and_their_corrections_are_averaged_by_them(started):
    network, part = started("regimes", network={"regimes": 4})
    torch.nn.init.normal_(network.combiner.corrections.weight)
    _, inputs = windows_and_inputs(network, part)
    view, _ = network.view(inputs)
    weights = network.combiner.weights(view)
    assert list(weights) == ["regime 1", "regime 2", "regime 3", "regime 4"]
    shares = torch.stack(list(weights.values()), 1)
    np.testing.assert_allclose(shares.sum(1).numpy(), 1.0, rtol=1e-12)
    each = network.combiner.corrections(torch.cat([view.code.double(), features(view.path)], 1))
    each = each.reshape(len(part), 4, 3).numpy()
    expected = network.combiner.regression(inputs, view.path).numpy() + np.einsum("bk,bkh->bh", shares.numpy(), each)
    np.testing.assert_allclose(network.distribution(inputs).mean.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ENCODERS)
@torch.no_grad()
def test_an_encoder_sees_every_day_of_its_sequence_and_none_before(tiny, bars, only, kind):
    close = only(bars, ("close",))
    recipe = tiny("close", kind, lookback=41, network={"sequence": 22})
    torch.manual_seed(0)
    encoder = build(recipe).eval().encoder
    steps = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 22, 2)).astype(np.float32))
    code = encoder(steps)
    for day in range(22):
        other = steps.clone()
        other[0, day] += 1.0
        assert not torch.equal(encoder(other), code), day
    assert code.shape == (1, encoder.width)
    assert len(close) > 41


@pytest.mark.parametrize("kind", WITH_HAR)
def test_no_phase_trains_the_har_inside_and_every_series_has_its_own(tiny, pair, tmp_path, kind):
    source, target = pair
    split = replace(tiny().split, train_end=target.dates[139].item(), validation_end=target.dates[209].item())
    phases = (Phase("source", epochs=1, batch_size=64), Phase("target", epochs=1, batch_size=64))
    recipe = tiny(kind=kind, phases=phases, split=split)
    run = execute(recipe, [source], [target], tmp_path / "run")
    part = samples([target], run.recipe, run.cuts, "train")
    fresh = build(recipe)
    start(fresh, part)
    ours, its = run.network.combiner.regression.linear, fresh.combiner.regression.linear
    assert torch.equal(ours.weight, its.weight) and torch.equal(ours.bias, its.bias)
    start(fresh, samples([source], run.recipe, run.cuts, "train"))
    assert not torch.equal(ours.weight, its.weight)


def after_the_last_epoch(run, folder):
    """The run's network with the weights of its last epoch, which need not be those that validation keeps."""
    tensors = checkpoint.load(folder / "state.safetensors")[0]
    network = build(run.recipe)
    network.load_state_dict({name[6:]: value for name, value in tensors.items() if name.startswith("model/")})
    return network


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "adapt"])  # tests/test_linear_part.py
def test_every_strategy_moves_what_it_says_and_nothing_else(tiny, pair, tmp_path, strategy):
    source, target = pair
    split = replace(tiny().split, train_end=target.dates[139].item(), validation_end=target.dates[209].item())
    phases = tuple(replace(phase, epochs=1, batch_size=64) for phase in STRATEGIES[strategy])
    before = None
    for count in range(1, len(phases) + 1):
        recipe = tiny(phases=phases[:count], split=split)
        needed = {phase.series for phase in phases[:count]}
        run = execute(
            recipe,
            [source] if "source" in needed else [],
            [target] if "target" in needed else [],
            tmp_path / str(count),
        )
        groups = after_the_last_epoch(run, tmp_path / str(count)).groups()
        if before is not None:
            moved = {
                name
                for name in ("encoder", "attention", "head")
                if any(not torch.equal(one, two) for one, two in zip(before[name], groups[name], strict=True))
            }
            named = set(phases[count - 1].parameters)
            assert moved == ({"encoder", "attention", "head"} if named == {"all"} else named)
        before = run.network.groups()


def test_a_rate_of_one_group_leaves_the_others_at_theirs(tiny, pair, tmp_path):
    # So small a rate moves no bit of a weight of ordinary size; the head moves.
    phases = (
        Phase("source", epochs=1, batch_size=64),
        Phase("target", ("encoder", "head"), rates=(1e-30, 1e-3), epochs=2, batch_size=64),
    )
    source, target = pair
    split = replace(tiny().split, train_end=target.dates[139].item(), validation_end=target.dates[209].item())
    first = execute(tiny(phases=phases[:1], split=split), [source], [], tmp_path / "one").network
    both = after_the_last_epoch(
        execute(tiny(phases=phases, split=split), [source], [target], tmp_path / "two"), tmp_path / "two"
    )
    assert torch.equal(first.encoder.lstm.weight_hh_l0, both.encoder.lstm.weight_hh_l0)
    assert not torch.equal(first.head.mean.weight, both.head.mean.weight)


@pytest.mark.parametrize("kind", MODELS)
def test_on_rolling_windows_every_model_forecasts_the_window_that_will_end_later(tiny, market, only, tmp_path, kind):
    close = only(market(600, 4, "long"), ("close",))
    recipe = tiny("close", kind, rolling=10, lookback=10 + LAGS, horizons=(1,))
    run = execute(recipe, [], [close], tmp_path / "run")
    variance, ahead = targets(close, recipe)
    np.testing.assert_allclose(variance, rolling_variance(close, 10))
    np.testing.assert_array_equal(ahead[:-1, 0], variance[1:])
    part = samples([close], run.recipe, run.cuts, "test")
    windows = part.windows(torch.arange(len(part)))
    with torch.no_grad():
        inputs, answer = run.network.input(windows), run.network(windows)[0]
    np.testing.assert_allclose(inputs.variance[:, -1].numpy(), variance[part.rows.numpy()], rtol=1e-9)
    if kind in (*FROM_HAR, "har", "log-har", "overlap", "overlap-network"):
        # Nine of ten returns are known: what reads the window is far better than the mean.
        errors = (answer[:, 0].log() - part.target[:, 0]).numpy()
        assert errors.std() < 0.7 * part.target[:, 0].numpy().std()


@pytest.mark.parametrize("kind", ["overlap", "overlap-network", "hybrid-from-har"])
def test_a_model_of_rolling_windows_travels_as_a_file(tiny, market, only, tmp_path, kind):
    close = only(market(600, 4, "long"), ("close",))
    recipe = tiny("close", kind, rolling=10, lookback=10 + LAGS, horizons=(1,))
    run = execute(recipe, [], [close], tmp_path / "run")
    package = export(run, tmp_path / "model.onnx")
    assert package.spec.target == "sample variance of the last 10 close-to-close log returns, as it will be tomorrow"
    history = vrx.load(package.path).history(close)
    part = samples([close], run.recipe, run.cuts, "test")
    with torch.no_grad():
        expected = run.network(part.windows(torch.arange(len(part))))[0].numpy()
    np.testing.assert_allclose(history.variance[part.rows.numpy()], expected, rtol=1e-5)

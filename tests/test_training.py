import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from vrx import har
from vrx.cli import pictures
from vrx.errors import InputError, TrainingError
from vrx.measures import daily_variance
from vrx.training import checkpoint, folder
from vrx.training.calibration import distributions, set_mean, set_quantiles, set_spread
from vrx.training.daily import every_day
from vrx.training.deterministic import deterministic
from vrx.training.folder import open_run
from vrx.training.losses import gaussian_loss
from vrx.training.networks import build, describe
from vrx.training.networks.base import Distribution, Variance
from vrx.training.recipe import MODELS, Phase, named
from vrx.training.run import execute
from vrx.training.start import start
from vrx.training.state import State
from vrx.training.strategies import STRATEGIES
from vrx.training.windows import cuts, samples

OHLC = ("open", "high", "low", "close")
TWO = (Phase("source", epochs=2, batch_size=64), Phase("target", epochs=2, batch_size=32, learning_rate=1e-4))


def weights(folder):
    return {name: value.numpy().tobytes() for name, value in checkpoint.load(folder / "model.safetensors")[0].items()}


def test_two_runs_of_one_recipe_end_with_the_same_bits_whatever_the_global_generator_did(tmp_path, tiny, pair):
    source, target = pair
    for name, noise in (("a", 1), ("b", 2)):
        torch.manual_seed(noise)
        torch.rand(noise)
        execute(tiny(phases=TWO), [source], [target], tmp_path / name)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_another_seed_gives_other_weights(tmp_path, tiny, pair):
    for seed in (0, 1):
        execute(tiny(seed=seed), [], [pair[1]], tmp_path / str(seed))
    assert weights(tmp_path / "0") != weights(tmp_path / "1")


def test_a_run_leaves_torch_as_it_found_it(tmp_path, tiny, pair):
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    drawn = torch.get_rng_state()
    execute(tiny(threads=2), [], [pair[1]], tmp_path / "run")
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before
    assert torch.equal(torch.get_rng_state(), drawn)
    with deterministic(2):
        assert torch.are_deterministic_algorithms_enabled()


def test_the_frozen_strategy_leaves_the_encoder_s_bits_and_full_moves_them(tmp_path, tiny, pair):
    source, target = pair
    after = {}
    for name, parameters in (("pretrained", None), ("frozen", ("head",)), ("full", ("all",))):
        phases = TWO[:1] if parameters is None else (TWO[0], replace(TWO[1], parameters=parameters))
        # The split is given, so that pretraining alone is cut where the transfers are.
        split = replace(tiny().split, train_end=target.dates[139].item(), validation_end=target.dates[209].item())
        execute(tiny(phases=phases, split=split), [source], [target], tmp_path / name)
        # Of the later phase what its last epoch left: the network as it came may be the better one.
        last = checkpoint.load(tmp_path / name / "state.safetensors")[0]
        model = {key[6:]: value.numpy().tobytes() for key, value in last.items() if key.startswith("model/")}
        after[name] = weights(tmp_path / name) if parameters is None else model
    encoder = [key for key in after["full"] if key.startswith("encoder.")]
    assert len(encoder) == 12
    assert all(after["frozen"][key] == after["pretrained"][key] for key in encoder)
    assert all(after["full"][key] != after["pretrained"][key] for key in encoder if "weight_ih" in key)
    assert after["frozen"]["head.mean.weight"] != after["pretrained"]["head.mean.weight"]
    assert STRATEGIES["frozen"][1].parameters == ("head",)


@pytest.mark.parametrize("kind", [kind for kind in MODELS if not kind.startswith("overlap")][:-2])
def test_the_groups_share_no_parameter_and_leave_none_out(tiny, kind):
    network = build(tiny(kind=kind))
    groups = network.groups()
    ids = [id(p) for name in ("encoder", "attention", "head") for p in groups[name]]
    assert len(ids) == len(set(ids))
    # But for a HAR inside and the scales, which no epoch trains.
    held = {
        id(p) for name, p in network.named_parameters() if name.startswith("combiner.regression") and kind != "linear"
    }
    assert set(ids) == {id(p) for p in network.parameters()} - held
    assert bool(held) == (kind in ("hybrid", "hybrid-from-har", "dynamic-attention", "residual", "regimes", "scales"))


def test_the_paper_s_network_has_the_parameters_that_its_layers_add_up_to():
    # Input 2; three LSTM layers of 64 with two biases; norm; attention; 64 to 32; 32 to 32; two outputs of 3.
    lstm = 4 * 64 * (2 + 64 + 2) + 2 * 4 * 64 * (64 + 64 + 2)
    rest = 2 * 64 + 4 * (64 * 64 + 64) + (64 * 32 + 32) + (32 * 32 + 32) + 2 * (32 * 3 + 3)
    recipe = named("dhansoia")
    assert describe(recipe, build(recipe)).endswith(f"{lstm + rest:,} parameters")


@pytest.mark.parametrize("measure", ["close_to_close", "garman_klass", "variance"])
def test_the_graph_s_variance_is_that_of_the_measures(bars, only, measure):
    names = {"close_to_close": ("close",), "garman_klass": OHLC, "variance": ("variance",)}[measure]
    inputs = Variance(names)(torch.from_numpy(bars.matrix(names)[None]))
    name, expected = daily_variance(only(bars, names))
    assert name == measure
    lost = len(bars) - inputs.variance.shape[1]
    np.testing.assert_allclose(inputs.variance[0].numpy(), expected[lost:], 1e-12)


def test_a_flat_day_whose_high_misses_its_close_by_float_noise_is_sound(tiny, bars):
    window = bars.matrix(OHLC)[:23].copy()
    close = window[9, 3]
    window[10] = (close, close, close, close * (1 + 1e-10))
    network = build(tiny()).eval()
    with torch.no_grad():
        assert network.input(torch.from_numpy(window[None])).variance[0, 9] == 0.0
        assert all(torch.isfinite(part).all() for part in network(torch.from_numpy(window[None])))


@pytest.mark.parametrize("kind", ["lstm-attention", "har", "log-har"])
@pytest.mark.parametrize("channels", ["close", "ohlc", "variance", "variance-return"])
def test_an_unsound_value_anywhere_in_a_window_makes_that_row_nan_and_no_other(
    tiny, trained, bars, channel_sets, kind, channels
):
    network = trained(kind, channels)[0].network
    names = channel_sets[channels]
    window = bars.matrix(names)[40:63]
    bad = [np.nan, np.inf, -np.inf]
    rows = []
    for row in (0, 1, 11, 22):
        for k, name in enumerate(names):
            for value in bad + ([] if name == "return" else [-1e-9]) + ([0.0] if name in OHLC else []):
                rows.append(window.copy())
                rows[-1][row, k] = value
                rows.append(window)
    with torch.no_grad():
        answers = [part.numpy().reshape(len(rows), -1) for part in network(torch.from_numpy(np.stack(rows)))]
    for answer in answers:
        assert np.isnan(answer[::2]).all()
        assert np.isfinite(answer[1::2]).all()


def test_a_zero_variance_is_lawful_and_does_not_pull_log_har_down(trained, bars):
    run, _ = trained("log-har", "variance")
    window = bars.matrix(("variance",))[40:63].copy()
    still, small = window.copy(), window.copy()
    still[-1], small[-1] = 0.0, 0.01 * window[:-1].sum() / 23.0
    with torch.no_grad():
        answers = run.network(torch.from_numpy(np.stack([still, small])))[0].numpy()
    np.testing.assert_allclose(answers[0], answers[1], 1e-3)


@pytest.mark.parametrize("log", [False, True])
def test_least_squares_sees_nothing_after_validation(tiny, bars, only, tmp_path, log):
    kind = "log-har" if log else "har"
    series = only(bars, ("variance",))
    at = cuts([series], tiny().split)
    later = series.dates > at.validation_end
    altered = replace(series, columns={"variance": np.where(later, 7.0 * series["variance"], series["variance"])})
    for name, one in (("a", series), ("b", altered)):
        execute(tiny("variance", kind), [], [one], tmp_path / name)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    known = series["variance"][: int((~later).sum())]
    found = open_run(tmp_path / "a").network.coefficients.detach().numpy()
    for k, horizon in enumerate((1, 5, 22)):
        assert found[k].tolist() == har.fit(known, horizon, log=log).coefficients.tolist()


def test_weights_and_calibration_see_nothing_of_the_test_part(tiny, bars, only, tmp_path):
    series = only(bars, ("close",))
    at = cuts([series], tiny().split)
    later = series.dates > at.validation_end
    altered = replace(series, columns={"close": np.where(later, 3.0 * series["close"], series["close"])})
    for name, one in (("a", series), ("b", altered)):
        execute(tiny("close"), [], [one], tmp_path / name)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_the_linear_part_starts_at_pooled_least_squares(tiny, bars, only, starting):
    network, part = starting(tiny("variance", "linear", lookback=60), only(bars, ("variance",)))
    regression = network.combiner.regression
    with torch.no_grad():
        inputs = network.input(part.windows(torch.arange(len(part))))
        path = network.paths(inputs)
        level = path.level
        columns = regression.columns(inputs, path).numpy()
        design = np.column_stack([columns, np.ones(len(columns))])
        wanted, *_ = np.linalg.lstsq(design, (part.target - level).numpy(), rcond=None)
        fitted = regression.linear(torch.from_numpy(columns)).numpy()
    np.testing.assert_allclose(fitted, design @ wanted, atol=1e-4)
    assert network.scale.item() == pytest.approx(float((path.logs**2).mean()) ** 0.5)
    # The head starts at nothing, so the forecast starts at the regression.
    mean = distributions(network, part).mean
    np.testing.assert_allclose(mean.numpy(), fitted + level.numpy(), 1e-12)


def test_calibration_makes_the_mean_unbiased_and_the_quantiles_those_of_the_part(tiny, trained, bars, only):
    run, _ = trained()
    recipe, series = tiny(), only(bars, OHLC)
    part = samples([series], recipe, cuts([series], recipe.split), "validation")
    network = build(recipe)
    network.load_state_dict(run.network.state_dict())
    set_quantiles(network, [part], recipe.levels)
    set_mean(network, [part])
    with torch.no_grad():
        variance, volatility, quantiles = network.eval()(part.windows(torch.arange(len(part))))
    np.testing.assert_allclose((part.target.exp() / variance).mean(0).numpy(), 1.0, 1e-6)
    assert torch.equal(volatility, variance.sqrt())
    below = ((0.5 * part.target).exp()[:, :, None] <= quantiles).double().mean(0).numpy()
    np.testing.assert_allclose(below, [recipe.levels] * 3, atol=1.5 / len(part))
    assert (quantiles.diff(dim=2) > 0).all()


@pytest.mark.parametrize("kind", ["lstm-attention", "linear"])
def test_a_constant_series_keeps_a_spread_above_zero(tiny, bars, only, starting, kind):
    recipe, series = tiny("variance", kind, loss="squared", network={"floor": 0.0}), only(bars, ("variance",))
    constant = replace(series, columns={"variance": np.full(len(series), 1e-4)})
    network, part = starting(recipe, constant)
    with torch.no_grad():
        network.head.mean.weight.zero_()
        network.head.mean.bias.zero_()
    set_spread(network, [part])
    set_quantiles(network, [part], recipe.levels)
    set_mean(network, [part])
    mean, spread = distributions(network, part)
    np.testing.assert_allclose(spread.numpy(), 1e-3)
    np.testing.assert_allclose(mean.numpy(), np.log(1e-4))
    assert torch.isfinite(gaussian_loss(Distribution(mean, spread), part.target))
    with torch.no_grad():
        answers = network(part.windows(torch.arange(len(part))))
    np.testing.assert_allclose(answers[0].numpy(), 1e-4, rtol=1e-5)
    np.testing.assert_allclose(answers[2].numpy(), 1e-2, rtol=1e-5)


def test_the_spread_of_a_series_that_moves_is_the_root_mean_square_of_its_errors(tiny, bars, only, starting):
    network, part = starting(tiny("variance", "linear", loss="squared"), only(bars, ("variance",)))
    set_spread(network, [part])
    mean, spread = distributions(network, part)
    np.testing.assert_allclose(spread[0].numpy(), ((part.target - mean) ** 2).mean(0).sqrt().numpy(), rtol=1e-9)


def test_the_loss_is_the_normal_law_s():
    rng = np.random.default_rng(0)
    mean, spread, target = (torch.from_numpy(rng.uniform(0.5, 2.0, (4, 3))) for _ in range(3))
    expected = -torch.distributions.Normal(mean, spread).log_prob(target).mean()
    assert gaussian_loss(Distribution(mean, spread), target).item() == pytest.approx(expected.item(), rel=1e-12)


def test_a_phase_stops_when_it_has_waited_and_halves_its_rate_on_a_plateau(tiny, tmp_path, pair):
    # A rate too small to move the loss in its last digit: every epoch is stale, measured against the start.
    phase = Phase("target", epochs=50, patience=7, plateau=2, learning_rate=1e-30, batch_size=64)
    run = execute(tiny(phases=(phase,), network={"dropout": 0.0}), [], [pair[1]], tmp_path / "run")
    rates = [epoch.learning_rate for epoch in run.history]
    assert len(rates) == 7
    assert [rate / 1e-30 for rate in rates] == pytest.approx([1, 1, 1, 0.5, 0.5, 0.5, 0.25])


def test_the_best_weights_are_kept_and_not_the_last(tiny, tmp_path, pair):
    phase = Phase("target", epochs=6, patience=6, learning_rate=0.5, batch_size=16)
    recipe = tiny(phases=(phase,), network={"dropout": 0.0})
    run = execute(recipe, [], [pair[1]], tmp_path / "run")
    part = samples([pair[1]], recipe, run.cuts, "validation")
    losses = [epoch.validation_loss for epoch in run.history]
    assert min(losses) < losses[-1]
    assert float(gaussian_loss(distributions(run.network, part), part.target)) == pytest.approx(min(losses), rel=1e-9)


def test_the_last_weights_are_kept_where_a_phase_asks_for_them(tiny, tmp_path, pair):
    phase = Phase("target", epochs=6, patience=1, plateau=1, learning_rate=0.5, batch_size=16, keep="last")
    recipe = tiny(phases=(phase,), network={"dropout": 0.0})
    run = execute(recipe, [], [pair[1]], tmp_path / "run")
    part = samples([pair[1]], recipe, run.cuts, "validation")
    losses = [epoch.validation_loss for epoch in run.history]
    assert len(losses) == 6 and min(losses) < losses[-1]
    assert {epoch.learning_rate for epoch in run.history} == {0.5}
    marked = [pictures._kept(run.history, slice(0, 6), one) for one in (phase, replace(phase, keep="best"))]
    assert marked == [5, losses.index(min(losses))]
    assert float(gaussian_loss(distributions(run.network, part), part.target)) == pytest.approx(losses[-1], rel=1e-9)


def test_a_phase_that_only_makes_it_worse_leaves_the_network_as_it_came(tiny, tmp_path, pair):
    phase = Phase("target", epochs=4, patience=2, learning_rate=0.5, batch_size=16)
    recipe = tiny(kind="linear", phases=(phase,), loss="squared")
    run = execute(recipe, [], [pair[1]], tmp_path / "run")
    torch.manual_seed(recipe.seed)
    network = build(recipe)
    start(network, samples([pair[1]], recipe, run.cuts, "train"))
    part = samples([pair[1]], recipe, run.cuts, "validation")
    before = distributions(network, part).mean
    assert float(((part.target - before) ** 2).mean()) < min(epoch.validation_loss for epoch in run.history)
    assert torch.equal(distributions(run.network, part).mean, before)
    assert len(run.history) == 2


def test_when_the_loss_is_no_number_then_it_says_where_and_what_to_do(tiny, tmp_path, pair):
    phase = Phase("target", epochs=2, learning_rate=9.9, clip=1e30, batch_size=64)
    broken = replace(pair[1], columns={name: pair[1][name] ** 1.0 for name in OHLC})
    broken.columns["close"][5] = np.nan
    with pytest.raises(TrainingError, match="phase 0, epoch 0: the loss is nan in training"):
        execute(tiny(phases=(phase,), horizons=(1,)), [], [broken], tmp_path / "run")


def test_an_opened_run_forecasts_the_same_bits_and_carries_the_same_facts(trained, bars):
    run, folder = trained()
    again = open_run(folder)
    window = torch.from_numpy(run.example[None])
    with torch.no_grad():
        assert all(torch.equal(a, b) for a, b in zip(run.network(window), again.network(window), strict=True))
    assert (again.recipe, again.origins, again.cuts, again.history) == (run.recipe, run.origins, run.cuts, run.history)
    assert again.scores == json.loads(json.dumps(run.scores))
    assert np.array_equal(again.example, run.example)
    assert again.origins[0].last == str(run.cuts.validation_end)


def test_a_series_that_no_phase_reads_is_no_origin_of_the_model(tiny, tmp_path, pair):
    source, target = pair
    scratch = execute(tiny(), [source], [target], tmp_path / "scratch")
    both = execute(tiny(phases=TWO), [source], [target], tmp_path / "both")
    assert [origin.name for origin in scratch.origins] == ["target"]
    assert [origin.name for origin in both.origins] == ["target", "source"]


def test_a_held_out_series_is_scored_and_changes_no_weight(tiny, tmp_path, pair):
    source, target = pair
    phases = (Phase("source", epochs=2, batch_size=64),)
    alone = execute(tiny(phases=phases), [source], [], tmp_path / "alone")
    with_held = execute(tiny(phases=phases, held_out=("target",)), [source, target], [], tmp_path / "held")
    assert weights(tmp_path / "alone") == weights(tmp_path / "held")
    assert "unseen" not in alone.scores
    assert with_held.scores["unseen"]["series"].keys() == {"target"}
    assert [origin.name for origin in with_held.origins] == ["source"]


def test_scores_stand_beside_the_baselines_on_the_days_after_validation(trained, bars):
    run, _ = trained()
    scores = run.scores["seen"]["series"]["toy"]
    models = {row["model"] for row in scores["rows"]}
    assert {"model", "log-har"} < models
    after = int((bars.dates > run.cuts.validation_end).sum())
    assert scores["given"] == after - 22 + 1
    assert run.scores["test_from"] == str(run.cuts.validation_end + 1)


def test_a_regression_of_a_source_is_fitted_to_the_source_and_scored_on_the_target(tiny, tmp_path, pair):
    source, target = pair
    split = replace(tiny().split, train_end=target.dates[139].item(), validation_end=target.dates[209].item())
    recipe = tiny(kind="log-har", phases=TWO[:1], split=split)
    across = execute(recipe, [source], [target], tmp_path / "across")
    alone = execute(recipe, [source], [], tmp_path / "alone")
    assert torch.equal(across.network.coefficients, alone.network.coefficients)
    assert torch.equal(across.network.answer.quantiles, alone.network.answer.quantiles)
    assert across.scores["unseen"]["series"].keys() == {"target"}


@pytest.mark.parametrize(("change", "message"), [("channel", "no open among close"), ("dates", "has no dates")])
@pytest.mark.parametrize("role", ["held out", "target of a zero-shot"])
def test_what_is_only_scored_is_checked_before_any_training(tiny, tmp_path, pair, only, role, change, message):
    source, target = pair
    other = only(target, ("close",)) if change == "channel" else replace(target, dates=None)
    split = replace(tiny().split, train_end=source.dates[139].item(), validation_end=source.dates[209].item())
    recipe = tiny(phases=TWO[:1], split=split, held_out=("target",) if role == "held out" else ())
    with pytest.raises(InputError, match=message):
        execute(recipe, [source], [other], tmp_path / "run", report=lambda _: pytest.fail("trained"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("days", [1, 22])
def test_a_series_shorter_than_a_window_has_no_forecast_on_any_day(trained, bars, days):
    run, _ = trained("lstm-attention", "close")
    said = every_day(run.network, run.recipe, bars.head(days))
    assert said.variance.shape == (days, 3)
    assert np.isnan(said.variance).all()


@torch.no_grad()
def test_the_hybrid_from_har_starts_with_the_bits_of_har(tiny, bars, starting):
    network, part = starting(tiny(kind="hybrid-from-har"), bars)
    inputs = network.input(part.windows(torch.arange(len(part))))
    view, _ = network.view(inputs)
    assert torch.equal(network.distribution(inputs).mean, network.combiner.linear_forecast(view))


def test_too_few_shocks_are_one_line(tiny, tmp_path, market, only):
    recipe = tiny("close", "overlap", rolling=10, lookback=142, horizons=(1,))
    with pytest.raises(InputError, match="windows in the train part are too few") as caught:
        execute(recipe, [], [only(market(300, 4, "short"), ("close",))], tmp_path / "run")
    assert "\n" not in str(caught.value)


def test_when_nothing_ever_moves_then_the_days_of_no_variance_are_counted(tiny, tmp_path, bars, only):
    still = replace(only(bars, ("close",)), columns={"close": np.full(len(bars), 100.0)})
    with pytest.raises(InputError, match=r"\([1-9]\d* more come before days of no variance\)"):
        execute(tiny("close"), [], [still], tmp_path / "run")


def test_two_processes_do_not_train_in_one_folder(tiny, tmp_path, pair):
    with folder.held(tmp_path / "run"), pytest.raises(TrainingError, match="another process trains") as caught:
        execute(tiny(), [], [pair[1]], tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "run").iterdir())
    # What a killed one left behind holds nobody out.
    (tmp_path / "run" / ".lock").touch()
    execute(tiny(), [], [pair[1]], tmp_path / "run")
    assert not (tmp_path / "run" / ".lock").exists()


def test_when_the_series_is_too_short_for_the_baselines_then_the_run_ends_without_scores(tiny, tmp_path, pair):
    run = execute(tiny(horizons=(1,)), [], [pair[1].head(150)], tmp_path / "run")
    assert run.scores.keys() == {"test_from"}
    assert open_run(tmp_path / "run").scores == run.scores


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("no source", "trains on a source: give --source"),
        ("no series", "no series is left to train on"),
        ("lacks highs", "no high among open, close"),
        ("too short", "give a longer history or a shorter lookback"),
        ("begins late", "give a longer history or a shorter lookback"),
        ("har on two", "fitted to one series, not to 2"),
    ],
)
def test_when_series_and_recipe_do_not_fit_then_one_line_says_why_and_no_folder_is_made(
    tiny, tmp_path, pair, only, change, message
):
    source, target = pair
    late = replace(source, dates=np.datetime64("2031-01-01") + np.arange(300))
    recipe, sources, targets = {
        "no source": (tiny(phases=TWO), [], [target]),
        "no series": (tiny(held_out=("target",)), [], [target]),
        "lacks highs": (tiny(), [], [only(target, ("open", "close"))]),
        "too short": (tiny(), [], [target.head(60)]),
        "begins late": (tiny(phases=TWO), [late], [target]),
        "har on two": (tiny(kind="har"), [], [target, replace(target, name="again")]),
    }[change]
    with pytest.raises(InputError, match=message) as caught:
        execute(recipe, sources, targets, tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_what_torch_says_of_other_weights_is_made_one_line(tmp_path, trained):
    _, whole = trained("har", "close")
    for name in ("run.json", "model.safetensors"):
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    checkpoint.save(tmp_path / "model.safetensors", {}, {})
    with pytest.raises(TrainingError, match="do not fit together") as caught:
        open_run(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "run.json").unlink(), "holds no run"),
        (lambda f: (f / "run.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "run.json").write_text("[]"), "not an object"),
        (lambda f: (f / "run.json").write_text('{"status": "running"}'), "not finished: vrx train --resume"),
        (lambda f: (f / "run.json").write_text('{"status": "done"}'), "do not fit together"),
        (lambda f: (f / "model.safetensors").write_bytes(b"x"), "not a checkpoint of vrx"),
        (lambda f: (f / "model.safetensors").unlink(), "no such checkpoint"),
        (lambda f: checkpoint.save(f / "model.safetensors", {}, {}), "do not fit together"),
    ],
)
def test_when_a_run_s_folder_is_damaged_then_opening_it_says_how(tmp_path, trained, damage, message):
    _, folder = trained("har", "close")
    copy = tmp_path / "run"
    copy.mkdir()
    for name in ("run.json", "model.safetensors"):
        (copy / name).write_bytes((folder / name).read_bytes())
    open_run(copy)
    damage(copy)
    with pytest.raises(TrainingError, match=message):
        open_run(copy)


def test_the_state_of_the_loop_survives_json():
    state = State(phase=1, epoch=3, rate=0.1, stale=2, waited=1)
    assert State.from_dict(json.loads(json.dumps(state.to_dict()))) == state

"""Forecasts of the rolling Hurst exponent: the arithmetic, the network, its file and its commands."""

import csv
import importlib
import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command_line import refused, strict
from tests.reference import hurst_ahead as twin
from vrx import InputError, ModelFileError, _protobuf
from vrx.fractional import fgn
from vrx.hurst import HurstForecaster, Wavelet, ahead
from vrx.hurst._ahead import plan_of, unknown_shares
from vrx.series import Bars

pytest.importorskip("torch")
import torch

from vrx.evaluation.split import Cuts
from vrx.training import hurst_network
from vrx.training.hurst_network import train
from vrx.training.hurst_scores import autoregression, scored
from vrx.training.hurst_series import HurstRecipe, market
from vrx.training.networks.hurst import HurstNetwork

DAYS = 620
FIRST = np.datetime64("2020-01-01")
AT = Cuts(FIRST + 330, FIRST + 470)
SMALL = HurstRecipe(window=64, horizons=(1, 5), sequence=5, hidden=4, epochs=3, samples=300, batch_size=64)


def made(days=DAYS, seed=0, name="toy"):
    """Closes with volatility that moves."""
    rng = np.random.default_rng(seed)
    size = np.exp(0.5 * np.convolve(rng.normal(size=days + 20), np.full(20, 0.2), "valid")[:days])
    closes = 100.0 * np.exp(np.cumsum(0.01 * size * rng.normal(size=days)))
    return Bars({"close": closes}, FIRST + np.arange(days), name, 365, ())


@pytest.fixture(scope="module")
def markets():
    return [market(made(seed=seed, name=f"toy{seed}"), SMALL.window) for seed in (1, 2)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a series and the model that the command trained on it."""
    return tmp_path_factory.mktemp("hurst")


@pytest.fixture(scope="module")
def run(folder):
    """What the command trained, but for a head that says much: of a toy there is little to learn beyond the rule."""
    from vrx.cli import main
    from vrx.export import hurst_graph

    with (folder / "toy.csv").open("w") as file:
        bars = made(days=900)
        csv.writer(file).writerows(
            [("date", "close"), *zip(bars.dates, map(repr, bars["close"].tolist()), strict=True)]
        )
    runs, write, out = [], hurst_graph.export, io.StringIO()

    def export(run, path):
        torch.manual_seed(0)
        torch.nn.init.normal_(run.network.head.weight)
        runs.append(run)
        return write(run, path)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hurst_graph, "export", export)
        words = ["--series", folder / "toy.csv", "--out", folder / "toy.onnx", "--epochs", 2, "--hidden", 4, "--json"]
        patched.setattr("sys.argv", ["vrx", "train-hurst", *map(str, words)])
        patched.setattr("sys.stdout", out)
        with pytest.raises(SystemExit) as end:
            main()
    assert end.value.code in (0, None)
    (folder / "said.json").write_text(out.getvalue())
    return runs[0]


@pytest.fixture
def model(run, folder):
    return HurstForecaster(folder / "toy.onnx")


@pytest.fixture(scope="module")
def returns():
    return np.diff(np.log(made(days=900)["close"]))


# -- what is known without a model -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["drop-out", "known"])
@pytest.mark.parametrize("window", [64, 100, 252])
def test_the_rules_are_their_slow_twins(rule, window, returns):
    found = ahead(returns, (1, 5), window, rule=rule)
    for row in (window - 1, 400, len(returns) - 1):
        values = returns[row - window + 1 : row + 1]
        assert found[row] == pytest.approx([twin.ahead(values, h, rule) for h in (1, 5)], abs=1e-10)


def test_persistence_is_the_rolling_exponent(returns):
    wanted = Wavelet(kind="noise").rolling(returns, 252).h
    np.testing.assert_allclose(ahead(returns, (1, 22), rule="persistence"), np.stack([wanted] * 2, 1), atol=1e-12)


def test_the_known_rule_is_the_mean_over_what_may_come():
    rng = np.random.default_rng(5)
    past, plan, h = rng.normal(size=252), plan_of(252), 5
    size = np.sqrt(np.mean(past**2))
    draws = np.stack([plan.variances(np.append(past[h:], size * rng.normal(size=h)))[:, 0] for _ in range(4000)])
    still = plan.variances(np.append(past[h:], np.zeros(h)))[:, 0]
    wanted = still + unknown_shares(plan, (h,))[0] * size**2
    error = draws.std(axis=0) / np.sqrt(len(draws))
    assert (np.abs(draws.mean(axis=0) - wanted) < 4.0 * error + 1e-12).all()
    assert float(1.0 + np.log(wanted) @ plan.slope_weights / 2.0) == pytest.approx(ahead(past, (h,))[-1, 0], abs=1e-12)


@pytest.mark.parametrize("h", [0.3, 0.5, 0.7])
def test_on_noise_of_any_exponent_what_is_known_beats_dropping_out_beats_persistence(h):
    values = fgn(3000, h, seed=1)
    came = Wavelet(kind="noise").rolling(values, 252).h[1:]
    rules = ("persistence", "drop-out", "known")
    errors = [np.sqrt(np.nanmean((ahead(values, (1,), rule=rule)[:-1, 0] - came) ** 2)) for rule in rules]
    assert errors[2] < 0.4 * errors[0]
    assert errors[2] < errors[1] < errors[0]


@settings(max_examples=20)
@given(
    row=st.integers(300, 800), value=st.sampled_from([np.nan, 0.0, 1e3]), rule=st.sampled_from(["known", "drop-out"])
)
def test_no_later_value_changes_a_bit_of_a_rule(returns, row, value, rule):
    changed = returns.copy()
    changed[row + 1 :] = value
    before, after = ahead(returns, rule=rule)[: row + 1], ahead(changed, rule=rule)[: row + 1]
    assert before.tobytes() == after.tobytes()


def test_a_gap_makes_the_windows_that_hold_it_nan_and_no_others(returns):
    changed = returns.copy()
    changed[300] = np.nan
    found, wanted = ahead(changed), ahead(returns)
    assert np.isnan(found[300:552]).all()
    np.testing.assert_array_equal(found[:300], wanted[:300])
    np.testing.assert_array_equal(found[552:], wanted[552:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rule": "magic"}, "rule is 'magic': use one of persistence, drop-out, known"),
        ({"horizons": (35,)}, "use some below 35"),
        ({"horizons": ()}, "horizons are []"),
        ({"horizons": (0,)}, "a horizon is 0"),
        ({"window": 22}, "window is 22"),
        ({"days": 0}, "days is 0"),
        ({"x": ["a"]}, "has dtype"),
        ({"x": [[0.1]]}, "shape (1, 1)"),
    ],
)
def test_when_an_argument_of_ahead_is_wrong_then_one_line_says_so(returns, arguments, message):
    with pytest.raises(InputError) as error:
        ahead(**{"x": returns, **arguments})
    assert message in str(error.value)
    assert "\n" not in str(error.value)


# -- the network -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("known", "rule"), [(True, "known"), (False, "persistence")])
def test_before_training_the_network_is_the_rule(known, rule, returns):
    network = HurstNetwork(252, 7, (1, 5, 22), 4, known=known)
    windows = np.lib.stride_tricks.sliding_window_view(returns, network.lookback).copy()
    with torch.no_grad():
        found = network(torch.from_numpy(windows)).numpy()
    np.testing.assert_allclose(found, ahead(returns, rule=rule)[network.lookback - 1 :], atol=1e-12)


def test_training_is_the_same_bits_from_the_same_seed_and_others_from_another(markets):
    first, again = (train(markets, replace(SMALL, known=False), AT).network.state_dict() for _ in range(2))
    other = train(markets, replace(SMALL, known=False, seed=1), AT).network.state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["lstm.weight_ih_l0"], other["lstm.weight_ih_l0"])


def test_training_never_looks_at_the_test_part(markets):
    cut = int(np.searchsorted(markets[0].dates, AT.validation_end, side="right"))
    changed = []
    for one in markets:
        closes = one.bars["close"].copy()
        closes[cut + 1 :] *= np.exp(np.random.default_rng(9).normal(size=len(closes) - cut - 1))
        changed.append(market(replace(one.bars, columns={"close": closes}), SMALL.window))
    first, second = (train(ones, replace(SMALL, known=False), AT) for ones in (markets, changed))
    state = first.network.state_dict()
    assert all(torch.equal(state[name], value) for name, value in second.network.state_dict().items())
    assert first.origins == second.origins
    assert any(value.abs().sum() > 0 for name, value in state.items() if name.startswith("head"))


def test_when_no_epoch_is_better_then_the_start_is_kept(markets, monkeypatch):
    losses = iter([1.0, 1.5, 1.2, 1.1])
    monkeypatch.setattr(hurst_network, "_loss", lambda network, samples: next(losses))
    wild = train(markets, replace(SMALL, known=False), AT)
    assert [epoch.validation_loss for epoch in wild.history] == [1.5, 1.2, 1.1]
    rows = markets[0].origins(SMALL, AT, "test")
    wanted = ahead(markets[0].returns, SMALL.horizons, SMALL.window, rule="persistence")[rows]
    np.testing.assert_allclose(wild.forecast(markets[0], rows), wanted, atol=1e-12)


def test_when_the_loss_is_not_a_number_then_training_says_so(markets, monkeypatch):
    monkeypatch.setattr(hurst_network._Samples, "loss", lambda self, network: network.head.bias.sum() * float("nan"))
    with pytest.raises(hurst_network.TrainingError, match="epoch 0: the loss is not a number"):
        train(markets, SMALL, AT)


def test_the_plain_network_learns_what_a_longer_training_teaches(markets):
    recipe = replace(SMALL, known=False, epochs=25, samples=2000, hidden=8, learning_rate=5e-3, weight_decay=0.0)
    found = train(markets, recipe, AT)
    assert min(epoch.validation_loss for epoch in found.history) < 0.95


def test_parts_hold_the_days_that_their_targets_end_in(markets):
    one = markets[0]
    for part, first, last in (
        ("train", one.dates[0], AT.train_end),
        ("validation", AT.train_end + 1, AT.validation_end),
        ("test", AT.validation_end + 1, one.dates[-1]),
    ):
        rows = one.origins(SMALL, AT, part)
        assert (one.dates[rows + 1] >= first).all() and (one.dates[rows + 5] <= last).all()
        assert (rows >= SMALL.lookback - 1).all()
        np.testing.assert_array_equal(one.target((1, 5))[rows], np.stack([one.h[rows + 1], one.h[rows + 5]], 1))


def test_the_autoregression_is_that_of_least_squares_and_finds_its_order(markets):
    fitted = autoregression(markets, SMALL, AT)
    read, came = [], []
    for one in markets:
        rows = one.origins(SMALL, AT, "train")
        read.append(np.stack([np.ones(len(rows)), *(one.h[rows - k] for k in range(fitted.order))], 1))
        came.append(one.target(SMALL.horizons)[rows])
    wanted = np.linalg.lstsq(np.concatenate(read), np.concatenate(came), rcond=None)[0]
    np.testing.assert_allclose(fitted.coefficients, wanted, atol=1e-7)
    h = markets[0].h
    assert fitted.predict(h)[300, 0] == pytest.approx(
        fitted.coefficients[:, 0] @ [1.0, *h[300 - np.arange(fitted.order)]]
    )


def test_scores_are_those_of_the_test_part_alone(markets):
    found = train(markets, SMALL, AT)
    scores = scored(found, markets)
    errors = []
    for one in markets:
        rows = one.origins(SMALL, AT, "test")
        errors.append(np.sqrt(np.mean((one.h[rows] - one.h[rows + 1]) ** 2)))
    assert scores["rmse"]["persistence"][0] == pytest.approx(np.mean(errors), rel=1e-9)
    assert scores["series"] == 2 and scores["test_from"] == str(AT.validation_end + 1)
    assert scored(replace(found, cuts=Cuts(AT.train_end, FIRST + 5000)), markets) == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"horizons": (5, 1)}, "horizons are [5, 1]"),
        ({"horizons": ()}, "horizons are []"),
        ({"hidden": 0}, "hidden is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_when_a_recipe_is_wrong_then_one_line_says_so(changes, message):
    with pytest.raises(InputError) as error:
        replace(SMALL, **changes)
    assert message in str(error.value)


def test_when_series_do_not_fit_then_one_line_says_so(markets):
    bars = made(days=60)
    with pytest.raises(InputError, match="59 returns are fewer than the window of 64"):
        market(bars, 64)
    with pytest.raises(InputError, match="has no dates"):
        market(replace(bars, dates=None), 64)
    with pytest.raises(InputError, match="no returns in variance"):
        market(replace(bars, columns={"variance": bars["close"]}), 64)
    with pytest.raises(InputError, match="the validation part holds 0 windows of 68 returns with 5 days after"):
        train(markets, SMALL, Cuts(FIRST + 5000, FIRST + 6000))


# -- the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_graph_and_network_agree_at_every_batch(run, model, returns, batch):
    windows = np.random.default_rng(batch).permuted(np.stack([returns[-run.recipe.lookback :]] * batch), axis=1)
    with torch.no_grad():
        wanted = run.network(torch.from_numpy(windows)).numpy()
    np.testing.assert_allclose(model.run(windows), wanted, atol=1e-7, rtol=0)
    assert model.spec.parity < 1e-6


def test_the_file_says_something_else_than_the_rule_and_nothing_of_nothing(run, model, returns):
    assert len(run.history) == 2
    assert model.spec.horizons == (1, 5, 22) and model.spec.window == 252
    assert (np.abs(model.predict(returns) - ahead(returns)[-1]) > 1e-5).all()
    assert model.run(np.zeros((0, model.spec.lookback))).shape == (0, 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_window_that_is_not_sound_answers_nan_and_leaves_its_neighbours(model, returns, bad):
    window = returns[-model.spec.lookback :]
    alone = model.run(np.stack([window] * 3))
    for row in (0, 100, len(window) - 1):
        windows = np.stack([window] * 3)
        windows[1, row] = bad
        found = model.run(windows)
        assert np.isnan(found[1]).all()
        assert found[[0, 2]].tobytes() == alone[[0, 2]].tobytes()


@pytest.mark.parametrize("value", [0.0, 0.01, -3.0])
def test_a_price_that_grows_by_the_same_every_day_has_no_exponent(model, value):
    assert np.isnan(model.predict(np.full(400, value))).all()


def test_the_file_keeps_the_contract(model, folder):
    data = model.path.read_bytes()
    facts = _protobuf.inspect(data)
    assert (facts.opset, facts.ir_version, facts.other_domains, facts.external) == (18, 8, (), False)
    assert len(data) < 1_000_000
    assert model.verify() < 1e-6
    assert (folder / "toy.json").read_text() == model.spec.to_json()
    assert model.spec == type(model.spec).from_json(model.spec.to_json())


@settings(max_examples=5)
@given(row=st.integers(300, 890), value=st.sampled_from([np.nan, 0.0, 10.0]))
def test_no_later_value_changes_a_bit_of_a_forecast(run, folder, returns, row, value):
    model = HurstForecaster(folder / "toy.onnx")
    changed = returns.copy()
    changed[row + 1 :] = value
    before, after = model.history(returns)[: row + 1], model.history(changed)[: row + 1]
    assert before.tobytes() == after.tobytes()
    assert model.history(returns[: row + 1]).tobytes() == before.tobytes()
    np.testing.assert_allclose(before[row], model.predict(returns[: row + 1]), atol=1e-6)


def test_production_forecasts_without_torch(fresh, run, model, folder, returns):
    code = """
import sys
for name in ("torch", "pandas", "scipy", "statsmodels", "onnx"):
    sys.modules[name] = None
import numpy as np
from vrx.hurst import HurstForecaster
print(HurstForecaster(sys.argv[1]).predict(np.loadtxt(sys.argv[2])).tolist())
"""
    np.savetxt(folder / "returns.txt", returns, fmt="%.17g")
    assert json.loads(fresh(code, model.path, folder / "returns.txt").out) == model.predict(returns).tolist()


def forged(model, folder, **changes):
    """A copy whose spec says something else."""
    import onnx

    proto = onnx.load_from_string(model.path.read_bytes())
    document = {**json.loads(model.spec.to_json()), **changes}
    document = {key: value for key, value in document.items() if value is not None}
    onnx.helper.set_model_props(proto, {"vrx.hurst": json.dumps(document)})
    path = folder / "forged.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "format 2 is not 1"),
        ({"format": True}, "format True is not 1"),
        ({"window": None}, "missing or unknown keys ['window']"),
        ({"extra": 1}, "missing or unknown keys ['extra']"),
        ({"window": "252"}, "'252' is not a whole number"),
        ({"name": "a\nb"}, "do not print"),
        ({"window": 1}, "does not hold a window of 1"),
        ({"horizons": [5, 1, 22]}, "do not rise from 1"),
        ({"horizons": [1, 5], "hurst": [0.5, 0.5]}, "the spec promises {'returns': 273, 'hurst': 2}"),
        ({"hurst": [0.5]}, "another number of horizons"),
        ({"returns": [0.1]}, "is no window of this model"),
    ],
)
def test_when_the_spec_is_forged_then_the_file_is_refused(model, tmp_path, changes, message):
    with pytest.raises(ModelFileError) as error:
        HurstForecaster(forged(model, tmp_path, **changes))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_when_the_self_test_fails_then_verify_says_so(model, tmp_path):
    path = forged(model, tmp_path, hurst=[value + 1e-4 for value in model.spec.hurst])
    with pytest.raises(ModelFileError, match=r"self-test differs by 1\.0e-04"):
        HurstForecaster(path).verify()


def test_when_the_file_is_no_model_of_the_exponent_then_it_is_refused(model, folder, tmp_path):
    from vrx.runtime import MODELS

    with pytest.raises(ModelFileError, match="forecasts volatility, see vrx predict"):
        HurstForecaster(MODELS / "universal-close.onnx")
    with pytest.raises(ModelFileError, match="No such file"):
        HurstForecaster(tmp_path / "none.onnx")
    with pytest.raises(ModelFileError, match="sha256 is"):
        HurstForecaster(model.path, sha256="0" * 64)
    (tmp_path / "half.onnx").write_bytes(model.path.read_bytes()[:-1000])
    with pytest.raises(ModelFileError):
        HurstForecaster(tmp_path / "half.onnx")


@pytest.mark.parametrize(("values", "message"), [(np.zeros(5), "5 returns are too few"), (["a"], "has dtype")])
def test_when_returns_are_wrong_then_the_forecaster_says_so(model, values, message):
    for ask in (model.predict, model.history):
        with pytest.raises(InputError, match=message):
            ask(values)
    with pytest.raises(InputError, match="windows have shape"):
        model.run(np.zeros((2, 5)))


# -- the commands ------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_made_and_how_it_did(run, model, folder):
    said = strict((folder / "said.json").read_text())
    assert said["sha256"] == model.sha256 and said["bytes"] == model.path.stat().st_size
    assert said["scores"] == json.loads(json.dumps(dict(model.spec.scores)))
    assert {"persistence", "drop-out", "known", "network"} < said["scores"]["rmse"].keys()
    assert said["scores"]["recipe"]["hidden"] == 4


def test_the_forecast_comes_as_table_json_and_csv(say, run, model, folder, returns):
    words = ("hurst", "--series", folder / "toy.csv", "--forecast", model.path)
    wanted = model.predict(returns)
    document = strict(say(*words, "--json").out)
    assert [row["h"] for row in document["forecast"]] == wanted.tolist()
    assert [row["known"] for row in document["forecast"]] == pytest.approx(ahead(returns)[-1].tolist(), abs=1e-12)
    assert document["h"] == pytest.approx(Wavelet(kind="noise").rolling(returns, 252).h[-1], abs=1e-12)
    assert document["model"] == {"name": "toy", "sha256": model.sha256}
    rows = list(csv.DictReader(io.StringIO(say(*words, "--csv").out)))
    assert [float(row["h"]) for row in rows] == wanted.tolist()
    table = say(*words)
    assert table.code == 0 and table.err == ""
    assert all(f"{value:.4f}" in table.out for value in wanted)
    earlier = strict(say(*words, "--json", "--as-of", "2021-12-31").out)
    assert earlier["last"] == "2021-12-31"
    until = returns[: (np.datetime64("2021-12-31") - FIRST).astype(int)]
    assert [row["h"] for row in earlier["forecast"]] == model.predict(until).tolist()


def test_the_file_is_verified_by_the_command_that_verifies_all(say, model, tmp_path):
    said = strict(say("verify", model.path, "--json").out)
    assert said[0]["sha256"] == model.sha256 and said[0]["difference"] < 1e-6
    refused(say("verify", model.path, "--sha256", "0" * 64), 3, "sha256 is")
    refused(say("verify", forged(model, tmp_path, window=1)), 3, "does not hold a window of 1")
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(model.path.read_bytes())
    copy.with_suffix(".json").write_text("{}")
    refused(say("verify", copy), 3, "does not say what copy.onnx says")


def test_when_something_is_wrong_then_one_line_says_so(say, run, model, folder, tmp_path):
    series = folder / "toy.csv"
    words = ("hurst", "--series", series, "--forecast")
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    refused(say(*words, tmp_path / "junk.onnx"), 3, "junk.onnx")
    refused(say(*words, tmp_path / "none.onnx"), 3, "give the path")
    refused(say(*words, model.path, "--rolling", 252), 2, "--forecast: the model says of which exponent")
    refused(say(*words, model.path, "--as-of", "2020-06-30"), 2, "returns are too few: model toy reads the last 273")
    still = tmp_path / "still.csv"
    lines = series.read_text().splitlines()
    price = lines[-300].partition(",")[2]
    still.write_text("\n".join([*lines[:-300], *(f"{line.partition(',')[0]},{price}" for line in lines[-300:])]) + "\n")
    refused(say("hurst", "--series", still, "--forecast", model.path), 2, "give no exponent")
    begun = ("train-hurst", "--series", series, "--out")
    refused(say(*begun, tmp_path / "x.txt"), 2, "ends in .onnx")
    refused(say(*begun, tmp_path / "x.onnx", "--series", series), 2, "toy is there twice")
    refused(say(*begun, tmp_path / "x.onnx", "--train-end", "2021-01-01"), 2, "give both, or neither")
    dates = ("--train-end", "2021-06-01", "--validation-end", "2021-01-01")
    refused(say(*begun, tmp_path / "x.onnx", *dates), 2, "is not after")
    dates = ("--train-end", "2020-02-01", "--validation-end", "2020-03-01")
    refused(say(*begun, tmp_path / "x.onnx", *dates), 2, "the train part holds 0 windows")
    assert not (tmp_path / "x.onnx").exists()


# -- the experiment ----------------------------------------------------------------------------------------------------


@pytest.fixture
def experiment(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "experiments"))
    yield importlib.import_module("hurst_network")
    for name in ("hurst_network", "hurst_network_found", "hurst_network_page"):
        sys.modules.pop(name, None)


def test_the_page_and_its_rows_are_written(experiment, model, tmp_path, monkeypatch):
    pytest.importorskip("statsmodels")
    days = np.datetime64("2011-01-01") + np.arange(1800)
    markets = []
    for seed, name in enumerate(("AEX", experiment.INDEX)):
        bars = replace(made(days=1800, seed=seed, name=name), dates=days)
        markets.append(market(bars))
    young = replace(made(days=800, seed=9, name="BTC-USD"), dates=np.datetime64("2013-06-01") + np.arange(800))
    monkeypatch.setattr(experiment, "load", lambda folder: [*markets, market(young)])
    monkeypatch.setattr(experiment, "networks", lambda *_: {title: [model] for title in experiment.RECIPES})
    monkeypatch.setattr(experiment, "SEEDS", range(1))
    monkeypatch.setattr(experiment, "FEWEST", 50)
    monkeypatch.setattr(experiment, "SIMULATED", 2)
    monkeypatch.setattr("sys.argv", ["x", "--data", str(tmp_path), "--out", str(tmp_path / "page.md")])
    experiment.main()
    text = (tmp_path / "page.md").read_text()
    assert "nan" not in text
    for part in ("| persistence |", "| never seen (1) |", "## The S&P 500 alone", "mean over 2 series"):
        assert part in text
    rows = experiment.hurst_network_rows(tmp_path / "page.json")
    assert len(rows) == 6 and all(len(row) == 5 and all(isinstance(cell, str) for cell in row) for row in rows)
    assert rows[0][1] == "15%"

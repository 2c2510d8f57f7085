import copy
import json
import re
import shlex
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pandas
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import vrx
from tests.command_line import RECIPE
from tests.graphs import repeated
from vrx import contract, har
from vrx.errors import InputError
from vrx.export import package as packaging
from vrx.export.card import card
from vrx.export.command import train_commands
from vrx.export.graph import to_model
from vrx.export.package import export
from vrx.export.parity import BATCHES, ParityError, check
from vrx.measures import daily_variance
from vrx.training import checkpoint
from vrx.training.ensemble import folders_of, open_all
from vrx.training.folder import open_run
from vrx.training.recipe import MODELS
from vrx.training.recipe import named as recipe_named
from vrx.training.run import execute

KINDS = ["lstm-attention", "har", "log-har"]
EVERY = [(kind, channels) for kind in KINDS for channels in ("close", "ohlc", "variance", "variance-return")]
EVERY += [(kind, "ohlc") for kind in MODELS if kind not in KINDS and not kind.startswith("overlap")]
OHLC = ("open", "high", "low", "close")


def ask(path, windows):
    """Bare onnxruntime, as production runs it."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(["variance", "volatility", "quantiles"], {"bars": windows})


def windows_of(bars, names, count, lookback=23):
    values = np.lib.stride_tricks.sliding_window_view(bars.matrix(names), lookback, axis=0).transpose(0, 2, 1)
    return np.ascontiguousarray(values[np.linspace(0, len(values) - 1, count).astype(int)])


@pytest.mark.parametrize(("kind", "channels"), EVERY)
def test_graph_and_network_agree_at_every_batch_of_the_contract(trained, exported, bars, channel_sets, kind, channels):
    run, _ = trained(kind, channels)
    path = exported(kind, channels).path
    for batch in BATCHES:
        windows = windows_of(bars, channel_sets[channels], batch)
        with torch.no_grad():
            expected = [part.numpy() for part in run.network(torch.from_numpy(windows))]
        for found, wanted in zip(ask(path, windows), expected, strict=True):
            assert found.dtype == np.float64
            np.testing.assert_allclose(found, wanted, 1e-5)


@pytest.mark.parametrize(("kind", "channels"), EVERY)
def test_an_unsound_row_of_the_graph_is_nan_and_its_neighbours_keep_their_bits(
    exported, bars, channel_sets, kind, channels
):
    path, names = exported(kind, channels).path, channel_sets[channels]
    sound = windows_of(bars, names, 64)
    before = ask(path, sound)
    wrong = sound.copy()
    bad = np.arange(0, 64, 3)
    for k in bad:
        name = names[k % len(names)]
        values = [np.nan, np.inf, -np.inf] + ([0.0, -1.0] if name in OHLC else [-1.0] if name == "variance" else [])
        wrong[k, (7 * k) % 23, k % len(names)] = values[k % len(values)]
    kept = np.setdiff1d(np.arange(64), bad)
    for found, wanted in zip(ask(path, wrong), before, strict=True):
        assert np.isnan(found[bad]).all()
        assert np.array_equal(found[kept], wanted[kept])


@settings(max_examples=25)
@given(st.sampled_from(EVERY), st.floats(1e-3, 1e4))
def test_scaling_prices_changes_no_forecast_and_scaling_variance_scales_it(exported, bars, channel_sets, case, factor):
    kind, channels = case
    names = channel_sets[channels]
    windows = windows_of(bars, names, 8)
    scaled = windows * factor
    gain = 1.0
    if names[0] == "variance":
        gain = factor
        scaled[:, :, 1:] = windows[:, :, 1:] * factor**0.5
    path = exported(kind, channels).path
    if kind == "har" and names[0] == "variance":
        return  # a regression on levels has an intercept and a floor in units of variance
    before, after = ask(path, windows), ask(path, scaled)
    if kind == "log-har":
        run_slopes = 1.0 if names[0] != "variance" else None
        if run_slopes is None:
            return  # so has one on logs, unless its slopes add up to one
    for name, one, two in zip(contract.OUTPUTS, before, after, strict=True):
        np.testing.assert_allclose(two, one * (gain if name == "variance" else gain**0.5), 1e-6)


@pytest.mark.parametrize("channels", ["close", "ohlc", "variance", "variance-return"])
@pytest.mark.parametrize("log", [False, True])
def test_the_har_graphs_say_what_vrx_har_says(trained, exported, bars, only, channel_sets, log, channels):
    kind, names = "log-har" if log else "har", channel_sets[channels]
    run, _ = trained(kind, channels)
    _, variance = daily_variance(only(bars, names))
    known = variance[bars.dates <= run.cuts.validation_end]
    found = vrx.load(exported(kind, channels).path).history(only(bars, names)).variance
    for k, horizon in enumerate((1, 5, 22)):
        wanted = har.fit(known, horizon, log=log).predict(variance)
        np.testing.assert_allclose(found[22:, k], wanted[22:], 1e-10)


@pytest.mark.parametrize("channels", ["close", "ohlc", "variance", "variance-return"])
def test_bare_onnxruntime_and_the_forecaster_give_the_same_bits(exported, bars, channel_sets, channels):
    path, names = exported("lstm-attention", channels).path, channel_sets[channels]
    forecast = vrx.load(path).predict(bars)
    found = ask(path, bars.matrix(names)[None, -23:])
    for part, name in zip(found, contract.OUTPUTS, strict=True):
        assert np.array_equal(part[0], getattr(forecast, name))


@pytest.mark.parametrize(("kind", "channels"), EVERY)
def test_the_file_is_one_file_of_the_contract(exported, kind, channels):
    package = exported(kind, channels)
    model = onnx.load(package.path, load_external_data=False)
    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version == 8
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 18)]
    assert all(node.domain == "" for node in model.graph.node)
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    assert [item.name for item in model.graph.input] == ["bars"]
    assert [item.name for item in model.graph.output] == list(contract.OUTPUTS)
    assert package.size == package.path.stat().st_size < 100_000
    assert 0.0 <= package.spec.parity <= 1e-5
    assert vrx.load(package.path, sha256=package.sha256).verify() <= 1e-5


def test_two_exports_of_one_run_are_the_same_bytes(tmp_path, trained):
    run, _ = trained("har", "close")
    one, two = (export(run, tmp_path / folder / "m.onnx") for folder in "ab")
    assert one.sha256 == two.sha256
    assert one.path.read_bytes() == two.path.read_bytes()


def test_nothing_of_the_machine_that_exported_it_is_in_the_file(exported, tmp_path_factory):
    for package in (exported(), exported("log-har", "ohlc")):
        data = package.path.read_bytes()
        for word in (b"/work", b"/home", b"/tmp", b".py", b"site-packages"):
            assert word not in data


class Twisted(nn.Module):
    """A network whose graph is another's."""

    def __init__(self, network, twist):
        super().__init__()
        self.network, self.twist = network, twist

    def forward(self, bars):
        return self.twist(*self.network(bars))


TWISTS = {
    "another number": lambda v, s, q: (v * (1 + 3e-5), s, q),
    "another number in one quantile": lambda v, s, q: (v, s, torch.cat([q[:, :, :-1], q[:, :, -1:] * 1.001], 2)),
    "nan instead of a number": lambda v, s, q: (v * float("nan"), s, q),
    "nan where the market is wild": lambda v, s, q: (torch.where(v > 1e-3, v * float("nan"), v), s, q),
    "another shape": lambda v, s, q: (v[:, :1], s, q),
}


@pytest.mark.parametrize("twist", TWISTS)
def test_when_the_graph_differs_from_the_network_then_nothing_is_written(tmp_path, trained, monkeypatch, twist):
    run, _ = trained("har", "variance")

    def twisted(network, example):
        return to_model(Twisted(network, TWISTS[twist]), example)

    monkeypatch.setattr(packaging, "to_model", twisted)
    with pytest.raises(ParityError):
        export(run, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["har", "lstm-attention"])
def test_when_a_graph_reads_past_an_unsound_bar_then_parity_refuses_it(trained, kind):
    """The guard taken out: the bar that only anchors the first return is then not read whole."""
    run, _ = trained(kind, "ohlc")
    blind = copy.deepcopy(run.network)
    blind.input.sound = lambda bars: torch.isfinite(bars[:, :, 3].sum(1))
    example = torch.from_numpy(np.stack([run.example] * 3))
    model = to_model(blind, example).SerializeToString()
    with pytest.raises(ParityError, match="must answer NaN"):
        check(model, blind, run.example)


def test_when_the_finished_file_fails_its_own_check_then_nothing_is_left(tmp_path, trained, monkeypatch):
    run, _ = trained("har", "variance")
    old = tmp_path / "m.onnx"
    old.write_bytes(b"what stood here before")
    monkeypatch.setattr(contract, "MAX_BYTES", 1000)
    with pytest.raises(vrx.VrxError, match="more than the contract's"):
        export(run, old)
    assert old.read_bytes() == b"what stood here before"
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]


def test_the_spec_says_what_the_run_was(exported, trained, bars):
    run, _ = trained()
    spec = exported().spec
    assert spec.name == "lstm-attention-ohlc"
    assert spec.network.endswith("parameters")
    assert spec.trained_on == run.origins
    assert spec.trained_on[0].last == str(run.cuts.validation_end)
    assert spec.target.startswith("mean of Garman-Klass")
    assert spec.scores["train_end"] == str(run.cuts.train_end)
    assert json.loads(spec.to_json())["scores"]["seen"]["rows"][0]["model"] == "model"
    assert np.array(spec.self_test.bars).shape == (23, 4)


def test_a_model_may_be_named_apart_from_its_file(tmp_path, trained):
    run, _ = trained("har", "close")
    assert export(run, tmp_path / "a.onnx", name="b").spec.name == "b"
    with pytest.raises(InputError, match=r"ends in \.onnx"):
        export(run, tmp_path / "a.pt")


def test_the_card_says_of_rolling_windows_and_of_closes_what_holds_for_them(tmp_path, tiny, trained, bars, only):
    run, _ = trained("lstm-attention", "close")
    ranged = card(export(run, tmp_path / "a.onnx"), run)
    assert "variance that highs and lows show" not in ranged
    assert "HAR and log-HAR are fitted to the variance that highs and lows" not in ranged
    files = {"source": None, "target": str(tmp_path / "coin.csv"), "data": None}
    recipe = tiny("close", rolling=5, lookback=40, horizons=(1,))
    rolled = execute(recipe, [], [only(bars, ("close",))], tmp_path / "run", files=files)
    text = card(export(rolled, tmp_path / "b.onnx"), rolled)
    assert "scored against the variance of the window that ends a day later" in text
    assert "against their mean variance" in ranged and "against their mean variance" not in text
    assert "`vrx train --recipe tiny.toml --target coin.csv --seed 0 --out runs/tiny`" in text
    assert "RMSE and R2 on its log, by the forecast of the mean log" in text
    assert str(tmp_path) not in text
    assert card(export(open_run(tmp_path / "run"), tmp_path / "c.onnx"), open_run(tmp_path / "run")).count("coin.csv")


def test_the_card_of_closes_taught_by_highs_says_so(tmp_path, tiny, bars):
    run = execute(tiny("close"), [], [bars], tmp_path / "run")
    assert run.measure == "garman_klass"
    assert "variance that highs and lows show" in card(export(run, tmp_path / "m.onnx"), run)


def commands_of(text):
    """The commands in the sentence of a card that says how the model was made, as words."""
    sentence = next(line for line in text.splitlines() if line.startswith("Made by "))
    return [shlex.split(words) for words in re.findall("`(vrx [^`]*)`", sentence)]


def tensors_of(folder):
    return {name: value.numpy().tobytes() for name, value in checkpoint.load(folder / "model.safetensors")[0].items()}


@pytest.mark.parametrize(
    "options",
    [
        ("--target", "coin b.csv", "--strategy", "scratch", "--model", "hybrid", "--seed", 5),
        ("--source", "coin b.csv", "--target", "long.csv", "--id", "it's b", "--drop-bad-rows"),
        ("--target", "long.csv", "--id", "a", "--column", "last=close", "--model", "log-har"),
        ("--target", "long.csv", "--id", "a", "--strategy", "scratch", "--epochs", 1, "--seeds", 2, "--seed", 4),
    ],
    ids=["model", "id", "column", "seeds"],
)
def test_the_command_of_a_card_makes_the_run_again(say, bars, market, csv_text, tmp_path, monkeypatch, options):
    frames = []
    for name, one in (("a", market(280, 6, "a")), ("it's b", market(300, 5, "b"))):
        frames.append(pandas.DataFrame({"ds": one.dates, "unique_id": name, "last": one["close"], **one.columns}))
    named = "--column" in options
    columns = ["ds", "unique_id", *(["last"] if named else OHLC)]
    pandas.concat(frames)[columns].to_csv(tmp_path / "long.csv", index=False)
    (tmp_path / "coin b.csv").write_text(csv_text(bars))
    (tmp_path / "my tiny.toml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    said = say("train", "--recipe", tmp_path / "my tiny.toml", "--out", "first", *options)
    assert said.code == 0, said.err
    folders = folders_of(tmp_path / "first")
    runs = open_all(folders)
    (command,) = train_commands(replace(runs[0], seeds=tuple(run.recipe.seed for run in runs)))
    words = shlex.split(command)
    assert words[0] == "vrx" and str(tmp_path) not in command
    said = say(*words[1:])
    assert said.code == 0, said.err
    for one, other in zip(folders, folders_of(tmp_path / "runs" / "my tiny"), strict=True):
        assert tensors_of(one) == tensors_of(other)
        assert open_run(one).recipe == open_run(other).recipe


def test_a_card_says_by_which_commands_it_was_made(exported, trained):
    commands = commands_of(card(exported(), trained()[0]))
    assert [" ".join(words) for words in commands] == [
        "vrx train --recipe tiny.toml --target FILE --seed 0 --out runs/tiny",
        "vrx export runs/tiny --out tiny.onnx --card",
    ]


def test_a_card_of_seeds_that_do_not_follow_each_other_has_a_command_for_each(trained):
    run = replace(trained()[0], seeds=(3, 11))
    assert train_commands(run) == [
        f"vrx train --recipe tiny.toml --target FILE --seed {seed} --out runs/tiny/seed-{seed}" for seed in (3, 11)
    ]


def test_a_card_names_a_bundled_recipe_only_where_the_run_is_of_that_recipe(trained):
    run, base = trained()[0], recipe_named("rolling")
    ran = replace(run, recipe=replace(base, measure="close_to_close", seed=3), seeds=(3,))
    assert train_commands(ran) == ["vrx train --recipe rolling --target FILE --seed 3 --out runs/rolling"]
    other = replace(ran, recipe=replace(ran.recipe, loss="gaussian"))
    assert train_commands(other) == ["vrx train --recipe rolling.toml --target FILE --seed 3 --out runs/rolling"]


def test_a_run_that_began_from_another_is_said_to_be_made_by_no_command(tmp_path, tiny, trained, exported, bars, only):
    series = [only(bars, OHLC)]
    begun = execute(tiny(), [], series, tmp_path / "run", begin=trained()[0])
    for run in (begun, open_run(tmp_path / "run")):
        text = card(exported(), run)
        assert [words[1] for words in commands_of(text)] == ["export"]
        assert "Made by `vrx.training.run.execute`, begun from the weights of another run, and `vrx export" in text


class Twins(nn.Module):
    """Two members that hold the same large matrix and do the same with it, and a third that holds another."""

    def __init__(self):
        super().__init__()
        matrix = torch.linspace(-1.0, 1.0, 64 * 64, dtype=torch.float64).reshape(64, 64)
        for name, held in (("one", matrix), ("same", matrix.clone()), ("other", -matrix)):
            self.register_buffer(name, held)

    def forward(self, bars):
        parts = [torch.tanh(bars[:, :, 0] @ held) for held in (self.one, self.same, self.other)]
        return torch.stack(parts, 2).mean(2)


def test_what_members_hold_and_compute_alike_is_in_the_graph_once(tmp_path):
    example = torch.linspace(0.0, 1.0, 3 * 64, dtype=torch.float64).reshape(3, 64, 1)
    path = tmp_path / "twins.onnx"
    onnx.save(to_model(Twins(), example, answers=["mean"]), path)
    assert not repeated(path)
    assert sum(node.op_type == "Tanh" for node in onnx.load(path).graph.node) == 2
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"bars": example.numpy()})[0], Twins()(example), rtol=1e-12)

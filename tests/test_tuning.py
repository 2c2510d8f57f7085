"""Fine-tuning: a finished model adapted to one series, from its run or from the weights beside its file."""

import datetime
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import vrx
from tests.command_line import refused, strict
from vrx import runtime
from vrx.errors import InputError, TrainingError
from vrx.export.package import export
from vrx.training.ensemble import combine, folders_of, open_all
from vrx.training.folder import digest_of, open_run
from vrx.training.pretrained import keep, open_members
from vrx.training.recipe import Phase, Split, finally_
from vrx.training.seeds import execute_seeds
from vrx.training.tuning import ENOUGH, FEWEST, PHASES, tuning, validation_losses, windows_of

LOOKBACK = 60
SHAPE = {"encoder": "perceptron", "bottleneck": 4}
SPLIT = Split(train_end=datetime.date(2021, 3, 1), validation_end=datetime.date(2021, 7, 1))
RETURNS = ("variance", "return")


@pytest.fixture(scope="module")
def source(market, only):
    return only(market(700, 5, "source"), RETURNS)


@pytest.fixture(scope="module")
def target(market, only):
    """A series whose variance is measured with so much noise that the source's forecast is poor."""
    series = only(market(900, 6, "target"), RETURNS)
    noise = np.exp(1.5 * np.random.default_rng(0).normal(size=len(series)))
    return replace(series, columns={**series.columns, "variance": noise * series["variance"]})


@pytest.fixture(scope="module")
def folder(tiny, source, tmp_path_factory):
    """A model of two seeds, trained on the source."""
    out = tmp_path_factory.mktemp("model") / "runs"
    phases = (Phase("source", epochs=1, batch_size=64),)
    recipe = tiny("variance-return", "scales", phases=phases, lookback=LOOKBACK, horizons=(1, 5), network=SHAPE)
    execute_seeds(replace(recipe, split=SPLIT), [source], [], out, [3, 4])
    return out


@pytest.fixture(scope="module")
def whole(folder, source):
    return combine(open_all(folders_of(folder)), [source], [])


@pytest.fixture(scope="module")
def file(whole, tmp_path_factory):
    """The model as a file, its weights beside it."""
    path = tmp_path_factory.mktemp("file") / "model.onnx"
    export(whole, path)
    keep(path.with_suffix(".safetensors"), whole)
    return path


def adapted(model, target, out, **options):
    members = open_members(str(model))
    plan = tuning(members, target, **options)
    begin = {member.recipe.seed: member for member in members}
    return members, execute_seeds(plan, [], [target], out, list(begin), begin=begin)


def test_the_weights_beside_a_file_are_the_members_of_its_run(folder, file):
    beside, behind = open_members(str(file)), open_members(str(folder))
    assert [run.recipe for run in beside] == [run.recipe for run in behind]
    for one, other in zip(beside, behind, strict=True):
        assert (one.cuts, one.origins, one.measure) == (other.cuts, other.origins, other.measure)
        ours, theirs = one.network.state_dict(), other.network.state_dict()
        differs = {name for name, value in ours.items() if not torch.equal(value, theirs[name])}
        assert differs == {"answer.shift", "answer.quantiles"}  # those of the two together


def test_a_model_of_one_seed_has_one_member(folder, tmp_path):
    (run,) = open_members(str(folder / "seed-3"))
    keep(tmp_path / "one.safetensors", run)
    (again,) = open_members(str(tmp_path / "one.onnx"))
    assert digest_of(again) == digest_of(run)


def test_every_bundled_model_has_its_weights_beside_it():
    for name in runtime.bundled():
        members = open_members(name)
        forecaster = runtime.load(name)
        assert len(members) == (3 * len(members[0].recipe.members) or 5)
        assert tuple(origin.name for origin in forecaster.spec.trained_on) == tuple(
            origin.name for origin in members[0].origins
        )
        window = torch.tensor([forecaster.spec.self_test.bars], dtype=torch.float64)
        with torch.no_grad():
            # Members say the log, the file the mean of the variance with a constant for all: the middle quantile's
            # place between its neighbours tells that they are the same networks.
            logs = torch.stack([run.network.distribution(run.network.input(window)).mean for run in members]).mean(0)
        quantiles = 2.0 * np.log(np.array(forecaster.spec.self_test.quantiles))
        assert (quantiles[:, 1] < logs.numpy()[0]).all()
        assert (logs.numpy()[0] < quantiles[:, 3]).all()


def test_on_a_series_that_differs_the_linear_part_is_kept_and_validation_says_by_how_much(folder, target, tmp_path):
    members, runs = adapted(folder, target, tmp_path / "out")
    came = validation_losses(members, runs[0].recipe, target)
    for run, member, before in zip(runs, members, came, strict=True):
        assert run.history[-1].kept == "linear part"
        assert run.history[-1].validation_loss < before
        assert run.begin == digest_of(member)
        theirs, ours = member.network.state_dict(), run.network.state_dict()
        moved = {name for name, value in ours.items() if not torch.equal(value, theirs[name])}
        assert moved == {
            "gain",
            "combiner.regression.linear.weight",
            "combiner.regression.linear.bias",
        }


def test_an_adapted_model_keeps_the_calibration_of_the_one_that_it_came_from(file, whole, target, tmp_path):
    _, runs = adapted(file, target, tmp_path / "out")
    together = combine(runs, [], [target])
    for name, value in whole.network.answer.state_dict().items():
        torch.testing.assert_close(together.network.answer.state_dict()[name], value, rtol=1e-12, atol=1e-12)


def test_without_a_test_part_every_day_teaches_or_validates(folder, target, tmp_path):
    _, runs = adapted(folder, target, tmp_path / "out")
    assert runs[0].cuts.validation_end == target.dates[-1]
    assert runs[0].scores.keys() == {"test_from"}
    assert [origin.name for origin in runs[0].origins] == ["target", "source"]


def test_nothing_of_the_test_part_moves_the_weights(folder, target, tmp_path):
    day = target.dates[700]
    other = replace(target, columns={name: values.copy() for name, values in target.columns.items()})
    other["variance"][700:] *= 9.0
    _, runs = adapted(folder, target, tmp_path / "one", test_from=day.item())
    _, again = adapted(folder, other, tmp_path / "two", test_from=day.item())
    assert runs[0].scores["test_from"] == str(day)
    assert [digest_of(run) for run in runs] == [digest_of(run) for run in again]
    assert runs[0].scores["seen"] != again[0].scores["seen"]


def test_a_series_that_misleads_makes_no_network_worse_on_validation(folder, target, tmp_path):
    # Until the days that validate, every quiet day was followed by a wild one.
    misled = replace(target, columns={name: values.copy() for name, values in target.columns.items()})
    misled["variance"][:730] = 1e-4 * np.exp(4.0 * (-1.0) ** np.arange(730))
    members, runs = adapted(folder, misled, tmp_path / "out")
    came = validation_losses(members, runs[0].recipe, misled)
    for run, before in zip(runs, came, strict=True):
        assert run.history[-1].validation_loss <= before


def test_adapting_again_takes_what_is_there_unless_it_began_from_other_weights(folder, target, tmp_path):
    members, runs = adapted(folder, target, tmp_path / "out")
    _, again = adapted(folder, target, tmp_path / "out")
    assert [digest_of(run) for run in runs] == [digest_of(run) for run in again]
    begin = {3: members[1], 4: members[0]}
    with pytest.raises(TrainingError, match="began from other weights"):
        execute_seeds(tuning(members, target), [], [target], tmp_path / "out", [3, 4], begin=begin)


def test_an_adapted_model_travels_as_a_file_that_says_how_it_was_made(say, folder, csv_file, target, tmp_path):
    table = csv_file(target, RETURNS, file="coin.csv")
    model, out = tmp_path / "tuned.onnx", tmp_path / "tuned"
    store = tmp_path / "runs.db"
    said = say("train", "--from", folder, "--target", table, "--out", out, "--store", store, "--json")
    assert said.code == 0, said.err
    (kept,) = strict(say("runs", "list", "--store", store, "--json").out)["runs"]
    assert (kept["command"], kept["series"]) == ("train", "coin, source")
    answer = strict(said.out)
    assert [one["seed"] for one in answer["validation"]] == [3, 4]
    assert all(one["loss"] <= one["loss_before"] for one in answer["validation"])
    assert say("export", out, "--out", model, "--card", "--weights").code == 0
    card = model.with_suffix(".md").read_text()
    assert "vrx train --from runs --target coin.csv --out runs/tiny-tuned" in card
    assert "adapted to coin" in card
    assert "not scored" in card
    assert len(open_members(str(model))) == 2
    forecast = vrx.load(model).predict(table)
    assert np.isfinite(forecast.volatility).all()


def test_on_the_command_line_the_days_that_are_held_out_are_scored(say, folder, csv_file, target, tmp_path):
    table = csv_file(target, RETURNS, file="coin.csv")
    day = str(target.dates[700])
    said = say("train", "--from", folder, "--target", table, "--out", tmp_path / "out", "--test-from", day)
    assert said.code == 0, said.err
    assert "coin: validation keeps the target's linear part in 2 of 2 networks" in said.out
    assert f"test from {day}" in said.out
    assert "log-har" in said.out


def test_a_series_with_few_windows_is_told_so(say, folder, csv_file, target, tmp_path, monkeypatch):
    table = csv_file(target, RETURNS, file="coin.csv")
    few = say("train", "--from", folder, "--target", table, "--out", tmp_path / "few")
    count = len(windows_of([open_run(path) for path in sorted(folder.glob("seed-*"))], target))
    assert count < ENOUGH
    assert f"{count} windows are few" in few.err and "--test-from" in few.err
    monkeypatch.setattr("vrx.training.tuning.ENOUGH", count)
    assert "are few" not in say("train", "--from", folder, "--target", table, "--out", tmp_path / "enough").err


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (("--recipe", "dhansoia"), ("--from", "no other option")),
        (("--final",), ("--from", "no other option")),
        (("--test-from", "soon"), ("--test-from soon", "2022-12-30")),
        (("--test-from", "2020-03-01"), ("saw days to 2021-07-01",)),
        (("--test-from", "2021-07-01"), ("saw days to 2021-07-01", "a later day")),
    ],
)
def test_options_that_do_not_fit_are_refused_in_one_line(say, folder, csv_file, target, tmp_path, extra, words):
    table = csv_file(target, RETURNS, file="coin.csv")
    refused(say("train", "--from", folder, "--target", table, "--out", tmp_path / "out", *extra), 2, *words)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").rglob("run.json"))


def test_what_there_is_nothing_to_begin_from_is_refused_in_one_line(say, folder, file, csv_file, target, tmp_path):
    table, out = csv_file(target, RETURNS, file="coin.csv"), tmp_path / "out"
    refused(say("train", "--from", folder, "--out", out), 2, "--target is missing")
    refused(say("train", "--from", folder, "--target", table), 2, "--out is missing")
    refused(say("train", "--from", "universal", "--target", table, "--out", out), 2, "universal-ohlc")
    refused(say("train", "--test-from", "2022-01-01", "--target", table, "--out", out), 2, "--from")
    bare = tmp_path / "bare.onnx"
    bare.write_bytes(file.read_bytes())
    refused(say("train", "--from", bare, "--target", table, "--out", out), 2, "vrx export --weights")
    bare.with_suffix(".safetensors").write_bytes(b"damaged")
    refused(say("train", "--from", bare, "--target", table, "--out", out), 1, "damaged")


def test_weights_that_are_not_those_of_their_recipe_are_refused(file, tmp_path):
    from vrx.training import checkpoint

    tensors, about = checkpoint.load(file.with_suffix(".safetensors"))
    path = tmp_path / "odd.safetensors"
    checkpoint.save(path, tensors, {**about, "seeds": [1, 2, 3]})
    with pytest.raises(TrainingError, match="do not fit together") as caught:
        open_members(str(path))
    assert "\n" not in str(caught.value)


def test_a_series_without_a_channel_or_too_short_is_refused(folder, target, only):
    members = open_members(str(folder))
    with pytest.raises(InputError, match="there is no return among variance"):
        tuning(members, only(target, ("variance",)))
    short = replace(
        target,
        columns={name: values[: LOOKBACK + FEWEST - 2] for name, values in target.columns.items()},
        dates=target.dates[: LOOKBACK + FEWEST - 2],
    )
    with pytest.raises(InputError, match="99 windows of 60, and fine-tuning takes 100"):
        tuning(members, short)


def test_the_shortest_series_that_is_taken_leaves_a_day_to_validate_with(tiny, source, target, tmp_path):
    phases = (Phase("source", epochs=1, batch_size=64),)
    far = tiny("variance-return", "scales", phases=phases, lookback=LOOKBACK, horizons=(1, 44), network=SHAPE)
    execute_seeds(replace(far, split=SPLIT), [source], [], tmp_path / "model", [0])

    def last(count):
        bars = LOOKBACK - 1 + count
        return replace(
            target,
            columns={name: values[-bars:] for name, values in target.columns.items()},
            dates=target.dates[-bars:],
        )

    # Of the last fifth, 46 windows, the first closes the train part and 44 more have no 44 days after them.
    with pytest.raises(InputError, match="229 windows of 60, and fine-tuning takes 230"):
        tuning(open_members(str(tmp_path / "model")), last(229))
    _, runs = adapted(tmp_path / "model", last(230), tmp_path / "runs")
    assert np.isfinite(runs[0].history[-1].validation_loss)


def test_the_recipe_of_fine_tuning_is_one_closed_form(folder, target):
    plan = tuning(open_members(str(folder)), target)
    assert plan.phases == PHASES
    assert len(PHASES) == 1
    assert PHASES[0].refit


FINAL = Split(train_end=datetime.date(2021, 6, 1), validation_end=datetime.date(2021, 11, 30))


@pytest.fixture(scope="module")
def twice(tiny, source, market, only, tmp_path_factory):
    """A recipe that holds a series out, and the run of its final weights."""
    held = only(market(700, 8, "held"), RETURNS)
    phases = (Phase("source", epochs=1, batch_size=64),)
    recipe = tiny("variance-return", "scales", phases=phases, lookback=LOOKBACK, horizons=(1, 5), network=SHAPE)
    recipe = replace(recipe, split=SPLIT, final=FINAL, held_out=("held",))
    out = tmp_path_factory.mktemp("twice")
    runs = {}
    for name, plan in (("scored", recipe), ("final", finally_(recipe))):
        execute_seeds(plan, [source, held], [], out / name, [0, 1])
        runs[name] = combine(open_all(folders_of(out / name)), [source, held], [])
    return runs


def test_final_weights_see_all_and_carry_the_scores_of_the_run_that_did_not(twice, tmp_path):
    from vrx.export.card import card
    from vrx.export.scored import with_scores

    run = with_scores(twice["final"], twice["scored"])
    package = export(run, tmp_path / "final.onnx")
    assert {origin.name for origin in package.spec.trained_on} == {"source", "held"}
    assert package.spec.scores["train_end"] == "2021-03-01"
    assert package.spec.scores["unseen"] == json.loads(json.dumps(twice["scored"].scores["unseen"]["mean"]))
    text = card(package, run)
    assert "Trained to 2021-06-01" in text
    assert "trained to 2021-03-01" in text
    assert "not of the weights in this file" in " ".join(text.split())


def test_scores_of_another_recipe_or_of_other_seeds_are_refused(twice, whole):
    from vrx.export.scored import with_scores

    for scored in (whole, twice["final"], replace(twice["scored"], seeds=(7, 8))):
        with pytest.raises(InputError, match="give the folder that vrx train wrote without --final"):
            with_scores(twice["final"], scored)


def test_a_recipe_without_a_final_split_has_no_final_weights(say, csv_file, target, tmp_path):
    table = csv_file(target, RETURNS, file="coin.csv")
    said = say(
        "train", "--recipe", "dhansoia", "--final", "--source", table, "--target", table, "--out", tmp_path / "o"
    )
    refused(said, 2, "dhansoia: names no final split", "[final]")

"""Ensembles whose members differ by more than their seed: by the days that they read, and by their loss."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

import vrx
from vrx.cli.training_plan import overruled
from vrx.errors import InputError
from vrx.export.package import export
from vrx.training.calibration import distributions
from vrx.training.ensemble import combine, folders_of, open_all
from vrx.training.networks import Ensemble, build, describe
from vrx.training.pretrained import keep, open_members
from vrx.training.recipe import Member, Phase, Recipe
from vrx.training.run import execute
from vrx.training.tuning import tuning, validation_losses
from vrx.training.windows import cuts, samples

DAYS, SHORT = 60, 30
MEMBERS = (Member(loss="faithful"), Member(window=SHORT))
SCALES = {"kind": "scales", "encoder": "perceptron", "ridge": 100.0, "week": True}
SEEDS = (4, 7, 9)  # the first member, and twice the second


@pytest.fixture(scope="module")
def plan(tiny):
    def make(**changes):
        phases = (Phase("target", epochs=2, batch_size=64),)
        recipe = tiny("ohlc", phases=phases, lookback=DAYS + 1, members=MEMBERS)
        return replace(recipe, network=replace(recipe.network, **SCALES), **changes)

    return make


@pytest.fixture(scope="module")
def folder(plan, bars, tmp_path_factory):
    out = tmp_path_factory.mktemp("members")
    for seed in SEEDS:
        execute(plan(seed=seed), [], [bars], out / f"seed-{seed}")
    return out


@pytest.fixture(scope="module")
def together(folder, bars):
    return combine(open_all(folders_of(folder)), [], [bars])


def test_members_take_turns_by_the_seed(plan):
    assert plan(seed=4).member == Member(DAYS, "faithful")
    assert plan(seed=7).member == Member(SHORT, "gaussian")
    assert replace(plan(seed=7), loss="squared").member == Member(SHORT, "squared")
    assert replace(plan(seed=7), members=()).member == Member(DAYS, "gaussian")
    assert [build(plan(seed=seed)).head.faithful for seed in SEEDS] == [True, False, False]


def test_a_member_of_a_shorter_window_is_the_network_of_that_lookback(plan, bars):
    longer, shorter = plan(seed=7), replace(plan(seed=7), members=(), lookback=SHORT + 1)
    one, two = build(longer).eval(), build(shorter).eval()
    two.load_state_dict(one.state_dict())
    rows = torch.from_numpy(bars.matrix(longer.channels)[: DAYS + 1][None])
    changed = rows.clone()
    changed[:, : DAYS - SHORT] *= torch.linspace(0.5, 2.0, DAYS - SHORT, dtype=torch.float64)[:, None]
    with torch.no_grad():
        wanted = two(rows[:, DAYS - SHORT :])
        for window in (rows, changed):
            for got, want in zip(one(window), wanted, strict=True):
                np.testing.assert_array_equal(got.numpy(), want.numpy())
        every = build(plan(seed=4)).eval()
        assert not torch.equal(every(rows)[0], every(changed)[0])


def test_a_day_before_its_window_that_is_no_number_still_makes_the_answer_none(plan, bars):
    rows = torch.from_numpy(bars.matrix(plan().channels)[: DAYS + 1][None].copy())
    rows[0, 3, 1] = torch.nan
    with torch.no_grad():
        assert all(torch.isnan(part).all() for part in build(plan(seed=7)).eval()(rows))


def test_a_whole_is_the_mean_of_members_that_read_their_own_days(together, plan, bars):
    part = samples([bars], plan(), together.cuts, "test")
    windows = part.windows(torch.arange(len(part)))
    with torch.no_grad():
        means = [member.distribution(member.input(windows)).mean for member in together.network.each()]
        whole = together.network.distribution(together.network.input(windows)).mean
    np.testing.assert_allclose(whole.numpy(), torch.stack(means).mean(0).numpy(), rtol=1e-12)
    assert [member.input.window for member in together.network.each()] == [DAYS, SHORT, SHORT]


def test_each_member_learns_by_its_own_loss(folder, bars, tmp_path):
    def losses(run):
        return [(epoch.train_loss, epoch.validation_loss) for epoch in run.history]

    def of(run, member):
        out = tmp_path / f"{member.loss}-{run.recipe.seed}"
        return losses(execute(replace(run.recipe, members=(member,)), [], [bars], out))

    for run in open_all(folders_of(folder)):
        own = run.recipe.member
        other = {"faithful": "gaussian", "gaussian": "faithful"}[own.loss]
        assert of(run, own) == losses(run) != of(run, replace(own, loss=other))


def test_the_file_of_a_whole_says_what_its_members_read_and_answers_alike(together, bars, tmp_path):
    package = export(together, tmp_path / "model.onnx")
    told = describe(together.recipe, together.network)
    assert package.spec.network == told
    assert told.startswith("mean of 3 networks from as many seeds, 1 of them: ")
    first, second = told.split("; 2 of them: ")
    assert f", of the last {DAYS} days, by the faithful loss, " in first
    assert f", of the last {SHORT} days, " in second and "faithful" not in second
    frame = bars.matrix(together.recipe.channels)
    said = vrx.load(package.path).predict(frame[-(DAYS + 1) :])
    with torch.no_grad():
        variance, _, _ = together.network(torch.from_numpy(frame[-(DAYS + 1) :][None]))
    np.testing.assert_allclose(said.variance, variance.numpy()[0], rtol=1e-5)


def test_adapting_a_whole_keeps_what_sets_its_members_apart(together, bars, tmp_path):
    keep(tmp_path / "model.safetensors", together)
    members = open_members(str(tmp_path / "model.safetensors"))
    assert [run.recipe.member for run in members] == [replace(together.recipe, seed=seed).member for seed in SEEDS]
    recipe = tuning(members, bars)
    begin = {run.recipe.seed: run for run in members}
    runs = [execute(replace(recipe, seed=s), [], [bars], tmp_path / f"seed-{s}", begin=begin[s]) for s in SEEDS]
    assert [run.network.input.window for run in runs] == [DAYS, SHORT, SHORT]
    for before, run in zip(validation_losses(members, runs[0].recipe, bars), runs, strict=True):
        assert run.history[-1].validation_loss <= before + 1e-12
    assert isinstance(combine(runs, [], [bars]).network, Ensemble)


def test_members_survive_json_and_toml(plan, tmp_path):
    recipe = plan(seed=7)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    path = tmp_path / "own.toml"
    path.write_text(
        f'channels = ["close"]\nlookback = {DAYS + 1}\n[[members]]\nloss = "faithful"\n[[members]]\nwindow = {SHORT}\n'
        '[[phases]]\nseries = "target"\n'
    )
    assert Recipe.from_toml(path).members == MEMBERS


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"members": (Member(window=21),)}, r"members\[0\].window is 21: give 22 to 60 days, or 0 for all"),
        ({"members": (Member(), Member(window=61))}, r"members\[1\].window is 61: give 22 to 60 days, or 0 for all"),
        ({"members": (Member(window=-1),)}, r"members\[0\].window is -1: give 22 to 60"),
        (
            {"members": (Member(loss="pinball"),)},
            r"members\[0\].loss is 'pinball': take one of gaussian, squared, faith",
        ),
    ],
)
def test_members_that_make_no_sense_are_refused(plan, changes, told):
    with pytest.raises(InputError, match=told):
        plan(**changes)


def test_members_of_what_is_fitted_in_one_go_are_refused(tiny):
    with pytest.raises(InputError, match=r"members is .*: log-har is no network of an ensemble"):
        tiny("close", "log-har", members=MEMBERS)


@pytest.mark.parametrize("model", ["log-har", "overlap", "overlap-network", "linear", "lstm-attention"])
def test_another_model_takes_of_the_members_what_it_can_have(tiny, model):
    rolling = {"rolling": 22, "horizons": (1,)} if model.startswith("overlap") else {}
    plan = tiny("close", "scales", lookback=200, loss="faithful", members=MEMBERS, **rolling)
    found = overruled(plan, model=model)
    kept = model in ("linear", "lstm-attention")
    assert (found.members, found.loss) == ((MEMBERS, "faithful") if kept else ((), "gaussian"))


def test_a_member_by_squared_errors_is_chosen_adapted_and_calibrated_by_them(plan, bars, tmp_path):
    recipe = replace(plan(seed=4), members=(Member(loss="squared"),))
    run = execute(recipe, [], [bars], tmp_path / "run")
    adapted = tuning([run], bars)
    part = samples([bars], adapted, cuts([bars], adapted.split), "validation")
    mean, spread = distributions(run.network, part)
    assert (spread == spread[0]).all()
    squared = float(((part.target - mean) ** 2).mean())
    assert validation_losses([run], adapted, bars) == pytest.approx([squared], rel=1e-12)
    found = execute(adapted, [], [bars], tmp_path / "adapted", begin=run)
    assert 0.0 < found.history[-1].validation_loss <= squared * (1.0 + 1e-12)
    own = samples([bars], run.recipe, run.cuts, "validation")
    best = float(((own.target - distributions(run.network, own).mean) ** 2).mean())
    assert best <= min(epoch.validation_loss for epoch in run.history) * (1.0 + 1e-9)


def test_no_run_begins_from_a_member_that_reads_other_days(plan, bars, tmp_path, folder):
    before = open_all(folders_of(folder))[1]
    other = replace(before.recipe, members=(Member(), Member(window=SHORT + 1)))
    with pytest.raises(InputError, match="reads 30 days, not 31: give both a member of one window"):
        execute(other, [], [bars], tmp_path / "run", begin=before)
    assert not (tmp_path / "run").exists()


def test_one_line_says_how_many_seeds_hold_as_many_of_each_kind(say, tmp_path):
    (tmp_path / "two.toml").write_text(
        f'channels = ["close"]\nlookback = {DAYS + 1}\n[network]\nkind = "linear"\nhidden = 8\nlayers = 1\n'
        f'bottleneck = 8\n[[members]]\n[[members]]\nwindow = {SHORT}\n[[phases]]\nseries = "target"\nepochs = 1\n'
    )
    options = ("train", "--recipe", tmp_path / "two.toml", "--target", "sample:sp500", "--json")
    said = say(*options, "--out", tmp_path / "one")
    assert said.code == 0 and "note: two has 2 kinds of members, in turns of the seed: --seeds 2, or a mul" in said.err
    assert "kinds of members" not in say(*options, "--out", tmp_path / "both", "--seeds", 2).err

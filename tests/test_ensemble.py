"""Several seeds in one graph: how they are averaged, calibrated, and which runs go together."""

import json
import shutil

import numpy as np
import pytest
import torch

import vrx
from vrx.errors import InputError, TrainingError
from vrx.export.card import card
from vrx.export.package import export
from vrx.training.calibration import distributions
from vrx.training.ensemble import combine, folders_of, open_all
from vrx.training.networks import Ensemble, build
from vrx.training.networks.base import Distribution, Inputs, Variance
from vrx.training.run import execute
from vrx.training.windows import samples

SEEDS = (3, 11)


@pytest.fixture(scope="module")
def folder(tiny, bars, only, tmp_path_factory):
    """Two finished seeds, in the folders where vrx train --seeds puts them."""
    out = tmp_path_factory.mktemp("seeds")
    for seed in SEEDS:
        execute(tiny("close", seed=seed), [], [only(bars, ("close",))], out / f"seed-{seed}")
    return out


@pytest.fixture(scope="module")
def together(folder, bars, only):
    return combine(open_all(folders_of(folder)), [], [only(bars, ("close",))])


class Fixed(torch.nn.Module):
    """A member that always says the same."""

    def __init__(self, mean, spread):
        super().__init__()
        self.input = Variance(("close",))
        self.said = Distribution(torch.tensor([mean]), torch.tensor([spread]))

    def distribution(self, inputs):
        return self.said


def test_the_ensemble_has_the_mean_and_the_deviation_of_a_draw_from_its_members(tiny):
    members = [Fixed([1.0, 0.0, 2.0], [1.0, 2.0, 0.5]), Fixed([3.0, 0.0, 2.5], [1.0, 1.0, 0.5])]
    nothing = Inputs(torch.zeros(1, 1), torch.zeros(1, 1))
    mean, spread = Ensemble(tiny("close"), members).distribution(nothing)
    np.testing.assert_allclose(mean[0], [2.0, 0.0, 2.25])
    rng = np.random.default_rng(0)
    for k in range(3):
        drawn = np.concatenate([rng.normal(m.said.mean[0, k], m.said.spread[0, k], 400_000) for m in members])
        assert spread[0, k].item() == pytest.approx(drawn.std(), rel=0.01)


def test_an_ensemble_of_one_network_twice_is_that_network(tiny, bars, only):
    network = build(tiny("close")).eval()
    windows = torch.from_numpy(only(bars, ("close",)).matrix(("close",))[:23][None])
    with torch.no_grad():
        alone = network(windows)
        twice = Ensemble(tiny("close"), [network, network]).eval()(windows)
    for one, two in zip(alone, twice, strict=True):
        np.testing.assert_allclose(two.numpy(), one.numpy(), rtol=1e-12)


def test_an_ensemble_is_calibrated_for_itself_on_the_parts_before_the_test(together, bars, only):
    series = only(bars, ("close",))
    levels = np.array(together.recipe.levels)
    parts = [samples([series], together.recipe, together.cuts, part) for part in ("train", "validation")]
    mean, spread = distributions(together.network, parts[1])
    errors = ((parts[1].target - mean) / spread).numpy()
    below = (errors[:, :, None] <= together.network.answer.quantiles.numpy()).mean(axis=0)
    np.testing.assert_allclose(below, np.broadcast_to(levels, below.shape), atol=1.5 / len(errors))
    ratios = []
    for part in parts:
        mean, spread = distributions(together.network, part)
        ratios.append(torch.exp(torch.minimum(part.target - mean, 5 * spread) - 0.5 * spread**2))
    expected = torch.cat(ratios).mean(0).log()
    np.testing.assert_allclose(together.network.answer.shift.numpy(), expected.numpy(), rtol=1e-9)


def test_the_scores_of_an_ensemble_are_its_own(together, folder):
    one = open_all(folders_of(folder))[0]
    ours, its = (run.scores["seen"]["mean"]["rows"] for run in (together, one))
    assert [row["qlike"] for row in ours if row["model"] == "har"] == [
        row["qlike"] for row in its if row["model"] == "har"
    ]
    assert [row["qlike"] for row in ours if row["model"] == "model"] != [
        row["qlike"] for row in its if row["model"] == "model"
    ]


def test_an_ensemble_travels_as_one_file_that_says_what_it_is(together, bars, only, tmp_path):
    series = only(bars, ("close",))
    package = export(together, tmp_path / "both.onnx")
    assert package.spec.network.startswith("mean of 2 networks from as many seeds, each: LSTM 1 x 8 over 22 days")
    history = vrx.load(package.path).history(series)
    part = samples([series], together.recipe, together.cuts, "test")
    with torch.no_grad():
        expected = together.network(part.windows(torch.arange(len(part))))[0].numpy()
    np.testing.assert_allclose(history.variance[part.rows.numpy()], expected, rtol=1e-5)
    text = card(package, together)
    assert "--seed 3 --out" in text and "--seed 11 --out" in text and "seed 3, 11;" in text


def damaged(folder, tmp_path, change):
    """A copy of the two runs, one of them changed."""
    out = tmp_path / "copy"
    shutil.copytree(folder, out)
    path = out / "seed-11" / "run.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    return folders_of(out)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["recipe"]["phases"][0].update(epochs=7), "its recipe is not that of"),
        (lambda d: d["recipe"].update(measure="variance"), "its recipe is not that of"),
        (lambda d: d["origins"][0].update(sha256="0" * 64), "was trained on other data than"),
        (lambda d: d.update(variance="0" * 64), "was trained on other data than"),
        (lambda d: d["cuts"].update(train_end="2020-05-05"), "was trained on other data than"),
        (lambda d: d["recipe"].update(seed=3), "seed 3 is that of"),
        (lambda d: d.update(status="running"), "the run is not finished"),
    ],
)
def test_when_runs_differ_in_more_than_the_seed_then_one_line_says_in_what(folder, tmp_path, change, message):
    with pytest.raises(TrainingError, match=message) as caught:
        open_all(damaged(folder, tmp_path, change))
    assert "\n" not in str(caught.value)


def test_when_the_series_is_not_that_of_the_runs_then_they_are_not_combined(folder, market, only):
    other = only(market(seed=9), ("close",))
    with pytest.raises(InputError, match="the series are not those that the runs were trained on"):
        combine(open_all(folders_of(folder)), [], [other])


def test_runs_of_a_regression_are_not_combined(tiny, bars, only, tmp_path):
    for seed in SEEDS:
        execute(tiny("close", "log-har", seed=seed), [], [only(bars, ("close",))], tmp_path / f"seed-{seed}")
    with pytest.raises(TrainingError, match="log-har has no seed to differ by"):
        open_all(folders_of(tmp_path))


def test_the_folders_are_in_the_order_of_their_seeds_and_a_run_is_its_own_folder(folder):
    assert [path.name for path in folders_of(folder)] == ["seed-3", "seed-11"]
    assert folders_of(folder / "seed-3") == [folder / "seed-3"]


RECIPE = """
channels = ["close"]
[network]
hidden = 8
layers = 1
heads = 2
bottleneck = 8
[[phases]]
series = "target"
epochs = 1
batch_size = 64
"""


def test_from_seeds_to_one_file_on_the_command_line(say, bars, csv_file, tmp_path):
    target = csv_file(bars)
    (tmp_path / "tiny.toml").write_text(RECIPE)
    command = ("train", "--recipe", tmp_path / "tiny.toml", "--target", target, "--out", tmp_path / "out")
    trained = say(*command, "--seeds", 2, "--seed", 4, "--json")
    assert trained.code == 0, trained.err
    said = json.loads(trained.out)
    assert said["seeds"] == [4, 5] and list(said["each"]) == ["4", "5"]
    done = say("export", tmp_path / "out/seed-4", tmp_path / "out/seed-5", "--out", tmp_path / "both.onnx")
    assert done.code == 0, done.err
    scores = json.loads((tmp_path / "both.json").read_text())["scores"]
    assert scores["seen"]["rows"] == said["scores"]["seen"]["mean"]["rows"]
    again = say(*command, "--seeds", 2, "--seed", 4)
    assert again.code == 0 and "mean of 2 networks" in again.out
    (tmp_path / "tiny.toml").write_text(RECIPE.replace("epochs = 1", "epochs = 2"))
    other = say(*command, "--seeds", 2, "--seed", 4)
    assert other.code == 1 and "holds a run of another recipe: take another --out" in other.err


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (("--seeds", 1), "--seeds 1"),
        (("--seeds", 2, "--model", "log-har"), "--seeds 2 of log-har"),
        (("--seeds", 2, "--plot", "a.png"), "--plot"),
    ],
)
def test_when_seeds_make_no_sense_then_one_line_says_why(say, bars, csv_file, tmp_path, extra, message):
    said = say("train", "--target", csv_file(bars), "--strategy", "scratch", "--out", tmp_path / "out", *extra)
    assert said.code == 2 and message in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()

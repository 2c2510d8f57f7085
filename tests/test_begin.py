"""A run that begins from the weights of another."""

from dataclasses import replace

import pytest
import torch

from vrx.errors import InputError, TrainingError
from vrx.training.calibration import distributions
from vrx.training.ensemble import combine, folders_of, open_all
from vrx.training.folder import open_run
from vrx.training.networks import build
from vrx.training.recipe import Phase
from vrx.training.run import _take, execute
from vrx.training.seeds import execute_seeds
from vrx.training.windows import samples


@pytest.fixture
def cut(tiny, pair):
    target = pair[1]
    return replace(tiny().split, train_end=target.dates[139].item(), validation_end=target.dates[209].item())


SOURCE, TARGET = Phase("source", epochs=2, batch_size=64), Phase("target", epochs=2, batch_size=64)


def test_two_phases_in_two_runs_end_where_one_run_does(tiny, pair, cut, tmp_path):
    source, target = pair
    # The order of a phase's samples comes of its number, so one epoch of whole batches tells them not apart.
    phases = tuple(replace(phase, epochs=1, batch_size=4096) for phase in (SOURCE, TARGET))
    shape = {"network": {"dropout": 0.0}}
    whole = execute(tiny(phases=phases, split=cut, **shape), [source], [target], tmp_path / "whole")
    first = execute(tiny(phases=phases[:1], split=cut, **shape), [source], [target], tmp_path / "first")
    second = execute(tiny(phases=phases[1:], split=cut, **shape), [], [target], tmp_path / "second", begin=first)
    part = samples([target], whole.recipe, whole.cuts, "test")
    # Weights without a gradient, such as the biases of keys, move by the sign of rounding: the forecasts tell.
    said = [distributions(run.network, part).mean for run in (whole, second, first)]
    torch.testing.assert_close(said[0], said[1], rtol=1e-6, atol=1e-5)
    assert not torch.allclose(said[0], said[2], rtol=1e-6, atol=1e-3)
    alone = execute(tiny(phases=phases[1:], split=cut, **shape), [], [target], tmp_path / "alone")
    assert not torch.allclose(alone.network.encoder.lstm.weight_ih_l0, second.network.encoder.lstm.weight_ih_l0)


def test_when_the_networks_differ_then_it_is_refused_in_one_line(tiny, pair, cut, tmp_path):
    source, target = pair
    first = execute(tiny(phases=(SOURCE,), split=cut), [source], [target], tmp_path / "first")
    other = tiny(phases=(TARGET,), split=cut, network={"hidden": 4})
    with pytest.raises(InputError, match="its network is not that of the run tiny") as caught:
        execute(other, [], [target], tmp_path / "second", begin=first)
    assert "\n" not in str(caught.value)


@pytest.fixture
def first(tiny, pair, cut, tmp_path):
    return execute(tiny(phases=(SOURCE,), split=cut), [pair[0]], [pair[1]], tmp_path / "first")


def test_the_series_behind_a_run_that_begins_from_another_count_as_seen(tiny, pair, cut, tmp_path, first):
    source, target = pair
    run = execute(tiny(phases=(TARGET,), split=cut), [], [target], tmp_path / "second", begin=first)
    assert [origin.name for origin in run.origins] == ["target", "source"]
    assert open_run(tmp_path / "second").origins == run.origins
    again = execute(
        tiny(phases=(TARGET,), split=cut, held_out=("source",)), [source], [target], tmp_path / "third", begin=first
    )
    assert "unseen" not in again.scores
    assert again.scores["seen"]["series"].keys() == {"source", "target"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": "close"}, "has channels"),
        ({"lookback": 25}, "has lookback 23, not 25"),
        ({"horizons": (1, 2, 3)}, "has horizons"),
        ({"measure": "parkinson"}, "has measure"),
        ({"network": {"floor": 0.5}}, "its network is not that"),
        ({"network": {"sequence": 20}}, "its network is not that"),
        ({"kind": "har"}, "har begins from no run"),
        ({"split": "earlier"}, "saw days to .* and the test part begins after"),
    ],
)
def test_when_a_run_cannot_begin_from_another_then_one_line_says_why_and_no_folder_is_made(
    tiny, pair, cut, tmp_path, first, change, message
):
    split = cut if "split" not in change else replace(cut, validation_end=pair[1].dates[200].item())
    recipe = tiny(**{**change, "phases": (TARGET,), "split": split})
    with pytest.raises(InputError, match=message) as caught:
        execute(recipe, [], [pair[1]], tmp_path / "second", begin=first)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "second").exists()


def test_a_rolling_run_begins_from_none_of_another_window(tiny, pair, cut, tmp_path):
    shape = {"horizons": (1,), "lookback": 40}
    target = pair[1]
    first = execute(tiny("close", phases=(TARGET,), split=cut, rolling=5, **shape), [], [target], tmp_path / "first")
    with pytest.raises(InputError, match="has rolling 5, not 6"):
        execute(
            tiny("close", phases=(TARGET,), split=cut, rolling=6, **shape), [], [target], tmp_path / "b", begin=first
        )


def test_a_folder_knows_the_weights_that_its_run_began_from(tiny, pair, cut, tmp_path, first):
    target, out, recipe = pair[1], tmp_path / "second", tiny(phases=(TARGET,), split=cut)
    other = execute(tiny(phases=(SOURCE,), split=cut, seed=1), [pair[0]], [target], tmp_path / "other")
    whole = execute(recipe, [], [target], out, begin=first)
    for begin, words in ((None, "begins from the weights of another"), (other, "begun with another begin")):
        with pytest.raises(TrainingError, match=words) as caught:
            execute(recipe, [], [target], out, resume=True, begin=begin)
        assert "\n" not in str(caught.value)
    again = execute(recipe, [], [target], out, resume=True, begin=open_run(tmp_path / "first"))
    assert all(
        torch.equal(one, two)
        for one, two in zip(whole.network.state_dict().values(), again.network.state_dict().values(), strict=True)
    )
    execute(recipe, [], [target], tmp_path / "alone")
    with pytest.raises(TrainingError, match="begun with another begin"):
        execute(recipe, [], [target], tmp_path / "alone", resume=True, begin=first)


def test_the_spread_is_taken_over_and_the_constant_and_the_quantiles_are_not(tiny, pair, cut, tmp_path):
    first = execute(tiny(phases=(TARGET,), split=cut, loss="squared"), [], [pair[1]], tmp_path / "first")
    network = build(first.recipe)
    fresh = network.answer.quantiles.clone()
    _take(network, first.recipe, first)
    part = samples([pair[1]], first.recipe, first.cuts, "test")
    assert torch.equal(distributions(network, part).spread, distributions(first.network, part).spread)
    assert torch.equal(network.answer.quantiles, fresh)
    assert not network.answer.shift.any()


def test_runs_that_began_from_others_are_combined_with_the_series_behind_them(tiny, pair, cut, tmp_path):
    source, target = pair
    for seed in (0, 1):
        first = execute(tiny(phases=(SOURCE,), split=cut, seed=seed), [source], [target], tmp_path / f"first-{seed}")
        execute(tiny(phases=(TARGET,), split=cut, seed=seed), [], [target], tmp_path / f"seed-{seed}", begin=first)
    together = combine(open_all(folders_of(tmp_path)), [], [target])
    assert [origin.name for origin in together.origins] == ["target", "source"]


def test_when_finished_seeds_are_of_other_data_or_another_measure_then_they_are_not_taken(tiny, pair, tmp_path):
    target, recipe = pair[1], tiny("close", horizons=(1,), phases=(TARGET,), measure="parkinson")
    execute_seeds(recipe, [], [target], tmp_path / "all", [3])
    with pytest.raises(TrainingError, match="holds a run of another recipe"):
        execute_seeds(replace(recipe, measure="garman_klass"), [], [target], tmp_path / "all", [3])
    high = {**target.columns, "high": 1.01 * target["high"]}
    for other in (replace(target, columns=high), target.head(250)):
        with pytest.raises(TrainingError, match="holds a run of other data"):
            execute_seeds(recipe, [], [other], tmp_path / "all", [3])


def test_seeds_side_by_side_have_the_bits_of_each_alone_and_are_trained_once(tiny, pair, tmp_path):
    target = pair[1]
    recipe, done = tiny(phases=(TARGET,)), []
    together = execute_seeds(recipe, [], [target], tmp_path / "all", [3, 5], report=done.append)
    assert sorted(done) == [3, 5]
    for seed, run in zip((3, 5), together, strict=True):
        alone = execute(replace(recipe, seed=seed), [], [target], tmp_path / f"alone-{seed}")
        assert run.recipe.seed == seed
        assert all(
            torch.equal(one, two)
            for one, two in zip(alone.network.state_dict().values(), run.network.state_dict().values(), strict=True)
        )
    before = (tmp_path / "all" / "seed-3" / "model.safetensors").stat().st_mtime_ns
    execute_seeds(recipe, [], [target], tmp_path / "all", [3, 5])
    assert (tmp_path / "all" / "seed-3" / "model.safetensors").stat().st_mtime_ns == before


@pytest.mark.parametrize("seeds", [[], [1, 1]])
def test_when_seeds_are_none_or_twice_then_it_is_refused(tiny, pair, tmp_path, seeds):
    with pytest.raises(InputError, match="seeds are"):
        execute_seeds(tiny(), [], [pair[1]], tmp_path / "all", seeds)

"""A run that begins from the weights of another."""

from dataclasses import replace

import pytest
import torch

from vrx.errors import InputError
from vrx.training.calibration import distributions
from vrx.training.recipe import Phase
from vrx.training.run import execute
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

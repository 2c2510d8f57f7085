"""Faithful loss: squared errors teach the mean, the likelihood the spread, which teaches nothing else."""

import pytest
import torch

from vrx.errors import InputError
from vrx.training.calibration import distributions
from vrx.training.losses import gaussian_loss, taught
from vrx.training.networks import build
from vrx.training.networks.base import Distribution
from vrx.training.run import execute
from vrx.training.windows import cuts, samples

ROLLING = {"overlap-network": {"rolling": 22, "horizons": (1,)}, "log-har": {}}
KINDS = ("lstm-attention", "hybrid-from-har", "residual")


def gradients(recipe, part, kind):
    """Of every parameter after one batch, from weights of one seed."""
    torch.manual_seed(5)
    network = build(recipe).eval()
    torch.nn.init.normal_(network.head.mean.weight, std=0.1)  # some heads start at zero, which teaches the code nothing
    step, said = taught(network.distribution(network.input(part.windows(torch.arange(len(part))))), part.target, kind)
    step.backward()
    return {name: value.grad for name, value in network.named_parameters() if value.grad is not None}, said


@pytest.mark.parametrize("kind", KINDS)
def test_squared_errors_teach_the_mean_and_the_code_and_the_likelihood_the_spread_alone(tiny, pair, kind):
    recipe = tiny(kind=kind, loss="faithful")
    part = samples([pair[1]], recipe, cuts([pair[1]], recipe.split), "train")
    faithful, said = gradients(recipe, part, "faithful")
    squared, _ = gradients(recipe, part, "squared")
    likely, reported = gradients(tiny(kind=kind), part, "gaussian")
    assert said == reported
    spread = {name for name in faithful if name.startswith("head.spread.")}
    assert len(spread) == 2
    for name, value in faithful.items():
        torch.testing.assert_close(value, likely[name] if name in spread else squared[name], rtol=1e-4, atol=1e-7)
    shared = next(name for name in faithful if name.startswith("encoder."))
    assert not torch.allclose(faithful[shared], likely[shared], rtol=1e-2)


def test_what_is_reported_and_chosen_by_is_the_likelihood(tiny, pair, tmp_path):
    run = execute(tiny(loss="faithful"), [], [pair[1]], tmp_path / "run")
    part = samples([pair[1]], run.recipe, run.cuts, "validation")
    found = distributions(run.network, part)
    best = min(epoch.validation_loss for epoch in run.history)
    assert float(gaussian_loss(found, part.target)) == pytest.approx(best, rel=1e-9)
    assert (found.spread.std(0) > 1e-6).all()  # not one for all days, as squared loss leaves it


def test_of_other_losses_what_is_taught_is_what_is_reported():
    found = Distribution(torch.tensor([[1.0]]), torch.tensor([[2.0]]))
    for kind, value in (("squared", 1.0), ("gaussian", float(gaussian_loss(found, torch.zeros(1, 1))))):
        step, said = taught(found, torch.zeros(1, 1), kind)
        assert float(step) == float(said) == pytest.approx(value)


@pytest.mark.parametrize("kind", ROLLING)
def test_where_no_spread_reads_a_code_it_is_refused(tiny, kind):
    with pytest.raises(InputError, match=f"loss is 'faithful': {kind} has no spread that reads a code"):
        tiny("close", kind, loss="faithful", lookback=200, **ROLLING[kind])

"""What combiners decide: kept by epoch, and told for every day."""

import json

import numpy as np
import pytest
import torch

from vrx.training.daily import every_day
from vrx.training.folder import open_run
from vrx.training.state import Epoch

NAMES = {
    "hybrid": ["alpha"],
    "dynamic-attention": ["alpha"],
    "regimes": ["regime 1", "regime 2", "regime 3"],
    "lstm-attention": [],
}


@pytest.mark.parametrize("kind", list(NAMES))
def test_every_epoch_keeps_what_the_combiner_decided_and_the_folder_gives_it_back(trained, kind):
    run, folder = trained(kind)
    assert run.history
    for epoch in run.history:
        assert list(epoch.weights) == NAMES[kind]
        assert all(0.0 < weight < 1.0 for weight in epoch.weights.values())
        if kind == "regimes":
            assert abs(sum(epoch.weights.values()) - 1.0) < 1e-12
    assert open_run(folder).history == run.history
    assert json.loads((folder / "run.json").read_text())["history"][-1]["weights"] == run.history[-1].weights


def test_the_alpha_of_an_epoch_is_that_of_the_network_after_it(trained):
    run, _ = trained("hybrid")
    best = min(run.history, key=lambda epoch: epoch.validation_loss)
    assert best.weights["alpha"] == pytest.approx(
        float(torch.sigmoid(run.network.combiner.logit)[0].detach()), abs=1e-12
    )
    assert best.weights["alpha"] != 0.8


def test_an_epoch_of_an_old_folder_has_no_weights():
    assert Epoch(0, 0, 1.0, 1.0, 1e-3, 0.1).weights == {}


@pytest.mark.parametrize("kind", list(NAMES))
def test_every_day_is_what_the_network_says_of_the_window_that_ends_there(trained, bars, kind):
    run, _ = trained(kind)
    daily = every_day(run.network, run.recipe, bars, start=40)
    matrix = torch.from_numpy(bars.matrix(run.recipe.channels))
    for row in (40, 200, len(bars) - 1):
        with torch.no_grad():
            variance, _, _ = run.network(matrix[row - run.recipe.lookback + 1 : row + 1][None])
        np.testing.assert_allclose(daily.variance[row], variance[0].numpy(), rtol=1e-6)
    assert np.isnan(daily.variance[:40]).all() and np.isfinite(daily.log_variance[40:]).all()
    assert (daily.log_variance[40:] < np.log(daily.variance[40:]) + 0.5).all()
    assert list(daily.weights) == NAMES[kind]
    for values in daily.weights.values():
        assert np.isnan(values[:40]).all()
        assert ((values[40:] > 0.0) & (values[40:] < 1.0)).all()
    if kind != "hybrid":
        assert all(np.ptp(values[40:]) > 0.0 for values in daily.weights.values())


def test_every_day_does_not_hang_on_the_days_after_it(trained, bars):
    run, _ = trained("regimes")
    whole, cut = (every_day(run.network, run.recipe, series) for series in (bars, bars.head(250)))
    np.testing.assert_array_equal(whole.variance[:250], cut.variance)
    np.testing.assert_array_equal(whole.weights["regime 1"][:250], cut.weights["regime 1"])

"""A model of variance and return serves series that hold variances and closes."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
import torch

import vrx
from vrx.errors import InputError
from vrx.training.run import execute
from vrx.training.windows import cuts, samples


@pytest.fixture(scope="module")
def closes(bars, only):
    """The toy's variances and closes, and the same with the returns of these closes as a column."""
    held = only(bars, ("variance", "close"))
    returns = np.append(0.0, np.diff(np.log(bars["close"])))
    columns = {"variance": bars["variance"], "return": returns}
    return held, replace(held, columns=MappingProxyType(columns))


def test_the_matrix_holds_the_returns_of_the_closes(closes):
    held, given = closes
    assert held.shows("return") and not held.shows("open") and "return" not in held
    matrix = held.matrix(("variance", "return"))
    assert np.isnan(matrix[0, 1])
    np.testing.assert_array_equal(matrix[1:], given.matrix(("variance", "return"))[1:])
    assert held.head(0).matrix(("return",)).shape == (0, 1)


def test_a_model_of_variance_and_return_forecasts_from_closes(exported, closes):
    held, given = closes
    forecaster = vrx.load(exported("lstm-attention", "variance-return").path)
    lookback = forecaster.spec.lookback
    np.testing.assert_array_equal(forecaster.predict(held).variance, forecaster.predict(given).variance)
    history, wanted = forecaster.history(held).variance, forecaster.history(given).variance
    # The window that begins with the first day has no return there.
    assert np.isnan(history[lookback - 1]).all() and np.isfinite(wanted[lookback - 1]).all()
    np.testing.assert_array_equal(history[lookback:], wanted[lookback:])
    with pytest.raises(InputError, match=f"{lookback} daily bars are too few: .* reads the last {lookback + 1}"):
        forecaster.predict(held.head(lookback))


def test_training_leaves_out_the_window_whose_first_return_is_not_known(tiny, closes, tmp_path):
    held, given = closes
    recipe = tiny("variance-return")
    at = cuts([held], recipe.split)
    assert len(samples([held], recipe, at, "train")) == len(samples([given], recipe, at, "train")) - 1
    run = execute(recipe, [], [held], tmp_path / "run")
    assert all(torch.isfinite(parameter).all() for parameter in run.network.parameters())

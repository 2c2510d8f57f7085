"""Squared loss teaches no spread: every day gets that of the errors."""

import numpy as np
import pytest
import torch

from vrx.training.calibration import distributions
from vrx.training.run import execute
from vrx.training.windows import samples


@pytest.mark.parametrize("kind", ["lstm-attention", "hybrid-from-har"])
def test_after_squared_loss_the_spread_is_that_of_the_errors_and_the_mean_of_the_variance_follows(
    tiny, pair, tmp_path, kind
):
    target = pair[1]
    run = execute(tiny(kind=kind, loss="squared"), [], [target], tmp_path / "run")
    parts = [samples([target], run.recipe, run.cuts, part) for part in ("train", "validation")]
    errors = torch.cat([part.target - distributions(run.network, part).mean for part in parts])
    spread = torch.cat([distributions(run.network, part).spread for part in parts])
    np.testing.assert_allclose(spread.numpy(), (errors**2).mean(0).sqrt().expand_as(spread).numpy(), rtol=1e-6)
    windows = parts[1].windows(torch.arange(len(parts[1])))
    with torch.no_grad():
        above = run.network(windows)[0].log() - run.network.distribution(run.network.input(windows)).mean
    np.testing.assert_allclose(above.numpy(), above[:1].expand_as(above).numpy(), rtol=1e-9)

"""Scores of the test part: which forecast each takes, and on which days."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from vrx import har
from vrx.evaluation._baselines import positive
from vrx.training import scoring
from vrx.training.calibration import distributions
from vrx.training.daily import Daily, every_day
from vrx.training.scoring import _centred, score_test_part
from vrx.training.windows import Cuts, samples, targets

HORIZONS = (1, 5, 22)
# HAR forecasts from row 252 on, and the toy's test part begins before.
FIRST_OF_HAR = 252


def part_of(run, bars):
    """The test part as samples, and which of them HAR forecasts too."""
    part = samples([bars], run.recipe, run.cuts, "test")
    scored = part.rows.numpy() >= FIRST_OF_HAR
    assert 20 < scored.sum() < len(part)
    return part, scored


def row_of(run, model, horizon):
    rows = run.scores["seen"]["series"]["toy"]["rows"]
    return next(row for row in rows if (row["model"], row["horizon"]) == (model, horizon))


@pytest.mark.parametrize("kind", ["lstm-attention", "regimes", "log-har"])
def test_errors_in_logs_take_the_mean_log_and_qlike_the_mean(trained, bars, kind):
    run, _ = trained(kind)
    part, scored = part_of(run, bars)
    came = part.target.numpy()[scored]
    with torch.no_grad():
        logs = distributions(run.network, part).mean.numpy()[scored]
        variance = run.network(part.windows(torch.arange(len(part))))[0].numpy()[scored]
    for k, horizon in enumerate(HORIZONS):
        row = row_of(run, "model", horizon)
        errors = came[:, k] - logs[:, k]
        ratio = np.exp(came[:, k]) / variance[:, k]
        assert row["n"] == scored.sum()
        assert row["rmse_log"] == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-6)
        assert row["r2_log"] == pytest.approx(1.0 - np.mean(errors**2) / came[:, k].var(), rel=1e-6)
        assert row["correlation_log"] == pytest.approx(np.corrcoef(came[:, k], logs[:, k])[0, 1], rel=1e-6)
        assert row["qlike"] == pytest.approx(np.mean(ratio - np.log(ratio) - 1.0), rel=1e-6)
        # The log of the mean lies elsewhere, so the test can tell the two apart.
        assert row["rmse_log"] != pytest.approx(np.sqrt(np.mean((came[:, k] - np.log(variance[:, k])) ** 2)), rel=1e-4)


@pytest.mark.parametrize("kind", ["lstm-attention", "har"])
def test_coverage_is_taken_on_the_days_of_the_scores(trained, bars, kind):
    run, _ = trained(kind)
    part, scored = part_of(run, bars)
    with torch.no_grad():
        quantiles = run.network(part.windows(torch.arange(len(part))))[2].numpy()[scored]
    came = np.exp(0.5 * part.target.numpy()[scored])
    inside = (quantiles[:, :, 0] <= came) & (came <= quantiles[:, :, -1])
    assert run.scores["seen"]["coverage"] == pytest.approx(inside.mean(axis=0).tolist())
    below = (came[:, :, None] <= quantiles).mean(axis=0)
    np.testing.assert_allclose(run.scores["seen"]["calibration"], below)


def test_calibration_is_the_mean_over_the_series_of_the_shares_at_or_below_each_quantile(tiny, market, monkeypatch):
    recipe = tiny(measure="garman_klass", horizons=(1, 5), levels=(0.1, 0.4, 0.9))
    series, said, expected = [market(320, 1, "one"), market(290, 2, "two")], {}, []
    rng = np.random.default_rng(0)
    for bars in series:
        _, target = targets(bars, recipe)
        n = len(bars)
        spread = np.sort(rng.normal(size=(n, 2, 3)), axis=2)
        quantiles = np.sqrt(np.nanmean(target, axis=0))[:, None] * np.exp(spread)
        quantiles[270] = np.sqrt(target[270])[:, None]  # exactly there counts as below
        variance = np.full((n, 2), 1e-4)
        # A day of the first horizon without a forecast: its quantiles would be met, and are not to count.
        variance[260, 0], quantiles[260] = np.nan, np.inf
        said[bars.name] = Daily(np.log(variance), variance, quantiles, {})
        shares = np.zeros((2, 3))
        for k in range(2):
            days = [t for t in range(FIRST_OF_HAR, n - 5) if (t, k) != (260, 0)]
            for j in range(3):
                shares[k, j] = sum(np.sqrt(target[t, k]) <= quantiles[t, k, j] for t in days) / len(days)
        expected.append(shares)
    monkeypatch.setattr(scoring, "every_day", lambda network, recipe, bars, start: said[bars.name])
    at = Cuts(series[0].dates[150], series[0].dates[200])
    found = score_test_part(SimpleNamespace(mean_alone=False), recipe, {"seen": series, "unseen": series[1:]}, at)
    np.testing.assert_allclose(found["seen"]["calibration"], np.mean(expected, axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["unseen"]["calibration"], expected[1], rtol=1e-12)
    assert np.ptp(expected, axis=0).min() > 0.0


def test_log_har_is_taken_at_its_median_and_a_model_of_the_mean_at_its_log_plus_past_errors(trained, bars):
    run, _ = trained("har")
    part, scored = part_of(run, bars)
    rows = part.rows.numpy()[scored]
    outcome, target = targets(bars, run.recipe)
    variance = every_day(run.network, run.recipe, bars).variance
    for k, horizon in enumerate(HORIZONS):
        median = har.expanding(positive(outcome), horizon, log=True, median=True)[rows]
        found = row_of(run, "log-har", horizon)["rmse_log"]
        assert found == pytest.approx(np.sqrt(np.mean(np.log(target[rows, k] / median) ** 2)), rel=1e-9)
        errors = np.log(target[:, k] / variance[:, k])
        # One day after the other, by what was known then: the errors whose last day is over.
        said = [np.log(variance[t, k]) + np.nanmean(errors[: t - horizon + 1]) for t in rows]
        found = row_of(run, "model", horizon)["rmse_log"]
        assert found == pytest.approx(np.sqrt(np.mean((np.log(target[rows, k]) - said) ** 2)), rel=1e-6)


def test_the_mean_of_past_errors_knows_nothing_of_what_comes_later():
    rng = np.random.default_rng(0)
    means, came = np.exp(rng.normal(size=(2, 60, 3)))
    came[5] = 0.0  # a day without variance has no log error
    before = _centred(means, came, HORIZONS)
    assert np.isfinite(before).all()
    for day in (0, 7, 30, 59):
        other = came.copy()
        for k, horizon in enumerate(HORIZONS):
            other[max(day - horizon + 1, 0) :, k] *= 9.0
        np.testing.assert_array_equal(_centred(means, other, HORIZONS)[: day + 1], before[: day + 1])
    other = came.copy()
    other[30] *= 9.0
    assert (_centred(means, other, HORIZONS)[52:] != before[52:]).all()

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vrx.errors import InputError, MissingExtraError
from vrx.evaluation import metrics

positive = arrays(np.float64, 20, elements=st.floats(1e-6, 1e3))


@given(forecast=positive, actual=positive, scale=st.floats(1e-6, 1e6))
def test_qlike_is_never_negative_zero_when_exact_and_free_of_units(forecast, actual, scale):
    loss = metrics.qlike_loss(forecast, actual)
    assert (loss >= -1e-12).all()
    np.testing.assert_allclose(metrics.qlike_loss(scale * forecast, scale * actual), loss, rtol=1e-9, atol=1e-9)
    assert metrics.qlike(actual, actual) == 0.0


def test_when_the_measure_is_noisy_but_unbiased_then_qlike_still_prefers_the_true_variance():
    rng = np.random.default_rng(0)
    truth = np.exp(rng.normal(size=20_000))
    measured = truth * rng.chisquare(4, size=truth.size) / 4
    best = metrics.qlike(truth, measured)
    assert best < metrics.qlike(1.2 * truth, measured)
    assert best < metrics.qlike(0.8 * truth, measured)
    assert metrics.qlike_loss(truth, measured).shape == truth.shape


@given(forecast=positive, actual=positive)
def test_rmse_bounds_mae_and_both_are_symmetric(forecast, actual):
    assert metrics.mae(forecast, actual) <= metrics.rmse(forecast, actual) * (1 + 1e-12)
    assert metrics.rmse(forecast, actual) == metrics.rmse(actual, forecast)


def test_r_squared_and_correlation_agree_with_numpy():
    rng = np.random.default_rng(1)
    actual = rng.normal(size=200)
    forecast = 0.5 * actual + rng.normal(size=200)
    assert metrics.correlation(forecast, actual) == pytest.approx(np.corrcoef(forecast, actual)[0, 1])
    slope, intercept = np.polyfit(forecast, actual, 1)
    fitted = slope * forecast + intercept
    assert metrics.r_squared(fitted, actual) == pytest.approx(metrics.correlation(forecast, actual) ** 2)
    assert metrics.r_squared(np.full(200, actual.mean()), actual) == pytest.approx(0.0, abs=1e-12)


def test_when_one_side_is_constant_then_the_correlation_is_nan_without_a_warning():
    assert np.isnan(metrics.correlation([0.1, 0.1, 0.1], [1.0, 2.0, 3.0]))
    assert np.isnan(metrics.correlation([1.0, 2.0, 3.0], [0.1, 0.1, 0.1]))
    assert np.isnan(metrics.r_squared([1.0, 2.0, 3.0], [0.1, 0.1, 0.1]))


def test_mape_is_a_share_of_what_came():
    assert metrics.mape([1.1, 1.8], [1.0, 2.0]) == pytest.approx(0.1)


def test_a_random_walk_never_has_the_right_direction():
    last, actual = np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 4.0])
    assert metrics.directional_accuracy(last, actual, last) == 0.0
    assert metrics.directional_accuracy(actual, actual, last) == 1.0
    assert metrics.directional_accuracy(last - (actual - last), actual, last) == 0.0


def test_the_true_quantile_has_the_least_pinball_loss_and_covers_its_level():
    actual = np.random.default_rng(2).uniform(size=20_000)
    levels = [0.1, 0.5, 0.9]
    true = np.tile(levels, (actual.size, 1))
    np.testing.assert_allclose(metrics.coverage(actual, true), levels, atol=0.01)
    best = metrics.pinball(actual, true, levels)
    assert best.shape == (3,)
    # The expected loss of quantile p of a uniform is p (1 - p) / 2.
    np.testing.assert_allclose(best, [0.045, 0.125, 0.045], atol=0.003)
    for shift in (-0.08, 0.08):
        assert (metrics.pinball(actual, true + shift, levels) > best).all()


def test_the_pinball_loss_of_the_median_is_half_the_absolute_error():
    actual, median = np.array([1.0, 5.0, 2.0]), np.array([2.0, 2.0, 2.0])
    assert metrics.pinball(actual, median[:, None], [0.5])[0] == metrics.mae(median, actual) / 2


def by_hand(a, b, horizon):
    """Diebold-Mariano from its formula: Bartlett weights, HLN factor, Student's t."""
    from scipy import stats

    d = a - b
    n, mean = d.size, d.mean()
    lags = max(horizon - 1, int(np.ceil(n ** (1 / 3))))
    gamma = [np.sum((d[k:] - mean) * (d[: n - k] - mean)) / n for k in range(lags + 1)]
    long_run = gamma[0] + 2 * sum((1 - k / (lags + 1)) * gamma[k] for k in range(1, lags + 1))
    factor = np.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    statistic = factor * mean / np.sqrt(long_run / n)
    return statistic, 2 * stats.t.sf(abs(statistic), n - 1)


@pytest.mark.parametrize("horizon", [1, 5, 22])
def test_diebold_mariano_agrees_with_its_formula(horizon):
    rng = np.random.default_rng(horizon)
    a, b = rng.exponential(1.2, size=150), rng.exponential(size=150)
    np.testing.assert_allclose(metrics.diebold_mariano(a, b, horizon), by_hand(a, b, horizon), rtol=1e-8)


def test_when_the_first_forecast_loses_more_then_the_statistic_is_positive_and_antisymmetric():
    rng = np.random.default_rng(5)
    a, b = rng.exponential(2.0, size=300), rng.exponential(size=300)
    statistic, p_value = metrics.diebold_mariano(a, b)
    assert statistic > 2
    assert p_value < 0.01
    assert metrics.diebold_mariano(b, a) == pytest.approx((-statistic, p_value))


def test_when_forecasts_are_equally_good_then_the_test_rejects_about_as_often_as_it_says():
    rng = np.random.default_rng(11)
    rejected = [
        metrics.diebold_mariano(rng.exponential(size=200), rng.exponential(size=200))[1] < 0.05 for _ in range(400)
    ]
    assert 0.02 < np.mean(rejected) < 0.1


def test_when_statsmodels_is_missing_then_the_error_names_the_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.stattools", None)
    with pytest.raises(MissingExtraError, match=r'needs statsmodels: pip install "vrx\[research\]"'):
        metrics.diebold_mariano(np.arange(20.0), np.ones(20))


GOOD = np.arange(1.0, 21.0)


def but(value, row=3):
    changed = GOOD.copy()
    changed[row] = value
    return changed


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.rmse(GOOD, GOOD[:-1]), "forecast has 20 rows and actual 19: align them by date"),
        (lambda: metrics.mae(but(np.nan), GOOD), r"forecast\[3\] is nan, fill it or drop the day"),
        (lambda: metrics.mae(GOOD, but(np.inf)), r"actual\[3\] is inf"),
        (lambda: metrics.mae([], []), r"forecast has shape \(0,\)"),
        (lambda: metrics.mae(GOOD[:, None], GOOD), r"forecast has shape \(20, 1\)"),
        (lambda: metrics.mae(["x"], [1.0]), "forecast has dtype <U1: pass real numbers"),
        (lambda: metrics.mae(GOOD, np.ma.masked_less(GOOD, 0.0)), "actual is a masked array"),
        (lambda: metrics.mape(GOOD, but(0.0)), r"actual\[3\] is 0, MAPE divides by it"),
        (lambda: metrics.qlike(but(-1.0), GOOD), r"forecast\[3\] is -1, QLIKE needs positive variances"),
        (lambda: metrics.qlike(but(0.0), GOOD), r"forecast\[3\] is 0"),
        (
            lambda: metrics.qlike_loss(GOOD, but(0.0)),
            r"actual\[3\] is 0, QLIKE is infinite there: floor the measure or drop the day",
        ),
        (lambda: metrics.directional_accuracy(GOOD, GOOD, GOOD[1:]), "forecast has 20 rows and last 19"),
        (lambda: metrics.pinball(GOOD, GOOD[:, None], [0.1, 0.9]), "levels has 2 entries for 1 quantiles"),
        (lambda: metrics.pinball(GOOD, GOOD[:, None], [1.0]), r"levels\[0\] is 1, a level is a probability"),
        (lambda: metrics.pinball(GOOD, but(np.nan)[:, None], [0.5]), r"quantile_forecasts\[3, 0\] is nan"),
        (lambda: metrics.coverage(GOOD[1:], GOOD[:, None]), "actual has 19 rows and quantile_forecasts 20"),
        (lambda: metrics.diebold_mariano(GOOD[:9], GOOD[:9]), "loss_a has 9 rows, .* needs 10"),
        (lambda: metrics.diebold_mariano(GOOD, GOOD, 20), "loss_a has 20 rows, .* needs 21"),
        (lambda: metrics.diebold_mariano(GOOD, GOOD, 0), "horizon is 0"),
        (lambda: metrics.diebold_mariano(GOOD, GOOD + 1), "loss_a minus loss_b is constant"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import har as slow
from vrx import har
from vrx.errors import InputError


def simulated(n, seed=0, persistence=0.95):
    """exp of a persistent log variance plus measurement noise: positive, bursty, HAR-like."""
    rng = np.random.default_rng(seed)
    shocks = 0.3 * rng.normal(size=n)
    level = np.zeros(n)
    for t in range(1, n):
        level[t] = persistence * level[t - 1] + shocks[t]
    return 1e-4 * np.exp(level + 0.5 * rng.normal(size=n))


def jump(factor):
    variance = simulated(320)
    variance[160:] *= factor
    return variance


def spike(factor):
    variance = simulated(320)
    variance[150] *= factor
    return variance


def gappy():
    variance = simulated(320)
    variance[[0, 90, 150, 151, 260]] = np.nan
    return variance


SERIES = {
    "plain": simulated(320),
    "a million times larger": 1e6 * simulated(320),
    "a million times smaller": 1e-6 * simulated(320),
    "far from zero": 100 + simulated(320),
    "jump up": jump(1e6),
    "jump down": jump(1e-6),
    "spike": spike(1e3),
    "gaps": gappy(),
}
both = pytest.mark.parametrize("log", [True, False], ids=["log", "levels"])


def assert_close_where_fitted(fast, twin):
    # The twin also answers where one gigantic pair makes the regressors collinear; vrx answers NaN there.
    assert np.isnan(fast[np.isnan(twin)]).all()
    fitted = np.isfinite(fast)
    assert fitted.sum() >= np.isfinite(twin).sum() - 1
    np.testing.assert_allclose(fast[fitted], twin[fitted], rtol=1e-8)


@both
@pytest.mark.parametrize("name", SERIES)
def test_the_expanding_forecast_agrees_with_refitting_by_lstsq_every_day(name, log):
    for horizon in (1, 5):
        fast = har.expanding(SERIES[name], horizon, log=log, start=0)
        assert_close_where_fitted(fast, slow.expanding(SERIES[name], horizon, log))


@both
@pytest.mark.parametrize("name", SERIES)
def test_the_rolling_forecast_agrees_with_refitting_by_lstsq_every_day(name, log):
    for horizon, window in ((1, 60), (5, 97)):
        fast = har.rolling(SERIES[name], horizon, window=window, log=log)
        assert_close_where_fitted(fast, slow.rolling(SERIES[name], horizon, log, window))


@both
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    t=st.integers(40, 298),
    horizon=st.integers(1, 10),
    window=st.integers(14, 120),
    later=st.sampled_from([np.nan, 1e-30, 1e30]),
)
def test_when_values_after_t_change_then_every_forecast_up_to_t_is_bit_identical(log, seed, t, horizon, window, later):
    variance = simulated(300, seed)
    changed = variance.copy()
    changed[t + 1 :] = simulated(299 - t, seed + 1)
    changed[t + 1] = later

    def forecasts(series):
        yield har.expanding(series, horizon, log=log, start=0)
        yield har.rolling(series, horizon, window=window, log=log)

    for full, other, cut in zip(forecasts(variance), forecasts(changed), forecasts(variance[: t + 1]), strict=True):
        np.testing.assert_array_equal(full[: t + 1], other[: t + 1])
        np.testing.assert_array_equal(full[: t + 1], cut)


@both
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), exponent=st.floats(-6, 6), horizon=st.integers(1, 22))
def test_when_the_variance_is_scaled_then_the_forecasts_scale_with_it(log, seed, exponent, horizon):
    variance, c = simulated(200, seed), 10.0**exponent
    one = har.expanding(variance, horizon, log=log, start=0)
    np.testing.assert_allclose(har.expanding(c * variance, horizon, log=log, start=0), c * one, rtol=1e-8)
    one = har.rolling(variance, horizon, window=80, log=log)
    np.testing.assert_allclose(har.rolling(c * variance, horizon, window=80, log=log), c * one, rtol=1e-8)


@both
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(60, 200), horizon=st.integers(1, 22))
def test_the_last_expanding_forecast_is_that_of_a_fit_on_everything_known(log, seed, n, horizon):
    variance = simulated(n, seed)
    expected = har.fit(variance, horizon, log=log).predict(variance)[-1]
    np.testing.assert_allclose(har.expanding(variance, horizon, log=log, start=0)[-1], expected, rtol=1e-12)


@both
def test_every_rolling_forecast_is_that_of_a_fit_on_the_stated_slice(log):
    variance, window, horizon = simulated(200), 50, 3
    forecast = har.rolling(variance, horizon, window=window, log=log)
    span = window + horizon + 21
    assert np.isnan(forecast[: span - 1]).all()
    for t in range(span - 1, 200):
        part = variance[t + 1 - span : t + 1]
        expected = har.fit(part, horizon, log=log)
        assert expected.observations == window
        np.testing.assert_allclose(forecast[t], expected.predict(part)[-1], rtol=1e-9)


def test_the_features_are_the_means_of_the_days_up_to_each_row():
    variance = gappy()
    for log in (True, False):
        x = np.log(variance) if log else variance
        design = har.features(variance, log=log)
        assert np.isnan(design[:22]).all()
        for t in range(22, 320):
            expected = slow.regressors(x, t)
            if np.isnan(expected).any():
                expected = np.full(4, np.nan)
            np.testing.assert_allclose(design[t], expected, rtol=1e-12)


def test_the_target_is_the_mean_of_the_days_after_each_row():
    variance = gappy()
    expected = [variance[t + 1 : t + 6].mean() if t + 6 <= 320 else np.nan for t in range(320)]
    np.testing.assert_allclose(har.target(variance, 5, log=False), expected, rtol=1e-12)
    np.testing.assert_allclose(har.target(variance, 5, log=True), np.log(expected), rtol=1e-12)
    assert np.isnan(har.target(variance[:3], 5, log=False)).all()


def test_when_the_log_variance_follows_har_then_the_fit_recovers_it():
    rng = np.random.default_rng(3)
    truth = np.array([-0.3, 0.35, 0.4, 0.2])
    x = np.full(6000, truth[0] / (1 - truth[1:].sum()))
    for t in range(22, 6000):
        x[t] = truth @ slow.regressors(x, t - 1) + 0.5 * rng.normal()
    fitted = har.fit(np.exp(x))
    # Standard errors here are near 0.015 for today, 0.03 for the week, 0.03 for the month.
    np.testing.assert_allclose(fitted.coefficients[1:], truth[1:], atol=0.1)
    assert fitted.residual_variance == pytest.approx(0.25, rel=0.06)
    assert fitted.observations == 6000 - 22


def test_when_the_target_is_exact_then_no_residual_remains():
    x = np.random.default_rng(0).normal(size=22).tolist()
    for _ in range(60):
        x.append(-1.02 * x[-1] + 0.9 * np.mean(x[-5:]) - 0.5 * np.mean(x[-22:]) + 0.1)
    fitted = har.fit(np.exp(x))
    np.testing.assert_allclose(fitted.coefficients, [0.1, -1.02, 0.9, -0.5], rtol=1e-8)
    assert fitted.r_squared == pytest.approx(1.0)
    assert fitted.residual_variance < 1e-12


def test_when_a_log_fit_predicts_then_it_answers_the_mean_not_the_median():
    variance = simulated(400)
    fitted = har.fit(variance)
    median = np.exp(har.features(variance, log=True) @ fitted.coefficients)
    np.testing.assert_allclose(fitted.predict(variance), median * np.exp(fitted.residual_variance / 2), rtol=1e-12)


def test_when_a_levels_fit_runs_below_zero_then_the_smallest_positive_variance_is_the_floor():
    variance = simulated(300, persistence=0.5)
    variance[40] = 0.0
    fitted = har.fit(variance, log=False)
    assert fitted.floor == variance[variance > 0].min()
    today_minus_one = dataclasses.replace(fitted, coefficients=np.array([-1.0, 1.0, 0.0, 0.0]))
    assert today_minus_one.predict(np.full(22, 0.9))[-1] == fitted.floor
    assert today_minus_one.predict(np.full(22, 1.9))[-1] == pytest.approx(0.9)


@both
def test_when_the_series_is_constant_then_the_walks_answer_nan_and_the_fit_refuses(log):
    constant = np.full(120, 2.5e-4)
    assert np.isnan(har.expanding(constant, log=log, start=0)).all()
    assert np.isnan(har.rolling(constant, window=30, log=log)).all()
    with pytest.raises(InputError, match="constant or periodic"):
        har.fit(constant, log=log)


def test_when_the_series_repeats_every_five_days_then_no_slope_is_identified():
    with pytest.raises(InputError, match="collinear"):
        har.fit(np.tile([1.0, 2.0, 3.0, 2.5, 1.5], 40))


def test_when_a_constant_stretch_fills_the_window_then_only_those_days_have_no_forecast():
    variance = simulated(400)
    variance[150:260] = variance[150]
    forecast = har.rolling(variance, window=40)
    # Origins 171 .. 258 see a constant month; their 40 pairs are all constant from day 211 on.
    assert np.isnan(forecast[211:260]).all()
    assert np.isfinite(forecast[62:180]).all()
    assert np.isfinite(forecast[275:]).all()


def test_when_the_series_is_shorter_than_the_horizon_then_every_forecast_is_nan():
    for n in (1, 5, 22):
        assert np.isnan(har.expanding(simulated(30)[:n], 22)).all()
        assert har.rolling(simulated(30)[:n], 22, window=10**9).shape == (n,)


def test_when_start_is_given_then_forecasts_begin_there():
    forecast = har.expanding(simulated(200), start=100)
    assert np.flatnonzero(np.isfinite(forecast))[0] == 100
    earliest = har.expanding(simulated(200), 3, start=0)
    assert np.flatnonzero(np.isfinite(earliest))[0] == 21 + 13 + 3


def with_value(value, row=7):
    variance = simulated(100)
    variance[row] = value
    return variance


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: har.fit(with_value(0.0)),
            r"variance\[7\] is 0, it must be positive with log=True: floor the measure or drop the day",
        ),
        (lambda: har.fit(with_value(-1e-4)), r"variance\[7\] is -0.0001, it must be positive"),
        (lambda: har.fit(with_value(-1e-4), log=False), r"variance\[7\] is -0.0001, it must be non-negative"),
        (lambda: har.expanding(with_value(np.inf)), r"variance\[7\] is inf"),
        (lambda: har.features([[1.0]], log=False), r"variance has shape \(1, 1\): give one series"),
        (lambda: har.features([], log=False), r"variance has shape \(0,\)"),
        (lambda: har.features(["a"], log=False), "variance has dtype <U1: pass real numbers"),
        (
            lambda: har.fit(simulated(35)),
            "35 rows and 13 usable pairs for horizon 1, a fit needs 14: .* 36 days",
        ),
        (lambda: har.fit(simulated(100), 0), "horizon is 0: use a whole number of at least 1"),
        (lambda: har.target(simulated(100), 1.5, log=True), r"horizon is 1\.5"),
        (lambda: har.target(simulated(100), True, log=True), "horizon is True"),
        (lambda: har.fit(np.ma.masked_less(simulated(100), 0.0)), "variance is a masked array"),
        (lambda: har.rolling(simulated(100), window=13), "window is 13: use a whole number of at least 14"),
        (lambda: har.expanding(simulated(100), start=-1), "start is -1"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_thirty_six_days_are_just_enough():
    assert har.fit(simulated(36)).observations == 14


def test_when_the_outcome_is_a_finer_measure_then_the_fit_is_that_of_least_squares_on_it():
    noisy, fine = simulated(400), simulated(400, seed=1)
    regressors, came = har.features(noisy, log=True)[21:-5], har.target(fine, 5, log=True)[21:-5]
    expected = np.linalg.lstsq(regressors, came, rcond=None)[0]
    np.testing.assert_allclose(har.fit(noisy, 5, outcome=fine).coefficients, expected, rtol=1e-8)
    walked = har.expanding(noisy, 5, outcome=fine)
    np.testing.assert_allclose(walked[-1], har.fit(noisy, 5, outcome=fine).predict(noisy)[-1], rtol=1e-8)


def test_when_the_outcome_has_other_days_then_it_is_refused():
    with pytest.raises(InputError, match="outcome has 99 days and variance 100: give the same days"):
        har.fit(simulated(100), outcome=simulated(99))


def test_changing_the_outcome_after_a_day_changes_no_forecast_until_then():
    noisy, fine = simulated(400), simulated(400, seed=1)
    later = fine.copy()
    later[350:] *= 7.0
    before, after = (har.expanding(noisy, 5, outcome=outcome) for outcome in (fine, later))
    np.testing.assert_array_equal(before[:350], after[:350])
    assert (before[360:] != after[360:]).all()

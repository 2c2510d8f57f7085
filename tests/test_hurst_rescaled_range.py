import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import hurst_scaling as reference
from vrx._ext import scaling, structure
from vrx.errors import InputError
from vrx.fractional import fgn
from vrx.hurst import RescaledRange, resume

NOISE = np.random.default_rng(20240102).standard_normal(700)
SPIKE = NOISE.copy()
SPIKE[300] = 1e8
FLAT = NOISE.copy()
FLAT[100:180] = 0.3
# Two stretches of the kernel and a bit: results must not show where one ends and the next begins.
LONG = np.random.default_rng(6).standard_normal(2 * 8192 + 400)


@pytest.mark.parametrize("kind", ["noise", "motion"])
@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.parametrize(
    "x",
    [NOISE, SPIKE, NOISE * 1e-100, NOISE * 1e100, NOISE + 1e3, np.round(NOISE * 3), FLAT],
    ids=["noise", "spike", "tiny", "huge", "shifted", "ties", "flat"],
)
def test_when_a_series_is_fitted_then_the_slow_twin_agrees(x, kind, corrected):
    values, scales = x if kind == "noise" else x.cumsum(), np.array([8, 13, 40, 120])
    expected = reference.rescaled_range(values, kind, scales, corrected)
    estimate = RescaledRange(kind=kind, calibrated=False, corrected=corrected, scales=tuple(scales)).fit(values)
    assert estimate.h == pytest.approx(expected, rel=1e-6)
    assert estimate.line.slope == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("window", [40, 41, 100, 252, 690, 699, 700])
@pytest.mark.parametrize("kind", ["noise", "motion"])
def test_when_the_window_rolls_then_every_entry_is_the_fit_of_its_window_to_the_bit(window, kind):
    estimator = RescaledRange(kind=kind)
    window = max(window, estimator._least())
    rolled = estimator.rolling(NOISE, window).h
    assert np.isnan(rolled[: window - 1]).all()
    for end in range(window, 701, 23):
        assert rolled[end - 1] == estimator._exponents(NOISE[end - window : end], window)[0]


@given(scale=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3), shift=st.floats(-1e6, 1e6))
@settings(max_examples=40, deadline=None)
def test_when_a_series_is_scaled_and_shifted_then_its_exponent_stays(scale, shift):
    ours = RescaledRange(kind="noise").rolling(scale * NOISE + shift).h
    np.testing.assert_allclose(ours, RescaledRange(kind="noise").rolling(NOISE).h, atol=1e-6)


@given(trend=st.floats(-1e3, 1e3))
@settings(max_examples=20, deadline=None)
def test_when_motion_has_a_trend_then_its_exponent_stays(trend):
    walk = NOISE.cumsum()
    ours = RescaledRange(kind="motion").rolling(walk + trend * np.arange(700)).h
    np.testing.assert_allclose(ours, RescaledRange(kind="motion").rolling(walk).h, atol=1e-6)


def test_when_time_runs_backwards_over_whole_blocks_then_the_exponent_stays():
    estimator = RescaledRange(kind="noise", scales=(5, 10, 35, 70))
    assert estimator.fit(NOISE[::-1]).h == pytest.approx(estimator.fit(NOISE).h, abs=1e-12)


@given(t=st.integers(0, 699), length=st.integers(1, 30), window=st.integers(41, 300))
@settings(max_examples=40, deadline=None)
def test_when_values_are_missing_then_exactly_the_windows_that_hold_them_are_nan(t, length, window):
    holed, filled = NOISE.copy(), NOISE.copy()
    holed[t : t + length], filled[t : t + length] = np.nan, 0.1 * np.arange(len(filled[t : t + length]))
    touched = [np.isnan(holed[max(0, end - window) : end]).any() or end < window for end in range(1, 701)]
    estimator = RescaledRange(kind="noise", calibrated=False)
    expected = np.where(touched, np.nan, estimator.rolling(filled, window).h)
    np.testing.assert_array_equal(estimator.rolling(holed, window).h, expected)


@pytest.mark.parametrize("end", [252, 8442, 8443, 8444, 2 * 8192 + 399])
def test_when_data_is_appended_then_no_earlier_bit_changes(end):
    estimator = RescaledRange(kind="noise")
    np.testing.assert_array_equal(estimator.rolling(LONG[:end]).h, estimator.rolling(LONG).h[:end])


def test_when_values_stream_and_the_state_travels_then_they_give_the_bits_of_the_rolling_window():
    stream, rolled = RescaledRange(kind="noise").stream(100), RescaledRange(kind="noise").rolling(NOISE[:150], 100).h
    streamed = [stream.update(value) for value in NOISE[:120]]
    stream = resume(stream.to_json())
    streamed += [stream.update(value) for value in NOISE[120:150]]
    np.testing.assert_array_equal(streamed, rolled)


@pytest.mark.parametrize("kind", ["noise", "motion"])
def test_when_noise_is_white_then_h_is_one_half_with_the_correction_and_above_without(kind):
    steps = np.random.default_rng(1).standard_normal((40, 2520))
    paths = steps if kind == "noise" else steps.cumsum(axis=1)
    # Measured: sd 0.025 of one path, bias -0.001.
    corrected, raw = (
        np.mean([RescaledRange(kind=kind, calibrated=False, corrected=option)._exponents(x, 2520) for x in paths])
        for option in (True, False)
    )
    assert corrected == pytest.approx(0.5, abs=0.013) and raw > 0.53


@pytest.mark.parametrize("hurst", [0.1, 0.5, 0.9])
def test_when_intervals_are_asked_for_then_they_cover_despite_the_bias(hurst):
    paths = fgn(252, hurst, 400, seed=3)
    ends = [(e.low, e.high) for e in map(RescaledRange(kind="noise").fit, paths)]
    # 400 intervals of 95% leave a standard deviation of 1.1%.
    assert 0.915 < np.mean([low <= hurst <= high for low, high in ends]) < 0.985


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (np.zeros(600), "noise"),
        (np.full(600, 0.1), "noise"),
        (np.full(600, -1e5 / 7), "motion"),
        (np.arange(600) / 3.0, "motion"),
        (1e6 - np.arange(600) / 7.0, "motion"),
    ],
)
def test_when_nothing_varies_then_rounding_is_not_taken_for_an_exponent(x, kind):
    assert np.isnan(RescaledRange(kind=kind).rolling(x).h).all()
    estimate = RescaledRange(kind=kind).fit(x)
    assert np.isnan([estimate.h, estimate.standard_error, estimate.low, estimate.high]).all()


def test_when_the_length_grows_then_every_series_from_the_least_on_has_an_exponent():
    for kind, n in [(k, n) for k in ("noise", "motion") for n in range(40 + (k == "motion"), 130)]:
        assert len(RescaledRange(kind=kind)._plan(n).scales) >= 4
        assert np.isfinite(RescaledRange(kind=kind, calibrated=False)._exponents(NOISE[:n], n)).all()


@pytest.mark.parametrize(
    ("options", "x", "message"),
    [
        ({"scales": (8, 4)}, NOISE, "scales is (8, 4): use at least two whole numbers that rise, from 3 on"),
        ({"scales": (2, 4)}, NOISE, "scales is (2, 4): use at least two whole numbers that rise, from 3 on"),
        ({"scales": 5}, NOISE, "scales is 5: use at least two whole numbers"),
        ({"scales": (4, 701)}, NOISE, "700 values are too few for rs: use at least 701 values"),
        ({}, NOISE[:39], "39 values are too few for rs: use at least 40 values"),
        ({"corrected": 0}, NOISE, "corrected is 0: use True or False"),
        ({"calibrated": None}, NOISE, "calibrated is None: use True or False"),
        ({"kind": "returns"}, NOISE, "kind is 'returns': use 'noise' for increments or 'motion' for levels"),
    ],
)
def test_when_an_option_is_wrong_then_one_line_names_it_and_the_cure(options, x, message):
    with pytest.raises(InputError) as caught:
        RescaledRange(**{"kind": "noise", **options}).fit(x)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, out, s: scaling.rolling_rescaled_range(x, False, s, 99, out), "1 columns of out do not fit"),
        (lambda x, out, s: scaling.rolling_rescaled_range(x, False, s[:1], 100, out), "need as many scales, got 1"),
        (lambda x, out, s: scaling.rolling_rescaled_range(x, True, s + 90, 100, out), "scale 100 does not fit"),
        (lambda x, out, s: scaling.rolling_rescaled_range(x, False, s - 5, 100, out), "scale 0 does not fit"),
        (lambda x, out, s: scaling.rolling_fluctuation(x, False, s, x[:14], 100, out), "do not fit scales of 15"),
        (lambda x, out, s: structure.rolling_structure(x, False, s[::-1].copy(), 2.0, 100, out), "lag 5 does not rise"),
        (lambda x, out, s: structure.rolling_structure(x, True, s + 90, 2.0, 100, out), "lag 100 does not rise or"),
        (lambda x, out, s: structure.rolling_structure(x, True, s[:1], 2.0, 100, out), "need as many lags, got 1"),
        (lambda x, out, s: scaling.log_slope(out, x[:3], x, 100, x[:1].copy()), "do not fit 3 weights"),
    ],
)
def test_when_sizes_do_not_fit_then_the_kernel_refuses_them(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.arange(100.0), np.empty((2, 1)), np.array([5, 10]))

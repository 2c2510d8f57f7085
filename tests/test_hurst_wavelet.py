import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import hurst as reference
from vrx._ext import hurst as hurst_kernels
from vrx.errors import InputError
from vrx.fractional import fgn
from vrx.hurst import Wavelet
from vrx.hurst._pyramid import pyramid

NOISE = np.random.default_rng(20240101).standard_normal(700)
HAAR = np.array([[0.5, 0.5], [-0.5, 0.5]])
SPIKE = NOISE.copy()
SPIKE[300] = 1e8
# Two pieces and a bit, of several stretches each: results must not show where one ends and the next begins.
LONG = np.random.default_rng(5).standard_normal(2 * 8192 + 400)


def rolling_wavelet(x, window=252, *, threads=1, **options):
    return Wavelet(**options).rolling(x, window, threads=threads).h


def wavelet(x, **options):
    return Wavelet(**options).fit(x)


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (NOISE, "noise"),
        (NOISE.cumsum(), "motion"),
        (SPIKE, "noise"),
        (NOISE * 1e-100, "noise"),
        (NOISE * 1e100, "noise"),
        (NOISE + 1e3, "noise"),
        (np.round(NOISE * 3), "noise"),
    ],
    ids=["noise", "motion", "spike", "tiny", "huge", "shifted", "ties"],
)
def test_when_the_window_rolls_then_every_entry_is_the_slow_twin_of_its_window(x, kind):
    expected = reference.rolling_wavelet(x, 252, kind, "db4", range(1, 6))
    np.testing.assert_allclose(rolling_wavelet(x, kind=kind), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "window", "levels"),
    [
        ("haar", 5, (1, 2)),
        ("db2", 47, (2, 4)),
        ("db4", 23, (1, 2)),
        ("db4", 699, (1, 6)),
        ("db4", 700, (3, 5)),
        ("sym5", 130, (1, 3)),
        ("coif1", 64, (1, 2)),
    ],
)
def test_when_wavelet_window_and_levels_are_chosen_then_the_twin_agrees(name, window, levels):
    expected = reference.rolling_wavelet(NOISE, window, "noise", name, range(levels[0], levels[1] + 1))
    ours = rolling_wavelet(NOISE, window, kind="noise", wavelet=name, levels=levels)
    np.testing.assert_allclose(ours, expected, rtol=1e-9)


def test_when_the_series_is_longer_than_a_stretch_then_windows_across_the_seam_agree_with_the_twin():
    h = rolling_wavelet(LONG, kind="noise")
    for end in [252, 8192, 8192 + 250, 8192 + 251, 8192 + 252, 8192 + 300, 2 * 8192 + 251, len(LONG)]:
        expected = reference.wavelet(LONG[end - 252 : end], "noise", "db4", range(1, 6))
        np.testing.assert_allclose(h[end - 1], expected, rtol=1e-9)
    assert np.isfinite(h[251:]).all()


@pytest.mark.parametrize(("window", "last"), [(22 + 1, 2), (50 + 1, 3), (217, 4), (219, 5), (252, 5), (443, 6)])
def test_when_no_levels_are_named_then_the_last_is_the_deepest_with_two_coefficients(window, last):
    fit = wavelet(NOISE[:window], kind="noise")
    assert fit.line.scales.tolist() == [2**level for level in range(1, last + 1)]


@given(
    scale=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3),
    shift=st.floats(-1e3, 1e3),
    kind=st.sampled_from(["noise", "motion"]),
)
@settings(max_examples=60, deadline=None)
def test_when_noise_is_scaled_and_shifted_then_its_exponent_stays(scale, shift, kind):
    np.testing.assert_allclose(
        rolling_wavelet(scale * NOISE + shift, kind=kind),
        rolling_wavelet(NOISE, kind=kind),
        rtol=1e-6,
        atol=1e-6,
    )


@pytest.mark.parametrize("end", [252, 253, 503, 504, 505, 8442, 8443, 8444, 8700, 2 * 8192 + 399])
def test_when_data_is_appended_then_no_earlier_bit_changes(end):
    np.testing.assert_array_equal(rolling_wavelet(LONG[:end], kind="noise"), rolling_wavelet(LONG, kind="noise")[:end])


@given(
    t=st.integers(0, 699),
    length=st.integers(1, 30),
    window=st.integers(23, 300),
)
@settings(max_examples=60, deadline=None)
def test_when_values_are_missing_then_exactly_the_windows_that_hold_them_are_nan(t, length, window):
    gap = slice(t, t + length)
    holed, filled = NOISE.copy(), NOISE.copy()
    holed[gap], filled[gap] = np.nan, 0.0
    touched = [np.isnan(holed[max(0, end - window) : end]).any() or end < window for end in range(1, 701)]
    expected = np.where(touched, np.nan, rolling_wavelet(filled, window, kind="noise"))
    np.testing.assert_array_equal(rolling_wavelet(holed, window, kind="noise"), expected)


def test_when_a_spike_has_left_then_a_million_steps_carry_no_trace_of_it():
    x = np.random.default_rng(3).standard_normal(1_000_000)
    clean = rolling_wavelet(x, kind="noise")
    x[700] = 1e8
    spiked = rolling_wavelet(x, kind="noise")
    np.testing.assert_array_equal(spiked[700 + 252 :], clean[700 + 252 :])
    assert np.abs(spiked[700 : 700 + 252] - clean[700 : 700 + 252]).max() > 0.1


@pytest.mark.parametrize("start", [1, 777, 1024, 8191])
def test_when_the_run_starts_later_then_the_same_window_gives_the_same_bits(start):
    late = rolling_wavelet(LONG[start:], kind="noise")
    np.testing.assert_array_equal(late[251:], rolling_wavelet(LONG, kind="noise")[start + 251 :])


@pytest.mark.parametrize("seed", range(3))
def test_when_the_series_is_white_or_a_random_walk_then_h_is_one_half(seed):
    steps = np.random.default_rng(seed).standard_normal(65_536)
    # Measured over 40 series: sd 0.002 for noise, 0.0083 for motion, whose bias is -0.002.
    assert abs(wavelet(steps, kind="noise").h - 0.5) < 4 * 0.002
    assert abs(wavelet(steps.cumsum(), kind="motion", levels=(4, 12)).h - 0.498) < 4 * 0.0083


def test_when_neighbours_lean_together_then_h_is_above_one_half_and_apart_below():
    steps = np.random.default_rng(1).standard_normal(20_000)
    together = np.convolve(steps, np.arange(1, 500) ** -0.7, "valid")
    assert wavelet(together, kind="noise").h > 0.65
    assert wavelet(np.diff(steps), kind="noise").h < 0.2


@pytest.mark.parametrize(
    "x",
    [
        np.zeros(600),
        np.full(600, 0.1),
        np.full(600, -1e5 / 7),
        np.arange(600) / 3.0,
        (np.arange(600) / 7.0) ** 3,
    ],
    ids=["zero", "constant", "large constant", "line", "cubic"],
)
def test_when_the_wavelet_removes_all_then_rounding_is_not_taken_for_an_exponent(x):
    assert np.isnan(rolling_wavelet(x, kind="motion")).all()
    assert np.isnan(wavelet(x, kind="motion").h) and (wavelet(x, kind="motion").line.values == 0.0).all()


def test_when_a_single_level_has_no_variance_then_no_line_is_drawn_through_the_others():
    x = np.tile([1.0, -1.0], 300)
    assert wavelet(x, kind="noise", wavelet="haar", levels=(1, 2)).line.values.tolist() == [1.0, 0.0]
    assert np.isnan(rolling_wavelet(x, kind="noise", wavelet="haar", levels=(1, 2))).all()


def test_when_a_constant_stretch_ends_then_exponents_return():
    x = NOISE.copy()
    x[100:500] = 0.1
    missing = np.isnan(rolling_wavelet(x, kind="noise"))
    assert missing[100 + 251 : 500].all() and not missing[251 : 100 + 251].any() and not missing[501:].any()


def test_when_the_whole_series_is_fitted_then_it_is_the_last_window_of_the_rolling_fit():
    fit = wavelet(NOISE, kind="noise")
    assert fit.h == rolling_wavelet(NOISE, 700, kind="noise")[-1]
    np.testing.assert_allclose(fit.h, (fit.line.slope + 2) / 2, rtol=1e-12)
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.h = 0.5


def test_when_the_whole_series_is_fitted_then_the_share_explained_is_that_of_the_weighted_line():
    fit = wavelet(NOISE, kind="noise", levels=(2, 6))
    j = np.log2(fit.line.scales)
    weights = np.maximum((700 - (fit.line.scales - 1) * 7) / fit.line.scales, 1.0)
    logs = np.log2(fit.line.values)
    slope, intercept = np.polyfit(j, logs, 1, w=np.sqrt(weights))
    residual = weights @ (logs - intercept - slope * j) ** 2
    total = weights @ (logs - np.average(logs, weights=weights)) ** 2
    np.testing.assert_allclose([fit.line.slope, fit.line.r_squared], [slope, 1 - residual / total], rtol=1e-10)


def test_when_the_whole_series_has_a_gap_then_nothing_is_made_up():
    x = NOISE.copy()
    x[5] = np.nan
    fit = wavelet(x, kind="noise")
    assert np.isnan([fit.h, fit.line.slope, fit.line.r_squared, *fit.line.values]).all()


def test_when_a_panel_is_given_then_each_row_is_its_own_series():
    panel = np.stack([LONG, np.roll(LONG, 9), LONG.cumsum()])
    h = rolling_wavelet(panel, kind="noise")
    for row, expected in zip(panel, h, strict=True):
        np.testing.assert_array_equal(rolling_wavelet(row, kind="noise"), expected)
    assert rolling_wavelet(panel[:0], kind="noise").shape == (0, len(LONG))


def holding(value, *place):
    x = np.zeros((3, 400))
    x[place] = value
    return x


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (NOISE, {"kind": "returns"}, "kind is 'returns': use 'noise' for increments or 'motion' for levels"),
        (NOISE[:100], {}, "the series has 100 values, fewer than the window of 252"),
        (NOISE, {"window": 22}, "22 values are too few for wavelet: use at least 23 values"),
        (NOISE, {"window": 0}, "window is 0: use a whole number of at least 1"),
        (NOISE, {"window": 252.5}, "window is 252.5: use a whole number"),
        (NOISE, {"threads": 0}, "threads is 0: use a whole number of at least 1"),
        (NOISE, {"levels": (1, 6)}, "252 values are too few for wavelet: use at least 443 values"),
        (NOISE, {"levels": (2, 2)}, "levels is (2, 2): use (first, last)"),
        (NOISE, {"kind": np.array(["noise", "motion"])}, "kind is array(["),
        (NOISE, {"levels": 5}, "levels is 5: use (first, last)"),
        (
            NOISE,
            {"wavelet": "db99"},
            "wavelet is 'db99': use the name of an orthogonal wavelet, such as 'db4'",
        ),
        (NOISE, {"wavelet": "bior2.2"}, "wavelet is 'bior2.2': use the name of an orthogonal wavelet"),
        (NOISE, {"wavelet": "gaus1"}, "wavelet is 'gaus1': use the name of an orthogonal wavelet"),
        (NOISE, {"wavelet": ["db4"]}, "use the name of an orthogonal wavelet"),
        (NOISE * 1j, {}, "the series has dtype complex128: pass real numbers"),
        (NOISE.astype(object), {}, "the series has dtype object: pass real numbers"),
        (np.ma.masked_less(NOISE, 0), {}, "the series is a masked array, whose mask would be lost"),
        ([[1.0, 2.0], [3.0]], {}, "the series is a ragged list"),
        (1.0, {}, "the series has shape (): pass an array of shape (time,) or (assets, time)"),
        (holding(np.inf, 1, 17), {}, "the series is inf at index 1, 17: replace it"),
        (holding(-np.inf, 2, 399)[2], {}, "the series is -inf at index 399: replace it"),
    ],
)
def test_when_an_input_is_wrong_then_one_line_names_it_and_the_cure(x, options, message):
    with pytest.raises(InputError) as caught:
        rolling_wavelet(x, **{"kind": "noise", **options})
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("interval", ["asymptotic", "bootstrap"])
@pytest.mark.parametrize("confidence", [0.0, 5e-324, 1e-17, 1e-16, 1.0, float("nan"), 1, "0.95"])
def test_when_a_confidence_rounds_to_none_or_certainty_then_it_is_refused(confidence, interval):
    with pytest.raises(InputError, match=r"^confidence is .*: use a number between 0 and 1, such as 0.95$"):
        Wavelet(kind="noise").fit(NOISE, interval=interval, confidence=confidence)


@pytest.mark.parametrize("interval", ["asymptotic", "bootstrap"])
@pytest.mark.parametrize("confidence", [3e-16, 1.0 - 3e-16])
def test_when_a_confidence_is_as_small_or_large_as_float64_tells_then_there_is_an_interval(confidence, interval):
    fit = Wavelet(kind="noise").fit(NOISE, interval=interval, confidence=confidence)
    assert fit.low <= fit.h <= fit.high


@pytest.mark.parametrize("levels", [[1, 3], np.array([1, 3]), (level for level in (1, 3))])
def test_when_levels_are_any_two_numbers_then_they_are_kept_as_a_tuple(levels):
    estimator = Wavelet(kind="noise", levels=levels)
    assert estimator.levels == (1, 3)
    assert estimator.fit(NOISE).h == Wavelet(kind="noise", levels=(1, 3)).fit(NOISE).h


def test_when_kind_is_left_out_then_no_formula_is_guessed():
    for function in (rolling_wavelet, wavelet):
        with pytest.raises(TypeError, match="kind"):
            function(NOISE)


def test_when_the_whole_series_is_too_short_then_the_least_length_is_named():
    with pytest.raises(InputError, match="use at least 23 values"):
        wavelet(NOISE[:22], kind="noise")
    assert np.isfinite(wavelet(NOISE[:23], kind="noise").h)


def test_when_the_window_grows_then_every_length_from_the_least_on_is_accepted():
    for name, window in itertools.product(["haar", "db2", "db4"], [30, 31, 99, 100, 101, 255, 256, 257]):
        assert np.isfinite(rolling_wavelet(NOISE, window, kind="noise", wavelet=name)[window - 1 :]).all()


@given(st.lists(st.floats(1e-300, 1e300) | st.floats(0.5, 2.0), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_when_logarithms_are_taken_then_they_are_those_of_the_library_within_two_units_in_the_last_place(x):
    # Half the difference of the Haar filter, squared: a single coefficient of one level, whose weight is 1.
    v = np.sqrt(np.array(x)) * 2.0
    series = np.stack([np.zeros(len(v)), v], axis=1)
    for pair in series:
        variance, ours = np.empty((1, 1)), np.empty(1)
        hurst_kernels.rolling_wavelet_variance(pair, HAAR, 2, variance)
        hurst_kernels.rolling_log_slope(pair, HAAR, 2, 1, np.ones(1), ours)
        expected = np.log(variance[0])
        assert abs(ours - expected) <= 2 * np.spacing(np.abs(expected))


def test_when_log_variances_of_white_noise_are_simulated_then_they_spread_as_the_theory_says():
    plan = pyramid(252, "db4", None)
    logs = np.log([plan.variances(path)[:, 0] for path in fgn(252, 0.5, 4000, seed=1)])
    measured, expected = np.cov(logs.T), plan.log_covariance
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    # A covariance of 4,000 pairs has a standard error of about 0.02. The 35 coefficients of level 5 are about 3, too
    # few for a chi-square: theory overstates their spread by a third.
    off = np.abs(measured - expected) / scale
    assert 0.2 < off[4, 4] < 0.3
    off[4, 4] = 0.0
    assert off.max() < 0.06


@pytest.mark.parametrize("hurst", [0.5, 0.7])
def test_when_asymptotic_intervals_are_drawn_then_95_in_100_hold_the_exponent(hurst):
    paths = fgn(252, hurst, 1000, seed=2)
    rolling = Wavelet(kind="noise").rolling(paths, 252, interval="asymptotic")
    held = np.mean((rolling.low[:, -1] <= hurst) & (hurst <= rolling.high[:, -1]))
    assert 0.92 < held < 0.98


def test_when_levels_start_later_then_the_levels_before_do_not_count():
    x = np.where(np.arange(700) % 2, 1.0, -1.0) * np.repeat(NOISE[:350], 2)
    flat = np.repeat(NOISE[:350], 2)
    for series in (x, flat):
        expected = reference.rolling_wavelet(series, 252, "noise", "haar", range(2, 5))
        np.testing.assert_allclose(
            rolling_wavelet(series, kind="noise", wavelet="haar", levels=(2, 4)), expected, rtol=1e-9
        )

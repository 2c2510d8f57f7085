import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import hurst_exact as reference
from vrx._ext import exact as kernels
from vrx.errors import InputError
from vrx.fractional import fbm, fgn
from vrx.hurst import ExactWavelet, NoisyEstimate, resume
from vrx.hurst._exact_tables import moments, table
from vrx.hurst._wavelet import pyramid

EXPONENTS = (0.1, 0.3, 0.5, 0.7, 0.9)
NOISE = fgn(700, 0.4, seed=11)


def of_each(paths, **options):
    """The exponent and standard error of each path, as one row each."""
    fits = [ExactWavelet(**options).fit(path) for path in paths]
    return np.array([[fit.h, fit.standard_error] for fit in fits]).T


@pytest.mark.parametrize("hurst", [0.01, 0.1, 0.5, 0.9, 0.98])
@pytest.mark.parametrize(
    ("kind", "wavelet", "levels"),
    [("noise", "haar", (1, 4)), ("noise", "db2", (1, 4)), ("motion", "db2", (2, 4)), ("motion", "db4", (1, 3))],
)
def test_when_moments_are_asked_for_then_they_are_the_traces_of_dense_matrices(kind, wavelet, levels, hurst):
    variances, covariances = moments(pyramid(60, wavelet, levels), kind, hurst, True)
    a, sigma = reference.forms(60, wavelet, range(levels[0], levels[1] + 1)), reference.covariance(60, kind, hurst)
    fractal, white = reference.moments(a, sigma), reference.moments(a, np.eye(60))
    np.testing.assert_allclose(variances, [fractal[0], white[0]], rtol=1e-8)
    np.testing.assert_allclose(covariances[0], fractal[1], rtol=1e-8)
    np.testing.assert_allclose(covariances[2], white[1], rtol=1e-8)
    np.testing.assert_allclose(covariances.sum(axis=0), reference.moments(a, sigma + np.eye(60))[1], rtol=1e-8)


@pytest.mark.parametrize("kind", ["noise", "motion"])
@pytest.mark.parametrize("hurst", EXPONENTS)
def test_when_a_series_is_given_then_the_exponent_is_that_of_the_dense_twin(kind, hurst):
    x = (fgn if kind == "noise" else fbm)(90, hurst, seed=6)
    fit = ExactWavelet(kind=kind, levels=(1, 4)).fit(x)
    # Between two of the 1,025 exponents of a table the equations are straight lines.
    np.testing.assert_allclose(fit.h, reference.exponent(x, kind, "db2", range(1, 5)), atol=2e-5)
    error = reference.standard_error(90, kind, "db2", range(1, 5), fit.h)
    np.testing.assert_allclose(fit.standard_error, error, rtol=1e-4)


@pytest.mark.parametrize("window", [12, 64])
def test_when_an_interval_ends_then_the_estimate_is_so_many_standard_errors_of_that_exponent_away(window):
    estimator, x = ExactWavelet(kind="noise"), fgn(300, 0.5, seed=12)
    rolling = estimator.rolling(x, window, interval="asymptotic", confidence=0.8)
    equations = estimator._table(window)
    for end, away in ((rolling.low, 1.0), (rolling.high, -1.0)):
        inside = (end > 0.01) & (end < 0.99)
        reach = (rolling.h - end)[inside] * away / np.interp(end[inside], equations.h, equations.errors[0])
        np.testing.assert_allclose(reach, 1.2816, rtol=1e-3)
        assert inside.sum() > 20


@pytest.mark.parametrize("kind", ["noise", "motion"])
def test_when_white_noise_is_on_top_then_both_scores_of_the_dense_twin_vanish(kind):
    estimator = ExactWavelet(kind=kind, noise=True, levels=(1, 4))
    a = reference.forms(120, "db2", range(1, 5))
    inside = 0
    for seed in (0, 4, 13, 14):
        white = np.random.default_rng(100 + seed).standard_normal(120)
        x = (fgn if kind == "noise" else fbm)(120, 0.7, seed=seed) + 0.5 * white
        _, equations, variances, h, place = estimator._solve(x, 120)
        share = np.interp(place[0], np.arange(len(equations.shares)), equations.shares)
        if 0.0 < share < 0.9 and 0.05 < h[0] < 0.95:
            inside += 1
            found = reference.scores(a, variances[:, 0], kind, float(h[0]), float(share))
            change = reference.scores(a, variances[:, 0], kind, float(h[0]) - 0.01, float(share)) - found
            # Between two of the 49 shares of the table the exponent is a straight line.
            assert abs(found[0]) < 0.1 * abs(change[0])
            error = reference.standard_error(120, kind, "db2", range(1, 5), float(h[0]), float(share))
            np.testing.assert_allclose(estimator.fit(x).standard_error, error, rtol=0.02)
    assert inside >= 3


@pytest.mark.parametrize("kind", ["noise", "motion"])
@pytest.mark.parametrize("hurst", EXPONENTS)
def test_when_paths_are_simulated_then_the_exponent_is_recovered_and_intervals_cover_it(hurst, kind):
    paths = (fgn if kind == "noise" else fbm)(252, hurst, 400, seed=17)
    fits = [ExactWavelet(kind=kind).fit(path) for path in paths]
    h = np.array([fit.h for fit in fits])
    # Measured over 4,000 paths: bias at most 0.005, sd as below, coverage 0.939 to 0.967; four standard errors of 400.
    measured = {"noise": (0.030, 0.044, 0.050, 0.053, 0.053), "motion": (0.028, 0.041, 0.047, 0.050, 0.051)}
    spread = dict(zip(EXPONENTS, measured[kind], strict=True))[hurst]
    assert abs(h.mean() - hurst) < 0.005 + 4 * spread / np.sqrt(400)
    assert abs(h.std() / spread - 1) < 4 / np.sqrt(800)
    covered = np.mean([fit.low < hurst < fit.high for fit in fits])
    assert abs(covered - 0.95) < 0.017 + 4 * np.sqrt(0.05 * 0.95 / 400)


@pytest.mark.parametrize("kind", ["noise", "motion"])
@pytest.mark.parametrize("hurst", [0.1, 0.5, 0.9])
def test_when_coefficients_are_resampled_then_intervals_cover_the_exponent_too(hurst, kind):
    paths = (fgn if kind == "noise" else fbm)(252, hurst, 200, seed=21)
    fits = [ExactWavelet(kind=kind).fit(path, interval="bootstrap") for path in paths]
    # Measured over 3,000 paths: coverage 0.924 to 0.942; four standard errors of 200.
    covered = np.mean([fit.low < hurst < fit.high for fit in fits])
    assert abs(covered - 0.95) < 0.03 + 4 * np.sqrt(0.05 * 0.95 / 200)
    errors = [ExactWavelet(kind=kind).fit(path).standard_error for path in paths]
    assert abs(np.mean([fit.standard_error for fit in fits]) / np.mean(errors) - 1) < 0.1


def test_when_tails_are_heavy_then_resampling_widens_the_interval():
    heavy = np.random.default_rng(5).standard_t(3, (20, 1000))
    ratios = []
    for path in heavy:
        plain, drawn = (ExactWavelet(kind="noise").fit(path, interval=way) for way in ("asymptotic", "bootstrap"))
        ratios.append(drawn.standard_error / plain.standard_error)
    assert np.mean(ratios) > 1.1


@pytest.mark.parametrize(
    ("hurst", "size", "plain", "bias", "spread"), [(0.1, 0.5, -0.027, 0.009, 0.039), (0.3, 0.5, -0.063, -0.001, 0.034)]
)
def test_when_motion_is_measured_with_error_then_the_noise_term_takes_it_out(hurst, size, plain, bias, spread):
    paths = fbm(2520, hurst, 100, seed=5)
    paths += size * np.random.default_rng(6).standard_normal(paths.shape)
    # Measured over 1,000 paths: bias without the term, bias and sd with it; four standard errors of 100.
    assert abs(of_each(paths, kind="motion")[0].mean() - hurst - plain) < 4 * 0.011 / 10
    h, error = of_each(paths, kind="motion", noise=True)
    assert abs(h.mean() - hurst - bias) < 4 * spread / 10
    assert np.mean(np.abs(h - hurst) < 1.96 * error) > 0.87


def test_when_the_noise_is_strong_then_its_variance_is_told_in_the_units_of_the_series():
    series = 1e-3 * (fbm(5000, 0.5, seed=2) + np.random.default_rng(9).standard_normal(5000))
    fit = ExactWavelet(kind="motion", noise=True).fit(series)
    assert isinstance(fit, NoisyEstimate)
    # Measured over 60 series: mean 1.00, sd 0.06.
    assert abs(fit.noise_variance / 1e-6 - 1) < 0.24 and abs(fit.h - 0.5) < 4 * fit.standard_error
    below = ExactWavelet(kind="motion", noise=True, levels=(3, 9)).fit(1e3 * series).noise_variance
    assert 0.0 <= below < 5.0


def test_when_no_noise_fits_then_its_variance_is_zero_and_the_exponent_that_without_it():
    smooth = np.convolve(fbm(1100, 0.7, seed=1), np.ones(5) / 5, "valid")
    with_noise, without = (ExactWavelet(kind="motion", noise=noise).fit(smooth) for noise in (True, False))
    assert with_noise.noise_variance == 0.0
    # The table with noise has a quarter of the exponents.
    assert abs(with_noise.h - without.h) < 5e-4 and with_noise.standard_error > without.standard_error


@given(
    scale=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3),
    shift=st.floats(-1e2, 1e2),
    slope=st.floats(-1.0, 1.0),
    noise=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_when_a_series_is_scaled_and_shifted_then_its_exponent_stays(scale, shift, slope, noise):
    for kind in ("noise", "motion"):
        estimator = ExactWavelet(kind=kind, noise=noise)
        moved = scale * (NOISE + shift + slope * np.arange(700.0))
        np.testing.assert_allclose(estimator.rolling(moved).h, estimator.rolling(NOISE).h, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_when_the_scale_is_extreme_then_the_exponent_stays(scale):
    np.testing.assert_allclose(ExactWavelet(kind="noise").fit(scale * NOISE).h, ExactWavelet(kind="noise").fit(NOISE).h)


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("kind", ["noise", "motion"])
def test_when_a_series_rolls_then_every_window_has_the_bits_of_its_own_fit(kind, noise):
    x, estimator = fgn(160, 0.6, seed=5), ExactWavelet(kind=kind, noise=noise)
    rolling = estimator.rolling(x, 64, interval="asymptotic")
    fits = [estimator.fit(x[end - 64 : end]) for end in range(64, 161)]
    np.testing.assert_array_equal(rolling.h[63:], [fit.h for fit in fits])
    np.testing.assert_array_equal(rolling.standard_error[63:], [fit.standard_error for fit in fits])
    np.testing.assert_array_equal(rolling.low[63:], [fit.low for fit in fits])
    np.testing.assert_array_equal(estimator.rolling(x[7:150], 64).h[63:], rolling.h[7 + 63 : 150])
    assert np.isfinite(estimator.rolling(x, 64, interval="bootstrap").low[63:]).all()
    stream = estimator.stream(64)
    np.testing.assert_array_equal([stream.update(value) for value in x], rolling.h)


def test_when_a_stream_travels_as_json_then_it_goes_on_with_the_same_bits():
    stream = ExactWavelet(kind="motion", noise=True, levels=(1, 4)).stream(64)
    for value in NOISE[:100]:
        stream.update(value)
    copy = resume(stream.to_json())
    assert copy.h == stream.h
    assert [copy.update(value) for value in NOISE[100:110]] == [stream.update(value) for value in NOISE[100:110]]


@given(t=st.integers(0, 299), length=st.integers(1, 30), noise=st.booleans())
@settings(max_examples=30, deadline=None)
def test_when_values_are_missing_then_exactly_the_windows_that_hold_them_are_nan(t, length, noise):
    holed, filled, estimator = NOISE[:300].copy(), NOISE[:300].copy(), ExactWavelet(kind="noise", noise=noise)
    holed[t : t + length], filled[t : t + length] = np.nan, 0.1
    touched = [end < 64 or np.isnan(holed[end - 64 : end]).any() for end in range(1, 301)]
    expected, found = (estimator.rolling(x, 64, interval="asymptotic") for x in (filled, holed))
    np.testing.assert_array_equal(found.h, np.where(touched, np.nan, expected.h))
    np.testing.assert_array_equal(found.high, np.where(touched, np.nan, expected.high))


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize(
    "x", [np.zeros(100), np.full(100, 0.1), np.arange(100) / 3.0], ids=["zero", "constant", "line"]
)
def test_when_the_wavelet_removes_all_then_no_exponent_is_made_up(x, noise):
    fit = ExactWavelet(kind="motion", noise=noise).fit(x)
    assert np.isnan([fit.h, fit.standard_error, fit.line.slope, fit.line.r_squared]).all()
    assert not noise or np.isnan(fit.noise_variance)


def test_when_a_line_is_drawn_then_it_has_the_slope_that_the_exponent_implies():
    for kind, x, less in (("noise", NOISE, 2.0), ("motion", NOISE.cumsum(), 0.0)):
        fit = ExactWavelet(kind=kind).fit(x)
        assert fit.line.slope == 2 * fit.h - less and 0.9 < fit.line.r_squared <= 1.0
        assert fit.line.scales.tolist() == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]


def test_when_the_window_is_long_then_no_level_beyond_the_tenth_is_used():
    # Measured over 20 paths: sd 0.002.
    fit = ExactWavelet(kind="noise").fit(fgn(100_000, 0.3, seed=1))
    assert len(fit.line.scales) == 10 and abs(fit.h - 0.3) < 4 * fit.standard_error < 0.01


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "price"}, r"kind is 'price': use 'noise' for increments or 'motion' for levels"),
        ({"kind": np.array(["noise", "motion"])}, r"kind is array.*: use 'noise' for .*"),
        ({"kind": "noise", "wavelet": "bior2.2"}, r"wavelet is 'bior2.2': use the name of an orthogonal wavelet, .*"),
        ({"kind": "motion", "wavelet": "haar"}, r"wavelet is 'haar', which leaves a trend in motion: use 'db2' .*"),
        ({"kind": "noise", "levels": (2, 2)}, r"levels is \(2, 2\): .*"),
        ({"kind": "noise", "noise": 1}, r"noise is 1: use True or False"),
        ({"kind": "noise", "noise": True, "levels": (1, 2)}, r"levels is \(1, 2\): noise=True needs at least three .*"),
    ],
)
def test_when_an_option_is_wrong_then_one_line_says_what_and_the_cure(options, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        ExactWavelet(**options)


@pytest.mark.parametrize(
    ("options", "least"), [({}, 11), ({"noise": True}, 23), ({"wavelet": "db4"}, 23), ({"levels": (1, 4)}, 47)]
)
def test_when_the_window_is_too_short_then_the_least_is_named_and_works(options, least):
    estimator = ExactWavelet(kind="noise", **options)
    with pytest.raises(InputError, match=f"are too few for exact: use at least {least} values"):
        estimator.fit(NOISE[: least - 1])
    assert 0.0 < estimator.fit(NOISE[:least]).h < 1.0


@pytest.mark.parametrize("interval", ["asymptotic", "bootstrap"])
@pytest.mark.parametrize("size", [23, 40, 200])
def test_when_noise_is_estimated_too_then_intervals_stay_within_the_range_of_the_estimate(size, interval):
    fits = [
        ExactWavelet(kind="motion", noise=True).fit(fbm(size, 0.1, seed=seed), interval=interval) for seed in range(10)
    ]
    rounding = 1e-12
    assert all(0.002 - rounding <= fit.low <= fit.h <= fit.high <= 0.998 + rounding for fit in fits)
    assert max(fit.high for fit in fits) == pytest.approx(0.998)


@pytest.mark.parametrize("levels", [[1, 3], np.array([1, 3]), (level for level in (1, 3))])
def test_when_levels_are_any_two_numbers_then_they_are_kept_as_a_tuple(levels):
    estimator = ExactWavelet(kind="noise", levels=levels)
    assert estimator.levels == (1, 3)
    assert estimator.fit(NOISE).h == ExactWavelet(kind="noise", levels=(1, 3)).fit(NOISE).h


def test_when_sizes_do_not_fit_then_the_kernel_refuses():
    equations = table(64, "db2", (1, 4), "noise", False)
    arguments = np.ones((4, 3)), equations.h, equations.scores, equations.share_scores, np.empty((2, 3))
    for at, wrong in [(0, np.ones((3, 3))), (1, np.ones(5)), (3, np.ones((1, 5, 4))), (4, np.empty((2, 4)))]:
        with pytest.raises(ValueError, match=r"fit|shape"):
            kernels.solve(*arguments[:at], wrong, *arguments[at + 1 :])

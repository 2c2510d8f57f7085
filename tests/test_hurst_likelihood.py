import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import hurst_likelihood as reference
from vrx._ext import likelihood as kernels
from vrx.errors import InputError
from vrx.fractional import fbm, fgn
from vrx.hurst import Likelihood, resume

EXPONENTS = (0.1, 0.3, 0.5, 0.7, 0.9)
NOISE = fgn(150, 0.4, seed=11)


def of_each(paths, **options):
    """The exponent and standard error of each path, as one row each."""
    fits = [Likelihood(**options).fit(path) for path in paths]
    return np.array([[fit.h, fit.standard_error] for fit in fits]).T


@pytest.mark.parametrize("mean", ["zero", "estimated"])
@pytest.mark.parametrize("hurst", [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_when_noise_is_given_then_the_deviance_is_that_of_the_dense_matrix(hurst, mean):
    found = np.empty(1)
    kernels.deviances(NOISE + 0.3, mean == "estimated", np.array([hurst]), found)
    np.testing.assert_allclose(found[0], reference.deviance(NOISE + 0.3, hurst, mean == "estimated"), rtol=1e-9)


@pytest.mark.parametrize("mean", ["zero", "estimated"])
@pytest.mark.parametrize(
    ("x", "kind"),
    [(fgn(80, h, seed=3), "noise") for h in EXPONENTS]
    + [(fbm(80, h, seed=4), "motion") for h in EXPONENTS]
    + [
        (np.random.default_rng(2).standard_cauchy(80), "noise"),
        (np.sin(np.arange(80.0) ** 1.5), "noise"),
        (np.abs(NOISE), "motion"),
        (NOISE[:16], "noise"),
        (1e-150 * NOISE, "noise"),
        (1e150 * NOISE, "motion"),
    ],
)
def test_when_a_series_is_given_then_the_exponent_is_that_of_the_dense_twin(x, kind, mean):
    fit = Likelihood(kind=kind, mean=mean).fit(x)
    scaled = x / np.abs(x).max()
    expected = reference.exponent(scaled, kind, mean == "estimated")
    # The twin seeks from 0.005 to 0.995.
    np.testing.assert_allclose(np.clip(fit.h, 0.005, 0.995), expected, atol=5e-6)
    if 0.02 < expected < 0.98:
        error = reference.standard_error(scaled, kind, mean == "estimated", fit.h)
        np.testing.assert_allclose(fit.standard_error, error, rtol=1e-4)


@pytest.mark.parametrize("kind", ["noise", "motion"])
@pytest.mark.parametrize("hurst", EXPONENTS)
def test_when_paths_are_simulated_then_the_exponent_is_recovered_and_intervals_cover_it(hurst, kind):
    h, error = of_each((fgn if kind == "noise" else fbm)(252, hurst, 300, seed=1), kind=kind)
    # Measured over 3,000 paths: bias at most 0.006, sd as below, coverage 0.928 to 0.948; four standard errors of 300.
    spread = dict(zip(EXPONENTS, (0.023, 0.035, 0.040, 0.042, 0.038), strict=True))[hurst]
    assert abs(h.mean() - hurst) < 0.006 + 4 * spread / np.sqrt(300)
    assert abs(h.std() / spread - 1) < 4 / np.sqrt(600)
    assert abs(np.mean(np.abs(h - hurst) < 1.96 * error) - 0.945) < 4 * np.sqrt(0.05 * 0.95 / 300)


def test_when_a_mean_is_there_then_it_looks_like_memory_unless_it_is_estimated():
    paths = fgn(252, 0.5, 100, seed=8) + 1.0
    assert of_each(paths, kind="noise")[0].mean() > 0.6
    # Measured over 3,000 paths: bias -0.003, sd 0.041.
    assert abs(of_each(paths, kind="noise", mean="estimated")[0].mean() - 0.5) < 0.003 + 4 * 0.0041


@given(
    scale=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3),
    shift=st.floats(-1e2, 1e2),
    slope=st.floats(-1.0, 1.0),
)
@settings(max_examples=30, deadline=None)
def test_when_a_series_is_scaled_and_shifted_then_its_exponent_stays(scale, shift, slope):
    line = slope * np.arange(150)
    for options, moved in [
        ({"kind": "noise"}, scale * NOISE),
        ({"kind": "noise", "mean": "estimated"}, scale * (NOISE + shift)),
        ({"kind": "motion"}, scale * (NOISE + shift)),
        ({"kind": "motion", "mean": "estimated"}, scale * (NOISE + line + shift)),
    ]:
        estimator = Likelihood(**options)
        np.testing.assert_allclose(estimator.fit(moved).h, estimator.fit(NOISE).h, atol=1e-5)


@given(seed=st.integers(0, 1000), hurst=st.floats(0.05, 0.95), mean=st.sampled_from(["zero", "estimated"]))
@settings(max_examples=30, deadline=None)
def test_when_time_runs_backwards_then_the_exponent_stays(seed, hurst, mean):
    for kind, draw in (("noise", fgn), ("motion", fbm)):
        x, estimator = draw(100, hurst, seed=seed), Likelihood(kind=kind, mean=mean)
        np.testing.assert_allclose(estimator.fit(x[::-1]).h, estimator.fit(x).h, atol=1e-5)


@pytest.mark.parametrize("kind", ["noise", "motion"])
def test_when_a_series_rolls_then_every_window_has_the_bits_of_its_own_fit(kind):
    x, estimator = fgn(200, 0.6, seed=5), Likelihood(kind=kind, mean="estimated")
    rolling = estimator.rolling(x, 32, interval="asymptotic")
    fits = [estimator.fit(x[end - 32 : end]) for end in range(32, 201)]
    np.testing.assert_array_equal(rolling.h[31:], [fit.h for fit in fits])
    np.testing.assert_array_equal(rolling.standard_error[31:], [fit.standard_error for fit in fits])
    np.testing.assert_array_equal(estimator.rolling(x[7:150], 32).h[31:], rolling.h[7 + 31 : 150])
    assert np.isnan(rolling.h[:31]).all() and np.isfinite(rolling.h[31:]).all()


def test_when_a_series_streams_then_every_exponent_has_the_bits_of_the_rolling_one():
    x, estimator = fgn(60, 0.6, seed=5), Likelihood(kind="noise")
    stream = estimator.stream(32)
    np.testing.assert_array_equal([stream.update(value) for value in x], estimator.rolling(x, 32).h)
    assert resume(stream.to_json()).update(0.3) == stream.update(0.3)


@given(t=st.integers(0, 99), length=st.integers(1, 5), kind=st.sampled_from(["noise", "motion"]))
@settings(max_examples=20, deadline=None)
def test_when_values_are_missing_then_exactly_the_windows_that_hold_them_are_nan(t, length, kind):
    holed, filled = NOISE[:100].copy(), NOISE[:100].copy()
    holed[t : t + length], filled[t : t + length] = np.nan, 0.1
    touched = [end < 24 or np.isnan(holed[end - 24 : end]).any() for end in range(1, 101)]
    expected = np.where(touched, np.nan, Likelihood(kind=kind).rolling(filled, 24).h)
    np.testing.assert_array_equal(Likelihood(kind=kind).rolling(holed, 24).h, expected)


@pytest.mark.parametrize("mean", ["zero", "estimated"])
@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (np.zeros(40), "noise"),
        (np.full(40, 0.1), "noise"),
        (np.full(40, -1e150 / 7), "motion"),
        (np.arange(40) / 7.0, "motion"),
    ],
)
def test_when_nothing_varies_then_no_exponent_is_made_up(x, kind, mean):
    fit = Likelihood(kind=kind, mean=mean).fit(x)
    assert np.isnan([fit.h, fit.standard_error, fit.low, fit.high]).all() and fit.line is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Likelihood(kind="price"), r"kind is 'price': use 'noise' for increments or 'motion' for levels"),
        (lambda: Likelihood(kind="noise", mean="zeros"), r"mean is 'zeros': use 'zero' or 'estimated'"),
        (lambda: Likelihood(kind="noise").fit(NOISE[:15]), r"15 values are too few for mle: use at least 16 values"),
        (
            lambda: Likelihood(kind="noise").fit(NOISE, interval="bootstrap"),
            r"mle has no coefficients to resample: use interval 'asymptotic'",
        ),
    ],
)
def test_when_an_option_is_wrong_then_one_line_says_what_and_the_cure(call, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        call()


def test_when_sizes_do_not_fit_then_the_kernel_refuses():
    with pytest.raises(ValueError, match="columns of out"):
        kernels.profile_maxima(NOISE, 50, False, False, np.empty((1, 100)))
    with pytest.raises(ValueError, match="1 or 2 rows"):
        kernels.profile_maxima(NOISE, 50, False, False, np.empty((3, 101)))
    with pytest.raises(ValueError, match="exponents"):
        kernels.deviances(NOISE, False, np.array([0.5]), np.empty(2))

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import hurst_scaling as reference
from vrx.errors import InputError
from vrx.fractional import fbm
from vrx.hurst import Variogram, resume

NOISE = np.random.default_rng(20240104).standard_normal(700)
SPIKE = NOISE.copy()
SPIKE[300] = 1e8
LONG = np.random.default_rng(9).standard_normal(2 * 8192 + 400)


@pytest.mark.parametrize("kind", ["noise", "motion"])
@pytest.mark.parametrize("q", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize(
    "x",
    [NOISE, SPIKE, NOISE * 1e-80, NOISE * 1e80, NOISE + 1e3, np.round(NOISE * 3)],
    ids=["noise", "spike", "tiny", "huge", "shifted", "ties"],
)
def test_when_a_series_is_fitted_then_the_slow_twin_agrees(x, kind, q):
    values, lags = x if kind == "noise" else x.cumsum(), np.array([1, 2, 5, 30])
    expected = reference.variogram(values, kind, lags, q)
    estimate = Variogram(kind=kind, calibrated=False, q=q, lags=tuple(lags)).fit(values)
    assert estimate.h == pytest.approx(expected, rel=1e-6)
    assert estimate.line.slope == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("window", [16, 17, 100, 252, 255, 256, 257, 699, 700])
@pytest.mark.parametrize(
    "options", [{"kind": "noise"}, {"kind": "motion"}, {"kind": "motion", "q": (0.5, 1.0), "calibrated": False}]
)
def test_when_the_window_rolls_then_every_entry_is_the_fit_of_its_window_to_the_bit(window, options):
    estimator = Variogram(**options)
    rolled = estimator.rolling(NOISE, window).h
    assert np.isnan(rolled[: window - 1]).all()
    for end in range(window, 701, 23):
        assert rolled[end - 1] == estimator._exponents(NOISE[end - window : end], window)[0]


@given(scale=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3), shift=st.floats(-1e6, 1e6))
@settings(max_examples=40, deadline=None)
def test_when_motion_is_scaled_and_shifted_then_its_exponent_stays(scale, shift):
    ours = Variogram(kind="motion").rolling(scale * NOISE.cumsum() + shift).h
    np.testing.assert_allclose(ours, Variogram(kind="motion").rolling(NOISE.cumsum()).h, atol=1e-6)


@pytest.mark.parametrize("kind", ["noise", "motion"])
def test_when_time_runs_backwards_then_the_exponent_stays(kind):
    estimator = Variogram(kind=kind)
    assert estimator.fit(NOISE[::-1]).h == pytest.approx(estimator.fit(NOISE).h, abs=1e-12)


def test_when_noise_is_summed_then_as_motion_it_has_the_same_exponent():
    noise, motion = (Variogram(kind=kind, calibrated=False) for kind in ("noise", "motion"))
    assert noise.fit(NOISE).h == pytest.approx(motion.fit(np.append(0.0, NOISE.cumsum())).h, abs=1e-12)


@given(t=st.integers(0, 699), length=st.integers(1, 30), window=st.integers(16, 300))
@settings(max_examples=40, deadline=None)
def test_when_values_are_missing_then_exactly_the_windows_that_hold_them_are_nan(t, length, window):
    holed, filled = NOISE.copy(), NOISE.copy()
    holed[t : t + length], filled[t : t + length] = np.nan, 0.5
    touched = [np.isnan(holed[max(0, end - window) : end]).any() or end < window for end in range(1, 701)]
    for options in ({"kind": "noise"}, {"kind": "motion", "lags": (window // 2, window - 1)}):
        estimator = Variogram(calibrated=False, **options)
        expected = np.where(touched, np.nan, estimator.rolling(filled, window).h)
        np.testing.assert_array_equal(estimator.rolling(holed, window).h, expected)


@pytest.mark.parametrize("end", [252, 8442, 8443, 8444, 2 * 8192 + 399])
def test_when_data_is_appended_then_no_earlier_bit_changes(end):
    estimator = Variogram(kind="noise")
    np.testing.assert_array_equal(estimator.rolling(LONG[:end]).h, estimator.rolling(LONG).h[:end])


def test_when_a_spike_has_left_then_no_bit_remembers_it():
    spiked = LONG.copy()
    spiked[700] = 1e9
    estimator = Variogram(kind="noise")
    np.testing.assert_array_equal(estimator.rolling(spiked).h[952:], estimator.rolling(LONG).h[952:])


def test_when_values_stream_and_the_state_travels_then_they_give_the_bits_of_the_rolling_window():
    estimator = Variogram(kind="noise", q=(1.0, 2.0), lags=(1, 2, 4))
    stream, rolled = estimator.stream(50), estimator.rolling(NOISE[:90], 50).h
    streamed = [stream.update(value) for value in NOISE[:60]]
    stream = resume(stream.to_json())
    streamed += [stream.update(value) for value in NOISE[60:90]]
    np.testing.assert_array_equal(streamed, rolled)


def test_when_there_are_several_powers_then_their_exponents_are_averaged():
    powers = (0.5, 1.0, 2.0)
    several = Variogram(kind="motion", calibrated=False, q=powers).fit(NOISE.cumsum())
    single = [Variogram(kind="motion", calibrated=False, q=q)._exponents(NOISE.cumsum(), 700)[0] for q in powers]
    assert several.h == pytest.approx(np.mean(single), abs=1e-12)
    assert several.line.slope == pytest.approx(several.h, abs=1e-12)


def test_when_the_spectrum_is_asked_for_then_it_is_power_times_exponent():
    q, zeta = Variogram(kind="motion", q=(1.0, 3.0)).spectrum(NOISE.cumsum())
    single = [Variogram(kind="motion", calibrated=False, q=p) for p in (1.0, 3.0)]
    expected = [estimator.q * estimator._exponents(NOISE.cumsum(), 700)[0] for estimator in single]
    np.testing.assert_allclose(zeta, expected, rtol=1e-12)
    assert q.tolist() == [1.0, 3.0]
    assert np.isnan(Variogram(kind="motion").spectrum(np.append(NOISE, np.nan))[1]).all()


@pytest.mark.parametrize("hurst", [0.1, 0.5, 0.9])
def test_when_motion_is_simulated_then_its_exponent_is_recovered_and_covered(hurst):
    estimates = [Variogram(kind="motion").fit(path) for path in fbm(252, hurst, 400, seed=6)]
    # Measured at n = 252; the table's mean of 1,000 paths errs too. 400 intervals of 95% leave an sd of 1.1%.
    sd = {0.1: 0.027, 0.5: 0.042, 0.9: 0.057}[hurst]
    assert np.mean([e.h for e in estimates]) == pytest.approx(hurst, abs=4 * sd * (1 / 400 + 1 / 1000) ** 0.5)
    assert 0.915 < np.mean([e.low <= hurst <= e.high for e in estimates]) < 0.985


@pytest.mark.parametrize(
    ("x", "kind"), [(np.zeros(600), "noise"), (np.zeros(600), "motion"), (np.full(600, -1e5 / 7), "motion")]
)
def test_when_nothing_varies_then_there_is_no_exponent(x, kind):
    assert np.isnan(Variogram(kind=kind).rolling(x).h).all()
    estimate = Variogram(kind=kind).fit(x)
    assert np.isnan([estimate.h, estimate.standard_error, estimate.low, estimate.high]).all()


@pytest.mark.parametrize(("x", "kind"), [(np.arange(600) / 3.0, "motion"), (np.full(600, 0.1), "noise")])
def test_when_motion_is_a_straight_line_then_its_slope_is_one_and_h_just_above(x, kind):
    assert Variogram(kind=kind, calibrated=False).fit(x).h == pytest.approx(1.0, abs=1e-12)
    assert 1.0 < Variogram(kind=kind).fit(x).h < 1.05


@pytest.mark.parametrize(
    ("options", "x", "message"),
    [
        ({"q": 0.0}, NOISE, "q is 0.0: use a power from 0.01 to 20, or several as a tuple"),
        ({"q": (1.0, -1.0)}, NOISE, "q is (1.0, -1.0): use a power from 0.01 to 20"),
        ({"q": ()}, NOISE, "q is (): use a power from 0.01 to 20"),
        ({"q": "two"}, NOISE, "q is 'two': use a power from 0.01 to 20"),
        ({"q": float("nan")}, NOISE, "q is nan: use a power from 0.01 to 20"),
        ({"q": "2"}, NOISE, "q is '2': use a power from 0.01 to 20"),
        ({"q": True}, NOISE, "q is True: use a power from 0.01 to 20"),
        ({"q": 10**400}, NOISE, "use a power from 0.01 to 20"),
        ({"q": 1e-300}, NOISE, "q is 1e-300: use a power from 0.01 to 20"),
        ({"q": (1.0, 20.5)}, NOISE, "q is (1.0, 20.5): use a power from 0.01 to 20"),
        ({"calibrated": "yes"}, NOISE, "calibrated is 'yes': use True or False"),
        ({"lags": (1,)}, NOISE, "lags is (1,): use at least two whole numbers that rise, from 1 on"),
        ({"lags": (2, 1)}, NOISE, "lags is (2, 1): use at least two whole numbers that rise"),
        ({"lags": (0, 1)}, NOISE, "lags is (0, 1): use at least two whole numbers that rise"),
        ({"lags": (1, 700)}, NOISE, "700 values are too few for variogram: use at least 701 values"),
        ({}, NOISE[:15], "15 values are too few for variogram: use at least 16 values"),
    ],
)
def test_when_an_option_is_wrong_then_one_line_names_it_and_the_cure(options, x, message):
    with pytest.raises(InputError) as caught:
        Variogram(**{"kind": "noise", **options}).fit(x)
    assert message in str(caught.value) and "\n" not in str(caught.value)

from dataclasses import replace

import numpy as np
import pytest

from tests.reference import hurst as reference
from vrx._ext import hurst as hurst_kernels
from vrx._ext import resample as kernels
from vrx.fractional import fgn
from vrx.hurst import Wavelet
from vrx.hurst._bootstrap import decimation, deviations, seeds
from vrx.hurst._estimator import Bootstrap
from vrx.hurst._pyramid import pyramid

NOISE = np.random.default_rng(20240101).standard_normal(300)
PLAN = Bootstrap(resamples=200, seed=5)


def squares_of(x, plan):
    squares = np.empty((plan.levels[-1], len(x)))
    hurst_kernels.wavelet_squares(x, plan.filters, squares)
    return squares[plan.levels[0] - 1 :]


def slope_weights(plan, windows):
    return np.tile(plan.slope_weights / 2, (windows, 1))


@pytest.mark.parametrize(("window", "levels"), [(252, None), (120, None), (60, (2, 3)), (219, (3, 5))])
def test_when_coefficients_are_drawn_then_every_draw_is_that_of_the_slow_twin(window, levels):
    plan = pyramid(window, "db4", levels)
    x = NOISE[: window + 1]
    out = np.empty((2, 37))
    kernels.resampled_logs(squares_of(x, plan), decimation(plan), slope_weights(plan, 2), seeds(PLAN, 2), out)
    for k in range(2):
        pools = [
            row[window - 1 + k - np.arange(count) * step]
            for row, (step, count) in zip(squares_of(x, plan), decimation(plan), strict=True)
        ]
        expected = reference.resampled_logs(pools, plan.slope_weights / 2, int(seeds(PLAN, 2)[k]), 37)
        np.testing.assert_allclose(out[k], expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("window", [23, 60, 120, 219, 220, 221, 252])
def test_when_coefficients_are_thinned_then_they_all_lie_inside_the_window_and_no_more_would(window):
    plan = pyramid(window, "db4", None)
    for (step, count), inside in zip(decimation(plan), plan.counts, strict=True):
        assert (count - 1) * step < inside <= count * step


@pytest.mark.parametrize(("resamples", "confidence"), [(2, 0.5), (15, 0.9), (16, 0.99), (17, 0.95), (1000, 0.95)])
def test_when_draws_are_summed_up_then_numpy_finds_the_same_spread_and_quantiles(resamples, confidence):
    plan = pyramid(252, "db4", None)
    draws, picked = np.empty((49, resamples)), replace(PLAN, resamples=resamples, confidence=confidence)
    kernels.resampled_logs(squares_of(NOISE, plan), decimation(plan), slope_weights(plan, 49), seeds(PLAN, 49), draws)
    spread, lower, upper = deviations(NOISE, plan, slope_weights(plan, 49), picked)
    np.testing.assert_allclose(spread, draws.std(axis=1, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(lower, np.quantile(draws, (1 - confidence) / 2, axis=1), rtol=1e-9)
    np.testing.assert_allclose(upper, np.quantile(draws, (1 + confidence) / 2, axis=1), rtol=1e-9)


def test_when_many_are_drawn_then_their_spread_is_that_of_a_numpy_bootstrap():
    plan = pyramid(252, "db4", None)
    squares, rng = squares_of(NOISE[:252], plan), np.random.default_rng(1)
    drawn = np.zeros(20_000)
    for row, weight, (step, count) in zip(squares, plan.slope_weights / 2, decimation(plan), strict=True):
        pool = row[::-1][: count * step : step]
        drawn += weight * np.log(pool[rng.integers(count, size=(20_000, count))].mean(axis=1) / pool.mean())
    ours = deviations(NOISE[:252], plan, slope_weights(plan, 1), Bootstrap(resamples=20_000))
    # Standard errors of a standard deviation and of the outer quantiles of 20,000 draws: 0.5% and 1.3% of a spread.
    spread = drawn.std()
    assert abs(ours[0][0] / spread - 1) < 0.03
    np.testing.assert_allclose([ours[1][0], ours[2][0]], np.quantile(drawn, [0.025, 0.975]), atol=0.07 * spread)


def test_when_windows_are_cut_into_pieces_then_each_keeps_its_draws():
    plan = pyramid(100, "db4", None)
    whole = deviations(NOISE, plan, slope_weights(plan, 201), PLAN)
    for first in (1, 77, 200):
        part = deviations(NOISE[first:], plan, slope_weights(plan, 201 - first), replace(PLAN, first=first))
        for ours, theirs in zip(part, whole, strict=True):
            np.testing.assert_array_equal(ours, theirs[first:])


def test_when_threads_share_the_windows_then_not_a_bit_changes():
    x = np.random.default_rng(1).standard_normal((2, 8192 + 60))
    estimator = Wavelet(kind="noise")
    one, two = (estimator.rolling(x, 40, interval="bootstrap", threads=threads) for threads in (1, 2))
    for ours, theirs in zip(vars(one).values(), vars(two).values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_when_the_seed_changes_then_so_do_the_draws_and_with_it_they_stay():
    fits = [Wavelet(kind="noise").fit(NOISE, interval="bootstrap", seed=seed) for seed in (0, 0, 1, 2**64, 2**200)]
    assert fits[0].standard_error == fits[1].standard_error != fits[2].standard_error
    assert fits[0].low == fits[1].low != fits[2].low
    assert fits[0].h == fits[2].h


def test_when_windows_follow_each_other_then_no_two_draw_alike():
    many = np.concatenate([seeds(Bootstrap(seed=seed), 10_000) for seed in range(4)])
    assert len(np.unique(many)) == len(many)
    # The same coefficients everywhere, so that only the draws differ.
    plan = pyramid(252, "db4", None)
    squares = np.random.default_rng(1).random((5, 253))
    squares[:, 1:] = squares[:, :-1] = np.arange(1.0, 253)
    squares[:, -1] = squares[:, 0]
    out = np.empty((2, 100))
    kernels.resampled_logs(squares, decimation(plan), slope_weights(plan, 2), seeds(PLAN, 2), out)
    assert abs(np.corrcoef(out)[0, 1]) < 0.4


def test_when_a_window_holds_a_gap_then_it_alone_has_no_interval():
    x = NOISE.copy()
    x[150] = np.nan
    holed, filled = (Wavelet(kind="noise").rolling(v, 100, interval="bootstrap") for v in (x, NOISE))
    touched = np.isnan(holed.h)
    assert touched[150:250].all() and not touched[99:150].any() and not touched[250:].any()
    for name in ("standard_error", "low", "high"):
        expected = np.where(touched, np.nan, getattr(filled, name))
        np.testing.assert_array_equal(getattr(holed, name), expected)


@pytest.mark.parametrize("x", [np.zeros(100), np.tile([1.0, -1.0], 50), np.arange(100.0)], ids=["zero", "two", "line"])
def test_when_there_is_nothing_to_draw_from_then_there_is_no_interval(x):
    fit = Wavelet(kind="noise").fit(x, interval="bootstrap")
    assert np.isnan([fit.h, fit.standard_error, fit.low, fit.high]).all()


@pytest.mark.parametrize("hurst", [0.4, 0.5, 0.6, 0.7])
def test_when_intervals_are_drawn_then_95_in_100_hold_the_exponent(hurst):
    paths = fgn(252, hurst, 800, seed=4)
    rolling = Wavelet(kind="noise").rolling(paths, 252, interval="bootstrap")
    held = np.mean((rolling.low[:, -1] <= hurst) & (hurst <= rolling.high[:, -1]))
    assert 0.92 < held < 0.98


def test_when_the_deepest_level_has_a_single_coefficient_then_theory_widens_the_interval():
    paths = fgn(219, 0.6, 800, seed=4)
    assert decimation(pyramid(219, "db4", None))[-1, 1] == 1
    rolling = Wavelet(kind="noise").rolling(paths, 219, interval="bootstrap")
    held = np.mean((rolling.low[:, -1] <= 0.6) & (rolling.high[:, -1] >= 0.6))
    assert 0.92 < held < 0.98
    measured = np.std(rolling.h[:, -1])
    assert abs(rolling.standard_error[:, -1].mean() / measured - 1) < 0.1


SQUARES, PICKS, SEEDS = np.ones((2, 20)), np.array([[2, 8], [4, 4]]), np.zeros(3, np.uint64)


def spread(squares=SQUARES, picks=PICKS, weights=(3, 2), seeds=SEEDS, plan=(10, 0.1), out=(3, 3)):
    kernels.resampled_spread(squares, np.asarray(picks, dtype=np.int64), np.ones(weights), seeds, plan, np.empty(out))


@pytest.mark.parametrize(
    "changes",
    [
        {"squares": np.ones((0, 20)), "picks": np.ones((0, 2)), "weights": (3, 0)},
        {"squares": np.ones((2, 16))},
        {"squares": np.ones((2, 0))},
        {"picks": [[2, 8]]},
        {"picks": [[2], [4]]},
        {"picks": [[2, 9], [4, 4]], "squares": np.ones((2, 18))},
        {"picks": [[0, 8], [4, 4]]},
        {"picks": [[2, 0], [4, 4]]},
        {"picks": [[-2, 8], [4, 4]]},
        {"picks": [[2, -8], [4, 4]]},
        {"picks": [[2**62, 8], [4, 4]]},
        {"picks": [[2, 2**62], [4, 4]]},
        {"weights": (3, 3)},
        {"weights": (2, 2)},
        {"seeds": SEEDS[:2]},
        {"out": (2, 3)},
        {"out": (3, 4)},
        {"out": (21, 3), "weights": (21, 2), "seeds": np.zeros(21, np.uint64)},
        {"plan": (1, 0.1)},
        {"plan": (0, 0.1)},
        {"plan": (-5, 0.1)},
        {"plan": (2**62, 0.1)},
        {"plan": (10, 0.0)},
        {"plan": (10, 0.5)},
        {"plan": (10, float("nan"))},
        {"plan": ()},
        {"plan": (10, 0.1, 3)},
    ],
    ids=str,
)
def test_when_sizes_do_not_fit_then_the_kernel_refuses_at_the_door(changes):
    with pytest.raises((ValueError, TypeError)):
        spread(**changes)


def test_when_sizes_are_right_then_the_same_calls_pass():
    spread()
    spread(squares=np.ones((2, 17)))
    spread(out=(0, 3), weights=(0, 2), seeds=SEEDS[:0])

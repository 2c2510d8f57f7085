"""Regimes that switch, levels that break, and what announces them."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vrx
from tests.reference import breaks as slow_breaks
from tests.reference import regimes as slow_regimes
from vrx._ext.breaks import best_partitions
from vrx.econometrics import (
    breaks,
    falls,
    high_days,
    lead_time,
    markov_regimes,
    onsets,
    regime_scores,
)
from vrx.errors import InputError

# The US real interest rate, quarterly from 1961 to 1986 (Garcia and Perron 1996), as examples/ir.dat of
# aptech/gauss-structural-break has it.
RATE = np.array(
    [
        *(1.99132, 0.00403, 2.27, 0.84833, 1.89112, -0.28, 3.68431, 1.62478, 1.21599, 1.28373, 1.70141, 3.16687),
        *(2.32779, 2.26202, 1.91218, 3.53196, -0.31777, 3.44694, 1.52422, 0.74268, 1.31541, 0.36646, 3.59562, 3.6574),
        *(0.97494, -0.5328, 1.12681, 0.31123, 0.57834, 1.08163, 0.24977, 0.23792, -0.32653, 1.14733, 1.19323, 2.58962),
        *(0.01195, 2.63842, 0.42092, 2.58823, -2.19809, 2.89548, 1.8213, 0.86332, 0.67496, 0.34435, 1.22762, -2.83991),
        *(-1.8163, -2.22965, -1.58457, -6.31184, -2.46258, -5.61479, -3.53887, 1.0178, -1.58875, -1.85396, -0.2567),
        *(2.42226, -1.29502, -0.48977, 1.21167, -4.85498, -3.599, 0.17094, 1.51603, -1.85304, -5.60478, -1.25767),
        *(0.96658, -3.09451, -5.26773, -4.03154, -1.76618, -5.73978, 3.83047, 0.52007, -0.18033, 3.82808, 3.01171),
        *(2.75289, 11.74184, 9.91701, 3.03444, 10.15143, 9.29177, 6.87498, 2.43675, 4.37202, 6.77774, 4.16692, 5.65037),
        *(5.17734, 9.41206, 3.77006, 4.24568, 4.53154, 3.39706, 8.93951, 4.20825, 3.43461, 4.30529),
    ]
)


@pytest.fixture(scope="module")
def returns():
    return np.diff(np.log(vrx.read("sample:sp500")["close"]))


@pytest.fixture(scope="module")
def sizes(returns):
    return np.abs(returns - returns.mean())


@pytest.fixture(scope="module")
def switching(returns):
    return markov_regimes(returns)


# -- breaks ------------------------------------------------------------------------------------------------------------


def test_every_figure_of_perrons_own_program_on_the_real_interest_rate_is_reproduced():
    """mbreak/real.out of aptech/gauss-structural-break: what brcode.src of Perron (2004) printed with h = 15 and
    eps1 = 0.15, robust = prewhit = hetdat = hetvar = 1."""
    found = breaks(RATE)
    assert found.partitions == ((79,), (47, 79), (24, 47, 79), (24, 47, 64, 79), (16, 31, 47, 64, 79))
    np.testing.assert_allclose(found.sup_f, [57.9058, 43.0143, 33.3228, 24.7706, 18.3259], atol=5.1e-5)
    np.testing.assert_allclose(found.following, [57.9058, 33.9275, 14.7246, 0.0330, 0.0], atol=5.1e-5)
    assert found.ud_max == pytest.approx(57.9058, abs=5.1e-5)
    np.testing.assert_allclose(found.bic, [2.4677, 1.9245, 1.6676, 1.7337, 1.8231, 1.9237], atol=5.1e-5)
    assert found.count_bic == 2
    # The sequential procedure stops at three breaks at 10, 5 and 2.5%, at two at 1%.
    assert [breaks(RATE, level=level).starts for level in (0.10, 0.05, 0.025, 0.01)] == 3 * [(24, 47, 79)] + [(47, 79)]
    np.testing.assert_allclose(breaks(RATE, level=0.01).means, [1.355037, -1.796138, 5.642890], atol=5.1e-7)


def test_statistics_on_the_sp500_equal_those_with_every_matrix_written_out(sizes):
    some = sizes[-1200:]
    found = breaks(some)
    for k, starts in enumerate(found.partitions[:3]):
        assert found.sup_f[k] == pytest.approx(slow_breaks.sup_f(some, starts), rel=1e-9)


def test_partitions_and_all_statistics_on_the_sp500_are_those_of_loops(sizes):
    some = sizes[-420:]
    found, least = breaks(some), int(0.15 * 420)
    assert found.partitions == tuple(tuple(slow_breaks.best(some, k, least)) for k in range(1, 6))
    sup_f = [slow_breaks.sup_f(some, starts) for starts in found.partitions]
    np.testing.assert_allclose(found.sup_f, sup_f, rtol=1e-6)
    assert found.ud_max == pytest.approx(max(sup_f), rel=1e-6)
    one_more = [slow_breaks.one_more(some, starts, least) for starts in ((), *found.partitions[:-1])]
    np.testing.assert_allclose(found.following, one_more, rtol=1e-6)
    bic = [
        np.log(rest(some, starts) / 420) + 2 * k * np.log(420) / 420 for k, starts in enumerate(((), *found.partitions))
    ]
    np.testing.assert_allclose(found.bic, bic, atol=1e-6)


@given(
    values=st.lists(st.floats(-5.0, 5.0), min_size=12, max_size=20), count=st.integers(1, 3), least=st.integers(1, 4)
)
@settings(max_examples=30)
def test_no_partition_is_better_than_the_one_of_the_kernel(values, count, least):
    series = np.array(values) - np.mean(values)
    if (count + 1) * least > len(series):
        return
    starts = np.zeros((count, count), dtype=np.int64)
    best_partitions(np.append(0.0, np.cumsum(series)), least, starts)
    for k in range(count):
        ours, best = starts[k, : k + 1].tolist(), slow_breaks.partition(series, k + 1, least)
        assert all(b - a >= least for a, b in pairwise([0, *ours, len(series)]))
        assert rest(series, ours) == pytest.approx(rest(series, best), rel=1e-9, abs=1e-9)


def rest(series, starts):
    return sum(np.sum((part - part.mean()) ** 2) for part in np.split(series, starts))


@pytest.mark.parametrize(
    ("n", "least", "shape"),
    [(10, 0, (1, 1)), (10, 4, (2, 2)), (10, 2, (2, 1)), (10, 2, (0, 0)), (0, 1, (1, 1)), (10, 11, (1, 1))],
)
def test_when_sizes_do_not_fit_then_the_kernel_refuses_at_the_door(n, least, shape):
    with pytest.raises(ValueError, match="they must fit"):
        best_partitions(np.zeros(n + 1), least, np.zeros(shape, dtype=np.int64))


def test_breaks_move_with_the_series_and_not_with_its_unit(sizes):
    some = sizes[:1000]
    found, scaled = breaks(some), breaks(1e4 * some - 3.0)
    assert scaled.partitions == found.partitions
    np.testing.assert_allclose(scaled.sup_f, found.sup_f, rtol=1e-8)
    np.testing.assert_allclose(scaled.means, 1e4 * found.means - 3.0, rtol=1e-9)


def test_independent_noise_is_said_to_break_about_as_often_as_the_level_of_the_test_says():
    rng = np.random.default_rng(11)
    found = [breaks(rng.normal(size=400)) for _ in range(200)]
    share = np.mean([one.sup_f[0] > one.critical(0.05)[0][0] for one in found])
    assert 0.02 < share < 0.10  # measured 0.05 to 0.08 for 400 values; the table is for infinitely many
    assert sum(one.count for one in found) < 34


def test_a_variance_that_breaks_is_found_near_its_day_and_its_p_value_is_bounded():
    rng = np.random.default_rng(3)
    found = breaks(np.abs(np.repeat([1.0, 3.0], [500, 700]) * rng.normal(size=1200)))
    assert found.count == 1
    assert abs(found.starts[0] - 500) < 50
    assert found.p_below() == (0.01,) * 5
    assert found.ud_max_p_below() == 0.01
    assert breaks(rng.normal(size=400)).p_below()[0] in (None, 0.10)


def test_segments_that_do_not_vary_have_no_statistic_and_no_break_is_claimed():
    found = breaks(np.repeat([1.0, 2.0], 100))
    assert np.isnan(found.sup_f).all()
    assert found.count == 0
    assert found.p_below() == (None,) * 5


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (np.arange(99.0), {}, "99 values are too few to look for breaks: pass at least 100"),
        (np.ones(120), {}, "the values are all 1: a constant has no breaks"),
        (np.append(np.arange(120.0), np.nan), {}, "values[120] is nan, a value is missing"),
        (np.arange(120.0), {"level": 0.2}, "level is 0.2: there are critical values for 0.1, 0.05, 0.025, 0.01"),
    ],
)
def test_when_breaks_cannot_be_sought_then_one_line_says_why(values, options, message):
    with pytest.raises(InputError, match=re.escape(message)) as error:
        breaks(values, **options)
    assert "\n" not in str(error.value)


# -- regimes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3])
def test_likelihood_and_probabilities_on_the_sp500_are_those_of_hamilton_and_kim(returns, switching, count):
    if count == 3:
        returns = returns[-900:]
        switching = markov_regimes(returns, regimes=3)
    sigmas = np.array([one.volatility for one in switching.regimes])
    likelihood, states, expected = slow_regimes.filtered(returns, switching.mean, sigmas, switching.transition)
    assert switching.log_likelihood == pytest.approx(likelihood, abs=1e-6)
    np.testing.assert_allclose(switching.filtered, states, atol=1e-9)
    smoothed = slow_regimes.smoothed(states, expected, switching.transition)
    np.testing.assert_allclose(switching.smoothed, smoothed, atol=1e-9)


def test_no_small_step_of_the_parameters_raises_the_likelihood(returns, switching):
    quiet, loud = (one.volatility for one in switching.regimes)
    best = switching.log_likelihood
    for factors in ((1.01, 1.0), (0.99, 1.0), (1.0, 1.01), (1.0, 0.99)):
        sigmas = np.array([quiet, loud]) * factors
        assert slow_regimes.filtered(returns, switching.mean, sigmas, switching.transition)[0] < best
    for row in (0, 1):
        moved = switching.transition.copy()
        moved[row] = 0.97 * moved[row] + 0.03 * moved[row, ::-1]
        assert slow_regimes.filtered(returns, switching.mean, np.array([quiet, loud]), moved)[0] < best


def test_a_regime_says_what_its_row_of_the_chain_says(switching):
    for k, one in enumerate(switching.regimes):
        assert one.stays == switching.transition[k, k]
        assert one.expected_duration == pytest.approx(1.0 / (1.0 - one.stays))
        assert one.share == pytest.approx(switching.smoothed[:, k].mean())
        assert one.probability == switching.filtered[-1, k]
    assert switching.regimes[0].volatility < switching.regimes[1].volatility
    np.testing.assert_allclose(switching.transition.sum(axis=1), 1.0)
    assert switching.converged


def test_the_unit_of_returns_scales_volatility_and_nothing_else(returns):
    some = returns[-600:]
    found, scaled = markov_regimes(some), markov_regimes(0.25 * some)
    for one, other in zip(found.regimes, scaled.regimes, strict=True):
        assert other.volatility == pytest.approx(0.25 * one.volatility, rel=1e-6)
        assert other.stays == pytest.approx(one.stays, rel=1e-6)
    assert scaled.bic - scaled.bic_one == pytest.approx(found.bic - found.bic_one, abs=1e-6)


def test_one_variance_has_the_likelihood_of_independent_normal_returns(returns, switching):
    normal = -0.5 * (np.log(2 * np.pi * returns.var()) + (returns - returns.mean()) ** 2 / returns.var()).sum()
    assert switching.bic_one == pytest.approx(2 * np.log(len(returns)) - 2 * normal, rel=1e-12)
    assert switching.bic == pytest.approx(5 * np.log(len(returns)) - 2 * switching.log_likelihood, rel=1e-12)
    assert switching.bic < switching.bic_one


def test_one_variance_is_preferred_where_there_is_one():
    found = markov_regimes(0.01 * np.random.default_rng(0).normal(size=500))
    assert found.bic > found.bic_one


def test_regimes_that_were_simulated_are_found_again():
    rng = np.random.default_rng(8)
    state, states = 0, []
    for leave in rng.random(3000):
        state = 1 - state if leave < (0.02, 0.05)[state] else state
        states.append(state)
    sigma = np.array([0.006, 0.02])[states]
    found = markov_regimes(sigma * rng.normal(size=3000))
    assert [one.volatility for one in found.regimes] == pytest.approx([0.006, 0.02], rel=0.05)
    now, then = np.array(states[:-1]), np.array(states[1:])
    left = [np.mean(then[now == k] != k) for k in (0, 1)]
    assert [1 - one.stays for one in found.regimes] == pytest.approx(left, rel=0.35)
    scores = regime_scores(found.smoothed[:, 1] > 0.5, np.array(states) == 1)
    assert scores.true_positive_rate > 0.9
    assert scores.false_positive_rate < 0.05


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (0.01 * np.random.default_rng(0).normal(size=99), {}, "99 returns are too few: pass at least 100"),
        (0.01 * np.random.default_rng(0).normal(size=200), {"regimes": 4}, "regimes is 4: use 3 at most"),
        (
            np.where(np.arange(300) % 3 == 0, 0.0, 0.01 * np.random.default_rng(0).normal(size=300)),
            {},
            "all move alike",
        ),
    ],
)
def test_when_regimes_cannot_be_fitted_then_one_line_says_why(values, options, message):
    with pytest.raises(InputError, match=message) as error:
        markov_regimes(values, **options)
    assert "\n" not in str(error.value)


# -- what announces them -----------------------------------------------------------------------------------------------


def test_scores_are_counts_of_days_over_counts_of_days():
    called = np.array([True, True, True, False, False, False, True])
    high = np.array([True, False, True, True, False, False, False])
    known = np.array([True, True, True, True, True, True, False])
    found = regime_scores(called, high, known)
    assert (found.days, found.called, found.high) == (6, 3, 3)
    assert (found.jaccard, found.true_positive_rate, found.false_positive_rate) == (2 / 4, 2 / 3, 1 / 3)
    assert np.isnan(regime_scores([False], [False]).jaccard)


def test_nothing_after_a_day_changes_what_was_called_on_it(returns):
    some = returns[:700]
    cut = 500
    other = some.copy()
    other[cut:] *= -7.0
    for rule in (
        lambda x: high_days(np.abs(x), quantile=0.9, memory=100),
        lambda x: falls(x, quantile=0.1, memory=100),
        lambda x: falls(x, drop=0.01, days=3),
        lambda x: onsets(high_days(np.abs(x), memory=100), quiet=4),
    ):
        assert rule(some)[:cut].any()
        np.testing.assert_array_equal(rule(some)[:cut], rule(other)[:cut])
        np.testing.assert_array_equal(rule(some)[:cut], rule(some[:cut]))


def test_a_day_is_high_or_fallen_against_the_quantile_of_the_days_before_alone():
    values = np.array([1.0, 5.0, 2.0, 4.0, 3.0, np.nan, 6.0, 0.0, 9.0, 2.0])
    highs, lows = high_days(values, quantile=0.5, memory=2), falls(values, quantile=0.5, memory=2)
    for t, value in enumerate(values):
        past = np.quantile(values[t - 2 : t], 0.5) if t >= 2 else np.nan
        assert highs[t] == (value > past)
        assert lows[t] == (value < past)


@given(marked=st.lists(st.booleans(), min_size=1, max_size=30), quiet=st.integers(1, 5))
def test_an_onset_is_a_marked_day_after_so_many_quiet_ones(marked, quiet):
    found = onsets(np.array(marked), quiet=quiet)
    for t, value in enumerate(found):
        assert value == (marked[t] and t >= quiet and not any(marked[t - quiet : t]))


def slow_leads(warnings, events, horizon):
    leads = []
    for at in np.flatnonzero(events):
        before = [at - t for t in range(max(0, at - horizon), at) if warnings[t]]
        leads += before[-1:]
    return leads


@given(seed=st.integers(0, 1000), horizon=st.integers(1, 12))
@settings(max_examples=30)
def test_leads_are_counted_from_the_last_warning_to_the_event(seed, horizon):
    rng = np.random.default_rng(seed)
    warnings, events = rng.random(120) < 0.1, rng.random(120) < 0.1
    warnings[60] = events[70] = True
    found = lead_time(warnings, events, horizon=horizon, shifts=5, seed=1)
    leads = slow_leads(warnings, events, horizon)
    assert (found.warnings, found.events, found.warned) == (warnings.sum(), events.sum(), len(leads))
    assert found.hit_rate == len(leads) / events.sum()
    assert np.isnan(found.mean_lead) if not leads else found.mean_lead == pytest.approx(np.mean(leads))
    followed = [events[t + 1 : t + horizon + 1].any() for t in np.flatnonzero(warnings)]
    assert found.precision == pytest.approx(np.mean(followed))


def test_chance_is_every_turn_of_the_warnings_where_they_are_few():
    rng = np.random.default_rng(4)
    warnings, events = rng.random(100) < 0.1, rng.random(100) < 0.1
    found = lead_time(warnings, events, horizon=5, shifts=999)
    turned = [slow_leads(np.roll(warnings, turn), events, 5) for turn in range(10, 91)]
    assert found.shifts == len(turned)
    assert found.chance_hit_rate == pytest.approx(np.mean([len(one) for one in turned]) / events.sum())
    assert found.chance_mean_lead == pytest.approx(np.mean([np.mean(one) for one in turned if one]))
    assert found.hit_p_value == (1 + sum(len(one) >= found.warned for one in turned)) / (1 + len(turned))
    away = [abs(np.mean(one) - found.chance_mean_lead) for one in turned if one]
    far = abs(found.mean_lead - found.chance_mean_lead)
    assert found.lead_p_value == pytest.approx((1 + sum(one >= far for one in away)) / (1 + len(away)))


def test_the_p_value_of_unrelated_warnings_is_spread_evenly():
    rng = np.random.default_rng(6)
    values = [
        lead_time(rng.random(500) < 0.05, rng.random(500) < 0.04, horizon=10, shifts=99, seed=k).hit_p_value
        for k in range(200)
    ]
    assert np.mean(np.array(values) <= 0.1) < 0.16
    assert 0.4 < np.mean(values) < 0.65


def test_warnings_that_lead_by_four_days_are_told_from_chance_and_the_seed_alone_decides():
    rng = np.random.default_rng(2)
    events = rng.random(1500) < 0.02
    warnings = np.roll(events, -4)
    found = lead_time(warnings, events)
    assert found.hit_rate > 0.95
    assert found.hit_p_value == 0.001
    assert found == lead_time(warnings, events)
    assert replace(found, seed=1) != lead_time(warnings, events, seed=1)


def test_scores_and_leads_on_the_sp500_are_those_of_counting_day_by_day(returns, switching):
    volatility = np.sqrt(np.convolve(returns**2, np.full(22, 1 / 22))[: len(returns)])
    called, high = high_days(volatility), switching.smoothed[:, -1] > 0.5
    days = set(np.flatnonzero(called).tolist()), set(np.flatnonzero(high).tolist())
    found = regime_scores(called, high)
    assert found.jaccard == pytest.approx(len(days[0] & days[1]) / len(days[0] | days[1]), abs=1e-12)
    assert found.true_positive_rate == pytest.approx(len(days[0] & days[1]) / len(days[1]), abs=1e-12)
    assert found.false_positive_rate == pytest.approx(len(days[0] - days[1]) / (len(returns) - len(days[1])), abs=1e-12)
    warnings = onsets(high_days(np.abs(returns), quantile=0.9))[252:1500]
    events = onsets(high_days(np.abs(returns), quantile=0.97), quiet=5)[252:1500]
    found = lead_time(warnings, events, shifts=5000)
    turned = [slow_leads(np.roll(warnings, turn), events, 10) for turn in range(20, 1248 - 19)]
    assert found.shifts == len(turned) and found.warned == len(slow_leads(warnings, events, 10)) > 0
    assert found.hit_p_value == pytest.approx((1 + sum(len(one) >= found.warned for one in turned)) / (1 + len(turned)))
    means = np.array([np.mean(one) for one in turned if one])
    far = np.abs(means - means.mean()) >= abs(np.mean(slow_leads(warnings, events, 10)) - means.mean())
    assert found.lead_p_value == pytest.approx((1 + far.sum()) / (1 + len(far)))


DAYS = np.arange(100) % 20 == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lead_time(DAYS, DAYS[:50]), "warnings, events and known have 100, 50 and 100 days"),
        (lambda: lead_time(DAYS[:40], DAYS[:40]), "40 days are too few to turn by two horizons of 10"),
        (lambda: lead_time(DAYS & False, DAYS), "there is no warning in 100 days"),
        (lambda: lead_time(DAYS, DAYS & False), "there is no event in 100 days"),
        (lambda: lead_time(DAYS, DAYS, known=DAYS), "mark one stretch"),
        (lambda: lead_time(DAYS, DAYS, horizon=0), "horizon is 0: use a whole number of at least 1"),
        (lambda: regime_scores(DAYS, DAYS.astype(float)), "high has dtype float64 and shape (100,)"),
        (lambda: regime_scores(DAYS, DAYS[1:]), "called, high and known have 100, 99 and 100 days"),
        (lambda: high_days(np.ones(9), quantile=1.0), "quantile is 1.0"),
        (lambda: falls(np.ones(9), quantile=None), "neither quantile nor drop is given"),
        (lambda: falls(np.ones(9), drop=-1.0), "drop is -1.0"),
        (lambda: onsets(DAYS, quiet=0), "quiet is 0"),
    ],
)
def test_when_days_cannot_be_scored_then_one_line_says_why(call, message):
    with pytest.raises(InputError, match=re.escape(message)) as error:
        call()
    assert "\n" not in str(error.value)

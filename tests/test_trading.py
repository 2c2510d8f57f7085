import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vrx.econometrics import (
    DynamicFractionalVolatility,
    sharpe_difference,
    sharpe_ratio,
    trade,
    volatility_direction,
    volatility_target,
)
from vrx.errors import InputError

reference = pytest.importorskip("tests.reference.trading")

RANDOM = np.random.default_rng(7)
RETURNS = 0.01 * RANDOM.standard_t(5, 400)
SIGMA = 0.01 * np.exp(0.3 * RANDOM.standard_normal(400))


def clustered(n, seed):
    """Returns whose volatility clusters: GARCH(1,1) with normal shocks."""
    random, variance, returns = np.random.default_rng(seed), 1e-4, np.empty(n)
    for t in range(n):
        returns[t] = np.sqrt(variance) * random.standard_normal()
        variance = 2e-6 + 0.1 * returns[t] ** 2 + 0.88 * variance
    return returns


# -- positions ---------------------------------------------------------------------------------------------------------


@given(target=st.floats(0.001, 0.05), cap=st.floats(0.1, 3.0), scale=st.floats(0.1, 10.0))
def test_the_position_times_volatility_is_the_target_but_for_the_cap(target, cap, scale):
    positions = volatility_target(SIGMA, target, cap=cap)
    assert np.all(positions <= cap) and np.all(positions > 0.0)
    free = positions < cap
    np.testing.assert_allclose((positions * SIGMA)[free], target, rtol=1e-12)
    assert np.all(target / SIGMA[~free] >= cap * (1.0 - 1e-12))
    np.testing.assert_allclose(volatility_target(scale * SIGMA, scale * target, cap=cap), positions, rtol=1e-12)


@pytest.mark.parametrize("window", [1, 5, 22])
def test_the_signal_compares_each_forecast_with_the_mean_of_those_before(window):
    positions = volatility_direction(SIGMA, window=window, calm=1.5, wild=-0.5)
    for t in range(len(SIGMA)):
        wanted = 0.0 if t < window else 1.5 if SIGMA[t] <= np.mean(SIGMA[t - window : t]) else -0.5
        assert positions[t] == wanted


@given(at=st.integers(30, 398), factor=st.floats(1.01, 5.0))
def test_when_a_later_forecast_changes_then_no_position_before_changes_a_bit(at, factor):
    changed = SIGMA.copy()
    changed[at:] *= factor
    for rule in (lambda s: volatility_target(s, 0.005), lambda s: volatility_direction(s, window=5)):
        np.testing.assert_array_equal(rule(SIGMA)[:at], rule(changed)[:at])
    assert volatility_target(changed, 0.005, cap=9.0)[at] != volatility_target(SIGMA, 0.005, cap=9.0)[at]


def test_when_a_return_changes_then_no_position_up_to_its_own_day_changes_a_bit():
    model = DynamicFractionalVolatility(hurst=0.55, alpha=1.0)
    returns = clustered(1000, 5)
    result = model.fit(returns[:600])
    changed = returns.copy()
    changed[800] = -0.1
    for rule in (lambda s: volatility_target(s, 0.008, cap=2.0), volatility_direction):
        before, after = (rule(result.sigma_on(values)) for values in (returns, changed))
        # Day 800 itself still has the position that was decided the day before; the next has another forecast.
        np.testing.assert_array_equal(before[:801], after[:801])
        assert before[801] != after[801]


# -- what comes of them ------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 10_000), cost=st.sampled_from([0.0, 0.0005, 0.01]))
@settings(max_examples=40, deadline=None)
def test_the_wealth_is_that_of_a_book_kept_day_by_day(seed, cost):
    random = np.random.default_rng(seed)
    positions, returns = random.uniform(-1.0, 2.0, 120), 0.02 * random.standard_normal(120)
    found, (path, fees, volume) = trade(positions, returns, cost=cost), reference.trade(positions, returns, cost)
    np.testing.assert_allclose(found.wealth, path, rtol=1e-12)
    assert found.costs == pytest.approx(fees, rel=1e-12)
    assert found.turnover == pytest.approx(252.0 * volume / 120.0, rel=1e-12)
    assert found.drawdown == pytest.approx(reference.drawdown(path), rel=1e-12, abs=1e-15)
    assert found.roi == pytest.approx(path[-1] - 1.0)
    assert (1.0 + found.annual_return) ** (120.0 / 252.0) == pytest.approx(path[-1])
    np.testing.assert_allclose(np.cumprod(1.0 + found.returns), path, rtol=1e-12)


def test_when_all_wealth_is_held_all_the_time_then_the_gain_is_that_of_the_market_less_one_purchase():
    found = trade(np.ones(400), RETURNS, cost=0.002)
    assert found.roi == pytest.approx(np.exp(RETURNS.sum()) * 0.998 - 1.0)
    assert found.costs == pytest.approx(0.002) and found.turnover == pytest.approx(252.0 / 400.0)


@given(seed=st.integers(0, 1000), less=st.floats(0.0, 0.01), more=st.floats(0.0, 0.01))
@settings(deadline=None)
def test_higher_costs_never_leave_more(seed, less, more):
    positions = np.random.default_rng(seed).uniform(0.0, 1.0, 400)
    low, high = (trade(positions, RETURNS, cost=cost).wealth for cost in sorted((less, more)))
    assert np.all(high <= low)


@given(at=st.integers(5, 395))
def test_when_a_later_day_changes_then_the_wealth_before_does_not(at):
    positions, returns = np.full(400, 0.7), RETURNS.copy()
    returns[at:] = 0.03
    np.testing.assert_array_equal(trade(positions, RETURNS).wealth[:at], trade(positions, returns).wealth[:at])


def test_when_volatility_clusters_then_targeting_by_the_true_one_has_steadier_returns():
    sigma = np.where(np.arange(2000) % 200 < 100, 0.005, 0.02)
    returns = sigma * np.random.default_rng(0).standard_normal(2000)
    squares = np.square(trade(volatility_target(sigma, 0.005, cap=1.0), returns, cost=0.0).returns)
    halves = [squares[sigma == s].mean() for s in (0.005, 0.02)]
    assert halves[0] == pytest.approx(halves[1], rel=0.2)


# -- the Sharpe ratio --------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 10_000), lags=st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_the_error_is_that_of_los_matrices(seed, lags):
    returns = 0.0005 + 0.01 * np.random.default_rng(seed).standard_t(6, 300)
    found = sharpe_ratio(returns, lags=lags)
    assert found.ratio == pytest.approx(np.sqrt(252.0) * returns.mean() / returns.std(), rel=1e-12)
    assert found.error == pytest.approx(reference.sharpe_error(returns, lags), rel=1e-9)
    assert found.t == found.ratio / found.error
    if lags == 0:
        assert found.error == pytest.approx(reference.independent_error(returns), rel=1e-9)


def test_when_lags_are_left_out_then_they_are_those_of_newey_and_west():
    # 4 * (300 / 100) ** (2 / 9) = 5.1 and 4 * (2520 / 100) ** (2 / 9) = 8.2.
    for days, lags in ((300, 5), (2520, 8)):
        returns = np.random.default_rng(0).standard_normal(days)
        assert sharpe_ratio(returns) == sharpe_ratio(returns, lags=lags) != sharpe_ratio(returns, lags=lags + 1)


def test_the_error_is_the_spread_of_the_ratio_over_samples():
    random = np.random.default_rng(1)
    found = [sharpe_ratio(0.15 + random.standard_t(8, 500)) for _ in range(600)]
    assert np.std([one.ratio for one in found]) == pytest.approx(np.mean([one.error for one in found]), rel=0.1)
    normal = [sharpe_ratio(1.5 + random.standard_normal(500), lags=0) for _ in range(200)]
    los = np.sqrt(252.0 * (1.0 + 0.5 * 1.5**2) / 500)
    assert np.mean([one.error for one in normal]) == pytest.approx(los, rel=0.02)


def test_when_returns_repeat_themselves_then_the_error_knows_it():
    random = np.random.default_rng(2)
    shocks = random.standard_normal((300, 1001))
    returns = 0.1 + shocks[:, 1:] + 0.5 * shocks[:, :-1]
    found = [sharpe_ratio(row) for row in returns]
    spread = np.std([one.ratio for one in found])
    assert np.mean([one.error for one in found]) == pytest.approx(spread, rel=0.12)
    assert np.mean([sharpe_ratio(row, lags=0).error for row in returns]) < 0.85 * spread


def test_the_difference_of_two_ratios_knows_that_they_move_together():
    random = np.random.default_rng(3)
    differences, errors, apart = [], [], []
    for _ in range(400):
        market = 0.05 + random.standard_normal(500)
        other = market + 0.3 * random.standard_normal(500)
        found = sharpe_difference(market, other)
        assert found.ratio == pytest.approx(sharpe_ratio(market).ratio - sharpe_ratio(other).ratio, abs=1e-12)
        differences.append(found.ratio)
        errors.append(found.error)
        apart.append(np.hypot(sharpe_ratio(market).error, sharpe_ratio(other).error))
    assert np.std(differences) == pytest.approx(np.mean(errors), rel=0.12)
    assert np.mean(errors) < 0.4 * np.mean(apart)
    assert sharpe_difference(market, market).ratio == 0.0 == sharpe_difference(market, market).error
    assert np.isnan(sharpe_difference(market, market).t)


@pytest.mark.parametrize("lags", [0, 8])
def test_ratios_and_errors_on_the_sp500_and_the_nasdaq_are_those_of_los_and_ledoits_matrices(lags):
    data = [pytest.importorskip(f"arch.data.{name}").load()["Adj Close"] for name in ("sp500", "nasdaq")]
    one, two = (np.expm1(np.diff(np.log(close.to_numpy()))) for close in data)
    for returns in (one, two):
        found = sharpe_ratio(returns, lags=lags)
        assert found.ratio == pytest.approx(np.sqrt(252.0) * np.mean(returns) / np.std(returns), rel=1e-6)
        assert found.error == pytest.approx(reference.sharpe_error(returns, lags), rel=1e-6)
    found = sharpe_difference(one, two, lags=lags)
    assert found.error == pytest.approx(reference.difference_error(one, two, lags), rel=1e-6)


@given(scale=st.floats(1e-3, 1e3))
def test_the_ratio_knows_no_unit(scale):
    one, two = sharpe_ratio(RETURNS), sharpe_ratio(scale * RETURNS)
    assert (two.ratio, two.error) == pytest.approx((one.ratio, one.error), rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: volatility_target([0.01, 0.0], 0.01), "sigma[1] is 0, a volatility is positive and finite"),
        (lambda: volatility_target(0.01, 0.01), "sigma has shape (): pass one volatility per day"),
        (lambda: volatility_target(SIGMA, 0.0), "target is 0.0: use a finite number above 0"),
        (lambda: volatility_target(SIGMA, 0.01, cap=-1.0), "cap is -1.0: use a finite number above 0"),
        (lambda: volatility_direction(SIGMA, window=0), "window is 0: use a whole number of at least 1"),
        (lambda: volatility_direction(SIGMA, window=400), "400 days are too few for a window of 400"),
        (lambda: volatility_direction(SIGMA, calm=np.nan), "calm is nan: use a finite number"),
        (lambda: trade(SIGMA[:-1], RETURNS), "positions has shape (399,): pass one for each of the 400 returns"),
        (lambda: trade(np.full(400, np.nan), RETURNS), "positions[0] is nan, no position: use 0 for none"),
        (lambda: trade(np.zeros(400), RETURNS), "all days return 0: a Sharpe ratio needs returns that vary"),
        (lambda: trade(np.full(400, 60.0), RETURNS), "the end of all wealth: use smaller positions"),
        (lambda: trade(np.ones(400), RETURNS, cost=0.6), "cost is 0.6: use a finite number from 0 to 0.5"),
        (lambda: trade(np.ones(400), RETURNS * 1000.0), "no log return of a day"),
        (lambda: sharpe_ratio([0.1, np.nan, 0.2]), "returns[1] is nan, a day without a return"),
        (lambda: sharpe_ratio(np.ones(9)), "9 returns, too few or all alike: pass at least 3 that vary"),
        (lambda: sharpe_ratio([1e-200, 2e-200, 3e-200]), "3 returns, too few or all alike: pass at least 3 that vary"),
        (lambda: sharpe_ratio(RETURNS, lags=400), "lags is 400: use fewer than the 400 days"),
        (lambda: sharpe_difference(RETURNS, RETURNS[1:]), "400 and 399 returns: pass those of the same days"),
    ],
)
def test_when_an_argument_is_wrong_then_one_line_says_so(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)

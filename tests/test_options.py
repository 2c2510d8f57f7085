import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vrx.econometrics import (
    DynamicFractionalVolatility,
    Result,
    at_the_money_call,
    black_scholes,
    fractional_call,
    implied_volatility,
    market_calls,
    pricing_errors,
    rough_bergomi_call,
    simulated_call,
)
from vrx.econometrics._law import Law
from vrx.errors import InputError
from vrx.fractional import rough_bergomi

pytest.importorskip("scipy")
reference = pytest.importorskip("tests.reference.options")

OPTION = {
    "spot": st.floats(1.0, 1000.0),
    "moneyness": st.floats(0.3, 3.0),
    "time": st.floats(0.01, 5.0),
    "volatility": st.floats(0.03, 2.0),
    "rate": st.floats(-0.05, 0.15),
    "dividend": st.floats(0.0, 0.1),
}
RETURNS = 0.01 * np.random.default_rng(3).standard_t(5, 700)


@pytest.fixture(scope="module")
def fitted():
    return DynamicFractionalVolatility(hurst=0.55, alpha=1.0).fit(RETURNS)


def under(law, result):
    """The days of a result under another law."""
    sigma = [*result.sigma.tolist(), result.next_sigma]
    paths = (result.returns.tolist(), result.hurst.tolist(), sigma)
    return Result(result.model, law, result.inference, paths, (result._recent, result._states))


def constant(volatility):
    """A result of which every simulated day has the same volatility."""
    law = Law(math.log(volatility), 0.0, 1.0, 0.05 * volatility, 20.0 * volatility, "absolute")
    return under(law, DynamicFractionalVolatility(hurst=0.55, alpha=1.0).fit(RETURNS))


# -- the formula and its inverse ---------------------------------------------------------------------------------------


@given(**OPTION, kind=st.sampled_from(["call", "put"]))
@settings(max_examples=200, deadline=None)
def test_the_price_is_that_of_the_textbook(spot, moneyness, time, volatility, rate, dividend, kind):
    strike = spot * moneyness
    ours = black_scholes(spot, strike, time, volatility, rate=rate, dividend=dividend, kind=kind)
    theirs = reference.black_scholes(spot, strike, time, volatility, rate, dividend, kind)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12 * spot * max(1.0, moneyness))


def test_the_price_is_the_mean_payoff():
    for strike, total in [(1.0, 0.06), (0.9, 0.1), (1.3, 0.2), (2.0, 0.5), (1.0, 2.0)]:
        assert black_scholes(1.0, strike, 1.0, total) == pytest.approx(
            reference.expected_payoff(strike, total), rel=1e-10
        )


@given(**OPTION)
@settings(max_examples=100, deadline=None)
def test_call_less_put_is_the_forward(spot, moneyness, time, volatility, rate, dividend):
    strike = spot * moneyness
    call, put = (
        black_scholes(spot, strike, time, volatility, rate=rate, dividend=dividend, kind=kind)
        for kind in ("call", "put")
    )
    forward = spot * np.exp(-dividend * time) - strike * np.exp(-rate * time)
    assert call - put == pytest.approx(forward, abs=1e-13 * (call + put + spot + strike))


def test_when_there_is_no_volatility_or_no_time_then_the_option_is_worth_what_it_pays():
    np.testing.assert_allclose(black_scholes(100.0, [90.0, 100.0, 110.0], 0.5, 0.0), [10.0, 0.0, 0.0])
    np.testing.assert_allclose(black_scholes(100.0, [90.0, 100.0, 110.0], 0.0, 0.2, kind="put"), [0.0, 0.0, 10.0])
    assert black_scholes(100.0, 90.0, 1.0, 1e3) == pytest.approx(100.0)


@given(**OPTION, kind=st.sampled_from(["call", "put"]))
@settings(max_examples=200, deadline=None)
def test_the_implied_volatility_is_the_one_that_made_the_price(spot, moneyness, time, volatility, rate, dividend, kind):
    terms = {"rate": rate, "dividend": dividend, "kind": kind}
    strike = spot * moneyness
    price = float(black_scholes(spot, strike, time, volatility, **terms))
    # How far rounding of the price alone moves the volatility: deep in the money, and at the upper bound, by a lot.
    slope = float(black_scholes(spot, strike, time, volatility * 1.001, **terms) - price) / (0.001 * volatility)
    assume(price > 1e-200 and slope > 0.0)
    assume(np.spacing(price) < 1e-11 * slope * volatility)
    found = float(implied_volatility(price, spot, strike, time, **terms))
    assert found == pytest.approx(volatility, rel=1e-8)


def test_the_implied_volatility_is_that_of_brents_method():
    for price, *option in [(2.3, 100.0, 100.0, 30 / 365), (0.4, 100.0, 112.0, 0.1), (14.0, 100.0, 88.0, 0.5)]:
        theirs = reference.implied_volatility(price, *option, 0.0, 0.0, "call")
        assert float(implied_volatility(price, *option)) == pytest.approx(theirs, rel=1e-10)


def test_when_the_option_is_far_out_of_the_money_then_the_inverse_still_finds_its_volatility():
    strikes = np.array([0.02, 0.2, 0.5, 2.0, 5.0, 50.0])
    kinds = ["put", "put", "put", "call", "call", "call"]
    for volatility in (0.1, 0.5, 3.0):
        for strike, kind in zip(strikes, kinds, strict=True):
            price = black_scholes(1.0, strike, 1.0, volatility, kind=kind)
            if price > 1e-300:
                found = implied_volatility(price, 1.0, strike, 1.0, kind=kind)
                assert float(found) == pytest.approx(volatility, rel=1e-10), (strike, volatility, float(price))


def test_when_a_price_is_the_intrinsic_value_then_its_volatility_is_0():
    np.testing.assert_array_equal(implied_volatility([10.0, 0.0], 100.0, [90.0, 110.0], 0.5), [0.0, 0.0])


def test_arrays_are_broadcast():
    assert black_scholes(100.0, np.ones((3, 1)), 1.0, np.full(4, 0.2)).shape == (3, 4)
    assert implied_volatility(np.full((3, 1), 50.0), 100.0, 90.0, np.full(4, 0.2)).shape == (3, 4)
    assert black_scholes(1.0, 1.0, 1.0, 0.2).shape == ()


# -- simulated prices --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strike", [0.95, 1.0, 1.05])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_when_volatility_is_constant_then_simulated_prices_are_those_of_black_and_scholes(strike, seed):
    exact = float(black_scholes(1.0, strike, 30 / 252, 0.01 * np.sqrt(252)))
    for found in (
        fractional_call(constant(0.01), strike=strike, days=30, seed=seed),
        rough_bergomi_call(0.1, 0.0, -0.9, 1e-4, strike=strike, days=30, seed=seed),
    ):
        assert abs(found.price - exact) < 3.0 * found.error
        assert 0.0 < found.error < 0.012 * np.sqrt(exact)
        assert found.paths == 10_000 and found.days == 30


def test_the_standard_error_is_the_spread_of_prices_over_seeds():
    prices, errors = zip(
        *(
            (found.price, found.error)
            for found in (
                rough_bergomi_call(0.1, 1.0, -0.7, 1e-4, paths=400, days=10, seed=seed) for seed in range(300)
            )
        ),
        strict=True,
    )
    assert np.std(prices) == pytest.approx(np.mean(errors), rel=0.15)


def test_when_paths_have_mirrors_then_the_price_is_better_known(fitted):
    mirrored = fractional_call(fitted)
    returns, sigma = fitted.simulate(10_000, 21)
    plain = simulated_call(np.exp(np.sum(returns - 0.5 * sigma**2, axis=1)))
    assert mirrored.error < 0.8 * plain.error
    assert abs(mirrored.price - plain.price) < 3.0 * np.hypot(mirrored.error, plain.error)


def test_when_paths_are_mirrored_then_the_second_half_has_the_shocks_of_the_first_with_the_other_sign(fitted):
    plain, sigma = fitted.simulate(3, 5, seed=1)
    mirrored, both = fitted.simulate(6, 5, seed=1, mirrored=True)
    np.testing.assert_array_equal(mirrored[:3], plain)
    np.testing.assert_allclose(mirrored[3:] / both[3:], -plain / sigma, rtol=1e-12)
    assert fitted.simulate(5, 5, seed=1, mirrored=True)[0].shape == (5, 5)
    # With eta = 0 nothing but the shocks moves the price.
    calm = rough_bergomi(5, 0.1, 0.0, -0.5, 1e-4, 8, mirrored=True, seed=1)
    drift = -0.5e-4 * np.arange(6)
    np.testing.assert_allclose(np.log(calm.price[:4]) - drift, -(np.log(calm.price[4:]) - drift), atol=1e-15)
    few = rough_bergomi(5, 0.1, 1.0, -0.5, 1e-4, 4, seed=1)
    many = rough_bergomi(5, 0.1, 1.0, -0.5, 1e-4, 8, mirrored=True, seed=1)
    np.testing.assert_allclose(many.price[:4], few.price, rtol=1e-12)
    assert rough_bergomi(5, 0.1, 1.0, -0.5, 1e-4, 7, mirrored=True).price.shape == (7, 6)


def test_when_volatility_moves_then_the_simulated_price_is_that_of_direct_sums():
    law = Law(math.log(0.01), 0.15, 0.0, 0.001, 0.1, "signed")
    model = DynamicFractionalVolatility(hurst=0.6, innovation="signed", alpha=0.0)
    result = model.fitted(RETURNS[:300], np.full(300, 0.6), RETURNS[48:300], law)
    shocks = result.returns / result.sigma_on(result.returns)[:-1]
    half = np.random.default_rng(5).standard_normal((20, 8))
    ends = reference.fractional_paths((result.law.level, result.law.slope, 0.6), shocks, np.vstack((half, -half)))
    wanted = simulated_call(ends, mirrored=True, days=8)
    found = fractional_call(result, days=8, paths=40, seed=5)
    assert found.price == pytest.approx(wanted.price, rel=1e-5)
    assert found.error == pytest.approx(wanted.error, rel=1e-5)


@pytest.mark.parametrize("innovation", ["signed", "absolute"])
def test_the_price_of_the_underlying_is_a_martingale(innovation):
    result = DynamicFractionalVolatility(hurst=0.55, innovation=innovation, alpha=1.0).fit(RETURNS)
    # A call struck at nearly nothing is the underlying.
    found = fractional_call(result, strike=1e-9, days=21)
    assert abs(found.price - 1.0) < 3.0 * found.error


def test_equal_seeds_give_equal_bits_and_models_share_their_shocks(fitted):
    assert fractional_call(fitted, seed=4) == fractional_call(fitted, seed=4)
    # Of two volatilities 1% apart the difference is known far better than either price.
    one, two = (fractional_call(constant(v), seed=4) for v in (0.01, 0.0101))
    exact = np.diff(black_scholes(1.0, 1.0, 21 / 252, np.array([0.01, 0.0101]) * np.sqrt(252)))[0]
    assert two.price - one.price == pytest.approx(exact, rel=0.05)
    assert exact < 2.0 * one.error


def test_the_volatility_of_a_simulated_price_is_the_one_it_implies():
    found = rough_bergomi_call(0.1, 0.0, 0.0, 1e-4, days=21)
    assert black_scholes(1.0, 1.0, 21 / 252, found.volatility) == pytest.approx(found.price, rel=1e-12)
    assert found.volatility == pytest.approx(0.01 * np.sqrt(252), rel=0.03)


def test_when_forward_variances_are_given_then_each_day_has_its_own():
    for loud in (0, 10, 20):
        forward = np.full(21, 1e-5)
        forward[loud] = 2e-3
        found = rough_bergomi_call(0.1, 0.0, 0.0, forward)
        exact = black_scholes(1.0, 1.0, 1.0, np.sqrt(forward.sum()))
        assert abs(found.price - exact) < 3.0 * found.error


# -- the market --------------------------------------------------------------------------------------------------------


def a_market(n=700, seed=2):
    random = np.random.default_rng(seed)
    close = 3000.0 * np.exp(np.cumsum(0.01 * random.standard_normal(n)))
    vix = 20.0 * np.exp(0.2 * random.standard_normal(n))
    return np.datetime64("2015-01-01") + np.arange(n), close, vix


def test_market_prices_premium_and_share_are_those_of_the_definition():
    dates, close, vix = a_market()
    market = market_calls(dates, close, vix, rate=0.02)
    returns = np.diff(np.log(close))
    for t in (0, 300, 678):
        realized = 12.0 * np.sum(returns[t : t + 21] ** 2)
        assert market.realized[t] ** 2 == pytest.approx(realized, rel=1e-9)
        assert market.premium[t] == pytest.approx((vix[t] / 100.0) ** 2 - realized, rel=1e-9)
        price = reference.black_scholes(close[t], close[t], 30 / 365, vix[t] / 100.0, 0.02, 0.0, "call")
        assert market.price[t] == pytest.approx(price, rel=1e-12)
    assert np.all(np.isnan(market.realized[-21:])) and np.all(np.isfinite(market.realized[:-21]))
    share = market.realized_share(100)
    assert np.all(np.isnan(share[:120])) and np.all(np.isfinite(share[120:]))
    came = [12.0 * np.sum(returns[u : u + 21] ** 2) for u in range(380)]
    assert share[400] == pytest.approx(np.mean(came) / np.mean((vix[:380] / 100.0) ** 2), rel=1e-9)


def test_pricing_errors_are_those_of_the_definition():
    dates, close, vix = a_market()
    market, volatility = market_calls(dates, close, vix), np.full(700, 0.18)
    volatility[:50] = np.nan
    found = pricing_errors(market, volatility)
    ours, theirs = (
        np.array(
            [reference.black_scholes(s, s, 30 / 365, v, 0.0, 0.0, "call") for s, v in zip(close, vols, strict=True)]
        )
        for vols in (np.full(700, 0.18), vix / 100.0)
    )
    errors = (ours / theirs - 1.0)[50:]
    np.testing.assert_allclose(found.errors, errors, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(found.dates, dates[50:])
    assert found.mean_absolute == pytest.approx(np.abs(errors).mean())
    assert found.bias == pytest.approx(errors.mean())
    assert found.premium == pytest.approx(np.nanmean(market.premium[50:]))
    assert pricing_errors(market, vix / 100.0).mean_absolute == 0.0
    assert (found.implied, found.volatility) == pytest.approx((vix[50:].mean() / 100.0, 0.18))


def test_when_the_premium_is_removed_then_a_right_forecast_of_variance_is_unbiased():
    dates, close, _ = a_market(5000)
    # The market asks for 1.3 times the volatility that comes, which the model knows.
    market = market_calls(dates, close, np.full(5000, 1.3 * 0.01 * np.sqrt(252) * 100.0))
    volatility = np.full(5000, 0.01 * np.sqrt(252))
    with_it, without = (pricing_errors(market, volatility, without_premium=p) for p in (False, True))
    assert with_it.bias == pytest.approx(1.0 / 1.3 - 1.0, abs=1e-3)
    assert abs(without.bias) < 0.02
    assert without.implied == pytest.approx(without.volatility, rel=0.02)
    assert len(without.errors) == 5000 - 21 - 251


def test_when_an_index_never_moved_then_there_is_no_premium_to_remove():
    market = market_calls(np.datetime64("2020-01-01") + np.arange(400), np.full(400, 3000.0), np.full(400, 20.0))
    with pytest.raises(InputError, match="no day has a volatility and a price"):
        pricing_errors(market, np.full(400, 0.2), without_premium=True)


@given(at=st.integers(300, 698))
@settings(max_examples=20, deadline=None)
def test_when_what_comes_later_changes_then_no_share_and_no_error_until_then_changes_a_bit(at):
    dates, close, vix = a_market()
    changed, fear = close.copy(), vix.copy()
    changed[at + 1 :] *= 1.2
    fear[at + 1 :] *= 2.0
    before, after = (market_calls(dates, c, v) for c, v in ((close, vix), (changed, fear)))
    np.testing.assert_array_equal(before.realized_share(100)[: at + 1], after.realized_share(100)[: at + 1])
    one, two = (
        pricing_errors(market, np.full(700, 0.18), without_premium=True, least=100).errors for market in (before, after)
    )
    np.testing.assert_array_equal(one[: at + 1 - 120], two[: at + 1 - 120])
    assert at == 698 or not np.array_equal(one, two)


def test_the_thirty_day_call_is_that_of_black_and_scholes():
    assert at_the_money_call(0.2, spot=100.0, rate=0.03) == pytest.approx(
        reference.black_scholes(100.0, 100.0, 30 / 365, 0.2, 0.03, 0.0, "call"), rel=1e-12
    )


DATES, CLOSE, VIX = a_market(100)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: black_scholes(-1.0, 1.0, 1.0, 0.2), "spot is -1, a price is positive and finite"),
        (lambda: black_scholes(1.0, [1.0, 0.0], 1.0, 0.2), "strike[1] is 0, a price is positive and finite"),
        (lambda: black_scholes(1.0, 1.0, -1.0, 0.2), "time is -1, out of range: use a finite number of at least 0"),
        (lambda: black_scholes(1.0, 1.0, 1.0, -0.2), "volatility is -0.2, out of range"),
        (lambda: black_scholes(1.0, 1.0, 1.0, 0.2, rate=20.0), "rate is 20, no rate per year: 0.05 is 5%"),
        (lambda: black_scholes(1.0, 1.0, 1.0, 0.2, kind="straddle"), "kind is 'straddle': use 'call' or 'put'"),
        (lambda: black_scholes(np.ones(2), np.ones(3), 1.0, 0.2), "the shapes spot (2,), strike (3,)"),
        (lambda: black_scholes(np.ones(2), 1.0, 1.0, np.ones(3)), "volatility has shape (3,): it does not fit (2,)"),
        (lambda: implied_volatility(9.0, 100.0, 90.0, 1.0), "price is 9, a price that no volatility gives"),
        (lambda: implied_volatility(100.0, 100.0, 90.0, 1.0), "price is 100, a price that no volatility gives"),
        (lambda: implied_volatility(np.nan, 100.0, 90.0, 1.0), "price is nan, a price that no volatility gives"),
        (lambda: implied_volatility(1.0, 100.0, 100.0, 0.0), "time is 0, an expired option has no volatility"),
        (lambda: implied_volatility(np.ones(2), np.ones(3), 1.0, 1.0), "price has shape (2,): it does not fit (3,)"),
        (lambda: simulated_call([1.0, 1.0, -1.0, 1.0]), "terminal[2] is -1, no price: leave the path out"),
        (lambda: simulated_call(np.ones(3)), "3 paths: pass at least 4"),
        (lambda: simulated_call(np.ones(5), mirrored=True), "5 paths: pass at least 4, and an even number"),
        (lambda: fractional_call(RETURNS), "result is a ndarray: pass that of a DynamicFractionalVolatility"),
        (lambda: rough_bergomi_call(0.1, 1.0, 0.0, np.ones(3)), "xi has shape (3,): pass one number, or one for each"),
        (lambda: market_calls(["day"] * 100, CLOSE, VIX), "dates are no dates: pass days such as '2020-01-31'"),
        (lambda: market_calls(DATES[::-1], CLOSE, VIX), "dates[1] is 2015-04-09, after 2015-04-10: pass each day once"),
        (lambda: market_calls(DATES, CLOSE[:-1], VIX), "have shapes (100,), (99,), (100,): pass one"),
        (lambda: market_calls(DATES, CLOSE, VIX / 100.0), ", no VIX: pass percent per year, such as 20"),
        (lambda: market_calls(DATES, CLOSE, VIX, rate=np.ones(3)), "rate has shape (3,): pass one number"),
        (lambda: pricing_errors(CLOSE, VIX), "market is a ndarray: pass what market_calls returned"),
        (lambda: pricing_errors(market_calls(DATES, CLOSE, VIX), VIX[:3]), "volatility has shape (3,): pass one"),
        (
            lambda: pricing_errors(market_calls(DATES, CLOSE, VIX), np.full(100, 0.2), without_premium=True),
            "no day has a volatility and a price",
        ),
    ],
)
def test_when_an_argument_is_wrong_then_one_line_says_so(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)

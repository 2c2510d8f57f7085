import dataclasses
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vrx.econometrics import (
    DynamicFractionalVolatility,
    acerbi_szekely,
    backtest,
    christoffersen,
    dynamic_quantile,
    kupiec,
    risk_forecast,
)
from vrx.econometrics._tails import degrees_of_freedom
from vrx.errors import InputError

pytest.importorskip("scipy")
reference = pytest.importorskip("tests.reference.risk")

LAWS = ("normal", "student", "historical")


def garch(n, seed, degrees=5.0):
    """Returns with Student shocks, and their true volatility."""
    random = np.random.default_rng(seed)
    shocks = random.standard_t(degrees, n) * np.sqrt((degrees - 2.0) / degrees)
    sigma, returns = np.empty(n + 1), np.empty(n)
    sigma[0] = 0.01
    for t in range(n):
        returns[t] = sigma[t] * shocks[t]
        sigma[t + 1] = np.sqrt(2e-6 + 0.08 * returns[t] ** 2 + 0.9 * sigma[t] ** 2)
    return np.clip(returns, -0.5, 0.5), sigma


RETURNS, SIGMA = garch(1500, 4)


@pytest.fixture(scope="module")
def market():
    """The S&P 500 as it comes with arch, with the volatility of the day before's exponentially weighted squares."""
    data = pytest.importorskip("arch.data.sp500")
    returns = np.diff(np.log(data.load()["Adj Close"].to_numpy()))
    variance = np.empty(len(returns))
    variance[0] = returns[:100].var()
    for t in range(1, len(returns)):
        variance[t] = 0.94 * variance[t - 1] + 0.06 * returns[t - 1] ** 2
    return returns, np.sqrt(variance)


# -- forecasts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.01, 0.025, 0.1])
def test_when_the_law_is_normal_then_var_and_es_are_those_of_the_normal_law(level):
    risk, law = risk_forecast(RETURNS, SIGMA, law="normal", level=level), statistics.NormalDist()
    quantile = law.inv_cdf(level)
    np.testing.assert_allclose(risk.var, -quantile * SIGMA[252:], rtol=1e-12)
    np.testing.assert_allclose(risk.es, law.pdf(quantile) / level * SIGMA[252:], rtol=1e-12)
    assert risk.returns.shape == (1248,) and risk.var.shape == risk.es.shape == (1249,)


@pytest.mark.parametrize("window", [None, 400])
def test_when_the_law_is_student_then_degrees_are_fitted_to_the_shocks_before(window):
    risk = risk_forecast(RETURNS, SIGMA, level=0.025, start=500, window=window, refit=250)
    shocks = RETURNS / SIGMA[:-1]
    for day in (500, 750, 999, 1500):
        last = day - (day - 500) % 250
        past = shocks[0 if window is None else last - window : last]
        degrees = reference.degrees_of_freedom(past)
        assert risk.tails.degrees[day - 500] == pytest.approx(degrees, rel=1e-5)
        quantile = np.sqrt((degrees - 2.0) / degrees) * reference.stats.t.ppf(0.025, degrees)
        assert risk.var[day - 500] == pytest.approx(-SIGMA[day] * quantile, rel=1e-6)
        shortfall = reference.student_shortfall(degrees, 0.025)
        assert risk.es[day - 500] == pytest.approx(-SIGMA[day] * shortfall, rel=1e-6)


@pytest.mark.parametrize("level", [0.01, 0.033, 0.05])
@pytest.mark.parametrize("window", [None, 300])
def test_when_the_law_is_historical_then_past_shocks_alone_make_the_tail(level, window):
    risk = risk_forecast(RETURNS, SIGMA, law="historical", level=level, start=350, window=window)
    shocks = RETURNS / SIGMA[:-1]
    for day in (350, 351, 700, 1500):
        quantile, shortfall = reference.historical(shocks[0 if window is None else day - window : day], level)
        assert risk.var[day - 350] == pytest.approx(-SIGMA[day] * quantile, rel=1e-12)
        assert risk.es[day - 350] == pytest.approx(-SIGMA[day] * shortfall, rel=1e-6)
    for day in range(350, 1501):
        past = shocks[0 if window is None else day - window : day]
        quantile = np.quantile(past, level, method="weibull")
        assert risk.var[day - 350] == pytest.approx(-SIGMA[day] * quantile, rel=1e-12)


def test_when_shocks_are_normal_then_the_fit_ends_near_the_normal_law():
    assert degrees_of_freedom(np.random.default_rng(0).standard_normal(20_000)) > 50.0
    nearly_2 = np.random.default_rng(0).standard_t(2.01, 500) * np.sqrt(0.01 / 2.01)
    assert degrees_of_freedom(nearly_2) == pytest.approx(2.05, rel=1e-3)


@given(
    law=st.sampled_from(LAWS),
    level=st.sampled_from([0.01, 0.025, 0.05, 0.1]),
    scale=st.floats(0.1, 5.0),
    seed=st.integers(0, 1000),
)
@settings(max_examples=25, deadline=None)
def test_the_shortfall_exceeds_the_var_and_both_scale_with_sigma(law, level, scale, seed):
    shocks = np.random.default_rng(seed).standard_t(4, 200)
    one = risk_forecast(0.001 * shocks, np.full(200, 0.001), law=law, level=level, start=120)
    two = risk_forecast(0.001 * scale * shocks, np.full(200, 0.001 * scale), law=law, level=level, start=120)
    assert np.all(one.es > one.var)
    np.testing.assert_allclose(two.var, scale * one.var, rtol=1e-6)
    np.testing.assert_allclose(two.es, scale * one.es, rtol=1e-6)


@given(
    law=st.sampled_from(LAWS), window=st.sampled_from([None, 150]), at=st.integers(200, 399), value=st.floats(-0.4, 0.4)
)
@settings(max_examples=30, deadline=None)
def test_when_a_return_changes_then_no_forecast_up_to_its_day_changes_a_bit(law, window, at, value):
    window = None if law == "normal" else window
    changed, later = RETURNS[:400].copy(), SIGMA[:401].copy()
    changed[at] = value
    later[at + 1 :] *= 1.5
    before, after = (
        risk_forecast(returns, sigma, law=law, start=200, level=0.05, window=window, refit=10)
        for returns, sigma in ((RETURNS[:400], SIGMA[:401]), (changed, later))
    )
    np.testing.assert_array_equal(before.var[: at - 199], after.var[: at - 199])
    np.testing.assert_array_equal(before.es[: at - 199], after.es[: at - 199])
    assert before.var[at - 199] != after.var[at - 199]


def test_when_a_day_of_a_fitted_model_changes_then_its_var_until_then_does_not():
    model = DynamicFractionalVolatility(hurst=0.55, alpha=1.0)
    result = model.fit(RETURNS[:600])
    changed = RETURNS.copy()
    changed[1200] = -0.2
    one, two = (risk_forecast(r, result.sigma_on(r), start=600) for r in (RETURNS, changed))
    np.testing.assert_array_equal(one.var[:601], two.var[:601])
    assert one.var[601] != two.var[601]


def test_when_the_volatility_is_the_true_one_then_exceedances_are_as_frequent_as_they_should_be():
    returns, sigma = garch(12_000, 8)
    for law, level, rate in (("student", 0.01, 0.01), ("historical", 0.01, 0.01), ("historical", 0.05, 0.05)):
        risk = risk_forecast(returns, sigma, law=law, level=level, start=2000, refit=500)
        assert risk.exceedances.mean() == pytest.approx(rate, abs=3.0 * np.sqrt(rate / 10_000))
    # Student shocks of 5 degrees fall below the normal 1% quantile more often: t.cdf(-2.3263 * sqrt(5/3)) = 0.01499.
    normal = risk_forecast(returns, sigma, law="normal", level=0.01, start=2000)
    assert normal.exceedances.mean() == pytest.approx(0.01499, abs=0.0037)
    assert normal.exceedances.mean() > 0.0115


def test_when_shocks_are_few_then_a_new_one_falls_below_the_historical_quantile_as_often_as_asked():
    # Rank 0.05 * (119 + 1) = 6 of 119: exact for any continuous law, where the rank 0.05 * 119 would be off by 1%.
    shocks = np.random.default_rng(1).standard_exponential((4000, 120)) - 1.0
    below = [
        risk_forecast(0.01 * row, np.full(120, 0.01), law="historical", level=0.05, start=119).exceedances[0]
        for row in shocks
    ]
    assert np.mean(below) == pytest.approx(0.05, abs=3.0 * np.sqrt(0.05 * 0.95 / 4000))


# -- tests of them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("level", [0.01, 0.05])
def test_every_statistic_is_that_of_an_independent_implementation_on_real_returns(market, law, level):
    returns, sigma = market
    risk = risk_forecast(returns, sigma, law=law, level=level, start=1000, refit=250)
    found, hits = backtest(risk, simulations=100), risk.exceedances
    assert (found.days, found.exceedances) == (len(returns) - 1000, hits.sum())
    assert found.expected == pytest.approx(level * found.days)
    uc, ind = reference.kupiec(hits, level), reference.independence(hits)
    assert found.kupiec.statistic == pytest.approx(uc, rel=1e-6, abs=1e-6)
    assert found.independence.statistic == pytest.approx(ind, rel=1e-6, abs=1e-6)
    assert found.conditional.statistic == pytest.approx(uc + ind, rel=1e-6, abs=1e-6)
    quantile = reference.dynamic_quantile(hits, risk.var, level, 4)
    assert found.dynamic_quantile.statistic == pytest.approx(quantile, rel=1e-6)
    z1, z2 = reference.acerbi_szekely(risk.returns, risk.var, risk.es, level)
    assert found.z1.statistic == pytest.approx(z1, rel=1e-6, abs=1e-9)
    assert found.z2.statistic == pytest.approx(z2, rel=1e-6, abs=1e-9)
    for test, degrees in ((found.kupiec, 1), (found.independence, 1), (found.conditional, 2)):
        assert test.degrees == degrees
        assert test.p_value == pytest.approx(1.0 - reference.stats.chi2.cdf(test.statistic, degrees), abs=1e-12)
    assert found.dynamic_quantile.degrees == 6
    chance = 1.0 - reference.stats.chi2.cdf(found.dynamic_quantile.statistic, 6)
    assert found.dynamic_quantile.p_value == pytest.approx(chance, abs=1e-12)


@given(hits=st.lists(st.booleans(), min_size=12, max_size=300), level=st.sampled_from([0.01, 0.05, 0.25]))
@settings(max_examples=100, deadline=None)
def test_coverage_statistics_are_those_of_the_reference_on_any_pattern(hits, level):
    hits = np.array(hits)
    uc, ind = reference.kupiec(hits, level), reference.independence(hits)
    one, both = christoffersen(hits, level)
    assert kupiec(hits, level).statistic == pytest.approx(uc, rel=1e-6, abs=1e-9)
    assert one.statistic == pytest.approx(ind, rel=1e-6, abs=1e-9)
    assert both.statistic == pytest.approx(uc + ind, rel=1e-6, abs=1e-9)


@given(seed=st.integers(0, 10_000), lags=st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_the_dynamic_quantile_is_that_of_statsmodels_and_knows_no_unit(seed, lags):
    random = np.random.default_rng(seed)
    hits, var = random.random(300) < 0.1, 0.02 * np.exp(random.standard_normal(300))
    found = dynamic_quantile(hits, var, 0.05, lags=lags)
    assert found.statistic == pytest.approx(reference.dynamic_quantile(hits, var, 0.05, lags), rel=1e-6)
    assert dynamic_quantile(hits, 1e6 * var, 0.05, lags=lags).statistic == pytest.approx(found.statistic, rel=1e-9)


def test_when_no_day_exceeds_then_the_degrees_count_what_is_left_to_regress_on():
    none, varying, same = np.zeros(100, dtype=bool), np.linspace(0.01, 0.03, 100), np.full(100, 0.02)
    # Lagged exceedances are all alike, as is the constant; and then so is the value at risk.
    assert dynamic_quantile(none, varying, 0.05).degrees == 2
    assert dynamic_quantile(none, same, 0.05).degrees == 1
    assert dynamic_quantile(none, same, 0.05).statistic == pytest.approx(96 * 0.05**2 / (0.05 * 0.95))
    assert kupiec(none, 0.05).statistic == pytest.approx(-200.0 * np.log(0.95))
    assert christoffersen(none, 0.05)[0].statistic == 0.0
    quiet = risk_forecast(1e-4 * RETURNS, SIGMA, law="normal")
    z1, z2 = acerbi_szekely(quiet)
    assert np.isnan(z1.statistic) and np.isnan(z1.p_value)
    assert z2.statistic == 1.0 and z2.p_value == 1.0


def test_when_forecasts_are_right_then_tests_reject_about_as_often_as_they_say():
    random, level, days, rounds = np.random.default_rng(11), 0.05, 1000, 400
    found = []
    for _ in range(rounds):
        hits, var = random.random(days) < level, 0.02 * np.exp(0.3 * random.standard_normal(days))
        one, both = christoffersen(hits, level)
        quantile = dynamic_quantile(hits, var, level)
        found.append([kupiec(hits, level).p_value, one.p_value, both.p_value, quantile.p_value])
    rate = np.mean(np.array(found) < 0.05, axis=0)
    # 0.05 with three standard errors of 400 rounds is 0.017 to 0.083; the chi-squared law holds for many exceedances,
    # and the dynamic quantile test rejects some more with 50 of them.
    assert np.all(rate[:3] > 0.017) and np.all(rate[:3] < 0.09), rate
    assert 0.017 < rate[3] < 0.11, rate


def test_when_few_exceedances_are_expected_then_the_dynamic_quantile_rejects_as_often_as_its_notes_say():
    random, rates = np.random.default_rng(0), {}
    for level, days in ((0.01, 500), (0.01, 2500), (0.05, 500)):
        var = 0.02 * np.exp(0.03 * np.cumsum(random.standard_normal((400, days)), axis=1))
        hits = random.random((400, days)) < level
        rates[level, days] = np.mean(
            [dynamic_quantile(h, v, level).p_value < 0.05 for h, v in zip(hits, var, strict=True)]
        )
    assert rates == pytest.approx({(0.01, 500): 0.17, (0.01, 2500): 0.10, (0.05, 500): 0.05}, abs=0.05)


@pytest.mark.parametrize("law", LAWS)
def test_when_shortfalls_are_right_then_acerbi_szekely_reject_as_often_as_they_say(law):
    # The law itself draws the returns, which leaves nothing but the simulation to doubt.
    template = risk_forecast(RETURNS[:800], SIGMA[:800], law=law, level=0.05, start=400)
    random, found = np.random.default_rng(12), []
    for _ in range(200):
        uniform = 1.0 - random.random(400)
        low = uniform < 0.05
        shocks = np.ones(400)
        shocks[low] = template.tails.quantile(uniform[low], np.flatnonzero(low))
        drawn = dataclasses.replace(template, returns=shocks * SIGMA[400:800])
        found.append([test.p_value for test in acerbi_szekely(drawn, simulations=400)])
    rate = np.mean(np.array(found) < 0.1, axis=0)
    assert np.all(rate > 0.1 - 0.07) and np.all(rate < 0.1 + 0.07), rate
    assert np.mean(found, axis=0) == pytest.approx([0.5, 0.5], abs=0.08)


def test_when_forecasts_are_wrong_then_the_tests_that_look_at_it_reject():
    returns, sigma = garch(4000, 3)
    low = backtest(risk_forecast(returns, 0.75 * sigma, law="normal", level=0.05))
    assert max(low.kupiec.p_value, low.conditional.p_value, low.dynamic_quantile.p_value) < 1e-3
    assert max(low.z1.p_value, low.z2.p_value) < 1e-3
    assert low.z2.statistic < 0.0 < low.exceedances - low.expected
    # A volatility that never moves is exceeded on days that follow each other.
    turbulent = np.where(np.arange(4000) % 200 < 60, 3.0, 1.0) * returns / sigma[:-1] * 0.005
    still = backtest(risk_forecast(turbulent, np.full(4001, turbulent.std()), law="student", level=0.05))
    assert still.independence.p_value < 0.01 and still.dynamic_quantile.p_value < 1e-3
    # Exceedances as frequent as they should be, and deeper than the normal law says.
    deep = backtest(risk_forecast(returns, sigma, law="normal", level=0.05))
    assert deep.kupiec.p_value > 0.01 > deep.z1.p_value


def test_equal_seeds_give_equal_bits():
    risk = risk_forecast(RETURNS, SIGMA, level=0.05)
    assert backtest(risk, seed=3) == backtest(risk, seed=3)
    assert acerbi_szekely(risk, seed=3)[1].p_value != acerbi_szekely(risk, seed=4)[1].p_value


HITS = np.arange(50) % 10 == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: risk_forecast(RETURNS, SIGMA, law="gauss"), "law is 'gauss': use 'normal', 'student' or 'historical'"),
        (lambda: risk_forecast(RETURNS, SIGMA, level=0.5), "level is 0.5: use a probability above 0 and below 0.5"),
        (lambda: risk_forecast(RETURNS, SIGMA[:-2]), "sigma has shape (1499,): pass one for each of the 1500 returns"),
        (lambda: acerbi_szekely(HITS), "risk is a ndarray: pass what risk_forecast returned"),
        (
            lambda: risk_forecast(RETURNS, np.full(1500, 1e-302)),
            "sigma[0] is 1e-302, a volatility is positive and finite",
        ),
        (lambda: risk_forecast(RETURNS, -SIGMA), "sigma[0] is -0.01, a volatility is positive and finite"),
        (lambda: risk_forecast(RETURNS, SIGMA, start=50), "start is 50: the student law needs at least 100 shocks"),
        (
            lambda: risk_forecast(RETURNS, SIGMA, law="historical", level=0.001),
            "start is 252: the historical law needs at least 1000 shocks before the first day",
        ),
        (lambda: risk_forecast(RETURNS, SIGMA, window=60), "window is 60: use a whole number of at least 100"),
        (lambda: risk_forecast(RETURNS, SIGMA, law="normal", window=300), "window is given, but the normal law"),
        (lambda: risk_forecast(RETURNS, SIGMA, start=1500), "1500 returns are too few: pass at least 1501"),
        (
            lambda: risk_forecast(np.abs(RETURNS) + 1e-6, SIGMA, law="historical"),
            "the value at risk[0] is ",
        ),
        (lambda: backtest(HITS), "risk is a ndarray: pass what risk_forecast returned"),
        (lambda: kupiec([0.0, 1.0], 0.05), "exceedances has dtype float64 and shape (2,): pass True or False"),
        (lambda: kupiec(HITS[:0], 0.05), "0 days are too few: pass at least 1"),
        (lambda: christoffersen(HITS[:1], 0.05), "1 days are too few: pass at least 2"),
        (lambda: kupiec(HITS, 1.0), "level is 1.0: use a probability above 0 and below 1"),
        (lambda: dynamic_quantile(HITS, np.ones(49), 0.05), "var has shape (49,): pass one for each of the 50"),
        (lambda: dynamic_quantile(HITS, np.full(50, np.nan), 0.05), "var[0] is nan, no value at risk"),
        (lambda: dynamic_quantile(HITS[:10], np.ones(10), 0.05), "10 days are too few: pass at least 11"),
        (lambda: acerbi_szekely(risk_forecast(RETURNS, SIGMA), simulations=10), "simulations is 10: use a whole"),
    ],
)
def test_when_an_argument_is_wrong_then_one_line_says_so(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)

"""Every statistic of a diagnosis against another implementation of it, on twenty years of the S&P 500."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from arch import arch_model
from scipy import stats
from statsmodels.stats.diagnostic import het_arch
from statsmodels.stats.stattools import jarque_bera
from statsmodels.tsa.stattools import acf, adfuller

import vrx
from vrx.econometrics import breaks, diagnose, markov_regimes
from vrx.econometrics._breaks import one_break
from vrx.econometrics._clusters import clustered_p_value
from vrx.econometrics._findings import _robust_portmanteau
from vrx.errors import InputError

NAMES = [
    *("ADF", "Ljung-Box, returns", "Lobato-Nankervis-Savin", "Ljung-Box, squares", "ARCH-LM", "Jarque-Bera"),
]


@pytest.fixture(scope="module")
def bars():
    return vrx.read("sample:sp500")


@pytest.fixture(scope="module")
def found(bars):
    return diagnose(bars)


@pytest.fixture(scope="module")
def returns(bars):
    return np.diff(np.log(bars["close"]))


@pytest.fixture(scope="module")
def by_name(found):
    assert [one.name for one in found.findings] == NAMES
    return {one.name: one for one in found.findings}


def walk(returns, name="walk"):
    return vrx.read(100.0 * np.exp(np.cumsum(np.append(0.0, returns))), name=name)


def white(n=600, seed=0):
    return 0.01 * np.random.default_rng(seed).normal(size=n)


def test_moments_are_those_of_scipy(found, returns):
    it = found.moments
    assert it.mean == pytest.approx(returns.mean(), rel=1e-12)
    assert it.standard_deviation == pytest.approx(returns.std(ddof=1), rel=1e-12)
    assert it.skewness == pytest.approx(stats.skew(returns), rel=1e-9)
    assert it.kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False), rel=1e-9)
    assert (it.least, it.most) == (returns.min(), returns.max())
    assert it.annualised_volatility == pytest.approx(returns.std(ddof=1) * np.sqrt(252), rel=1e-12)


def test_the_test_for_a_unit_root_is_that_of_statsmodels(returns, by_name):
    ours = by_name["ADF"]
    theirs = adfuller(returns, maxlag=ours.lags, autolag=None, regression="c", result_object=True)
    assert ours.statistic == pytest.approx(theirs.statistic, abs=1e-6)
    assert ours.p_value == pytest.approx(theirs.pvalue, abs=1e-6)


@pytest.mark.parametrize("seed", [1, 2])
def test_its_lags_are_those_that_statsmodels_chooses_by_schwarz(seed):
    noise = white(402, seed)
    returns = noise[2:] + 0.9 * noise[1:-1] + 0.8 * noise[:-2]
    ours = diagnose(walk(returns)).findings[0]
    theirs = adfuller(np.diff(np.log(walk(returns)["close"])), autolag="BIC", result_object=True)
    assert ours.lags == theirs.lags > 0
    assert ours.statistic == pytest.approx(theirs.statistic, abs=1e-6)


@pytest.mark.parametrize("name", ["returns", "squares"])
def test_ljung_box_is_its_formula_on_the_autocorrelations(returns, by_name, name):
    values = returns if name == "returns" else (returns - returns.mean()) ** 2
    n, rho = len(values), acf(values, nlags=10, fft=False)[1:]
    statistic = n * (n + 2) * np.sum(rho**2 / (n - np.arange(1, 11)))
    ours = by_name[f"Ljung-Box, {name}"]
    assert ours.statistic == pytest.approx(statistic, rel=1e-9)
    assert ours.p_value == pytest.approx(stats.chi2.sf(statistic, 10), abs=1e-9)


def test_the_robust_portmanteau_sums_squared_autocovariances_over_their_variances(returns, by_name):
    x, n = returns - returns.mean(), len(returns)
    total = 0.0
    for k in range(1, 11):
        gamma = sum(x[t] * x[t - k] for t in range(k, n)) / n
        tau = sum((x[t] * x[t - k]) ** 2 for t in range(k, n)) / n
        total += n * gamma**2 / tau
    assert by_name["Lobato-Nankervis-Savin"].statistic == pytest.approx(total, rel=1e-9)
    assert by_name["Lobato-Nankervis-Savin"].p_value == pytest.approx(stats.chi2.sf(total, 10), rel=1e-9)


def test_the_robust_portmanteau_keeps_its_level_where_volatility_clusters_and_ljung_box_does_not():
    rng = np.random.default_rng(5)
    robust, plain = [], []
    for _ in range(200):
        returns = 0.005 * np.exp(np.repeat(rng.normal(size=30), 20)) * rng.normal(size=600)
        rho = acf(returns, nlags=10)[1:]
        plain.append(600 * 602 * np.sum(rho**2 / (600 - np.arange(1, 11))))
        robust.append(_robust_portmanteau(returns))
    critical = stats.chi2.isf(0.05, 10)
    assert np.mean(np.array(robust) > critical) < 0.08
    assert np.mean(np.array(plain) > critical) > 0.25


def test_arch_lm_is_the_number_of_days_times_r_squared(returns, by_name):
    squares = (returns - returns.mean()) ** 2
    X = np.column_stack([np.ones(len(squares) - 10), *(squares[10 - k : -k] for k in range(1, 11))])
    y = squares[10:]
    rest = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    statistic = len(y) * (1.0 - rest @ rest / np.sum((y - y.mean()) ** 2))
    assert by_name["ARCH-LM"].statistic == pytest.approx(statistic, rel=1e-9)
    theirs = het_arch(returns - returns.mean(), nlags=10, result_object=True)
    assert by_name["ARCH-LM"].statistic == pytest.approx(theirs.lm, rel=1e-9)
    short = diagnose(walk(white())).findings[4]
    assert 0.05 < short.p_value == pytest.approx(stats.chi2.sf(short.statistic, 10), rel=1e-6)


def test_jarque_bera_is_that_of_statsmodels_and_of_the_moments(found, returns, by_name):
    it, ours = found.moments, by_name["Jarque-Bera"]
    assert ours.statistic == pytest.approx(jarque_bera(returns)[0], rel=1e-9)
    assert ours.statistic == pytest.approx(len(returns) / 6 * (it.skewness**2 + (it.kurtosis - 3) ** 2 / 4), rel=1e-9)
    short = diagnose(walk(white())).findings[5]
    assert 0.01 < short.p_value == pytest.approx(stats.chi2.sf(short.statistic, 2), rel=1e-6)


@pytest.mark.parametrize("unit", [1e-3, 1e-6])
def test_the_tests_know_no_unit_of_the_returns(unit):
    # Prices near 100 hold returns of 1e-8 to about eight digits.
    one, two = (diagnose(walk(scale * white())).findings for scale in (1.0, unit))
    for mine, other in zip(one, two, strict=True):
        assert other.statistic == pytest.approx(mine.statistic, rel=1e-3), mine.name


@pytest.mark.parametrize("still", [slice(0, 200), slice(200, 400)])
def test_where_half_of_the_days_stand_still_then_no_break_is_claimed_and_nothing_warns(still):
    returns = white(400)
    returns[still] = 0.0
    found = diagnose(walk(returns))
    assert np.isnan(found.breaks.sup_f).all() and found.breaks.count == 0
    assert found.clustered_p_value is None


def test_the_clustered_p_value_is_that_of_paths_simulated_day_by_day(returns):
    some = returns[-500:]
    statistic = one_break(np.abs(some - some.mean()))
    fit = arch_model(100.0 * some, mean="Zero", rescale=False).fit(disp="off")
    shocks = 100.0 * some / fit.conditional_volatility
    shocks /= np.sqrt(np.mean(shocks**2))
    omega, alpha, beta = fit.params
    drawn = np.random.default_rng(0).integers(500, size=(250 + 500, 199))
    above = 0
    for path in range(199):
        variance, out = np.mean((100.0 * some) ** 2), []
        for at in drawn[:, path]:
            out.append(np.sqrt(variance) * shocks[at])
            variance = omega + alpha * out[-1] ** 2 + beta * variance
        kept = np.array(out[250:])
        above += one_break(np.abs(kept - kept.mean())) >= statistic
    assert 0 < above < 199
    assert clustered_p_value(some, statistic) == pytest.approx((1 + above) / 200, abs=1e-9)


def test_regimes_and_breaks_are_those_of_their_own_functions(found, returns):
    assert found.regimes.regimes == markov_regimes(returns).regimes
    own = breaks(np.abs(returns - returns.mean()))
    assert found.breaks.starts == own.starts
    np.testing.assert_array_equal(found.breaks.sup_f, own.sup_f)
    edges = [0, *own.starts, len(returns)]
    for first, last, segment in zip(edges, edges[1:], found.segments, strict=False):
        assert (segment.first, segment.last) == (found.days[first], found.days[last - 1])
        assert segment.days == last - first
        assert segment.volatility == pytest.approx(returns[first:last].std(ddof=1))
    assert sum(one.days for one in found.segments) == len(returns)


def garch(n, rng, alpha=0.08, beta=0.91):
    """Returns of 1% a day that cluster, without any break."""
    variance, out = 1.0, []
    for shock in rng.normal(size=n):
        out.append(np.sqrt(variance) * shock)
        variance = 1.0 - alpha - beta + alpha * out[-1] ** 2 + beta * variance
    return 0.01 * np.array(out)


def p_values(make, count):
    """Of one break: by the table, whether it is below 5%; and against a GARCH."""
    table, clustered = [], []
    for _ in range(count):
        returns = make()
        statistic = one_break(np.abs(returns - returns.mean()))
        table.append(statistic > 8.58)
        clustered.append(clustered_p_value(returns, statistic))
    return np.array(table), np.array(clustered)


def test_where_volatility_clusters_the_table_claims_breaks_and_the_clustered_p_value_does_not():
    rng = np.random.default_rng(1)
    table, clustered = p_values(lambda: garch(800, rng), 25)
    assert np.mean(table) > 0.7
    assert np.mean(clustered <= 0.05) <= 0.15


def test_the_clustered_p_value_still_sees_a_volatility_that_doubles():
    rng = np.random.default_rng(2)
    _, clustered = p_values(lambda: 0.01 * np.repeat([1.0, 2.0], 500) * rng.normal(size=1000), 10)
    assert np.mean(clustered) < 0.08


def test_the_clustered_p_value_depends_on_nothing_but_the_returns_and_the_seed(found, returns):
    again = clustered_p_value(returns, float(found.breaks.sup_f[0]))
    assert found.clustered_p_value == again
    assert again * 200 == pytest.approx(round(again * 200))
    assert clustered_p_value(returns, np.nan) is None


def test_what_is_found_in_white_noise_calls_for_no_model():
    found = diagnose(walk(white()))
    assert [one.rejects for one in found.findings] == [True, False, False, False, False, False]
    assert "a constant variance may do" in found.findings[3].meaning
    assert found.breaks.count == 0
    assert found.regimes.bic > found.regimes.bic_one


def test_an_autoregressive_mean_is_seen_by_both_tests():
    noise = white(800, 4)
    found = diagnose(walk(noise[1:] + 0.4 * noise[:-1]))
    assert found.findings[1].rejects and found.findings[2].rejects
    assert "autoregressive term" in found.findings[2].meaning


def test_a_column_of_returns_is_taken_where_there_are_no_closes(bars, returns):
    table = pd.DataFrame({"date": bars.dates[-300:], "return": returns[-300:]})
    found = diagnose(vrx.read(table, columns={"return": "return"}))
    np.testing.assert_array_equal(found.returns, returns[-300:])


def test_when_regimes_shrink_to_still_days_then_a_note_says_so_and_the_rest_stands():
    found = diagnose(walk(np.where(np.arange(400) % 3 == 0, 0.0, white(400))))
    assert found.regimes is None
    assert "no regimes: one regime has shrunk" in found.notes[-1]
    assert len(found.findings) == len(NAMES)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda: walk(white(99)), {}, "walk: 99 returns are too few: pass at least 100"),
        (lambda: walk(np.zeros(200)), {}, "walk: the returns are all 0: a constant has no volatility"),
        (lambda: walk(np.tile([0.01, -0.01], 100)), {}, "walk: every return is as large as the next"),
        (lambda: walk(white()), {"regimes": 1}, "regimes is 1: use a whole number of at least 2"),
        (lambda: walk(white()), {"level": 0.5}, "level is 0.5: there are critical values for"),
    ],
)
def test_when_there_is_nothing_to_diagnose_then_one_line_says_why(make, options, message):
    with pytest.raises(InputError, match=re.escape(message)) as error:
        diagnose(make(), **options)
    assert "\n" not in str(error.value)


def test_bars_without_returns_are_refused(bars):
    only = replace(bars, columns={"volume": bars["volume"]})
    with pytest.raises(InputError, match="sp500: no returns in volume"):
        diagnose(only)


def test_returns_that_repeat_themselves_have_no_test_for_a_unit_root_and_the_rest_stands():
    found = diagnose(walk(np.tile([0.01, -0.02, 0.015], 100)))
    assert np.isnan(found.findings[0].statistic)
    assert not found.findings[0].rejects
    assert "repeat themselves" in found.findings[0].meaning

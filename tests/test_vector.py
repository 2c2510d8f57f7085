"""Vector autoregressions: every statistic against a slow twin, forecasts that know the past alone, and the command."""

import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vrx
from tests.command_line import refused, strict
from vrx.econometrics import (
    dynamic_against_static,
    vector_autoregression,
    vector_forecasts,
    volatility_system,
)
from vrx.errors import InputError
from vrx.evaluation import metrics

pytest.importorskip("statsmodels")
slow = pytest.importorskip("tests.reference.vector")


@pytest.fixture(scope="module")
def system():
    return volatility_system(vrx.read("sample:sp500").until("2002-12-31"))


@pytest.fixture(scope="module")
def columns(system):
    return {name: values[-600:] for name, values in system.columns.items()}


@pytest.fixture(scope="module")
def values(columns):
    return np.column_stack(list(columns.values()))


@pytest.fixture(scope="module")
def found(columns):
    return vector_autoregression(columns, order=3, max_order=6, steps=8)


def led(rows=400, seed=1, power=0.6, k=2):
    """Columns of which the first leads the second."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(rows, k))
    table[1:, 1] += power * table[:-1, 0]
    return {f"c{j}": table[:, j] for j in range(k)}


# -- the columns -------------------------------------------------------------------------------------------------------


def test_the_columns_of_a_market_are_those_that_its_bars_show(system):
    bars = vrx.read("sample:sp500").until("2002-12-31")
    returns = np.diff(np.log(bars["close"]))
    variance = vrx.measures.daily_variance(bars, "garman_klass")[1][1:]
    exponents = vrx.hurst.Wavelet(kind="noise").rolling(returns, 252).h
    assert list(system.columns) == ["return", "log_volatility", "hurst"]
    assert (system.measure, system.window, system.days[0]) == ("garman_klass", 252, str(bars.dates[252]))
    np.testing.assert_array_equal(system.columns["return"], returns[251:])
    np.testing.assert_allclose(np.exp(2.0 * system.columns["log_volatility"]), variance[251:], rtol=1e-12)
    np.testing.assert_array_equal(system.columns["hurst"], exponents[251:])
    assert list(system.without_hurst) == ["return", "log_volatility"]


def test_nothing_after_a_day_changes_its_row(system):
    earlier = volatility_system(vrx.read("sample:sp500").until("2002-06-28"))
    for name, values in earlier.columns.items():
        np.testing.assert_array_equal(values, system.columns[name][: len(values)])


def test_days_that_stand_still_are_left_out_and_a_note_says_so():
    rng = np.random.default_rng(5)
    returns = rng.choice([-1.0, 1.0], 500) * rng.uniform(0.001, 0.02, 500)
    returns[400] = 0.0
    bars = vrx.read(np.exp(np.cumsum(np.append(0.0, returns))))
    found = volatility_system(bars, window=100)
    assert len(found.days) == 400  # of the 401 with a window of exponents
    assert str(401) not in found.days
    assert "left out, as they stand still or have no variance: 1 of 401 days, first 401" in found.notes
    returns[300:340] = 0.0
    with pytest.raises(InputError, match=r"41 of 401 days stand still, first 301 .*log\(0\) does not exist"):
        volatility_system(vrx.read(np.exp(np.cumsum(np.append(0.0, returns)))), window=100)
    returns[300:420] = 0.0
    with pytest.raises(InputError, match=r"hardly moves in the 100 days to 400, which have no Hurst exponent"):
        volatility_system(vrx.read(np.exp(np.cumsum(np.append(0.0, returns)))), window=100)


@pytest.mark.parametrize(
    ("bars", "options", "message"),
    [
        (np.arange(1.0, 200.0), {}, "198 returns leave no rows after a window of 252: give more"),
        (np.array([1.0, 3.0] * 200), {}, "returns[0] is 1.0986122886681098, no log return of a day"),
        (np.arange(1.0, 200.0), {"window": 1}, "window is 1: use a whole number of at least 2"),
    ],
)
def test_when_a_market_gives_no_columns_then_one_line_says_why(bars, options, message):
    with pytest.raises(InputError, match=re.escape(message)) as error:
        volatility_system(vrx.read(bars), **options)
    assert "\n" not in str(error.value)


# -- the fit, against the twin -----------------------------------------------------------------------------------------


def test_criteria_of_every_order_are_those_of_least_squares(found, values):
    for order in range(7):
        aic, bic, hqic = slow.criteria(values, order, 6)
        assert found.orders.aic[order] == pytest.approx(aic, abs=1e-6)
        assert found.orders.bic[order] == pytest.approx(bic, abs=1e-6)
        assert found.orders.hqic[order] == pytest.approx(hqic, abs=1e-6)


def test_each_criterion_chooses_the_order_that_it_likes_best(columns, values):
    for place, name in enumerate(("aic", "bic", "hqic")):
        best = int(np.argmin([slow.criteria(values, order, 6)[place] for order in range(7)]))
        fit = vector_autoregression(columns, max_order=6, criterion=name)
        assert fit.order == fit.orders.preferred[name] == best


def test_coefficients_errors_covariance_likelihood_and_next_row_are_those_of_least_squares(found, values):
    _, params, _ = slow.least_squares(values, 3)
    errors = slow.standard_errors(values, 3)
    np.testing.assert_allclose(found.constant, params[0], rtol=1e-6)
    for lag in range(3):
        rows = slice(1 + 3 * lag, 4 + 3 * lag)
        np.testing.assert_allclose(found.coefficients[lag], params[rows].T, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(found.standard_errors[lag], errors[rows].T, rtol=1e-6)
    np.testing.assert_allclose(found.covariance, slow.covariance(values, 3), rtol=1e-6)
    assert found.log_likelihood == pytest.approx(slow.log_likelihood(values, 3), rel=1e-9)
    np.testing.assert_allclose(found.next_row, slow.one_ahead(values, 3)[0], rtol=1e-6)


def test_granger_tests_of_every_ordered_pair_are_those_of_sums_of_squares_and_of_whites_sandwich(found, values):
    names = found.columns
    assert [(one.causing, one.caused) for one in found.granger] == [
        (causing, caused) for caused in names for causing in names if causing != caused
    ]
    for one in found.granger:
        at = names.index(one.caused), names.index(one.causing)
        assert (one.statistic, one.p_value) == pytest.approx(slow.granger(values, 3, *at), rel=1e-6)
        assert (one.robust_statistic, one.robust_p_value) == pytest.approx(
            slow.robust_granger(values, 3, *at), rel=1e-6
        )
        assert one.rejects == (one.robust_p_value < 0.05)


def test_responses_follow_the_shock_through_the_recursion_and_their_errors_are_those_of_the_delta_method(found, values):
    _, params, _ = slow.least_squares(values, 3)
    it = found.responses
    np.testing.assert_allclose(it.mean, slow.responses(params, slow.covariance(values, 3), 8), rtol=1e-6, atol=1e-10)
    errors = slow.response_errors(values, 3, 8)
    np.testing.assert_allclose(it.standard_error, errors, rtol=1e-6, atol=1e-10)
    np.testing.assert_allclose(it.high - it.mean, 1.959963984540054 * it.standard_error, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(it.mean - it.low, it.high - it.mean, rtol=1e-9, atol=1e-15)


def test_the_largest_root_and_the_portmanteau_are_those_of_the_companion_and_of_hosking(found, values):
    _, params, _ = slow.least_squares(values, 3)
    assert found.largest_root == pytest.approx(slow.largest_root(params, 3), rel=1e-9)
    assert found.stable == (found.largest_root < 1.0)
    white = found.whiteness
    assert (white.statistic, white.p_value) == pytest.approx(slow.whiteness(values, 3, white.lags), rel=1e-6)
    assert (white.lags, white.degrees) == (10, 9 * 7)


# -- laws --------------------------------------------------------------------------------------------------------------


@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-10.0, 10.0), seed=st.integers(0, 100))
@settings(max_examples=10)
def test_the_unit_of_a_column_scales_its_responses_and_changes_no_test(scale, shift, seed):
    table = led(200, seed)
    one = vector_autoregression(table, max_order=3, steps=3)
    other = vector_autoregression({**table, "c0": scale * table["c0"] + shift}, max_order=3, steps=3)
    assert other.order == one.order
    assert other.largest_root == pytest.approx(one.largest_root, rel=1e-6)
    assert other.whiteness.statistic == pytest.approx(one.whiteness.statistic, rel=1e-6)
    for before, after in zip(one.granger, other.granger, strict=True):
        assert after.statistic == pytest.approx(before.statistic, rel=1e-5, abs=1e-8)
        assert after.robust_p_value == pytest.approx(before.robust_p_value, rel=1e-5, abs=1e-8)
    np.testing.assert_allclose(other.responses.mean[:, 0], scale * one.responses.mean[:, 0], rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(other.responses.mean[:, 1], one.responses.mean[:, 1], rtol=1e-5, atol=1e-8)


@given(seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_on_its_own_row_a_shock_moves_no_column_before_its_own(seed):
    fit = vector_autoregression(led(150, seed, k=3), max_order=2, steps=2)
    same_row = fit.responses.mean[0]
    np.testing.assert_array_equal(same_row, np.tril(same_row))
    np.testing.assert_allclose(same_row @ same_row.T, fit.covariance, rtol=1e-9, atol=1e-12)


def test_a_column_that_leads_is_told_from_one_that_does_not_about_as_often_as_the_size_says():
    fits = [vector_autoregression(led(200, seed, power=0.0), order=1, max_order=1, steps=1) for seed in range(120)]
    share = np.mean([one.rejects for fit in fits for one in fit.granger])
    assert 0.02 < share < 0.09
    leads = [vector_autoregression(led(200, seed, power=0.3), order=1, max_order=1, steps=1) for seed in range(40)]
    found = [{(one.causing, one.caused): one.rejects for one in fit.granger}["c0", "c1"] for fit in leads]
    assert np.mean(found) > 0.9


def test_where_the_variance_moves_the_robust_test_keeps_its_size_and_the_plain_one_does_not():
    robust, plain = [], []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        cause = rng.normal(size=300)
        effect = rng.normal(size=300)
        effect[1:] *= np.abs(cause[:-1])
        fit = vector_autoregression({"cause": cause, "effect": effect}, order=1, max_order=1, steps=1)
        test = next(one for one in fit.granger if one.caused == "effect")
        robust.append(test.robust_p_value < 0.05)
        plain.append(test.p_value < 0.05)
    assert np.mean(plain) > 0.2
    assert np.mean(robust) < 0.1


def test_where_nothing_is_remembered_the_order_is_one_and_a_note_says_that_none_is_preferred():
    fit = vector_autoregression(led(400, 3, power=0.0))
    assert (fit.order, fit.orders.preferred["bic"]) == (1, 0)
    assert any("BIC prefers no order at all" in note for note in fit.notes)


def test_a_walk_that_explodes_is_called_unstable():
    rng = np.random.default_rng(2)
    path = [1.0]
    for shock in rng.normal(size=199):
        path.append(1.05 * path[-1] + shock)
    fit = vector_autoregression({"up": np.array(path), "noise": rng.normal(size=200)}, order=1)
    assert not fit.stable
    assert "not stable" in str(fit)
    assert any("responses do not die out" in note for note in fit.notes)


# -- forecasts ---------------------------------------------------------------------------------------------------------


def test_forecasts_are_those_of_least_squares_on_the_rows_before(columns, values):
    forecasts = vector_forecasts(columns, start=550, order=2, every=20)
    assert forecasts.mean.shape == forecasts.variance.shape == (51, 3)
    for begin in (550, 570, 590):
        mean, variance = slow.one_ahead(values[:begin], 2)
        np.testing.assert_allclose(forecasts.mean[begin - 550], mean, rtol=1e-6, atol=1e-10)
        np.testing.assert_allclose(forecasts.variance[begin - 550], variance, rtol=1e-6)
    _, params, _ = slow.least_squares(values[:590], 2)
    for row in (595, 600):
        past = np.concatenate([[1.0], values[row - 1], values[row - 2]])
        np.testing.assert_allclose(forecasts.mean[row - 550], past @ params, rtol=1e-6, atol=1e-10)


def test_no_value_on_a_row_or_after_it_changes_a_bit_of_its_forecast(columns):
    plain = vector_forecasts(columns, start=400, every=30)
    for cut in (400, 431, 460, 599):
        other = {name: values.copy() for name, values in columns.items()}
        for values in other.values():
            values[cut:] = 7.0 * values[cut:][::-1] - 3.0
        moved = vector_forecasts(other, start=400, every=30)
        assert moved.order == plain.order
        known = slice(0, cut - 400 + 1)
        np.testing.assert_array_equal(moved.mean[known], plain.mean[known])
        np.testing.assert_array_equal(moved.variance[known], plain.variance[known])
        assert (moved.mean[cut - 400 + 1 :] != plain.mean[cut - 400 + 1 :]).all()
        shorter = vector_forecasts({name: values[:cut] for name, values in columns.items()}, start=390, every=30)
        longer = vector_forecasts(columns, start=390, every=30)
        np.testing.assert_array_equal(shorter.mean, longer.mean[: cut - 390 + 1])


def test_a_comparison_scores_both_systems_on_the_same_rows(columns, values):
    static = {name: part for name, part in columns.items() if name != "hurst"}
    found = dynamic_against_static(columns, static, start=400, order=2, every=50)
    assert (found.rows, found.dynamic, found.static) == (200, tuple(columns), tuple(static))
    came = columns["log_volatility"][400:]
    said = [vector_forecasts(system, start=400, order=2, every=50).of("log_volatility") for system in (columns, static)]
    logs = [mean[:-1] for mean, _ in said]
    vols = [np.exp(mean + 0.5 * variance)[:-1] for mean, variance in said]
    for it, (moving, fixed), actual in ((found.log_volatility, logs, came), (found.volatility, vols, np.exp(came))):
        assert it.rmse_dynamic == pytest.approx(metrics.rmse(moving, actual), rel=1e-12)
        assert it.rmse_static == pytest.approx(metrics.rmse(fixed, actual), rel=1e-12)
        assert it.gain == 1.0 - it.rmse_dynamic / it.rmse_static
        tested = metrics.diebold_mariano((fixed - actual) ** 2, (moving - actual) ** 2)
        assert (it.statistic, it.p_value) == tested


def test_a_system_against_itself_gains_nothing(columns):
    found = dynamic_against_static(columns, columns, start=500)
    for it in (found.log_volatility, found.volatility):
        assert (it.gain, it.statistic, it.p_value) == (0.0, 0.0, 1.0)


# -- bad input ---------------------------------------------------------------------------------------------------------

SOUND = led(300)
GAP, ENDLESS, SHORT = np.array(SOUND["c0"]), np.array(SOUND["c0"]), SOUND["c0"][:299]
GAP[7], ENDLESS[9] = np.nan, np.inf


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ([1.0, 2.0], {}, "columns is a list: pass a mapping of names to arrays"),
        ({"c0": SOUND["c0"]}, {}, "1 column is given: a vector autoregression takes at least two"),
        ({**SOUND, "c0": GAP}, {}, "c0[7] is nan, no finite number: correct it, or leave the row out of every column"),
        ({**SOUND, "c0": ENDLESS}, {}, "c0[9] is inf, no finite number"),
        ({**SOUND, "c0": SHORT}, {}, "c0 has 299 rows and c1 300: align them by date"),
        ({**SOUND, "c1": np.ones((300, 2))}, {}, "c1 has shape (300, 2): pass an array of shape (rows,)"),
        ({**SOUND, "c1": ["a"] * 300}, {}, "c1 has dtype <U1: pass real numbers"),
        ({**SOUND, "h": np.full(300, 0.55)}, {}, "h is 0.55 in each of the 300 rows: a constant says nothing"),
        ({**SOUND, "sum": SOUND["c0"] - 2.0 * SOUND["c1"]}, {}, "sum is an exact sum of the other columns"),
        ({**SOUND, "old": np.append(0.0, SOUND["c0"][:-1])}, {}, "is an exact sum of the other columns and the rows"),
        (
            {name: part[:99] for name, part in SOUND.items()},
            {},
            "99 rows are too few for 2 columns and orders up to 10",
        ),
        (SOUND, {"max_order": 80}, "300 rows are too few for 2 columns and orders up to 80: pass at least 402"),
        (SOUND, {"order": 0}, "order is 0: use a whole number of at least 1"),
        (SOUND, {"max_order": 0}, "max_order is 0: use a whole number of at least 1"),
        (SOUND, {"criterion": "fpe"}, "criterion is 'fpe': use 'aic', 'bic' or 'hqic'"),
        (SOUND, {"steps": 0}, "steps is 0: use a whole number of at least 1"),
        (SOUND, {"confidence": 1.0}, "confidence is 1.0: use a share above 0 and below 1"),
    ],
)
def test_when_columns_or_options_are_wrong_then_one_line_says_which_and_what_cures_it(table, options, message):
    with pytest.raises(InputError, match=re.escape(message)) as error:
        vector_autoregression(table, **options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": 300}, "start is 300, beyond the 300 rows: forecast from an earlier one"),
        ({"start": 50}, "50 rows are too few for 2 columns and orders up to 10: pass at least 100"),
        ({"start": 200, "every": 0}, "every is 0: use a whole number of at least 1"),
    ],
)
def test_when_forecasts_cannot_be_made_then_one_line_says_why(options, message):
    with pytest.raises(InputError, match=re.escape(message)):
        vector_forecasts(SOUND, **options)


@pytest.mark.parametrize(
    ("static", "options", "message"),
    [
        (SOUND, {"target": "c7"}, "no column 'c7' among c0, c1: name one of them"),
        ({**SOUND, "c1": SOUND["c1"] + 1.0}, {}, "in static: give both the same target"),
        ({name: part[:-1] for name, part in SOUND.items()}, {}, "dynamic has 300 rows and static 299"),
        (SOUND, {"start": 295}, "start is 295: 5 rows are left to score, leave 10 or more"),
    ],
)
def test_when_systems_cannot_be_compared_then_one_line_says_why(static, options, message):
    with pytest.raises(InputError, match=re.escape(message)):
        dynamic_against_static(SOUND, static, **{"start": 200, "target": "c1", **options})


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def market_file(tmp_path_factory, csv_text, market):
    path = tmp_path_factory.mktemp("var") / "toy.csv"
    path.write_text(csv_text(market(420)))
    return path


def test_json_holds_the_numbers_of_the_python_face(say, market_file):
    said = say("var", "--series", market_file, "--window", "100", "--max-order", "3", "--steps", "4", "--json")
    assert (said.code, said.err) == (0, "")
    document = strict(said.out)
    system = volatility_system(vrx.read(market_file), window=100)
    fit = vector_autoregression(system.columns, max_order=3, steps=4)
    compared = dynamic_against_static(system.columns, system.without_hurst, start=fit.rows // 2, max_order=3)
    assert list(document) == [
        *("series", "measure", "window", "n", "first", "last", "columns", "order", "orders", "constant"),
        *("coefficients", "standard_errors", "covariance", "log_likelihood", "granger", "responses", "largest_root"),
        *("stable", "whiteness", "next", "comparison", "notes"),
    ]
    assert (document["n"], document["order"], document["columns"]) == (320, fit.order, list(system.columns))
    assert (document["first"], document["last"]) == (system.days[0], system.days[-1])
    assert document["orders"]["preferred"] == fit.orders.preferred
    assert document["coefficients"] == fit.coefficients.tolist()
    assert [row["statistic"] for row in document["granger"]] == [one.statistic for one in fit.granger]
    assert document["responses"]["mean"] == fit.responses.mean.tolist()
    assert document["comparison"]["volatility"]["gain"] == compared.volatility.gain
    assert document["comparison"]["start"] == system.days[fit.rows // 2]
    assert document["next"]["return"] == fit.next_row[0]


def test_the_table_has_a_line_an_order_a_pair_and_a_response_and_says_what_the_exponent_is_worth(say, market_file):
    said = say("var", "--series", market_file, "--window", "100", "--max-order", "3", "--steps", "4")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0].startswith("toy (garman_klass), Hurst exponent of 100 returns: 320 days from 2020-04-10 to ")
    assert sum(" -> " in line for line in lines) == 6 + 9
    assert sum(re.match(r"[0-3] +-", line) is not None for line in lines) == 4
    assert len(re.findall(r"\d \*", said.out)) == 3
    assert "orthogonalised in the order return, log_volatility, hurst" in said.out
    assert any(line.startswith("largest root 0.") for line in lines)
    assert any(line.startswith("dynamic (return, log_volatility, hurst; order ") for line in lines)
    assert sum(line.startswith("volatility ") for line in lines) == 1


def test_the_picture_is_a_png_and_is_refused_before_any_work_where_it_cannot_be_written(say, market_file, tmp_path):
    path = tmp_path / "out.png"
    said = say("var", "--series", market_file, "--window", "100", "--max-order", "2", "--plot", path)
    assert said.code == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    refused(say("var", "--series", market_file, "--plot", tmp_path / "out.pdf"), 2, "give a file that ends in .png")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--criterion", "fpe"], ["toy: criterion is 'fpe': use 'aic', 'bic' or 'hqic'"]),
        (["--window", "400"], ["toy: 419 returns leave", "too few"]),
        (["--as-of", "2020-06-01"], ["toy: 152 returns leave no rows after a window of 252"]),
    ],
)
def test_when_the_command_cannot_answer_then_one_line_says_why(say, market_file, options, words):
    said = say("var", "--series", market_file, *options)
    assert said.code == 2
    assert any(word in said.err for word in words), said.err
    refused(said, 2)


def test_when_statsmodels_is_missing_then_one_line_names_the_install(fresh, market_file):
    code = """
import sys
sys.modules["statsmodels"] = None
from vrx.cli import main
sys.argv = ["vrx", *sys.argv[1:]]
main()
"""
    done = fresh(code, "var", "--series", market_file, "--window", "100")
    refused(done, 1, 'a vector autoregression needs statsmodels: pip install "vrx[research]"')


# -- the experiment ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def webb():
    """The experiment's modules, and a made market of its days."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))
    try:
        vector, market = map(importlib.import_module, ("webb_vector", "webb_market"))
    finally:
        del sys.path[0]
    dates = np.arange("2013-06-01", "2017-03-15", dtype="M8[D]")
    rng = np.random.default_rng(4)
    level = np.zeros(len(dates))
    for t in range(1, len(dates)):
        level[t] = 0.97 * level[t - 1] + 0.2 * rng.normal()
    returns = 0.008 * np.exp(0.5 * level) * rng.normal(size=len(dates))
    realized = 4e-5 * np.exp(level + 0.3 * rng.normal(size=len(dates)))
    realized[-5] = np.nan
    return vector, market.Market(dates, returns, realized, 6e-5 * np.exp(level))


def test_every_figure_of_the_papers_paragraph_has_a_row_of_strings(webb, monkeypatch):
    vector, market = webb
    monkeypatch.setattr(vector, "LAGS", (1, 2))
    rows = vector.vector_rows(market)
    assert len(rows) == 16
    assert all(len(row) == 5 and all(type(cell) is str and cell for cell in row) for row in rows)
    assert [row[1] for row in rows[:4]] == ["0.0053", "0.0048", "8.5%", "below 0.05 at all lags"]
    assert {row[1] for row in rows[4:]} == {"-"}
    assert len({(row[0], row[3]) for row in rows}) == 16
    assert "is 9.4%, not 8.5%" in rows[2][4]
    assert "72 days from 2017-01-01 to 2017-03-14" in rows[0][3]


def test_the_volatility_known_on_a_day_does_not_change_with_later_returns(webb):
    vector, market = webb
    model = vector.CASES[0].model()
    sigma = vector.known_sigma(market, model)
    day = int(market.days[30])
    returns = market.returns.copy()
    returns[day:] *= -2.0
    other = vector.known_sigma(replace(market, returns=returns), model)
    known = day - market.first
    np.testing.assert_array_equal(other[:known], sigma[:known])
    assert (other[known:] != sigma[known:]).all()

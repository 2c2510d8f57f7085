import json
import sys

import numpy as np
import pytest

from vrx import har
from vrx.errors import InputError
from vrx.evaluation import baselines, mean_over_assets, metrics, score

HORIZONS = [1, 5]


def simulated(n, seed=0, noise=0.3):
    """A known daily variance, and a measure of it: unbiased, with log-normal noise."""
    rng = np.random.default_rng(seed)
    level = np.zeros(n)
    for t in range(1, n):
        level[t] = 0.97 * level[t - 1] + 0.2 * rng.normal()
    variance = 1e-4 * np.exp(level)
    return variance, variance * np.exp(noise * rng.normal(size=n) - noise**2 / 2)


def came(variance, horizons):
    return np.column_stack([har.target(variance, h, log=False) for h in horizons])


@pytest.fixture(scope="module")
def panel():
    scores = []
    for seed in range(3):
        _, measured = simulated(900, seed)
        scores.append(score(baselines(measured, HORIZONS), came(measured, HORIZONS), HORIZONS))
    return scores


def cell(scores, model, horizon):
    return next(row for row in scores.rows if (row.model, row.horizon) == (model, horizon))


def test_every_score_is_its_metric_on_the_scored_rows():
    rng = np.random.default_rng(0)
    actual = np.exp(rng.normal(size=(50, 2)))
    one, two = np.exp(rng.normal(size=(2, 50, 2)))
    row = cell(score({"one": one, "two": two}, actual, HORIZONS, baseline="two"), "one", 5)
    f, y = one[:, 1], actual[:, 1]
    assert row.n == 50
    assert row.qlike == metrics.qlike(f, y)
    assert row.rmse_log == pytest.approx(np.sqrt(np.mean((np.log(f) - np.log(y)) ** 2)))
    assert row.mae_vol == pytest.approx(np.mean(np.abs(np.sqrt(f) - np.sqrt(y))))
    assert row.r2_log == metrics.r_squared(np.log(f), np.log(y))
    assert row.correlation_log == pytest.approx(np.corrcoef(np.log(f), np.log(y))[0, 1])
    tested = metrics.diebold_mariano(metrics.qlike_loss(f, y), metrics.qlike_loss(two[:, 1], y), 5)
    assert (row.dm_statistic, row.dm_p) == tested


def test_when_one_model_misses_a_day_then_no_model_is_scored_on_it():
    actual = np.exp(np.random.default_rng(1).normal(size=(30, 1)))
    whole, gappy = actual * 1.1, actual * 0.9
    whole[4] = 1e6  # a disaster, on a day that the other model does not forecast
    gappy[4] = np.nan
    actual[7] = np.nan
    scores = score({"whole": whole, "gappy": gappy}, actual, [1], baseline="gappy")
    assert [row.n for row in scores.rows] == [28, 28]
    assert scores.given == 30
    assert cell(scores, "whole", 1).qlike == pytest.approx(1 / 1.1 + np.log(1.1) - 1)


def test_when_the_true_variance_is_known_then_it_beats_every_baseline():
    variance, measured = simulated(3000, seed=4)
    actual = came(measured, [1])
    forecasts = baselines(measured, [1])
    # tomorrow's variance itself: no forecast made from measured days can do better on average
    forecasts["oracle"] = came(variance, [1])
    scores = score(forecasts, actual, [1])
    oracle, log_har, walk = (cell(scores, m, 1).qlike for m in ("oracle", "log-har", "random-walk"))
    # Mean QLIKE of the truth under log-normal noise of variance 0.09 is 0.09 / 2.
    assert oracle == pytest.approx(0.045, rel=0.1)
    assert oracle < log_har < walk
    assert cell(scores, "oracle", 1).dm_statistic < -5
    assert cell(scores, "random-walk", 1).dm_statistic > 5


def test_the_baseline_is_not_tested_against_itself(panel):
    for row in panel[0].rows:
        assert (row.dm_p is None) == (row.model == "log-har")


def test_when_statsmodels_is_missing_then_the_scores_stand_without_the_test(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.stattools", None)
    actual = np.exp(np.random.default_rng(1).normal(size=(30, 1)))
    scores = score({"one": actual * 1.1, "two": actual}, actual, [1], baseline="two")
    assert cell(scores, "one", 1).dm_p is None
    assert cell(scores, "one", 1).qlike > 0


def test_the_dictionary_is_plain_json_even_where_a_number_is_undefined():
    actual = np.exp(np.random.default_rng(1).normal(size=(30, 1)))
    scores = score({"flat": np.ones((30, 1)), "exact": actual}, actual, [1], baseline="exact")
    plain = json.loads(json.dumps(scores.to_dict(), allow_nan=False))
    assert plain["rows"][0]["correlation_log"] is None
    assert plain["rows"][1]["qlike"] == 0.0
    assert plain["given"] == 30
    json.dumps(mean_over_assets([scores]).to_dict())


def test_the_table_has_a_line_for_every_model_and_horizon(panel):
    lines = panel[0].table().splitlines()
    assert lines[0].startswith("| model | horizon | n | qlike |")
    assert len(lines) == 2 + 4 * 2
    assert len({line.count("|") for line in lines}) == 1
    assert "dm_p" not in mean_over_assets(panel).table()


def test_the_random_walk_answers_the_mean_of_as_many_days_as_it_looks_ahead():
    _, variance = simulated(60)
    walk = baselines(variance, [1, 22])["random-walk"]
    np.testing.assert_array_equal(walk[:, 0], variance)
    assert np.isnan(walk[:21, 1]).all()
    for t in range(21, 60):
        assert walk[t, 1] == pytest.approx(variance[t - 21 : t + 1].mean())


def test_the_ewma_is_the_weighted_mean_of_its_past_and_steps_over_missing_days():
    _, variance = simulated(40)
    variance[[0, 10]] = np.nan
    ewma = baselines(variance, [1])["ewma"][:, 0]
    present = np.delete(variance, [0, 10])
    weights = 0.06 * 0.94 ** np.arange(38)[::-1]
    weights[0] /= 0.06
    assert weights.sum() == pytest.approx(1.0)
    assert ewma[-1] == pytest.approx(weights @ present)
    assert np.flatnonzero(np.isnan(ewma)).tolist() == [0, 10]


def test_when_days_after_t_change_then_no_baseline_changes_up_to_t():
    _, variance = simulated(400)
    changed = variance.copy()
    changed[330:] = 7.0 * simulated(400, seed=9)[1][330:]
    before, after, cut = (baselines(v, [1, 5]) for v in (variance, changed, variance[:330]))
    for name, forecast in before.items():
        assert np.isfinite(forecast[300:330]).all()
        np.testing.assert_array_equal(forecast[:330], after[name][:330])
        np.testing.assert_array_equal(forecast[:330], cut[name])
        assert (forecast[340:] != after[name][340:]).all()


def test_the_panel_averages_assets_alike_and_states_both_ratios(panel):
    mean = mean_over_assets(panel)
    row = cell(mean, "har", 5)
    own = [cell(scores, "har", 5).qlike for scores in panel]
    base = [cell(scores, "log-har", 5).qlike for scores in panel]
    assert row.assets == 3
    assert row.qlike == pytest.approx(np.mean(own))
    assert row.mae_vol == pytest.approx(np.mean([cell(scores, "har", 5).mae_vol for scores in panel]))
    assert row.qlike_change_of_means == pytest.approx(np.mean(own) / np.mean(base) - 1)
    assert row.qlike_mean_of_changes == pytest.approx(np.mean(np.divide(own, base)) - 1)
    assert cell(mean, "log-har", 5).qlike_change_of_means == 0.0
    assert cell(mean, "log-har", 5).qlike_mean_of_changes == 0.0


ONES = np.ones((30, 1))


def but(value):
    changed = ONES.copy()
    changed[3, 0] = value
    return changed


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: score({"a": ONES}, ONES, [1]),
            "baseline is 'log-har', the forecasts are a: name one of them",
        ),
        (lambda: score({"a": ONES}, ONES[:, 0], [1], "a"), r"actual has shape \(30,\): give \(n, 1\)"),
        (lambda: score({"a": ONES[1:]}, ONES, [1], "a"), r"a has shape \(29, 1\): give \(30, 1\)"),
        (lambda: score({"a": ONES}, but(0.0), [1], "a"), r"actual\[3, 0\] is 0, .* set the day to NaN"),
        (lambda: score({"a": but(-2.0)}, ONES, [1], "a"), r"a\[3, 0\] is -2"),
        (lambda: score({"a": but(np.inf)}, ONES, [1], "a"), r"a\[3, 0\] is inf"),
        (lambda: score({"a": [["x"]]}, ONES, [1], "a"), "a has dtype <U1: pass real numbers"),
        (lambda: score({"a": ONES * np.nan}, ONES, [1], "a"), "no row is known to every model at horizon 1"),
        (lambda: mean_over_assets([]), "scores is empty"),
        (
            lambda: mean_over_assets([score({"a": ONES}, ONES, [1], "a"), score({"b": ONES}, ONES, [1], "b")]),
            r"scores\[1\] holds other models",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_when_the_measure_holds_a_zero_then_the_baselines_name_the_day():
    _, variance = simulated(60)
    variance[12] = 0.0
    with pytest.raises(InputError, match=r"variance\[12\] is 0"):
        baselines(variance, [1])

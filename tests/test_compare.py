"""Models side by side: what is forecast, what the baselines say, and how they are scored."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vrx import har, rolling
from vrx.econometrics import Garch
from vrx.errors import InputError
from vrx.evaluation import Forecasts, Task, baselines_of, compare, metrics, model_confidence_set
from vrx.evaluation.confidence import block
from vrx.evaluation.refit import refitted, windows_of
from vrx.evaluation.split import Cuts, cut
from vrx.evaluation.walk import centred, returns_of

LAST_KNOWN = 270
few = settings(max_examples=15)


def cuts_of(bars, train=200, validation=LAST_KNOWN):
    return Cuts(bars.dates[train], bars.dates[validation])


@pytest.fixture(scope="module")
def prices(bars, only):
    return only(bars, ("open", "high", "low", "close"))


@pytest.fixture(scope="module")
def tasks(prices):
    return {name: Task(prices, name, at=cuts_of(prices)) for name in ("next-day", "rolling")}


def futures():
    rest = st.tuples(st.integers(1, 80), st.floats(0.05, 20.0), st.integers(0, 2**31))
    return st.tuples(st.integers(LAST_KNOWN + 1, 310), rest).map(lambda pair: (pair[0], *pair[1]))


def same(one, two, day):
    for part in ("variance", "log_variance"):
        assert np.array_equal(getattr(one, part)[: day + 1], getattr(two, part)[: day + 1], equal_nan=True)


@few
@given(st.sampled_from(["next-day", "rolling"]), st.sampled_from([1, 5]), futures())
def test_what_a_baseline_says_at_the_end_of_a_day_is_that_day_s_whatever_came_after(prices, protocol, horizon, future):
    horizon, day, at = 1 if protocol == "rolling" else horizon, future[0], cuts_of(prices)
    one, two = (baselines_of(Task(series, protocol, horizon, at=at)) for series in (prices, changed(prices, future)))
    assert one.keys() == two.keys()
    for name in one:
        same(one[name], two[name], day)
        assert np.isfinite(one[name].log_variance[day])
    # The test can fail: the next day is another.
    assert one["ewma"].variance[day + 1] != two["ewma"].variance[day + 1]


def changed(series, future):
    """Another future after the same days."""
    day, rows, size, seed = future
    rng = np.random.default_rng(seed)
    which, scale = rng.integers(0, len(series), rows + 5), size * np.exp(0.1 * rng.normal(size=rows + 5))
    columns = {name: np.append(values[: day + 1], scale * values[which]) for name, values in series.columns.items()}
    return replace(series, columns=columns, dates=series.dates[0] + np.arange(day + rows + 6))


@pytest.mark.parametrize("protocol", ["next-day", "rolling"])
@pytest.mark.parametrize("name", ["garch", "dynamic-fractional"])
def test_a_refitted_model_says_the_same_whatever_comes_after(prices, tasks, protocol, name):
    day = LAST_KNOWN + 25  # beyond the second fit
    other = changed(prices, (day, 20, 3.0, 1))
    one, _ = refitted(name, tasks[protocol])
    two, _ = refitted(name, Task(other, protocol, at=cuts_of(prices)))
    same(one, two, day)
    assert np.isfinite(one.variance[LAST_KNOWN : day + 1]).all()
    assert one.variance[day + 1] != two.variance[day + 1]


def test_a_refitted_model_is_that_of_the_returns_so_far_scaled_to_the_measure(prices, tasks):
    task, row = tasks["next-day"], LAST_KNOWN + 22
    found, notes = refitted("garch", task)
    returns = returns_of(prices)[1 : row + 1]
    scale = task.variance[1 : row + 1].mean() / np.square(returns).mean()
    np.testing.assert_allclose(found.variance[row], scale * Garch().fit(returns).next_sigma ** 2, rtol=1e-3)
    assert "refitted every 22 days" in notes[0]
    assert "scaled from squared returns to garman_klass" in notes[0]


def test_log_har_gives_the_mean_of_its_logarithm_beside_the_mean(tasks):
    task, row = tasks["next-day"], 300
    said = baselines_of(task)["log-har"]
    fitted = har.fit(task.variance[: row + 1], log=True)
    mean = har.features(task.variance[: row + 1], log=True)[-1] @ fitted.coefficients
    np.testing.assert_allclose(said.log_variance[row], mean, rtol=1e-9)
    np.testing.assert_allclose(np.log(said.variance[row]), mean + 0.5 * fitted.residual_variance, rtol=1e-9)


def test_the_overlap_forecast_is_fitted_to_the_days_before_the_test_part(prices, tasks):
    task, returns = tasks["rolling"], returns_of(prices)
    expected = rolling.fit(returns[: LAST_KNOWN + 1], 22).predict(returns)
    said = baselines_of(task)["overlap"]
    np.testing.assert_array_equal(said.log_variance, expected.log_variance)
    np.testing.assert_array_equal(said.variance, expected.variance)


def test_the_targets_are_what_comes_after_each_row(prices, tasks):
    window = np.diff(np.log(prices["close"]))[-22:].var(ddof=1)
    np.testing.assert_allclose(tasks["rolling"].actual[-2], window, rtol=1e-12)
    np.testing.assert_array_equal(tasks["next-day"].actual[:-1], tasks["next-day"].variance[1:])
    assert tasks["next-day"].target == "variance of the next day (garman_klass + overnight)"
    assert tasks["next-day"].rows[0] == LAST_KNOWN
    assert tasks["next-day"].target_days[0] == prices.dates[LAST_KNOWN + 1]
    assert tasks["next-day"].rows[-1] == len(prices) - 2


@few
@given(st.integers(0, 10**6), st.integers(2, 30), st.floats(0.2, 5.0))
def test_a_window_whose_new_return_is_normal_has_the_mean_of_its_simulation(seed, window, size):
    rng = np.random.default_rng(seed)
    returns, sigma = rng.normal(size=window), size
    found = windows_of(returns, np.append(np.full(window - 1, np.nan), sigma**2), window)
    new = sigma * rng.normal(size=20_000)
    windows = np.column_stack([np.tile(returns[1:], (len(new), 1)), new]).var(axis=1, ddof=1)
    for said, drawn in ((found.variance[-1], windows), (found.log_variance[-1], np.log(windows))):
        assert abs(said - drawn.mean()) < 5.0 * drawn.std() / np.sqrt(len(new)) + 1e-9


def test_the_scores_are_the_metrics_of_the_days_that_all_models_know(tasks):
    task = tasks["next-day"]
    forecasts = dict(baselines_of(task))
    halved = Forecasts(0.5 * forecasts["har"].variance, forecasts["log-har"].log_variance)
    halved.variance[LAST_KNOWN : LAST_KNOWN + 5] = np.nan
    found = compare(task, forecasts | {"mine": halved})
    rows = task.rows[5:]
    np.testing.assert_array_equal(found.rows, rows)
    assert found.missing == {"mine": 5}
    score = {score.model: score for score in found.scores}["mine"]
    came, log_came = task.actual[rows], 0.5 * np.log(task.actual[rows])
    # Squared error is of the mean log; QLIKE and MAPE of the mean.
    log_said = 0.5 * halved.log_variance[rows]
    assert score.rmse == metrics.rmse(log_said, log_came)
    assert score.r2 == metrics.r_squared(log_said, log_came)
    assert score.qlike == metrics.qlike(halved.variance[rows], came)
    assert score.mape == metrics.mape(np.sqrt(halved.variance[rows]), np.sqrt(came))
    before = 0.5 * np.log(task.variance[rows])
    assert score.directional_accuracy == metrics.directional_accuracy(log_said, log_came, before)
    base = forecasts["log-har"].variance[rows]
    losses = metrics.qlike_loss(halved.variance[rows], came), metrics.qlike_loss(base, came)
    assert (score.dm_qlike, score.dm_qlike_p) == metrics.diebold_mariano(*losses)
    assert score.dm_log is not None and score.dm_log != score.dm_qlike


@pytest.mark.parametrize("horizon", [1, 5])
def test_a_random_walk_forecasts_no_change_and_so_has_no_direction(prices, horizon):
    task = Task(prices, horizon=horizon, at=cuts_of(prices))
    found = compare(task, baselines_of(task), against="ewma")
    assert found.scores[0].model == "random-walk"
    assert np.isnan(found.scores[0].directional_accuracy)
    assert found.to_dict()["scores"][0]["directional_accuracy"] is None
    assert [score.dm_log is None for score in found.scores] == [False, True, False, False]


def test_a_plain_array_is_scored_by_its_logarithm_and_the_dict_is_json(tasks):
    task = tasks["next-day"]
    one = compare(task, baselines_of(task) | {"mine": task.variance})
    scores = {score.model: score for score in one.scores}
    assert scores["mine"].rmse == scores["random-walk"].rmse
    document = one.to_dict()
    assert document["n"] == len(task.rows) == document["given"]
    assert [row["model"] for row in document["scores"]] == ["random-walk", "ewma", "har", "log-har", "mine"]
    assert len(one.table().splitlines()) == 7
    assert one.best("rmse") == min(score.rmse for score in one.scores)
    assert one.best("r2") == max(score.r2 for score in one.scores)


@few
@given(st.sampled_from([1, 5]), st.floats(0.1, 10.0), futures())
def test_a_mean_variance_is_scored_in_logs_by_its_past_errors_alone(prices, horizon, scale, future):
    at = cuts_of(prices)
    one, two = (Task(series, horizon=horizon, at=at) for series in (prices, changed(prices, future)))
    flat = [centred(Forecasts(np.full(len(task.dates), scale)), task).log_variance for task in (one, two)]
    day = future[0]
    np.testing.assert_array_equal(flat[0][: day + 1], flat[1][: day + 1])
    # Row t knows the targets that ended by then; where variance starts on the second day, the first is target 0.
    came = np.log(one.actual[: day - horizon + 1])
    np.testing.assert_allclose(flat[0][day], came[np.isfinite(came)].mean(), rtol=1e-9)
    own = Forecasts(np.full(len(one.dates), scale), np.zeros(len(one.dates)))
    assert centred(own, one) is own


def test_a_model_that_saw_the_days_is_scored_but_neither_best_nor_in_the_confidence_set(tasks):
    task = tasks["next-day"]
    perfect = Forecasts(np.where(np.isfinite(task.actual), task.actual, 1e-4), np.log(task.actual))
    found = compare(task, baselines_of(task) | {"mine": perfect}, seen={"mine": "2024-01-01"})
    mine = found.scores[-1]
    assert (mine.rmse, mine.seen_until, mine.mcs_p, mine.in_mcs) == (0.0, "2024-01-01", None, None)
    assert found.best("rmse") == min(score.rmse for score in found.scores[:-1]) > 0.0
    assert max(score.mcs_p for score in found.scores[:-1]) == 1.0


@pytest.mark.filterwarnings("error")
def test_a_score_that_no_model_has_is_best_for_none(tasks):
    task = tasks["next-day"]
    found = compare(task, {"flat": np.full(len(task.dates), 1e-4)}, against="flat", seen={"flat": "2024-01-01"})
    assert np.isnan(found.best("rmse")) and np.isnan(found.best("correlation"))


def test_an_infinite_forecast_is_refused_by_name_and_a_day_without_a_past_is_left_out(tasks, prices):
    task, values = tasks["next-day"], np.full(320, 1e-4)
    values[LAST_KNOWN + 3] = np.inf
    with pytest.raises(InputError, match="mine forecasts an infinite variance"):
        compare(task, baselines_of(task) | {"mine": values})
    early = Task(prices, horizon=5, at=cuts_of(prices, 0, 1))
    found = compare(early, {"flat": np.full(320, 1e-4)}, against="flat")
    assert found.rows[0] == 5 > early.rows[0]
    assert np.isfinite(found.scores[0].directional_accuracy)


def test_forecasts_that_overlap_have_longer_blocks_and_under_five_of_them_no_confidence_set(prices):
    rng = np.random.default_rng(0)
    losses = {name: np.convolve(rng.chisquare(1, 271), np.ones(22) / 22, mode="valid") for name in "ab"}
    losses = {name: values - values.mean() + 0.01 * (name == "a") for name, values in losses.items()}
    assert block(250, 22) == 44
    assert model_confidence_set(losses, horizon=22) != model_confidence_set(losses)
    task = Task(prices, horizon=22, at=cuts_of(prices))
    found = compare(task, {"flat": np.full(320, 1e-4)}, against="flat")
    assert found.n < 5 * 22
    assert found.scores[0].mcs_p is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"protocol": "weekly"}, "take one of next-day, rolling"),
        ({"horizon": 0}, "horizon"),
        ({"protocol": "rolling", "horizon": 5}, "one day ahead"),
        ({"protocol": "rolling", "window": 1}, "window"),
        ({"window": 5000}, "use 2 to 999"),
        ({"at": Cuts(np.datetime64("2029-01-01"), np.datetime64("2030-01-01"))}, "no day of the test part"),
    ],
)
def test_when_a_task_cannot_be_set_then_one_line_says_why(prices, changes, words):
    with pytest.raises(InputError, match=words):
        Task(prices, **changes)


def test_when_the_series_has_no_dates_then_the_cure_is_a_date_column(prices):
    with pytest.raises(InputError, match="give a date column"):
        Task(replace(prices, dates=None))


def test_when_forecasts_do_not_fit_the_task_then_they_are_named(tasks):
    task = tasks["next-day"]
    base = baselines_of(task)
    for given_, words in (
        ({"mine": task.variance[:-1]}, "give one for each"),
        ({"mine": 0.0 * task.variance}, "not positive"),
        ({"mine": np.full(len(task.dates), np.nan)}, "mine lacks"),
        ({"mine": np.ones((3, 2))}, "give one"),
    ):
        with pytest.raises(InputError, match=words):
            compare(task, base | given_)
    with pytest.raises(InputError, match="name one of them"):
        compare(task, base, against="arima")
    with pytest.raises(InputError, match="one day ahead"):
        refitted("garch", Task(task.bars, horizon=5, at=task.cuts))
    with pytest.raises(InputError, match="take one of garch"):
        refitted("arima", task)
    variance = replace(task.bars, columns={"variance": task.bars["close"]})
    with pytest.raises(InputError, match="no close and no return"):
        refitted("garch", Task(variance, at=task.cuts))


def test_when_no_day_is_forecast_by_all_then_the_cure_is_one_that_helps(prices, tasks):
    task = tasks["next-day"]
    with pytest.raises(InputError, match="mine lacks 49 of 49: leave it out, or give a longer history"):
        compare(task, baselines_of(task) | {"mine": np.full(len(task.dates), np.nan)})
    still = Task(replace(prices, columns={"variance": np.full(len(prices), 1e-4)}), at=cuts_of(prices))
    with pytest.raises(InputError, match=r"har, log-har lack 49 of 49, .*: give a series that varies"):
        compare(still, baselines_of(still))


@pytest.mark.parametrize(
    ("days", "horizon", "words"),
    [
        # The 253rd day is the first to forecast from, and needs a day after it.
        (253, 1, "har and log-har start at day 253, and day 252 is the last to forecast from: give a longer history"),
        (254, 1, None),
        # Far ahead the first 14 pairs of a fit are known later: 1 + 21 + 13 + 233 rows.
        (500, 233, "har and log-har start at day 269, and day 267 is the last to forecast from"),
        (500, 232, None),
    ],
)
def test_the_day_that_har_starts_at_is_the_first_that_it_forecasts_from(market, only, days, horizon, words):
    bars = only(market(days), ("open", "high", "low", "close"))
    task = Task(bars, horizon=horizon, at=Cuts(bars.dates[20], bars.dates[30]))
    if words is None:
        assert compare(task, baselines_of(task)).n == 1
        return
    with pytest.raises(InputError, match=words):
        compare(task, baselines_of(task))


def test_a_day_on_which_nothing_moves_is_not_scored(prices):
    columns = {name: values.copy() for name, values in prices.columns.items()}
    for values in columns.values():
        values[300] = columns["close"][299]
    task = Task(replace(prices, columns=columns), at=cuts_of(prices))
    assert len(task.test_rows) == len(task.rows) + 1
    assert 299 not in task.rows
    assert compare(task, baselines_of(task)).n == len(task.rows)


def test_shares_leave_room_for_every_part():
    days = np.arange("2024-01-01", "2024-01-09", dtype="M8[D]")
    for shares in ((0.0, 0.5), (0.5, 0.5), (1.2, 0.1), (0.5, -0.1)):
        with pytest.raises(InputError, match="leave room"):
            cut(days, *shares)


@few
@given(st.integers(0, 10**6))
def test_the_confidence_set_holds_the_best_and_drops_what_is_far_worse(seed):
    noise = np.random.default_rng(seed).chisquare(1, size=(3, 250))
    losses = {"a": noise[0], "same": noise[0], "b": noise[1], "worse": noise[0] + 2.0 + noise[2]}
    found = model_confidence_set(losses, seed=seed)
    assert list(found) == list(losses)
    assert found["a"] == found["same"]
    assert found["worse"] < 0.10
    best = min(("a", "b"), key=lambda name: losses[name].mean())
    assert found[best] == 1.0
    assert found == model_confidence_set(losses, seed=seed)


def test_the_confidence_set_of_equal_models_is_all_of_them_and_bad_losses_are_named():
    losses = np.arange(20.0)
    assert model_confidence_set({"one": losses}) == {"one": 1.0}
    assert model_confidence_set({"one": losses, "two": losses}) == {"one": 1.0, "two": 1.0}
    for given_, words in (
        ({}, "empty"),
        ({"one": losses[:9]}, "10 days"),
        ({"one": losses, "two": losses[:-1]}, "losses of two"),
        ({"one": np.append(losses, np.nan)}, "no number"),
    ):
        with pytest.raises(InputError, match=words):
            model_confidence_set(given_)

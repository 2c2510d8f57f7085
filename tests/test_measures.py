import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import measures as slow
from vrx import measures
from vrx.errors import InputError
from vrx.series import read

SIGMA2 = 0.02**2  # the daily variance of every simulated path
MOVES = st.floats(-0.2, 0.2)


@st.composite
def valid_bars(draw, fewest=2):
    """Open, high, low, close of shape (n, 4) whose high and low enclose open and close."""
    rows = draw(st.lists(st.tuples(MOVES, MOVES, st.floats(0, 0.2), st.floats(0, 0.2)), min_size=fewest, max_size=12))
    bars, last = [], 100.0
    for night, session, above, below in rows:
        o = last * math.exp(night)
        c = o * math.exp(session)
        bars.append((o, max(o, c) * math.exp(above), min(o, c) * math.exp(-below), c))
        last = c
    return np.array(bars)


returns_of_a_day = st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=30)


def brownian_days(days, steps, drift, seed):
    """Days of a Brownian motion that never closes: the log price at each step, each day starting at 0."""
    rng = np.random.default_rng(seed)
    moves = rng.normal(drift / steps, math.sqrt(SIGMA2 / steps), (days, steps))
    return np.concatenate([np.zeros((days, 1)), moves.cumsum(axis=1)], axis=1)


def brownian_bars(days, drift, seed, steps=64, night=0.0):
    """Bars with the exact extremes of the motion between the steps (drawn from the Brownian bridge)."""
    path = brownian_days(days, steps, drift, seed)
    rng = np.random.default_rng(seed + 1)
    a, b = path[:, :-1], path[:, 1:]

    def reach(sign):
        spread = np.square(b - a) - 2 * SIGMA2 / steps * np.log(rng.uniform(size=a.shape))
        return (a + b + sign * np.sqrt(spread)) / 2

    nights = rng.normal(0, math.sqrt(night), days) if night else np.zeros(days)
    start = np.concatenate([[0.0], path[:-1, -1].cumsum()]) + nights.cumsum()
    logs = [0.0 * start, reach(1).max(axis=1), reach(-1).min(axis=1), path[:, -1]]
    return [np.exp(start + part) for part in logs]


def assert_unbiased(values, truth, standard_errors=4.0):
    """The mean lies within 4 standard errors of the truth: a sound estimator fails once in 16,000 seeds."""
    assert abs(values.mean() - truth) < standard_errors * values.std(ddof=1) / math.sqrt(len(values))


@given(valid_bars())
def test_when_computed_one_day_at_a_time_then_the_range_measures_agree(bars):
    o, h, l, c = bars.T  # noqa: E741
    close = {"rtol": 1e-9, "atol": 1e-15}
    np.testing.assert_allclose(measures.parkinson(h, l), [slow.parkinson(b[1], b[2]) for b in bars], **close)
    np.testing.assert_allclose(measures.garman_klass(o, h, l, c), [slow.garman_klass(*b) for b in bars], **close)
    np.testing.assert_allclose(
        measures.rogers_satchell(o, h, l, c), [slow.rogers_satchell(*b) for b in bars], rtol=1e-9, atol=1e-14
    )
    twin = slow.yang_zhang([tuple(b) for b in bars], window=2)
    np.testing.assert_allclose(measures.yang_zhang(o, h, l, c, window=2), twin, rtol=1e-9, atol=1e-14)


@given(returns_of_a_day)
def test_when_computed_one_return_at_a_time_then_the_realized_measures_agree(returns):
    for name in ("realized_variance", "bipower_variation", "medrv", "realized_quarticity"):
        fast, twin = getattr(measures, name)(returns), getattr(slow, name)(returns)
        assert float(fast) == pytest.approx(twin, rel=1e-12, abs=1e-300), name
    assert float(measures.subsampled_variance(returns, 2)) == pytest.approx(
        slow.subsampled_variance(returns, 2), rel=1e-9, abs=1e-18
    )


@given(valid_bars(fewest=4), st.floats(1e-3, 1e3))
def test_when_all_prices_are_scaled_then_no_measure_changes(bars, factor):
    for name in measures.MEASURES[1:]:
        if name != "variance":
            before = measures.daily_variance(read(bars), name)[1]
            after = measures.daily_variance(read(bars * factor), name)[1]
            np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-14, err_msg=name)
    before, after = (measures.yang_zhang(*prices.T, window=3) for prices in (bars, bars * factor))
    np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-14)


@given(valid_bars())
def test_when_bars_are_valid_then_no_daily_variance_is_negative(bars):
    checked = read(bars)
    for name in ("garman_klass", "rogers_satchell", "parkinson", "close_to_close"):
        assert (measures.daily_variance(checked, name)[1][1:] >= 0).all(), name
    assert (measures.garman_klass(*bars.T) >= -1e-16).all()


@given(returns_of_a_day)
def test_when_the_semivariances_are_added_then_they_give_the_realized_variance(returns):
    positive, negative = measures.semivariances(returns)
    assert positive >= 0 and negative >= 0
    assert positive + negative == pytest.approx(float(measures.realized_variance(returns)), rel=1e-12)


@given(returns_of_a_day)
def test_when_every_is_one_then_subsampling_changes_nothing(returns):
    subsampled = float(measures.subsampled_variance(returns, 1))
    assert subsampled == pytest.approx(float(measures.realized_variance(returns)), rel=1e-12)


def test_when_the_days_lie_along_the_first_axis_then_the_measures_follow_the_axis():
    returns = np.random.default_rng(5).normal(0, 0.01, (7, 3))
    for name in ("realized_variance", "bipower_variation", "medrv", "realized_quarticity"):
        measure = getattr(measures, name)
        np.testing.assert_allclose(measure(returns, axis=0), [measure(day) for day in returns.T], rtol=1e-12)


def test_when_the_price_is_brownian_then_each_range_measure_is_unbiased():
    o, h, l, c = brownian_bars(days=20_000, drift=0.0, seed=1)  # noqa: E741
    assert_unbiased(measures.close_to_close(c)[1:], SIGMA2)
    assert_unbiased(measures.parkinson(h, l), SIGMA2)
    assert_unbiased(measures.garman_klass(o, h, l, c), SIGMA2)
    assert_unbiased(measures.rogers_satchell(o, h, l, c), SIGMA2)


def test_when_the_price_is_brownian_then_each_realized_measure_is_unbiased():
    returns = np.diff(brownian_days(days=4_000, steps=60, drift=0.0, seed=2), axis=1)
    for measure in (measures.realized_variance, measures.bipower_variation, measures.medrv):
        assert_unbiased(measure(returns), SIGMA2)
    assert_unbiased(measures.subsampled_variance(returns, 5), SIGMA2)
    assert_unbiased(measures.realized_quarticity(returns), SIGMA2**2)
    for half in measures.semivariances(returns):
        assert_unbiased(half, SIGMA2 / 2)


def test_when_the_price_drifts_then_rogers_satchell_and_yang_zhang_stay_unbiased_and_parkinson_does_not():
    o, h, l, c = brownian_bars(days=20_000, drift=0.02, seed=3, night=SIGMA2 / 4)  # noqa: E741
    assert_unbiased(measures.rogers_satchell(o, h, l, c), SIGMA2)
    blocks = measures.yang_zhang(o, h, l, c, window=10)[10::10]  # windows that share no day
    assert_unbiased(blocks, SIGMA2 * 1.25)
    off = measures.parkinson(h, l)
    assert off.mean() - SIGMA2 > 10 * off.std() / math.sqrt(len(off))


def test_when_one_jump_hits_each_day_then_bipower_and_medrv_ignore_it_and_realized_variance_does_not():
    jump2 = 4 * SIGMA2
    bias = {"bipower_variation": [], "medrv": [], "realized_variance": []}
    for steps in (100, 6_400):
        returns = np.diff(brownian_days(days=400, steps=steps, drift=0.0, seed=4), axis=1)
        returns[:, steps // 2] += math.sqrt(jump2)
        for name, found in bias.items():
            found.append(abs(getattr(measures, name)(returns).mean() - SIGMA2) / SIGMA2)
    # The jump meets its neighbours of size 1/sqrt(steps): 64 times as many steps leave an eighth of the bias.
    assert bias["bipower_variation"][1] < bias["bipower_variation"][0] / 4
    assert bias["medrv"][1] < 0.02
    assert bias["realized_variance"][1] == pytest.approx(4, rel=0.05)


def test_when_a_ready_variance_is_there_then_auto_takes_it(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("date,open,high,low,close,rv5\n2024-01-01,1,2,1,2,1e-4\n2024-01-02,2,2,1,1,2e-4\n")
    name, variance = measures.daily_variance(read(path))
    assert (name, variance.tolist()) == ("variance", [1e-4, 2e-4])


def test_when_there_are_full_bars_then_auto_is_garman_klass_and_the_squared_night():
    bars = np.array([[10.0, 11.0, 9.0, 10.5], [10.0, 12.0, 10.0, 11.0]])
    name, variance = measures.daily_variance(read(bars))
    assert name == "garman_klass" and math.isnan(variance[0])
    assert variance[1] == pytest.approx(slow.garman_klass(*bars[1]) + math.log(10.0 / 10.5) ** 2, rel=1e-14)


def test_when_there_are_closes_alone_then_auto_is_the_squared_return():
    name, variance = measures.daily_variance(read([100.0, 110.0]))
    assert name == "close_to_close" and math.isnan(variance[0])
    assert variance[1] == pytest.approx(math.log(1.1) ** 2, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: measures.daily_variance(read([1.0, 2.0]), "atr"),
            "no measure 'atr'; there are: auto, variance",
        ),
        (
            lambda: measures.daily_variance(read([1.0, 2.0]), "parkinson"),
            "no column 'high'; there are: close",
        ),
        (lambda: measures.yang_zhang([1.0], [1.0], [1.0], [1.0], window=1), "window is 1"),
        (lambda: measures.medrv([0.1, 0.1]), "2 returns in a day: this measure needs at least 3"),
        (lambda: measures.subsampled_variance([0.1, 0.1], 3), "every is 3"),
        (lambda: measures.subsampled_variance([0.1, 0.1], 1.5), "every is 1.5: use a whole number"),
        (lambda: measures.parkinson([1.0, 2.0], [1.0]), "shapes (2,) and (1,)"),
        (lambda: measures.close_to_close(["1", "2"]), "close has dtype <U1: pass real numbers"),
        (lambda: measures.realized_variance([0.1], axis=1), "axis is 1"),
    ],
)
def test_when_a_measure_cannot_be_computed_then_one_line_says_why(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_scaled_garman_klass_has_the_size_of_squared_returns_over_the_days_before():
    rng = np.random.default_rng(2)
    close = 100.0 * np.exp(np.cumsum(0.01 * rng.normal(size=700)))
    opening = close * np.exp(0.002 * rng.normal(size=700))
    spread = np.exp(0.01 * np.abs(rng.normal(size=700)))
    high, low = np.maximum(opening, close) * spread, np.minimum(opening, close) / spread
    bars = read(np.stack([opening, high, low, close], axis=1))
    name, scaled = measures.daily_variance(bars, "scaled_garman_klass")
    plain, squares = measures.daily_variance(bars, "garman_klass")[1], measures.close_to_close(close)
    assert name == "scaled_garman_klass"
    # The first day has neither; 66 with both come before the first that is scaled.
    assert np.isnan(scaled[:67]).all() and np.isfinite(scaled[67:]).all()
    for day in (67, 300, 505, 506, 699):
        before = slice(max(day - 504, 1), day)
        expected = plain[day] * squares[before].mean() / plain[before].mean()
        assert scaled[day] == pytest.approx(expected, rel=1e-9)

"""Rolling-window variances and the forecast that keeps what is known of them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vrx import rolling
from vrx.cli.evaluate_models import Networks, _plan
from vrx.errors import InputError
from vrx.evaluation import Task
from vrx.evaluation.split import Cuts
from vrx.series import read
from vrx.training.networks import build
from vrx.training.start import start
from vrx.training.windows import cuts, samples

SEEDS = st.integers(0, 2**31)


def returns_of(seed, days=400):
    rng = np.random.default_rng(seed)
    return 0.01 * np.exp(0.3 * rng.normal(size=days).cumsum() / 5.0) * rng.standard_t(5, days)


@given(SEEDS, st.integers(2, 30), st.data())
def test_the_identity_of_the_coming_window_holds_whatever_it_keeps(seed, window, data):
    horizon = data.draw(st.integers(1, window))
    kept, new = np.split(returns_of(seed, window), [window - horizon])
    m, known = (kept.mean(), ((kept - kept.mean()) ** 2).sum()) if len(kept) else (0.0, 0.0)
    total = known + horizon * new.var() + len(kept) * horizon / window * (m - new.mean()) ** 2
    np.testing.assert_allclose(total / (window - 1), np.append(kept, new).var(ddof=1), rtol=1e-10)


@pytest.mark.parametrize("horizon", [1, 3, 22])
def test_the_forecast_is_the_mean_over_what_the_new_returns_may_be(horizon):
    returns = returns_of(1)
    fitted = rolling.fit(returns[:300], 22, horizon)
    said = fitted.predict(returns)
    t = 350
    weights = 0.5 ** (np.arange(rolling.LAGS)[::-1] / 10.0)
    scale = (np.abs(returns[t - rolling.LAGS + 1 : t + 1]) * weights).sum() / weights.sum()
    kept = returns[t + 1 - 22 + horizon : t + 1]
    logs = []
    for mean, within in zip(fitted.means, fitted.within, strict=True):
        for sign in (1.0, -1.0):
            # Returns of that mean and variance: half of them a little above it, half as much below.
            apart = np.sqrt(within) * scale * np.resize([1.0, -1.0], horizon)
            apart = apart - apart.mean()
            apart *= np.sqrt(within) * scale / apart.std() if horizon > 1 else 0.0
            window = np.concatenate([kept, sign * mean * scale + apart])
            logs.append(np.log(window.var(ddof=1)))
    assert said.log_variance[t] == pytest.approx(np.mean(logs), rel=1e-10)
    assert said.spread[t] == pytest.approx(np.std(logs), rel=1e-8)


@pytest.mark.parametrize("horizon", [1, 5])
def test_the_expected_variance_is_that_over_all_past_shocks(horizon):
    returns = returns_of(2)
    fitted = rolling.fit(returns, 22, horizon)
    t, n = 380, len(returns)
    scales = np.array([np.abs(returns[s - 131 : s + 1]) @ rolling.scale_weights(10.0) for s in range(131, n - horizon)])
    past = np.stack([returns[s + 1 : s + 1 + horizon] for s in range(131, n - horizon)]) / scales[:, None]
    past = np.concatenate([past, -past]) * scales[t - 131]
    kept = np.resize(returns[t + 1 - 22 + horizon : t + 1], (len(past), 22 - horizon))
    expected = np.concatenate([kept, past], axis=1).var(axis=1, ddof=1).mean()
    assert fitted.predict(returns).variance[t] == pytest.approx(expected, rel=1e-10)


@given(SEEDS, st.integers(140, 399), st.floats(0.1, 10.0))
def test_no_later_return_changes_a_bit_and_the_unit_of_returns_is_carried_through(seed, day, factor):
    returns = returns_of(seed)
    fitted = rolling.fit(returns[:300], 22)
    said = fitted.predict(returns)
    altered = returns.copy()
    altered[day + 1 :] *= -factor
    for one, two in zip(said, fitted.predict(altered), strict=True):
        np.testing.assert_array_equal(one[: day + 1], two[: day + 1])
    scaled = rolling.fit(factor * returns[:300], 22).predict(factor * returns)
    np.testing.assert_allclose(scaled.variance, factor**2 * said.variance, rtol=1e-10)
    np.testing.assert_allclose(scaled.log_variance, said.log_variance + 2.0 * np.log(factor), rtol=1e-10, atol=1e-10)


def test_rows_with_too_little_before_them_have_no_forecast():
    returns = returns_of(3)
    returns[200] = np.nan
    said = rolling.fit(returns, 22).predict(returns)
    known = np.isfinite(said.variance)
    expected = np.ones(400, dtype=bool)
    expected[:131] = expected[200:332] = False
    np.testing.assert_array_equal(known, expected)
    np.testing.assert_array_equal(np.isfinite(said.log_variance), expected)


def test_it_beats_the_window_of_today_where_the_window_is_all_that_lasts():
    returns = returns_of(4, 3000)
    variance = rolling.rolling_variance(read(np.exp(np.append(0.0, returns).cumsum())), 22)[1:]
    said = rolling.fit(returns[:1500], 22).predict(returns)
    came = np.log(variance[1501:])
    ours = np.std(came - said.log_variance[1500:-1])
    walk = np.std(came - np.log(variance[1500:-1]))
    assert ours < 0.85 * walk


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((returns_of(0), 1), "window"),
        ((returns_of(0), 22, 0), "horizon"),
        ((returns_of(0), 22, 23), "beyond the window of 22"),
        ((returns_of(0, 140), 22), "140 returns are too few"),
        (([0.1, "x"], 22), "number"),
    ],
)
def test_when_a_fit_cannot_be_then_one_line_says_so(arguments, words):
    with pytest.raises(InputError, match=words) as caught:
        rolling.fit(*arguments)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="halflife is 0"):
        rolling.fit(returns_of(0), 22, halflife=0)


@pytest.mark.parametrize("kind", ["overlap", "overlap-network"])
@pytest.mark.parametrize("window", [10, 140])
@torch.no_grad()
def test_the_network_starts_from_the_forecast_of_the_numpy_module(tiny, market, only, kind, window):
    bars = only(market(1000, 4, "long"), ("close",))
    lookback = window + max(rolling.LAGS, window - 1)
    recipe = tiny("close", kind, rolling=window, lookback=lookback, horizons=(1,), network={"season": 7})
    at = cuts([bars], recipe.split)
    part = samples([bars], recipe, at, "train")
    torch.manual_seed(0)
    network = build(recipe).eval()
    start(network, part)
    returns = np.diff(np.log(bars["close"]))
    # The first window that a network is shown begins later than the first day that has a forecast.
    first, last = recipe.lookback - 1, int(part.rows[-1])
    fitted = rolling.fit(returns[first - rolling.LAGS : last + 1], window)
    said = fitted.predict(returns)
    test = samples([bars], recipe, at, "test")
    mean, spread = network.distribution(network.input(test.windows(torch.arange(len(test)))))
    np.testing.assert_allclose(mean[:, 0].numpy(), said.log_variance[test.rows.numpy() - 1], rtol=1e-12)
    np.testing.assert_allclose(spread[:, 0].numpy(), said.spread[test.rows.numpy() - 1], rtol=1e-9)


@torch.no_grad()
def test_the_scale_of_the_same_phase_is_that_of_the_bars_a_season_ago(tiny):
    hours = [24 * k + off for k in range(1, 6) for off in (-1, 0, 1)]
    for season, ages in ((7, [7 * k for k in range(1, 19)]), (24, hours)):
        recipe = tiny("close", "overlap-network", rolling=10, lookback=142, horizons=(1,), network={"season": season})
        weights = build(recipe).weights[:, -1].numpy()
        found = sorted(rolling.LAGS - np.flatnonzero(weights))
        assert found == sorted(age for age in ages if age <= rolling.LAGS)
        assert weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["overlap", "overlap-network"])
def test_a_window_longer_than_the_lags_needs_all_the_returns_that_it_keeps(tiny, kind):
    with pytest.raises(InputError, match="the network reads 139 days: give 279"):
        tiny("close", kind, rolling=140, lookback=278, horizons=(1,))
    assert tiny("close", kind, rolling=140, lookback=279, horizons=(1,)).days == 139


@pytest.mark.parametrize(("window", "lookback"), [(22, 154), (133, 265), (150, 299)])
def test_evaluation_gives_the_network_the_window_that_it_needs(market, only, window, lookback):
    bars = only(market(1000, 4, "long"), ("close",))
    at = Cuts(bars.dates[700], bars.dates[850])
    task = Task(bars, "rolling", window=window, at=at)
    assert _plan("overlap", task, Networks()).lookback == lookback

"""The experiment on Webb et al. runs on made data; what it finds on the real series stands in docs/results."""

import importlib
import math
import sys
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
pytest.importorskip("arch")
pytest.importorskip("statsmodels")

# A script finds its siblings in its own folder.
sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))
NAMES = ("webb_market", "webb_forecasts", "webb_insample", "webb_outsample", "webb_2025")
market, forecasts, insample, outsample, script = map(importlib.import_module, NAMES)
del sys.path[0]

FIRST, LAST = "2010-06-01", "2016-12-30"


def write(folder, shock=0.0):
    """Files shaped like the real ones, with volatility that clusters; `shock` moves what is known of the last day."""
    rng = np.random.default_rng(5)
    days = pd.bdate_range(FIRST, LAST)
    log_variance = np.zeros(len(days))
    for t in range(1, len(days)):
        log_variance[t] = 0.97 * log_variance[t - 1] + 0.25 * rng.standard_normal()
    sigma = 0.008 * np.exp(0.5 * log_variance)
    night, session = 0.4 * sigma * rng.standard_normal(len(days)), 0.9 * sigma * rng.standard_normal(len(days))
    session[-1] += shock
    close = 100.0 * np.exp(np.cumsum(night + session))
    opened = close * np.exp(-session)
    high, low = np.maximum(opened, close) * np.exp(0.4 * sigma), np.minimum(opened, close) * np.exp(-0.4 * sigma)
    bars = pd.DataFrame({"date": days, "open": opened, "high": high, "low": low, "close": close})
    bars.to_csv(folder / "sp500_ohlc_1990_2022.csv.gz", index=False)
    realized = (0.9 * sigma) ** 2 * np.exp(0.3 * rng.standard_normal(len(days)))
    realized[-1] *= 1.0 + 100.0 * shock
    library = pd.DataFrame({"date": days, "symbol": "SPX", "realized_variance": realized, "log_return": session})
    # The real library lacks a few days.
    library.drop(index=len(days) - 5).to_csv(folder / "indices_rv5_2000_2019.csv.gz", index=False)
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few days to fit to, and fewer to forecast."""
    monkeypatch.setattr(market, "SAMPLE", ("2015-06-01", LAST))
    monkeypatch.setattr(market, "FORECASTS", "2016-12-08")
    monkeypatch.setattr(insample, "STEP", 100)
    monkeypatch.setattr(forecasts, "GRID", (0.5, 0.7))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write(tmp_path_factory.mktemp("data"))


def test_the_page_is_written_and_comes_out_the_same_again(data, tmp_path, monkeypatch):
    pages = []
    for run in ("first.md", "second.md"):
        monkeypatch.setattr("sys.argv", ["x", "--data", str(data), "--out", str(tmp_path / run)])
        script.main()
        pages.append((tmp_path / run).read_text())
    assert pages[0] == pages[1]
    assert pages[0].index("a moving H does better") < pages[0].index("| shocks | window |")
    for part in ("19,723", "| garch |", "log-HAR on realized variance", "against H = its mean", "levels 1 to 6"):
        assert part in pages[0]
    assert "nan" not in pages[0]
    assert str(data) not in pages[0]


def test_no_forecast_knows_anything_of_its_own_day(data, tmp_path):
    case = forecasts.CASES[2]
    answers = []
    for folder in (data, write(tmp_path, shock=0.05)):
        days = market.load(folder)
        found = [forecasts.walked(days, case.model(126))[0].variance, forecasts.chosen(days, case)[0].variance]
        found += [variance for _, variance, _ in forecasts.rivals(days, lambda share: None)]
        answers.append([*found, *forecasts.benchmarks(days).values()])
    assert days.returns[-1] > 0.03
    for before, after in zip(*answers, strict=True):
        np.testing.assert_array_equal(before, after)


def test_vuong_is_the_mean_over_its_newey_west_error():
    first, second = np.random.default_rng(1).standard_normal((2, 1000))
    difference = first - second + 0.05
    centred = difference - difference.mean()
    lags = 10
    long_run = centred @ centred
    for lag in range(1, lags + 1):
        long_run += 2.0 * (1.0 - lag / (lags + 1.0)) * (centred[lag:] @ centred[:-lag])
    statistic, p = insample.vuong(first + 0.05, second)
    assert statistic == pytest.approx(difference.sum() / math.sqrt(long_run), rel=1e-9)
    assert p == pytest.approx(math.erfc(abs(statistic) / math.sqrt(2.0)), rel=1e-9)


def test_daily_likelihoods_add_up_to_those_of_the_fits(data):
    days = market.load(data)
    model = forecasts.CASES[0].model(hurst=0.55).fit(days.sample)
    rival = forecasts.RIVALS["egarch"]().fit(days.sample)
    for result in (model, rival):
        assert insample.Fit.of(result).log_likelihood == pytest.approx(result.log_likelihood, abs=1e-6)
        assert insample.Fit.of(result).aic == pytest.approx(result.aic, abs=1e-6)


def test_a_rival_that_ends_in_an_absurd_variance_is_not_taken(data):
    days = market.load(data)

    class Absurd(forecasts.RIVALS["garch"]):
        def fit(self, returns, *, start=None):
            fitted = super().fit(returns)
            fitted.log_likelihood = -1e8
            return fitted

    assert forecasts.refitted(Absurd(), days.sample, None) is None
    assert forecasts.refitted(forecasts.RIVALS["garch"](), days.sample, None).converged

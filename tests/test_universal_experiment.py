"""The experiment on the universal models: its rivals, and its scores on made data."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
pytest.importorskip("torch")
arch = pytest.importorskip("arch")

from vrx import har  # noqa: E402
from vrx.training.proxies import Proxy  # noqa: E402
from vrx.training.run import execute  # noqa: E402

# A script finds its siblings in its own folder.
sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))
sets, rivals, scores, adapted, page, main = map(
    importlib.import_module,
    ("universal_data", "universal_rivals", "universal_scores", "universal_tuned", "universal_page", "universal"),
)
del sys.path[0]

HORIZONS = (1, 5)
DAYS = 900


def made(days, seed):
    rng = np.random.default_rng(seed)
    logs = np.zeros(days)
    for t in range(1, days):
        logs[t] = 0.97 * logs[t - 1] + 0.2 * rng.normal()
    variance = 1e-4 * np.exp(logs)
    return variance * np.exp(0.3 * rng.normal(size=days)), np.sqrt(variance) * rng.normal(size=days)


@pytest.fixture(scope="module")
def asset():
    return made(DAYS, 3)


@pytest.fixture(scope="module")
def found(asset):
    return rivals.rivals(*asset, HORIZONS, first=600)


def test_log_har_is_that_of_the_package(asset, found):
    for k, h in enumerate(HORIZONS):
        expected = har.expanding(asset[0], h)
        np.testing.assert_allclose(found["log-har"].variance[252:, k], expected[252:], rtol=1e-6)
        median = har.expanding(asset[0], h, median=True)
        np.testing.assert_allclose(found["log-har"].log_variance[252:, k], np.log(median[252:]), atol=1e-6)


@pytest.mark.parametrize("day", [300, 801])
def test_lhar_is_least_squares_on_the_pairs_known_that_day(asset, found, day):
    variance, returns = asset
    fall = np.minimum(returns / np.sqrt(variance), 0.0)
    design = np.column_stack([har.features(variance, log=True), fall])
    for k, h in enumerate(HORIZONS):
        ahead = np.array([np.log(variance[t + 1 : t + 1 + h].mean()) for t in range(day - h + 1)])
        known = slice(21, day - h + 1)
        slopes, left, *_ = np.linalg.lstsq(design[known], ahead[known], rcond=None)
        assert found["lhar"].log_variance[day, k] == pytest.approx(design[day] @ slopes, abs=1e-6)
        assert found["lhar"].spread[day, k] == pytest.approx(np.sqrt(left[0] / (day - h + 1 - 21 - 5)), rel=1e-6)


def test_har_in_levels_weighs_by_the_month(asset, found):
    variance, day, h = asset[0], 500, 5
    design = har.features(variance, log=False)
    ahead = np.array([variance[t + 1 : t + 1 + h].mean() for t in range(day - h + 1)])
    known = slice(21, day - h + 1)
    weight = 1.0 / np.sqrt(design[known, 3])
    slopes = np.linalg.lstsq(design[known] * weight[:, None], ahead[known] * weight, rcond=None)[0]
    assert found["har-wls"].variance[day, 1] == pytest.approx(design[day] @ slopes, rel=1e-5)


def test_garch_forecasts_are_those_of_arch(asset, found):
    variance, returns = asset
    scale = 1.0 / returns[:601].std()
    fitted = arch.arch_model(scale * returns[:601], p=1, q=1, rescale=False).fit(disp="off")
    path = fitted.forecast(horizon=5).variance.to_numpy()[-1] / scale**2
    ratio = variance[:601].sum() / (returns[:601] ** 2).sum()
    expected = [ratio * path[0], ratio * path.mean()]
    np.testing.assert_allclose(found["garch"].variance[600], expected, rtol=1e-6)
    later = arch.arch_model(scale * returns[:631], p=1, q=1, rescale=False).fix(fitted.params)
    ahead = later.forecast(horizon=1).variance.to_numpy()[-1, 0] / scale**2
    ratio = variance[:631].sum() / (returns[:631] ** 2).sum()
    assert found["garch"].variance[630, 0] == pytest.approx(ratio * ahead, rel=1e-3)  # arch starts from a backcast


def test_no_rival_knows_what_comes(asset, found):
    variance, returns = (part.copy() for part in asset)
    variance[700:] *= 40.0
    returns[700:] *= -6.0
    changed = rivals.rivals(variance, returns, HORIZONS, first=600)
    for name, rival in found.items():
        for part in ("variance", "log_variance", "spread"):
            np.testing.assert_array_equal(getattr(changed[name], part)[:700], getattr(rival, part)[:700], err_msg=name)
        assert not np.allclose(changed[name].variance[705:], rival.variance[705:])


def test_of_closes_the_rivals_read_squares_and_forecast_the_better_measure(asset):
    variance, returns = asset
    coarse = rivals.rivals(returns**2 + 1e-9, returns, HORIZONS, variance, first=600)
    expected = har.expanding(returns**2 + 1e-9, 1, outcome=variance)
    np.testing.assert_allclose(coarse["log-har"].variance[252:, 0], expected[252:], rtol=1e-6)
    assert 0.5 < np.nanmean(coarse["ewma"].variance[300:, 0]) / variance[300:].mean() < 2.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files shaped like those of indices, coins and proxies."""
    out, frames = tmp_path_factory.mktemp("data"), []
    for k, symbol in enumerate(("AAA", "BBB")):
        variance, returns = made(2600, k)
        dates = pd.bdate_range("2008-01-02", periods=2600).strftime("%Y-%m-%d")
        frames.append(
            pd.DataFrame({"date": dates, "symbol": symbol, "realized_variance": variance, "log_return": returns})
        )
    pd.concat(frames).to_csv(out / "indices_rv5_2000_2019.csv.gz", index=False)
    for name in sets.COINS:
        frames[0].drop(columns="symbol").to_csv(out / name, index=False)
    panel = [ranged(700, 5 + k).assign(symbol=symbol) for k, symbol in enumerate(("LTC-USD", "CNY=X", "CAD=X", "MSFT"))]
    pd.concat(panel).to_parquet(out / "ohlc_panel_1995_2022.parquet")
    ranged(700, 9).to_csv(out / "sp500_ohlc_1990_2022.csv.gz", index=False)
    return out


def ranged(days, seed):
    variance, returns = made(days, seed)
    close = 100.0 * np.exp(np.cumsum(returns))
    opening = np.append(100.0, close[:-1])
    high, low = np.maximum(opening, close) * (1.0 + variance**0.5), np.minimum(opening, close)
    dates = pd.bdate_range("2008-01-02", periods=days).strftime("%Y-%m-%d")
    return pd.DataFrame({"date": dates, "open": opening, "high": high, "low": low, "close": close})


@pytest.mark.parametrize(
    ("market", "held_out", "proxies"),
    [
        ("indices", (), ["LTC-USD", "CAD=X", "MSFT", sets.OF_SPX]),
        ("unseen", ("BBB", "SPX"), ["LTC-USD", "CAD=X", "MSFT"]),
        ("zero-shot", ("btc_rv60_kraken", "eth_rv60_kraken", "btc_rv5_2020_2022"), ["CAD=X", "MSFT", sets.OF_SPX]),
        ("coins", ("btc_rv5_2020_2022",), ["LTC-USD", "CAD=X", "MSFT", sets.OF_SPX]),
    ],
)
def test_no_proxy_is_of_what_a_market_must_not_have_seen(folder, monkeypatch, market, held_out, proxies):
    monkeypatch.setattr(sets, "THIRD", ("BBB", "SPX"))
    found = sets.load(market, folder)
    assert found.recipe.held_out == held_out
    assert [bars.name for bars in found.series if isinstance(bars, Proxy)] == proxies
    assert not {name for names in found.groups.values() for name in names} & {*proxies}
    assert not {*found.recipe.left_out} & {bars.name for bars in found.series}


@pytest.fixture(scope="module")
def begun(folder, tmp_path_factory):
    """A market of two short years of adapting, the first of its series, and the model that adapting begins from."""
    market = sets.load("indices", folder)
    phase = replace(market.recipe.phases[0], epochs=1, patience=1)
    recipe = replace(sets.split_at(market.recipe, "2012-12-31", "2013-12-31"), phases=(phase,), held_out=())
    run = execute(recipe, market.series, [], tmp_path_factory.mktemp("begun") / "run")

    def ask(bars, kept, days=market.tunings[:13:12]):
        plain = scores.stitched([(market.first, run)], bars)
        return bars, plain, days, [(np.datetime64("2015-01-01"), [run])], kept

    return market, market.series[0], ask


def test_models_are_adapted_on_the_first_of_every_month_or_quarter(folder):
    market = sets.load("indices", folder)
    assert [str(day) for day in market.tunings[:3]] == ["2015-01-01", "2015-02-01", "2015-03-01"]
    assert (len(market.tunings), str(market.tunings[-1])) == (60, "2019-12-01")
    quarters = replace(market, tuned="quarter").tunings
    assert quarters == market.tunings[::3]
    assert replace(market, tuned="").tunings == ()


def test_every_note_of_the_page_is_on_a_market():
    assert {*page.NOTES} <= {*sets.MARKETS}


def test_an_adapted_model_knows_nothing_of_the_days_that_it_forecasts(begun, tmp_path):
    market, bars, ask = begun
    year = np.flatnonzero(bars.dates >= np.datetime64("2016-01-01"))[0]
    late = replace(bars, columns={name: values.copy() for name, values in bars.columns.items()})
    late["variance"][year + 5 :] *= 7.0
    found = []
    for k, series in enumerate((bars, late)):
        question = ask(series, tmp_path / f"{k}.npz")
        found.append((question[1], adapted._one(question)))
    for plain, own in found:
        start = np.flatnonzero(bars.dates >= market.first)[0]
        np.testing.assert_array_equal(own.variance[:start], plain.variance[:start])
        assert not np.allclose(own.variance[start:], plain.variance[start:], rtol=1e-4)
    np.testing.assert_array_equal(found[0][1].variance[: year + 5], found[1][1].variance[: year + 5])


def test_what_adapted_models_said_is_kept_until_something_else_is_asked(begun, tmp_path, monkeypatch):
    _, bars, ask = begun
    kept = tmp_path / "AAA.npz"
    first = adapted._one(ask(bars, kept))
    assert [path.name for path in tmp_path.iterdir()] == ["AAA.npz"]
    asked = []
    monkeypatch.setattr(adapted, "_adapted", lambda *question: asked.append(question[1]))
    again = adapted._one(ask(bars, kept))
    np.testing.assert_array_equal(again.quantiles, first.quantiles)
    assert asked == []
    other = ask(bars, kept, ask(bars, kept)[2][:1])
    np.testing.assert_array_equal(adapted._one(other).variance, other[1].variance)
    assert asked == [np.datetime64("2015-01-01")]


def test_a_series_that_begins_later_is_forecast_as_it_is_until_it_is_long_enough(begun, tmp_path):
    _, bars, ask = begun
    start = np.flatnonzero(bars.dates >= np.datetime64("2015-06-01"))[0]
    young = replace(
        bars, columns={name: values[start:] for name, values in bars.columns.items()}, dates=bars.dates[start:]
    )
    question = ask(young, tmp_path / "young.npz")
    np.testing.assert_array_equal(adapted._one(question).variance, question[1].variance)


def test_the_whole_writes_a_page_whose_figures_are_those_of_the_scores(folder, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(main.__file__).parent))  # for the processes that fit the rivals
    load = sets.load

    def quick(key, data):
        market = load(key, data)
        phase = replace(market.recipe.phases[0], epochs=1, patience=1)
        recipe = replace(market.recipe, phases=(phase,), held_out=())
        return replace(market, recipe=recipe, last=np.datetime64("2016-12-31"))

    monkeypatch.setattr(main, "load", quick)
    monkeypatch.setattr(main, "SEEDS", 2)
    out = tmp_path / "page.md"
    given = ["universal.py", "--data", str(folder), "--runs", str(tmp_path / "runs"), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", [*given, "--markets", "indices", "--no-trials"])
    main.main()
    text = out.read_text(encoding="utf-8")
    assert "| indices | 1 | 2 |" in text
    part = main.judged("indices", folder, tmp_path / "runs", {})
    known = part.group("indices")
    assert [path.name for path in sorted((tmp_path / "runs" / "indices").iterdir())] == [
        "2013-12-31",
        "2014-12-31",
        "tuned",
    ]
    kept = sorted(path.name for path in (tmp_path / "runs" / "indices" / "tuned").iterdir())
    assert kept == ["AAA.npz", "BBB.npz"]
    own = part.group("indices", "tuned")
    assert f"| indices | 1 | 2 | {scores.ratio(own, 1, 'qlike', 'log-har'):+.1%} |" in text
    assert all(a.scores[1]["universal"] != b.scores[1]["universal"] for a, b in zip(own, known, strict=True))
    assert all(a.scores[1]["garch"] == b.scores[1]["garch"] for a, b in zip(own, known, strict=True))
    assert [one.name for one in known] == ["AAA", "BBB"]
    gain = scores.ratio(known, 1, "qlike", "log-har")
    assert f"| indices | 1 | 2 | {gain:+.1%} |" in text
    for one in known:
        assert one.scores[1]["best rival"] == one.scores[1][one.chosen[1]]
        assert one.scores[1]["log-har"].dm == 0.0
        assert 0.0 <= one.scores[1]["universal"].coverage <= 1.0

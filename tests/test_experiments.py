"""The experiments run on made data; what they find on the real series stands in docs/results."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
pytest.importorskip("matplotlib")

from vrx.fractional import fbm, fgn  # noqa: E402

# A script finds its siblings in its own folder.
sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))
papers, webb, tables = map(importlib.import_module, ("hurst_papers", "hurst_webb", "hurst_tables"))
del sys.path[0]

DAYS = 950


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of files shaped like the real ones."""
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(3)
    days = pd.bdate_range("2015-01-01", periods=1300)
    returns = 0.01 * rng.standard_normal(1300)
    close = 100.0 * np.exp(np.cumsum(returns))
    bars = pd.DataFrame({"date": days, "open": close, "high": 1.01 * close, "low": 0.99 * close, "close": close})
    bars.to_csv(folder / "sp500_ohlc_1990_2022.csv.gz", index=False)
    bars.assign(**{name: 15.0 + rng.random(1300) for name in ("open", "high", "low", "close")}).to_csv(
        folder / "vix_1990_2026.csv", index=False
    )
    rough = {"date": days[:DAYS].strftime("%Y-%m-%d"), "n_bars": 288}
    for minutes, file in ((5, "btc_rv5_2020_2022"), (60, "btc_rv60_kraken"), (60, "eth_rv60_kraken")):
        variance = np.exp(2.0 * fbm(DAYS, 0.2, seed=minutes) / 5.0 - 8.0)
        measures = {f"rv{minutes}": variance, f"rq{minutes}": variance**2}
        pd.DataFrame({**rough, **measures}).to_csv(folder / f"{file}.csv", index=False)
    index = pd.DataFrame({"date": rough["date"], "realized_variance": variance, "log_return": returns[:DAYS]})
    panel = pd.concat([index.assign(symbol=symbol) for symbol in ("AEX", "SPX")])
    panel.to_csv(folder / "indices_rv5_2000_2019.csv.gz", index=False)
    for _, file in papers.PUBLISHED:
        frame = bars.rename(columns=str.title).head(DAYS)
        frame.assign(log_rv=papers.rolling_volatility(returns[: DAYS + 21])).to_csv(
            folder / f"dhansoia_{file}.csv.gz", index=False
        )
    return folder


def test_the_page_and_its_figure_are_written_and_come_out_the_same_again(data, tmp_path, monkeypatch):
    monkeypatch.setattr(webb, "PATHS", 20)
    pages = []
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        monkeypatch.setattr("sys.argv", ["x", "--data", str(data), "--out", str(tmp_path / run / "hurst.md")])
        tables.main()
        pages.append((tmp_path / run / "hurst.md").read_text())
        assert (tmp_path / run / "hurst_moving.png").stat().st_size < 150_000
    assert pages[0] == pages[1]
    for part in ("of 8 printed exponents", "| AEX |", "Bitcoin, 5-minute RV 2020-22", "window to 20"):
        assert part in pages[0]
    assert "nan" not in pages[0]


def test_the_recipes_find_the_exponents_that_their_formulas_promise():
    motions = [fbm(4096, 0.3, seed=seed) for seed in range(8)]
    assert np.mean([papers.variogram(path) for path in motions]) == pytest.approx(0.3, abs=0.05)
    assert np.mean([papers.dfa(path) for path in motions]) == pytest.approx(1.3, abs=0.05)
    assert np.mean([papers.wavelet_slope(path) for path in motions]) == pytest.approx(
        -1.6, abs=0.25
    )  # sampled motion bends
    noises = [fgn(4096, 0.7, seed=seed) for seed in range(8)]
    assert np.mean([papers.dfa(path) for path in noises]) == pytest.approx(0.7, abs=0.05)
    assert np.mean([papers.rescaled_range(path) for path in noises]) == pytest.approx(0.7, abs=0.05)


def test_decimated_slopes_are_of_orthonormal_coefficients():
    noises = np.stack([fgn(252, 0.5, seed=seed) for seed in range(200)])
    assert float(np.median(webb.decimated_slopes(noises))) == pytest.approx(0.0, abs=0.15)


def test_rolling_volatility_is_that_of_the_last_returns_alone():
    returns = np.random.default_rng(1).standard_normal(50)
    rolled = papers.rolling_volatility(returns)
    assert len(rolled) == 29
    assert rolled[-1] == pytest.approx(np.log(np.std(returns[-22:], ddof=1)))

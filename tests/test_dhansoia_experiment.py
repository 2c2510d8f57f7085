"""The experiment on the transfer-learning paper, on made data and with networks that train in a blink."""

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
pytest.importorskip("torch")

# A script finds its siblings in its own folder.
sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))
sets, models, runs, scores, page, main = map(
    importlib.import_module,
    ("dhansoia_data", "dhansoia_models", "dhansoia_runs", "dhansoia_scores", "dhansoia_page", "dhansoia_2025"),
)
del sys.path[0]


def blink(phases):
    return tuple(replace(phase, epochs=1, batch_size=64) for phase in phases)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files shaped like the corrected data of the paper."""
    out, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(5)
    for name, rows, begin in (("btc_daily_2014_2024", 900, "2018-01-01"), ("spx_daily_2018_2024", 700, "2018-01-01")):
        sigma = 0.02 * np.exp(0.3 * np.sin(np.arange(rows + 21) / 40.0))
        returns = pd.Series(sigma * rng.standard_t(5, rows + 21))
        volatility = returns.rolling(22).std().to_numpy()[21:] * 252**0.5
        frame = pd.DataFrame({"Date": pd.date_range(begin, periods=rows).strftime("%Y-%m-%d")})
        frame.assign(log_return=returns.to_numpy()[21:], log_rv=np.log(volatility)).to_csv(
            out / f"dhansoia_{name}.csv.gz", index=False
        )
    return out


@pytest.fixture
def small(monkeypatch):
    """Every family, smaller, for an epoch a phase; one process."""
    families = tuple(
        replace(
            family,
            shape=replace(family.shape, hidden=8, layers=1, heads=2, bottleneck=8),
            cases=tuple(replace(case, phases=blink(case.phases)) for case in family.cases),
        )
        for family in models.FAMILIES
    )
    monkeypatch.setattr(runs, "FAMILIES", families)
    monkeypatch.setattr(models, "PRETRAIN", blink([models.PRETRAIN])[0])

    def here(work, workers, report):
        for job in work:
            runs._do(job)
            report(job)

    monkeypatch.setattr(main, "every", here)


def test_the_page_is_written_whole_and_goes_on_where_it_stopped(folder, small, tmp_path, monkeypatch):
    command = ["x", "--data", str(folder), "--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "page.md")]
    monkeypatch.setattr("sys.argv", [*command, "--sets", "b", "--seeds", "2"])
    trained = []
    execute = runs.execute
    monkeypatch.setattr(runs, "execute", lambda *given, **more: trained.append(given[3]) or execute(*given, **more))
    main.main()
    first, count = (tmp_path / "page.md").read_text(), len(trained)
    spent = json.loads((tmp_path / "runs" / "time.json").read_text())
    # Fifteen cases and five pretrainings, from two seeds.
    assert count == 2 * (15 + 5)
    main.main()
    assert len(trained) == count
    kept = [line for line in (tmp_path / "page.md").read_text().splitlines() if not line.endswith("two busy.")]
    assert kept == [line for line in first.splitlines() if not line.endswith("two busy.")]
    more = json.loads((tmp_path / "runs" / "time.json").read_text())
    assert all(more[kind] > spent[kind] > 0.0 for kind in ("wall", "processor"))
    assert "nan" not in first
    for name in [
        *page.TRANSFERS,
        page.SCRATCH,
        *(name for one in models.FAMILIES for name in (c.name for c in one.cases)),
    ]:
        assert f"| {name} | 0." in first or f"| {name} | 1." in first, name
    assert "| HAR-LSTM hybrid | (b) | 0." in first


def test_forecasts_meet_the_rows_that_they_are_for(folder):
    data = sets.load("b", folder)
    known = scores.baselines(data)
    logs = np.log(data.variance)
    np.testing.assert_array_equal(known["random walk"][0][1:], logs[:-1])
    t = data.scored[10]
    assert known["moving average of 5"][0][t] == pytest.approx(logs[t - 5 : t].mean())
    at = scores.stage(data, known)
    assert at.actual[0] == 0.5 * logs[data.ends[1] + 22]
    # A perfect forecast scores nothing where it belongs, and something two rows later.
    perfect = scores.score(at, logs[data.scored], data.variance[data.scored])
    assert (perfect.rmse, perfect.direction) == (0.0, 1.0)
    assert scores.as_published(at, logs[data.scored], 2) > 0.01
    # The overlap-aware forecast knows 21 of 22 returns.
    assert (
        scores.score(at, *(part[data.scored] for part in known["overlap-aware"])).rmse
        < 0.9 * scores.score(at, *(part[data.scored] for part in known["HAR"])).rmse
    )


def test_the_source_is_over_when_the_target_s_test_part_begins(folder):
    data = sets.load("b", folder)
    frame = pd.read_csv(folder / "dhansoia_spx_daily_2018_2024.csv.gz")
    target = pd.read_csv(folder / "dhansoia_btc_daily_2014_2024.csv.gz")
    first = target.Date.iloc[int(0.75 * len(target))]
    assert len(data.source) == int((frame.Date < first).sum()) < len(frame)
    dates, ends = sets.dates_in_order(data.source), (data.split.train_end, data.split.validation_end)
    assert (dates <= np.datetime64(ends[0])).sum() == int(0.75 * len(dates))
    assert dates[-1] <= np.datetime64(ends[1])

"""The experiment on transfer to bitcoin, on made data and with networks that train in a blink."""

import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
torch = pytest.importorskip("torch")
pytest.importorskip("pyarrow")

# A script finds its siblings in its own folder.
sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))
data, networks, scores, columns, exported, main = map(
    importlib.import_module,
    ("bitcoin_data", "bitcoin_networks", "bitcoin_scores", "bitcoin_columns", "bitcoin_exported", "bitcoin_transfer"),
)
del sys.path[0]
from vrx.errors import TrainingError  # noqa: E402
from vrx.training import seeds as many  # noqa: E402
from vrx.training.networks import build  # noqa: E402
from vrx.training.run import execute  # noqa: E402

DAYS = 800
SMALL = {"hidden": 4, "heads": 1, "bottleneck": 4, "sequence": 22}


def volatile(rng, days, memory):
    """A volatility that wanders, and the returns of it."""
    level = np.zeros(days)
    for t in range(1, days):
        level[t] = memory * level[t - 1] + 0.4 * rng.normal()
    variance = 4e-4 * np.exp(level + 0.3 * rng.normal(size=days))
    return variance, np.sqrt(variance) * rng.normal(size=days)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of the names and the columns of the real ones."""
    out, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(5)
    dates = pd.date_range("2018-06-01", periods=DAYS)
    # Coins forget sooner than indices, so that there is something to adapt to.
    variance, returns = volatile(rng, DAYS, 0.6)
    close = 100.0 * np.exp(np.cumsum(returns))
    coin = pd.DataFrame({"date": dates, "close": close})
    coin.assign(rv60=variance).to_csv(out / "btc_rv60_kraken.csv", index=False)
    coin.assign(rv5=variance)[dates >= "2020-01-01"].to_csv(out / "btc_rv5_2020_2022.csv", index=False)
    opening = np.append(100.0, close[:-1])
    wide = np.exp(np.abs(rng.normal(size=(2, DAYS))) * np.sqrt(variance))
    high, low = np.maximum(opening, close) * wide[0], np.minimum(opening, close) / wide[1]
    bars = pd.DataFrame({"date": dates, "open": opening, "high": high, "low": low, "close": close})
    bars.assign(symbol="BTC-USD").to_parquet(out / "ohlc_panel_1995_2022.parquet")
    bars.to_csv(out / "sp500_ohlc_1990_2022.csv.gz", index=False)
    indices = []
    for symbol in ("SPX", "DAX"):
        variance, returns = volatile(rng, 500, 0.95)
        frame = pd.DataFrame({"date": pd.date_range("2018-09-01", periods=500), "symbol": symbol})
        indices.append(frame.assign(realized_variance=variance, log_return=returns))
    pd.concat(indices).to_csv(out / "indices_rv5_2000_2019.csv.gz", index=False)
    return out


@pytest.fixture
def small(monkeypatch):
    """Every network smaller, for one epoch; one process."""
    recipe = data.named(data.RECIPE)
    phases = replace(recipe.phases[0], epochs=1), *recipe.phases[1:]
    plan = replace(recipe, phases=phases, network=replace(recipe.network, **SMALL))
    monkeypatch.setattr(data, "named", lambda _: plan)
    monkeypatch.setattr(networks, "SCRATCH_PHASE", replace(networks.SCRATCH_PHASE, epochs=1))
    for case in networks.CASES:
        if case.shape is not None:
            monkeypatch.setitem(vars(case), "shape", replace(case.shape, **SMALL))

    def here(plan, sources, targets, out, seeds, *, report):
        for seed in seeds:
            many._one(replace(plan, seed=seed), out / f"seed-{seed}", list(sources), targets, {}, None)
            report(seed)
        return [many.open_run(out / f"seed-{seed}") for seed in seeds]

    monkeypatch.setattr(networks, "execute_seeds", here)


@pytest.fixture
def market(folder, small):
    """The set whose variances are realized ones."""
    return data.load("c", folder)


def sections(text, key):
    """What the page says of one market alone."""
    return [part.rstrip() for part in text.split("\n##") if part.startswith(f"# ({key})")]


def test_the_page_is_written_whole_and_goes_on_where_it_stopped(folder, small, tmp_path, monkeypatch):
    out, runs = tmp_path / "page.md", tmp_path / "runs"
    words = ["x", "--data", str(folder), "--runs", str(runs), "--out", str(out), "--seeds", "2", "--workers", "2"]
    monkeypatch.setattr("sys.argv", words)
    # The export has a test of its own, and takes as long as all the rest.
    monkeypatch.setattr(main, "exported", lambda *_: exported.Exported(439794, 3e-7, 250, 2e-7, 0.25))
    main.main()
    first = out.read_text()
    assert not re.search(r"\bnan\b", first)
    # Two markets, each once from the full train part and once from few days.
    for case in networks.CASES:
        assert len(re.findall(rf"\n\| {case.name} \| \d\.\d+ ± ", first)) == 4, case.name
    kept = sorted(runs.rglob("state.safetensors"))
    # Two seeds of two markets: the pretrained one, and four from scratch on either train part.
    assert len(kept) == 2 * 2 * (1 + 4 * 2)
    ended, *left = [path for path in kept if "/c/" in path.as_posix()]
    before = {path: path.stat().st_mtime_ns for path in left}
    # As if the run had been ended before one network began.
    for path in ended.parent.iterdir():
        path.unlink()
    monkeypatch.setattr(main, "KEYS", "c")
    main.main()
    again = out.read_text()
    assert len(sections(again, "c")) == 2
    assert sections(again, "c") == sections(first, "c")
    assert {path: path.stat().st_mtime_ns for path in left} == before


def test_adapting_the_pretrained_network_gives_the_bits_of_the_recipe_in_one_go(market, tmp_path):
    networks.pretrain(market, [3], tmp_path, 1, lambda _: None)
    ours = networks.trained(market, networks.ADAPTED, None, 3, tmp_path)
    plan = replace(market.recipe, seed=3)
    theirs = execute(plan, market.sources, [market.bars], tmp_path / "whole")
    assert ours.kept == theirs.history[-1].kept == "linear part"
    for name, value in ours.network.state_dict().items():
        if not name.startswith("answer."):
            assert torch.equal(value, theirs.network.state_dict()[name]), name


@pytest.mark.parametrize("key", data.KEYS)
def test_samples_forecast_the_rows_that_are_scored(folder, small, key):
    market = data.load(key, folder)
    came = np.log(market.data.variance)
    for part in (market.train, market.validation, market.test):
        np.testing.assert_array_equal(part.target[:, 0].numpy(), came[market.rows(part)])
    dates, split = np.asarray(market.data.target.dates), market.data.split
    assert dates[market.rows(market.train)[-1]] == np.datetime64(split.train_end)
    assert dates[market.rows(market.validation)[-1]] == np.datetime64(split.validation_end)
    # The return of a row is that of its own day.
    close = pd.read_csv(folder / "sp500_ohlc_1990_2022.csv.gz", index_col="date").close
    day = str(market.bars.dates[200])
    assert market.bars["return"][200] == pytest.approx(np.log(close).diff()[day])


def test_few_days_are_the_first_and_no_day_more(market):
    few = market.share(data.FEW)
    assert int(few.rows[-1]) + 1 == data.FEW - 1
    assert int(few.rows[0]) == market.recipe.lookback - 1
    assert len(few) == data.FEW - market.recipe.lookback
    np.testing.assert_array_equal(few.target.numpy(), market.train.target[: len(few)].numpy())
    assert market.share(None) is market.train


def test_log_har_and_a_perfect_forecast_score_as_they_should(market):
    ground = scores.Ground.of(market, market.test)
    assert ground.har.p == 1.0
    assert scores.of_the_mean(ground, scores.Said(2 * ground.at.har, ground.har_variance, 0.9, ground.har))[0] == 0.0
    rows, variance = market.rows(market.test), market.data.variance
    perfect = scores.score(ground.at, np.log(variance[rows]), variance[rows])
    assert (perfect.rmse, perfect.qlike) == (0.0, 0.0)
    # Each forecast of log-HAR knows the days before its own, and no other.
    known = variance[: rows[7]]
    np.testing.assert_allclose(ground.har_variance[7], scores.har.fit(known).predict(known)[-1], rtol=1e-9)


def test_columns_that_are_left_out_are_those_that_are_named(market):
    part = columns.Some(market.recipe)
    network = build(market.recipe)
    inputs = network.input(market.train.windows(torch.arange(5)))
    path = network.paths(inputs)
    found = dict(zip(part.names, part.columns(inputs, path).T, strict=True))
    assert len(found) == part.linear.in_features == 18
    for k in (1, 5, 22, 66):
        torch.testing.assert_close(found[f"mean {k}"], path.logs[:, -k:].mean(1))
    for k in (1, 3, 10, 22):
        torch.testing.assert_close(found[f"size {k}"], found[f"way {k}"].abs())
    torch.testing.assert_close(found["way 1"].sign(), inputs.returns[:, -1].sign())
    torch.testing.assert_close(torch.stack([found["tomorrow"], found["today"]], 1), part.week(path.logs))
    ground = scores.Ground.of(market, market.validation)
    by_name = {one.name: one for one in columns.ablations(market, ground)}
    assert [one.columns for one in by_name.values()] == [18, 14, 14, 10, 12, 16, 13, 3]
    assert len({one.rmse for one in by_name.values()}) == len(by_name)


def test_the_exported_ensemble_says_what_the_network_says(market):
    torch.manual_seed(0)
    members = [build(market.recipe) for _ in range(2)]
    table = scores.Table(
        market, scores.Ground.of(market, market.test), scores.Ground.of(market, market.validation), [1.0]
    )
    found = scores.measured(table, None, members, [0.0], [""])
    file = exported.exported(market, found.network, range(2))
    assert file.rows == len(market.data.scored)
    assert 0.0 < file.difference < 1e-5
    assert file.qlike == pytest.approx(found.ensemble.row.qlike, rel=1e-5)


def test_a_network_kept_of_another_training_is_refused(market, tmp_path, monkeypatch):
    case = networks.CASES[-1]
    networks.trained(market, case, data.FEW, 0, tmp_path)
    monkeypatch.setattr(networks, "SCRATCH_PHASE", replace(networks.SCRATCH_PHASE, batch_size=16))
    with pytest.raises(TrainingError, match="another recipe"):
        networks.trained(market, case, data.FEW, 0, tmp_path)

"""The trials of the universal models, on made data and with networks that train in a blink."""

import datetime
import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
pytest.importorskip("torch")
pytest.importorskip("pyarrow")

# A script finds its siblings in its own folder.
sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))
sets, trials, plans, page, scores, whole = map(
    importlib.import_module,
    (
        "universal_data",
        "universal_trials",
        "universal_trial_list",
        "universal_trial_page",
        "universal_scores",
        "universal_page",
    ),
)
del sys.path[0]
from vrx.training.folder import finished, open_run  # noqa: E402
from vrx.training.networks import build  # noqa: E402
from vrx.training.recipe import Member  # noqa: E402
from vrx.training.run import execute  # noqa: E402

FEW = {"indices": {plans.START: 2, "one seed": 2, "126 days": 1, "proxies": 1}, "bars": {plans.START: 1}}
LAST = {"indices": "2014-12-31", "bars": "2018-12-31"}


def made(days, seed):
    """A daily variance whose past moves it by more than its mean: a perceptron finds something to add."""
    rng = np.random.default_rng(seed)
    logs = np.zeros(days)
    for t in range(1, days):
        logs[t] = 0.95 * np.abs(logs[t - 1]) - 0.4 + 0.3 * rng.normal()
    variance = 1e-4 * np.exp(logs)
    return variance * np.exp(0.2 * rng.normal(size=days)), np.sqrt(variance) * rng.normal(size=days)


def spoil(frame, last):
    """The same up to a day, and quite another market after it."""
    later = frame["date"] > last
    for name in set(frame) & {"realized_variance", "log_return", "open", "high", "low", "close"}:
        frame.loc[later, name] *= 7.0
    return frame


def ranged(symbol, first, seed):
    """Daily bars."""
    variance, returns = made(1250, seed)
    dates = pd.bdate_range(first, periods=1250).strftime("%Y-%m-%d")
    close = 100.0 * np.exp(np.cumsum(returns))
    opening = np.append(100.0, close[:-1])
    high, low = np.maximum(opening, close) * (1.0 + variance**0.5), np.minimum(opening, close)
    columns = {"open": opening, "high": high, "low": low, "close": close}
    return pd.DataFrame({"date": dates, "symbol": symbol, **columns})


def write(out, *, spoilt):
    """Files shaped like those of the indices, of the panel and of proxies."""
    indices, bars = [], []
    for k, symbol in enumerate(("AAA", "BBB")):
        variance, returns = made(1250, k)
        dates = pd.bdate_range("2010-06-01", periods=1250).strftime("%Y-%m-%d")
        columns = {"date": dates, "symbol": symbol, "realized_variance": variance, "log_return": returns}
        indices.append(pd.DataFrame(columns))
    for k, symbol in enumerate(("BTC-USD", "LTC-USD", "EUR=X", "MSFT")):
        bars.append(ranged(symbol, "2014-06-02", 10 + k))
    proxies = [ranged(symbol, "2010-06-01", 20 + k) for k, symbol in enumerate(("CCC", "DDD"))]
    files = (("indices", sets.INDICES[0], indices), ("bars", "panel.csv", bars), ("indices", "proxies.csv", proxies))
    for key, name, frame in files:
        whole = pd.concat(frame, ignore_index=True)
        (spoil(whole, LAST[key]) if spoilt else whole).to_csv(out / name, index=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("data")
    write(out, spoilt=False)
    return out


def here(recipe, sources, targets, out, seeds):
    """Without other processes, which take longer to start than this to train."""
    for seed in seeds:
        if not finished(out / f"seed-{seed}"):
            execute(replace(recipe, seed=seed), sources, targets, out / f"seed-{seed}")
    return [open_run(out / f"seed-{seed}") for seed in seeds]


@pytest.fixture
def small(monkeypatch):
    """One epoch, few trials, shorter windows."""

    def quick(recipe):
        phase = replace(recipe.phases[0], epochs=1, batch_size=64)
        return replace(recipe, lookback=recipe.lookback - recipe.days + 66, phases=(phase,))

    def few(found, names):
        return lambda recipe: tuple(replace(one, seeds=names[one.name]) for one in found(recipe) if one.name in names)

    for key, ground in trials.GROUNDS.items():
        files = {} if key == "indices" else {"sources": ("panel.csv",), "held_out": ("LTC-USD",)}
        recipe = replace(quick(ground.recipe()), **files)
        proxies = ("proxies.csv",) if key == "indices" else ()
        trials_ = few(ground.trials, FEW[key])
        short = replace(ground, recipe=lambda recipe=recipe: recipe, trials=trials_, proxies=proxies)
        monkeypatch.setitem(trials.GROUNDS, key, short)
    monkeypatch.setattr(trials, "execute_seeds", here)


def test_what_comes_after_the_last_validation_day_changes_no_result(folder, small, tmp_path):
    (tmp_path / "spoilt").mkdir()
    write(tmp_path / "spoilt", spoilt=True)
    found = trials.results(folder, tmp_path / "one", tmp_path / "one.json")
    again = trials.followed(tmp_path / "spoilt", tmp_path / "two", tmp_path / "two.json")
    assert trials.stored(tmp_path / "one.json") == found
    for document in (found, again):
        for ground in document.values():
            for trial in ground["trials"]:
                del trial["seconds"]
    assert found == again
    for key, ground in found.items():
        assert [trial["name"] for trial in ground["trials"]] == list(FEW[key])
    every = [trial["groups"]["all"] for trial in found["indices"]["trials"]]
    assert len({one["days"] for one in every}) == 1  # of the longer window as of the shorter
    assert len({tuple(one["qlike"]) for one in every}) == 4
    assert {one["assets"] for one in every} == {2}  # proxies teach and are not scored
    assert set(found["bars"]["trials"][0]["groups"]) == {
        "all",
        "trained on",
        "never seen",
        "coins",
        "currencies",
        "stocks",
    }


def test_when_a_recipe_or_a_trial_has_changed_then_what_was_kept_is_not_taken(folder, small, tmp_path, monkeypatch):
    monkeypatch.setitem(trials.GROUNDS, "bars", replace(trials.GROUNDS["bars"], trials=lambda _: ()))
    kept_in = tmp_path / "kept.json"
    assert trials.stored(kept_in) is None
    indices = trials.GROUNDS["indices"]
    alone = replace(indices, trials=lambda recipe: indices.trials(recipe)[:1])
    monkeypatch.setitem(trials.GROUNDS, "indices", alone)
    kept = {}
    for key, ground in trials.GROUNDS.items():
        told = [trials._about(trial, ground) for trial in ground.trials(ground.recipe())]
        kept[key] = {**trials._plan(ground), "trials": told}
    kept_in.write_text(json.dumps(kept), encoding="utf-8")
    assert trials.stored(kept_in) == json.loads(json.dumps(kept))
    monkeypatch.setitem(trials.GROUNDS, "indices", indices)
    assert trials.stored(kept_in) is None
    changed = replace(alone.trials(alone.recipe())[0], change=lambda recipe: replace(recipe, proxy_stride=1, seed=9))
    monkeypatch.setitem(trials.GROUNDS, "indices", replace(alone, trials=lambda _: (changed,)))
    assert trials.stored(kept_in) is None
    other = replace(alone.recipe(), lookback=67)
    monkeypatch.setitem(trials.GROUNDS, "indices", replace(alone, recipe=lambda: other))
    assert trials.stored(kept_in) is None


def test_only_trials_without_scores_are_run(folder, small, tmp_path, monkeypatch):
    monkeypatch.setitem(trials.GROUNDS, "bars", replace(trials.GROUNDS["bars"], trials=lambda _: ()))
    indices = trials.GROUNDS["indices"]
    first, second = indices.trials(indices.recipe())[:2]
    run = []

    def score(trial, *_):
        run.append(trial.name)
        return {"seconds": float(len(run)), "groups": {}}

    def after(*listed, recipe=indices.recipe):
        monkeypatch.setitem(trials.GROUNDS, "indices", replace(indices, trials=lambda _: listed, recipe=recipe))
        document = trials.results(folder, tmp_path / "runs", tmp_path / "kept.json")
        assert trials.stored(tmp_path / "kept.json") == document
        return [trial["seconds"] for trial in document["indices"]["trials"]]

    monkeypatch.setattr(trials, "tried", score)
    assert after(first) == [1.0]
    assert after(second, first) == [2.0, 1.0]
    changed = replace(first, change=lambda recipe: replace(recipe, seed=9))
    assert after(changed) == [3.0]
    later = replace(indices.recipe(), lookback=67)
    assert after(changed, recipe=lambda: later) == [4.0]
    assert run == [first.name, second.name, first.name, first.name]


def test_the_trials_that_the_project_keeps_are_of_its_recipes():
    assert trials.stored(Path(__file__).parents[1] / trials.RESULTS) is not None


def test_what_a_recipe_leaves_at_its_default_moves_no_network_that_was_kept():
    recipe = trials.GROUNDS["bars"].recipe()
    said = trials._said(recipe)
    assert "members" not in said and "keep" not in said["phases"][0] and said["lookback"] == 253
    assert trials._hash(replace(recipe, members=())) == trials._hash(recipe)
    phase = replace(recipe.phases[0], keep="last")
    other = [replace(recipe, members=(Member(),)), replace(recipe, phases=(phase,)), replace(recipe, loss="squared")]
    assert len({trials._hash(one) for one in (recipe, *other)}) == 4


def test_the_linear_part_alone_is_the_whole_without_its_neural_part(folder, small, tmp_path):
    market = trials.GROUNDS["indices"].market("indices", folder)
    shipped, linear = (
        trials._trained(trial, market, market.series, tmp_path)[0][0]
        for trial in (plans.Trial("whole", ""), plans.Trial("linear", "", linear=True))
    )
    bars = market.series[0]
    said, alone = (scores.stitched(models, bars, before=False) for models in (shipped, linear))
    rows = np.isfinite(alone.log_variance[:, 0])
    assert rows.sum() == (np.asarray(bars.dates) >= np.datetime64("2013-01-01")).sum()
    assert np.abs(said.log_variance - alone.log_variance)[rows].max() > 1e-4
    # Both members start at the same ridge, and nothing moves it.
    for _, run in linear:
        one, two = (member.combiner.regression.linear.weight for member in run.network.members)
        np.testing.assert_array_equal(one.detach(), two.detach())
        assert all((member.combiner.share == 0.0).all() for member in run.network.members)


def test_one_model_for_each_series_learns_from_that_series_alone(folder, small, tmp_path):
    market = trials.GROUNDS["indices"].market("indices", folder)
    trial = plans.Trial("each alone", "", seeds=1, pooled=False)
    found = trials.tried(trial, market, trials._known(market, (trial,)), tmp_path)
    assert found["groups"]["all"]["assets"] == 2
    for name in ("AAA", "BBB"):
        (path, _) = sorted((tmp_path / name).glob("*/*/seed-0"))
        assert [origin.name for origin in open_run(path).origins] == [name]


@pytest.mark.parametrize("key", ["indices", "bars"])
def test_every_trial_is_a_recipe_that_can_be_built(key):
    ground = trials.GROUNDS[key]
    recipe = ground.recipe()
    listed = ground.trials(recipe)
    assert len({trial.name for trial in listed}) == len(listed)
    changed = [trial.change(recipe) for trial in listed if trial.name != plans.START]
    alike = [trial for trial, one in zip(listed[1:], changed, strict=True) if one == recipe]
    assert all(trial.linear or trial.apart or trial.seeds != 2 for trial in alike)
    for one in changed:
        assert build(one).groups()["all"]
        assert one.split.validation_end == recipe.split.validation_end
        assert one.split.validation_end < ground.first.astype(datetime.date)


def test_the_table_holds_every_trial_with_its_figures():
    document = {}
    for key, ground in trials.GROUNDS.items():
        names = ("all",) if key == "indices" else ("all", "coins")
        told = []
        for k, trial in enumerate(ground.trials(ground.recipe())):
            qlike = [-0.001 * (k + 1), -0.02, 0.03 + 0.001 * k]
            score = {"assets": 4, "days": 900, "qlike": qlike, "rmse": [-0.01, 0.0, 0.0], "each": [qlike]}
            if trial.apart:
                score["each"] = [[-0.0111, 0.0, 0.0], [-0.0222, 0.0, 0.0]]
            about = {"name": trial.name, "about": trial.about, "seconds": 3.0}
            told.append({**about, "groups": dict.fromkeys(names, score)})
        document[key] = {**trials._plan(ground), "trials": told}
    lines = list(page.section(document))
    written = list(whole.page([], document, 0.0))
    at = written.index(lines[0])
    assert written[at : at + len(lines)] == lines
    assert not set(lines[:2]) & set(whole.page([], None, 0.0))
    for key, far in (("indices", "{:+.1%} | -2.0% | {:+.1%}"), ("bars", "{0:+.1%} {1:+.1%} | {0:+.1%} {1:+.1%}")):
        for k, trial in enumerate(document[key]["trials"]):
            figures = far.format(-0.001 * (k + 1), 0.03 + 0.001 * k)
            assert f"| {trial['name']} | {trial['about']} | {figures} | -1.0% | 3 |" in lines
    least = f"{document['indices']['trials'][-1]['name']}, -{0.1 * len(document['indices']['trials']):.1f}%"
    assert any(f"lowest QLIKE there: {least}; the highest: {plans.START}, -0.1%" in line for line in lines)
    assert sum("each alone: -2.2% to -1.1%" in line for line in lines) == 2

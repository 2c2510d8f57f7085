"""Bars whose ranges stand in for realized variance in training."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from vrx.cli.training_series import series_of
from vrx.errors import InputError
from vrx.measures import garman_klass
from vrx.series import Bars
from vrx.training.folder import open_run
from vrx.training.proxies import Proxy, proxy
from vrx.training.recipe import Phase, Split
from vrx.training.run import execute
from vrx.training.tuning import tuning
from vrx.training.windows import cuts, samples

PRICES = ("open", "high", "low", "close")
BOTH = ("variance", "return")
PHASES = (Phase("source", epochs=1, batch_size=64),)


@pytest.fixture(scope="module")
def ranged(market, only):
    """Bars of a market, one day of which has no range."""
    found = only(market(300, 5, "ranged"), PRICES)
    columns = {name: found[name].copy() for name in PRICES}
    for name in PRICES:
        columns[name][40] = columns["close"][39]
    return replace(found, columns=columns)


@pytest.fixture(scope="module")
def real(market, only):
    """A market with a ready variance."""
    return only(market(300, 6, "real"), BOTH)


@pytest.fixture
def plan(tiny, real):
    split = Split(train_end=real.dates[180].item(), validation_end=real.dates[240].item())

    def make(**changes):
        given = {
            "phases": PHASES,
            "sources": ("real.csv",),
            "proxies": ("bars.csv",),
            "split": split,
            "horizons": (1, 2),
            **changes,
        }
        return tiny("variance-return", **given)

    return make


def test_the_variance_is_that_of_the_session_and_days_without_a_range_are_left_out(ranged):
    found = proxy(ranged)
    days = np.delete(np.arange(300), [0, 40])
    np.testing.assert_array_equal(found.dates, ranged.dates[days])
    np.testing.assert_array_equal(found["variance"], garman_klass(*(ranged[name] for name in PRICES))[days])
    assert (found["variance"] > 0.0).all()
    np.testing.assert_allclose(found["return"], np.diff(np.log(ranged["close"]))[days - 1])
    assert (found.name, found.periods_per_year) == (ranged.name, ranged.periods_per_year)
    with pytest.raises(ValueError, match="read-only"):
        found["variance"][0] = 1.0


def test_it_stays_a_proxy_wherever_it_goes(ranged):
    found = proxy(ranged)
    for copy in (deepcopy(found), found.head(100), found.until("2020-06-30")):
        assert isinstance(copy, Proxy)
        np.testing.assert_array_equal(copy["variance"], found["variance"][: len(copy)])


@pytest.mark.parametrize("stride", [1, 5])
def test_every_so_many_th_window_of_a_proxy_teaches_and_every_one_of_another_series(plan, ranged, real, stride):
    recipe = plan(proxy_stride=stride)
    at = cuts([real], recipe.split)
    for part in ("train", "validation"):
        whole = samples([real], recipe, at, part)
        every = samples([replace(proxy(ranged), name="x")], replace(recipe, proxy_stride=1), at, part)
        both = samples([real, proxy(ranged)], recipe, at, part)
        kept = every.rows[every.rows % stride == 0]
        assert both.rows.tolist() == [*whole.rows.tolist(), *(kept + len(real)).tolist()]
        assert len(kept) >= len(every) // stride
        np.testing.assert_array_equal(both.target[: len(whole)], whole.target)


def test_a_proxy_teaches_and_is_an_origin_and_is_never_scored(plan, ranged, real, tmp_path):
    alone = execute(plan(proxies=()), [real], [], tmp_path / "alone")
    found = execute(plan(), [real, proxy(ranged)], [], tmp_path / "both")
    weights = [run.network.head.hidden.weight for run in (alone, found)]
    assert not np.array_equal(*(weight.detach().numpy() for weight in weights))
    assert [origin.name for origin in found.origins] == ["real", "ranged"]
    assert found.scores["seen"]["series"].keys() == {"real"}
    assert open_run(tmp_path / "both").recipe.proxies == ("bars.csv",)


def test_what_a_proxy_shows_after_the_validation_part_changes_nothing(plan, ranged, real, tmp_path):
    recipe = plan()
    later = ranged.dates > np.datetime64(recipe.split.validation_end)
    spoilt = replace(ranged, columns={name: np.where(later, 3.0 * ranged[name], ranged[name]) for name in PRICES})
    assert later.any()
    one, two = (
        execute(recipe, [real, proxy(bars)], [], tmp_path / name) for name, bars in (("a", ranged), ("b", spoilt))
    )
    for name, value in one.network.state_dict().items():
        np.testing.assert_array_equal(value, two.network.state_dict()[name])
    assert one.scores == two.scores


def test_a_held_out_proxy_is_neither_taught_nor_scored(plan, ranged, real, tmp_path):
    found = execute(plan(held_out=("ranged",)), [real, proxy(ranged)], [], tmp_path / "run")
    assert [origin.name for origin in found.origins] == ["real"]
    assert "unseen" not in found.scores


def test_proxies_alone_are_nothing_to_train_on(plan, ranged, tmp_path):
    with pytest.raises(InputError, match="no series is left to train on"):
        execute(plan(), [proxy(ranged)], [], tmp_path / "run")


def test_bars_without_a_range_are_no_proxy(ranged, only):
    with pytest.raises(InputError, match="ranged: no open among close, which a proxy of realized variance is made of"):
        proxy(only(ranged, ("close",)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channels": "close"}, r"proxies is \('bars.csv',\): they stand in for realized variance"),
        ({"sources": ()}, r"proxies is \('bars.csv',\): they teach beside sources"),
        ({"proxy_stride": 0}, "proxy_stride is 0: give 1 to 1000000"),
        ({"proxies": (), "proxy_stride": 5}, "proxy_stride is 5: it belongs to proxies"),
    ],
)
def test_a_recipe_whose_proxies_make_no_sense_is_refused(tiny, changes, message):
    given = {"sources": ("real.csv",), "proxies": ("bars.csv",), **changes}
    with pytest.raises(InputError, match=message):
        tiny(given.pop("channels", "variance"), **given)


def test_the_files_that_a_recipe_names_are_read_and_what_it_leaves_out_is_not(plan, ranged, real, csv_file, tmp_path):
    csv_file(real, BOTH, "real.csv")
    text = csv_file(ranged, PRICES, "bars.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{symbol},{line}" for symbol in ("AAA", "BBB") for line in text[1:]]
    (tmp_path / "bars.csv").write_text("\n".join([f"symbol,{text[0]}", *rows]), encoding="utf-8")
    files = {"source": None, "target": None, "data": tmp_path, "drop_bad_rows": False}
    recipe = plan(left_out=("BBB",))
    sources, targets = series_of(recipe, files)
    assert [(bars.name, type(bars)) for bars in sources] == [("real", Bars), ("AAA", Proxy)]
    assert not targets
    np.testing.assert_array_equal(sources[1]["variance"], proxy(ranged)["variance"])
    # A source that is given stands in the place of all of them.
    given, _ = series_of(recipe, {**files, "source": tmp_path / "real.csv"})
    assert [bars.name for bars in given] == ["real"]


def test_adapting_takes_no_proxies(plan, ranged, real, market, only, tmp_path):
    shape = {"network": {"encoder": "perceptron", "ridge": 1.0}, "kind": "scales"}
    run = execute(plan(proxy_stride=3, **shape), [real, proxy(ranged)], [], tmp_path / "run")
    recipe = tuning([run], only(market(300, 7, "mine"), BOTH))
    assert (recipe.proxies, recipe.proxy_stride) == ((), 1)

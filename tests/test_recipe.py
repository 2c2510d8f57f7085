import dataclasses
import datetime
import json
import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from vrx.cli.app import build
from vrx.errors import InputError
from vrx.training.recipe import MODELS, NetworkShape, Phase, Recipe, Split, named, recipes
from vrx.training.strategies import STRATEGIES

SOUND = {"name": "r", "channels": ["close"], "phases": [{"series": "target"}]}

COUNTS = ("batch_size", "epochs", "patience", "plateau")
WRONG = [
    ({"channels": []}, "channels"),
    ({"channels": ["close", "open"]}, "channels"),
    ({"channels": "close"}, "recipe.channels is 'close': give a list"),
    ({"lookback": 22}, "give 23"),
    ({"lookback": 23.0}, "recipe.lookback is 23.0: give a whole number"),
    ({"lookback": True}, "recipe.lookback"),
    ({"horizons": []}, "horizons"),
    ({"horizons": [0]}, "horizons"),
    ({"horizons": [5, 1]}, "rise"),
    ({"horizons": [1, 1]}, "rise"),
    ({"levels": [0.5, 1.0]}, "levels"),
    ({"levels": [0.6, 0.5]}, "rise"),
    ({"levels": [float("nan")]}, "levels"),
    ({"measure": "garch"}, "measure"),
    ({"seed": -1}, "seed"),
    ({"seed": 2**32}, "seed"),
    ({"threads": 0}, "threads"),
    ({"phases": []}, "phases"),
    ({"phases": [{}]}, "recipe.phases[0]: series is missing"),
    ({"phases": [{"series": "both"}]}, "phases[0].series is 'both'"),
    ({"phases": [{"series": "target", "epochs": 0}]}, "phases[0].epochs is 0"),
    ({"phases": [{"series": "target", "parameters": ["tail"]}]}, "parameters"),
    ({"phases": [{"series": "target", "parameters": []}]}, "name at least one group"),
    ({"phases": [{"series": "target", "learning_rate": 0}]}, "learning_rate"),
    ({"phases": [{"series": "target", "clip": float("nan")}]}, "clip"),
    ({"phases": [{"series": "target", "weight_decay": float("nan")}]}, "weight_decay"),
    ({"phases": [{"series": "target", "patience": 0}]}, "patience"),
    ({"phases": [{"series": "target", "keep": "first"}]}, "phases[0].keep is 'first': take best or last"),
    (
        {"phases": [{"series": "target", "ridge": 1.0, "keep": "last"}], "network": {"kind": "linear"}},
        "phases[0].keep is 'last': a closed form has no epochs",
    ),
    ({"phases": [{"series": "target", "plateau": 0}]}, "plateau"),
    ({"phases": [{"series": "target", "batch_size": 0}]}, "batch_size"),
    ({"phases": [{"series": "target", "rate": 1}]}, "unknown key 'rate'"),
    ({"network": {"kind": "gru"}}, "network.kind"),
    ({"network": {"hidden": 0}}, "network"),
    ({"network": {"hidden": 10, "heads": 4}}, "network.heads is 4: let it divide hidden"),
    ({"network": {"sequence": 0}}, "network"),
    ({"network": {"dropout": 1.0}}, "network.dropout"),
    ({"network": {"floor": -0.1}}, "network.floor"),
    ({"network": 3}, "recipe.network is 3: give a table"),
    ({"split": {"train": 0.0}}, "split.train"),
    ({"split": {"train": 0.75, "validation": 0.25}}, "leave a test part"),
    ({"split": {"train_end": "2020-01-01"}}, "give both"),
    ({"split": {"train_end": "2020-13-01", "validation_end": "2021-01-01"}}, "give a date as YYYY-MM-DD"),
    ({"levels": [0.5, float("nan")]}, "levels"),
    ({"name": "a\nb"}, "name is 'a\\nb'"),
    ({"name": ""}, "name is ''"),
    ({"a\nb": 1}, "unknown key 'a\\nb'"),
    ({"threads": 2**40}, "threads is 1099511627776"),
    ({"lookback": 10**30}, "lookback is 1000"),
    ({"horizons": [10**30]}, "horizons is (1000"),
    ({"network": {"hidden": 10**30, "heads": 1}}, "network.hidden is 1000"),
    ({"network": {"layers": 10**30}}, ": give 1 to 100000"),
    ({"network": {"regimes": 10**30}}, "network.regimes"),
    *(({"phases": [{"series": "target", key: 10**30}]}, f"phases[0].{key} is 1000") for key in COUNTS),
    ({"phases": [{"series": "target", "parameters": ["head", "head"]}]}, "name each group once"),
    ({"phases": [{"series": "target", "parameters": ["all", "head"]}]}, "all holds the others"),
    (
        {"rolling": 2, "lookback": 134, "horizons": [1], "network": {"kind": "overlap"}},
        "rolling is 2: overlap asks of what is kept",
    ),
    (
        {"network": {"kind": "har"}, "phases": [{"series": "source"}, {"series": "target"}]},
        "phases is ['source', 'target']: har is fitted in one go",
    ),
    ({"widths": 3}, "unknown key 'widths': known are name"),
    ({"horizon": [1]}, "unknown key 'horizon': did you mean horizons? known are name"),
    ({"network": {"hiden": 8}}, "recipe.network: unknown key 'hiden': did you mean hidden? known are kind"),
    ({"phases": [{"series": "target", "epoch": 1}]}, "phases[0]: unknown key 'epoch': did you mean epochs?"),
    ({"network": {"hidden": "8"}}, "recipe.network.hidden is '8': give a whole number"),
    ({"network": {"week": 1}}, "recipe.network.week is 1: give true or false"),
    ({"network": {"dropout": "low"}}, "recipe.network.dropout is 'low': give a number"),
    ({"loss": 2}, "recipe.loss is 2: give a text in quotes"),
    ({"network": {"heads": 0}}, "network.heads is 0: give 1 to 100000"),
    ({"network": {"kind": "transformer"}}, "network.kind is 'transformer': it is an encoder: give it as"),
    ({"network": {"week": True}}, "network.week is True: it belongs to kind linear or scales, not to encoder: leave"),
    ({"network": {"ridge": 2.0}}, "network.ridge is 2.0: it belongs to kind linear or scales"),
    ({"split": {"validation_end": "2020-01-01"}}, "split.train_end is None: give both"),
    (
        {"split": {"train_end": "2020-01-02", "validation_end": "2020-01-01"}},
        "split.validation_end is '2020-01-01': let it come after train_end, 2020-01-02",
    ),
    ({"rolling": 5, "horizons": [1, 5]}, "horizons is (1, 5): a rolling variance is forecast one day ahead: give 1"),
    ({"rolling": 5, "horizons": [1], "measure": "parkinson"}, "measure is 'parkinson': a rolling variance is that of"),
    ({"rolling": 1}, "rolling is 1: give 2 to 999 days, or 0 for none"),
    ({"phases": [{"series": "target", "ridge": 1.0}]}, "phases[0].ridge is 1.0: it re-solves the linear part"),
    ({"phases": [{"series": "target", "rates": [0.1, 0.2]}]}, "rates is (0.1, 0.2): give 1, one for each"),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[str(change) for change, _ in WRONG])
def test_when_a_recipe_is_wrong_then_one_line_names_the_key(change, message):
    with pytest.raises(InputError) as caught:
        Recipe.from_dict({**SOUND, **change})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [change for change, _ in WRONG], ids=str)
def test_every_refusal_names_the_key_its_value_and_what_to_do(change):
    with pytest.raises(InputError) as caught:
        Recipe.from_dict({**SOUND, **change})
    value, key = (
        r"recipe[^:]*: \S+ is .+: .+|recipe\S* is .+: give .+",
        r"unknown key .+: .*known are|\w+ is missing: add",
    )
    assert re.match(rf"{value}|recipe\S*: ({key})", str(caught.value)), caught.value
    assert "NetworkShape" not in str(caught.value) and "Phase(" not in str(caught.value)


def test_the_help_of_train_names_every_recipe_model_and_strategy():
    helps = {option.name: option.help for option in get_command(build()).commands["train"].params}
    for option, names in (("recipe", recipes()), ("model", MODELS), ("strategy", STRATEGIES)):
        told = re.findall(r"[a-z-]+", helps[option])
        assert [name for name in names if name not in told] == []


def test_when_a_key_is_missing_then_it_is_named():
    with pytest.raises(InputError, match="phases is missing: add it"):
        Recipe.from_dict({"name": "r", "channels": ["close"]})


@given(
    epochs=st.integers(1, 100),
    rate=st.floats(1e-9, 9.0),
    levels=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=6, unique=True).map(sorted),
    horizons=st.lists(st.integers(1, 300), min_size=1, max_size=5, unique=True).map(sorted),
    first=st.dates(datetime.date(1990, 1, 1), datetime.date(2030, 1, 1)),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_recipe_survives_json_unchanged(epochs, rate, levels, horizons, first, seed):
    recipe = Recipe(
        name="r",
        phases=(Phase("source", ("encoder", "head"), rate, epochs=epochs), Phase("target")),
        channels=("variance", "return"),
        horizons=tuple(horizons),
        levels=tuple(levels),
        seed=seed,
        network=NetworkShape(kind="linear", heads=2),
        split=Split(train_end=first, validation_end=first + datetime.timedelta(days=300)),
    )
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize("name", recipes())
def test_every_bundled_recipe_reads_under_its_own_name_and_uses_known_keys(name):
    recipe = named(name)
    assert recipe.name == name
    assert Recipe.from_dict(recipe.to_dict()) == recipe


def test_the_paper_s_recipe_has_the_paper_s_sizes():
    shape = named("dhansoia").network
    assert (shape.layers, shape.hidden, shape.heads, shape.bottleneck) == (3, 64, 4, 32)
    assert [phase.series for phase in named("dhansoia").phases] == ["source", "target"]


def test_when_a_file_names_itself_then_its_name_wins_over_the_file_s(tmp_path):
    text = 'channels = ["close"]\n[[phases]]\nseries = "target"\n'
    (tmp_path / "plain.toml").write_text(text)
    (tmp_path / "named.toml").write_text('name = "other"\n' + text)
    assert named(str(tmp_path / "plain.toml")).name == "plain"
    assert named(str(tmp_path / "named.toml")).name == "other"
    assert tomllib.loads(text)["channels"] == list(named(str(tmp_path / "plain.toml")).channels)


@pytest.mark.parametrize(
    ("content", "message"), [(b"[[", "not TOML"), (b"\xff\xfe", "not TOML"), (None, "No such file")]
)
def test_when_the_recipe_s_file_is_unreadable_then_it_is_one_line(tmp_path, content, message):
    path = tmp_path / "r.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        named(str(path))


def test_when_a_recipe_is_not_known_then_those_that_are_are_listed():
    with pytest.raises(InputError, match="no recipe 'lstm': take one of bitcoin-rv, dhansoia, rolling, uni"):
        named("lstm")


def test_every_strategy_ends_on_the_target_and_only_frozen_holds_the_encoder_still():
    for name, phases in STRATEGIES.items():
        assert phases[-1].series == ("source" if name == "zero-shot" else "target")
        assert (phases[-1].parameters == ("head",)) == (name == "frozen")
        model = "linear" if name == "adapt" else "lstm-attention"
        plan = named("dhansoia")
        dataclasses.replace(plan, phases=phases, network=plan.network.named(model))

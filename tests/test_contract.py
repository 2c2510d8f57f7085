import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vrx.contract import CHANNEL_SETS, Origin, SelfTest, Spec, days_of
from vrx.errors import ModelFileError

finite = st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(codec="utf-8").filter(str.isprintable), max_size=12)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def specs(draw):
    channels = draw(st.sampled_from(CHANNEL_SETS))
    lookback = draw(st.integers(1, 4))
    horizons = tuple(sorted(draw(st.sets(st.integers(1, 300), min_size=1, max_size=3))))
    levels = tuple(sorted(draw(st.sets(st.floats(0.001, 0.999), min_size=1, max_size=3))))

    def row(width):
        return tuple(draw(st.lists(finite, min_size=width, max_size=width)))

    return Spec(
        name=draw(text),
        network=draw(text),
        channels=channels,
        lookback=lookback,
        horizons=horizons,
        levels=levels,
        target=draw(text),
        periods_per_year=draw(st.integers(1, 400)),
        trained_on=tuple(draw(st.lists(st.builds(Origin, text, text, text, st.integers(0), text), max_size=2))),
        parity=draw(finite),
        versions=draw(st.dictionaries(text, text, max_size=2)),
        scores=draw(st.dictionaries(text, plain, max_size=3)),
        self_test=SelfTest(
            bars=tuple(row(len(channels)) for _ in range(lookback)),
            variance=row(len(horizons)),
            volatility=row(len(horizons)),
            quantiles=tuple(row(len(levels)) for _ in horizons),
        ),
    )


@settings(max_examples=100)
@given(specs())
def test_a_spec_survives_json_unchanged_and_writes_the_same_bytes_again(spec):
    again = Spec.from_json(spec.to_json())
    assert again == spec
    assert again.to_json() == spec.to_json()


@pytest.fixture(scope="module")
def document(exported):
    return json.loads(exported("har", "close").spec.to_json())


WRONG = {
    "name": [3, None],
    "network": [[]],
    "channels": ["close", [], ["close", "open"], [1], None],
    "lookback": ["23", 0, -1, 1.0, True, None],
    "horizons": [[], [0], [5, 1], [1, 1], [1.5], ["1"], 5],
    "levels": [[], [0.5, 0.5], [0.0], [1.0], ["0.5"], [None], [10**400], 0.5],
    "target": [3],
    "periods_per_year": [0, "365", 252.5],
    "trained_on": [{}, [3], [{}], [{"name": "x", "first": "a", "last": "b", "rows": "3", "sha256": ""}]],
    "parity": ["small", None, [1]],
    "versions": [[], {"vrx": 1}],
    "scores": [[], "good"],
    "self_test": [
        [],
        {},
        {"bars": [[1.0], [1.0, 2.0]], "variance": [1.0], "volatility": [1.0], "quantiles": [[1.0]]},
        {"bars": 3, "variance": [1.0], "volatility": [1.0], "quantiles": [[1.0]]},
    ],
    "licence": [3],
    "units": [None],
    "format": [2, "1", None, True, 1.0],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_when_a_value_is_wrong_then_one_line_names_its_key(document, key, value):
    with pytest.raises(ModelFileError) as caught:
        Spec.from_json(json.dumps({**document, key: value}))
    assert key in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_table_of_wrong_values_covers_every_key(document):
    assert WRONG.keys() == document.keys()


@pytest.mark.parametrize("key", WRONG)
def test_when_a_key_is_missing_then_it_is_named(document, key):
    with pytest.raises(ModelFileError, match=key):
        Spec.from_json(json.dumps({name: value for name, value in document.items() if name != key}))


def test_when_a_key_is_unknown_then_it_is_named(document):
    with pytest.raises(ModelFileError, match="'colour'"):
        Spec.from_json(json.dumps({**document, "colour": "red"}))


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("key", ["parity", "scores"])
def test_when_a_number_is_not_finite_then_the_spec_is_refused(document, key, bad):
    written = json.dumps({**document, key: "HERE" if key == "parity" else {"qlike": "HERE"}}).replace('"HERE"', bad)
    with pytest.raises(ModelFileError, match=key):
        Spec.from_json(written)


@pytest.mark.parametrize("broken", ["", "{", "[]", "3", "null", "[" * 100_000, '{"a": ' * 100_000, "1" * 10_000])
def test_when_it_is_no_json_object_then_it_is_one_line(broken):
    with pytest.raises(ModelFileError) as caught:
        Spec.from_json(broken)
    assert "\n" not in str(caught.value)


def test_the_sidecar_equals_the_metadata_byte_for_byte(exported):
    onnx = pytest.importorskip("onnx")
    package = exported()
    metadata = {item.key: item.value for item in onnx.load(package.path).metadata_props}
    assert metadata.keys() == {"vrx.spec"}
    assert package.path.with_suffix(".json").read_bytes() == metadata["vrx.spec"].encode()
    assert Spec.from_json(metadata["vrx.spec"]) == package.spec


def test_a_spec_made_in_code_is_checked_like_one_that_is_read(exported):
    with pytest.raises(ModelFileError, match="horizons"):
        replace(exported("har", "close").spec, horizons=())


@pytest.mark.parametrize("channels", CHANNEL_SETS)
def test_prices_lose_one_day_to_their_first_return_and_variances_none(channels):
    returns_lost = 0 if channels[0] == "variance" else 1
    assert days_of(channels, 23) == 23 - returns_lost
    assert np.zeros(23)[returns_lost:].size == days_of(channels, 23)

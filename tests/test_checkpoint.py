import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vrx.errors import TrainingError
from vrx.training import checkpoint

DTYPES = (torch.float64, torch.float32, torch.int64, torch.bool)


def same_bits(one, two):
    return one.dtype == two.dtype and one.shape == two.shape and one.numpy().tobytes() == two.numpy().tobytes()


@settings(max_examples=30)
@given(
    shapes=st.dictionaries(
        st.text("abc./", min_size=1, max_size=5), st.lists(st.integers(0, 3), max_size=3), max_size=4
    ),
    seed=st.integers(0, 100),
    state=st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False) | st.none()),
)
def test_what_is_saved_is_read_back_to_the_bit(tmp_path_factory, shapes, seed, state):
    rng = np.random.default_rng(seed)
    tensors = {
        name: torch.tensor(rng.normal(size=shape) * 1e6).to(DTYPES[k % 4])
        for k, (name, shape) in enumerate(shapes.items())
    }
    path = tmp_path_factory.mktemp("c") / "x.safetensors"
    checkpoint.save(path, tensors, state)
    found, said = checkpoint.load(path)
    assert said == state
    assert found.keys() == tensors.keys()
    assert all(same_bits(found[name], tensors[name]) for name in tensors)


def test_tensors_that_share_memory_or_lie_transposed_are_kept_apart(tmp_path):
    whole = torch.arange(6.0).reshape(2, 3)
    checkpoint.save(tmp_path / "c", {"a": whole, "b": whole.T, "c": whole[:, 1]}, {})
    found, _ = checkpoint.load(tmp_path / "c")
    assert found["b"].tolist() == whole.T.tolist()
    assert found["c"].tolist() == [1.0, 4.0]


def test_when_a_write_was_killed_halfway_then_the_next_one_leaves_nothing_behind(tmp_path):
    path = tmp_path / "state.safetensors"
    checkpoint.save(path, {"a": torch.ones(2)}, {"epoch": 1})
    (tmp_path / ".state.safetensors.part").write_bytes(b"half of a chec")
    assert checkpoint.load(path)[1] == {"epoch": 1}
    checkpoint.save(path, {"a": torch.ones(2)}, {"epoch": 2})
    assert checkpoint.load(path)[1] == {"epoch": 2}
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_when_a_write_fails_then_the_old_file_stands_and_nothing_half_written_is_left(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    checkpoint.write_text(path, "old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        checkpoint.write_text(path, "new")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["run.json"]


def test_when_the_state_holds_what_json_lacks_then_it_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        checkpoint.save(tmp_path / "c", {}, {"best": float("inf")})
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "c"
    checkpoint.save(path, {"a": torch.arange(20.0)}, {"epoch": 3})
    return path.read_bytes()


@settings(max_examples=60)
@given(st.data())
def test_when_it_is_cut_short_then_it_is_one_error_that_names_the_file(tmp_path_factory, whole, data):
    path = tmp_path_factory.mktemp("cut") / "c"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(TrainingError, match="damaged, or not a checkpoint"):
        checkpoint.load(path)


def test_when_it_is_no_checkpoint_of_ours_then_it_is_refused(tmp_path):
    import safetensors.torch

    for name, metadata in (("none", None), ("foreign", {"other": "x"}), ("broken", {"vrx": "{"})):
        safetensors.torch.save_file({"a": torch.ones(1)}, tmp_path / name, metadata)
        with pytest.raises(TrainingError, match="not a checkpoint of vrx"):
            checkpoint.load(tmp_path / name)
    with pytest.raises(TrainingError, match="no such checkpoint"):
        checkpoint.load(tmp_path / "missing")
    with pytest.raises(TrainingError):
        checkpoint.load(tmp_path)


def test_the_header_is_plain_json_and_the_file_holds_no_pickle(whole):
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    assert json.loads(header["__metadata__"]["vrx"]) == {"epoch": 3}
    assert header["a"]["dtype"] == "F32"

import gc
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

import vrx
from vrx import _model_file, contract
from vrx.errors import InputError, ModelFileError
from vrx.runtime import CHUNK, Answer, Forecaster

KINDS = ["lstm-attention", "har", "log-har"]
PARTS = ("variance", "volatility", "quantiles")


def same_bits(one, two, rows=slice(None)):
    return all(np.array_equal(getattr(one, p)[rows], getattr(two, p)[rows], equal_nan=True) for p in PARTS)


def refused(path, message="", **options):
    with pytest.raises(ModelFileError) as caught:
        Forecaster(path, **options).verify()
    said = str(caught.value)
    assert said.isprintable()
    assert message in said


def altered(source, target, change):
    """A copy of a model file with its protobuf changed."""
    model = onnx.load(source)
    change(model)
    target.write_bytes(model.SerializeToString())
    return target


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_when_the_hash_differs_then_the_file_is_refused_before_anything_parses_it(tmp_path, monkeypatch, model_file):
    monkeypatch.setattr("vrx._protobuf.inspect", lambda _: pytest.fail("parsed"))
    monkeypatch.setattr("vrx._model_file.session", lambda *_: pytest.fail("parsed"))
    with pytest.raises(ModelFileError, match=r"sha256 is [0-9a-f]{64}, not 0000"):
        vrx.load(model_file, sha256="0" * 64)


def test_the_right_hash_opens_the_file_in_capitals_too(exported):
    package = exported()
    for given_hash in (package.sha256, package.sha256.upper()):
        assert vrx.load(package.path, sha256=given_hash).sha256 == package.sha256


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty: fetch it again"),
        (b"not a model", "not an ONNX file"),
        (b"\x00" * 64, "not an ONNX file"),
        (b"\x08\x08" * (contract.MAX_BYTES // 2 + 1), "larger than 5,000,000 bytes"),
        (None, "No such file"),
    ],
)
def test_when_the_file_is_no_model_then_one_line_says_why(tmp_path, content, message):
    path = tmp_path / "m.onnx"
    if content is not None:
        path.write_bytes(content)
    refused(path, message)


def test_when_the_path_is_a_folder_then_it_is_refused(tmp_path):
    refused(tmp_path, "directory")


def test_when_a_plain_onnx_has_no_spec_then_it_is_no_vrx_model(tmp_path, model_file):
    def strip(model):
        del model.metadata_props[:]

    refused(altered(model_file, tmp_path / "m.onnx", strip), "has no vrx.spec")


def test_when_a_tensor_points_to_another_file_then_it_is_refused_even_where_that_file_exists(
    tmp_path, model_file, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    model = onnx.load(model_file)
    onnx.save(model, tmp_path / "m.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    assert (tmp_path / "w.bin").stat().st_size > 0
    refused(tmp_path / "m.onnx", "keeps tensors outside the file")


def test_when_an_operator_is_of_another_domain_then_it_is_refused(tmp_path, model_file):
    def foreign(model):
        model.graph.node[0].domain = "com.evil"

    def imported(model):
        model.opset_import.append(helper.make_opsetid("com.evil", 1))

    def unprintable(model):
        model.opset_import.append(helper.make_opsetid("com\nevil\x1b[2J", 1))

    for change, name in ((foreign, "com.evil"), (imported, "com.evil"), (unprintable, r"com\nevil\x1b[2J")):
        refused(altered(model_file, tmp_path / "m.onnx", change), f"needs operators of {name}:")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"lookback": 23', '"lookback": 24', "the spec promises"),
        ('"horizons": [1, 5, 22]', '"horizons": [1, 5]', "the spec promises"),
        ('"channels": ["open", "high", "low", "close"]', '"channels": ["close"]', "the spec promises"),
        ('"format": 1', '"format": 2', "format 2 is not 1"),
        ('"name": "', '"name": "\\n', r"name cannot be read ('\n"),
        ("{", "", "not JSON"),
    ],
)
def test_when_spec_and_graph_disagree_then_the_file_is_refused(tmp_path, model_file, old, new, message):
    def change(model):
        model.metadata_props[0].value = model.metadata_props[0].value.replace(old, new, 1)

    refused(altered(model_file, tmp_path / "m.onnx", change), message)


def test_when_the_metadata_are_not_text_then_the_file_is_refused(tmp_path, model_file):
    data = model_file.read_bytes()
    at = data.index(b'"licence"')
    (tmp_path / "m.onnx").write_bytes(data[: at + 1] + b"\xff" + data[at + 2 :])
    refused(tmp_path / "m.onnx")


def test_when_the_graph_asks_for_more_than_bars_then_the_file_is_refused(tmp_path, model_file):
    def more(model):
        model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.DOUBLE, [1]))
        model.graph.node.append(helper.make_node("Identity", ["more"], ["unread"]))
        model.graph.output.append(helper.make_tensor_value_info("unread", TensorProto.DOUBLE, [1]))

    refused(altered(model_file, tmp_path / "m.onnx", more), "not for bars alone")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"variance": [', '"variance": [0.0, ', "has another shape of variance"),
        ('{"bars": [[', '{"bars": [[1.0, 2.0, 3.0, 4.0], [', "is no window of this model"),
    ],
)
def test_when_the_self_test_does_not_fit_then_verify_says_so(tmp_path, model_file, old, new, message):
    def change(model):
        value = model.metadata_props[0].value
        assert value.count(old) == 1
        model.metadata_props[0].value = value.replace(old, new)

    refused(altered(model_file, tmp_path / "m.onnx", change), message)


def test_when_a_weight_was_changed_then_verify_finds_it(tmp_path, model_file):
    def change(model):
        weights = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
        weights.raw_data = np.roll(np.frombuffer(weights.raw_data, np.float32), 1).tobytes()

    path = altered(model_file, tmp_path / "m.onnx", change)
    vrx.load(path)
    refused(path, "of the self-test differs by")


def test_when_the_sidecar_says_something_else_then_verify_says_so(tmp_path, model_file):
    path = tmp_path / "m.onnx"
    shutil.copy(model_file, path)
    assert vrx.load(path).verify() <= 1e-5
    sidecar = model_file.with_suffix(".json").read_bytes()
    for wrong in (sidecar.replace(b"\n", b"\r\n"), b"\xff", b""):
        path.with_suffix(".json").write_bytes(wrong)
        refused(path, "does not say what m.onnx says")
    path.with_suffix(".json").write_bytes(sidecar)
    assert vrx.load(path).verify() <= 1e-5


@pytest.fixture(scope="module")
def small(exported):
    return exported("har", "close").path.read_bytes()


def one_line(error):
    """False, for a file that was refused as it should be."""
    assert str(error).isprintable()
    return False


def survives(path, data, intact):
    """Load and verify: either it is refused in one line, or it forecasts what it always did."""
    path.write_bytes(data)
    try:
        forecaster = Forecaster(path)
        forecaster.verify()
    except ModelFileError as error:
        return one_line(error)
    # What passed differs from the file only where nothing is computed: in names, or in what the spec says.
    assert len(data) == len(intact)
    return True


several = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@several
@given(st.data())
def test_when_the_file_is_cut_short_anywhere_then_it_is_refused(tmp_path, small, data):
    cut = data.draw(st.integers(0, len(small) - 1))
    assert not survives(tmp_path / "m.onnx", small[:cut], small)


@settings(several, max_examples=150)
@given(st.data())
def test_when_bits_are_flipped_then_it_is_refused_or_passes_its_self_test(tmp_path, small, data):
    forged = bytearray(small)
    for _ in range(data.draw(st.integers(1, 3))):
        forged[data.draw(st.integers(0, len(small) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    survives(tmp_path / "m.onnx", bytes(forged), small)


@several
@given(st.binary(max_size=300))
def test_when_the_bytes_are_random_then_they_are_refused(tmp_path, data):
    assert not survives(tmp_path / "m.onnx", data, data)


# -- what is answered --------------------------------------------------------------------------------------------------


def test_when_a_name_is_unknown_then_the_known_ones_are_listed():
    with pytest.raises(InputError, match="no model 'gpt'"):
        vrx.load("gpt")
    with pytest.raises(InputError, match="threads is 0"):
        vrx.load("gpt.onnx", threads=0)


def test_when_the_series_lacks_a_channel_or_is_too_short_then_it_says_what_the_model_reads(bars, only, model_file):
    forecaster = vrx.load(model_file)
    with pytest.raises(InputError, match="reads open, high, low, close, but there is no open among close"):
        forecaster.predict(only(bars, ("close",)))
    with pytest.raises(InputError, match="22 daily bars are too few: model lstm-attention-ohlc reads the last 23"):
        forecaster.predict(bars.head(22))
    assert forecaster.predict(bars.head(23)).as_of == bars.dates[22].item()


@pytest.mark.parametrize("shape", [(23, 4), (1, 22, 4), (1, 23, 3), (2, 2, 23, 4)])
def test_when_windows_have_another_shape_then_the_right_one_is_named(model_file, shape):
    with pytest.raises(InputError, match=r"give \(batch, 23, 4\)"):
        vrx.load(model_file).run(np.ones(shape))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_no_bit(exported, bars, kind, threads):
    path = exported(kind).path
    assert same_bits(vrx.load(path).history(bars), vrx.load(path, threads=threads).history(bars))


@pytest.mark.parametrize("kind", KINDS)
def test_history_and_predict_tell_the_same_forecast_to_rounding(exported, bars, kind):
    forecaster = vrx.load(exported(kind).path)
    history = forecaster.history(bars)
    for t in range(22, len(bars), 23):
        forecast = forecaster.predict(bars.head(t + 1))
        for part in PARTS:
            np.testing.assert_allclose(getattr(forecast, part), getattr(history, part)[t], 1e-6)


@settings(max_examples=40)
@given(
    kind=st.sampled_from(KINDS),
    channels=st.sampled_from(["close", "ohlc", "variance", "variance-return"]),
    rows=st.integers(23, 200),
    start=st.integers(0, 60),
)
def test_the_rows_of_history_keep_their_bits_however_many_rows_follow(exported, bars, kind, channels, rows, start):
    forecaster = vrx.load(exported(kind, channels).path)
    whole, cut = forecaster.history(bars, start=start), forecaster.history(bars.head(rows), start=start)
    assert len(cut.variance) == rows
    assert same_bits(Answer(*(getattr(whole, part)[:rows] for part in PARTS)), cut)
    assert np.isnan(cut.variance[: max(start, 22)]).all()
    assert np.isfinite(cut.variance[max(start, 22) :]).all()


@settings(max_examples=30)
@given(kind=st.sampled_from(KINDS), row=st.integers(22, 318), seed=st.integers(0, 99))
def test_the_bits_of_a_row_in_a_batch_hang_on_its_own_window_alone(exported, bars, kind, row, seed):
    """What :meth:`history` promises rests on this: onnxruntime lets no row of a batch touch another's bits."""
    forecaster = vrx.load(exported(kind).path)
    rng = np.random.default_rng(seed)
    windows = np.stack([bars.matrix(forecaster.spec.channels)[row - 22 : row + 1]] * CHUNK)
    place = seed % CHUNK
    others = windows * rng.uniform(0.01, 100.0, (CHUNK, 1, 1))
    others[rng.random(CHUNK) < 0.2] = np.nan
    others[place] = windows[place]
    assert same_bits(forecaster.run(windows), forecaster.run(others), rows=place)


def test_an_empty_history_is_empty_and_one_row_is_one(model_file, bars):
    forecaster = vrx.load(model_file)
    assert np.isnan(forecaster.history(bars, start=10**6).variance).all()
    assert np.isfinite(forecaster.history(bars.head(23)).variance).all(axis=1).tolist() == [False] * 22 + [True]
    assert forecaster.run(np.empty((0, 23, 4))).variance.shape == (0, 3)


def test_progress_ends_at_one(model_file, bars):
    shares = []
    vrx.load(model_file).history(bars, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.fixture
def many(bars):
    """So many equal windows for a forecaster."""

    def make(forecaster, count):
        return np.stack([bars.matrix(forecaster.spec.channels)[: forecaster.spec.lookback]] * count)

    return make


def test_threads_stay_for_the_next_call_and_end_with_the_forecaster(model_file, many):
    forecaster, before = vrx.load(model_file, threads=3), set(threading.enumerate())
    windows = many(forecaster, 5 * CHUNK)
    forecaster.run(windows)
    stayed = set(threading.enumerate()) - before
    assert 1 <= len(stayed) <= 2
    forecaster.run(windows)
    assert len(set(threading.enumerate()) - before) <= 2
    del forecaster
    gc.collect()
    for thread in stayed:
        thread.join(10.0)
        assert not thread.is_alive()


def test_callers_side_by_side_and_one_inside_another_get_the_same_bits(model_file, many):
    forecaster = vrx.load(model_file, threads=2)
    windows = many(forecaster, 5 * CHUNK + 1) * np.linspace(0.5, 2.0, 5 * CHUNK + 1)[:, None, None]
    alone, inside = forecaster.run(windows), []
    with ThreadPoolExecutor(4) as pool:
        for answer in pool.map(lambda _: forecaster.run(windows), range(12)):
            assert same_bits(answer, alone)
    forecaster.run(windows, progress=lambda _: inside.append(forecaster.run(windows)))
    assert len(inside) == 6 and all(same_bits(answer, alone) for answer in inside)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_tell_what_is_done_one_at_a_time_and_in_order(model_file, many, threads):
    forecaster, shares, telling = vrx.load(model_file, threads=threads), [], []
    windows = many(forecaster, 20 * CHUNK + 1)

    def tell(share):
        telling.append(share)
        time.sleep(0.001)
        assert telling == [share]
        telling.clear()
        shares.append(share)

    forecaster.run(windows, progress=tell)
    assert len(shares) == 21 and (np.diff(shares) > 0).all() and shares[-1] == 1.0


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_when_a_chunk_fails_then_no_thread_goes_on_to_the_rest(model_file, many, threads):
    forecaster, calls = vrx.load(model_file, threads=threads), []  # told one at a time
    windows = many(forecaster, 100 * CHUNK)

    def stop(share):
        calls.append(share)
        if len(calls) == 1:
            raise KeyboardInterrupt
        time.sleep(0.01)

    with pytest.raises(KeyboardInterrupt):
        forecaster.run(windows, progress=stop)
    assert len(calls) < 50
    assert np.isfinite(forecaster.run(windows[: 5 * CHUNK]).variance).all()


def test_the_session_takes_no_thread_that_it_was_not_given(model_file):
    options = vrx.load(model_file)._session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)


def test_a_file_named_like_nothing_bundled_is_found_by_its_path_without_suffix(tmp_path, model_file, monkeypatch):
    shutil.copy(model_file, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert vrx.load("mine").spec.name == "lstm-attention-ohlc"
    assert vrx.load(os.path.join(".", "mine")).sha256 == vrx.load(model_file).sha256


def test_reading_stops_at_the_size_of_the_contract(tmp_path):
    with pytest.raises(ModelFileError, match="larger than"):
        _model_file.read(type(tmp_path)("/dev/zero"))


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_nothing_in_the_working_folder_takes_the_place_of_a_bundled_model(tmp_path, monkeypatch, model_file, kind):
    here = tmp_path / "universal-close"
    if kind == "file":
        shutil.copy(model_file, here)
    else:
        here.mkdir()
    monkeypatch.chdir(tmp_path)
    assert vrx.load("universal-close").spec.channels == ("close",)


@pytest.mark.parametrize("wrong", [None, 3, ["universal-close"]])
def test_when_the_model_is_neither_name_nor_path_then_the_error_says_so(wrong):
    with pytest.raises(InputError, match="give a name or a path"):
        vrx.load(wrong)


def test_the_forecast_says_what_it_is_of(model_file, bars):
    forecast = vrx.load(model_file).predict(bars)
    assert forecast.target == forecast.to_dict()["target"]
    assert forecast.target.startswith("mean of Garman-Klass variance")
    assert "\n" not in repr(forecast)

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vrx._ext import hurst as kernels
from vrx.errors import InputError
from vrx.hurst import DFA, METHODS, ExactWavelet, RescaledRange, Variogram, Wavelet, resume
from vrx.hurst._pyramid import pyramid

NOISE = np.random.default_rng(20240101).standard_normal(600)
# Two pieces of the rolling estimate and a bit.
LONG = np.random.default_rng(5).standard_normal(2 * 8192 + 400)
SPIKED = LONG.copy()
SPIKED[700], SPIKED[8000:8003], SPIKED[9000:9600] = 1e8, np.nan, 0.1


@pytest.mark.parametrize("x", [LONG, LONG.cumsum(), SPIKED], ids=["noise", "motion", "spikes, gaps and a constant"])
@pytest.mark.parametrize("window", [23, 252, 443, 1000])
def test_when_values_come_one_by_one_then_every_bit_is_that_of_the_rolling_estimate(x, window):
    for kind in ("noise", "motion"):
        estimator = Wavelet(kind=kind)
        np.testing.assert_array_equal(estimator.stream(window).extend(x), estimator.rolling(x, window).h)


@given(
    name=st.sampled_from(["haar", "db2", "db3", "db4", "db10", "sym5", "coif1"]),
    window=st.integers(60, 300),
    levels=st.none() | st.sampled_from([(1, 2), (1, 3), (2, 3)]),
)
@settings(max_examples=40, deadline=None)
def test_when_wavelet_window_and_levels_are_chosen_then_the_bits_are_those_of_the_rolling_estimate(
    name, window, levels
):
    estimator = Wavelet(kind="noise", wavelet=name, levels=levels)
    try:
        expected = estimator.rolling(NOISE, window).h
    except InputError:
        with pytest.raises(InputError, match="too few"):
            estimator.stream(window)
    else:
        np.testing.assert_array_equal(estimator.stream(window).extend(NOISE), expected)


def test_when_values_come_alone_or_together_then_the_bits_are_equal():
    alone, together = Wavelet(kind="noise").stream(100), Wavelet(kind="noise").stream(100)
    expected = [alone.update(value) for value in NOISE]
    np.testing.assert_array_equal(together.extend(NOISE), expected)
    assert together.h == alone.h == expected[-1]
    assert together.extend([]).shape == (0,) and together.h == alone.h


@given(
    cut=st.integers(0, 600),
    gaps=st.lists(st.integers(0, 599), max_size=3),
    window=st.sampled_from([23, 64, 100]),
    rounds=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_when_a_stream_is_saved_and_resumed_then_it_goes_on_with_the_same_bits(cut, gaps, window, rounds):
    x = NOISE.copy()
    x[gaps] = np.nan
    estimator = Wavelet(kind="motion", levels=(1, 2))
    stream = estimator.stream(window)
    before = stream.extend(x[:cut])
    for _ in range(rounds):
        text = stream.to_json()
        stream = resume(text)
        assert stream.to_json() == text
    np.testing.assert_array_equal(np.append(before, stream.extend(x[cut:])), estimator.rolling(x, window).h)


def test_when_a_stream_has_met_a_spike_and_a_gap_then_a_million_steps_later_no_trace_is_left():
    x = np.random.default_rng(3).standard_normal(1_000_000)
    x[500], x[900] = 1e8, np.nan
    stream = Wavelet(kind="noise").stream(252)
    stream.extend(x)
    assert stream.h == Wavelet(kind="noise").fit(x[-252:]).h


STREAM = Wavelet(kind="noise").stream(30)
STREAM.extend(NOISE[:40])
STATE = json.loads(STREAM.to_json())


def changed(**changes):
    return json.dumps({**STATE, **changes})


def with_values(values):
    return changed(state={"values": values})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "1",
        "{" * 100_000,
        *(json.dumps({key: value for key, value in STATE.items() if key != missing}) for missing in STATE),
        changed(format=2),
        changed(format="1"),
        changed(format=True),
        changed(method="nothing"),
        changed(method=["wavelet"]),
        changed(options=None),
        changed(options={}),
        changed(options={"kind": "noise", "colour": "red"}),
        changed(options={"kind": "noise", "zz\n": 2}),
        changed(method="dfa", options={"kind": "noise", "corrected": [[1]]}),
        changed(method="rs", options={"kind": "noise", "corrected": 1}),
        changed(method="variogram", options={"kind": "noise", "q": [[1]]}),
        changed(method="mle", options={"kind": "noise", "mean": [1]}),
        changed(options={"kind": "noise", "wavelet": 4}),
        changed(options={"kind": "noise", "levels": [1.5, 3]}),
        changed(window=31),
        changed(window=30.0),
        changed(window="30"),
        changed(window=-1),
        changed(window=10**12),
        changed(window=22),
        changed(window=None),
        changed(window=True),
        changed(h="0.5"),
        changed(h=[0.5]),
        changed(state=None),
        changed(state={}),
        changed(state=[]),
        with_values(None),
        with_values("0" * 30),
        with_values([0.0] * 29),
        with_values([0.0] * 31),
        with_values([[0.0]] * 30),
        with_values(["0.0"] * 30),
        with_values([True] * 30),
        with_values([0.0] * 29 + [float("inf")]),
        with_values([0.0] * 29 + [10**400]),
        with_values({"0": 0.0}),
    ],
    ids=lambda text: text[:40],
)
def test_when_a_state_is_damaged_then_one_line_says_so(text):
    with pytest.raises(InputError) as caught:
        resume(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", METHODS)
def test_when_the_exponent_of_a_state_is_wrong_then_that_of_its_values_counts(name):
    stream = METHODS[name](kind="noise").stream(60)
    stream.extend(NOISE[:70])
    state = json.loads(stream.to_json())
    assert resume(json.dumps({**state, "h": 0.123})).h == stream.h
    assert np.isnan(resume(json.dumps({**state, "state": {"values": [None, *state["state"]["values"][1:]]}})).h)


@pytest.mark.parametrize("window", [10**8 + 1, 10**12, 10**30])
@pytest.mark.parametrize("method", [Wavelet, DFA])
def test_when_the_window_of_a_stream_is_beyond_all_memory_then_it_is_refused(method, window):
    with pytest.raises(InputError, match=r"^the window of a stream is longer than 100,000,000 values: use a .*$"):
        method(kind="noise").stream(window)


@pytest.mark.parametrize(
    "estimator",
    [
        DFA(kind="noise", order=np.int64(2), corrected=np.bool_(False), calibrated=np.bool_(False)),
        RescaledRange(kind="noise", scales=np.array([5, 10, 20]), corrected=np.bool_(True)),
        Variogram(kind="noise", q=np.float32(1.5), lags=range(1, 5)),
        Wavelet(kind="noise", levels=np.array([1, 2])),
        ExactWavelet(kind="noise", levels=[1, 2]),
    ],
    ids=lambda estimator: estimator.method,
)
def test_when_options_come_from_numpy_then_the_state_travels_all_the_same(estimator):
    stream = estimator.stream(50)
    stream.extend(NOISE[:60])
    assert resume(stream.to_json()).to_json() == stream.to_json()


@pytest.mark.parametrize("value", [True, np.True_, "1.5", np.str_("1.5"), "nan", b"1", bytearray(b"1"), 10**400])
def test_when_a_value_only_looks_like_a_number_then_it_is_refused(value):
    stream = resume(json.dumps(STATE))
    with pytest.raises(InputError, match=r"^the value is .*: pass a"):
        stream.update(value)
    assert json.loads(stream.to_json()) == STATE


@pytest.mark.parametrize("value", [np.inf, -np.inf, "one", None, 1j])
def test_when_a_value_is_refused_then_the_state_is_as_before(value):
    stream = resume(json.dumps(STATE))
    with pytest.raises(InputError):
        stream.update(value)
    with pytest.raises(InputError):
        stream.extend([0.0, value])
    assert json.loads(stream.to_json()) == STATE


def test_when_the_kernel_is_asked_then_its_variances_are_those_of_the_last_window():
    plan = pyramid(252, "db4", None)
    stream = kernels.VarianceStream(plan.filters, 252, 5, plan.slope_weights)
    out = np.empty(5)
    stream.variances(out)
    assert np.isnan(out).all()
    stream.extend(NOISE, np.empty(600))
    stream.variances(out)
    np.testing.assert_array_equal(out, plan.variances(NOISE)[:, -1])
    last = np.empty(252)
    stream.last(last)
    np.testing.assert_array_equal(last, NOISE[-252:])


HAAR = np.array([[0.5, 0.5], [-0.5, 0.5]])


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernels.VarianceStream(HAAR[:1], 10, 2, np.ones(2)),
        lambda: kernels.VarianceStream(np.ones((2, 3)), 10, 2, np.ones(2)),
        lambda: kernels.VarianceStream(np.ones((2, 0)), 10, 2, np.ones(2)),
        lambda: kernels.VarianceStream(HAAR, 10, 4, np.ones(2)),
        lambda: kernels.VarianceStream(HAAR, 10, 0, np.ones(0)),
        lambda: kernels.VarianceStream(HAAR, 10, 2, np.ones(0)),
        lambda: kernels.VarianceStream(HAAR, 10, 2, np.ones(3)),
        lambda: kernels.VarianceStream(HAAR, 0, 1, np.ones(1)),
        lambda: kernels.VarianceStream(HAAR, -5, 1, np.ones(1)),
        lambda: kernels.VarianceStream(HAAR, 2**62, 1, np.ones(1)),
        lambda: kernels.VarianceStream(HAAR, 10, 2, np.ones(2)).extend(np.ones(3), np.ones(2)),
        lambda: kernels.VarianceStream(HAAR, 10, 2, np.ones(2)).variances(np.ones(3)),
        lambda: kernels.VarianceStream(HAAR, 10, 2, np.ones(2)).last(np.ones(9)),
    ],
)
def test_when_sizes_do_not_fit_then_the_kernel_refuses_at_the_door(call):
    with pytest.raises(ValueError):  # noqa: PT011 (numpy and Cython word their own refusals)
        call()

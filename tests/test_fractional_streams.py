"""Fractional differences one value at a time, at fixed orders and at orders that move."""

import copy
import json
import math
import pickle  # noqa: TID251 (what multiprocessing does to a stream)
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import fractional as reference
from vrx._ext import moving as kernels
from vrx.errors import InputError
from vrx.fractional import DifferenceStream, VolterraStream, difference, difference_weights, volterra

RNG = np.random.default_rng(11)
X = RNG.standard_normal(5000)
ORDERS = [-2.0, -1.3, -1.0, -0.4, 0.0, 0.3, 0.5, 1.0, 1.6, 2.0]
# From these an order jumps to another: whole ones, their neighbours, and the edges of the cells of interpolation.
JUMPS = [-2.0, -1.999, -1.5, -1.0, -1.0 + 1e-9, -0.5, -1e-9, 0.0, 1e-9, 0.25, 0.5, 1.0 - 1e-12, 1.0, 1.7, 2.0]
JUMPING = RNG.choice(JUMPS, 5000)
MOVING = RNG.uniform(-2.0, 2.0, 5000)
orders = st.floats(-2.0, 2.0)


@pytest.mark.parametrize("d", ORDERS)
def test_when_values_come_one_by_one_then_the_bits_are_those_of_the_whole(d):
    stream = DifferenceStream(d)
    np.testing.assert_array_equal([stream.update(x) for x in X[:300]], difference(X[:300], d))


@given(d=orders, at=st.integers(0, 200), missing=st.integers(0, 300))
@settings(max_examples=30, deadline=None)
def test_when_a_stream_travels_as_json_then_it_goes_on_with_the_same_bits(d, at, missing):
    x = X[:300].copy()
    x[missing:] = np.nan
    stream = DifferenceStream(d)
    y = [stream.update(value) for value in x[:at]]
    stream = DifferenceStream.from_json(stream.to_json())
    y += [stream.update(value) for value in x[at:]]
    np.testing.assert_array_equal(y, difference(x, d))


@pytest.mark.parametrize(
    "damage",
    [
        {"recent": [0.0]},
        {"states": None},
        {"filled": 32},
        {"filled": -1},
        {"filled": "x"},
        {"filled": True},
        {"filled": 10**30},
        {"recent": [10**400] * 64},
        {"before": [1.0]},
        {"d": 3},
        {"kind": "Volterra"},
        {"format": 2},
    ],
)
def test_when_a_state_is_damaged_then_it_is_refused(damage):
    text = json.dumps(json.loads(DifferenceStream(0.4).to_json()) | damage)
    with pytest.raises(InputError, match=r"the state cannot be read|d is 3|the text is no state"):
        DifferenceStream.from_json(text)


@pytest.mark.parametrize("value", [np.inf, "1.5", None, True, 10**400, np.ones((3, 3)), np.ones(1), 1j, np.ma.masked])
def test_when_an_update_is_refused_then_the_stream_is_as_before(value):
    stream = DifferenceStream(0.4)
    stream.update(1.0)
    before = stream.to_json()
    with pytest.raises(InputError, match="x is"):
        stream.update(value)
    assert stream.to_json() == before


@pytest.mark.parametrize("d", ORDERS)
@pytest.mark.parametrize("size", [0, 1, 31, 33, 200])
def test_when_a_stream_takes_many_values_then_the_bits_are_those_of_one_by_one(d, size):
    together, single = DifferenceStream(d), DifferenceStream(d)
    for at in (7, 40):
        np.testing.assert_array_equal(together.extend(X[at : at + size]), [single.update(x) for x in X[at : at + size]])
    assert together.to_json() == single.to_json()


def off(x, d, t, y):
    """The error of one result, relative to the sum of the sizes of all that is summed."""
    terms = difference_weights(d, t + 1) * x[t::-1]
    return abs(y - math.fsum(terms)) / np.abs(terms).sum()


@pytest.mark.parametrize("d", [JUMPING, MOVING, 0.4 + MOVING / 40], ids=["jumping", "all", "narrow"])
def test_when_the_order_moves_then_results_are_those_of_the_slow_twin(d):
    y, twin = difference(X[:300], d[:300]), reference.varying_difference(X[:300], d[:300])
    sizes = reference.varying_difference(np.abs(X[:300]), -np.abs(d[:300]))
    assert (np.abs(y - twin) <= 1e-13 * np.abs(sizes)).all()
    y = difference(X, d)
    assert max(off(X, d[t], t, y[t]) for t in range(0, 5000, 17)) < 1e-13


@pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 63, 64, 65, 66, 95, 96, 97, 128, 129, 1025])
def test_when_the_series_ends_near_a_block_then_every_order_gives_its_sum(n):
    for d in (*JUMPS, -1.3, 0.7, 1.2):
        moving = np.append(np.full(n - 1, 0.3), d)
        assert off(X[:n], d, n - 1, difference(X[:n], moving)[-1]) < 1e-13, d


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="long double is no longer than double here")
def test_when_a_moving_series_is_long_then_its_last_values_keep_their_digits():
    n = 300_000
    x, d, at = 50.0 + np.random.default_rng(5).standard_normal(n), np.full(n, 0.3), np.arange(n - 40, n, 3)
    d[at] = [-1.999, -1.7, -1.000001, -0.999, -0.75, -0.2, -1e-9, 1e-9, 0.1, 0.45, 0.999, 1.001, 1.5, 1.9]
    y, k = difference(x, d), np.arange(1, n, dtype=np.longdouble)
    for t in at:
        weights = np.append(np.longdouble(1), np.cumprod((k[:t] - 1 - np.longdouble(d[t])) / k[:t]))
        terms = weights * x[t::-1]
        assert abs(y[t] - terms.sum()) <= 2e-14 * np.abs(terms).sum(), d[t]


@pytest.mark.parametrize("d", [-1e-9, -1e-300, 1e-300, 1e-9, 1.0 - 1e-12, -1.0 + 1e-12, -0.5, 0.3])
def test_when_an_order_is_close_to_a_whole_one_then_weights_keep_their_relative_accuracy(d):
    impulse = np.zeros(5000)
    impulse[0] = 1.0
    np.testing.assert_allclose(difference(impulse, np.full(5000, d)), difference_weights(d, 5000), rtol=1e-12)


def run(x, d):
    stream = DifferenceStream()
    return [stream.update(value, order) for value, order in zip(x.tolist(), d.tolist(), strict=True)], stream


@given(orders=st.lists(st.sampled_from([*JUMPS, 0.7, np.nan]), min_size=1, max_size=150), gap=st.integers(0, 300))
@settings(max_examples=40, deadline=None)
def test_when_orders_come_one_by_one_then_the_bits_are_those_of_the_whole(orders, gap):
    d, x = np.array(orders), X[: len(orders)].copy()
    x[gap : gap + 1] = np.nan
    one_by_one, single = run(x, d)
    together = DifferenceStream()
    np.testing.assert_array_equal(one_by_one, difference(x, d))
    np.testing.assert_array_equal(together.extend(x, d), one_by_one)
    assert together.to_json() == single.to_json()


@given(at=st.integers(0, 200), missing=st.integers(0, 300))
@settings(max_examples=30, deadline=None)
def test_when_a_moving_stream_travels_as_json_then_it_goes_on_with_the_same_bits(at, missing):
    x, d = X[:300].copy(), JUMPING[:300]
    x[missing:] = np.nan
    y, stream = run(x[:at], d[:at])
    travelled = DifferenceStream.from_json(stream.to_json())
    assert travelled.d is None
    np.testing.assert_array_equal(np.append(y, travelled.extend(x[at:], d[at:])), difference(x, d))


@pytest.mark.parametrize("end", [1, 40, 64, 97, 4_000, 4_097, 4_500])
def test_when_an_order_moves_then_later_values_and_orders_change_no_bit(end):
    for d in (MOVING, JUMPING, np.append(np.full(end - 1, 0.3), MOVING[end - 1 :])):
        whole = difference(X, d)
        np.testing.assert_array_equal(difference(X[:end], d[:end]), whole[:end])
        later = np.append(d[:end], np.full(5000 - end, 0.2))
        np.testing.assert_array_equal(difference(np.append(X[:end], 1e9 * X[end:]), later)[:end], whole[:end])


@pytest.mark.parametrize("gap", [0, 31, 300, 4_300])
def test_when_an_order_moves_then_a_missing_value_spares_the_orders_that_do_not_look_back_to_it(gap):
    holed, d = X.copy(), np.full(5_000, 0.4)
    holed[gap], d[gap + 1 : gap + 6], d[gap + 90] = np.nan, [0.0, 1.0, 1.0, 2.0, 2.0], np.nan
    d[gap + 80] = 0.0
    known = ~np.isnan(difference(holed, d))
    assert known[:gap].all()
    assert np.flatnonzero(known[gap:]).tolist() == [1, 2, 3, 4, 5, 80]


def test_when_an_order_is_missing_then_its_result_is_and_no_other():
    d = MOVING[:400].copy()
    y = difference(X[:400], d)
    d[[5, 40, 250]] = np.nan
    z = difference(X[:400], d)
    assert np.flatnonzero(np.isnan(z)).tolist() == [5, 40, 250]
    np.testing.assert_array_equal(np.delete(z, [5, 40, 250]), np.delete(y, [5, 40, 250]))


@pytest.mark.parametrize(
    ("d", "call", "message"),
    [
        (0.4, lambda s: s.update(1.0, 0.4), "d is 0.4, but the order of this stream is 0.4: leave d out"),
        (0.4, lambda s: s.extend([1.0], [0.4]), "but the order of this stream is 0.4: leave d out"),
        (None, lambda s: s.update(1.0), "d is missing, and the stream has no order of its own: pass one with every"),
        (None, lambda s: s.extend([1.0]), "d is missing, and the stream has no order of its own"),
        (None, lambda s: s.update(1.0, 2.0000001), "d is 2.0000001: use an order of differencing from -2 to 2"),
        (None, lambda s: s.update(1.0, "0.4"), "d is '0.4': use an order"),
        (None, lambda s: s.update(1.0, True), "d is True: use an order"),
        (None, lambda s: s.update(1.0, np.inf), "d is inf: use an order"),
        (None, lambda s: s.update("1.0", 0.4), "x is '1.0': pass a real number"),
        (None, lambda s: s.update(-np.inf, 0.4), "x is -inf: replace it by a finite number"),
        (None, lambda s: s.extend([1.0, 2.0], [0.4, -3.0]), "d[1] is -3, an order of differencing is from -2 to 2"),
        (None, lambda s: s.extend([1.0, 2.0], [0.4]), "d has shape (1,): pass one number, or one for each of the 2"),
        (None, lambda s: s.extend([1.0, np.inf], 0.4), "the series is inf at index 1"),
        (None, lambda s: s.extend([[1.0]], 0.4), "the series has shape (1, 1): pass an array of shape (time,)"),
    ],
)
def test_when_a_stream_is_asked_wrongly_then_one_line_says_so_and_the_state_is_as_before(d, call, message):
    stream = DifferenceStream(d)
    stream.extend(X[:50], *([] if d else [MOVING[:50]]))
    before = stream.to_json()
    with pytest.raises(InputError) as caught:
        call(stream)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert stream.to_json() == before


@pytest.mark.parametrize(
    "damage", [{"sums": [0.0] * 3}, {"states": None}, {"filled": 32}, {"filled": -1}, {"recent": ["1"] * 192}]
)
def test_when_a_moving_state_is_damaged_then_it_is_refused(damage):
    text = json.dumps(json.loads(DifferenceStream().to_json()) | damage)
    with pytest.raises(InputError, match="the state cannot be read"):
        DifferenceStream.from_json(text)


def test_when_a_stream_is_made_then_its_order_stays():
    assert DifferenceStream(0.4).d == 0.4 and DifferenceStream().d is None and VolterraStream(9).horizon == 9
    for stream, name in ((DifferenceStream(0.4), "d"), (VolterraStream(), "horizon"), (VolterraStream(), "total")):
        with pytest.raises(AttributeError):
            setattr(stream, name, 1)


STREAMS = {
    "0.4": (lambda: DifferenceStream(0.4), ()),
    "-1.6": (lambda: DifferenceStream(-1.6), ()),
    "2": (lambda: DifferenceStream(2), ()),
    "moving": (DifferenceStream, (0.3,)),
    "Volterra": (VolterraStream, (0.3,)),
}
each = pytest.mark.parametrize(("make", "rest"), STREAMS.values(), ids=STREAMS)


@each
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda stream: pickle.loads(pickle.dumps(stream))])
def test_when_a_stream_is_copied_then_both_go_on_alone(make, rest, again):
    stream, expected = make(), make()
    for one in (stream, expected):
        one.extend(X[:70], *rest)
    other = again(stream)
    assert other.to_json() == stream.to_json()
    other.extend(100 * X[:50], *rest)
    np.testing.assert_array_equal(stream.extend(X[70:150], *rest), expected.extend(X[70:150], *rest))


@each
def test_when_threads_share_a_stream_then_every_value_is_taken_up_as_a_whole(make, rest):
    # All values are 1, so that their order does not matter. A pass that tears leaves other states, or none at all.
    shared, expected = make(), make()
    interval = sys.getswitchinterval()
    ones = np.ones(20_000)

    def feed():
        for _ in range(20):
            shared.extend(ones, *rest)
            for _ in range(300):
                shared.update(1.0, *rest)

    threads = [threading.Thread(target=feed) for _ in range(2)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    expected.extend(np.ones(2 * 20 * 20_300), *rest)
    assert shared.to_json() == expected.to_json()


@each
def test_when_a_long_silence_follows_then_no_state_fades_into_subnormal_numbers(make, rest):
    stream = make()
    stream.update(1.0, *rest)
    stream.extend(np.zeros(100_000), *rest)
    states = np.abs(json.loads(stream.to_json()).get("states", [0.0]))
    assert not ((states > 0.0) & (states < 1e-280)).any()


@pytest.mark.parametrize("scale", [1e-250, 1e-200, 1e200, 1e280])
def test_when_values_are_tiny_or_huge_then_results_scale_with_them(scale):
    np.testing.assert_allclose(difference(scale * X, 0.4) / scale, difference(X, 0.4), rtol=0, atol=1e-13)
    np.testing.assert_allclose(difference(scale * X, MOVING) / scale, difference(X, MOVING), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(volterra(scale * X, 0.05) / scale, volterra(X, 0.05), rtol=0, atol=1e-12)


ROUND = {
    "points": np.ones((4, 20)),
    "shares": np.ones(20),
    "tables": np.ones((4, 20, 32)),
    "fading": np.ones((32, 32)),
    "taking": np.ones((1, 32, 32)),
    "losses": np.ones(32),
}
SIZE = 4 + 3 * (64 + 2 * 32)


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": np.ones((3, 20))},
        {"points": np.ones((4, 19))},
        {"shares": np.ones(19)},
        {"tables": np.ones((4, 20, 31))},
        {"tables": np.ones((3, 20, 32))},
        {"fading": np.ones((31, 32))},
        {"taking": np.ones((1, 32, 31))},
        {"losses": np.ones(31)},
        {"losses": np.ones(160), "taking": np.ones((5, 32, 32))},
    ],
)
def test_when_a_table_has_the_wrong_size_then_the_kernel_refuses_it(wrong):
    with pytest.raises(ValueError, match="needs"):
        kernels.Filter(*(ROUND | wrong).values())


@pytest.mark.parametrize(
    "call",
    [
        lambda made: made.run(np.ones(3), np.ones(2), np.ones(3)),
        lambda made: made.run(np.ones(3), np.ones(3), np.ones(2)),
        lambda made: made.run(np.ones(2), np.array([1.0, 2.5]), np.ones(2)),
        lambda made: made.push(1.0, -2.5),
        lambda made: made.save(np.ones(SIZE - 1)),
        lambda made: made.load(np.ones(SIZE + 1), 0),
        lambda made: made.load(np.ones(SIZE), 32),
        lambda made: made.load(np.ones(SIZE), -1),
    ],
)
def test_when_a_buffer_has_the_wrong_size_then_the_kernel_refuses_it(call):
    with pytest.raises(ValueError, match="need"):
        call(kernels.Filter(*ROUND.values()))

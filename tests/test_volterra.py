import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import volterra as reference
from vrx._ext import volterra as kernels
from vrx.errors import InputError
from vrx.fractional import VolterraStream, volterra
from vrx.fractional._exponentials import exponentials

RNG = np.random.default_rng(3)
Z = RNG.standard_normal(3000)
H = 0.5 + 0.45 * np.sin(np.arange(3000) / 90)
hursts = st.floats(1e-9, 1 - 1e-9)


def off(actual, exact, scale):
    """The largest error, relative to the sum of the sizes of all terms; the first sum has none."""
    assert actual[0] == exact[0] == 0.0
    return np.max(np.abs(actual - exact)[1:] / scale[1:])


@pytest.mark.parametrize("horizon", [1, 2, 100, 252, 5_000, 100_000, 1 << 30])
@pytest.mark.parametrize(("tolerance", "error"), [(1e-6, 1e-6), (1e-9, 1e-9), (1e-13, 1e-13)])
def test_when_exponentials_stand_for_powers_then_the_error_is_below_the_tolerance(horizon, tolerance, error):
    nodes = exponentials(horizon, 1e-12, 2.0, tolerance=tolerance)
    lags = np.unique(np.round(np.geomspace(1, horizon, 200)))
    a = np.concatenate(([1e-12, 1e-6, 0.01], np.linspace(0.1, 1.9, 37), [1.999, 2.0]))
    powers = np.exp(-lags[:, np.newaxis] * nodes.rates) @ nodes.weights(a).T
    assert np.abs(powers * lags[:, np.newaxis] ** a - 1.0).max() < error


def test_when_the_default_nodes_are_made_then_they_are_few():
    nodes = exponentials(100_000, 0.1, 1.9)
    assert len(nodes.decays) == 56
    assert nodes.weights([0.3, 0.7]).shape == (2, 56)


@given(a=st.floats(1e-6, 4.0), horizon=st.integers(1, 10**7), lag=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_when_any_exponent_is_asked_for_then_its_powers_come_back(a, horizon, lag):
    nodes = exponentials(horizon, a / 2, min(4.0, a * 1.5))
    tau = max(1, round(lag * horizon))
    assert math.isclose((nodes.weights(a)[0] * np.exp(-tau * nodes.rates)).sum(), tau**-a, rel_tol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exponentials(0, 0.1, 1.9), "horizon is 0: use a whole number of at least 1"),
        (lambda: exponentials(10, 0.0, 1.9), "least and most are 0.0 and 1.9: use exponents above 0"),
        (lambda: exponentials(10, 1.0, 0.5), "least and most are 1.0 and 0.5"),
        (lambda: exponentials(10, 1.0, 4.5), "least and most are 1.0 and 4.5"),
        (lambda: exponentials(10, 0.1, 1.9, tolerance=0.0), "tolerance is 0.0: use a relative error from"),
        (lambda: exponentials(10, 0.1, 1.9).weights([0.5, 2.0]), "exponent[1] is 2, the nodes serve from 0.1 to 1.9"),
        (lambda: volterra([], 0.5), "the series is empty"),
        (lambda: volterra([1.0, np.inf], 0.5), "the series is inf at index 1"),
        (lambda: volterra([1.0, 2.0], [0.5, 1.0]), "hurst[1] is 1, a Hurst exponent is above 0 and below 1"),
        (lambda: volterra([1.0, 2.0], 0.0), "hurst is 0, a Hurst exponent"),
        (lambda: volterra([1.0, 2.0], [0.5] * 3), "hurst has shape (3,): pass one number, or one for each of the 2"),
        (lambda: volterra([1.0, 2.0], "x"), "hurst has dtype <U1"),
        (lambda: volterra([1.0], 0.5, method="fft"), "method is 'fft': use 'states' or 'direct'"),
        (lambda: VolterraStream(0), "horizon is 0: use a whole number of at least 1"),
        (lambda: VolterraStream(2**41), f"horizon is {2**41}: use {2**40} at most"),
        (lambda: VolterraStream().update("x", 0.5), "z is 'x': pass a real number"),
        (lambda: VolterraStream().update(np.inf, 0.5), "z is inf: replace it by a finite number, or by NaN"),
        (lambda: VolterraStream().update(1.0, 1.0), "hurst is 1.0, a Hurst exponent is above 0 and below 1"),
        (lambda: volterra([1.0], np.nextafter(1.0, 2.0)), "hurst is 1.0000000000000002, a Hurst exponent"),
        (lambda: volterra([1.0], [[0.5], [0.5, 0.5]]), "hurst is a ragged list"),
        (lambda: volterra([1.0], 0.5, method=np.array(["a", "b"])), "method is an array of shape (2,): use 'states'"),
        (lambda: VolterraStream(10**400), f"use {2**40} at most"),
        (lambda: VolterraStream().update(10**400, 0.5), "replace it by a finite number, or by NaN"),
        (lambda: VolterraStream().update(True, 0.5), "z is True: pass a real number"),
        (lambda: VolterraStream().update(np.ones((3, 3)), 0.5), "z is an array of shape (3, 3): pass a real number"),
        (lambda: VolterraStream().update(1.0, np.inf), "hurst is inf, a Hurst exponent is above 0 and below 1"),
        (lambda: VolterraStream().update(1.0, "0.5"), "hurst is '0.5', a Hurst exponent is above 0 and below 1"),
        (lambda: VolterraStream().extend([1.0, np.inf], 0.5), "the series is inf at index 1"),
        (lambda: VolterraStream().extend([1.0, 1.0], [0.5]), "hurst has shape (1,): pass one number, or one for each"),
        (lambda: VolterraStream.from_json("{"), "the state cannot be read"),
        (lambda: VolterraStream.from_json("[]"), "the text is no state of format 1 of a Volterra stream"),
        (lambda: VolterraStream.from_json('{"format": 1, "kind": "difference"}'), "the text is no state"),
    ],
)
def test_when_an_argument_is_wrong_then_one_line_names_it_and_the_cure(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("n", [1, 2, 3, 63, 64, 65, 400])
def test_when_every_pair_is_added_up_then_the_slow_twin_agrees(n):
    exact = reference.volterra(Z[:n], H[:n])
    np.testing.assert_allclose(volterra(Z[:n], H[:n], method="direct"), exact, rtol=0, atol=1e-13 * n)
    np.testing.assert_allclose(volterra(Z[:n], H[:n]), exact, rtol=0, atol=1e-9 * n)


@pytest.mark.parametrize("hurst", [1e-9, 0.05, 0.3, 0.5, 0.95, 1 - 1e-6, 1 - 1e-12, 1 - 2**-53, H])
def test_when_states_carry_the_past_then_they_are_within_their_error_of_the_direct_sum(hurst):
    scale = volterra(np.abs(Z), hurst, method="direct")
    assert off(volterra(Z, hurst), volterra(Z, hurst, method="direct"), scale) < 1e-9


@given(n=st.integers(2, 300), h=hursts, g=hursts, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_when_exponents_jump_then_states_follow(n, h, g, seed):
    rng = np.random.default_rng(seed)
    z, hurst = rng.standard_normal(n), np.where(rng.random(n) < 0.5, h, g)
    assert off(volterra(z, hurst), volterra(z, hurst, method="direct"), volterra(np.abs(z), hurst)) < 1e-9


def test_when_the_series_is_long_then_its_last_sums_are_within_the_error():
    n = 100_000
    z = np.random.default_rng(0).standard_normal(n)
    hurst = 0.5 + 0.45 * np.sin(np.arange(n) / 3000)
    sums = volterra(z, hurst)
    for t in (1, 2, 100, 9_999, 50_000, 77_777, n - 1):
        terms = np.arange(t, 0.0, -1.0) ** (2.0 * hurst[:t] - 2.0) * z[:t]
        assert abs(sums[t] - terms.sum()) <= 1e-9 * np.abs(terms).sum()


@given(a=st.floats(-1e3, 1e3), b=st.floats(-1e3, 1e3))
@settings(max_examples=30, deadline=None)
def test_when_series_are_mixed_then_their_sums_mix_alike(a, b):
    x, y, h = Z[:200], Z[200:400], H[:200]
    mixed = a * volterra(x, h) + b * volterra(y, h)
    np.testing.assert_allclose(volterra(a * x + b * y, h), mixed, rtol=0, atol=1e-10 * (1 + abs(a) + abs(b)))


@pytest.mark.parametrize("method", ["states", "direct"])
@given(t=st.integers(0, 499), later=st.sampled_from([0.0, 1e8, np.nan]))
@settings(max_examples=20, deadline=None)
def test_when_values_from_t_on_change_then_not_a_bit_up_to_t_changes(method, t, later):
    z, hurst = Z[:500].copy(), H[:500].copy()
    before = volterra(z, hurst, method=method)
    z[t:], hurst[t:] = later, 0.9
    np.testing.assert_array_equal(volterra(z, hurst, method=method)[: t + 1], before[: t + 1])
    np.testing.assert_array_equal(volterra(Z[: t + 1], H[: t + 1], method=method), before[: t + 1])


@pytest.mark.parametrize("method", ["states", "direct"])
@pytest.mark.parametrize("missing", ["z", "hurst"])
def test_when_a_value_is_missing_then_all_later_sums_are_nan(method, missing):
    z, hurst = Z[:300].copy(), H[:300].copy()
    (z if missing == "z" else hurst)[100] = np.nan
    sums = volterra(z, hurst, method=method)
    np.testing.assert_array_equal(sums[:101], volterra(Z[:300], H[:300], method=method)[:101])
    assert np.isnan(sums[101:]).all()


def test_when_values_come_one_by_one_then_the_bits_are_those_of_the_whole():
    stream = VolterraStream()
    one_by_one = [stream.update(z, h) for z, h in zip(Z[:700], H[:700], strict=True)]
    np.testing.assert_array_equal(one_by_one[:-1], volterra(Z[:700], H[:700])[1:])
    assert stream.total == one_by_one[-1]


@given(at=st.integers(0, 60), missing=st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_when_a_stream_travels_as_json_then_it_goes_on_with_the_same_bits(at, missing):
    values = Z[:100].copy()
    values[missing:] = np.nan
    stayed = VolterraStream(1000)
    for z, h in zip(values[:at], H, strict=False):
        stayed.update(z, h)
    travelled = VolterraStream.from_json(stayed.to_json())
    assert travelled.horizon == 1000
    np.testing.assert_array_equal(travelled.total, stayed.total)
    np.testing.assert_array_equal([travelled.update(z, 0.3) for z in values], [stayed.update(z, 0.3) for z in values])


@pytest.mark.parametrize(
    "damage", [{"states": [1.0]}, {"states": None}, {"horizon": 10**8}, {"horizon": "x"}, {"states": [10**400] * 64}]
)
def test_when_a_state_is_damaged_then_it_is_refused(damage):
    document = json.loads(VolterraStream(10).to_json()) | damage
    with pytest.raises(InputError, match=r"the state cannot be read|horizon is 'x'"):
        VolterraStream.from_json(json.dumps(document))


@pytest.mark.parametrize("value", [True, "1", float("1e999"), [0.0]])
def test_when_a_state_holds_something_else_then_it_is_refused(value):
    document = json.loads(VolterraStream(10).to_json())
    document["states"][3] = value
    with pytest.raises(InputError, match="the state cannot be read"):
        VolterraStream.from_json(json.dumps(document))


def test_when_the_horizon_is_the_longest_then_the_stream_still_sums():
    stream = VolterraStream(2**40)
    assert stream.update(1.0, 0.3) == pytest.approx(1.0, rel=1e-9)
    assert stream.update(0.0, 0.3) == pytest.approx(2**-1.4, rel=1e-9)


def test_when_an_update_is_refused_then_the_state_is_as_before():
    stream = VolterraStream()
    stream.update(1.0, 0.5)
    before = stream.to_json()
    for z, h in ((math.inf, 0.5), (1.0, 0.0), ("x", 0.5)):
        with pytest.raises(InputError):
            stream.update(z, h)
    assert stream.to_json() == before


DECAYS, MIXING = np.full(64, 0.5), np.zeros((8, 8))
MEMORY = (DECAYS, MIXING, -2.0, 0.3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernels.Memory(np.ones(63), *MEMORY[1:]),
        lambda: kernels.Memory(np.ones(32), *MEMORY[1:]),
        lambda: kernels.Memory(np.ones(160), *MEMORY[1:]),
        lambda: kernels.Memory(DECAYS, np.zeros((7, 8)), -2.0, 0.3),
        lambda: kernels.Memory(DECAYS, MIXING, -2.0, 0.0),
        lambda: kernels.Memory(*MEMORY).sums(np.ones(3), np.ones(2), np.ones(3)),
        lambda: kernels.Memory(*MEMORY).sums(np.ones(3), np.ones(3), np.ones(2)),
        lambda: kernels.Memory(*MEMORY).totals(np.ones(3), np.ones(2), np.ones(3)),
        lambda: kernels.Memory(*MEMORY).totals(np.ones(3), np.ones(3), np.ones(2)),
        lambda: kernels.Memory(*MEMORY).save(np.ones(63)),
        lambda: kernels.Memory(*MEMORY).load(np.ones(65)),
        lambda: kernels.direct(np.ones(3), np.ones(2), np.ones(3), np.ones(3)),
        lambda: kernels.direct(np.ones(3), np.ones(3), np.ones(2), np.ones(3)),
        lambda: kernels.direct(np.ones(3), np.ones(3), np.ones(3), np.ones(4)),
    ],
)
def test_when_a_buffer_has_the_wrong_size_then_the_kernel_refuses_it(call):
    with pytest.raises(ValueError, match="need"):
        call()


@pytest.mark.parametrize("method", ["states", "direct"])
def test_when_series_stand_in_rows_then_each_is_treated_alone(method):
    rows, own = Z[:600].reshape(3, 200), H[:600].reshape(3, 200)
    alone = [volterra(row, its, method=method) for row, its in zip(rows, own, strict=True)]
    np.testing.assert_array_equal(volterra(rows, own, method=method), alone)
    alone = [volterra(row, own[0], method=method) for row in rows]
    np.testing.assert_array_equal(volterra(rows, own[0], method=method), alone)


@pytest.mark.parametrize("size", [0, 1, 2, 63, 64, 65, 200])
def test_when_a_stream_takes_many_values_then_the_bits_are_those_of_one_by_one(size):
    together, single = VolterraStream(), VolterraStream()
    together.update(1.0, 0.4)
    single.update(1.0, 0.4)
    one_by_one = [single.update(z, h) for z, h in zip(Z[:size].tolist(), H[:size].tolist(), strict=True)]
    np.testing.assert_array_equal(together.extend(Z[:size], H[:size]), one_by_one)
    assert together.to_json() == single.to_json()

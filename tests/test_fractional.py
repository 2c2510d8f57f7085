import json
import math

import numpy as np
import pytest
from arch.univariate.recursions import figarch_recursion
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from tests.reference import fractional as reference
from vrx._ext import fractional as kernels
from vrx.errors import InputError
from vrx.fractional import (
    DifferenceStream,
    difference,
    difference_weights,
    figarch_variance,
    figarch_weights,
    rfsv_weights,
)

X = np.random.default_rng(11).standard_normal(5000)
ORDERS = [-2.0, -1.3, -1.0, -0.4, 0.0, 0.3, 0.5, 1.0, 1.6, 2.0]
orders = st.floats(-2.0, 2.0)
# From lag 32 on, at the latest from lag 64 on, states carry the past; they take it up in blocks of 32.
LENGTHS = [1, 2, 3, 31, 32, 33, 34, 63, 64, 65, 66, 95, 96, 97, 128, 129, 700, 1025]


def within(actual, expected, scale, tolerance=1e-13):
    """Agreement relative to the largest sum that could have been formed, which is what rounding follows."""
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale)


@pytest.mark.parametrize("d", ORDERS)
def test_when_weights_are_asked_for_then_they_are_the_binomial_series(d):
    np.testing.assert_allclose(difference_weights(d, 3000), reference.difference_weights(d, 3000), rtol=1e-11)
    assert difference_weights(d, 1).tolist() == [1.0]


@given(d=orders, e=orders)
@settings(max_examples=50, deadline=None)
def test_when_two_operators_follow_each_other_then_their_weights_multiply_to_the_sum_of_orders(d, e):
    if not -2 <= d + e <= 2:
        d, e = d / 2, e / 2
    product = np.convolve(difference_weights(d, 60), difference_weights(e, 60))[:60]
    within(product, difference_weights(d + e, 60), scale=60.0**3)


@pytest.mark.parametrize("d", ORDERS)
@pytest.mark.parametrize("n", LENGTHS)
def test_when_the_whole_past_counts_then_the_slow_twin_agrees(d, n):
    scale = np.abs(difference_weights(d, n)).sum() * np.abs(X[:n]).max()
    within(difference(X[:n], d), reference.difference(X[:n], d), scale)


@pytest.mark.parametrize("truncation", [0, 1, 2, 3, 4, 5, 10, 499, 500, 5000])
@pytest.mark.parametrize("d", [-0.6, 0.4])
def test_when_the_past_is_cut_then_the_slow_twin_agrees(d, truncation):
    scale = np.abs(difference_weights(d, 500)).sum() * np.abs(X[:500]).max()
    within(difference(X[:500], d, truncation=truncation), reference.difference(X[:500], d, truncation), scale)


def test_when_the_cut_lies_beyond_the_series_then_nothing_is_cut():
    within(difference(X, 0.4, truncation=4999), difference(X, 0.4), scale=10.0)


@pytest.mark.parametrize("d", [0, 1, 2])
@pytest.mark.parametrize("n", [10, 5000])
def test_when_the_order_is_whole_then_the_interior_is_that_of_numpy_diff(d, n):
    within(difference(X[:n], d)[d:], np.diff(X[:n], d), scale=1.0)


def test_when_the_order_is_zero_then_the_series_comes_back_to_the_bit_and_as_a_copy():
    back = difference(X, 0.0)
    np.testing.assert_array_equal(back, X)
    assert not np.shares_memory(back, X)


@given(d=orders, n=st.integers(1, 600), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_when_d_is_followed_by_minus_d_then_the_series_comes_back(d, n, seed):
    x = np.random.default_rng(seed).standard_normal(n)
    there = np.abs(difference_weights(d, n)).sum()
    back = np.abs(difference_weights(-d, n)).sum()
    within(difference(difference(x, d), -d), x, scale=there * back * np.abs(x).max())


@given(d=orders, n=st.integers(1, 600), a=st.floats(-1e3, 1e3), b=st.floats(-1e3, 1e3))
@settings(max_examples=60, deadline=None)
def test_when_series_are_mixed_then_their_differences_mix_alike(d, n, a, b):
    x, y = X[:n], X[1000 : 1000 + n]
    scale = (1 + abs(a) + abs(b)) * np.abs(difference_weights(d, n)).sum() * 10
    within(difference(a * x + b * y, d), a * difference(x, d) + b * difference(y, d), scale)


@pytest.mark.parametrize("n", [1, 2, 4, 5, 31, 32, 33, 63, 64, 65, 96, 97, 200, 2048, 4999])
@pytest.mark.parametrize("d", [0.37, -1.9])
def test_when_data_is_appended_then_no_earlier_bit_changes(n, d):
    np.testing.assert_array_equal(difference(X[:n], d), difference(X, d)[:n])
    np.testing.assert_array_equal(difference(X[:n], d, truncation=90), difference(X, d, truncation=90)[:n])


@given(t=st.integers(0, 4999), later=st.sampled_from([0.0, 1e8, -1e300, np.nan]), d=orders)
@settings(max_examples=60, deadline=None)
def test_when_values_after_t_change_then_not_a_bit_up_to_t_changes(t, later, d):
    changed = X.copy()
    changed[t + 1 :] = later
    with np.errstate(over="ignore", invalid="ignore"):
        np.testing.assert_array_equal(difference(changed, d)[: t + 1], difference(X, d)[: t + 1])


@pytest.mark.parametrize("t", [0, 1, 31, 32, 63, 64, 700, 4096, 4999])
@pytest.mark.parametrize("d", [0.4, -1.0, -0.2])
def test_when_a_value_is_missing_then_all_that_remembers_it_is_nan_and_nothing_before(t, d):
    x = X.copy()
    x[t] = np.nan
    y = difference(x, d)
    np.testing.assert_array_equal(y[:t], difference(X, d)[:t])
    assert np.isnan(y[t:]).all()


@pytest.mark.parametrize(
    ("d", "truncation", "memory"),
    [(0.4, 30, 30), (0.4, 0, 0), (1, None, 1), (2, None, 2), (2, 1, 1), (-1, 7, 7)],
)
def test_when_the_memory_is_finite_then_a_gap_leaves_with_it(d, truncation, memory):
    x, filled = X.copy(), X.copy()
    x[900], filled[900] = np.nan, 0.0
    expected = difference(filled, d, truncation=truncation)
    expected[900 : 900 + memory + 1] = np.nan
    np.testing.assert_array_equal(difference(x, d, truncation=truncation), expected)


def test_when_noise_is_summed_fractionally_then_differencing_whitens_it_again():
    memory = difference(X, -0.4)
    autocorrelation = [np.corrcoef(y[1:], y[:-1])[0, 1] for y in (memory, difference(memory, 0.4))]
    # Theory: 0.4 / (1 - 0.4) = 2/3, then 0 with a standard error of 1 / sqrt(5000) = 0.0142.
    assert autocorrelation[0] > 0.55 and abs(autocorrelation[1]) < 4 * 0.0142


@pytest.mark.parametrize("d", [-1.999, -1.5, -1 + 1e-9, -0.9, -0.4, -1e-9, 1e-9, 0.4, 0.9, 1 - 1e-9, 1.3, 1.999])
def test_when_a_million_equal_values_are_differenced_then_the_closed_form_comes_out(d):
    # The weights up to t add up to the product over k <= t of (k - d) / k.
    n = 1_000_000
    factors = -d / np.arange(1, n)
    expected = math.exp(math.fsum(np.log1p(factors[2:]))) * (1 + factors[0]) * (1 + factors[1])
    assert difference(np.full(n, 0.1), d)[-1] == pytest.approx(0.1 * expected, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("d", [-1.4, -0.4, 0.4, 1.4])
def test_when_the_series_is_long_then_its_last_values_are_those_of_the_definition(d):
    n = 100_000
    x = 100.0 + np.random.default_rng(1).standard_normal(n)
    weights, y = difference_weights(d, n), difference(x, d)
    # The weights themselves are a chain of n products.
    scale = np.abs(weights).sum() * 105
    for t in (99, 5_000, 77_777, n - 1):
        assert abs(y[t] - math.fsum(weights[: t + 1] * x[t::-1])) < 2e-12 * scale


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


@pytest.mark.parametrize("value", [np.inf, "x", None])
def test_when_an_update_is_refused_then_the_stream_is_as_before(value):
    stream = DifferenceStream(0.4)
    stream.update(1.0)
    before = stream.to_json()
    with pytest.raises(InputError, match="x is"):
        stream.update(value)
    assert stream.to_json() == before


@pytest.mark.parametrize("truncation", [None, 0, 1, 5, 40, 99, 500])
@pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 64, 100])
def test_when_the_order_moves_then_the_slow_twin_agrees(n, truncation):
    d = np.linspace(-2.0, 2.0, n)
    scale = np.abs(difference_weights(-2, n)).sum() * np.abs(X[:n]).max()
    moving = difference(X[:n], d, truncation=truncation)
    within(moving, reference.varying_difference(X[:n], d, truncation), scale)


LONG = np.random.default_rng(11).standard_normal(5_000)
MOVING = np.random.default_rng(12).uniform(-2.0, 2.0, 5_000)
MOVING[4_200:4_900:100] = [0.0, 1.0, 2.0, -1.0, -2.0, 0.5, 1.5]


@pytest.mark.parametrize("kind", ["all", "narrow", "whole"])
def test_when_an_order_moves_for_long_then_results_are_those_of_the_direct_sum(kind):
    d = {"all": MOVING, "narrow": 0.4 + MOVING / 40, "whole": np.round(MOVING)}[kind]
    ours, direct = difference(LONG, d), np.empty(5_000)
    kernels.varying_filter(LONG, d, 5_000, direct)
    for t in range(4_090, 5_000, 7):
        # Rounding is judged by the size of what is summed.
        terms = np.abs(difference_weights(d[t], t + 1)[::-1] * LONG[: t + 1])
        assert abs(ours[t] - direct[t]) <= 1e-13 * terms.sum(), t


def test_when_an_order_moves_for_long_then_later_values_and_orders_change_no_bit():
    whole = difference(LONG, MOVING)
    for end in (4_000, 4_096, 4_097, 4_500):
        np.testing.assert_array_equal(difference(LONG[:end], MOVING[:end]), whole[:end])
    other = np.append(MOVING[:4_500], np.full(500, 0.3))
    np.testing.assert_array_equal(difference(LONG, other)[:4_500], whole[:4_500])


@pytest.mark.parametrize("gap", [300, 4_300])
def test_when_an_order_moves_then_a_missing_value_spares_the_orders_that_do_not_look_back_to_it(gap):
    holed, d = LONG.copy(), np.full(5_000, 0.4)
    holed[gap], d[gap + 1 : gap + 6], d[gap - 9] = np.nan, [0.0, 1.0, 1.0, 2.0, 2.0], np.nan
    known = ~np.isnan(difference(holed, d))
    assert np.flatnonzero(~known[:gap]).tolist() == [gap - 9]
    assert np.flatnonzero(known[gap:]).tolist() == [1, 2, 3, 4, 5]


@given(d=orders, n=st.integers(1, 300))
@settings(max_examples=40, deadline=None)
def test_when_every_time_has_the_same_order_then_it_is_as_if_the_order_were_fixed(d, n):
    scale = np.abs(difference_weights(d, n)).sum() * np.abs(X[:n]).max()
    within(difference(X[:n], np.full(n, d)), difference(X[:n], d), scale)


def test_when_an_order_changes_later_then_no_earlier_bit_does_and_a_missing_one_is_nan():
    d = np.linspace(0.1, 0.6, 400)
    y, changed = difference(X[:400], d), d.copy()
    changed[251:], changed[250] = -1.0, np.nan
    z = difference(X[:400], changed)
    np.testing.assert_array_equal(z[:250], y[:250])
    assert np.isnan(z[250]) and np.isfinite(z[251:]).all()


figarch = {"d": st.floats(0, 1), "phi": st.floats(-0.9, 0.9), "beta": st.floats(-0.9, 0.95)}


@given(**figarch)
@settings(max_examples=60, deadline=None)
def test_when_figarch_weights_are_asked_for_then_the_product_of_the_series_agrees(d, phi, beta):
    np.testing.assert_allclose(
        figarch_weights(d, phi, beta, 200), reference.figarch_weights(d, phi, beta, 200), rtol=0, atol=1e-13
    )


@given(**figarch, n=st.integers(1, 200), truncation=st.integers(1, 300))
@settings(max_examples=40, deadline=None)
def test_when_the_figarch_variance_is_asked_for_then_the_slow_twin_agrees(d, phi, beta, n, truncation):
    variance = figarch_variance(X[:n], 0.1, d, phi, beta, truncation=truncation, backcast=1.5)
    weights = figarch_weights(d, phi, beta, truncation)
    expected = reference.figarch_variance(X[:n], 0.1, weights, beta, 1.5)
    within(variance, expected, scale=1 + np.abs(weights).sum() * 12 + abs(0.1 / (1 - beta)))


@pytest.mark.parametrize("n", [1, 40, 75, 76, 1500])
@pytest.mark.parametrize("truncation", [10, 1000])
def test_when_arch_computes_the_figarch_variance_then_its_numbers_are_the_same(n, truncation):
    omega, d, phi, beta = 0.05, 0.45, 0.2, 0.5
    squares, days = X[:n] ** 2, min(75, n)
    fading = 0.94 ** np.arange(days)
    expected, bounds = np.empty(n), np.tile([1e-12, 1e12], (n, 1))
    parameters, backcast = np.array([omega, phi, d, beta]), float(squares[:days] @ fading / fading.sum())
    figarch_recursion(parameters, squares, expected, 1, 1, n, truncation, backcast, bounds)
    np.testing.assert_allclose(
        figarch_variance(X[:n], omega, d, phi, beta, truncation=truncation), expected, rtol=1e-12
    )


def test_when_the_order_is_zero_then_figarch_is_garch():
    returns, variance = X[:500], np.empty(500)
    variance[0] = 2.0
    for t in range(499):
        variance[t + 1] = 0.1 + 0.08 * returns[t] ** 2 + 0.85 * variance[t]
    # Before the first day the backcast stands for every square, so that its variance is 2 if it fits.
    backcast = (2.0 - 0.1 / 0.15) * 0.15 / 0.08
    found = figarch_variance(returns, 0.1, 0.0, 0.93, 0.85, truncation=2000, backcast=backcast)
    np.testing.assert_allclose(found, variance, rtol=1e-12)


@given(t=st.integers(0, 299), later=st.sampled_from([0.0, 1e8, np.nan]))
@settings(max_examples=30, deadline=None)
def test_when_returns_from_t_on_change_then_no_variance_up_to_t_does(t, later):
    changed = X[:300].copy()
    changed[t:] = later
    options = {"omega": 0.1, "d": 0.4, "phi": 0.1, "beta": 0.3, "truncation": 100, "backcast": 1.0}
    before, after = figarch_variance(X[:300], **options), figarch_variance(changed, **options)
    np.testing.assert_array_equal(after[: t + 1], before[: t + 1])


@pytest.mark.parametrize("horizon", [1, 5, 22])
@pytest.mark.parametrize("h", [0.001, 0.1, 0.3, 0.499])
def test_when_rfsv_weights_are_asked_for_then_they_are_the_integrals_over_their_steps(h, horizon):
    def kernel(x):
        return 1.0 / (x + horizon)

    power = -(h + 0.5)
    cells = [quad(kernel, 0.0, 1.0, weight="alg", wvar=(power, 0.0), epsabs=0.0, epsrel=1e-12)[0]]
    cells += [quad(lambda x: x**power * kernel(x), k, k + 1, epsabs=0.0, epsrel=1e-12)[0] for k in range(1, 40)]
    np.testing.assert_allclose(rfsv_weights(h, horizon, 40), np.array(cells) / sum(cells), rtol=1e-11)


@given(h=st.floats(1e-6, 0.49), horizon=st.integers(1, 100), n=st.integers(1, 500))
@settings(max_examples=60, deadline=None)
def test_when_rfsv_weights_are_asked_for_then_they_fall_with_age_and_add_up_to_one(h, horizon, n):
    weights = rfsv_weights(h, horizon, n)
    assert weights.shape == (n,) and math.isclose(weights.sum(), 1.0, rel_tol=1e-12)
    assert (np.diff(weights) < 0).all() and (weights > 0).all()


@pytest.mark.parametrize(
    ("x", "d", "truncation", "message"),
    [
        (X, 2.1, None, "d is 2.1: use an order of differencing between -2 and 2"),
        (X, -2.001, None, "d is -2.001: use an order"),
        (X, float("nan"), None, "d is nan: use an order"),
        (X, "half", None, "d is 'half': use an order"),
        (X, 10**400, None, "use an order of differencing between -2 and 2"),
        (X, None, None, "d is None: use an order"),
        (X, 0.4, -1, "truncation is -1: use a whole number of at least 0"),
        (X, 0.4, 2.5, "truncation is 2.5: use a whole number of at least 0"),
        ([], 0.4, None, "the series is empty: pass at least one value"),
        (X.reshape(2, -1), 0.4, None, "the series has shape (2, 2500): pass an array of shape (time,)"),
        (X * 1j, 0.4, None, "the series has dtype complex128: pass real numbers"),
        (["1", "2"], 0.4, None, "the series has dtype <U1: pass real numbers"),
        ([1.0, None], 0.4, None, "the series has dtype object: pass real numbers"),
        (X, [0.1, 0.2], None, "d has shape (2,): pass one number, or one for each of the 5000 values"),
        (X[:2], [0.1, 2.5], None, "d[1] is 2.5, an order of differencing is between -2 and 2: correct it"),
        ([1.0, 2.0, -np.inf], 0.4, None, "the series is -inf at index 2: replace it by a number, or by NaN"),
        (np.array([1, "1e400"], dtype=np.longdouble), 0.4, None, "the series is inf at index 1"),
    ],
)
def test_when_an_input_is_wrong_then_one_line_names_it_and_the_cure(x, d, truncation, message):
    with pytest.raises(InputError) as caught:
        difference(x, d, truncation=truncation)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("n", [0, -3, 1.5, None])
def test_when_the_number_of_weights_is_wrong_then_it_is_named(n):
    with pytest.raises(InputError, match="use a whole number of at least 1"):
        difference_weights(0.4, n)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: figarch_weights(1.1, 0.1, 0.1, 5), "d is 1.1: use a finite number from 0 to 1"),
        (lambda: figarch_weights(0.4, 1, 0.1, 5), "phi is 1: use a number above -1 and below 1"),
        (lambda: figarch_weights(0.4, 0.1, "x", 5), "beta is 'x': use a finite number from -1 to 1"),
        (lambda: figarch_weights(0.4, 0.1, 0.1, 0), "n is 0: use a whole number of at least 1"),
        (lambda: figarch_variance([], 0.1, 0.4, 0.1, 0.1), "the series is empty"),
        (lambda: figarch_variance([1.0], -0.1, 0.4, 0.1, 0.1), "omega is -0.1: use a finite number at least 0"),
        (lambda: figarch_variance([1.0], 0.1, 0.4, 0.1, 0.1, truncation=0), "truncation is 0: use a whole number"),
        (lambda: figarch_variance([1.0], 0.1, 0.4, 0.1, 0.1, backcast=np.nan), "backcast is nan: use a finite number"),
        (lambda: rfsv_weights(0.5, 1, 5), "h is 0.5: the forecast holds for rough paths"),
        (lambda: rfsv_weights(0.1, 0, 5), "horizon is 0: use a whole number of at least 1"),
        (lambda: rfsv_weights(0.1, 1, 0), "n is 0: use a whole number of at least 1"),
    ],
)
def test_when_another_argument_is_wrong_then_one_line_names_it_and_the_cure(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)


FILTER = (np.ones(64), np.ones((32, 32)), np.ones((1, 32, 32)), np.ones(32))


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernels.figarch_weights(0.4, 0.1, 0.1, np.empty(0)),
        lambda: kernels.running_sum(np.ones(3), np.ones(2), np.ones(2)),
        lambda: kernels.running_sum(np.ones(3), np.ones(1), np.ones(3)),
        lambda: kernels.varying_filter(np.ones(3), np.ones(2), 1, np.ones(3)),
        lambda: kernels.varying_filter(np.ones(3), np.ones(3), 1, np.ones(2)),
        lambda: kernels.varying_filter(np.ones(3), np.ones(3), 0, np.ones(3)),
        lambda: kernels.Filter(np.ones(63), *FILTER[1:]),
        lambda: kernels.Filter(FILTER[0], np.ones((32, 31)), *FILTER[2:]),
        lambda: kernels.Filter(FILTER[0], np.ones((31, 32)), *FILTER[2:]),
        lambda: kernels.Filter(*FILTER[:2], np.ones((1, 31, 32)), FILTER[3]),
        lambda: kernels.Filter(*FILTER[:3], np.ones(31)),
        lambda: kernels.Filter(*FILTER).run(np.ones(3), np.ones(3)),
        lambda: kernels.Filter(*FILTER).push(1.0),
        lambda: kernels.Filter(*FILTER).attach(np.ones((1, 32)), np.ones(64), 0),
        lambda: kernels.Filter(*FILTER).attach(np.ones((2, 31)), np.ones(64), 0),
        lambda: kernels.Filter(*FILTER).attach(np.ones((2, 32)), np.ones(63), 0),
        lambda: kernels.Filter(*FILTER).attach(np.ones((2, 32)), np.ones(64), 32),
    ],
)
def test_when_a_buffer_has_the_wrong_size_then_the_kernel_refuses_it(call):
    with pytest.raises(ValueError, match=r"need|attached"):
        call()

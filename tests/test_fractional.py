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


@pytest.mark.parametrize("truncation", [None, 0, 1, 5, 40, 99, 500])
@pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 64, 100])
def test_when_the_order_moves_then_the_slow_twin_agrees(n, truncation):
    d = np.linspace(-2.0, 2.0, n)
    scale = np.abs(difference_weights(-2, n)).sum() * np.abs(X[:n]).max()
    moving = difference(X[:n], d, truncation=truncation)
    within(moving, reference.varying_difference(X[:n], d, truncation), scale)


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
# Shares of the ranges in which no weight is negative: 0 <= phi <= (1 - d) / 2 and 0 <= beta <= d + phi.
shares = st.floats(0.0, 1.0)


@given(**figarch)
@settings(max_examples=60, deadline=None)
def test_when_figarch_weights_are_asked_for_then_the_product_of_the_series_agrees(d, phi, beta):
    np.testing.assert_allclose(
        figarch_weights(d, phi, beta, 200), reference.figarch_weights(d, phi, beta, 200), rtol=0, atol=1e-13
    )


@given(d=shares, part=shares, share=shares, n=st.integers(1, 200), truncation=st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_when_the_figarch_variance_is_asked_for_then_the_slow_twin_agrees(d, part, share, n, truncation):
    phi = part * (1 - d) / 2
    beta = min(share * (d + phi), 0.99)
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
        (X, 2.1, None, "d is 2.1: use an order of differencing from -2 to 2"),
        (X, -2.001, None, "d is -2.001: use an order"),
        (X, float("nan"), None, "d is nan: use an order"),
        (X, "half", None, "d is 'half': use an order"),
        (X, 10**400, None, "use an order of differencing from -2 to 2"),
        (X, None, None, "d is None: use an order"),
        (X, 0.4, -1, "truncation is -1: use a whole number of at least 0"),
        (X, 0.4, 2.5, "truncation is 2.5: use a whole number of at least 0"),
        ([], 0.4, None, "the series is empty: pass at least one value"),
        (
            X.reshape(2, 2, -1),
            0.4,
            None,
            "the series has shape (2, 2, 1250): pass an array of shape (time,) or",
        ),
        (X, "0.5", None, "d is '0.5': use an order"),
        (X, True, None, "d is True: use an order"),
        (X, np.ma.masked, None, "d is masked: use an order"),
        (X, [[0.1], [0.1, 0.2]], None, "d is a ragged list"),
        (X, 2.0000001, None, "d is 2.0000001: use an order"),
        (X[:2], [2.0000001, 0.0], None, "d[0] is 2.0000001, an order"),
        (X, [0.5], None, "d has shape (1,): pass one number, or one for each of the 5000 values"),
        (X * 1j, 0.4, None, "the series has dtype complex128: pass real numbers"),
        (["1", "2"], 0.4, None, "the series has dtype <U1: pass real numbers"),
        ([1.0, None], 0.4, None, "the series has dtype object: pass real numbers"),
        (X, [0.1, 0.2], None, "d has shape (2,): pass one number, or one for each of the 5000 values"),
        (X[:2], [0.1, 2.5], None, "d[1] is 2.5, an order of differencing is from -2 to 2: correct it"),
        ([1.0, 2.0, -np.inf], 0.4, None, "the series is -inf at index 2: replace it by a number, or by NaN"),
        (np.array([1, "1e400"], dtype=np.longdouble), 0.4, None, "the series is inf at index 1"),
    ],
)
def test_when_an_input_is_wrong_then_one_line_names_it_and_the_cure(x, d, truncation, message):
    with pytest.raises(InputError) as caught:
        difference(x, d, truncation=truncation)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("n", [0, -3, 1.5, None, 10**14, 10**30])
def test_when_the_number_of_weights_is_wrong_then_it_is_named(n):
    with pytest.raises(InputError, match=r"use a whole number of at least 1|use 1073741824 at most"):
        difference_weights(0.4, n)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: figarch_weights(1.1, 0.1, 0.1, 5), "d is 1.1: use a finite number from 0 to 1"),
        (lambda: figarch_weights(0.4, 1, 0.1, 5), "phi is 1: use a finite number above -1 and below 1"),
        (lambda: figarch_weights(0.4, 0.1, "x", 5), "beta is 'x': use a finite number above -1 and below 1"),
        (lambda: figarch_weights(0.4, 0.1, 0.1, 0), "n is 0: use a whole number of at least 1"),
        (lambda: figarch_variance([], 0.1, 0.4, 0.1, 0.1), "the series is empty"),
        (lambda: figarch_variance([1.0], -0.1, 0.4, 0.1, 0.1), "omega is -0.1: use a finite number at least 0"),
        (lambda: figarch_variance([1.0], 0.1, 0.4, 0.1, 0.1, truncation=0), "truncation is 0: use a whole number"),
        (lambda: figarch_variance([1.0], 0.1, 0.4, 0.1, 0.1, backcast=np.nan), "backcast is nan: use a finite number"),
        (lambda: difference_weights(np.ones((3, 3)), 3), "d is an array of shape (3, 3): use an order"),
        (lambda: difference_weights(10**5000, 3), "d is a whole number of thousands of digits: use an order"),
        (lambda: figarch_weights(0.4, np.ones((9, 9)), 0.1, 5), "phi is an array of shape (9, 9): use"),
        (lambda: figarch_variance([1.0], 10**400, 0.4, 0.1, 0.1), "use a finite number at least 0"),
        (lambda: figarch_variance([1.0], 0.1, 0.4, 0.1, 0.1, truncation=10**13), "truncation is 10000000000000: use"),
        (lambda: figarch_variance([1.0, 1e200], 0.1, 0.4, 0.1, 0.1), "returns[1] is 1e+200, and its square is beyond"),
        (lambda: figarch_variance([[1.0], [1e200]], 0.1, 0.4, 0.1, 0.1), "returns[1, 0] is 1e+200, and its square"),
        (lambda: figarch_variance([np.nan] * 75 + [1.0], 0.1, 0.4, 0.1, 0.1), "the first 75 returns are missing"),
        (lambda: figarch_variance([0.1, 3.0], 0.01, 0.1, 0.0, 0.9), "whose weight 0 is -0.8: keep 0 <= phi"),
        (lambda: figarch_variance([0.1, 3.0], 0.01, 0.9, 0.5, 0.1, truncation=2), "whose weight 1 is -0."),
        (lambda: rfsv_weights(0.5, 1, 5), "hurst is 0.5: use an exponent above 0 and below 0.5"),
        (lambda: rfsv_weights(0.1, 10**400, 5), "use 1099511627776 at most"),
        (lambda: rfsv_weights(0.1, 1, 10**14), "n is 100000000000000: use 1073741824 at most"),
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
        lambda: kernels.varying_filter(np.ones(3), np.ones(2), 1, np.ones(3)),
        lambda: kernels.varying_filter(np.ones(3), np.ones(3), 1, np.ones(2)),
        lambda: kernels.varying_filter(np.ones(3), np.ones(3), 0, np.ones(3)),
        lambda: kernels.Filter(3),
        lambda: kernels.Filter(0, np.ones(63), *FILTER[1:]),
        lambda: kernels.Filter(0, FILTER[0]),
        lambda: kernels.Filter(0, FILTER[0], np.ones((32, 31)), *FILTER[2:]),
        lambda: kernels.Filter(0, FILTER[0], np.ones((31, 32)), *FILTER[2:]),
        lambda: kernels.Filter(0, FILTER[0], np.ones((160, 32)), np.ones((5, 32, 32)), np.ones(160)),
        lambda: kernels.Filter(0, *FILTER[:2], np.ones((1, 31, 32)), FILTER[3]),
        lambda: kernels.Filter(0, *FILTER[:3], np.ones(31)),
        lambda: kernels.Filter(0, *FILTER).run(np.ones(3), np.ones(2)),
        lambda: kernels.Filter(1, *FILTER).save(np.ones(129)),
        lambda: kernels.Filter(1, *FILTER).load(np.ones(131), 0),
        lambda: kernels.Filter(1, *FILTER).load(np.ones(130), 32),
        lambda: kernels.Filter(1, *FILTER).load(np.ones(130), -1),
        lambda: kernels.Filter(2).load(np.ones(4), 1),
    ],
)
def test_when_a_buffer_has_the_wrong_size_then_the_kernel_refuses_it(call):
    with pytest.raises(ValueError, match="need"):
        call()


def test_when_series_stand_in_rows_then_each_is_treated_alone():
    rows, d = X[:1200].reshape(3, 400), np.linspace(-1.5, 1.5, 400)
    own = np.array([d, -d, 0 * d + 0.3])
    options = {"omega": 0.1, "d": 0.4, "phi": 0.1, "beta": 0.3}
    for ask in (
        lambda x, i=slice(None): difference(x, 0.4),
        lambda x, i=slice(None): difference(x, -1.3, truncation=50),
        lambda x, i=slice(None): difference(x, d),
        lambda x, i=slice(None): difference(x, own[i]),
        lambda x, i=slice(None): difference(x, own[i], truncation=30),
        lambda x, i=slice(None): figarch_variance(x, **options),
    ):
        together = ask(rows)
        assert together.shape == rows.shape
        np.testing.assert_array_equal(together, [ask(row, i) for i, row in enumerate(rows)])


def test_when_early_returns_are_missing_then_the_backcast_is_the_mean_of_the_others():
    returns, options = X[:1500].copy(), {"omega": 0.1, "d": 0.4, "phi": 0.1, "beta": 0.3, "truncation": 100}
    returns[60] = np.nan
    first, fading = returns[:75] ** 2, 0.94 ** np.arange(75)
    mean = np.nansum(first * fading) / fading[~np.isnan(first)].sum()
    variance = figarch_variance(returns, **options)
    np.testing.assert_allclose(variance, figarch_variance(returns, **options, backcast=mean), rtol=1e-13)
    assert np.flatnonzero(np.isnan(variance)).tolist() == list(range(61, 161))


@given(d=shares, part=shares, share=shares)
@settings(max_examples=100, deadline=None)
def test_when_figarch_parameters_are_inside_their_limits_then_no_weight_is_refused_for_its_rounding(d, part, share):
    phi = part * (1 - d) / 2
    beta = min(share * (d + phi), 1 - 1e-9)
    assert (figarch_variance(X[:100], 0.0, d, phi, beta) >= 0.0).all()


@pytest.mark.parametrize("d", [-2, -1, 0, 1, 2])
def test_when_every_time_has_the_same_whole_order_then_the_bits_are_those_of_the_fixed_order(d):
    x = np.append(1e3 * X, [1e17, 1.0, -1e17, 3.0])
    np.testing.assert_array_equal(difference(x, np.full(len(x), float(d))), difference(x, d))

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import fractional as reference
from vrx.errors import InputError
from vrx.fractional import difference, difference_weights

X = np.random.default_rng(11).standard_normal(5000)
ORDERS = [-2.0, -1.3, -1.0, -0.4, 0.0, 0.3, 0.5, 1.0, 1.6, 2.0]
orders = st.floats(-2.0, 2.0)
# Around 256 values the direct sum gives way to blocks; at powers of two the blocks change their pairing.
LENGTHS = [1, 2, 3, 255, 256, 257, 258, 511, 512, 513, 700, 1024, 1025]


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


@pytest.mark.parametrize("n", [1, 2, 4, 5, 200, 255, 256, 257, 511, 512, 513, 2048, 2049, 4999])
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


@pytest.mark.parametrize("t", [0, 1, 255, 256, 700, 4096, 4999])
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

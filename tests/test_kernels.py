"""What a kernel owes its caller: the right buffers pass, no others, and threads change no bit."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from vrx._ext import fractional as fractional_kernels
from vrx._ext import hurst as hurst_kernels
from vrx.fractional import difference
from vrx.hurst import Wavelet

X = np.random.default_rng(2).standard_normal(1000)
HAAR = np.array([[1.0, 1.0], [1.0, -1.0]]) / 2

ASKERS = {
    "rolling wavelet": lambda x: Wavelet(kind="noise").rolling(x, 100).h,
    "wavelet": lambda x: np.array(Wavelet(kind="noise").fit(x).h),
    "wavelet stream": lambda x: Wavelet(kind="noise").stream(100).extend(x),
    "wavelet bootstrap": lambda x: np.array(Wavelet(kind="noise").fit(x, interval="bootstrap").low),
    "difference": lambda x: difference(x, 0.4),
    "truncated difference": lambda x: difference(x, 0.4, truncation=20),
}


def frozen(x):
    copy = x.copy()
    copy.flags.writeable = False
    return copy


@pytest.mark.parametrize("ask", ASKERS.values(), ids=ASKERS)
@pytest.mark.parametrize(
    "form",
    [frozen, lambda x: np.repeat(x, 3)[::3], lambda x: x[::-1].copy()[::-1], lambda x: x.astype(">f8"), list],
    ids=["read-only", "strided", "reversed", "big-endian", "list"],
)
def test_when_the_same_values_come_in_another_form_then_not_a_bit_changes(ask, form):
    np.testing.assert_array_equal(ask(form(X)), ask(X))


@pytest.mark.parametrize("ask", ASKERS.values(), ids=ASKERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.uint8])
def test_when_values_come_in_another_type_then_they_are_computed_in_float64(ask, dtype):
    x = (X * 50 + 100).astype(dtype)
    answer = ask(x)
    assert answer.dtype == np.float64
    np.testing.assert_array_equal(answer, ask(x.astype(np.float64)))


@pytest.mark.parametrize("ask", ASKERS.values(), ids=ASKERS)
def test_when_a_kernel_has_run_then_its_input_is_as_it_was(ask):
    x = X.copy()
    ask(x)
    np.testing.assert_array_equal(x, X)


def variance(n=100, filters=HAAR, window=50, shape=(3, 51)):
    hurst_kernels.rolling_wavelet_variance(X[:n].copy(), filters, window, np.empty(shape))


def slope(n=100, filters=HAAR, window=50, levels=3, weights=2, size=51):
    hurst_kernels.rolling_log_slope(X[:n].copy(), filters, window, levels, np.ones(weights), np.empty(size))


def squares(n=100, filters=HAAR, shape=(3, 100)):
    hurst_kernels.wavelet_squares(X[:n].copy(), filters, np.empty(shape))


@pytest.mark.parametrize(
    "call",
    [
        lambda: variance(n=99),
        lambda: variance(shape=(3, 50)),
        lambda: variance(shape=(3, 0)),
        lambda: variance(shape=(0, 51)),
        lambda: variance(shape=(6, 51)),
        lambda: variance(shape=(60, 51)),
        lambda: variance(window=31, shape=(5, 70)),
        lambda: variance(window=0, shape=(1, 101)),
        lambda: variance(window=-5, shape=(1, 106)),
        lambda: variance(window=101, shape=(1, 0)),
        lambda: variance(n=0, window=0, shape=(1, 1)),
        lambda: variance(filters=np.ones((1, 4))),
        lambda: variance(filters=np.ones((3, 4))),
        lambda: variance(filters=np.ones((2, 3))),
        lambda: variance(filters=np.ones((2, 0))),
        lambda: slope(size=50),
        lambda: slope(size=0),
        lambda: slope(n=0, window=0, size=1),
        lambda: slope(window=101, size=0),
        lambda: slope(levels=6),
        lambda: slope(levels=0, weights=0),
        lambda: slope(levels=-1),
        lambda: slope(weights=0),
        lambda: slope(weights=4),
        lambda: slope(filters=np.ones((2, 3))),
        lambda: squares(n=99),
        lambda: squares(shape=(7, 100)),
        lambda: squares(shape=(0, 100)),
        lambda: squares(n=0, shape=(1, 0)),
        lambda: squares(filters=np.ones((1, 2))),
        lambda: fractional_kernels.difference_weights(0.5, np.empty(0)),
        lambda: fractional_kernels.causal_filter(np.ones((2, 5)), np.ones(0), np.empty((2, 5))),
        lambda: fractional_kernels.causal_filter(np.ones((2, 5)), np.ones(3), np.empty((2, 4))),
        lambda: fractional_kernels.causal_filter(np.ones((2, 5)), np.ones(3), np.empty((1, 5))),
        lambda: fractional_kernels.causal_filter(np.ones((2, 9))[:, ::2], np.ones(3), np.empty((2, 5))),
        lambda: fractional_kernels.causal_filter(np.ones((2, 5), "f4"), np.ones(3), np.empty((2, 5))),
        lambda: fractional_kernels.causal_filter(np.ones((2, 5)), np.ones(3), frozen(np.empty((2, 5)))),
        lambda: fractional_kernels.causal_filter(np.ones(5), np.ones(3), np.empty((1, 5))),
    ],
)
def test_when_a_buffer_has_the_wrong_size_or_kind_then_the_kernel_refuses_at_the_door(call):
    with pytest.raises(ValueError):  # noqa: PT011 (numpy and Cython word their own refusals)
        call()


def test_when_sizes_are_right_then_the_same_calls_pass():
    variance()
    variance(shape=(5, 51))
    variance(window=32, shape=(5, 69))
    variance(n=50, shape=(5, 1))
    slope()
    slope(levels=5, weights=5)
    slope(n=50, size=1)
    squares()
    squares(shape=(6, 100))
    fractional_kernels.causal_filter(np.empty((0, 5)), np.ones(3), np.empty((0, 5)))
    fractional_kernels.causal_filter(np.empty((2, 0)), np.ones(3), np.empty((2, 0)))


def test_when_haar_variances_are_asked_for_then_they_are_those_counted_by_hand():
    out = np.empty((2, 2))
    hurst_kernels.rolling_wavelet_variance(np.array([1.0, 3.0, 2.0, 6.0, 2.0]), HAAR, 4, out)
    # Level 1 halves the steps: 1, -1/2, 2, -2. Level 2 halves the steps of two-day means: 2 to 4, 2.5 to 4.
    np.testing.assert_allclose(out, [[(1 + 0.25 + 4) / 3, (0.25 + 4 + 4) / 3], [1.0, 0.5625]], rtol=1e-15)


@pytest.mark.parametrize("n", [1, 5, 1023, 1024, 1025, 2500])
@pytest.mark.parametrize("lags", [1, 2, 4, 5, 6, 7, 8, 1023, 1024, 1025, 1026, 1027, 2048, 2051])
def test_when_lags_and_values_end_near_a_tile_then_the_filter_is_that_of_numpy(n, lags):
    x, weights = np.random.default_rng(n).standard_normal((2, 3000))
    out = np.empty((1, n))
    fractional_kernels.causal_filter(x[np.newaxis, :n].copy(), weights[:lags].copy(), out)
    np.testing.assert_allclose(out[0], np.convolve(x[:n], weights[:lags])[:n], rtol=0, atol=1e-11)


def test_when_rows_are_filtered_then_none_remembers_another():
    rows, out = X[:40].reshape(4, 10).copy(), np.empty((4, 10))
    weights = np.array([1.0, 0.5, 0.25])
    fractional_kernels.causal_filter(rows, weights, out)
    np.testing.assert_allclose(out, [np.convolve(row, weights)[:10] for row in rows], rtol=1e-14)


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_when_threads_share_a_panel_then_not_a_bit_changes(threads):
    panel = np.random.default_rng(4).standard_normal((5, 20_000))
    panel[1, 700] = np.nan
    rolling = Wavelet(kind="noise").rolling
    np.testing.assert_array_equal(rolling(panel, threads=threads).h, rolling(panel).h)
    np.testing.assert_array_equal(rolling(panel[0], threads=threads).h, rolling(panel[0]).h)


def test_when_callers_bring_their_own_threads_then_not_a_bit_changes():
    series = [np.roll(X, shift) for shift in range(32)]
    with ThreadPoolExecutor(4) as pool:
        for ask in ASKERS.values():
            for ours, theirs in zip(map(ask, series), pool.map(ask, series), strict=True):
                np.testing.assert_array_equal(ours, theirs)

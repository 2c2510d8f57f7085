import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import volterra as reference
from vrx._noise import noise_covariance
from vrx.errors import InputError
from vrx.fractional import _rough as rough
from vrx.fractional import _simulation as simulation
from vrx.fractional import fbm, fgn, riemann_liouville, rough_bergomi

PATHS = 100_000


def deviations(paths, covariance):
    """How many standard errors the covariances of paths of mean 0 are from the theory, entry by entry."""
    sampled = paths.T @ paths / len(paths)
    variance = np.diag(covariance)
    return np.abs(sampled - covariance) / np.sqrt((np.outer(variance, variance) + covariance**2) / len(paths))


@pytest.mark.parametrize("hurst", [0.05, 0.3, 0.5, 0.9])
def test_when_noise_is_drawn_then_its_covariance_is_that_of_the_theory(hurst):
    # 210 covariances: 4.5 standard errors are passed once in 700 such tests, and the seed is fixed.
    assert deviations(fgn(20, hurst, PATHS, seed=1), reference.noise_covariance(20, hurst)).max() < 4.5


@pytest.mark.parametrize("hurst", [0.1, 0.7])
def test_when_motion_is_drawn_then_its_covariance_is_that_of_the_theory(hurst):
    assert deviations(fbm(20, hurst, PATHS, seed=2), reference.motion_covariance(20, hurst)).max() < 4.5


@pytest.mark.parametrize("hurst", [0.2, 0.8])
def test_when_paths_share_a_transform_then_they_are_independent_all_the_same(hurst):
    paths = fgn(10, hurst, PATHS, seed=3)
    covariance = reference.noise_covariance(10, hurst)
    crossed = paths[::2].T @ paths[1::2] / (PATHS / 2)
    assert np.abs(crossed).max() < 4.5 / np.sqrt(PATHS / 2) * np.abs(covariance).sum(axis=0).max()


def test_when_single_paths_are_drawn_then_their_covariance_is_that_of_the_theory():
    paths = np.array([fgn(6, 0.3, seed=seed) for seed in range(10_000)])
    assert deviations(paths, reference.noise_covariance(6, 0.3)).max() < 4.5


@given(n=st.integers(1, 300), hurst=st.floats(0.001, 0.999), rows=st.integers(0, 7), seed=st.integers(0, 2**63))
@settings(max_examples=60, deadline=None)
def test_when_fewer_paths_are_drawn_then_they_are_the_first_of_more(n, hurst, rows, seed):
    paths = fgn(n, hurst, 7, seed=seed)
    assert paths.shape == (7, n) and paths.flags.c_contiguous and np.isfinite(paths).all()
    np.testing.assert_array_equal(fgn(n, hurst, rows, seed=seed), paths[:rows])
    np.testing.assert_array_equal(fbm(n, hurst, 7, seed=seed), np.cumsum(paths, axis=1))


def test_when_paths_are_drawn_in_other_chunks_then_no_bit_changes(monkeypatch):
    paths = fgn(100, 0.3, 501, seed=4)
    for together in (1, 1000, 1 << 20):
        monkeypatch.setattr(simulation, "_TOGETHER", together)
        np.testing.assert_array_equal(fgn(100, 0.3, 501, seed=4), paths)


def test_when_the_seed_changes_then_so_do_the_paths():
    assert not np.isin(fgn(50, 0.3, 2, seed=1), fgn(50, 0.3, 2, seed=2)).any()
    assert not np.isin(fgn(50, 0.3, seed=1), fgn(50, 0.3, seed=2)).any()


@pytest.mark.parametrize(
    "hurst", [np.full(8, 0.05), np.full(8, 0.5), np.full(8, 0.7), np.linspace(0.05, 0.6, 8), np.linspace(0.6, 0.05, 8)]
)
def test_when_the_exponent_moves_then_the_scheme_has_the_covariance_of_the_theory(hurst):
    n = len(hurst)
    increments = rough._motion(np.eye(n), np.zeros((n, n)), hurst)
    extra = rough._motion(np.zeros((n, n)), np.eye(n), hurst)
    scheme, theory = increments.T @ increments + extra.T @ extra, reference.riemann_liouville_covariance(hurst)
    np.testing.assert_allclose(np.diag(scheme), np.arange(1, n + 1.0) ** (2 * hurst), rtol=1e-13)
    sizes = np.sqrt(np.diag(theory))
    assert np.abs((scheme - theory) / np.outer(sizes, sizes)).max() < 0.01
    assert deviations(riemann_liouville(n, hurst, PATHS, seed=5), scheme).max() < 4.5


def test_when_the_exponent_is_one_half_then_the_process_is_a_random_walk():
    normal = np.random.default_rng(6).standard_normal((3, 2, 300))
    np.testing.assert_allclose(riemann_liouville(300, 0.5, 3, seed=6), np.cumsum(normal[:, 0], axis=1), atol=1e-12)


def test_when_the_exponents_are_equal_then_one_number_says_the_same():
    np.testing.assert_array_equal(riemann_liouville(40, 0.2, 3, seed=1), riemann_liouville(40, [0.2] * 40, 3, seed=1))
    np.testing.assert_array_equal(riemann_liouville(40, 0.2, seed=1), riemann_liouville(40, 0.2, 1, seed=1)[0])


def test_when_there_are_more_times_than_one_block_then_the_blocks_join(monkeypatch):
    paths = riemann_liouville(300, 0.2, 3, seed=1)
    monkeypatch.setattr(rough, "_ROWS", 1000)
    np.testing.assert_allclose(riemann_liouville(300, 0.2, 3, seed=1), paths, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("hurst", "eta", "rho", "step"), [(0.1, 1.5, -0.9, 1 / 252), (0.3, 0.2, 0.0, 1.0)])
def test_when_rough_bergomi_is_drawn_then_its_means_are_those_of_the_theory(hurst, eta, rho, step):
    n = 10
    xi = np.linspace(0.04, 0.09, n + 1)
    variance, price = rough_bergomi(n, hurst, eta, rho, xi, PATHS, step=step, seed=7)
    assert (variance[:, 0] == xi[0]).all() and (price[:, 0] == 1.0).all()
    errors = np.sqrt(np.exp(eta**2 * (step * np.arange(n + 1)) ** (2 * hurst)) - 1.0) / np.sqrt(PATHS) * xi
    assert (np.abs(variance.mean(axis=0) - xi)[1:] < 4 * errors[1:]).all()
    assert abs(price[:, -1].mean() - 1.0) < 4 * price[:, -1].std() / np.sqrt(PATHS)
    logs = np.log(variance / xi)
    np.testing.assert_allclose(logs[:, -1].var(), eta**2 * (n * step) ** (2 * hurst), rtol=4 * np.sqrt(2 / PATHS))


@pytest.mark.parametrize("rho", [-1.0, -0.7, 0.0, 0.5, 1.0])
def test_when_price_and_variance_are_correlated_then_so_are_their_first_steps(rho):
    variance, price = rough_bergomi(1, 0.1, 1.0, rho, 0.04, PATHS, seed=8)
    found = np.corrcoef(np.log(variance[:, 1]), np.log(price[:, 1]))[0, 1]
    # The variance shares sqrt(2 H) / (H + 1/2) with the increment of W, the rest of its last cell is its own.
    expected = rho * np.sqrt(0.2) / 0.6
    assert abs(found - expected) < 4 / np.sqrt(PATHS)


def test_when_volatility_does_not_move_then_the_price_is_that_of_black_and_scholes():
    variance, price = rough_bergomi(5, 0.1, 0.0, -0.9, 0.04, 50_000, step=0.2, seed=9)
    np.testing.assert_allclose(variance, 0.04, rtol=1e-13)
    log = np.log(price[:, -1])
    assert abs(log.var() / 0.04 - 1.0) < 4 * np.sqrt(2 / 50_000) and abs(log.mean() + 0.02) < 4 * 0.2 / np.sqrt(50_000)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fgn(0, 0.3), "n is 0: use a whole number of at least 1"),
        (lambda: fgn(5, 1.0), "hurst is 1.0: use an exponent above 0 and below 1"),
        (lambda: fgn(5, "x"), "hurst is 'x': use an exponent above 0 and below 1"),
        (lambda: fgn(5, 0.3, -1), "paths is -1: use a whole number of at least 0"),
        (lambda: fbm(5, 0.3, seed=-1), "seed is -1: pass an int of at least 0"),
        (lambda: fgn(5, "0.3"), "hurst is '0.3': use an exponent above 0 and below 1"),
        (lambda: fgn(5, 10**400), "use an exponent above 0 and below 1"),
        (lambda: fgn(5, np.full((3, 3), 0.4)), "hurst is an array of shape (3, 3): use an exponent"),
        (lambda: fgn(10**14, 0.3), "n is 100000000000000: use 1073741824 at most"),
        (lambda: fgn(1000, 0.3, 10**12), "paths is 1000000000000: use 1073741 at most for paths of 1000 values"),
        (lambda: fgn(5, 0.3, seed=np.random.default_rng(0)), "pass an int of at least 0"),
        (lambda: fgn(5, 0.3, seed=None), "seed is None: pass an int of at least 0"),
        (lambda: riemann_liouville(10**30, 0.3), "n is 1000000000000000000000000000000: use 1073741824 at most"),
        (lambda: riemann_liouville(2, 1.0000001), "hurst is 1.0000001, a Hurst exponent is above 0 and below 1"),
        (lambda: rough_bergomi(2, 0.5, 1e200, 0.0, 0.04, 3), "eta is 1e+200: use a finite number from 0 to 1e+100"),
        (lambda: rough_bergomi(2, 0.5, 1.0, 0.0, 0.1, 3, step=0), "step is 0: use a finite number above 0"),
        (lambda: rough_bergomi(2, 0.5, 1.0, True, 0.1, 3), "rho is True: use a finite number from -1 to 1"),
        (lambda: riemann_liouville(3, [0.1, 0.2]), "hurst has shape (2,): pass one number, or one for each of the 3"),
        (lambda: riemann_liouville(2, [0.1, np.nan]), "hurst[1] is nan, a Hurst exponent is above 0 and below 1"),
        (lambda: rough_bergomi(2, 0.5, -1.0, 0.0, 0.04, 3), "eta is -1.0: use a finite number from 0 to 1e+100"),
        (lambda: rough_bergomi(2, 0.5, 1.0, 1.1, 0.04, 3), "rho is 1.1: use a finite number from -1 to 1"),
        (lambda: rough_bergomi(2, 0.5, 1.0, None, 0.04, 3), "rho is None: use a finite number from -1 to 1"),
        (lambda: rough_bergomi(2, 0.5, 1.0, 0.0, 0.0, 3), "xi is 0, a variance is positive and finite: correct it"),
        (lambda: rough_bergomi(2, 0.5, 1.0, 0.0, [0.1, 0.1], 3), "xi has shape (2,): pass one number, or one for each"),
        (lambda: rough_bergomi(2, 0.5, 1.0, 0.0, 0.1, 3, step=np.inf), "step is inf: use a finite number above 0"),
    ],
)
def test_when_an_argument_is_wrong_then_one_line_names_it_and_the_cure(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("hurst", [1e-6, 0.05, 0.3, 0.5 + 1e-6, 0.7, 0.9, 0.99, 0.999999])
def test_when_lags_are_long_then_covariances_keep_their_digits(hurst):
    covariance = noise_covariance(hurst, 1_000_000)
    for lag in (0, 1, 2, 3, 100, 9_999, 1_000_000):
        exact = reference.noise_covariance_exactly(lag, hurst)
        assert abs(covariance[lag] - exact) <= 1e-15 * max(lag, 1.0) ** (2 * hurst - 2), lag


def test_when_noise_is_long_and_persistent_then_no_frequency_is_lost():
    # The plain second difference made half of these eigenvalues negative, which were then cut off at 0.
    assert simulation._amplitudes(1_000_000, 0.99).min() > 0.0


def test_when_no_number_of_rough_bergomi_paths_is_given_then_one_comes_without_the_axis():
    one, panel = (rough_bergomi(5, 0.1, 1.5, -0.7, 0.04, paths, seed=3) for paths in (None, 1))
    assert one.variance.shape == one.price.shape == (6,)
    np.testing.assert_array_equal(one.variance, panel.variance[0])
    np.testing.assert_array_equal(one.price, panel.price[0])

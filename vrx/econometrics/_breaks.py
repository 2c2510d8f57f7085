"""Multiple breaks in the mean of a series after Bai and Perron (1998, 2003), with their critical values."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrx._arrays import real_array, refuse
from vrx._ext.breaks import best_partitions
from vrx.econometrics._law import Array
from vrx.errors import InputError

__all__ = ["LEVELS", "MOST", "Breaks", "breaks", "one_break"]

# The tables below are for this share of the series as the shortest segment, and for as many breaks.
TRIMMING = 0.15
MOST = 5
LEAST = 100
# A segment that moves by a smaller share of its largest value stands still.
ROUNDING = 1e-12

LEVELS = (0.10, 0.05, 0.025, 0.01)
# One regressor that breaks, trimming 0.15: Bai and Perron (2003), Critical values for multiple structural change tests,
# Econometrics Journal 6, 72-78, as they stand in getcv1, getcv2 and getdmax of Perron's own program, brcode.src of
# 2004 (aptech/gauss-structural-break, mbreak/BRCODE.SRC and mbreak/real.out).
SUP_F = (
    (7.04, 6.28, 5.21, 4.41, 3.47),
    (8.58, 7.22, 5.96, 4.99, 3.91),
    (10.18, 8.14, 6.72, 5.51, 4.34),
    (12.29, 9.36, 7.60, 6.19, 4.91),
)
NEXT = (
    (7.04, 8.51, 9.41, 10.04, 10.58),
    (8.58, 10.13, 11.14, 11.83, 12.25),
    (10.18, 11.86, 12.66, 13.40, 13.89),
    (12.29, 13.89, 14.80, 15.28, 15.76),
)
UD_MAX = (7.46, 8.88, 10.39, 12.37)


@dataclass(frozen=True, eq=False)
class Breaks:
    """Where the mean of a series breaks, and how sure that is."""

    level: float
    """The size of the tests that chose `starts`."""
    starts: tuple[int, ...]
    """The index at which each segment after the first begins; none where no break is found."""
    means: Array
    """The mean of each segment, shape (breaks + 1,)."""
    sup_f: Array
    """Statistics of no break against 1..5 of them, shape (5,); NaN where a segment does not vary."""
    following: Array
    """Statistics of l breaks against l + 1 for l = 0..4, shape (5,); NaN where a segment does not vary, 0 where none is
    long enough for another break."""
    ud_max: float
    """The largest of `sup_f`: no break against some."""
    bic: Array
    """The criterion of Yao (1988) for 0..5 breaks, shape (6,)."""
    partitions: tuple[tuple[int, ...], ...]
    """The best starts for 1..5 breaks."""

    @property
    def count(self) -> int:
        """How many breaks the tests find, one after the other."""
        return len(self.starts)

    @property
    def count_bic(self) -> int:
        """How many breaks the criterion prefers; it takes the residuals to be independent."""
        return int(np.argmin(self.bic))

    def critical(self, level: float) -> tuple[tuple[float, ...], tuple[float, ...], float]:
        """Critical values at one of `LEVELS`: of `sup_f`, of `following` and of `ud_max`."""
        at = _row(level)
        return SUP_F[at], NEXT[at], UD_MAX[at]

    def p_below(self) -> tuple[float | None, ...]:
        """The smallest of `LEVELS` at which each of `sup_f` rejects; None where it does not at 0.10."""
        columns = zip(*SUP_F, strict=True)
        return tuple(_smallest(f, column) for f, column in zip(self.sup_f.tolist(), columns, strict=True))

    def ud_max_p_below(self) -> float | None:
        """The smallest of `LEVELS` at which `ud_max` rejects; None where it does not at 0.10."""
        return _smallest(self.ud_max, UD_MAX)


def breaks(values: ArrayLike, *, level: float = 0.05) -> Breaks:
    """Find how often, when and by how much the mean of a series breaks.

    The best partitions into 2..6 segments, none shorter than 15% of the series, come from the dynamic programme of
    Bai and Perron. The tests are Wald statistics with a long-run variance of each segment of its own, so that
    neither autocorrelation nor a variance that breaks along with the mean passes for a break. A break is added as
    long as one more is significant, and dates are those of the best partition with so many.

    Parameters
    ----------
    values
        The series, oldest first, shape (n,); at least 100 values. For breaks in the variance of returns give their
        absolute values: those of squares would need returns with eight moments, which daily ones lack.
    level
        The size of each test: 0.10, 0.05, 0.025 or 0.01.

    Raises
    ------
    InputError
        The values are too few, constant or missing, or `level` has no critical values.

    Notes
    -----
    The long-run variance is that of Andrews and Monahan (1992): an AR(1) whitens the residuals, the quadratic spectral
    kernel takes the bandwidth of Andrews (1991). Memory that dies out slowly, as that of volatility does, still passes
    for breaks in the mean (Diebold and Inoue 2001): of 300 GARCH(1,1) series of 2,500 days without any break, 51% had
    one at 5% where alpha and beta were 0.05 and 0.90, 98% at 0.08 and 0.91, and 3% of independent returns
    (benchmarks/breaks_size.py). :func:`vrx.econometrics.diagnose` therefore also asks how often a GARCH fitted to the
    returns does as well.

    References
    ----------
    Bai and Perron (1998), Estimating and testing linear models with multiple structural changes, Econometrica 66.
    Bai and Perron (2003), Computation and analysis of multiple structural change models, J. Applied Econometrics 18.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=300)
    >>> found = breaks(noise + 2.0 * (np.arange(300) >= 120))
    >>> found.starts, found.means.round(1).tolist()
    ((116,), [0.0, 1.9])
    """
    at = _row(level)
    series = real_array(values, dimensions=(1,))
    refuse("values", series, np.isnan(series), "a value is missing: leave it out")
    if len(series) < LEAST:
        raise InputError(f"{len(series)} values are too few to look for breaks: pass at least {LEAST}")
    if np.all(series == series[0]):
        raise InputError(f"the values are all {series[0]:g}: a constant has no breaks, pass values that vary")
    partitions = _partitions(series)
    sup_f = np.array([_wald(series, starts) for starts in partitions])
    following = np.array([_one_more(series, starts, _least(len(series))) for starts in ((), *partitions[:-1])])
    count = 0
    while count < MOST and following[count] > NEXT[at][count]:
        count += 1
    starts = partitions[count - 1] if count else ()
    return Breaks(
        level=LEVELS[at],
        starts=starts,
        means=np.array([part.mean() for part in np.split(series, starts)]),
        sup_f=sup_f,
        following=following,
        ud_max=float(sup_f.max()),
        bic=_bic(series, partitions),
        partitions=partitions,
    )


def _row(level: float) -> int:
    if level not in LEVELS:
        raise InputError(f"level is {level!r}: there are critical values for {', '.join(map(str, LEVELS))}")
    return LEVELS.index(level)


def _smallest(statistic: float, column: tuple[float, ...]) -> float | None:
    passed = [level for level, critical in zip(LEVELS, column, strict=True) if statistic > critical]
    return min(passed, default=None)


def _least(n: int) -> int:
    """The shortest segment of a series of n values."""
    return int(TRIMMING * n)


def _partitions(series: Array) -> tuple[tuple[int, ...], ...]:
    """The starts of the best partition for 1..5 breaks."""
    sums = np.append(0.0, np.cumsum(series - series.mean()))
    starts = np.zeros((MOST, MOST), dtype=np.int64)
    best_partitions(sums, _least(len(series)), starts)
    return tuple(tuple(starts[k, : k + 1].tolist()) for k in range(MOST))


def one_break(series: Array) -> float:
    """The statistic of no break against the best single one."""
    return _one_more(series, (), _least(len(series)))


def _one_more(series: Array, starts: tuple[int, ...], least: int) -> float:
    """The statistic of one break more than these: the largest of a single break within a segment."""
    found = [0.0]
    for first, last in pairwise((0, *starts, len(series))):
        if last - first >= 2 * least:
            part = series[first:last]
            start = np.zeros((1, 1), dtype=np.int64)
            best_partitions(np.append(0.0, np.cumsum(part - part.mean())), least, start)
            found.append(_wald(part, (int(start[0, 0]),)))
    return float(np.max(found))


def _wald(series: Array, starts: tuple[int, ...]) -> float:
    """The Wald statistic of equal means over the number of breaks, scaled as Bai and Perron (2003) do."""
    parts = np.split(series, starts)
    means = np.array([part.mean() for part in parts])
    size = float(np.max(np.abs(series)))
    variances = np.array([_long_run(part - mean, size) / len(part) for part, mean in zip(parts, means, strict=True)])
    if not np.all(variances > 0.0):
        return math.nan
    # With independent segments the quadratic form of the contrasts is the weighted sum of squares about a common mean.
    weights = 1.0 / variances
    common = float(weights @ means / weights.sum())
    statistic = float(weights @ np.square(means - common))
    return (len(series) - len(parts)) / (len(series) * len(starts)) * statistic


def _long_run(residuals: Array, size: float) -> float:
    """The long-run variance after Andrews and Monahan (1992); 0 where nothing varies."""
    if not np.ptp(residuals) > ROUNDING * size:
        return 0.0  # what a mean leaves of equal values is no movement
    whitening = _first_order(residuals)
    white = residuals[1:] - whitening * residuals[:-1]
    n, rest = len(white), _first_order(white)
    bandwidth = 1.3221 * (4.0 * rest**2 / (1.0 - rest) ** 4 * n) ** 0.2
    covariances = _autocovariances(white)
    total = covariances[0]
    if bandwidth > 0.0:
        total += 2.0 * float(_quadratic_spectral(np.arange(1, n) / bandwidth) @ covariances[1:])
    return float(total / (n - 1) / (1.0 - whitening) ** 2)


def _first_order(values: Array) -> float:
    """The slope on the value before, without a constant."""
    power = float(values[:-1] @ values[:-1])
    return float(values[1:] @ values[:-1]) / power if power > 0.0 else 0.0


def _autocovariances(values: Array) -> Array:
    """Sums of products of values so many steps apart, shape (n,)."""
    size = 1 << (2 * len(values) - 1).bit_length()
    spectrum = np.fft.rfft(values, size)
    products: NDArray[np.float64] = np.fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), size)
    return products[: len(values)]


def _quadratic_spectral(x: Array) -> Array:
    d = 6.0 * np.pi * x / 5.0
    return np.asarray(3.0 * (np.sin(d) / d - np.cos(d)) / np.square(d))


def _bic(series: Array, partitions: tuple[tuple[int, ...], ...]) -> Array:
    n = len(series)
    rest = [
        sum(float(np.sum(np.square(part - part.mean()))) for part in np.split(series, starts))
        for starts in ((), *partitions)
    ]
    with np.errstate(divide="ignore"):  # segments that do not vary leave nothing
        return np.log(np.array(rest) / n) + 2.0 * np.arange(len(rest)) * math.log(n) / n

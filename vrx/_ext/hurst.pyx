"""Wavelet variances of every window of a series, and the slope of their logarithms across scales.

The series is known whole, so the pyramid runs level by level with contiguous loops over time, which the
compiler vectorises; a form that takes one value at a time would pay for ring buffers in its innermost loop.
"""

from libc.float cimport DBL_EPSILON
from libc.math cimport NAN, isfinite, log
from libc.stdlib cimport free, malloc

# Accumulators of one tile of time stay in the first-level cache while the taps pass over them.
cdef enum:
    TILE = 512

# A coefficient of a constant is rounding alone: a few units in the last place of the level of the series.
cdef double ROUNDING = (8 * DBL_EPSILON) * (8 * DBL_EPSILON)


def rolling_wavelet_variance(
    const double[::1] x, const double[::1] low, const double[::1] high, Py_ssize_t window, double[:, ::1] out
):
    """Write into out[j - 1, k] the wavelet variance of level j over x[k : k + window].

    low and high are the MODWT filters, an even number of taps each. Only coefficients whose filter lies
    inside the window count. A variance that rounding alone explains is written as 0.
    """
    cdef Py_ssize_t n = x.shape[0], taps = low.shape[0], levels = out.shape[0], windows = out.shape[1]
    cdef Py_ssize_t level, k, step = 1, reach = 0
    cdef const double *source
    cdef double *scratch
    cdef double *smooth
    cdef double *smoother
    cdef double *detail
    cdef double *suffix
    cdef double *floor
    cdef double *row
    if taps < 2 or taps % 2 or high.shape[0] != taps:
        raise ValueError(f"low and high need the same even number of taps, got {taps} and {high.shape[0]}")
    if window < 1 or window > n or windows != n - window + 1:
        raise ValueError(f"{windows} columns of out do not fit {n} values and a window of {window}")
    if levels < 1 or levels > 40 or ((<Py_ssize_t> 1 << levels) - 1) * (taps - 1) >= window:
        raise ValueError(f"window {window} does not hold the filter of level {levels} with {taps} taps")
    scratch = <double *> malloc((3 * n + window + windows) * sizeof(double))
    if scratch == NULL:
        raise MemoryError()
    smooth, smoother, detail = scratch, scratch + n, scratch + 2 * n
    suffix, floor = scratch + 3 * n, scratch + 3 * n + window
    with nogil:
        _rolling_mean_square(&x[0], window, windows, suffix, floor)
        # Here smooth[reach:] holds the scaling coefficients of the level before, none of them cut short.
        for level in range(levels):
            reach += step * (taps - 1)
            source = &x[reach] if level == 0 else smooth + reach
            _filter(source, &low[0], taps, step, n - reach, smoother + reach)
            _filter(source, &high[0], taps, step, n - reach, detail)
            row = &out[level, 0]
            _rolling_mean_square(detail, window - reach, windows, suffix, row)
            for k in range(windows):
                row[k] = 0.0 if row[k] <= ROUNDING * floor[k] else row[k]
            smooth, smoother = smoother, smooth
            step *= 2
    free(scratch)


def log_slope(const double[:, ::1] variances, const double[::1] weights, double[::1] out):
    """Write into out[k] the weighted sum of the logarithms of column k, or NaN if one of them is infinite."""
    cdef Py_ssize_t levels = variances.shape[0], windows = variances.shape[1], level, k
    cdef double total
    if weights.shape[0] != levels or out.shape[0] != windows:
        raise ValueError(
            f"{levels} levels of {windows} windows need as many weights and results, "
            f"got {weights.shape[0]} and {out.shape[0]}"
        )
    with nogil:
        # Here total is the sum over the levels before; a variance of 0 makes it infinite or NaN for good.
        for k in range(windows):
            total = 0.0
            for level in range(levels):
                total += weights[level] * log(variances[level, k])
            out[k] = total if isfinite(total) else NAN


cdef void _filter(
    const double *v, const double *taps, Py_ssize_t count, Py_ssize_t step, Py_ssize_t n, double *out
) noexcept nogil:
    """Write the sum over l of taps[l] * v[t - l * step] into out[t] for t in 0..n-1; v has a past."""
    cdef Py_ssize_t t = 0, l, i, width
    cdef double first, second
    cdef const double *a
    cdef const double *b
    cdef double *total
    while t < n:
        width = min(<Py_ssize_t> TILE, n - t)
        total = out + t
        first, second, a, b = taps[0], taps[1], v + t, v + t - step
        for i in range(width):
            total[i] = first * a[i] + second * b[i]
        # Here total[i] holds the first l products of time t + i; two are added in one pass over the tile.
        for l in range(2, count, 2):
            first, second, a, b = taps[l], taps[l + 1], v + t - l * step, v + t - (l + 1) * step
            for i in range(width):
                total[i] += first * a[i] + second * b[i]
        t += width


cdef void _rolling_mean_square(
    const double *w, Py_ssize_t count, Py_ssize_t windows, double *suffix, double *out
) noexcept nogil:
    """Write the mean of w[k : k + count] squared into out[k] for k in 0..windows-1.

    Nothing is ever subtracted: a window that straddles two blocks of count values is a suffix of the first
    plus a prefix of the second, so that what has left the window leaves no trace, neither a spike's rounding
    nor a NaN.
    """
    cdef Py_ssize_t start = 0, r, width
    cdef double total
    while start < windows:
        total = 0.0
        for r in range(count - 1, -1, -1):
            total += w[start + r] * w[start + r]
            suffix[r] = total
        out[start] = total / count
        width = min(count, windows - start)
        total = 0.0
        # Here total holds the first r squares of the next block, suffix[r] those of this block from r on.
        for r in range(1, width):
            total += w[start + count + r - 1] * w[start + count + r - 1]
            out[start + r] = (suffix[r] + total) / count
        start += width

"""The weights of fractional differencing, and a causal filter that applies weights directly."""

# Results of one tile stay in the first-level cache while the lags pass over them.
cdef enum:
    TILE = 1024


def difference_weights(double d, double[::1] out):
    """Write into out[k] the coefficient of L^k in (1 - L)^d."""
    cdef Py_ssize_t n = out.shape[0], k
    cdef double weight = 1.0, factor
    if n < 1:
        raise ValueError("out needs room for at least one weight")
    with nogil:
        out[0] = weight
        # Here weight is the coefficient of L^(k - 1).
        for k in range(1, n):
            factor = (k - 1 - d) / k  # kept out of the chain of products, so that divisions overlap
            weight *= factor
            out[k] = weight


def causal_filter(const double[:, ::1] x, const double[::1] weights, double[:, ::1] out):
    """Write into out[i, t] the sum over k <= t of weights[k] * x[i, t - k]; no row has a past."""
    cdef Py_ssize_t rows = x.shape[0], n = x.shape[1], lags = min(weights.shape[0], n), row
    if weights.shape[0] < 1:
        raise ValueError("weights needs at least one weight")
    if out.shape[0] != rows or out.shape[1] != n:
        raise ValueError(f"out needs the shape of x, ({rows}, {n}), got ({out.shape[0]}, {out.shape[1]})")
    if rows == 0 or n == 0:
        return
    with nogil:
        for row in range(rows):
            _filter_row(&x[row, 0], n, &weights[0], lags, &out[row, 0])


cdef void _filter_row(
    const double *x, Py_ssize_t n, const double *weights, Py_ssize_t lags, double *out
) noexcept nogil:
    """Time runs in the innermost loop: a sum over lags there could be vectorised only by reordering it."""
    cdef Py_ssize_t begin = 0, end, reach, t, k
    cdef double w0, w1, w2, w3
    while begin < n:
        end = min(begin + TILE, n)
        reach = min(lags, end)
        w0 = weights[0]
        for t in range(begin, end):
            out[t] = w0 * x[t]
        k = 1
        # Here out[t] holds the products of the lags below k, four of which are added in one pass.
        while k + 3 < reach:
            for t in range(max(begin, k), min(k + 3, end)):
                _add_lags(x, t, weights, k, t + 1, out)
            w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
            for t in range(max(begin, k + 3), end):
                out[t] += w0 * x[t - k] + w1 * x[t - k - 1] + w2 * x[t - k - 2] + w3 * x[t - k - 3]
            k += 4
        for t in range(max(begin, k), end):
            _add_lags(x, t, weights, k, min(reach, t + 1), out)
        begin = end


cdef inline void _add_lags(
    const double *x, Py_ssize_t t, const double *weights, Py_ssize_t first, Py_ssize_t stop, double *out
) noexcept nogil:
    """Add the lags first..stop-1, fewer than four, one by one."""
    cdef Py_ssize_t k
    for k in range(first, stop):
        out[t] += weights[k] * x[t - k]

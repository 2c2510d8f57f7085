"""Structure functions of every window of a series: the moments of its increments across lags."""

from libc.math cimport fabs, pow
from libc.stdlib cimport free, malloc

from vrx._ext.clones cimport cloned_void


def rolling_structure(
    const double[::1] x,
    bint motion,
    const Py_ssize_t[::1] lags,
    double power,
    Py_ssize_t window,
    double[:, ::1] out,
):
    """Write into out[i, k] the mean of abs(y[t + lags[i]] - y[t]) ** power over x[k : k + window].

    y is x if it is motion, else its running sum from 0 on. The lags rise.
    """
    cdef Py_ssize_t n = x.shape[0], windows = out.shape[1], i, t, lag = 0, width
    cdef double *scratch
    cdef double *steps
    cdef double *powers
    if window < 1 or window > n or windows != n - window + 1:
        raise ValueError(f"{windows} columns of out do not fit {n} values and a window of {window}")
    if lags.shape[0] != out.shape[0]:
        raise ValueError(f"{out.shape[0]} rows of out need as many lags, got {lags.shape[0]}")
    for i in range(lags.shape[0]):
        if lags[i] <= lag or lags[i] + motion > window:
            raise ValueError(f"lag {lags[i]} does not rise or does not fit a window of {window}")
        lag = lags[i]
    scratch = <double *> malloc(2 * n * sizeof(double))
    if scratch == NULL:
        raise MemoryError()
    steps, powers = scratch, scratch + n
    with nogil:
        lag = 0
        for t in range(n):
            steps[t] = 0.0
        for i in range(lags.shape[0]):
            if motion:
                lag, width = lags[i], n - lags[i]
                _subtract(&x[0] + lag, &x[0], width, steps)
            else:
                # Here steps[t] is the sum of x[t : t + lag]: nothing is subtracted, so nothing cancels.
                while lag < lags[i]:
                    _add(steps, &x[0] + lag, n - lag, steps)
                    lag += 1
                width = n - lag + 1
            _raise(steps, width, power, powers)
            _rolling_mean(powers, width - windows + 1, windows, &out[i, 0])
    free(scratch)


cdef cloned_void _subtract(const double *a, const double *b, Py_ssize_t n, double *out) noexcept nogil:
    """Write a[t] - b[t] into out[t]."""
    cdef Py_ssize_t t
    for t in range(n):
        out[t] = a[t] - b[t]


cdef cloned_void _add(const double *a, const double *b, Py_ssize_t n, double *out) noexcept nogil:
    """Write a[t] + b[t] into out[t]; out may be a, or lie before b in the same memory."""
    cdef Py_ssize_t t
    for t in range(n):
        out[t] = a[t] + b[t]


cdef cloned_void _raise(const double *steps, Py_ssize_t n, double power, double *out) noexcept nogil:
    """Write abs(steps[t]) ** power into out[t]."""
    cdef Py_ssize_t t
    if power == 2.0:
        for t in range(n):
            out[t] = steps[t] * steps[t]
    elif power == 1.0:
        for t in range(n):
            out[t] = fabs(steps[t])
    else:
        for t in range(n):
            out[t] = pow(fabs(steps[t]), power)


cdef void _rolling_mean(double *v, Py_ssize_t count, Py_ssize_t windows, double *out) noexcept nogil:
    """Write the mean of v[k : k + count] into out[k]; v is overwritten.

    A window is cut into stretches whose lengths are the binary digits of count, each summed by halves. The sums of
    all stretches of one length follow from those of half of it, so a window costs log2(count) additions, nothing is
    ever subtracted, and the bits depend on the values of the window alone.
    """
    cdef Py_ssize_t size = 1, k, rest = count
    cdef double total = 0.0
    if windows == 1:
        # The same halves, without the sums that only other windows would need.
        while rest > 0:
            if rest % 2:
                total += v[rest - 1]
            rest //= 2
            for k in range(rest):
                v[k] = v[2 * k] + v[2 * k + 1]
        out[0] = total / count
        return
    for k in range(windows):
        out[k] = 0.0
    # Here v[t] is the sum of size values from t on.
    while True:
        if count & size:
            _add(out, v + (count // (2 * size)) * 2 * size, windows, out)
        size *= 2
        if size > count:
            break
        _add(v, v + size // 2, count + windows - size, v)
    for k in range(windows):
        out[k] /= count

"""Gaussian likelihood of fractional noise, maximised over the Hurst exponent for every window of a series.

The recursion of Durbin and Levinson stands here in its lattice form: instead of prediction coefficients it
carries the forward and backward prediction errors of the series, and of its autocovariances (Schur), so that the
reflection coefficient of an order is one division. Its loop holds no sum: it runs element by element, so that it
vectorises without the change of a bit.
"""

from libc.float cimport DBL_EPSILON
from libc.math cimport NAN, exp, fabs, isfinite, log, log2, sqrt
from libc.stdlib cimport free, malloc

from vrx._ext.clones cimport cloned_void

# The search runs over logit(H), in which the likelihood has about the same width everywhere: |logit(H)| up to 7, or H
# from 0.0009 to 0.9991. At 0 and 1 the covariance matrix is singular.
cdef double END = 7.0
# Half the first bracket: about one and a half standard errors of 252 values, wide enough to hold most maxima.
cdef double REACH = 0.25
# A step of the search this short is not tried any more, if there are two points so close that the polynomial is exact.
cdef double NEAR = 1e-4
cdef double CLOSE = 0.01
cdef double GOLDEN = 0.3819660112501051

cdef enum:
    POINTS = 40  # a search that needs more ends with its best

# A difference of two values of a constant is rounding alone: a few units in the last place of their level.
cdef double ROUNDING = (8 * DBL_EPSILON) * (8 * DBL_EPSILON)


cdef struct Sample:
    Py_ssize_t n
    bint centred  # whether the mean is estimated
    double *noise  # the window as noise, of size about 1
    double *logs  # log(k) for k in 1..n, and 0 for k = 0
    double *forward
    double *backward
    double *upper
    double *lower


def profile_maxima(const double[::1] x, Py_ssize_t window, bint motion, bint centred, double[:, ::1] out):
    """Write into out[0, k] the exponent of x[k : k + window] of the largest likelihood, into out[1, k] its error.

    motion differences the window first; centred estimates the mean too and maximises the restricted likelihood.
    The second row of out, the inverse root of the curvature, may be left out.
    """
    cdef Py_ssize_t n = window - 1 if motion else window, windows = out.shape[1], k
    cdef Sample sample
    if n < 3 or window > x.shape[0] or windows != x.shape[0] - window + 1:
        raise ValueError(f"{windows} columns of out do not fit {x.shape[0]} values and a window of {window}")
    if out.shape[0] != 1 and out.shape[0] != 2:
        raise ValueError(f"out needs 1 or 2 rows, got {out.shape[0]}")
    _open(&sample, n, centred)
    with nogil:
        for k in range(windows):
            if _standardise(&x[k], window, motion, &sample):
                out[0, k] = _maximum(&sample)
                if out.shape[0] == 2:
                    out[1, k] = _error(&sample, out[0, k])
            else:
                out[0, k] = NAN
                if out.shape[0] == 2:
                    out[1, k] = NAN
    free(sample.noise)


def deviances(const double[::1] x, bint centred, const double[::1] exponents, double[::1] out):
    """Write into out[i] minus twice the profile log likelihood of noise x at exponents[i], up to a constant."""
    cdef Py_ssize_t n = x.shape[0], k
    cdef Sample sample
    if n < 3 or out.shape[0] != exponents.shape[0]:
        raise ValueError(f"{n} values and {exponents.shape[0]} exponents do not fit {out.shape[0]} results")
    _open(&sample, n, centred)
    with nogil:
        for k in range(n):
            sample.noise[k] = x[k]
        for k in range(exponents.shape[0]):
            out[k] = _deviance(&sample, exponents[k])
    free(sample.noise)


cdef int _open(Sample *sample, Py_ssize_t n, bint centred) except -1:
    """Give the sample its memory, all of it in one piece that begins with the noise."""
    cdef Py_ssize_t k
    cdef double *room = <double *> malloc((6 * n + 1) * sizeof(double))
    if room == NULL:
        raise MemoryError()
    sample.n, sample.centred = n, centred
    sample.noise, sample.forward, sample.backward = room, room + n, room + 2 * n
    sample.upper, sample.lower, sample.logs = room + 3 * n, room + 4 * n, room + 5 * n
    sample.logs[0] = 0.0
    for k in range(1, n + 1):
        sample.logs[k] = log(<double> k)
    return 0


cdef bint _standardise(const double *x, Py_ssize_t window, bint motion, Sample *sample) noexcept nogil:
    """Copy the window as noise of size about 1; false where it holds a NaN or nothing but rounding varies."""
    cdef Py_ssize_t n = sample.n, k
    cdef double largest = 0.0, mean = 0.0, spread = 0.0, scale = 0.0
    cdef double *y = sample.noise
    for k in range(window):
        if not isfinite(x[k]):
            return False
        largest = max(largest, fabs(x[k]))
    if largest == 0.0:
        return False
    for k in range(n):
        y[k] = x[k + 1] / largest - x[k] / largest if motion else x[k] / largest
        mean += y[k]
    mean /= n
    for k in range(n):
        spread += (y[k] - mean) * (y[k] - mean)
    if spread <= n * ROUNDING:
        return False
    # An estimated mean takes any constant away; without it here, a large one costs no digits later.
    if sample.centred:
        for k in range(n):
            y[k] -= mean
    for k in range(n):
        scale = max(scale, fabs(y[k]))
    for k in range(n):
        y[k] /= scale
    return True


cdef double _maximum(const Sample *sample) noexcept nogil:
    """Return the exponent of the least deviance, where the polynomial through all points tried so far has its own."""
    cdef double at[POINTS]
    cdef double value[POINTS]
    cdef double low, high, u
    cdef Py_ssize_t count = _bracket(sample, at, value), best, i
    while True:
        best = 0
        for i in range(1, count):
            best = i if value[i] < value[best] else best
        # Here the minimum lies between low and high, the points tried that are nearest to the best on either side.
        low, high = -END, END
        for i in range(count):
            low = max(low, at[i]) if at[i] < at[best] else low
            high = min(high, at[i]) if at[i] > at[best] else high
        u = _stationary(at, value, count, at[best])
        if low < u < high and fabs(u - at[best]) <= NEAR:
            if min(high - at[best], at[best] - low) <= CLOSE:
                return _exponent(u)
            u = at[best] + 0.5 * (CLOSE if u >= at[best] else -CLOSE)
        elif not low < u < high:
            u = at[best] + GOLDEN * (low - at[best] if 2.0 * at[best] >= low + high else high - at[best])
        if count == POINTS or fabs(u - at[best]) <= NEAR:
            return _exponent(at[best])
        at[count], value[count] = u, _deviance(sample, _exponent(u))
        count += 1


cdef Py_ssize_t _bracket(const Sample *sample, double *at, double *value) noexcept nogil:
    """Try points downhill from a guess until the best has a worse one on either side, or is an end."""
    cdef Py_ssize_t count, last
    cdef double step
    at[1] = min(max(_guess(sample), -END + REACH), END - REACH)
    at[0], at[2] = at[1] - REACH, at[1] + REACH
    for count in range(3):
        value[count] = _deviance(sample, _exponent(at[count]))
    count = 3
    last, step = (0, -REACH) if value[0] < value[2] else (2, REACH)
    while value[last] < value[1] and fabs(at[last]) < END:
        step *= 1.6
        at[count] = min(max(at[last] + step, -END), END)
        value[count] = _deviance(sample, _exponent(at[count]))
        if value[count] >= value[last]:
            return count + 1
        last = count
        count += 1
    return count


cdef double _exponent(double logit) noexcept nogil:
    return 1.0 / (1.0 + exp(-logit))


cdef double _stationary(const double *at, const double *value, Py_ssize_t count, double x) noexcept nogil:
    """Return the minimum near x of the polynomial through the points, NaN if Newton's steps find none."""
    cdef double difference[POINTS]
    cdef double p, first, second
    cdef Py_ssize_t i, order, step
    for i in range(count):
        difference[i] = value[i]
    for order in range(1, count):
        for i in range(count - 1, order - 1, -1):
            difference[i] = (difference[i] - difference[i - 1]) / (at[i] - at[i - order])
    for step in range(20):
        p, first, second = difference[count - 1], 0.0, 0.0
        for i in range(count - 2, -1, -1):
            second = second * (x - at[i]) + 2.0 * first
            first = first * (x - at[i]) + p
            p = p * (x - at[i]) + difference[i]
        if not second > 0.0:
            return NAN
        x -= first / second
        if fabs(first) <= 1e-9 * second:
            return x
    return NAN


cdef double _guess(const Sample *sample) noexcept nogil:
    """Return the logit of the exponent that the correlation of neighbours tells, 2^(2 H - 1) - 1."""
    cdef Py_ssize_t k
    cdef double square = sample.noise[0] * sample.noise[0], product = 0.0, hurst
    for k in range(1, sample.n):
        square += sample.noise[k] * sample.noise[k]
        product += sample.noise[k] * sample.noise[k - 1]
    hurst = min(max(0.5 + 0.5 * log2(max(1.0 + product / square, 0.5)), 0.02), 0.98)
    return log(hurst / (1.0 - hurst))


cdef double _error(const Sample *sample, double hurst) noexcept nogil:
    """Return the inverse root of half the curvature of the deviance; NaN where it curves the wrong way."""
    cdef double step = 0.01, at = min(max(hurst, 0.011), 0.989), second
    second = _deviance(sample, at - step) - 2.0 * _deviance(sample, at) + _deviance(sample, at + step)
    return step * sqrt(2.0 / second) if second > 0.0 else NAN


cdef double _deviance(const Sample *sample, double hurst) noexcept nogil:
    """Return minus twice the log likelihood at the exponent, without its constant, the best scale put in."""
    cdef Py_ssize_t n = sample.n, m
    cdef double *f = sample.forward
    cdef double *b = sample.backward
    cdef double *u = sample.upper
    cdef double *v = sample.lower
    cdef double k, one = 1.0, ones = 1.0, cross, total, determinant = 0.0
    _autocovariance(hurst, sample.logs, n, u)
    for m in range(n):
        v[m] = u[m]
        f[m] = b[m] = sample.noise[m]
    total, cross = f[0] * f[0], f[0]
    # Here f[m - 1:] holds what m - 1 past values do not predict of noise[m - 1:], and b what as many later
    # values do not of noise[: n - m + 1]; u and v are the covariances of those errors with noise[0], and v[0]
    # is their variance. one is what is left of a constant 1 after its own prediction.
    for m in range(1, n):
        k = u[m] / v[0]
        _step(f + m, b, k, n - m)
        _step(u + m, v, k, n - m)
        one *= 1.0 - k
        total += f[m] * f[m] / v[0]
        cross += f[m] * one / v[0]
        ones += one * one / v[0]
        determinant += log(v[0])
    if sample.centred:
        return (n - 1) * log(total - cross * cross / ones) + determinant + log(ones)
    return n * log(total) + determinant


cdef cloned_void _step(double *forward, double *backward, double k, Py_ssize_t count) noexcept nogil:
    """One order more: each error gives up the part k that the other predicts."""
    cdef Py_ssize_t i
    cdef double f, b
    for i in range(count):
        f, b = forward[i], backward[i]
        forward[i] = f - k * b
        backward[i] = b - k * f


cdef void _autocovariance(double hurst, const double *logs, Py_ssize_t n, double *out) noexcept nogil:
    """Write the autocovariance of noise of variance 1 at lags 0..n-1 into out."""
    cdef double power = 2.0 * hurst, second, fourth, sixth, eighth, tenth, inverse
    cdef Py_ssize_t k, near = min(n, <Py_ssize_t> 32)
    cdef double before = 0.0, here = 1.0, after
    out[0] = 1.0
    for k in range(1, near):
        after = exp(power * logs[k + 1])
        out[k] = 0.5 * (before + after) - here
        before, here = here, after
    # Far out the second difference would lose its digits; five terms of its series leave 1e-16 of it at lag 32.
    second = power * (power - 1.0) / 2.0
    fourth = second * (power - 2.0) * (power - 3.0) / 12.0
    sixth = fourth * (power - 4.0) * (power - 5.0) / 30.0
    eighth = sixth * (power - 6.0) * (power - 7.0) / 56.0
    tenth = eighth * (power - 8.0) * (power - 9.0) / 90.0
    for k in range(near, n):
        inverse = 1.0 / (<double> k * k)
        after = (((tenth * inverse + eighth) * inverse + sixth) * inverse + fourth) * inverse + second
        out[k] = exp(power * logs[k]) * inverse * after

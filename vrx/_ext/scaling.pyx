"""How far the blocks of every window of a series spread, rescaled range and fluctuation, and slopes of logarithms.

What a block of values gives depends on those values alone, not on the window that holds it, so each block is
measured once and every window that holds it takes the answer. Eight blocks are measured side by side, one per lane
of the vector unit: no sum crosses lanes, so a block gives the same bits in whatever company it is measured.
"""

from libc.float cimport DBL_EPSILON
from libc.math cimport NAN, fabs, isfinite, isnan, log, sqrt
from libc.stdlib cimport free, malloc

from vrx._ext.clones cimport cloned_void

cdef enum:
    LANES = 8
    # Eight rows of eight lanes: a loop over fewer values the compiler unrolls, and then vectorises badly.
    TILE = 64
    # Blocks above this size are few and would not stay in the first-level cache side by side.
    LONG = 256

# A variance this small beside the square of the level is rounding: a few units in the last place.
cdef double ROUNDING = (8 * DBL_EPSILON) * (8 * DBL_EPSILON)

# A block that has no answer.
cdef double LEFT_OUT = -1.0


cdef struct Blocks:
    # How many values of the series a block spans.
    Py_ssize_t size
    # From the start of one block to that of the next, and how many there are.
    Py_ssize_t step
    Py_ssize_t count
    bint motion
    # The orthonormal polynomials of a block, one after the other; none for a rescaled range.
    Py_ssize_t terms
    const double *polynomials


ctypedef void (*Measure)(const double *, const Blocks *, double *, double *) noexcept nogil


def rolling_rescaled_range(
    const double[::1] x, bint motion, const Py_ssize_t[::1] scales, Py_ssize_t window, double[:, ::1] out
):
    """Write into out[i, k] the mean rescaled range of the blocks of scales[i] steps in x[k : k + window].

    The blocks lie side by side from the start of the window. Motion is differenced first. Blocks without variance
    are left out; where none is left the result is NaN.
    """
    cdef Blocks plan = Blocks(size=0, step=0, count=0, motion=motion, terms=0, polynomials=NULL)
    _measure_windows(x, scales, window, out, _rescaled_ranges, plan)


def rolling_fluctuation(
    const double[::1] x,
    bint motion,
    const Py_ssize_t[::1] scales,
    const double[::1] polynomials,
    Py_ssize_t window,
    double[:, ::1] out,
):
    """Write into out[i, k] the mean square of the profile about a polynomial in each block in x[k : k + window].

    The blocks of scales[i] values lie side by side from the start of the window. polynomials holds, scale by scale,
    the orthonormal polynomials of degree 0, 1, ... one after the other. Noise is summed to its profile; motion is
    a profile. What rounding alone explains counts as 0.
    """
    cdef Py_ssize_t i, total = 0
    cdef Blocks plan = Blocks(size=0, step=0, count=0, motion=motion, terms=0, polynomials=NULL)
    for i in range(scales.shape[0]):
        total += scales[i]
    plan.terms = polynomials.shape[0] // total if total > 0 else 0
    if plan.terms < 1 or polynomials.shape[0] != plan.terms * total:
        raise ValueError(f"{polynomials.shape[0]} values of polynomials do not fit scales of {total} places")
    plan.polynomials = &polynomials[0]
    _measure_windows(x, scales, window, out, _fluctuations, plan)


cdef int _measure_windows(
    const double[::1] x,
    const Py_ssize_t[::1] scales,
    Py_ssize_t window,
    double[:, ::1] out,
    Measure measure,
    Blocks plan,
) except -1:
    """Write the mean measure of the blocks of every scale and window into out."""
    cdef Py_ssize_t n = x.shape[0], windows = out.shape[1], largest = 0, room, i
    # A rescaled range of motion looks at the steps of a block, one less than its values.
    cdef bint extra = plan.motion and plan.terms == 0
    cdef double *scratch
    if window < 1 or window > n or windows != n - window + 1:
        raise ValueError(f"{windows} columns of out do not fit {n} values and a window of {window}")
    if scales.shape[0] != out.shape[0]:
        raise ValueError(f"{out.shape[0]} rows of out need as many scales, got {scales.shape[0]}")
    for i in range(scales.shape[0]):
        if scales[i] < 1 or scales[i] + extra > window:
            raise ValueError(f"scale {scales[i]} does not fit a window of {window}")
        largest = max(largest, scales[i] + extra)
    # Two copies of eight blocks, and eight times what is subtracted from them.
    room = (2 + max(plan.terms, <Py_ssize_t> 1)) * LANES * largest
    scratch = <double *> malloc((room + n) * sizeof(double))
    if scratch == NULL:
        raise MemoryError()
    with nogil:
        for i in range(scales.shape[0]):
            plan.size, plan.step = scales[i] + extra, scales[i]
            _measure_scale(&x[0], &plan, window, measure, scratch, scratch + room, &out[i, 0], windows)
            plan.polynomials += plan.terms * plan.size
    free(scratch)
    return 0


cdef void _measure_scale(
    const double *x,
    const Blocks *scale,
    Py_ssize_t window,
    Measure measure,
    double *rows,
    double *measured,
    double *out,
    Py_ssize_t windows,
) noexcept nogil:
    """Write the mean measure of the blocks of one scale into out[k] for every window k."""
    cdef Blocks plan = scale[0]
    cdef Py_ssize_t step = scale.step, count = (window - scale.size) // scale.step + 1, k, b
    if windows < LANES:
        # Few windows share few blocks: those of one window lie side by side in the lanes.
        plan.count = count
        for k in range(windows):
            measure(x + k, &plan, rows, measured)
            out[k] = _mean(measured, 1, count)
        return
    # Here measured[t] belongs to the block that starts at x[t], whichever windows hold it.
    plan.step = 1
    if windows >= step:
        plan.count = windows + (count - 1) * step
        measure(x, &plan, rows, measured)
    else:
        plan.count = windows
        for b in range(count):
            measure(x + b * step, &plan, rows, measured + b * step)
    for k in range(windows):
        out[k] = _mean(measured + k, step, count)


cdef double _mean(const double *measured, Py_ssize_t step, Py_ssize_t count) noexcept nogil:
    """The mean of the blocks that have an answer, NaN if none has."""
    cdef Py_ssize_t b, kept = 0
    cdef double total = 0.0, value
    for b in range(count):
        value = measured[b * step]
        if value != LEFT_OUT:
            total += value
            kept += 1
    return total / kept if kept > 0 else NAN


cdef inline void _gather(const double *x, const Blocks *plan, Py_ssize_t first, double *rows) noexcept nogil:
    """Write eight blocks side by side, less their first values: row i holds value i of each.

    Without their first value, what all values of a block have in common does not round its sums.
    """
    cdef Py_ssize_t size = plan.size, last = plan.count - 1, i, lane
    cdef const double *start
    cdef double base
    if plan.step == 1 and first + LANES <= plan.count:
        start = x + first
        for i in range(size):
            for lane in range(LANES):
                rows[i * LANES + lane] = start[i + lane] - start[lane]
        return
    for lane in range(LANES):
        # The lanes past the last block measure it again.
        start = x + min(first + lane, last) * plan.step
        base = start[0]
        for i in range(size):
            rows[i * LANES + lane] = start[i] - base


cdef inline void _sum(double *rows, Py_ssize_t size) noexcept nogil:
    """Leave the sum of all rows in the first; what is added is far apart, so that no addition waits for another."""
    cdef Py_ssize_t half, j
    while size > 1:
        half = size // 2
        if size % 2:
            for j in range(LANES):
                rows[j] += rows[(size - 1) * LANES + j]
        for j in range(half * LANES):
            rows[j] += rows[half * LANES + j]
        size = half


cdef inline void _take(double *rows, const double *factors, const double *part, Py_ssize_t size) noexcept nogil:
    """Take factors times part, one of every lane, from the rows."""
    cdef Py_ssize_t left = size * LANES, j
    cdef double tile[TILE]
    for j in range(min(<Py_ssize_t> TILE, left)):
        tile[j] = part[j & (LANES - 1)]
    while left > 0:
        for j in range(min(<Py_ssize_t> TILE, left)):
            rows[j] -= factors[j] * tile[j]
        rows += TILE
        factors += TILE
        left -= TILE


cdef inline void _highest(double *rows, Py_ssize_t size) noexcept nogil:
    """Leave the greatest value of every lane in the first row."""
    cdef Py_ssize_t half, j
    while size > 1:
        half = (size + 1) // 2
        for j in range((size - half) * LANES):
            rows[j] = rows[half * LANES + j] if rows[half * LANES + j] > rows[j] else rows[j]
        size = half


cdef cloned_void _rescaled_ranges(const double *x, const Blocks *plan, double *rows, double *out) noexcept nogil:
    """Write the range of the centred sums over the standard deviation of every block into out."""
    cdef Py_ssize_t size = plan.size - plan.motion, first = 0, j
    cdef double *work = rows + plan.size * LANES
    cdef double *ones = work + plan.size * LANES
    cdef double mean[LANES]
    cdef double squares[LANES]
    cdef double high[LANES]
    cdef double level
    if size > LONG:
        _long_rescaled_ranges(x, plan, out)
        return
    for j in range(size * LANES):
        ones[j] = 1.0
    while first < plan.count:
        _gather(x, plan, first, rows)
        if plan.motion:
            for j in range(size * LANES):
                rows[j] = rows[j + LANES] - rows[j]
        for j in range(size * LANES):
            work[j] = rows[j]
        _sum(work, size)
        for j in range(LANES):
            mean[j] = work[j] / size
        # Factors of 1 leave the values less their mean.
        _take(rows, ones, mean, size)
        for j in range(size * LANES):
            work[j] = rows[j] * rows[j]
        _sum(work, size)
        for j in range(LANES):
            squares[j] = work[j]
        for j in range(LANES, size * LANES):
            rows[j] += rows[j - LANES]
        for j in range(size * LANES):
            work[j] = rows[j]
        _highest(work, size)
        for j in range(LANES):
            high[j] = work[j]
        for j in range(size * LANES):
            rows[j] = -rows[j]
        _highest(rows, size)
        for j in range(min(<Py_ssize_t> LANES, plan.count - first)):
            level = fabs(x[(first + j) * plan.step]) + size * fabs(mean[j])
            out[first + j] = _ratio(high[j] + rows[j], squares[j], size, level)
        first += LANES


cdef void _long_rescaled_ranges(const double *x, const Blocks *plan, double *out) noexcept nogil:
    """The same one block at a time, value by value."""
    cdef Py_ssize_t size = plan.size - plan.motion, b, i, j
    cdef const double *start
    cdef double base, mean, value, squares, total, high, low
    cdef double part[LANES]
    for b in range(plan.count):
        start = x + b * plan.step
        base = start[0]
        if plan.motion:
            mean = (start[size] - base) / size
        else:
            for j in range(LANES):
                part[j] = 0.0
            for i in range(size // LANES):
                for j in range(LANES):
                    part[j] += start[i * LANES + j] - base
            for i in range(size // LANES * LANES, size):
                part[0] += start[i] - base
            mean = 0.0
            for j in range(LANES):
                mean += part[j]
            mean /= size
        squares = total = high = low = 0.0
        # Here total is the centred sum of the first i values, high and low its extremes so far.
        for i in range(size):
            value = (start[i + 1] - start[i] if plan.motion else start[i] - base) - mean
            squares += value * value
            total += value
            high = total if total > high else high
            low = total if total < low else low
        out[b] = _ratio(high - low, squares, size, fabs(base) + size * fabs(mean))


cdef inline double _ratio(double span, double squares, Py_ssize_t size, double level) noexcept nogil:
    """The range over the standard deviation, if that is more than rounding."""
    return LEFT_OUT if squares <= ROUNDING * size * level * level else span / sqrt(squares / size)


cdef cloned_void _fluctuations(const double *x, const Blocks *plan, double *rows, double *out) noexcept nogil:
    """Write the mean square of the profile about its polynomial of every block into out."""
    cdef Py_ssize_t size = plan.size, first = 0, i, j, term
    cdef const double *polynomial
    cdef double *work = rows + size * LANES
    cdef double *polynomials = work + size * LANES
    cdef double level[LANES]
    cdef double start
    for i in range(plan.terms * size):
        for j in range(LANES):
            polynomials[i * LANES + j] = plan.polynomials[i]
    while first < plan.count:
        _gather(x, plan, first, rows)
        if not plan.motion:
            for j in range(LANES, size * LANES):
                rows[j] += rows[j - LANES]
        for j in range(LANES):
            level[j] = 0.0
        # Here rows hold what the polynomials before this one have left: what is large goes first.
        for term in range(plan.terms):
            polynomial = polynomials + term * size * LANES
            for j in range(size * LANES):
                work[j] = polynomial[j] * rows[j]
            _sum(work, size)
            for j in range(LANES):
                level[j] += work[j] * work[j]
            _take(rows, polynomial, work, size)
        for j in range(size * LANES):
            work[j] = rows[j] * rows[j]
        _sum(work, size)
        for j in range(min(<Py_ssize_t> LANES, plan.count - first)):
            start = x[(first + j) * plan.step]
            level[j] += size * start * start
            out[first + j] = 0.0 if work[j] <= ROUNDING * size * level[j] else work[j] / size
        first += LANES


def log_slope(
    const double[:, ::1] values, const double[::1] weights, const double[::1] x, Py_ssize_t window, double[::1] out
):
    """Write into out[k] the weighted sum of the logarithms of column k.

    It is NaN where a logarithm is infinite, and where x[k : k + window] holds a NaN, whether a value saw it or not.
    """
    cdef Py_ssize_t scales = values.shape[0], windows = values.shape[1], clean = 0, i, k
    cdef double total
    if weights.shape[0] != scales or out.shape[0] != windows or x.shape[0] != windows + window - 1 or window < 1:
        raise ValueError(
            f"{scales} scales of {windows} windows of {window} values do not fit {weights.shape[0]} weights, "
            f"{out.shape[0]} results and {x.shape[0]} values"
        )
    with nogil:
        for k in range(window - 1):
            clean = 0 if isnan(x[k]) else clean + 1
        # Here clean counts the values since the last NaN.
        for k in range(windows):
            clean = 0 if isnan(x[k + window - 1]) else clean + 1
            total = 0.0
            for i in range(scales):
                total += weights[i] * log(values[i, k])
            out[k] = total if clean >= window and isfinite(total) else NAN

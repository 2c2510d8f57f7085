"""How the weighted logarithms of mean squares vary when the squares are drawn again, with replacement.

The draws of a window come from generators that its seed alone starts, so that neither threads nor the order of the
windows change them.
"""

from libc.math cimport NAN, floor, isnan, sqrt
from libc.stdint cimport uint64_t
from libc.stdlib cimport free, malloc

from vrx._ext.clones cimport cloned_void
from vrx._ext.logarithm cimport natural_log

# Resamples that are drawn side by side, each by a generator of its own: they fill vector registers.
cdef enum:
    LANES = 16

# Sizes of memory stay far from overflow, and places in 32 bits.
cdef Py_ssize_t MOST = <Py_ssize_t> 1 << 31

cdef uint64_t GOLDEN = 0x9E3779B97F4A7C15ULL

cdef struct Lanes:
    uint64_t first[LANES]
    uint64_t second[LANES]


def resampled_logs(
    const double[:, ::1] squares,
    const long long[:, ::1] picks,
    const double[:, ::1] weights,
    const unsigned long long[::1] seeds,
    double[:, ::1] out,
):
    """Write into out[k] the resampled deviations of window k, in no order, for k in 0..windows-1.

    picks[j] = (step, count) says which squares of level j belong to the last window: the newest of row j and every
    step before it, count of them; every window before ends one column earlier. A deviation is the sum over j of
    weights[k, j] * log(mean of as many drawn squares / mean of the squares). It is NaN where a mean is 0 or NaN.
    """
    _each_window(squares, picks, weights, seeds, out, -1.0)


def resampled_spread(
    const double[:, ::1] squares,
    const long long[:, ::1] picks,
    const double[:, ::1] weights,
    const unsigned long long[::1] seeds,
    tuple plan,
    double[:, ::1] out,
):
    """Write into out[k] the standard deviation and two quantiles of the deviations of window k.

    plan is (resamples, tail): the quantiles are those of tail and 1 - tail, linear between neighbours. All else is as
    in :func:`resampled_logs`.
    """
    cdef Py_ssize_t resamples
    cdef double tail
    resamples, tail = plan
    if not 2 <= resamples <= MOST or not 0.0 < tail < 0.5 or out.shape[1] != 3:
        raise ValueError(f"{resamples} resamples, tail {tail} and {out.shape[1]} results: at least 2, below 0.5, and 3")
    _each_window(squares, picks, weights, seeds, out, tail, resamples)


cdef int _each_window(
    const double[:, ::1] squares,
    const long long[:, ::1] picks,
    const double[:, ::1] weights,
    const unsigned long long[::1] seeds,
    double[:, ::1] out,
    double tail,
    Py_ssize_t resamples=0,
) except -1:
    cdef Py_ssize_t levels = squares.shape[0], windows = out.shape[0], most = 1, j, k, room
    cdef double *scratch
    if levels < 1 or picks.shape[0] != levels or picks.shape[1] != 2 or weights.shape[1] != levels:
        raise ValueError(f"{levels} levels need as many picks of two numbers and as many weights")
    if weights.shape[0] != windows or seeds.shape[0] != windows or windows > squares.shape[1]:
        raise ValueError(f"{windows} windows need as many weights and seeds, and at least as many columns")
    for j in range(levels):
        # Each factor is checked before their product, which could overflow.
        if not (1 <= picks[j, 0] <= squares.shape[1] and 1 <= picks[j, 1] <= squares.shape[1]) or (
            picks[j, 1] - 1 > (squares.shape[1] - max(windows, 1)) // picks[j, 0]
        ):
            raise ValueError(f"picks {picks[j, 0], picks[j, 1]} of level {j} reach beyond the squares")
        most = max(most, picks[j, 1])
    if most > MOST:
        raise ValueError(f"{most} coefficients are too many to draw from")
    if resamples == 0:
        resamples = out.shape[1]
    room = (resamples + LANES - 1) // LANES * LANES
    scratch = <double *> malloc((most + 2 * room) * sizeof(double))
    if scratch == NULL:
        raise MemoryError()
    with nogil:
        for k in range(windows):
            _one_window(squares, picks, weights, seeds[k], k, windows, room, scratch)
            if tail < 0.0:
                for j in range(resamples):
                    out[k, j] = scratch[j]
            else:
                _summary(scratch, resamples, tail, &out[k, 0])
    free(scratch)
    return 0


cdef void _one_window(
    const double[:, ::1] squares, const long long[:, ::1] picks, const double[:, ::1] weights, uint64_t seed,
    Py_ssize_t k, Py_ssize_t windows, Py_ssize_t room, double *scratch
) noexcept nogil:
    """Write the deviations of window k into scratch[:room]; sums and the squares of a level have the rest."""
    cdef double *deviations = scratch
    cdef double *sums = scratch + room
    cdef double *pool = scratch + 2 * room
    cdef Py_ssize_t j, i, newest = squares.shape[1] - windows + k, count
    cdef double total
    cdef Lanes lanes
    _seed(seed, &lanes)
    for j in range(squares.shape[0]):
        count = picks[j, 1]
        total = 0.0
        for i in range(count):
            pool[i] = squares[j, newest - i * picks[j, 0]]
            total += pool[i]
        for i in range(room // LANES):
            _draw(pool, count, &lanes, sums + i * LANES)
        _add_logs(sums, 1.0 / total, weights[k, j], room, j == 0, deviations)


cdef inline uint64_t _mix(uint64_t word) noexcept nogil:
    """The finisher of SplitMix64 (Steele, Lea and Flood 2014)."""
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ULL
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBULL
    return word ^ (word >> 31)


cdef void _seed(uint64_t seed, Lanes *lanes) noexcept nogil:
    cdef Py_ssize_t lane
    for lane in range(LANES):
        # A generator whose two words are 0 would never leave them.
        lanes.first[lane] = _mix(seed + GOLDEN * <uint64_t> (2 * lane + 1)) | 1
        lanes.second[lane] = _mix(seed + GOLDEN * <uint64_t> (2 * lane + 2))


cdef cloned_void _draw(const double *pool, Py_ssize_t count, Lanes *lanes, double *sums) noexcept nogil:
    """Write into every lane of sums the sum of count squares of the pool, drawn with replacement.

    xorshift128+ (Vigna 2017); each of its words gives two places, by its upper and its lower half times count over
    2^32. A place is so favoured by at most count / 2^32.
    """
    cdef Py_ssize_t i, lane
    cdef uint64_t a, b, word, low = 0xFFFFFFFFULL, places = <uint64_t> count
    cdef uint64_t first[LANES]
    cdef uint64_t second[LANES]
    cdef double total[LANES]
    for lane in range(LANES):
        first[lane], second[lane], total[lane] = lanes.first[lane], lanes.second[lane], 0.0
    for i in range(count // 2):
        for lane in range(LANES):
            a, b = first[lane], second[lane]
            word = a + b
            first[lane] = b
            a ^= a << 23
            second[lane] = a ^ b ^ (a >> 18) ^ (b >> 5)
            total[lane] = (total[lane] + pool[((word >> 32) * places) >> 32]) + pool[((word & low) * places) >> 32]
    if count % 2:
        for lane in range(LANES):
            a, b = first[lane], second[lane]
            word = a + b
            first[lane] = b
            a ^= a << 23
            second[lane] = a ^ b ^ (a >> 18) ^ (b >> 5)
            total[lane] += pool[((word >> 32) * places) >> 32]
    for lane in range(LANES):
        lanes.first[lane], lanes.second[lane], sums[lane] = first[lane], second[lane], total[lane]


cdef cloned_void _add_logs(
    const double *sums, double inverse, double weight, Py_ssize_t n, bint first, double *out
) noexcept nogil:
    cdef Py_ssize_t i
    if first:
        for i in range(n):
            out[i] = weight * natural_log(sums[i] * inverse)
    else:
        for i in range(n):
            out[i] += weight * natural_log(sums[i] * inverse)


cdef void _summary(double *values, Py_ssize_t n, double tail, double *out) noexcept nogil:
    """Write the standard deviation and the quantiles of tail and 1 - tail; values are put in another order."""
    cdef double mean = 0.0, spread = 0.0
    cdef Py_ssize_t i
    for i in range(n):
        mean += values[i]
    if isnan(mean):
        out[0] = out[1] = out[2] = NAN
        return
    mean /= n
    for i in range(n):
        spread += (values[i] - mean) * (values[i] - mean)
    out[0] = sqrt(spread / (n - 1))
    out[1] = _quantile(values, n, tail)
    out[2] = _quantile(values, n, 1.0 - tail)


cdef double _quantile(double *values, Py_ssize_t n, double share) noexcept nogil:
    cdef double place = share * (n - 1), below, above
    cdef Py_ssize_t rank = min(<Py_ssize_t> floor(place), n - 1), i
    _select(values, n, rank)
    below = above = values[rank]
    if rank + 1 < n:
        above = values[rank + 1]
        for i in range(rank + 2, n):
            above = min(above, values[i])
    return below + (place - rank) * (above - below)


cdef void _select(double *values, Py_ssize_t n, Py_ssize_t rank) noexcept nogil:
    """Put the value of that rank in its place, none above it before, none below it after (Hoare 1961)."""
    cdef Py_ssize_t low = 0, high = n - 1, i, j
    cdef double pivot
    while low < high:
        pivot, i, j = values[rank], low, high
        # Here nothing in values[low:i] is above the pivot and nothing in values[j+1:high+1] below it.
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if j < rank:
            low = i
        if rank < i:
            high = j

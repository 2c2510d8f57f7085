"""The partitions of a series into segments that leave the least squared deviation from the means of the segments."""

from libc.stdlib cimport free, malloc

from vrx._ext.clones cimport cloned_void

# Sizes of memory stay far from overflow.
cdef Py_ssize_t MOST = <Py_ssize_t> 1 << 31


def best_partitions(const double[::1] sums, Py_ssize_t least, long long[:, ::1] starts):
    """Write into starts[b, :b + 1] where the segments after the first begin, for the best partition with b + 1 breaks.

    sums[i] is the sum of the first i values, from sums[0] = 0 on; the values should have their mean removed, or sums
    lose digits. No segment is shorter than least. starts is square; above its diagonal nothing is written. What is
    made large is the sum over segments of their squared sum over their length: the total of squares less that is the
    sum of squared deviations. Of equally good partitions the one with earlier breaks is taken.
    """
    cdef Py_ssize_t n = sums.shape[0] - 1, most = starts.shape[0], breaks, nearest, end, at
    cdef double *gains
    cdef int *choices
    if least < 1 or most < 1 or starts.shape[1] != most or n > MOST or (most + 1) > n // least:
        raise ValueError(f"{n} values, {most} breaks and segments of at least {least}: they must fit, in a square")
    # gains has two rows and what is tried; choices a row for each number of breaks.
    gains = <double *> malloc(3 * (n + 1) * sizeof(double))
    choices = <int *> malloc(most * (n + 1) * sizeof(int))
    if gains == NULL or choices == NULL:
        free(gains)
        free(choices)
        raise MemoryError()
    with nogil:
        for end in range(least, n + 1):
            gains[end] = sums[end] * sums[end] / end
        for breaks in range(1, most + 1):
            # Of the partitions with the most breaks, only that of the whole series is asked for.
            nearest = n if breaks == most else (breaks + 1) * least
            _one_more_break(&sums[0], n, least, breaks, nearest, gains, choices + (breaks - 1) * (n + 1))
            # What is known of one break fewer ends at every place; the last break of all of them is read backwards.
            end = n
            for at in range(breaks - 1, -1, -1):
                end = choices[at * (n + 1) + end]
                starts[breaks - 1, at] = end
    free(gains)
    free(choices)


cdef void _one_more_break(
    const double *sums, Py_ssize_t n, Py_ssize_t least, Py_ssize_t breaks, Py_ssize_t nearest, double *gains,
    int *choice
) noexcept nogil:
    """Turn the best gains of the first nearest..n values with one break fewer into those with so many; note the last.
    """
    cdef double *before = gains
    cdef double *after = gains + n + 1
    cdef double *tried = gains + 2 * (n + 1)
    cdef Py_ssize_t first = breaks * least, end, start, best
    for end in range(nearest, n + 1):
        _try_starts(sums, before, first, end - least + 1, end, tried)
        best = first
        for start in range(first + 1, end - least + 1):
            if tried[start] > tried[best]:
                best = start
        after[end] = tried[best]
        choice[end] = <int> best
    for end in range(nearest, n + 1):
        before[end] = after[end]


cdef cloned_void _try_starts(
    const double *sums, const double *before, Py_ssize_t first, Py_ssize_t last, Py_ssize_t end, double *tried
) noexcept nogil:
    """Write the gain of each last segment start..end-1 together with the best of what lies before it."""
    cdef Py_ssize_t start
    cdef double total = sums[end], part
    for start in range(first, last):
        part = total - sums[start]
        tried[start] = before[start] + part * part / <double> (end - start)

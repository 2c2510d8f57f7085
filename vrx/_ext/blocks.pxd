# What the filters share that take up their past in blocks. Inlined into a function that is cloned for wider vector units,
# these are compiled for them too.

from libc.math cimport fabs

cdef enum:
    # Values of a block, and sums that are formed side by side. Compilers unroll loops of 16 turns and fewer before they
    # look for vectors.
    TILE = 32
    # The most states of a filter.
    MOST = 128


cdef inline double summed(double *total, double x) noexcept nogil:
    """Add x to a running sum and return it; total is the sum and what rounding has cut off it."""
    # total[0] + total[1] is the exact sum so far, but for the rounding of total[1] itself.
    cdef double sum = total[0] + x, added = sum - total[0]
    total[1] += (total[0] - (sum - added)) + (x - added)
    total[0] = sum
    return total[0] + total[1]


cdef inline double folded(double *totals) noexcept nogil:
    """The sum of a tile, folded in halves: the same order on every machine."""
    cdef Py_ssize_t half = TILE // 2, lane
    while half:
        for lane in range(half):
            totals[lane] += totals[lane + half]
        half //= 2
    return totals[0]


cdef inline double settled(double state) noexcept nogil:
    """A state, or 0 once it is negligible: it would fade into subnormal numbers, which take a hundred times as long."""
    return 0.0 if fabs(state) < 1e-280 else state


cdef inline void take(
    const double *x, const double *taking, const double *losses, Py_ssize_t nodes, double *states
) noexcept nogil:
    """Take up a block of values, carrying along what rounding cuts off: 10**6 equal values would drift otherwise."""
    cdef double sums[TILE]
    cdef Py_ssize_t block, lane, node, j
    cdef double change, state
    for block in range(nodes // TILE):
        for lane in range(TILE):
            sums[lane] = 0.0
        for j in range(TILE):
            for lane in range(TILE):
                sums[lane] += taking[(block * TILE + j) * TILE + lane] * x[j]
        for lane in range(TILE):
            node = block * TILE + lane
            change = (sums[lane] - losses[node] * states[node]) + states[nodes + node]
            state = states[node] + change
            states[nodes + node] = settled(change - (state - states[node]))
            states[node] = settled(state)

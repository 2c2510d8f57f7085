"""Fractional differences whose order moves with time, every value at constant cost, whatever the orders to come."""

cimport cython
from libc.string cimport memcpy, memset

from vrx._ext.blocks cimport MOST, TILE, folded, summed, take
from vrx._ext.clones cimport cloned_void

cdef enum:
    # Orders between -1 and 1 lie in this many cells, each with so many points at which weights are known.
    CELLS = 4
    POINTS = 20
    # Running sums, values and differences: with them, what is left of any order is between -1 and 1.
    SERIES = 3
    WINDOW = 2 * TILE


@cython.final
cdef class Filter:
    """(1 - L)^d at orders d from -2 to 2 that come with the values.

    How the states of an exponential node take up values and fade does not depend on the order; its weight alone does,
    and is interpolated between the orders `points` of a cell, shape (4, 20), by barycentric `shares`. `tables`, shape
    (4, 20, states), has the weights there over ``p * (1 - p)``: they vanish at the orders 0 and 1, and so keep their
    relative accuracy near them. `fading`, shape (32, states), has by what a state has faded until a result of the block
    at hand; `taking` and `losses` are as in vrx._ext.fractional.Filter.

    Several threads may share a filter: every value is taken up as a whole, every run without another in between.
    """

    cdef const double[:, ::1] points
    cdef const double[::1] shares
    cdef const double[:, :, ::1] tables
    cdef const double[:, ::1] fading
    cdef const double[:, :, ::1] taking
    cdef const double[::1] losses
    # The running sum of the values and that of these sums, each with what rounding has cut off it.
    cdef double sums[4]
    # Of every series the last two blocks of values, of which `filled` of the later one are known and the rest are 0.
    cdef double recent[SERIES * WINDOW]
    # Of every series the states, and what rounding has cut off them.
    cdef double states[SERIES * 2 * MOST]
    # For the order `rest` between -1 and 1: the weights of the nodes, and of the lags from 63 back to 0, then zeros.
    cdef double rest
    cdef double weights[MOST]
    cdef double near[WINDOW + TILE]
    cdef double inverses[WINDOW]
    cdef Py_ssize_t nodes, filled
    cdef cython.pymutex lock

    def __cinit__(self, const double[:, ::1] points, const double[::1] shares, const double[:, :, ::1] tables,
                  const double[:, ::1] fading, const double[:, :, ::1] taking, const double[::1] losses):
        cdef Py_ssize_t nodes = losses.shape[0], k
        if points.shape[0] != CELLS or points.shape[1] != POINTS or shares.shape[0] != POINTS:
            raise ValueError("points needs the shape (4, 20), and shares 20 values")
        if not 0 < nodes <= MOST or taking.shape[0] * TILE != nodes or taking.shape[1] != TILE or taking.shape[2] != TILE:
            raise ValueError(f"taking needs the shape ({nodes} / 32, 32, 32), and up to 128 states")
        if tables.shape[0] != CELLS or tables.shape[1] != POINTS or tables.shape[2] != nodes:
            raise ValueError(f"tables needs the shape (4, 20, {nodes})")
        if fading.shape[0] != TILE or fading.shape[1] != nodes:
            raise ValueError(f"fading needs the shape (32, {nodes})")
        self.points, self.shares, self.tables, self.fading = points, shares, tables, fading
        self.taking, self.losses, self.nodes = taking, losses, nodes
        memset(self.sums, 0, sizeof(self.sums))
        memset(self.recent, 0, sizeof(self.recent))
        memset(self.states, 0, sizeof(self.states))
        memset(self.near, 0, sizeof(self.near))
        self.rest, self.filled, self.inverses[0] = 0.0, 0, 0.0
        for k in range(1, WINDOW):
            self.inverses[k] = 1.0 / k

    def run(self, const double[::1] x, const double[::1] d, double[::1] out):
        """Write into out the differences of x, which follow all that came before, NaN where d is."""
        cdef Py_ssize_t n = x.shape[0], t
        if d.shape[0] != n or out.shape[0] != n:
            raise ValueError(f"x, d and out need one length, got {n}, {d.shape[0]} and {out.shape[0]}")
        for t in range(n):
            if d[t] < -2.0 or d[t] > 2.0:
                raise ValueError(f"d needs values from -2 to 2, got {d[t]}")
        with nogil:
            with self.lock:
                for t in range(n):
                    out[t] = self._next(x[t], d[t])

    def push(self, double x, double d):
        """Return the difference of order d, or NaN, of x, which follows all that came before."""
        cdef double result
        if d < -2.0 or d > 2.0:
            raise ValueError(f"d needs a value from -2 to 2, got {d}")
        with self.lock:
            result = self._next(x, d)
        return result

    def save(self, double[::1] out):
        """Write into out the sums, the last two blocks and the states; return how much of the later block is known."""
        cdef Py_ssize_t filled
        self._fits(out.shape[0])
        with self.lock:
            memcpy(&out[0], self.sums, sizeof(self.sums))
            memcpy(&out[4], self.recent, sizeof(self.recent))
            memcpy(&out[4 + SERIES * WINDOW], self.states, SERIES * 2 * self.nodes * sizeof(double))
            filled = self.filled
        return filled

    def load(self, const double[::1] values, Py_ssize_t filled):
        """Go on from what `save` has written and returned."""
        cdef Py_ssize_t series, j
        self._fits(values.shape[0])
        if not 0 <= filled < TILE:
            raise ValueError(f"filled needs a value from 0 to 31, got {filled}")
        with self.lock:
            memcpy(self.sums, &values[0], sizeof(self.sums))
            memcpy(self.recent, &values[4], sizeof(self.recent))
            memcpy(self.states, &values[4 + SERIES * WINDOW], SERIES * 2 * self.nodes * sizeof(double))
            self.filled = filled
            # A result adds up whole blocks, and must find nothing where values are to come.
            for series in range(SERIES):
                for j in range(TILE + filled, WINDOW):
                    self.recent[series * WINDOW + j] = 0.0

    cdef int _fits(self, Py_ssize_t size) except -1:
        cdef Py_ssize_t needed = 4 + SERIES * (WINDOW + 2 * self.nodes)
        if size != needed:
            raise ValueError(f"the state needs {needed} values, got {size}")
        return 0

    cdef double _next(self, double x, double d) noexcept nogil:
        """Take up a value in all three series and read the result off the one that the order asks for."""
        cdef Py_ssize_t at = TILE + self.filled, series
        cdef double result, rest, twice
        cdef double *sums = self.recent
        cdef double *values = self.recent + WINDOW
        cdef double *changes = self.recent + 2 * WINDOW
        sums[at] = summed(self.sums, x)
        twice = summed(&self.sums[2], sums[at])
        values[at] = x
        changes[at] = x - values[at - 1]
        if d != d:
            result = d
        elif d == 2.0:
            result = changes[at] - changes[at - 1]
        elif d == -2.0:
            result = twice
        else:
            series = <Py_ssize_t> d  # the next whole number towards 0
            rest = d - series
            series += 1
            if rest == 0.0:
                result = self.recent[series * WINDOW + at]
            else:
                if rest != self.rest:
                    self._weigh(rest)
                _sum(&self.recent[series * WINDOW], &self.near[TILE - 1 - self.filled], self.weights,
                     &self.fading[self.filled, 0], &self.states[series * 2 * self.nodes], self.nodes, &result)
        self.filled += 1
        if self.filled == TILE:
            self._turn()
        return result

    cdef void _weigh(self, double rest) noexcept nogil:
        cdef Py_ssize_t cell = 2 if rest > 0.0 else 0
        if rest >= (0.5 if rest > 0.0 else -0.5):
            cell += 1
        _node_weights(rest, &self.points[cell, 0], &self.shares[0], &self.tables[cell, 0, 0], self.nodes, self.weights)
        _near_weights(rest, self.inverses, self.near)
        self.rest = rest

    cdef void _turn(self) noexcept nogil:
        """Let the states take up the older blocks and make room for new ones."""
        cdef Py_ssize_t series
        cdef double *window
        for series in range(SERIES):
            window = &self.recent[series * WINDOW]
            _take(window, &self.taking[0, 0, 0], &self.losses[0], self.nodes, &self.states[series * 2 * self.nodes])
            memcpy(window, window + TILE, TILE * sizeof(double))
            memset(window + TILE, 0, TILE * sizeof(double))
        self.filled = 0


cdef cloned_void _node_weights(
    double rest, const double *points, const double *shares, const double *table, Py_ssize_t nodes, double *weights
) noexcept nogil:
    """Interpolate by the barycentric form of Lagrange, every sum in the order of the points."""
    cdef double parts[TILE]
    cdef double sums[TILE]
    cdef double total = 0.0, gap
    cdef Py_ssize_t tile, begin, point, lane
    for point in range(POINTS):
        gap = rest - points[point]
        # At a point itself its own part outweighs all others.
        parts[point] = shares[point] / (gap if gap != 0.0 else 1e-300)
    for point in range(POINTS):
        total += parts[point]
    for point in range(POINTS):
        parts[point] = parts[point] / total * (rest * (1.0 - rest))
    for tile in range(nodes // TILE):
        begin = tile * TILE
        for lane in range(TILE):
            sums[lane] = 0.0
        for point in range(POINTS):
            for lane in range(TILE):
                sums[lane] += parts[point] * table[point * nodes + begin + lane]
        for lane in range(TILE):
            weights[begin + lane] = sums[lane]


cdef cloned_void _near_weights(double rest, const double *inverses, double *near) noexcept nogil:
    """Write the weights of the lags 63 to 0, in this order."""
    cdef double factors[WINDOW]
    cdef double weight = 1.0
    cdef Py_ssize_t k
    for k in range(WINDOW):
        factors[k] = (k - 1 - rest) * inverses[k]
    near[WINDOW - 1] = weight
    for k in range(1, WINDOW):
        weight *= factors[k]
        near[WINDOW - 1 - k] = weight


cdef cloned_void _sum(
    const double *window, const double *near, const double *weights, const double *fading, const double *states,
    Py_ssize_t nodes, double *out
) noexcept nogil:
    """Add up two blocks of values, whose weights are 0 where values are to come, and all that is in the states."""
    cdef double sums[TILE]
    cdef Py_ssize_t tile, begin, lane
    for lane in range(TILE):
        sums[lane] = near[lane] * window[lane]
    for lane in range(TILE):
        sums[lane] += near[TILE + lane] * window[TILE + lane]
    for tile in range(nodes // TILE):
        begin = tile * TILE
        for lane in range(TILE):
            sums[lane] += weights[begin + lane] * fading[begin + lane] * states[begin + lane]
    out[0] = folded(sums)


cdef cloned_void _take(
    const double *x, const double *taking, const double *losses, Py_ssize_t nodes, double *states
) noexcept nogil:
    take(x, taking, losses, nodes, states)

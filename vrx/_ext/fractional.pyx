"""The weights of fractional differencing, and causal filters that apply weights to the whole past."""

cimport cython
from libc.string cimport memcpy, memset

from vrx._ext.blocks cimport MOST, TILE, summed, take
from vrx._ext.clones cimport cloned_void


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


def figarch_weights(double d, double phi, double beta, double[::1] out):
    """Write into out[k] the coefficient of L^(k + 1) in 1 - (1 - phi L) (1 - L)^d / (1 - beta L)."""
    cdef Py_ssize_t n = out.shape[0], k
    cdef double weight, memory = d, factor
    if n < 1:
        raise ValueError("out needs room for at least one weight")
    with nogil:
        out[0] = weight = d - beta + phi
        # Here memory is the coefficient of L^k in 1 - (1 - L)^d.
        for k in range(1, n):
            factor = (k - d) / (k + 1)
            weight = beta * weight + (factor * memory - phi * memory)
            memory *= factor
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


cdef cloned_void _filter_row(
    const double *x, Py_ssize_t n, const double *weights, Py_ssize_t lags, double *out
) noexcept nogil:
    """The sums of a tile of results stay in registers while the lags pass; each sum is in the order of its lags."""
    cdef double sums[TILE]
    cdef Py_ssize_t begin = 0, reach, lane, k
    cdef double weight
    while begin + TILE <= n:
        for lane in range(TILE):
            sums[lane] = 0.0
        reach = min(lags, begin + 1)
        for k in range(reach):
            weight = weights[k]
            for lane in range(TILE):
                sums[lane] += weight * x[begin - k + lane]
        # Here the lags go back beyond the first value for the first results of the tile.
        for k in range(reach, min(lags, begin + TILE)):
            for lane in range(k - begin, TILE):
                sums[lane] += weights[k] * x[begin - k + lane]
        for lane in range(TILE):
            out[begin + lane] = sums[lane]
        begin += TILE
    while begin < n:
        sums[0] = 0.0
        for k in range(min(lags, begin + 1)):
            sums[0] += weights[k] * x[begin - k]
        out[begin] = sums[0]
        begin += 1


def varying_filter(const double[::1] x, const double[::1] d, Py_ssize_t lags, double[::1] out):
    """Write into out[t] the sum over k < lags of w[k] * x[t - k], w being the weights of order d[t]."""
    cdef Py_ssize_t n = x.shape[0]
    if d.shape[0] != n or out.shape[0] != n:
        raise ValueError(f"x, d and out need one length, got {n}, {d.shape[0]} and {out.shape[0]}")
    if lags < 1:
        raise ValueError("lags needs at least the lag 0")
    if n:
        with nogil:
            _varying(&x[0], &d[0], n, lags, &out[0])


cdef cloned_void _varying(
    const double *x, const double *d, Py_ssize_t n, Py_ssize_t lags, double *out
) noexcept nogil:
    cdef double sums[TILE]
    cdef double weights[TILE]
    cdef Py_ssize_t begin = 0, count, lane, k
    cdef double inverse
    while begin < n:
        count = min(n - begin, TILE)
        for lane in range(count):
            weights[lane] = 1.0
            sums[lane] = x[begin + lane]
        # Here weights[lane] is that of lag k - 1, of the order of its own time.
        for k in range(1, min(lags, begin + count)):
            inverse = 1.0 / k
            if k <= begin and count == TILE:
                for lane in range(TILE):
                    weights[lane] = weights[lane] * ((k - 1 - d[begin + lane]) * inverse)
                    sums[lane] += weights[lane] * x[begin - k + lane]
            else:
                for lane in range(max(0, k - begin), count):
                    weights[lane] = weights[lane] * ((k - 1 - d[begin + lane]) * inverse)
                    sums[lane] += weights[lane] * x[begin - k + lane]
        for lane in range(count):
            out[begin + lane] = sums[lane]
        begin += count


@cython.final
cdef class Filter:
    """(1 - L)^d at a fixed order d: whole steps, then weights of which the first 64 are given, the others exponential.

    Time goes in blocks of 32 values. The weights of the lags 0 to 63 reach back over the block at hand and the one
    before; all that is older is in the states. `far` has a row of 32 per state, by which it enters the results of a
    block; `taking`, shape (states / 32, 32, 32), has by what a block of values enters the states, and `losses` by what
    part they fade in a block. Without these arrays the whole steps are all: differences if `steps` is positive, running
    sums if it is negative.

    Several threads may share a filter: every value is taken up as a whole, every run without another in between.
    """

    cdef const double[::1] near
    cdef const double[:, ::1] far
    cdef const double[:, :, ::1] taking
    cdef const double[::1] losses
    # Of every step the last value, or the sum and what rounding has cut off it.
    cdef double before[4]
    # The last two blocks of values, of which `filled` of the later one are known.
    cdef double recent[2 * TILE]
    # Of every state its value, then of every state what rounding has cut off.
    cdef double states[2 * MOST]
    cdef double older[TILE]
    cdef Py_ssize_t steps, nodes, filled
    cdef bint summing
    cdef cython.pymutex lock

    def __cinit__(self, Py_ssize_t steps, const double[::1] near=None, const double[:, ::1] far=None,
                  const double[:, :, ::1] taking=None, const double[::1] losses=None):
        if not -2 <= steps <= 2:
            raise ValueError(f"steps needs a value from -2 to 2, got {steps}")
        self.steps, self.summing, self.nodes, self.filled = abs(steps), steps < 0, 0, 0
        memset(self.before, 0, sizeof(self.before))
        memset(self.recent, 0, sizeof(self.recent))
        memset(self.states, 0, sizeof(self.states))
        memset(self.older, 0, sizeof(self.older))
        if near is None:
            return
        if far is None or taking is None or losses is None:
            raise ValueError("far, taking and losses are needed with near")
        nodes = far.shape[0]
        if near.shape[0] != 2 * TILE or far.shape[1] != TILE:
            raise ValueError(f"near and the rows of far need 64 and 32 weights, got {near.shape[0]} and {far.shape[1]}")
        if not 0 < nodes <= MOST or taking.shape[0] * TILE != nodes or taking.shape[1] != TILE or taking.shape[2] != TILE:
            raise ValueError(f"taking needs the shape ({nodes} / 32, 32, 32), and up to 128 states")
        if losses.shape[0] != nodes:
            raise ValueError(f"losses needs {nodes} values, got {losses.shape[0]}")
        self.near, self.far, self.taking, self.losses, self.nodes = near, far, taking, losses, nodes

    def run(self, const double[::1] x, double[::1] out):
        """Write into out the filtered values of x, which follow all that came before."""
        cdef Py_ssize_t n = x.shape[0]
        if out.shape[0] != n:
            raise ValueError(f"out needs the length of x, {n}, got {out.shape[0]}")
        if n:
            with nogil:
                with self.lock:
                    self._run(&x[0], n, &out[0])

    def push(self, double x):
        """Return the filtered value of x, which follows all that came before."""
        cdef double result
        with self.lock:
            self._run(&x, 1, &result)
        return result

    def save(self, double[::1] out):
        """Write into out the values before, the last two blocks and the states; return how much of the later block is known."""
        cdef Py_ssize_t first = 2 * self.steps, filled
        self._fits(out.shape[0])
        with self.lock:
            if first:
                memcpy(&out[0], self.before, first * sizeof(double))
            if self.nodes:
                memcpy(&out[first], self.recent, 2 * TILE * sizeof(double))
                memcpy(&out[first + 2 * TILE], self.states, 2 * self.nodes * sizeof(double))
            filled = self.filled
        return filled

    def load(self, const double[::1] values, Py_ssize_t filled):
        """Go on from what `save` has written and returned."""
        cdef Py_ssize_t first = 2 * self.steps
        self._fits(values.shape[0])
        if not 0 <= filled < (TILE if self.nodes else 1):
            raise ValueError(f"filled needs a value from 0 to 31, and 0 for whole steps alone, got {filled}")
        with self.lock:
            if first:
                memcpy(self.before, &values[0], first * sizeof(double))
            if self.nodes:
                memcpy(self.recent, &values[first], 2 * TILE * sizeof(double))
                memcpy(self.states, &values[first + 2 * TILE], 2 * self.nodes * sizeof(double))
                _older(&self.far[0, 0], self.states, self.nodes, self.older)
            self.filled = filled

    cdef int _fits(self, Py_ssize_t size) except -1:
        cdef Py_ssize_t needed = 2 * self.steps + (2 * TILE + 2 * self.nodes if self.nodes else 0)
        if size != needed:
            raise ValueError(f"the state needs {needed} values, got {size}")
        return 0

    cdef void _run(self, const double *x, Py_ssize_t n, double *out) noexcept nogil:
        cdef double values[TILE]
        cdef Py_ssize_t begin = 0, count
        while begin < n:
            count = min(n - begin, TILE - self.filled)
            memcpy(values, x + begin, count * sizeof(double))
            self._step(values, count)
            if self.nodes:
                memcpy(&self.recent[TILE + self.filled], values, count * sizeof(double))
                _results(self.recent, &self.near[0], self.older, values)
                memcpy(out + begin, values + self.filled, count * sizeof(double))
                self.filled += count
                if self.filled == TILE:
                    self._turn()
            else:
                memcpy(out + begin, values, count * sizeof(double))
            begin += count

    cdef void _step(self, double *values, Py_ssize_t count) noexcept nogil:
        """Bring the order between -1 and 1 by whole differences or running sums, in place."""
        cdef double total[2]  # a copy, which the compiler may keep in registers
        cdef double *before
        cdef double value
        cdef Py_ssize_t step, j
        for step in range(self.steps):
            before = &self.before[2 * step]
            if not self.summing:
                for j in range(count):
                    value = values[j]
                    values[j] = value - before[0]
                    before[0] = value
            else:
                total[0], total[1] = before[0], before[1]
                for j in range(count):
                    values[j] = summed(total, values[j])
                before[0], before[1] = total[0], total[1]

    cdef void _turn(self) noexcept nogil:
        """Let the states take up the older block and make room for a new one."""
        _take(self.recent, &self.taking[0, 0, 0], &self.losses[0], self.nodes, self.states)
        memcpy(self.recent, &self.recent[TILE], TILE * sizeof(double))
        memset(&self.recent[TILE], 0, TILE * sizeof(double))
        self.filled = 0
        _older(&self.far[0, 0], self.states, self.nodes, self.older)


cdef cloned_void _results(const double *recent, const double *near, const double *older, double *out) noexcept nogil:
    """Add the lags 0 to 63 of a block of results to what is older; before the two blocks come zeros."""
    cdef double window[3 * TILE]
    cdef double sums[TILE]
    cdef Py_ssize_t k, j
    for j in range(TILE):
        window[j] = 0.0
        window[j + TILE] = recent[j]
        window[j + 2 * TILE] = recent[j + TILE]
        sums[j] = older[j]
    for k in range(2 * TILE):
        for j in range(TILE):
            sums[j] += near[k] * window[2 * TILE - k + j]
    for j in range(TILE):
        out[j] = sums[j]


cdef cloned_void _older(const double *far, const double *states, Py_ssize_t nodes, double *out) noexcept nogil:
    """Write what the states say of the next block of results."""
    cdef double sums[TILE]
    cdef double state
    cdef Py_ssize_t node, j
    for j in range(TILE):
        sums[j] = 0.0
    for node in range(nodes):
        state = states[node]
        for j in range(TILE):
            sums[j] += state * far[node * TILE + j]
    for j in range(TILE):
        out[j] = sums[j]


cdef cloned_void _take(
    const double *x, const double *taking, const double *losses, Py_ssize_t nodes, double *states
) noexcept nogil:
    take(x, taking, losses, nodes, states)

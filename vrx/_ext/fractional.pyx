"""The weights of fractional differencing, and causal filters that apply weights to the whole past."""

cimport cython
from libc.string cimport memcpy

from vrx._ext.clones cimport cloned_void

cdef enum:
    # Sums that are formed side by side. Compilers unroll loops of 16 turns and fewer before they look for vectors.
    TILE = 32


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


def running_sum(const double[::1] x, double[::1] total, double[::1] out):
    """Write into out[t] the sum of total and x[0] to x[t]; total, a sum and what rounding cut off it, ends as the last."""
    cdef Py_ssize_t n = x.shape[0], t
    cdef double high, low, added, sum
    if out.shape[0] != n or total.shape[0] != 2:
        raise ValueError(f"out and total need {n} and 2 values, got {out.shape[0]} and {total.shape[0]}")
    high, low = total[0], total[1]
    with nogil:
        for t in range(n):
            # high + low is the exact sum so far, but for the rounding of low itself.
            sum = high + x[t]
            added = sum - high
            low += (high - (sum - added)) + (x[t] - added)
            high = sum
            out[t] = high + low
    total[0], total[1] = high, low


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
    """A causal filter whose first 64 weights are given and whose others are sums of exponentials.

    Time goes in blocks of 32 values. The weights of the lags 0 to 63 reach back over the block at hand and the one
    before; all that is older is in the states. `far` has a row of 32 per state, by which it enters the results of a
    block; `taking`, shape (states / 32, 32, 32), has by what a block of values enters the states, and `losses` by what
    part they fade in a block. Row 0 of `states` and what rounding has cut off, row 1, as well as `recent`, the last
    two blocks of values, are the caller's, to read and to set between calls; `filled` of the later block are known.
    """

    cdef const double[::1] near
    cdef const double[:, ::1] far
    cdef const double[:, :, ::1] taking
    cdef const double[::1] losses
    cdef double[:, ::1] states
    cdef double[::1] recent
    cdef double older[TILE]
    cdef readonly Py_ssize_t filled
    cdef bint attached

    def __cinit__(self, const double[::1] near, const double[:, ::1] far, const double[:, :, ::1] taking,
                 const double[::1] losses):
        cdef Py_ssize_t nodes = far.shape[0]
        if near.shape[0] != 2 * TILE or far.shape[1] != TILE:
            raise ValueError(f"near and the rows of far need 64 and 32 weights, got {near.shape[0]} and {far.shape[1]}")
        if nodes == 0 or taking.shape[0] * TILE != nodes or taking.shape[1] != TILE or taking.shape[2] != TILE:
            raise ValueError(f"taking needs the shape ({nodes} / 32, 32, 32)")
        if losses.shape[0] != nodes:
            raise ValueError(f"losses needs {nodes} values, got {losses.shape[0]}")
        self.near, self.far, self.taking, self.losses = near, far, taking, losses

    def attach(self, double[:, ::1] states, double[::1] recent, Py_ssize_t filled):
        """Go on from a memory, which the filter keeps up to date from here on."""
        if states.shape[0] != 2 or states.shape[1] != self.far.shape[0]:
            raise ValueError(f"states needs the shape (2, {self.far.shape[0]})")
        if recent.shape[0] != 2 * TILE or not 0 <= filled < TILE:
            raise ValueError("recent needs 64 values, and filled is 0 to 31")
        self.states, self.recent, self.filled, self.attached = states, recent, filled, True
        _older(&self.far[0, 0], &states[0, 0], states.shape[1], self.older)

    def run(self, const double[::1] x, double[::1] out):
        """Write into out the filtered values of x, which follow all that came before."""
        cdef Py_ssize_t n = x.shape[0], begin = 0, count
        cdef double results[TILE]
        if not self.attached or out.shape[0] != n:
            raise ValueError(f"out needs the length of x, {n}, got {out.shape[0]}, and a memory must be attached")
        with nogil:
            while begin < n:
                count = min(n - begin, TILE - self.filled)
                memcpy(&self.recent[TILE + self.filled], &x[begin], count * sizeof(double))
                _results(&self.recent[0], &self.near[0], self.older, results)
                memcpy(&out[begin], results + self.filled, count * sizeof(double))
                self._advance(count)
                begin += count

    def push(self, double x):
        """Return the filtered value of x, which follows all that came before."""
        cdef double results[TILE]
        cdef double result
        if not self.attached:
            raise ValueError("a memory must be attached")
        with nogil:
            self.recent[TILE + self.filled] = x
            _results(&self.recent[0], &self.near[0], self.older, results)
            result = results[self.filled]
            self._advance(1)
        return result

    cdef void _advance(self, Py_ssize_t count) noexcept nogil:
        self.filled += count
        if self.filled == TILE:
            self._turn()

    cdef void _turn(self) noexcept nogil:
        """Let the states take up the older block and make room for a new one."""
        cdef Py_ssize_t nodes = self.far.shape[0], j
        _take(&self.recent[0], &self.taking[0, 0, 0], &self.losses[0], nodes, &self.states[0, 0])
        for j in range(TILE):
            self.recent[j] = self.recent[j + TILE]
            self.recent[j + TILE] = 0.0
        self.filled = 0
        _older(&self.far[0, 0], &self.states[0, 0], nodes, self.older)


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
            states[nodes + node] = change - (state - states[node])
            states[node] = state

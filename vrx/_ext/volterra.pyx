"""Sums over the whole past in which every value fades by a power law of its own."""

cimport cython
from libc.string cimport memcpy, memset

from vrx._ext.blocks cimport MOST, TILE, folded, settled
from vrx._ext.clones cimport cloned_void
from vrx._ext.exponential cimport exponential, exponential_less_one, reciprocal_gamma

cdef enum:
    # Nodes that interpolate.
    SLOW = 8
    # Time steps whose exponents are turned into weights together.
    CHUNK = 64

cdef struct Nodes:
    double states[MOST]
    const double *decays
    const double *mixing
    # By how much more than the first the power k of the rate differs from point to point.
    double growth[SLOW]
    Py_ssize_t count
    double start
    double step


@cython.final
cdef class Memory:
    """The states of exponential nodes, which remember a series with power laws that change from value to value.

    `decays` are those of vrx.fractional.Exponentials, the first 8 of them interpolating, with zeros up to a multiple of
    32; `mixing` is transposed, one row per power.

    Several threads may share a memory: every value is taken up as a whole, every run without another in between.
    """

    cdef double[::1] decays
    cdef double[:, ::1] mixing
    cdef Nodes nodes
    cdef cython.pymutex lock

    def __cinit__(self, const double[::1] decays, const double[:, ::1] mixing, double start, double step):
        cdef Py_ssize_t count = decays.shape[0], power
        if not TILE < count <= MOST or count % TILE:
            raise ValueError(f"decays needs 64, 96 or 128 values, got {count}")
        if mixing.shape[0] != SLOW or mixing.shape[1] != SLOW:
            raise ValueError(f"mixing needs the shape (8, 8), got ({mixing.shape[0]}, {mixing.shape[1]})")
        if not 0.0 < step <= 0.4:
            raise ValueError(f"step needs a value above 0 and up to 0.4, got {step}")
        self.decays, self.mixing = decays.copy(), mixing.copy()
        self.nodes.decays, self.nodes.mixing = &self.decays[0], &self.mixing[0, 0]
        memset(self.nodes.states, 0, sizeof(self.nodes.states))
        self.nodes.count, self.nodes.start, self.nodes.step = count, start, step
        for power in range(SLOW):
            self.nodes.growth[power] = exponential(power * step)

    def sums(self, const double[::1] z, const double[::1] hurst, double[::1] out):
        """Write into out[t] the sum over all that came before z[t], and take z up with the exponents 2 - 2 * hurst."""
        cdef Py_ssize_t n = z.shape[0]
        if hurst.shape[0] != n or out.shape[0] != n:
            raise ValueError(f"z, hurst and out need one length, got {n}, {hurst.shape[0]} and {out.shape[0]}")
        if n:
            with nogil:
                with self.lock:
                    _sums(&self.nodes, &z[0], &hurst[0], n, &out[0])

    def totals(self, const double[::1] z, const double[::1] hurst, double[::1] out):
        """Write into out[t] the sum over all up to z[t], taken up with the exponents 2 - 2 * hurst."""
        cdef Py_ssize_t n = z.shape[0]
        cdef double before
        if hurst.shape[0] != n or out.shape[0] != n:
            raise ValueError(f"z, hurst and out need one length, got {n}, {hurst.shape[0]} and {out.shape[0]}")
        if n:
            with nogil:
                with self.lock:
                    _sums(&self.nodes, &z[0], &hurst[0], 1, &before)
                    _sums(&self.nodes, &z[1], &hurst[1], n - 1, &out[0])
                    out[n - 1] = _total(&self.nodes)

    def push(self, double z, double hurst):
        """Take up one value with the exponent 2 - 2 * hurst and return the sum over all values so far."""
        cdef double before, total
        with self.lock:
            _sums(&self.nodes, &z, &hurst, 1, &before)
            total = _total(&self.nodes)
        return total

    def total(self):
        """Return the sum over all values so far."""
        cdef double total
        with self.lock:
            total = _total(&self.nodes)
        return total

    def save(self, double[::1] out):
        """Write the states into out."""
        self._fits(out.shape[0])
        with self.lock:
            memcpy(&out[0], self.nodes.states, self.nodes.count * sizeof(double))

    def load(self, const double[::1] states):
        """Go on from these states."""
        self._fits(states.shape[0])
        with self.lock:
            memcpy(self.nodes.states, &states[0], self.nodes.count * sizeof(double))

    cdef int _fits(self, Py_ssize_t size) except -1:
        if size != self.nodes.count:
            raise ValueError(f"as many states as decays are needed, {self.nodes.count}, got {size}")
        return 0


cdef cloned_void _sums(Nodes *nodes, const double *z, const double *hurst, Py_ssize_t n, double *out) noexcept nogil:
    cdef double first[CHUNK]
    cdef double ratio[CHUNK]
    cdef double slow[SLOW][CHUNK]
    cdef double weights[MOST]
    cdef double totals[TILE]
    cdef Py_ssize_t begin = 0, count, t, node, lane, tile
    cdef double *states = nodes.states
    cdef const double *decays = nodes.decays
    cdef double power
    while begin < n:
        count = min(n - begin, CHUNK)
        _first_weights(nodes, z + begin, hurst + begin, count, first, ratio, &slow[0][0])
        for t in range(count):
            # Here the weights of neighbouring trapezoid nodes differ by ratio[t], those 8, 16 and 32 apart by its powers.
            weights[SLOW] = first[t]
            for node in range(SLOW):
                weights[node] = slow[node][t]
                weights[SLOW + node + 1] = weights[SLOW + node] * ratio[t]
            power = ratio[t] * ratio[t]
            power *= power
            power *= power
            for node in range(SLOW):
                weights[2 * SLOW + node] = weights[SLOW + node] * power
            power *= power
            for node in range(2 * SLOW):
                weights[3 * SLOW + node] = weights[SLOW + node] * power
            power *= power
            for node in range(TILE + SLOW, nodes.count):
                weights[node] = weights[node - TILE] * power
            for lane in range(TILE):
                totals[lane] = states[lane]
            for tile in range(1, nodes.count // TILE):
                for lane in range(TILE):
                    totals[lane] += states[tile * TILE + lane]
            for node in range(nodes.count):
                states[node] = settled(decays[node] * (states[node] + weights[node]))
            out[begin + t] = folded(totals)
        begin += count


cdef inline void _first_weights(
    const Nodes *nodes, const double *z, const double *hurst, Py_ssize_t count, double *first, double *ratio,
    double *slow
) noexcept nogil:
    """Turn exponents into the weights of the first trapezoid node, the ratio of the others, and the slow weights."""
    cdef double excess[CHUNK]
    cdef double moment[CHUNK]
    cdef Py_ssize_t t, node, power
    cdef double a
    for t in range(count):
        a = 2.0 - 2.0 * hurst[t]
        first[t] = nodes.step * exponential(a * nodes.start) * reciprocal_gamma(a) * z[t]
        excess[t] = exponential_less_one(a * nodes.step)
        ratio[t] = 1.0 + excess[t]
    for power in range(SLOW):
        # The points below the first, by powers of their rates: geometric series.
        if power == 0:
            for t in range(count):
                moment[t] = first[t] / excess[t]
        else:
            for t in range(count):
                moment[t] = first[t] / (ratio[t] * nodes.growth[power] - 1.0)
        for node in range(SLOW):
            if power == 0:
                for t in range(count):
                    slow[node * CHUNK + t] = 0.0
            for t in range(count):
                slow[node * CHUNK + t] += nodes.mixing[power * SLOW + node] * moment[t]


cdef double _total(const Nodes *nodes) noexcept nogil:
    """Add up the states in the order in which `_sums` does, so that a stream gives the same bits."""
    cdef double totals[TILE]
    cdef Py_ssize_t node, lane
    for lane in range(TILE):
        totals[lane] = nodes.states[lane]
    for node in range(TILE, nodes.count):
        totals[node % TILE] += nodes.states[node]
    return folded(totals)


def direct(const double[::1] z, const double[::1] hurst, const double[::1] logarithms, double[::1] out):
    """Write into out[t] the sum over u < t of z[u] * (t - u) ** (2 * hurst[u] - 2); logarithms[k] is log(k)."""
    cdef Py_ssize_t n = z.shape[0], t
    if hurst.shape[0] != n or out.shape[0] != n or logarithms.shape[0] < n:
        raise ValueError(f"hurst and out need {n} values and logarithms as many at least")
    if n:
        with nogil:
            for t in range(n):
                out[t] = 0.0
            for t in range(n - 1):
                _spread(z[t], 2.0 * hurst[t] - 2.0, &logarithms[1], n - 1 - t, &out[t + 1])


cdef cloned_void _spread(double z, double power, const double *logarithms, Py_ssize_t n, double *out) noexcept nogil:
    """Add what one value leaves to all later sums."""
    cdef Py_ssize_t k
    for k in range(n):
        out[k] += z * exponential(power * logarithms[k])

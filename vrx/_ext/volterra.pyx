"""Sums over the whole past in which every value fades by a power law of its own."""

cimport cython

from vrx._ext.clones cimport cloned_void
from vrx._ext.exponential cimport exponential, exponential_less_one, reciprocal_gamma

cdef enum:
    # Nodes that interpolate.
    SLOW = 8
    # States that are summed side by side. Compilers unroll loops of 16 turns and fewer before they look for vectors.
    TILE = 32
    MOST = 128
    # Time steps whose exponents are turned into weights together.
    CHUNK = 64

cdef struct Nodes:
    double *states
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
    32; `mixing` is transposed, one row per power. `states` is the caller's and stays his to read and to set between calls.
    """

    cdef double[::1] states
    cdef double[::1] decays
    cdef double[:, ::1] mixing
    cdef Nodes nodes

    def __cinit__(self, double[::1] states, const double[::1] decays, const double[:, ::1] mixing, double start,
                 double step):
        cdef Py_ssize_t count = decays.shape[0], power
        if not TILE < count <= MOST or count % TILE or states.shape[0] != count:
            raise ValueError(f"needs as many states as decays, 64, 96 or 128, got {states.shape[0]} and {count}")
        if mixing.shape[0] != SLOW or mixing.shape[1] != SLOW:
            raise ValueError(f"mixing needs the shape (8, 8), got ({mixing.shape[0]}, {mixing.shape[1]})")
        if not 0.0 < step <= 0.4:
            raise ValueError(f"step needs a value above 0 and up to 0.4, got {step}")
        self.states, self.decays, self.mixing = states, decays.copy(), mixing.copy()
        self.nodes.states, self.nodes.decays, self.nodes.mixing = &states[0], &self.decays[0], &self.mixing[0, 0]
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
                _sums(&self.nodes, &z[0], &hurst[0], n, &out[0])

    def push(self, double z, double hurst):
        """Take up one value with the exponent 2 - 2 * hurst and return the sum over all values so far."""
        cdef double before
        with nogil:
            _sums(&self.nodes, &z, &hurst, 1, &before)
        return self.total()

    cpdef double total(self):
        """Return the sum over all values so far."""
        return _total(&self.nodes)


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
                states[node] = decays[node] * (states[node] + weights[node])
            out[begin + t] = _folded(totals)
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


cdef inline double _folded(double *totals) noexcept nogil:
    """The sum of a tile, folded in halves: the same order on every machine."""
    cdef Py_ssize_t half = TILE // 2, lane
    while half:
        for lane in range(half):
            totals[lane] += totals[lane + half]
        half //= 2
    return totals[0]


cdef double _total(const Nodes *nodes) noexcept nogil:
    """Add up the states in the order in which `_sums` does, so that a stream gives the same bits."""
    cdef double totals[TILE]
    cdef Py_ssize_t node, lane
    for lane in range(TILE):
        totals[lane] = nodes.states[lane]
    for node in range(TILE, nodes.count):
        totals[node % TILE] += nodes.states[node]
    return _folded(totals)


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

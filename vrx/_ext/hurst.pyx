"""Wavelet variances of every window of a series, known whole or value by value, and the slope of their logarithms.

Known whole, the pyramid runs level by level with contiguous loops over time, which the compiler vectorises. Value by
value it keeps rings. Both add the same numbers in the same order: the bits of a window depend on its values alone,
not on where the series, a stretch of it or a stream began.
"""

cimport cython
from libc.float cimport DBL_EPSILON
from libc.math cimport NAN
from libc.stdlib cimport free, malloc

from vrx._ext.clones cimport cloned_void
from vrx._ext.logarithm cimport natural_log

# One tile of time stays in the first-level cache: of the filters, while the taps pass over it; of the sums, while they
# double.
cdef enum:
    TILE = 512
    SUMS = 1024
    STRETCH = 2048
    LEVELS = 40
    STAGES = 62

# Sizes of memory stay far from overflow.
cdef Py_ssize_t MOST = <Py_ssize_t> 1 << 40

# A coefficient of a constant is rounding alone: a few units in the last place of the level of the series.
cdef double ROUNDING = (8 * DBL_EPSILON) * (8 * DBL_EPSILON)

cdef struct Filters:
    const double *low
    const double *high
    Py_ssize_t taps

cdef struct Pyramid:
    Filters filters
    Py_ssize_t window, levels
    Py_ssize_t first  # the level, from 0, of the first weight
    const double *weights
    double *scratch

cdef struct Stage:
    # A ring of the last sums of `held` squares; two of them, and one square more if `odd`, make a sum of the next
    # stage.
    double *sums
    size_t mask
    size_t held
    bint odd

cdef struct Total:
    Stage stages[STAGES]
    Py_ssize_t size
    double inverse

cdef struct Level:
    double *ring
    size_t mask
    size_t step
    double variance
    Total total


def rolling_wavelet_variance(const double[::1] x, const double[:, ::1] filters, Py_ssize_t window, double[:, ::1] out):
    """Write into out[j - 1, k] the wavelet variance of level j over x[k : k + window].

    filters holds the MODWT scaling and the wavelet filter, an even number of taps each. Only coefficients whose
    filter lies inside the window count. A variance that rounding alone explains is written as 0.
    """
    cdef Pyramid pyramid
    _check_windows(x.shape[0], window, out.shape[1])
    _fill_pyramid(&pyramid, filters, window, out.shape[0])
    try:
        with nogil:
            _by_stretches(&pyramid, &x[0], out.shape[1], &out[0, 0], NULL)
    finally:
        free(pyramid.scratch)


def rolling_log_slope(
    const double[::1] x,
    const double[:, ::1] filters,
    Py_ssize_t window,
    Py_ssize_t levels,
    const double[::1] weights,
    double[::1] out,
):
    """Write into out[k] the weighted sum of the logarithms of the variances over x[k : k + window], or NaN.

    weights are those of the last len(weights) of the levels. It is NaN if one of the variances is 0 (or below DBL_MIN)
    or not finite.
    """
    cdef Pyramid pyramid
    _check_windows(x.shape[0], window, out.shape[0])
    _check_weights(weights.shape[0], levels)
    _fill_pyramid(&pyramid, filters, window, levels)
    pyramid.first, pyramid.weights = levels - weights.shape[0], &weights[0]
    try:
        with nogil:
            _by_stretches(&pyramid, &x[0], out.shape[0], NULL, &out[0])
    finally:
        free(pyramid.scratch)


def wavelet_squares(const double[::1] x, const double[:, ::1] filters, double[:, ::1] out):
    """Write into out[j - 1, t] the squared MODWT coefficient of level j that ends at x[t].

    It is NaN where its filter reaches back beyond the start of x.
    """
    cdef Py_ssize_t n = x.shape[0], levels = out.shape[0], level, t, step = 1, reach = 0
    cdef const double *source
    cdef double *smooth
    cdef double *smoother
    cdef double *row
    cdef Pyramid pyramid
    if out.shape[1] != n:
        raise ValueError(f"{out.shape[1]} columns of out do not fit {n} values")
    _fill_pyramid(&pyramid, filters, n, levels)
    smooth, smoother, source = pyramid.scratch, pyramid.scratch + n, &x[0]
    with nogil:
        for level in range(levels):
            reach += step * (pyramid.filters.taps - 1)
            row = &out[level, 0]
            _filter(&pyramid.filters, source + reach, step, n - reach, smoother + reach, row + reach)
            for t in range(reach):
                row[t] = NAN
            for t in range(reach, n):
                row[t] *= row[t]
            smooth, smoother = smoother, smooth
            source = smooth
            step *= 2
    free(pyramid.scratch)


@cython.final
cdef class VarianceStream:
    """The wavelet variances of the last `window` values, and the slope of their logarithms, one value at a time.

    weights are those of the last len(weights) of the levels. Before the first value the stream has seen nothing but
    NaN, so that it answers NaN until the window is full.
    """

    cdef Py_ssize_t window, count, first
    cdef size_t now
    cdef Filters filters
    cdef Level *levels
    cdef Total floor
    cdef double *memory
    cdef double *weights

    def __cinit__(
        self,
        const double[:, ::1] filters,
        Py_ssize_t window,
        Py_ssize_t levels,
        const double[::1] weights,
    ):
        cdef Py_ssize_t taps = filters.shape[1], i
        cdef size_t size, reach = 0
        cdef Level *level
        _check_pyramid(filters.shape[0], taps, window, levels)
        _check_weights(weights.shape[0], levels)
        self.window, self.count, self.first = window, levels, levels - weights.shape[0]
        self.levels = <Level *> malloc(levels * sizeof(Level))
        if self.levels == NULL:
            raise MemoryError()
        size = _room(window) + _lay_total(&self.floor, window)
        for i in range(levels):
            level = self.levels + i
            level.step = <size_t> 1 << i
            level.mask = _room(window if i == 0 else level.step * (taps - 1) + 1) - 1
            reach += level.step * (taps - 1)
            size += level.mask + 1 + _lay_total(&level.total, window - reach)
        self.memory = <double *> malloc((size + 2 * taps + levels) * sizeof(double))
        if self.memory == NULL:
            raise MemoryError()
        self._share(filters, weights, size)

    cdef void _share(self, const double[:, ::1] filters, const double[::1] weights, size_t size):
        """Give every ring its part of the memory, filled with NaN; filters and weights come last."""
        cdef Py_ssize_t taps = filters.shape[1], i
        cdef size_t used
        cdef double *rest = self.memory + size
        for used in range(size):
            self.memory[used] = NAN
        for i in range(taps):
            rest[i], rest[taps + i] = filters[0, i], filters[1, i]
        for i in range(weights.shape[0]):
            rest[2 * taps + i] = weights[i]
        self.filters.low, self.filters.high, self.filters.taps = rest, rest + taps, taps
        self.weights = rest + 2 * taps
        rest = _give_total(&self.floor, self.memory)
        for i in range(self.count):
            self.levels[i].ring = rest
            self.levels[i].variance = NAN
            rest = _give_total(&self.levels[i].total, rest + self.levels[i].mask + 1)

    def __dealloc__(self):
        free(self.levels)
        free(self.memory)

    def push(self, double value):
        """Take one value and return the weighted sum of the logarithms, or NaN."""
        return self._push(value)

    def extend(self, const double[::1] values, double[::1] out):
        """Take values one by one and write into out[t] what :meth:`push` returns for values[t]."""
        cdef Py_ssize_t t
        if out.shape[0] != values.shape[0]:
            raise ValueError(f"{values.shape[0]} values need as many results, got {out.shape[0]}")
        with nogil:
            for t in range(values.shape[0]):
                out[t] = self._push(values[t])

    def variances(self, double[::1] out):
        """Write into out[j - 1] the wavelet variance of level j of the last window, or NaN."""
        cdef Py_ssize_t i
        if out.shape[0] != self.count:
            raise ValueError(f"{self.count} levels need as many results, got {out.shape[0]}")
        for i in range(self.count):
            out[i] = self.levels[i].variance

    def last(self, double[::1] out):
        """Write the last values into out, oldest first: as many as the window has. They are the whole state."""
        cdef Py_ssize_t i
        if out.shape[0] != self.window:
            raise ValueError(f"a window of {self.window} needs as many results, got {out.shape[0]}")
        for i in range(self.window):
            out[i] = self.levels[0].ring[(self.now - <size_t> (self.window - i)) & self.levels[0].mask]

    cdef double _push(self, double value) noexcept nogil:
        cdef double floor = _add_square(&self.floor, value, self.now) * (ROUNDING / self.window)
        cdef double smooth = value, detail = 0.0, slope = 0.0
        cdef Py_ssize_t i
        cdef Level *level
        # Here smooth is the newest scaling coefficient of the level before; a ring keeps as many as the taps reach.
        for i in range(self.count):
            level = self.levels + i
            level.ring[self.now & level.mask] = smooth
            _filter_newest(&self.filters, level, self.now, &smooth, &detail)
            level.variance = _above(_add_square(&level.total, detail, self.now) * level.total.inverse, floor)
            if i >= self.first:
                slope += self.weights[i - self.first] * natural_log(level.variance)
        self.now += 1
        return slope


# -- every window of a series ------------------------------------------------------------------------------------------


cdef inline Py_ssize_t _stretch(Py_ssize_t window) noexcept nogil:
    """How many windows go through the whole pyramid at once: their scratch memory fits the second-level cache, and the
    values of the window before, which come in front, are few beside them."""
    return max(<Py_ssize_t> STRETCH, 2 * window)


cdef void _by_stretches(
    const Pyramid *pyramid, const double *x, Py_ssize_t windows, double *variances, double *slopes
) noexcept nogil:
    """Write the variances, rows of `windows` numbers, or the weighted sums of their logarithms, or both."""
    cdef Py_ssize_t start = 0, width
    while start < windows:
        width = min(_stretch(pyramid.window), windows - start)
        _one_stretch(
            pyramid,
            x + start,
            width,
            NULL if variances == NULL else variances + start,
            windows,
            NULL if slopes == NULL else slopes + start,
        )
        start += width


cdef void _one_stretch(
    const Pyramid *pyramid, const double *x, Py_ssize_t width, double *variances, Py_ssize_t stride, double *slopes
) noexcept nogil:
    cdef Py_ssize_t n = width + pyramid.window - 1, level, step = 1, reach = 0
    cdef double *smooth = pyramid.scratch
    cdef double *smoother = smooth + n
    cdef double *detail = smoother + n
    cdef double *floor = detail + n
    cdef double *row = floor + n
    cdef double *sums = row + n
    cdef const double *source = x
    _rolling_mean_square(x, pyramid.window, width, NULL, sums, floor)
    # Here source[reach:n] holds the scaling coefficients of the level before, none of them cut short.
    for level in range(pyramid.levels):
        reach += step * (pyramid.filters.taps - 1)
        _filter(&pyramid.filters, source + reach, step, n - reach, smoother + reach, detail)
        if variances != NULL:
            row = variances + level * stride
        if variances != NULL or level >= pyramid.first:
            _rolling_mean_square(detail, pyramid.window - reach, width, floor, sums, row)
        if slopes != NULL and level >= pyramid.first:
            _add_logs(row, pyramid.weights[level - pyramid.first], width, level == pyramid.first, slopes)
        smooth, smoother = smoother, smooth
        source = smooth
        step *= 2


# -- the filters -------------------------------------------------------------------------------------------------------


cdef inline double _two_taps(const double *taps, double newer, double older) noexcept nogil:
    return taps[0] * newer + taps[1] * older


cdef cloned_void _filter(
    const Filters *filters, const double *v, Py_ssize_t step, Py_ssize_t n, double *smooth, double *detail
) noexcept nogil:
    """Write the sums over l of low[l] * v[t - l * step] and of high[l] * ..., t in 0..n-1; v has a past."""
    cdef Py_ssize_t t = 0, l, i, width
    cdef double low[2]
    cdef double high[2]
    cdef const double *a
    cdef const double *b
    cdef double *s
    cdef double *d
    while t < n:
        width = min(<Py_ssize_t> TILE, n - t)
        s, d = smooth + t, detail + t
        # Here s[i] and d[i] hold the first l products of time t + i; two are added in one pass over the tile.
        for l in range(0, filters.taps, 2):
            low[0], low[1], high[0], high[1] = filters.low[l], filters.low[l + 1], filters.high[l], filters.high[l + 1]
            a, b = v + t - l * step, v + t - (l + 1) * step
            if l == 0:
                for i in range(width):
                    s[i] = _two_taps(low, a[i], b[i])
                    d[i] = _two_taps(high, a[i], b[i])
            else:
                for i in range(width):
                    s[i] += _two_taps(low, a[i], b[i])
                    d[i] += _two_taps(high, a[i], b[i])
        t += width


cdef inline void _filter_newest(
    const Filters *filters, const Level *level, size_t now, double *smooth, double *detail
) noexcept nogil:
    """What :func:`_filter` writes for the newest time, from a ring."""
    cdef Py_ssize_t l
    cdef size_t at = now, before
    cdef double low = 0.0, high = 0.0, newer, older
    for l in range(0, filters.taps, 2):
        before = at - level.step
        newer, older = level.ring[at & level.mask], level.ring[before & level.mask]
        if l == 0:
            low, high = _two_taps(filters.low, newer, older), _two_taps(filters.high, newer, older)
        else:
            low += _two_taps(filters.low + l, newer, older)
            high += _two_taps(filters.high + l, newer, older)
        at = before - level.step
    smooth[0], detail[0] = low, high


# -- the sums of squares of a window -----------------------------------------------------------------------------------
# The sum of 2 m numbers is that of m and the m after them; of 2 m + 1, that and one more. So the binary digits of a
# count, first to last, say how its sums come from single squares. Nothing is ever subtracted: what has left the window
# leaves no trace, neither a spike's rounding nor a NaN.


cdef inline double _double(double first, double second) noexcept nogil:
    return first + second


cdef inline double _double_and_one(double first, double second, double one) noexcept nogil:
    return (first + second) + one


cdef inline double _above(double variance, double floor) noexcept nogil:
    return 0.0 if variance <= floor else variance


cdef inline Py_ssize_t _digits(Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t digits = 0
    while count >> digits:
        digits += 1
    return digits


cdef inline Py_ssize_t _sums_tile(Py_ssize_t count) noexcept nogil:
    return max(<Py_ssize_t> SUMS, count)


cdef inline Py_ssize_t _sums_room(Py_ssize_t count) noexcept nogil:
    return _sums_tile(count) + count


cdef void _rolling_mean_square(
    const double *w, Py_ssize_t count, Py_ssize_t windows, const double *floor, double *scratch, double *out
) noexcept nogil:
    """Write the mean of w[k : k + count] squared into out[k] for k in 0..windows-1, or 0 if at most floor[k].

    Without a floor it writes one: the mean square that rounding of values of this size explains. scratch has room for
    three times _sums_room(count) numbers.
    """
    cdef Py_ssize_t tile = _sums_tile(count), start = 0, width, room, held, digit
    cdef double *squares = scratch
    cdef double *sums
    cdef double *doubled
    cdef double *spare
    while start < windows:
        width = min(tile, windows - start)
        room, held = width + count - 1, 1
        sums, doubled, spare = squares, scratch + _sums_room(count), scratch + 2 * _sums_room(count)
        _squares(w + start, room, squares)
        # Here sums[k] is the sum of squares[k : k + held], for k in 0..room-1; held is the first digits of count.
        for digit in range(_digits(count) - 2, -1, -1):
            if count >> digit & 1:
                room -= held + 1
                _double_sums_and_one(sums, held, squares + 2 * held, room, doubled)
                held = 2 * held + 1
            else:
                room -= held
                _double_sums(sums, held, room, doubled)
                held = 2 * held
            sums, doubled, spare = doubled, spare, doubled
        if floor == NULL:
            _scale(sums, ROUNDING / count, width, out + start)
        else:
            _scale_above(sums, 1.0 / count, floor + start, width, out + start)
        start += width


cdef cloned_void _squares(const double *w, Py_ssize_t n, double *out) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        out[k] = w[k] * w[k]


cdef cloned_void _double_sums(const double *sums, Py_ssize_t held, Py_ssize_t n, double *out) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        out[k] = _double(sums[k], sums[k + held])


cdef cloned_void _double_sums_and_one(
    const double *sums, Py_ssize_t held, const double *squares, Py_ssize_t n, double *out
) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        out[k] = _double_and_one(sums[k], sums[k + held], squares[k])


cdef cloned_void _scale(const double *sums, double factor, Py_ssize_t n, double *out) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        out[k] = sums[k] * factor


cdef cloned_void _scale_above(
    const double *sums, double factor, const double *floor, Py_ssize_t n, double *out
) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        out[k] = _above(sums[k] * factor, floor[k])


cdef cloned_void _add_logs(
    const double *variances, double weight, Py_ssize_t n, bint first, double *out
) noexcept nogil:
    cdef Py_ssize_t k
    if first:
        for k in range(n):
            out[k] = 0.0 + weight * natural_log(variances[k])
    else:
        for k in range(n):
            out[k] += weight * natural_log(variances[k])


cdef inline double _add_square(Total *total, double value, size_t now) noexcept nogil:
    """The sum of the last squares, with that of the newest value: what :func:`_rolling_mean_square` sums."""
    cdef double square = value * value, result = square
    cdef Py_ssize_t i
    cdef Stage *stage
    # Here result is the sum of the last `held` squares of the stage, as it will stand in its ring.
    for i in range(total.size):
        stage = &total.stages[i]
        stage.sums[now & stage.mask] = result
        if stage.odd:
            result = _double_and_one(
                stage.sums[(now - stage.held - 1) & stage.mask], stage.sums[(now - 1) & stage.mask], square
            )
        else:
            result = _double(stage.sums[(now - stage.held) & stage.mask], result)
    return result


# -- the memory of a stream --------------------------------------------------------------------------------------------


cdef inline size_t _room(size_t lags) noexcept nogil:
    """The size of a ring that holds as many: a power of two, so that places wrap by a mask and never leave it."""
    cdef size_t room = 1
    while room < lags:
        room *= 2
    return room


cdef size_t _lay_total(Total *total, Py_ssize_t count) noexcept:
    """Plan the stages of a sum of count squares and return how much memory they need."""
    cdef Py_ssize_t i
    cdef size_t size = 0
    total.size = _digits(count) - 1
    total.inverse = 1.0 / count
    for i in range(total.size):
        total.stages[i].held = count >> (total.size - i)
        total.stages[i].odd = count >> (total.size - i - 1) & 1
        total.stages[i].mask = _room(total.stages[i].held + 2) - 1
        size += total.stages[i].mask + 1
    return size


cdef double *_give_total(Total *total, double *memory) noexcept:
    """Give the stages their memory and return what is left."""
    cdef Py_ssize_t i
    for i in range(total.size):
        total.stages[i].sums = memory
        memory += total.stages[i].mask + 1
    return memory


cdef int _check_pyramid(Py_ssize_t filters, Py_ssize_t taps, Py_ssize_t window, Py_ssize_t levels) except -1:
    if filters != 2 or taps < 2 or taps % 2:
        raise ValueError(f"filters need two rows of an even number of taps, got shape {filters, taps}")
    if window < 1 or window > MOST:
        raise ValueError(f"a window has 1 to {MOST} values, not {window}")
    if levels < 1 or levels > LEVELS or ((<Py_ssize_t> 1 << levels) - 1) * (taps - 1) >= window:
        raise ValueError(f"window {window} does not hold the filter of level {levels} with {taps} taps")
    return 0


cdef int _check_weights(Py_ssize_t weights, Py_ssize_t levels) except -1:
    if not 1 <= weights <= levels:
        raise ValueError(f"{levels} levels cannot have {weights} weights")
    return 0


cdef int _check_windows(Py_ssize_t n, Py_ssize_t window, Py_ssize_t windows) except -1:
    if window > n or windows != n - window + 1:
        raise ValueError(f"{windows} results do not fit {n} values and a window of {window}")
    return 0


cdef int _fill_pyramid(Pyramid *pyramid, const double[:, ::1] filters, Py_ssize_t window, Py_ssize_t levels) except -1:
    """Check the sizes and allocate the scratch memory of a stretch: three series, two rows, three stages of sums."""
    _check_pyramid(filters.shape[0], filters.shape[1], window, levels)
    pyramid.filters.low, pyramid.filters.high, pyramid.filters.taps = &filters[0, 0], &filters[1, 0], filters.shape[1]
    pyramid.window, pyramid.levels, pyramid.first, pyramid.weights = window, levels, 0, NULL
    pyramid.scratch = <double *> malloc((5 * (_stretch(window) + window) + 3 * _sums_room(window)) * sizeof(double))
    if pyramid.scratch == NULL:
        raise MemoryError()
    return 0

"""The exponents that solve tabulated estimating equations, for the wavelet variances of every window."""

from libc.math cimport NAN, isfinite

cdef enum:
    LEVELS = 40


cdef struct Equations:
    const double *h
    const double *scores
    const double *share_scores
    Py_ssize_t points
    Py_ssize_t levels


def solve(
    const double[:, ::1] variances,
    const double[::1] h,
    const double[:, :, ::1] scores,
    const double[:, :, ::1] share_scores,
    double[:, ::1] out,
):
    """Write into out[0, k] the exponent where the scores of column k are zero, into out[1, k] the place of its share.

    scores[i, p] weighs the variances at share i and exponent h[p]: the sum is positive below the solution. With
    more than one share, share_scores have to be zero too; the place is a row of theirs, or between two. A solution
    outside the table is put at its edge. A variance that is not positive gives NaN.
    """
    cdef Py_ssize_t shares = scores.shape[0], levels = scores.shape[2], windows = variances.shape[1], k
    cdef double column[LEVELS]
    cdef Equations equations
    if variances.shape[0] != levels or not 1 <= levels <= LEVELS or out.shape[0] != 2 or out.shape[1] != windows:
        raise ValueError(f"{levels} levels do not fit {variances.shape[0]} variances of {windows} windows")
    if h.shape[0] < 2 or shares < 1 or scores.shape[1] != h.shape[0]:
        raise ValueError(f"{scores.shape[1]} equations do not fit {h.shape[0]} exponents")
    if share_scores.shape[0] != shares or share_scores.shape[1] != h.shape[0] or share_scores.shape[2] != levels:
        raise ValueError("share_scores need the shape of scores")
    equations.h, equations.points, equations.levels = &h[0], h.shape[0], levels
    equations.scores, equations.share_scores = &scores[0, 0, 0], &share_scores[0, 0, 0]
    with nogil:
        for k in range(windows):
            if not _take(variances, k, levels, column):
                out[0, k] = out[1, k] = NAN
            elif shares == 1:
                out[0, k] = _exponent(&equations, 0, column, NULL)
                out[1, k] = 0.0
            else:
                _both(&equations, shares, column, &out[0, k], &out[1, k])


cdef bint _take(const double[:, ::1] variances, Py_ssize_t k, Py_ssize_t levels, double *column) noexcept nogil:
    """Copy a column in units of its largest; false if one of its variances is not positive and finite."""
    cdef Py_ssize_t j
    cdef double largest = 0.0
    for j in range(levels):
        column[j] = variances[j, k]
        if not (column[j] > 0.0 and isfinite(column[j])):
            return False
        largest = max(largest, column[j])
    for j in range(levels):
        column[j] /= largest
    return True


cdef void _both(
    const Equations *equations, Py_ssize_t shares, const double *column, double *h, double *place
) noexcept nogil:
    """Solve for the exponent and the share of white noise."""
    cdef Py_ssize_t low = 0, high = shares - 1, middle
    cdef double low_h, high_h, h_middle, low_score, high_score, score, t
    low_h = _exponent(equations, low, column, &low_score)
    high_h = _exponent(equations, high, column, &high_score)
    if low_score <= 0.0 or high_score >= 0.0:
        h[0], place[0] = (low_h, 0.0) if low_score <= 0.0 else (high_h, <double> high)
        return
    # Here the share's score is positive at low and negative at high, each with the exponent that is best for it.
    while high - low > 1:
        middle = (low + high) // 2
        h_middle = _exponent(equations, middle, column, &score)
        if score > 0.0:
            low, low_h, low_score = middle, h_middle, score
        else:
            high, high_h, high_score = middle, h_middle, score
    t = low_score / (low_score - high_score)
    h[0], place[0] = low_h + t * (high_h - low_h), low + t


cdef double _exponent(
    const Equations *equations, Py_ssize_t share, const double *column, double *share_score
) noexcept nogil:
    """Return the exponent at which the scores of a share are zero, and the share's score there unless NULL."""
    cdef Py_ssize_t levels = equations.levels, low = 0, high = equations.points - 1, middle
    cdef const double *scores = equations.scores + share * equations.points * levels
    cdef const double *share_scores = equations.share_scores + share * equations.points * levels
    cdef double low_score = _sum(scores, column, levels), t, score
    cdef double high_score = _sum(scores + high * levels, column, levels)
    if low_score <= 0.0 or high_score >= 0.0:
        high = low + 1 if low_score <= 0.0 else high
        low, t = high - 1, 0.0 if low_score <= 0.0 else 1.0
    else:
        # Here the score is positive at low and not at high.
        while high - low > 1:
            middle = (low + high) // 2
            score = _sum(scores + middle * levels, column, levels)
            if score > 0.0:
                low, low_score = middle, score
            else:
                high, high_score = middle, score
        t = low_score / (low_score - high_score)
    if share_score != NULL:
        share_score[0] = (1.0 - t) * _sum(share_scores + low * levels, column, levels)
        share_score[0] += t * _sum(share_scores + high * levels, column, levels)
    return equations.h[low] + t * (equations.h[high] - equations.h[low])


cdef inline double _sum(const double *weights, const double *column, Py_ssize_t levels) noexcept nogil:
    cdef double total = 0.0
    cdef Py_ssize_t j
    for j in range(levels):
        total += weights[j] * column[j]
    return total

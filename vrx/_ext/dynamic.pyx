"""The recursion of fractional volatility: past shocks, each decaying by a power of its own, set today's volatility.

    log sigma_t = level + log(1 + power * slope * S_t) / power
    S_t = sum over u < t of (t - u)^-a_u shock_u

The power kernel is a fixed set of exponentials whose weights alone depend on a_u, so that one state per node carries
the whole past. The shocks are the returns over sigma, so they depend on the parameters too; their derivatives obey the
same recursion with the same weights, and stand as three more channels beside it.
"""

from libc.math cimport exp, fabs, log, log1p

from vrx._ext.clones cimport cloned_void

cdef enum:
    LANES = 8  # partial sums of the states: one per double of the widest vector unit, in a fixed order


cdef struct Law:
    double level
    double slope
    double power
    double floor  # the logarithm of the least sigma
    double ceiling  # that of the largest
    double centre  # the mean to take from |z|, or 0 where the shock is z itself


cdef struct Plan:
    Py_ssize_t nodes  # a multiple of LANES
    Py_ssize_t channels  # 1, or 4 with the derivatives by level, slope and power
    const double *decays


def run(
    const double[::1] returns,
    const double[::1] decays,
    const double[:, ::1] weights,
    const double[::1] law,
    double[:, ::1] states,
    double[:, ::1] out,
):
    """Write log sigma of every day and of the day after into out, with 4 columns its derivatives too.

    law is (level, slope, power, log floor, log ceiling, centre of |z| or 0 for signed shocks); the derivatives are
    those by the first three, and 0 on a day at the floor or the ceiling. weights has a row per day; states, a row
    per column of out, holds the past and is moved on past the last day. The nodes are a multiple of 8.
    """
    cdef Py_ssize_t days = returns.shape[0], t, c
    cdef Law it
    cdef Plan plan
    cdef double shocks[4]
    _check(decays, weights.shape[1], law, weights.shape[0] == days)
    if out.shape[0] != days + 1 or (out.shape[1] != 1 and out.shape[1] != 4):
        raise ValueError(f"{days} days need {days + 1} rows of 1 or 4 columns, out has {out.shape[0]}, {out.shape[1]}")
    if states.shape[0] != out.shape[1] or states.shape[1] != decays.shape[0]:
        raise ValueError(f"states of shape {states.shape[0]}, {states.shape[1]} do not fit the nodes and columns")
    it = Law(law[0], law[1], law[2], law[3], law[4], law[5])
    plan.nodes, plan.channels, plan.decays = decays.shape[0], out.shape[1], &decays[0]
    with nogil:
        # Here the states are those before day t: they hold the shocks of days u < t, decayed t - u times.
        for t in range(days):
            _day(&it, &plan, &states[0, 0], &out[t, 0])
            shocks[0] = returns[t] * exp(-out[t, 0])
            for c in range(1, plan.channels):
                shocks[c] = -(fabs(shocks[0]) if it.centre else shocks[0]) * out[t, c]
            shocks[0] = fabs(shocks[0]) - it.centre if it.centre else shocks[0]
            for c in range(plan.channels):
                _move(&states[c, 0], plan.decays, &weights[t, 0], shocks[c], plan.nodes)
        _day(&it, &plan, &states[0, 0], &out[days, 0])


def simulate(
    const double[:, ::1] normals,
    const double[::1] decays,
    const double[:, ::1] weights,
    const double[::1] law,
    double[:, ::1] states,
    double[:, ::1] out,
):
    """Write log sigma of every day of every path into out, whose returns are then sigma times the normals.

    weights has a row per day, or one for all days; states has a row per path, the past of each, and is moved on.
    """
    cdef Py_ssize_t paths = normals.shape[0], days = normals.shape[1], p, t
    cdef Py_ssize_t stride = 0 if weights.shape[0] == 1 else 1
    cdef Law it
    cdef Plan plan
    cdef double z
    _check(decays, weights.shape[1], law, weights.shape[0] == days or weights.shape[0] == 1)
    if out.shape[0] != paths or out.shape[1] != days:
        raise ValueError(f"{paths} paths of {days} days do not fit out of shape {out.shape[0]}, {out.shape[1]}")
    if states.shape[0] != paths or states.shape[1] != decays.shape[0]:
        raise ValueError(f"states of shape {states.shape[0]}, {states.shape[1]} do not fit the paths and nodes")
    it = Law(law[0], law[1], law[2], law[3], law[4], law[5])
    plan.nodes, plan.channels, plan.decays = decays.shape[0], 1, &decays[0]
    with nogil:
        for p in range(paths):
            for t in range(days):
                _day(&it, &plan, &states[p, 0], &out[p, t])
                z = fabs(normals[p, t]) - it.centre if it.centre else normals[p, t]
                _move(&states[p, 0], plan.decays, &weights[t * stride, 0], z, plan.nodes)


def _check(const double[::1] decays, Py_ssize_t nodes, const double[::1] law, bint rows_fit):
    if decays.shape[0] == 0 or decays.shape[0] % LANES or nodes != decays.shape[0]:
        raise ValueError(f"{decays.shape[0]} decays and {nodes} weights a day: pass as many, a multiple of {LANES}")
    if law.shape[0] != 6:
        raise ValueError(f"law has {law.shape[0]} numbers, not 6")
    if not rows_fit:
        raise ValueError("weights needs a row per day")


cdef void _day(const Law *law, const Plan *plan, const double *states, double *out) noexcept nogil:
    """Write log sigma, and its derivatives where there are channels for them."""
    cdef double sums[4]
    cdef double y, v, inner
    cdef Py_ssize_t c
    for c in range(plan.channels):
        _total(states + c * plan.nodes, plan.nodes, &sums[c])
    y = law.slope * sums[0]
    v = law.power * y
    # A positive power falls to 0 where the bracket does, a negative one rises without end.
    if v > -1.0:
        out[0] = law.level + (log1p(v) / law.power if law.power != 0.0 else y)
    else:
        out[0] = law.floor if law.power > 0.0 else law.ceiling
    if not law.floor < out[0] < law.ceiling:
        out[0] = min(max(out[0], law.floor), law.ceiling)
        for c in range(1, plan.channels):
            out[c] = 0.0
        return
    if plan.channels == 4:
        inner = 1.0 / (1.0 + v)
        out[1] = 1.0 + law.slope * sums[1] * inner
        out[2] = (sums[0] + law.slope * sums[2]) * inner
        out[3] = law.slope * sums[3] * inner + y * y * _bend(v)


cdef double _bend(double v) noexcept nogil:
    """Return (v / (1 + v) - log(1 + v)) / v^2: -1/2 at 0, where the difference would lose its digits."""
    cdef double total = 0.0
    cdef int k
    if fabs(v) > 0.05:
        return (v / (1.0 + v) - log1p(v)) / (v * v)
    for k in range(12, 0, -1):
        total = -v * total - k / (k + 1.0)
    return total


cdef cloned_void _total(const double *states, Py_ssize_t nodes, double *out) noexcept nogil:
    """Sum the states of a channel into partial sums that stand apart by LANES, then those by halves."""
    cdef double part[LANES]
    cdef Py_ssize_t i, j
    for j in range(LANES):
        part[j] = states[j]
    for i in range(1, nodes // LANES):
        for j in range(LANES):
            part[j] += states[i * LANES + j]
    out[0] = ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]))


cdef cloned_void _move(
    double *states, const double *decays, const double *weights, double shock, Py_ssize_t nodes
) noexcept nogil:
    """Add a shock to the states of a channel, then let a day pass."""
    cdef Py_ssize_t i
    for i in range(nodes):
        states[i] = decays[i] * (states[i] + weights[i] * shock)

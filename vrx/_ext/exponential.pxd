# The exponential and the reciprocal of the gamma function in operations that every machine rounds alike and that compilers
# turn into vector instructions, which a call of the C library is not. NaN gives NaN.
from libc.stdint cimport uint64_t

cdef union Bits:
    double value
    uint64_t bits


cdef inline double exponential(double x) noexcept nogil:
    """The exponential of a number between -700 and 700, within 2 units in the last place."""
    # Added to a number below 2**51, this rounds it to the nearest whole number, which then stands in the last bits.
    cdef double shift = 6755399441055744.0
    cdef double turns = x * 1.4426950408889634 + shift
    cdef double n = turns - shift
    # The first part of log(2) has so few digits that its product with n is exact.
    cdef double r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10
    cdef Bits word
    word.value = turns
    word.bits = (word.bits + 1023) << 52
    return (1.0 + exponential_less_one(r)) * word.value


cdef inline double exponential_less_one(double x) noexcept nogil:
    """exp(x) - 1 for x from -0.8 to 0.8, by its series, within 2 units in the last place."""
    cdef double series = 1.0 / 355687428096000.0
    series = 1.0 / 20922789888000.0 + x * series
    series = 1.0 / 1307674368000.0 + x * series
    series = 1.0 / 87178291200.0 + x * series
    series = 1.0 / 6227020800.0 + x * series
    series = 1.0 / 479001600.0 + x * series
    series = 1.0 / 39916800.0 + x * series
    series = 1.0 / 3628800.0 + x * series
    series = 1.0 / 362880.0 + x * series
    series = 1.0 / 40320.0 + x * series
    series = 1.0 / 5040.0 + x * series
    series = 1.0 / 720.0 + x * series
    series = 1.0 / 120.0 + x * series
    series = 1.0 / 24.0 + x * series
    series = 1.0 / 6.0 + x * series
    series = 1.0 / 2.0 + x * series
    return x + x * x * series


cdef inline double reciprocal_gamma(double a) noexcept nogil:
    """1 / gamma(a) for a from 0 to 2, within 4 units in the last place, as a / gamma(1 + a), that by its series around 1."""
    cdef double u = a - 1.0
    cdef double series = -4.7233882564553696e-19
    series = -1.1765359134410034e-16 + u * series
    series = 1.3444322195823611e-15 + u * series
    series = -6.6925547590053791e-15 + u * series
    series = -1.3890705776659689e-14 + u * series
    series = 5.2392773452210729e-13 + u * series
    series = -4.220733353164313e-12 + u * series
    series = 1.2002996793069384e-11 + u * series
    series = 9.2339674376040667e-11 + u * series
    series = -1.2736142448630608e-9 + u * series
    series = 6.2756218893322837e-9 + u * series
    series = -1.5952678485086792e-10 + u * series
    series = -2.0547431491290984e-7 + u * series
    series = 1.3385015468946057e-6 + u * series
    series = -2.5889950290372764e-6 + u * series
    series = -1.7545859751750962e-5 + u * series
    series = 0.00014559614213986715 + u * series
    series = -0.00036083781625481812 + u * series
    series = -0.00080432977560424699 + u * series
    series = 0.0080232730222673465 + u * series
    series = -0.01764524455014432 + u * series
    series = -0.024552490005400017 + u * series
    series = 0.19109110138769151 + u * series
    series = -0.23309373642178674 + u * series
    series = -0.42278433509846714 + u * series
    series = 1.0 + u * series
    return a * series

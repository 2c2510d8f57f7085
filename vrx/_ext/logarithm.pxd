# The natural logarithm in operations that every machine rounds alike and that compilers turn into vector instructions,
# which a call of the C library is not.
from libc.float cimport DBL_MAX, DBL_MIN
from libc.math cimport NAN
from libc.stdint cimport uint64_t

cdef union Word:
    double value
    uint64_t bits

cdef enum:
    MANTISSA = 52

cdef inline double natural_log(double x) noexcept nogil:
    """The logarithm of a number from DBL_MIN to DBL_MAX, within 2 units in the last place; NaN for all else."""
    cdef uint64_t root = 0x3FE6A09E667F3BCDULL, one = 0x3FF0000000000000ULL, fraction = 0x000FFFFFFFFFFFFFULL
    cdef Word word
    cdef double exponent, mantissa, s, z, series
    word.value = x
    # Counted from root, sqrt(1/2), the exponent leaves a mantissa between sqrt(1/2) and sqrt(2).
    word.bits += one - root
    # Beside the bits of 2^52 they are a whole number in floating point, without an instruction that few machines have.
    exponent = _from_bits((word.bits >> MANTISSA) | 0x4330000000000000ULL) - (4503599627370496.0 + 1023.0)
    mantissa = _from_bits((word.bits & fraction) + root)
    # log(m) = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.172: the next term of the series is below rounding.
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s
    series = 1.0 / 19.0 + z * (1.0 / 21.0)
    series = 1.0 / 17.0 + z * series
    series = 1.0 / 15.0 + z * series
    series = 1.0 / 13.0 + z * series
    series = 1.0 / 11.0 + z * series
    series = 1.0 / 9.0 + z * series
    series = 1.0 / 7.0 + z * series
    series = 1.0 / 5.0 + z * series
    series = 1.0 / 3.0 + z * series
    series = exponent * 0.6931471805599453 + (2.0 * s + (2.0 * s) * (z * series))
    # Added, not chosen: a choice would become a branch around the division, and no vector instructions.
    return series + (0.0 if (x >= DBL_MIN) & (x <= DBL_MAX) else NAN)


cdef inline double _from_bits(uint64_t bits) noexcept nogil:
    cdef Word word
    word.bits = bits
    return word.value

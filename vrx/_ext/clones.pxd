# A function whose return type is `cloned_void` is compiled several times, for wider vector units too, and the loader takes
# the one that the machine at hand can run: the wheel still runs anywhere. Element by element all clones round alike,
# because setup.py forbids fused operations and the compiler may not reorder a sum; so the bits do not depend on the machine.
# VRX_NO_CLONES leaves the plain one alone, for sanitizers, which start after the loader has chosen.
cdef extern from *:
    """
    #if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(VRX_NO_CLONES)
    #define VRX_CLONED __attribute__((target_clones("avx512f", "avx2", "default")))
    #else
    #define VRX_CLONED
    #endif
    """
    ctypedef void cloned_void "VRX_CLONED void"

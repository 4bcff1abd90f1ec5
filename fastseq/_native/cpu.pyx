# cython: language_level=3
# distutils: language = c++
"""What the processor lacks. Linked without the core, which such a processor may be unable to load."""

cdef extern from "base/cpu.h" namespace "fastseq" nogil:
    cdef cppclass CpuFeature:
        const char* name
        bint present
    const CpuFeature* required_cpu_features(int* count)


def missing_features():
    """The names of the features that the core requires and this processor lacks."""
    cdef int count = 0
    cdef const CpuFeature* features = required_cpu_features(&count)
    return [features[i].name.decode() for i in range(count) if not features[i].present]

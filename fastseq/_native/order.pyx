# cython: language_level=3
# distutils: language = c++
"""Random orders."""
from cpython.bytes cimport PyBytes_AsString, PyBytes_FromStringAndSize

from fastseq._native.core cimport *


def shuffled(uint64_t key, size_t n):
    """0, 1, ..., n - 1 in random order, as bytes of int32; see base/shuffle.h."""
    if n > 1 << 31:
        raise ValueError(f"{n} are too many numbers")
    cdef bytes numbers = PyBytes_FromStringAndSize(NULL, n * sizeof(int32_t))
    cdef int32_t* data = <int32_t*>PyBytes_AsString(numbers)
    with nogil:
        shuffle(key, data, n)
    return numbers

from fastseq._native.core cimport *


cdef class PixelCache:
    cdef shared_ptr[CPixelCache] cache

from fastseq._native.core cimport *


cdef class Recipe:
    cdef shared_ptr[CRecipe] recipe
    cdef readonly size_t slot_bytes
    cdef Py_ssize_t min_draws  # numbers a sample that the ops read

from fastseq._native cimport *


cdef class Recipe:
    cdef shared_ptr[CRecipe] recipe
    cdef readonly size_t slot_bytes
    cdef Py_ssize_t least_draws  # what the ops read of a sample's numbers

# cython: language_level=3
# distutils: language = c++
"""Tables that the native core exports: the enums and defaults of csrc, read by Python and written nowhere else."""
from fastseq._native.core cimport *


def status_table():
    """Every status as (number, name, reason, remedy)."""
    cdef int count = 0
    cdef const StatusText* texts = status_texts(&count)
    return [(<int>texts[i].status, texts[i].name.decode(), texts[i].reason.decode(), texts[i].remedy.decode())
            for i in range(count)]


def default_limits():
    """(pixels, scans, scan_pixels, file_bytes, memory_bytes)."""
    cdef CLimits limits
    return limits.pixels, limits.scans, limits.scan_pixels, limits.file_bytes, limits.memory_bytes


def instruction_sets():
    """The vector instruction sets in use, as Highway's bit mask."""
    return c_instruction_sets()


def disable_instruction_sets(mask):
    """Stop using the instruction sets of `mask`; 0 enables all again. For tests that compare them."""
    c_disable_instruction_sets(mask)

# cython: language_level=3
# distutils: language = c++
"""Batch buffers: lent out, and taken back when the last reference to the lease goes."""
from libcpp.memory cimport make_shared
from libcpp.utility cimport move
from posix.unistd cimport getpid

from fastseq._native cimport *

cdef extern from "Python.h":
    int PyBuffer_FillInfo(Py_buffer* view, object owner, void* data, Py_ssize_t size, int readonly, int flags) except -1


cdef class Lease:
    """The owner of one batch buffer: writable bytes, 64-byte aligned, given back when the last reference goes."""
    cdef unique_ptr[CLease] lease
    cdef int pid

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.lease.get().data(), <Py_ssize_t>self.lease.get().size(), 0, flags)

    def __dealloc__(self):
        if self.pid != getpid():
            self.lease.release()


cdef class Buffers:
    """Lends batch buffers, bounded in bytes."""
    cdef shared_ptr[BufferPool] pool

    def __cinit__(self, size_t cap_bytes):
        self.pool = make_shared[BufferPool](cap_bytes)

    def lend(self, size_t size, bint needed):
        """A Lease of `size` bytes; None where the cap is reached and it is not needed now."""
        cdef Lease lease = Lease.__new__(Lease)
        lease.pid = getpid()
        lease.lease = move(self.pool.get().lend(size, needed))
        return lease if lease.lease.get() is not NULL else None

    @property
    def lent_bytes(self):
        return self.pool.get().lent_bytes()

    @property
    def held_bytes(self):
        return self.pool.get().held_bytes()

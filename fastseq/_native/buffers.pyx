# cython: language_level=3
# distutils: language = c++
"""Batch buffers that return to their pool with the last reference to their lease."""
from libcpp.memory cimport make_shared
from libcpp.utility cimport move

from fastseq._native.core cimport *

cdef extern from "Python.h":
    int PyBuffer_FillInfo(Py_buffer* view, object owner, void* data, Py_ssize_t size, int readonly, int flags) except -1


cdef class Lease:
    """The owner of one batch buffer: writable bytes, 64-byte aligned."""
    cdef unique_ptr[CLease] lease
    cdef int pid

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.lease.get().data(), <Py_ssize_t>self.lease.get().size(), 0, flags)

    def __dealloc__(self):
        if self.pid != process_id():
            self.lease.release()


cdef class BufferPool:
    """Allocates batch buffers. Keeps freed ones for reuse up to `max_free_bytes`, and beyond it by less than one buffer.

    `large` is for buffers of megabytes that are all replaced at about the same time: as many as are in use are kept, where
    that is more, and huge pages are asked for.
    """
    cdef shared_ptr[CBufferPool] pool

    def __cinit__(self, size_t max_free_bytes, cbool large=False):
        self.pool = make_shared[CBufferPool](max_free_bytes, large)

    def allocate(self, size_t size):
        """Return a Lease of `size` bytes with arbitrary contents."""
        cdef Lease lease = Lease.__new__(Lease)
        lease.pid = process_id()
        lease.lease = move(self.pool.get().allocate(size))
        return lease

    @property
    def bytes_in_use(self):
        return self.pool.get().bytes_in_use()

    @property
    def held_bytes(self):
        return self.pool.get().held_bytes()

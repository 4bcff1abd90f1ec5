# cython: language_level=3, boundscheck=False, wraparound=False
# distutils: language = c++
"""The bytes of images, and the checksums of bytes."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from libcpp.memory cimport make_shared

from fastseq._native.core cimport *
from fastseq._native.sources cimport add_items, add_table

cdef enum:
    OPEN_FILES = 64


def crc32c(const uint8_t[::1] data, uint32_t crc=0):
    """The CRC-32C of data, or, given that of what is before them, of both."""
    cdef uint32_t own = 0
    if data.shape[0]:
        with nogil:
            own = c_crc32c(&data[0], data.shape[0])
            own ^= shift_crc32c(crc, data.shape[0])
    return own if data.shape[0] else crc


cdef class SourceReader:
    """Reads the bytes of images, inflated and checked. Not thread-safe.

    Args:
        sources: as `fastseq._native.job.Job` takes them.
        max_bytes: of an image.
    """
    cdef vector[Source] items
    cdef CSourceReader reader
    cdef object owners
    cdef int64_t max_bytes
    cdef Buffer image, compressed
    cdef readonly str reason

    def __cinit__(self, sources, int64_t max_bytes):
        self.owners = add_table(sources, &self.items) if type(sources) is tuple else add_items(sources, &self.items)
        self.reader.use_files(make_shared[FileCache](OPEN_FILES))
        self.max_bytes = max_bytes
        self.reason = ""

    def __len__(self):
        return self.items.size()

    def read(self, size_t i):
        """Read an image.

        Returns:
            Its bytes and 0; or None and a status, with words about it in `reason`.
        """
        cdef ReadBuffers buffers
        cdef const uint8_t* data = NULL
        cdef size_t size = 0
        cdef string reason
        cdef Status status
        if i >= self.items.size():
            raise IndexError(f"there is no source {i}")
        buffers.image, buffers.compressed = &self.image, &self.compressed
        with nogil:
            status = self.reader.read_any(self.items[i], self.max_bytes, buffers, &data, &size, &reason)
        self.reason = reason.decode("utf-8", "replace")
        if status != Status.kOk:
            return None, <int>status
        return PyBytes_FromStringAndSize(<const char*>data, size), 0

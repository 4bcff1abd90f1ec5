# cython: language_level=3, boundscheck=False, wraparound=False
# distutils: language = c++
"""Finds the images in shards."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from cython.operator cimport dereference
from libcpp.memory cimport make_unique

from fastseq._native.core cimport *


cdef bytes int64_bytes(const vector[int64_t]& values):
    return PyBytes_FromStringAndSize(<const char*>values.data(), values.size() * sizeof(int64_t))


cdef class TarReader:
    """Finds the files in a tar archive, from header to header.

    Not thread-safe.

    Attributes:
        status: a status other than OK once the archive cannot be read on.
        reason: what is wrong, and where; "" if there is nothing to say.
        done: whether there is nothing left to read.
    """
    cdef unique_ptr[CTarReader] reader
    cdef shared_ptr[const OpenFile] file
    cdef readonly int status
    cdef readonly str reason
    cdef readonly bint done

    def __cinit__(self, bytes path):
        cdef string name = path, reason
        cdef Status status
        with nogil:
            status = open_file(name, &self.file, &reason)
            if status == Status.kOk:
                self.reader = make_unique[CTarReader](self.file)
        self._end_with(status, reason)

    @property
    def is_whole(self):
        """Whether it has come to the archive's end mark, and there is nothing after it."""
        return self.reader.get() is not NULL and self.reader.get().is_whole()

    @property
    def links(self):
        """How many links there were, which are no files."""
        return 0 if self.reader.get() is NULL else self.reader.get().links()

    def contents(self, int64_t offset, int64_t length, int64_t max_bytes):
        """Bytes of the archive; None if they cannot be read, or are more than `max_bytes`."""
        cdef Buffer buffer
        cdef size_t size = 0
        cdef string reason
        cdef Status status
        if self.file.get() is NULL:
            return None
        if length == 0:
            return b""
        with nogil:
            status = read_range(dereference(self.file), offset, length, max_bytes, &buffer, &size, &reason)
        return PyBytes_FromStringAndSize(<const char*>buffer.data(), size) if status == Status.kOk else None

    def read(self, size_t max_headers):
        """Read that many headers and return the files that they begin.

        Returns:
            The names one after the other, bytes; and as bytes of int64 the end of each name, and the offset and the
            length of each file's contents.
        """
        cdef TarMembers members
        cdef string reason
        cdef Status status
        cdef cbool done = True
        if not self.done:
            with nogil:
                status = self.reader.get().read(max_headers, &members, &done, &reason)
            self.done = done
            self._end_with(status, reason)
        places = int64_bytes(members.name_ends), int64_bytes(members.offsets), int64_bytes(members.lengths)
        return <bytes>members.names, *places

    cdef _end_with(self, Status status, const string& reason):
        self.status = <int>status
        self.reason = reason.decode("utf-8", "replace")
        self.done = self.done or status != Status.kOk

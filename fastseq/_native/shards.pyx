# cython: language_level=3, boundscheck=False, wraparound=False
# distutils: language = c++
"""Finds the images in tar and zip archives, files of TFRecords and Parquet files; decodes pages; makes crop indexes."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from cython.operator cimport dereference
from libcpp.memory cimport make_unique

from fastseq._native.core cimport *

# The fields of the structs of which readers return arrays, all of them int64.
ZIP_MEMBER = (
    "name_end", "header_offset", "compressed_size", "size", "crc32", "method", "flags", "system", "attributes",
)
TF_RECORD = (
    "offset", "end", "image_kind", "image_count", "image_offset", "image_length", "image_crc32c", "label_kind",
    "label_count", "label_value", "text_end",
)


cdef bytes int64_bytes(const vector[int64_t]& values):
    return PyBytes_FromStringAndSize(<const char*>values.data(), values.size() * sizeof(int64_t))


cdef class ShardReader:
    """An open shard. Not thread-safe.

    Attributes:
        status: a status other than OK once the shard cannot be read on.
        reason: what is wrong, and where; "" if there is nothing to say.
        done: whether there is nothing left to read.
    """
    cdef shared_ptr[const OpenFile] file
    cdef readonly int status
    cdef readonly str reason
    cdef readonly bint done

    def __cinit__(self, bytes path, *features):
        cdef string name = path, reason
        cdef Status status
        with nogil:
            status = open_file(name, &self.file, &reason)
        self._end_with(status, reason)

    @property
    def version(self):
        """The size of the shard and the time of its last change, in nanoseconds, when it was opened."""
        if self.file.get() is NULL:
            return -1, 0
        cdef FileVersion version = self.file.get().version()
        return version.size, version.modified_ns

    def contents(self, int64_t offset, int64_t length, int64_t max_bytes):
        """Bytes of the shard; None if they cannot be read, or are more than `max_bytes`."""
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

    def crop_indexes(self, const int64_t[::1] offsets, const int64_t[::1] lengths, int64_t max_bytes):
        """The crop indexes of images, one after the other, and as bytes of int64 the size of each.

        The size is 0 where an image has none, cannot be read, or has more than `max_bytes`.
        """
        cdef Buffer buffer
        cdef JpegScratch scratch
        cdef vector[uint8_t] entries
        cdef vector[int64_t] sizes
        cdef size_t size, before
        cdef string reason
        cdef Py_ssize_t i
        for i in range(offsets.shape[0]):
            before = entries.size()
            if self.file.get() is not NULL and lengths[i] > 0:
                with nogil:
                    size = 0
                    if read_range(dereference(self.file), offsets[i], lengths[i], max_bytes, &buffer, &size,
                                  &reason) == Status.kOk:
                        add_crop_index(buffer.data(), size, &scratch, &entries)
            sizes.push_back(<int64_t>(entries.size() - before))
        return PyBytes_FromStringAndSize(<const char*>entries.data(), entries.size()), int64_bytes(sizes)

    cdef _end_with(self, Status status, const string& reason):
        self.status = <int>status
        self.reason = reason.decode("utf-8", "replace")
        self.done = self.done or status != Status.kOk


cdef class TarReader(ShardReader):
    """Finds the files in a tar archive, from header to header."""
    cdef unique_ptr[CTarReader] reader

    def __cinit__(self, bytes path):
        if not self.done:
            self.reader = make_unique[CTarReader](self.file)

    @property
    def is_whole(self):
        """Whether it has come to the archive's end mark, and there is nothing after it."""
        return self.reader.get() is not NULL and self.reader.get().is_whole()

    @property
    def links(self):
        """How many links there were, which are no files."""
        return 0 if self.reader.get() is NULL else self.reader.get().links()

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


cdef class ZipReader(ShardReader):
    """Reads the directory of a zip archive."""
    cdef unique_ptr[CZipReader] reader

    def __cinit__(self, bytes path):
        cdef string reason
        cdef Status status
        if self.done:
            return
        self.reader = make_unique[CZipReader](self.file)
        with nogil:
            status = self.reader.get().find_directory(&reason)
        self._end_with(status, reason)

    @property
    def directory_offset(self):
        """Where the directory begins, if it was found."""
        return 0 if self.reader.get() is NULL else self.reader.get().directory_offset()

    def read(self, size_t max_members):
        """Read that many entries of the directory.

        Returns:
            The names one after the other, bytes; and the rest as bytes of an array of ZIP_MEMBER.
        """
        cdef ZipMembers found
        cdef string reason
        cdef Status status
        cdef cbool done = True
        if not self.done:
            with nogil:
                status = self.reader.get().read(max_members, &found, &done, &reason)
            self.done = done
            self._end_with(status, reason)
        members = PyBytes_FromStringAndSize(<const char*>found.members.data(), found.members.size() * sizeof(ZipMember))
        return <bytes>found.names, members

    def contents_offset(self, int64_t header_offset, int64_t compressed_size):
        """Where the contents of a member begin; -1 if they cannot be where the directory says."""
        cdef string reason
        cdef Status status
        cdef int64_t offset = -1
        if self.reader.get() is NULL:
            return -1
        with nogil:
            status = self.reader.get().find_contents(header_offset, compressed_size, &offset, &reason)
        return offset if status == Status.kOk else -1


cdef class TfRecordReader(ShardReader):
    """Finds two features, an image and its label, in the records of a file of TFRecords."""
    cdef unique_ptr[CTfRecordReader] reader

    def __cinit__(self, bytes path, bytes image, bytes label):
        cdef string image_name = image, label_name = label
        if not self.done:
            self.reader = make_unique[CTfRecordReader](self.file, image_name, label_name)

    def read(self, size_t max_records):
        """Read that many records.

        Returns:
            The labels that are text, one after the other, bytes; and the rest as bytes of an array of TF_RECORD.
        """
        cdef TfRecords found
        cdef string reason
        cdef Status status
        cdef cbool done = True
        if not self.done:
            with nogil:
                status = self.reader.get().read(max_records, &found, &done, &reason)
            self.done = done
            self._end_with(status, reason)
        records = PyBytes_FromStringAndSize(<const char*>found.records.data(), found.records.size() * sizeof(TfRecord))
        return <bytes>found.texts, records

    def peek(self):
        """The names of the features of the record to be read next, bytes, and their kinds: 1 bytes, 2 float, 3 int64.

        {} at the end of the file.
        """
        cdef vector[string] names
        cdef vector[int32_t] kinds
        cdef string reason
        cdef Status status
        if self.done:
            return {}
        with nogil:
            status = self.reader.get().peek(&names, &kinds, &reason)
        self._end_with(status, reason)
        return {names[i].data()[: names[i].size()]: kinds[i] for i in range(kinds.size())}


include "parquet.pxi"
include "crop_index.pxi"

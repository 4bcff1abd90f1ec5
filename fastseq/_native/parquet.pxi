# Included by shards.pyx: Parquet files.


cdef class ParquetReader(ShardReader):
    """Finds the values of a column in a Parquet file, a row group after the other."""
    cdef unique_ptr[CParquetReader] reader

    def __cinit__(self, bytes path):
        if not self.done:
            self.reader = make_unique[CParquetReader](self.file)

    def start(self, int64_t begin, int64_t size, int64_t rows, int max_level):
        """Take the chunk to read next; see ParquetChunk. Nothing happens once the file cannot be read on."""
        cdef ParquetChunk chunk
        if self.status != <int>Status.kOk:
            return
        chunk.begin, chunk.size, chunk.rows, chunk.max_level = begin, size, rows, max_level
        self.done = False
        self._end_with(self.reader.get().start(chunk), b"")

    def read(self, size_t max_pages):
        """Read that many pages and return the offsets and the lengths of their values, bytes of int64 each.

        A row without a value has the length -1.
        """
        cdef ParquetValues found
        cdef string reason
        cdef Status status
        cdef cbool done = True
        if not self.done:
            with nogil:
                status = self.reader.get().read(max_pages, &found, &done, &reason)
            self.done = done
            self._end_with(status, reason)
        return int64_bytes(found.offsets), int64_bytes(found.lengths)


def decode_column(const uint8_t[::1] data, int64_t begin, int64_t rows, int max_level, uint8_t[::1] out):
    """Decode a column of byte arrays in a row group of a Parquet file.

    Args:
        data: its pages.
        begin: where in the file they begin.
        rows: how many the row group has.
        max_level: the definition level of a value that is there.
        out: what pages are decompressed to, by Snappy; None if they are not compressed.

    Returns:
        A status and, unless it is OK, what is wrong and where; the offsets of the values in `out`, or in `data`, and
        their lengths, bytes of int64 each. A row without a value has the length -1.
    """
    cdef EncodedColumn column
    cdef ParquetValues found
    cdef uint8_t* to = NULL
    cdef size_t size = 0
    cdef string reason
    cdef Status status
    column.data, column.size = &data[0] if data.shape[0] else NULL, data.shape[0]
    column.begin, column.rows, column.max_level, column.is_snappy = begin, rows, max_level, out is not None
    if out is not None and out.shape[0]:
        to, size = &out[0], out.shape[0]
    with nogil:
        status = c_decode_column(column, to, size, &found, &reason)
    return <int>status, reason.decode("utf-8", "replace"), int64_bytes(found.offsets), int64_bytes(found.lengths)

# Included by shards.pyx: crop indexes.


def crop_index(const uint8_t[::1] data):
    """The crop index of an image file; b"" where it has none. See csrc/jpeg/crop_index.h."""
    cdef JpegScratch scratch
    cdef vector[uint8_t] entries
    if data.shape[0]:
        with nogil:
            add_crop_index(&data[0], <size_t>data.shape[0], &scratch, &entries)
    return PyBytes_FromStringAndSize(<const char*>entries.data(), entries.size())

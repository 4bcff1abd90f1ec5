# cython: language_level=3, boundscheck=False, wraparound=False
# distutils: language = c++
"""What the native core knows of formats that it does not decode."""
from fastseq._native.core cimport *


def image_format(const uint8_t[::1] data):
    """The format's number in `tables.image_formats`, by its first bytes."""
    return <int>sniff_image(&data[0] if data.shape[0] else NULL, data.shape[0]).format


def tiff_lzw_bytes(const uint8_t[::1] data, size_t wanted):
    """How many bytes, up to `wanted`, a strip or tile of a TIFF decodes to before its LZW data are damaged or end."""
    cdef size_t decoded
    with nogil:
        decoded = c_tiff_lzw_bytes(&data[0] if data.shape[0] else NULL, data.shape[0], wanted)
    return decoded

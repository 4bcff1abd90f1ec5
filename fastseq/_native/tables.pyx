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
    """{name: bound} of what one sample may cost."""
    cdef CLimits limits
    return {"pixels": limits.pixels, "scans": limits.scans, "scan_pixels": limits.scan_pixels,
            "file_bytes": limits.file_bytes, "memory_bytes": limits.memory_bytes}


cdef dict members_of(EnumTable table):
    return {table.members[i].name.decode(): table.members[i].value for i in range(table.count)}


def interpolations():
    """{name: number} of the filters."""
    return members_of(interpolation_table())


def orients():
    """{name: number} of the ways to orient an image."""
    return members_of(orient_table())


def strictnesses():
    """{name: number} of the ways to treat damaged JPEGs."""
    return members_of(strictness_table())


def fill_modes():
    """{name: number} of the ways to fill what lies outside an image."""
    return members_of(fill_mode_table())


def image_formats():
    """{name: number} of the image formats that are told apart."""
    return members_of(image_format_table())


def sample_types():
    """{name: number} of the types of samples that are not bytes, by NumPy's names."""
    return members_of(sample_type_table())


def color_table():
    """{name: (channels, bgr, pillow_colors, index)} of the color modes."""
    cdef int count = 0
    cdef const ColorMode* modes = color_modes(&count)
    return {modes[i].name.decode(): (modes[i].channels, modes[i].bgr, modes[i].pillow_colors, modes[i].index)
            for i in range(count)}


def op_table():
    """{name: (number, draws)} of the transform steps, with the random numbers a sample that each reads."""
    cdef int count = 0
    cdef const OpType* types = op_types(&count)
    return {types[i].name.decode(): (<int>types[i].kind, types[i].draws) for i in range(count)}


def augment_column_table():
    """{name: (begin, count)} of a sample's numbers for the augmentation."""
    cdef int count = 0
    cdef const AugmentColumn* columns = augment_columns(&count)
    return {columns[i].name.decode(): (columns[i].begin, columns[i].count) for i in range(count)}


def library_versions():
    """{name: version} of the libraries in the core, and the compiler."""
    cdef int count = 0
    cdef const LibraryVersion* versions = c_library_versions(&count)
    return {versions[i].name.decode(): versions[i].version.decode() for i in range(count)}

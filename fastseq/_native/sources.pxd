# Python's sources of a batch as the core's. Each function returns what must live as long as the job.
from libc.stdint cimport INT64_MAX

from fastseq._native.core cimport *


cdef inline object check_range(offset, length):
    if offset < 0 or length < 0 or offset + length > INT64_MAX:
        raise ValueError(f"bytes {offset} to {offset + length} are not a valid range of a file")


cdef inline object add_table(sources, vector[Source]* items):
    cdef PathTable table
    cdef const uint8_t[::1] blob = sources[0], crops
    cdef const int64_t[::1] offsets = sources[1], rows = sources[3]
    cdef const int32_t[::1] path_numbers
    cdef const int64_t[::1] column, begins, ends
    cdef const int64_t* columns[4]
    cdef const size_t[::1] addresses, sizes
    cdef int i
    cdef bytes root = sources[2]
    table.blob, table.blob_size = &blob[0] if blob.shape[0] else NULL, blob.shape[0]
    table.offsets, table.offset_count = &offsets[0], offsets.shape[0]
    table.root, table.root_size = root, len(root)
    table.row_count = offsets.shape[0] - 1
    table.path_numbers = NULL
    if sources[4] is not None:
        path_numbers = sources[4]
        table.row_count = path_numbers.shape[0]
        table.path_numbers = &path_numbers[0] if table.row_count else NULL
    for i in range(4):
        columns[i] = NULL
        if sources[5] is not None and sources[5][i] is not None:
            column = sources[5][i]
            if <size_t>column.shape[0] != table.row_count:
                raise ValueError("the path table needs one range for each row")
            columns[i] = &column[0] if column.shape[0] else NULL
    table.range_offsets, table.range_lengths, table.inflated_sizes, table.checksums = columns
    table.versions = NULL
    if sources[6] is not None:
        column = sources[6]
        if <size_t>column.shape[0] != 2 * (table.offset_count - 1):
            raise ValueError("the path table needs one version for each path")
        table.versions = <const FileVersion*>&column[0] if column.shape[0] else NULL
    table.buffers = NULL
    table.buffer_sizes = NULL
    table.buffer_count = 0
    if sources[7] is not None:
        addresses, sizes = sources[7][1], sources[7][2]
        if addresses.shape[0] != sizes.shape[0]:
            raise ValueError("the path table needs one size for each buffer")
        if addresses.shape[0]:
            table.buffers, table.buffer_sizes = <const uint8_t* const*>&addresses[0], &sizes[0]
            table.buffer_count = addresses.shape[0]
    table.crop_indexes = NULL
    table.crop_begins = table.crop_ends = NULL
    table.crop_indexes_size = 0
    if sources[8] is not None:
        crops, begins, ends = sources[8]
        if <size_t>begins.shape[0] != table.row_count or <size_t>ends.shape[0] != table.row_count:
            raise ValueError("the path table needs one crop index for each row")
        if crops.shape[0] and table.row_count:
            table.crop_indexes, table.crop_indexes_size = &crops[0], crops.shape[0]
            table.crop_begins, table.crop_ends = &begins[0], &ends[0]
    if rows.shape[0] and not add_rows(table, &rows[0], rows.shape[0], items):
        raise IndexError("a row is not in the path table")
    return blob, root, sources[7], sources[8]


cdef inline object add_items(sources, vector[Source]* items):
    cdef const uint8_t[::1] view, index
    cdef const uint8_t* data
    cdef Packing packing
    owners = []
    for item in sources:
        view = item[0] if type(item) is tuple else item
        owners.append(view)
        data = &view[0] if view.shape[0] else NULL
        packing.inflated_size = packing.checksum = -1
        if type(item) is not tuple:
            items.push_back(bytes_source(data, view.shape[0], packing))
        elif len(item) in (3, 4):
            packing.inflated_size, packing.checksum = item[1], item[2]
            items.push_back(bytes_source(data, view.shape[0], packing))
            if len(item) == 4 and len(item[3]):
                index = item[3]
                owners.append(index)
                items.back().crop_index, items.back().crop_index_size = &index[0], index.shape[0]
        elif len(item) == 2:
            items.push_back(failed_source(<Status><int>item[1], data, view.shape[0]))
        elif len(item) == 1:
            items.push_back(file_source(data, view.shape[0]))
        else:
            check_range(item[1], item[2])
            packing.inflated_size, packing.checksum = item[3], item[4]
            items.push_back(range_source(data, view.shape[0], item[1], item[2], packing))
    return owners

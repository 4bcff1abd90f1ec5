"""Objects, and parts of them, as files that others can read."""

from __future__ import annotations

import io

from fastseq.storage.store import ObjectInfo, Store


class StoreFile(io.RawIOBase):
    """An object as a file; each read is a request."""

    def __init__(self, store: Store, name: str, info: ObjectInfo) -> None:
        """Take the store, the object's name there, and what is known of it."""
        self._store, self._name, self._info = store, name, info
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The position, bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position, from the start, from here or from the end."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._info.size}[whence]
        self._position = max(start + offset, 0)
        return self._position

    def read(self, size: int = -1) -> memoryview:
        """Read some bytes, fewer at the end; all of them if `size` is negative. Raises `StoreError`."""
        left = max(self._info.size - self._position, 0)
        size = left if size < 0 else min(size, left)
        data = self._part(self._position, size) if size else memoryview(b"")
        self._position += size
        return data

    def _part(self, offset: int, length: int) -> memoryview:
        return self._store.read(self._name, offset, length, self._info)


class PartFile(StoreFile):
    """A file of which only one part is there; everything else is read as zeros."""

    def __init__(self, data: memoryview, offset: int, size: int) -> None:
        """Take the part, where it begins, and the size of the whole file, bytes."""
        self._info = ObjectInfo(size, None)
        self._data, self._offset = data, offset
        self._position = 0

    def _part(self, offset: int, length: int) -> memoryview:
        begin = offset - self._offset
        if begin < 0 or begin + length > self._data.nbytes:
            low, high = max(begin, 0), max(min(begin + length, self._data.nbytes), 0)
            data = bytearray(length)
            if low < high:
                data[low - begin : high - begin] = self._data[low:high]
            return memoryview(data)
        return self._data[begin : begin + length]

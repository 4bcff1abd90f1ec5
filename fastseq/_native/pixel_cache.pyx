# cython: language_level=3, boundscheck=False, wraparound=False
# distutils: language = c++
"""Caches of decoded pictures; see cache/pixel_cache.h."""
from libcpp.memory cimport make_shared, static_pointer_cast


cdef class PixelCache:
    """Numbered pictures; the subclasses say where they are."""


cdef class PixelsInMemory(PixelCache):
    """Pictures in memory: up to `cells` of them, numbered from 0, of `max_bytes` in all."""
    cdef shared_ptr[CPixelsInMemory] pixels

    def __cinit__(self, size_t cells, size_t max_bytes):
        self.pixels = make_shared[CPixelsInMemory](cells, max_bytes)
        self.cache = static_pointer_cast[CPixelCache, CPixelsInMemory](self.pixels)

    @property
    def nbytes(self):
        """The size of what is kept."""
        return self.pixels.get().bytes()


cdef class PixelsInFolder(PixelCache):
    """Pictures in two files, numbered from 0 to `cells` - 1, of `max_bytes` in all that `taken` counts.

    Not to be used in a forked child.
    """
    cdef shared_ptr[CPixelsInFolder] pixels

    def __cinit__(self, bytes pictures, bytes records, bytes taken, size_t cells, int channels, int64_t max_bytes):
        cdef FolderPaths paths
        paths.pictures, paths.records, paths.taken = pictures, records, taken
        self.pixels = make_shared[CPixelsInFolder](paths, cells, channels, max_bytes)
        self.cache = static_pointer_cast[CPixelCache, CPixelsInFolder](self.pixels)

    @property
    def failure(self):
        """The error number of the system after which nothing was stored any more; 0 if there was none."""
        return self.pixels.get().failure()

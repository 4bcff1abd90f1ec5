# cython: language_level=3, boundscheck=False, wraparound=False
# distutils: language = c++
"""Batches decoded by native threads.

A forked child leaks the objects of its parent: the threads that they rely on do not exist there.
"""
cimport cython
from cpython.exc cimport PyErr_CheckSignals
from cython.operator cimport dereference
from libc.math cimport INFINITY
from libcpp.utility cimport move

from fastseq._native.core cimport *
from fastseq._native.pixel_cache cimport PixelCache
from fastseq._native.recipe cimport Recipe
from fastseq._native.sources cimport add_items, add_table

cdef extern from "Python.h":
    int PyBuffer_FillInfo(Py_buffer* view, object owner, void* data, Py_ssize_t size, int readonly, int flags) except -1

cdef int WAIT_MS = 50  # between checks for signals
cdef int FETCH_MS = 20  # how long a cancelled job waits for reads that are under way


cdef class Pool:
    """Native threads that take samples from jobs."""
    cdef CPool* pool
    cdef int pid

    def __cinit__(self, int threads):
        self.pid = process_id()
        self.pool = new CPool(threads)

    def __dealloc__(self):
        if self.pool is not NULL and self.pid == process_id():
            with nogil:
                del self.pool

    @property
    def threads(self):
        return self.pool.threads()


@cython.no_gc_clear  # the garbage collector must not take pool and buffers from a job that runs
cdef class Job:
    """A batch that is being decoded. Owns what the native side points to; cancels and drains on deallocation.

    Args:
        out: writable bytes, one slot a sample.
        draws: (n, k) float64, the samples' uniform numbers.
        sources: a list of buffers (contents of files) and of tuples: (contents, inflated size, checksum) of members of
            archives, which may have a fourth item, their crop index; (path,) of files; (path, offset, length, inflated
            size, checksum) of ranges of files, with paths as bytes, and -1 for a size or a checksum that does not
            apply; and (words, status) of what could not be had. Or a path table as a tuple (blob, offsets, root, rows,
            path_numbers, ranges, versions, buffers, crops): the path numbers are None where row i has path i; the
            ranges None or a tuple of columns with the same numbers, of which the last two may be None, and a length is
            -1 for a whole file; the versions None or the size and the time of the last change, in ns, of each path, -1
            if they are not known; the buffers None or a tuple (owners, addresses, sizes), the latter size_t, of the
            bytes that the first path numbers stand for; the crops None or a tuple (bytes, begins, ends) of where the
            crop index of each row is in these bytes.
        info: whether to record what `info` returns.
        pictures: a tuple (cache, recipe of a picture, recipe from there to the slot, cells): int64 (n,), the cell of
            each sample's picture in the `PixelCache`, -1 for one that is not kept; None to make samples directly.
    """
    cdef shared_ptr[BatchJob]* job
    cdef Pool pool
    cdef object owners
    cdef bint has_info
    cdef int pid

    def __cinit__(self, Pool pool, Recipe recipe, uint8_t[::1] out, const double[:, ::1] draws, sources,
                  *, bint urgent=False, bint info=False, pictures=None):
        cdef vector[Source] items
        cdef vector[double] numbers
        cdef Py_ssize_t n, k = draws.shape[1]
        owners = add_table(sources, &items) if type(sources) is tuple else add_items(sources, &items)
        n = <Py_ssize_t>items.size()
        if k < recipe.min_draws:
            raise ValueError(f"{k} draws a sample, but its ops read {recipe.min_draws}")
        if draws.shape[0] != n or <size_t>out.shape[0] != n * recipe.slot_bytes:
            raise ValueError(f"{n} samples, but {draws.shape[0]} rows of draws and a buffer of {out.shape[0]} bytes")
        if n * k:
            numbers.assign(&draws[0, 0], &draws[0, 0] + n * k)
        self.pid = process_id()
        self.pool = pool
        self.owners = [owners, out]
        self.job = new shared_ptr[BatchJob](
            new BatchJob(recipe.recipe, move(items), &out[0] if n else NULL, move(numbers), <int>k, info))
        self.has_info = info
        if pictures is not None:
            self.use_pictures(pictures, n, k)
        with nogil:
            pool.pool.submit(dereference(self.job), urgent)

    cdef use_pictures(self, pictures, Py_ssize_t n, Py_ssize_t k):
        cdef CachedPictures used
        cdef PixelCache cache = pictures[0]
        cdef Recipe picture = pictures[1], slot = pictures[2]
        cdef const int64_t[::1] cells = pictures[3]
        cdef Py_ssize_t i
        if cells.shape[0] != n or picture.min_draws or k < slot.min_draws:
            raise ValueError(f"{n} samples with {k} draws, but {cells.shape[0]} cells, and {slot.min_draws} draws to read")
        used.cache, used.picture, used.slot = cache.cache, picture.recipe, slot.recipe
        for i in range(n):
            used.cells.push_back(<size_t>cells[i])
        self.job.get().use_pictures(move(used))

    def __dealloc__(self):
        if self.job is NULL or self.pid != process_id():
            return
        self.cancel()
        del self.job

    def __len__(self):
        return self.job.get().size()

    def ready(self):
        """Whether every sample has ended."""
        return self.job.get().wait(milliseconds(0))

    def wait(self, double timeout_s=INFINITY):
        """Wait for every sample to end and return whether all have; a signal handler that raises cancels the job."""
        cdef bint done = False
        cdef double waited = 0
        with nogil:
            self.pool.pool.prioritize(dereference(self.job))
        while not done and waited < timeout_s:
            with nogil:
                done = self.job.get().wait(milliseconds(WAIT_MS))
            waited += WAIT_MS / 1000.0
            if not done:
                try:
                    PyErr_CheckSignals()
                except BaseException:
                    self.cancel()
                    raise
        return done

    def first_pending(self):
        """The first sample that has begun and not ended; -1 if there is none."""
        return self.job.get().first_pending()

    def stop(self):
        """Cancel the job without waiting: samples that have not begun end, running ones will end soon."""
        with nogil:
            self.pool.pool.cancel(dereference(self.job))

    def cancel(self, double grace_s=FETCH_MS / 1000.0):
        """Cancel the job and wait for its running samples, up to `grace_s` for reads; then abandon these."""
        cdef int grace_ms = <int>(1000 * grace_s)
        with nogil:
            self.pool.pool.cancel(dereference(self.job))
            while not self.job.get().wait(milliseconds(grace_ms)):
                self.pool.pool.abandon(dereference(self.job))
                grace_ms = FETCH_MS

    def statuses(self, int32_t[::1] out):
        """Write each sample's status to `out` and return whether all are 0."""
        cdef int i
        cdef bint clean = True
        for i in range(self.job.get().size()):
            out[i] = <int32_t>self.job.get().status(i)
            clean = clean and out[i] == 0
        return clean

    def reason(self, int i):
        """The message of libjpeg or the system about sample i; "" if there is none."""
        return self.job.get().reason(i).decode("utf-8", "replace")

    def decodes(self, int i):
        """Whether sample i, which was rejected for damage, decodes all the same: another strictness accepts it."""
        return self.job.get().decodes(i)

    def crop_index_misfit(self):
        """A sample that came with the crop index of another file, and was decoded without it; -1 if there is none."""
        return self.job.get().crop_index_misfit()

    def info(self, int i):
        """What is known of sample i, which has ended, if the job records it.

        (number of the format, height, width, sampling factors (h, v) of each component, scans, EXIF orientation,
        whether its crop index fits, or None without one, nanoseconds of each stage); see csrc/engine/sample_info.h.
        """
        if not self.has_info or not 0 <= i < len(self):
            raise IndexError(f"there is no info on sample {i}")
        cdef const CSampleInfo* info = &self.job.get().info(i)
        cdef int k
        sampling = tuple((info.sampling_h[k], info.sampling_v[k]) for k in range(min(info.components, 4)))
        times = tuple(info.nanoseconds[k] for k in range(kStages))
        fits = None if info.crop_index == CropIndexUse.kNone else info.crop_index == CropIndexUse.kFits
        return <int>info.format, info.height, info.width, sampling, info.scans, info.orientation, fits, times

    def begin_fetch(self, int i):
        """Make sample i, which needs another decoder, pending until one of the methods below; False if cancelled."""
        return self.job.get().begin_fetch(i)

    def data(self, int i):
        """The contents of sample i's file, after `begin_fetch`; None if they cannot be read, which ends the sample."""
        cdef SampleData found = SampleData.__new__(SampleData)
        cdef string reason
        cdef Status status
        with nogil:
            status = self.job.get().data(i, &found.data, &reason)
        if status != Status.kOk:
            self.job.get().fail(i, status, reason)
            return None
        found.job = self
        return memoryview(found)

    def put_pixels(self, int i, const uint8_t[:, :, ::1] pixels, bint bgr, bint keep=True):
        """End sample i with its upright pixels, unless it was abandoned; a cache of pictures may `keep` its."""
        cdef PixelImage image
        cdef Workspace workspace
        image.height, image.width = <int>pixels.shape[0], <int>pixels.shape[1]
        image.channels = <int>pixels.shape[2]
        if image.channels not in (1, 3) or not 0 <= i < len(self):
            raise ValueError(f"sample {i} with {image.channels} channels")
        image.stride = pixels.shape[1] * pixels.shape[2]
        image.data = &pixels[0, 0, 0] if pixels.size else NULL
        with nogil:
            self.job.get().run_pixels(i, image, bgr, keep, &workspace)

    def put_deep(self, int i, const uint8_t[::1] data, int type, shape, bint bgr):
        """End sample i with upright pixels of more than 8 bits: their bytes, their number in `tables.sample_types`, and
        their (height, width, channels); unless it was abandoned.
        """
        cdef DeepImage image
        cdef Workspace workspace
        image.type = <SampleType>type
        image.height, image.width, image.channels = shape
        image.data = &data[0] if data.shape[0] else NULL
        if image.channels not in (1, 3) or not 0 <= i < len(self):
            raise ValueError(f"sample {i} with {image.channels} channels")
        if data.shape[0] != <Py_ssize_t>image.height * image.width * image.channels * sample_bytes(image.type):
            raise ValueError(f"{data.shape[0]} bytes for an image of shape {shape}")
        with nogil:
            self.job.get().run_deep(i, image, bgr, &workspace)

    def fail(self, int i, int status, str reason):
        """End sample i with a status, unless it was abandoned."""
        self.job.get().fail(i, <Status>status, reason.encode())


cdef class SampleData:
    """The bytes of one image, read-only."""
    cdef CSampleData data
    cdef Job job

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, <void*>self.data.data, <Py_ssize_t>self.data.size, 1, flags)


include "reencoder.pxi"


# Of the kernels in this extension, which are those that run: each extension links the parts of the core that it needs.
def instruction_set():
    """The name of the best vector instruction set in use."""
    return best_instruction_set().decode()


def instruction_sets():
    """The vector instruction sets in use, as Highway's bit mask."""
    return c_instruction_sets()


def disable_instruction_sets(mask):
    """Stop using the instruction sets of `mask`; 0 enables all again. For tests that compare them."""
    c_disable_instruction_sets(mask)

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
from posix.unistd cimport getpid

from fastseq._native.core cimport *
from fastseq._native.recipe cimport Recipe

cdef int WAIT_MS = 50  # between checks for signals
cdef int FETCH_MS = 20  # how long a cancelled job waits for reads that are under way


cdef class Pool:
    """Native threads that take samples from jobs."""
    cdef CPool* pool
    cdef int pid

    def __cinit__(self, int threads):
        self.pid = getpid()
        self.pool = new CPool(threads)

    def __dealloc__(self):
        if self.pool is not NULL and self.pid == getpid():
            with nogil:
                del self.pool

    @property
    def threads(self):
        return self.pool.threads()


@cython.no_gc_clear  # the garbage collector must not take pool and buffers from a job that runs
cdef class Job:
    """A batch under way. Holds what the native side points to; its end cancels and drains first.

    Args:
        out: writable bytes, one slot a sample.
        draws: (n, k) float64, the samples' uniform numbers.
        sources: (blob, offsets, root, rows) of a path table, or a list of bytes (a path where paths[i]) and buffers.
    """
    cdef shared_ptr[BatchJob]* job
    cdef Pool pool
    cdef object owners
    cdef int pid

    def __cinit__(self, Pool pool, Recipe recipe, uint8_t[::1] out, const double[:, ::1] draws, sources,
                  paths=None, *, bint urgent=False):
        cdef vector[Source] items
        cdef vector[double] numbers
        cdef Py_ssize_t n, k = draws.shape[1]
        owners = table_sources(sources, &items) if paths is None else list_sources(sources, paths, &items)
        n = <Py_ssize_t>items.size()
        if k < recipe.min_draws:
            raise ValueError(f"{k} draws a sample, but its ops read {recipe.min_draws}")
        if draws.shape[0] != n or <size_t>out.shape[0] != n * recipe.slot_bytes:
            raise ValueError(f"{n} samples, but {draws.shape[0]} rows of draws and a buffer of {out.shape[0]} bytes")
        if n * k:
            numbers.assign(&draws[0, 0], &draws[0, 0] + n * k)
        self.pid = getpid()
        self.pool = pool
        self.owners = (owners, out)
        self.job = new shared_ptr[BatchJob](
            new BatchJob(recipe.recipe, move(items), &out[0] if n else NULL, move(numbers), <int>k))
        with nogil:
            pool.pool.submit(dereference(self.job), urgent)

    def __dealloc__(self):
        if self.job is NULL or self.pid != getpid():
            return
        self.cancel()
        del self.job

    def __len__(self):
        return self.job.get().size()

    def ready(self):
        """Whether every sample has ended."""
        return self.job.get().wait(milliseconds(0))

    def wait(self, double at_most_s=INFINITY):
        """Whether every sample has ended, in that time, give or take 50 ms; an interrupt cancels the job and is raised."""
        cdef bint done = False
        cdef double waited = 0
        with nogil:
            self.pool.pool.prioritize(dereference(self.job))
        while not done and waited < at_most_s:
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
        """The first sample that was begun and has not ended; -1 where there is none."""
        return self.job.get().first_pending()

    def stop(self):
        """Cancels the job: samples not begun end, those that run will soon. `cancel` waits for these."""
        with nogil:
            self.pool.pool.cancel(dereference(self.job))

    def cancel(self, double grace_s=FETCH_MS / 1000.0):
        """Stops the job and waits for the samples that run, but not longer than that for reads."""
        cdef int at_most_ms = <int>(1000 * grace_s)
        with nogil:
            self.pool.pool.cancel(dereference(self.job))
            while not self.job.get().wait(milliseconds(at_most_ms)):
                self.pool.pool.abandon(dereference(self.job))
                at_most_ms = FETCH_MS

    def statuses(self, int32_t[::1] out):
        """Writes each sample's status; returns whether all are 0."""
        cdef int i
        cdef bint clean = True
        for i in range(self.job.get().size()):
            out[i] = <int32_t>self.job.get().status(i)
            clean = clean and out[i] == 0
        return clean

    def reason(self, int i):
        """libjpeg's words about sample i; "" where it had none."""
        return self.job.get().reason(i).decode("utf-8", "replace")

    def begin_fetch(self, int i):
        """Takes back sample i, which is no JPEG, until `put_pixels` or `fail`; False once the job is cancelled."""
        return self.job.get().begin_fetch(i)

    def put_pixels(self, int i, const uint8_t[:, :, ::1] pixels, bint bgr):
        """Finishes sample i from its upright pixels, if the job is not over."""
        cdef PixelImage image
        cdef Workspace workspace
        image.height, image.width = <int>pixels.shape[0], <int>pixels.shape[1]
        image.channels = <int>pixels.shape[2]
        if image.channels not in (1, 3) or not 0 <= i < len(self):
            raise ValueError(f"sample {i} with {image.channels} channels")
        image.stride = pixels.shape[1] * pixels.shape[2]
        image.data = &pixels[0, 0, 0] if pixels.size else NULL
        with nogil:
            self.job.get().run_pixels(i, image, bgr, &workspace)

    def fail(self, int i, int status, str reason):
        """Finishes sample i with a status, if the job is not over."""
        self.job.get().fail(i, <Status>status, reason.encode())


cdef object table_sources(sources, vector[Source]* items):
    cdef const uint8_t[::1] blob = sources[0]
    cdef const int64_t[::1] offsets = sources[1], rows = sources[3]
    cdef bytes root = sources[2]
    if rows.shape[0] and not add_rows(&blob[0], blob.shape[0], &offsets[0], offsets.shape[0], root, len(root),
                                      &rows[0], rows.shape[0], items):
        raise IndexError("a row is not in the path table")
    return blob, root


cdef object list_sources(sources, paths, vector[Source]* items):
    cdef const uint8_t[::1] view
    owners = []
    for item, is_path in zip(sources, paths, strict=True):
        view = item
        owners.append(view)
        add_source(&view[0] if view.shape[0] else NULL, view.shape[0], is_path, items)
    return owners

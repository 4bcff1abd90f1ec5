# Included by job.pyx: an extension of its own would hold the decoders once more.
from cpython.bytes cimport PyBytes_FromStringAndSize


cdef class Reencoder:
    """Makes images smaller, and JPEGs of them; see engine/reencoder.h. Not thread-safe."""
    cdef unique_ptr[CReencoder] encoder
    cdef JpegEncoding encoding

    def __cinit__(self, Recipe recipe, int short_side, int quality, chroma, bint optimize, bint restart_rows):
        self.encoder.reset(new CReencoder(<shared_ptr[const CRecipe]>recipe.recipe, short_side))
        self.encoding.quality = quality
        self.encoding.chroma_across, self.encoding.chroma_down = chroma
        self.encoding.optimize, self.encoding.restart_rows = optimize, restart_rows

    @property
    def reason(self):
        """Words about the last failure; may be ""."""
        return self.encoder.get().reason().decode("utf-8", "replace")

    @property
    def shape(self):
        """(height, width, channels) of the image."""
        cdef UprightImage* image = &self.encoder.get().image()
        return image.height, image.width, image.channels

    def decode(self, const uint8_t[::1] data):
        """Take the image in a file, and return a status."""
        cdef const uint8_t* first = &data[0] if data.shape[0] else NULL
        cdef Status status
        with nogil:
            status = self.encoder.get().decode(first, data.shape[0])
        return <int>status

    def take_pixels(self, const uint8_t[:, :, ::1] pixels, bint bgr):
        """Take decoded, upright pixels, and return a status."""
        cdef PixelImage image
        cdef Status status
        image.height, image.width = <int>pixels.shape[0], <int>pixels.shape[1]
        image.channels = <int>pixels.shape[2]
        if image.channels not in (1, 3) or not pixels.size:
            raise ValueError(f"pixels of shape {pixels.shape[0], pixels.shape[1], pixels.shape[2]}")
        image.stride = pixels.shape[1] * pixels.shape[2]
        image.data = &pixels[0, 0, 0]
        with nogil:
            status = self.encoder.get().resample(image, bgr)
        return <int>status

    def pixels(self):
        """The pixels of the image, bytes of `shape`."""
        cdef UprightImage* image = &self.encoder.get().image()
        cdef Py_ssize_t size = image.height * image.width * image.channels
        return PyBytes_FromStringAndSize(<const char*>image.pixels.data(), size)

    def encode(self):
        """The JPEG of the image and 0; or None and a status."""
        cdef const uint8_t* jpeg = NULL
        cdef size_t size = 0
        cdef Status status
        with nogil:
            status = self.encoder.get().encode(self.encoding, &jpeg, &size)
        if status != Status.kOk:
            return None, <int>status
        return PyBytes_FromStringAndSize(<const char*>jpeg, size), 0

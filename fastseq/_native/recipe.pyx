# cython: language_level=3, boundscheck=False, wraparound=False
# distutils: language = c++
"""The settings of a batch in the form of the native core."""
from libcpp.memory cimport make_shared


cdef class Recipe:
    """The settings that all samples of a batch share; see engine/recipe.h.

    A height and a width of 0 stand for those of each image, in the recipe of a picture for a cache.
    """
    def __cinit__(self, int height, int width, int channels, *, bint channels_first, int item_bytes,
                  bytes lookup, scale, offset, bint bgr, int interpolation, int orient,
                  int strict, ops, limits, bint pillow_colors=False, bint index=False, bint uint16_items=False,
                  bint two_taps=False, bint native_png=True, augment=None):
        cdef shared_ptr[CRecipe] recipe = make_shared[CRecipe]()
        cdef CRecipe* r = recipe.get()
        cdef Op op
        cdef Augment steps
        cdef int op_count = 0
        op_types(&op_count)
        r.format.height, r.format.width, r.format.channels = height, width, channels
        r.format.channels_first = channels_first
        r.format.item_bytes = item_bytes
        if len(lookup) not in (0, channels * 256 * item_bytes):
            raise ValueError(f"lookup has {len(lookup)} bytes, not 256 items of {item_bytes} for each of {channels} channels")
        if len(scale) not in (1, channels) or len(offset) not in (1, channels):
            raise ValueError(f"scale and offset have {len(scale)} and {len(offset)} values, not 1 or {channels}")
        cdef const uint8_t* items = lookup
        r.format.lookup.assign(items, items + len(lookup))
        r.format.uint16_items = uint16_items
        r.format.set_scaling(scale, offset)
        r.bgr, r.pillow_colors, r.index = bgr, pillow_colors, index
        r.two_taps, r.native_png = two_taps, native_png
        r.strictness = <Strictness>strict
        r.interpolation = <Interpolation>interpolation
        r.orient = <Orient>orient
        for kind, a, b, c, d, draw in ops:
            if not 0 <= kind < op_count:
                raise ValueError(f"there is no transform step {kind}")
            op.kind = <OpKind><int>kind
            op.a, op.b, op.c, op.d, op.draw = a, b, c, d, draw
            r.ops.push_back(op)
            reads = op_type(op.kind).draws
            self.min_draws = max(self.min_draws, draw + reads) if reads else self.min_draws
        if augment is not None:
            fill_mode, steps.fill_value, steps.interpolate, steps.factor, steps.float_images, steps.draw = augment
            steps.fill_mode = <FillMode><int>fill_mode
            if item_bytes != 4 or channels not in (1, 3):
                raise ValueError("only images of float32 with 1 or 3 channels are augmented")
            r.augment = steps
            self.min_draws = max(self.min_draws, steps.draw + kAugmentDraws)
        r.limits.pixels, r.limits.scans, r.limits.scan_pixels = limits["pixels"], limits["scans"], limits["scan_pixels"]
        r.limits.file_bytes, r.limits.memory_bytes = limits["file_bytes"], limits["memory_bytes"]
        self.slot_bytes = r.format.bytes()
        self.recipe = recipe

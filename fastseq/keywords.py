"""What Keras, TensorFlow, torch and torchvision call our arguments, for errors that say what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Iterable

_SIZE = "write size=(height, width)"
_THREADS = "fastseq decodes in native threads of its own; write threads=... to set their number, or leave it out"
_PREFETCH = "fastseq prefetches batches by itself; write prefetch_bytes=... to bound their memory, or leave it out"
_PINNED = "leave it out: batches are NumPy arrays in ordinary, 64-byte aligned memory"
_LABELS = 'write labels="int" (for "sparse"), "categorical", "binary", "multi_hot", "raw", or None'
_AUGMENT = "use fastseq.compat.ImageDataGenerator, or a Keras preprocessing layer in the model"
_SPLIT = "split first: train, validation = samples.split(0.2)"
_SAMPLES = "it belongs to the samples: fastseq.Samples.from_directory, from_dataframe, from_csv or from_files"
_TORCH = "fastseq.DataLoader takes it"
_LOADER = "fastseq.Loader and fastseq.ImageSequence take it"
_MEAN_STD = (
    'write dtype="float32" with preset="torch", or with scale=[1 / std, ...] and offset=[-mean / std, ...] by channel, '
    "mean and std of pixels from 0 to 255"
)

_KEYWORDS = {
    **dict.fromkeys(("image_size", "target_size", "img_size", "dim", "input_shape", "output_size"), _SIZE),
    "height": _SIZE,
    "width": _SIZE,
    "rescale": 'write dtype="float32", scale=1 / 255',
    **dict.fromkeys(("mean", "std", "variance"), _MEAN_STD),
    "preprocess_input": 'write dtype="float32" and preset="tf", "torch" or "caffe"',
    **dict.fromkeys(("workers", "num_workers", "num_parallel_calls", "use_multiprocessing", "nb_workers"), _THREADS),
    **dict.fromkeys(("worker_init_fn", "multiprocessing_context", "persistent_workers"), _THREADS),
    **dict.fromkeys(("max_queue_size", "prefetch_factor", "prefetch", "buffer_size"), _PREFETCH),
    **dict.fromkeys(("pin_memory", "pin_memory_device"), _PINNED),
    "timeout": "leave it out: fastseq.Loader warns of a file that does not arrive, after stall_warn_s seconds",
    **dict.fromkeys(("class_mode", "label_mode"), _LABELS),
    "color_mode": 'write color="rgb" or color="gray" (for "grayscale")',
    **dict.fromkeys(("validation_split", "subset"), _SPLIT),
    **dict.fromkeys(("directory", "dataframe", "df", "x_col", "y_col", "filenames", "validate_filenames"), _SAMPLES),
    **dict.fromkeys(("classes", "class_names", "label_sep", "follow_links", "root", "image", "label"), _SAMPLES),
    "dataset": "write samples=fastseq.Samples...; fastseq.DataLoader takes a dataset",
    "channels": 'write color="rgb" or color="gray"',
    "drop_remainder": "write drop_last=True",
    "transforms": "write transform=...",
    "batch": "write batch_size=...",
    "crop_to_aspect_ratio": "write transform=fastseq.transforms.CropToAspect()",
    "keep_aspect_ratio": "write transform=fastseq.transforms.CropToAspect(float32=False)",
    "pad_to_aspect_ratio": "write transform=fastseq.transforms.PadToAspect()",
    "horizontal_flip": 'write transform=fastseq.RandomFlip("horizontal")',
    "vertical_flip": 'write transform=fastseq.RandomFlip("vertical")',
    **dict.fromkeys(("rotation_range", "width_shift_range", "height_shift_range", "shear_range"), _AUGMENT),
    **dict.fromkeys(("zoom_range", "brightness_range", "channel_shift_range", "fill_mode", "cval"), _AUGMENT),
    **dict.fromkeys(("featurewise_center", "featurewise_std_normalization", "zca_whitening"), _AUGMENT),
    **dict.fromkeys(("samplewise_center", "samplewise_std_normalization"), _AUGMENT),
    "preprocessing_function": "write preset=... for keras.applications, or map=..., a function of each "
    "batch; fastseq.compat.ImageDataGenerator takes it",
    **dict.fromkeys(("sampler", "batch_sampler", "collate_fn", "generator"), _TORCH),
    **dict.fromkeys(("on_error", "max_bad", "labels", "rank", "world_size"), _LOADER),
    **dict.fromkeys(("sample_weight", "stall_warn_s", "map"), _LOADER),
    "class_weight": "pass it to model.fit",
    "sample_weights": "write sample_weight=...",
    "ignore_errors": 'write on_error="skip"',
    "antialias": 'write interpolation="antialias"',
    "p": "every second image is mirrored on average, and no other probability is available",
    "seed": "random transforms draw from the seed of the loader or of decode_batch",
}

_BILINEAR = (
    '"antialias" is Pillow\'s bilinear filter at full speed; the exact bits are "pil.bilinear" (Pillow), "tf.bilinear" '
    '(Keras, TensorFlow) and "cv2.linear" (OpenCV)'
)
_VALUES = {
    "interpolation": {
        "bilinear": _BILINEAR,
        "triangle": _BILINEAR,
        "nearest": 'write "pil.nearest", "cv2.nearest" or "tf.nearest"',
        "area": 'write "cv2.area" or "tf.area"',
        "bicubic": 'write "pil.bicubic" or "tf.bicubic"',
        "cubic": 'write "pil.bicubic" or "tf.bicubic"',
        "lanczos": 'write "pil.lanczos", "tf.lanczos3" or "tf.lanczos5"',
        "lanczos3": 'write "tf.lanczos3" or "pil.lanczos"',
        "lanczos5": 'write "tf.lanczos5"',
        "gaussian": 'write "tf.gaussian"',
        "mitchellcubic": 'write "tf.mitchellcubic"',
        "box": 'write "pil.box"',
        "hamming": 'write "pil.hamming"',
    },
    "color": {
        "grayscale": 'write "gray"',
        "grey": 'write "gray"',
        "l": 'write "gray" or "pil.gray"',
        "rgba": 'alpha is dropped: write "rgb"',
        "rgb": 'write "rgb"',
        "bgr": 'write "bgr"',
        **dict.fromkeys(("p", "palette", "mask", "ids", "indexed"), 'write "index" for the ids of a mask'),
    },
    "labels": {
        "sparse": 'write "int"',
        "inferred": 'write "auto"',
        "input": "write None and let the model's target be its input",
        "multi_output": 'write "raw"',
        **dict.fromkeys(("onehot", "one_hot", "one-hot"), 'write "categorical"'),
    },
    "data_format": {
        "nhwc": 'write "channels_last"',
        "hwc": 'write "channels_last"',
        "nchw": 'write "channels_first"',
        "chw": 'write "channels_first"',
    },
    "on_error": {
        "ignore": 'write "skip", "fill" or "substitute"',
        "warn": 'write "skip", "fill" or "substitute": each epoch warns of its bad samples',
    },
}


def check_keywords(given: Iterable[str], known: Collection[str]) -> None:
    """Check keyword arguments against those that a function has.

    Raises:
        TypeError: for the first one that is not known; the message says what to write instead.
    """
    for name in given:
        if name not in known:
            raise TypeError(f"unexpected keyword argument {name!r}: {_advice(name, known)}")


def value_hint(name: str, value: object) -> str | None:
    """What to write in place of a value that another library knows; None where there is nothing to say."""
    return _VALUES.get(name, {}).get(value.lower()) if isinstance(value, str) else None


def _advice(name: str, known: Collection[str]) -> str:
    if name in _KEYWORDS:
        return _KEYWORDS[name]
    from difflib import get_close_matches  # on import it would cost as much as all of this package

    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"the arguments are {', '.join(known)}"

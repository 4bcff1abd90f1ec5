"""decode: a function for `tf.data.Dataset.map`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastseq import arguments
from fastseq._types import Unpack
from fastseq.engine.pixel_settings import PixelSettings, settings_of, takes_pixel_settings
from fastseq.tf.string_decoder import StringDecoder

try:
    import tensorflow as tf
except ModuleNotFoundError as error:
    if error.name != "tensorflow":
        raise
    raise ImportError(
        "fastseq.tf needs TensorFlow, which is not installed: pip install tensorflow. fastseq.Loader, "
        "fastseq.DataLoader and fastseq.decode_batch work without it."
    ) from None

_COUNTER = (
    "give each batch a number, from which they are drawn: "
    "tf.data.Dataset.zip(tf.data.Dataset.random(seed=1, rerandomize_each_iteration=True), batches).map(...), or "
    "batches.repeat().enumerate().map(...)"
)


@takes_pixel_settings
def decode(
    size: tuple[int, int],
    *,
    key: str | int | None = None,
    seed: int = 0,
    threads: int | None = None,
    on_error: str = "raise",
    **pixels: Unpack[PixelSettings],
) -> Callable[..., Any]:
    """Make a function for `tf.data.Dataset.map` that decodes batches of paths, or of the contents of image files.

    `dataset.batch(64).map(fastseq.tf.decode(size=(224, 224)))` gives the images that `fastseq.decode_batch` gives for
    the same files, bit for bit. In an element the strings are replaced by the images; the rest stays as it is. The
    strings may have any shape: (n,) becomes (n, height, width, channels), a scalar one image, and a ragged tensor of
    strings a ragged tensor of images. All calls share one set of threads, whatever `num_parallel_calls` is.

    A string is the contents of a file if it is empty, begins as JPEG or PNG do, contains a NUL byte, or has 4096 bytes
    or more; otherwise it is a path.

    With a random transform the elements must be `(counter, element)`, as `Dataset.enumerate` makes them, with a scalar
    integer `counter`, which is left out of the result. Image i draws as source i of
    `decode_batch(..., seed=seed, epoch=counter)`.

    The function runs in Python, in the process that made it: a graph that contains it cannot be saved for another
    process.

    Args:
        size: (height, width) of the output, in pixels.
        key: where the strings are in an element. A str: in a dict, or in the dict that is the first part of a tuple. An
            int: the part of a tuple. None: the element itself, or the first part of a tuple.
        seed: of random transforms, 0 <= seed < 2**64.
        threads: how many threads decode; as many as there are cores if None.
        on_error: what to do with a bad image. "raise": end the batch with `tf.errors.InvalidArgumentError`, which names
            the file; with eager tensors it is a `DecodeError`. "fill": put zeros in its place; elements must be pairs
            (x, y), and become (x, y, w) with float32 weights w, 1 or 0 in the shape of the strings. The first bad image
            causes a `BadSamplesWarning`.
        **pixels: see `PixelSettings`.

    Returns:
        A function of an element, for batches, single strings and eager tensors alike.

    Raises:
        ImportError: if TensorFlow is not installed.
        TypeError: if an argument has the wrong type.
        ValueError: if a setting is impossible; the message says what is possible.
    """
    if key is not None and not isinstance(key, str):
        key = arguments.integer("key", key, minimum=0)
    settings = settings_of(decode, size, pixels)
    return MapFunction(StringDecoder(settings, threads, seed, on_error), key)


class MapFunction:
    """What `decode` returns."""

    def __init__(self, decoder: StringDecoder, key: str | int | None) -> None:
        """Take the decoder, and where the strings are in an element."""
        self._decoder = decoder
        self._key = key
        self._is_random = decoder.settings.pipeline.draw_count > 0

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def __call__(self, *parts: Any) -> Any:
        """Decode the strings of an element, whose parts `Dataset.map` passes as arguments if it is a tuple.

        Raises:
            TypeError: if there are no strings where `key` says.
            ValueError: if the element lacks a counter, or is no pair with `on_error="fill"`.
        """
        counter: Any = np.int64(0)
        if self._is_random:
            counter, parts = _split_counter(parts)
        element = parts[0] if len(parts) == 1 else parts
        if not self._decoder.fills:
            return _replace(element, self._key, lambda strings: self._images(strings, counter)[0])
        if not isinstance(element, tuple) or len(element) != 2:
            raise ValueError(
                'on_error="fill" needs elements (x, y), which become (x, y, w) with weight 0 for filled images; it got '
                f"{_shown(element)}"
            )
        weights: list[Any] = []

        def images(strings: Any) -> Any:
            made, weight = self._images(strings, counter)
            weights.append(weight)
            return made

        return (*_replace(element, self._key, images), *weights)

    def _images(self, strings: Any, counter: Any) -> list[Any]:
        """The images of a tensor of strings, and their weights if bad ones are filled."""
        if isinstance(strings, tf.RaggedTensor):
            parts = self._images(strings.flat_values, counter)
            return [strings.with_flat_values(part) for part in parts]
        strings = _as_strings(strings)
        settings = self._decoder.settings
        shapes: list[tuple[int, ...]] = [settings.batch_shape(0)[1:]]
        dtypes = [tf.as_dtype(settings.numpy_dtype)]
        function: Callable[..., Any] = self._decoder.images
        if self._decoder.fills:
            shapes, dtypes, function = [*shapes, ()], [*dtypes, tf.float32], self._decoder.images_and_weights
        # Stateless, since a batch is a pure function of the strings and the counter: iterators can be saved.
        made = tf.numpy_function(function, [tf.reshape(strings, [-1]), counter], dtypes, stateful=False)
        parts = tf.nest.flatten(made)  # one tensor or a list; eagerly it is one even if `dtypes` is a list
        return [_shaped(part, strings, shape) for part, shape in zip(parts, shapes, strict=True)]


def _shaped(part: Any, strings: Any, shape: tuple[int, ...]) -> Any:
    """Give what was made of each of the strings, of that shape, the shape of the strings."""
    if strings.shape.rank != 1:
        part = tf.reshape(part, tf.concat([tf.shape(strings), tf.constant(shape, tf.int32)], 0))
    return tf.ensure_shape(part, strings.shape.concatenate(shape))


def _split_counter(parts: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """The counter of an element that has one, and the element as `Dataset.map` would pass it."""
    if len(parts) == 2 and not isinstance(parts[0], (dict, tuple, tf.RaggedTensor)):
        counter = tf.convert_to_tensor(parts[0])
        if counter.dtype.is_integer and counter.shape.rank == 0:
            element = parts[1]
            return tf.cast(counter, tf.int64), element if isinstance(element, tuple) else (element,)
    raise ValueError(f"random transforms need a counter: {_COUNTER}")


def _replace(element: Any, key: str | int | None, images: Callable[[Any], Any]) -> Any:
    """The element with the strings at `key` replaced by their images."""
    if isinstance(element, tuple):
        place = key if isinstance(key, int) else 0
        if place >= len(element):
            raise TypeError(f"key={key!r}, but the element is {_shown(element)}")
        part = _replace(element[place], None if isinstance(key, int) else key, images)
        return (*element[:place], part, *element[place + 1 :])
    if isinstance(element, dict):
        if key not in element:
            raise TypeError(f"key must be one of {', '.join(map(repr, element))}, not {key!r}")
        return {**element, key: images(element[key])}
    if key is not None:
        raise TypeError(f"key={key!r}, but the element is {_shown(element)}")
    return images(element)


def _as_strings(strings: Any) -> Any:
    strings = strings if isinstance(strings, tf.SparseTensor) else tf.convert_to_tensor(strings)
    if isinstance(strings, tf.SparseTensor) or strings.dtype != tf.string:
        advice = "say by key= where they are"
        if strings.dtype == tf.uint8:
            advice = "the images are decoded already; with TensorFlow Datasets, pass tfds.decode.SkipDecoding()"
        raise TypeError(
            f"fastseq.tf.decode takes paths or contents of image files, as strings, not {_shown(strings)}; {advice}"
        )
    return strings


def _shown(element: Any) -> str:
    """The structure of an element."""
    if isinstance(element, tuple):
        return f"({', '.join(map(_shown, element))}{',' * (len(element) == 1)})"
    if isinstance(element, dict):
        return f"{{{', '.join(f'{name!r}: {_shown(part)}' for name, part in element.items())}}}"
    if hasattr(element, "dtype") and hasattr(element, "shape"):
        return f"{type(element).__name__} of {getattr(element.dtype, 'name', element.dtype)}, shape {element.shape}"
    return type(element).__name__

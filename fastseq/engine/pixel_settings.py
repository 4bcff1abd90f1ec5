"""The keyword arguments that say how files become pixels, declared and documented once for all that take them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any, TypedDict, TypeVar

from numpy.typing import DTypeLike

from fastseq.engine.settings import Settings
from fastseq.keywords import check_keywords
from fastseq.limits import Limits
from fastseq.transforms import Transform

_Target = TypeVar("_Target", bound=Callable[..., Any])


class PixelSettings(TypedDict, total=False):
    """How files become pixels: keyword arguments of `Loader`, `ImageSequence`, `DataLoader`, `decode_batch` and others.

    Attributes:
        transform: a transform, or several in the order in which they apply.
        interpolation: which pixels you get. "antialias": like Pillow's BILINEAR, and fastest; "linear": like OpenCV's
            INTER_LINEAR. The exact bits of OpenCV: "cv2.linear", "cv2.nearest", "cv2.area"; of Pillow: "pil.nearest",
            "pil.box", "pil.bilinear", "pil.hamming", "pil.bicubic", "pil.lanczos"; of TensorFlow: "tf.nearest",
            "tf.bilinear", and within 1e-3 of a grey level "tf.bicubic", "tf.area", "tf.lanczos3", "tf.lanczos5",
            "tf.gaussian", "tf.mitchellcubic".
        orient: "exif" (upright), "none" (as stored), or "landscape" (upright, then np.rot90 where height > width).
        color: "rgb", "bgr" or "gray" (a JPEG's own luma); "pil.rgb" and "pil.gray" convert as Pillow's `convert` does.
            "index": one channel of a mask's ids, for the nearest filters: palette indices, or gray values.
        dtype: "uint8", "uint16", "float16", "float32" or "float64". Images of more than 8 bits keep their values, which
            may be signed or fractions, as far as the dtype can hold them.
        scale: for float dtypes: a value is `offset + scale * pixel`, with pixel from 0 to 255 for images of 8 bits; one
            number, or one for each channel in the order of `color`.
        offset: see `scale`.
        preset: for float dtypes, in place of `scale`, `offset` and `color`: what the `preprocess_input` of
            keras.applications does. "tf": values from -1 to 1; "torch": standardized by ImageNet's mean and standard
            deviation; "caffe": BGR, less ImageNet's mean. Within 1e-6 of Keras's values.
        data_format: "channels_last" or "channels_first".
        strict: which damaged JPEGs are bad. "whole": those that are cut off. True: also those whose image data libjpeg
            warns about. False: none that still decodes. A damaged JPEG that is not bad is RECOVERED.
        limits: what one image may cost; `Limits()` if None.
    """

    transform: Transform | Iterable[Transform]
    interpolation: str
    orient: str
    color: str
    dtype: DTypeLike
    scale: float | Sequence[float]
    offset: float | Sequence[float]
    preset: str | None
    data_format: str
    strict: bool | str
    limits: Limits | None


_NAMES = tuple(PixelSettings.__annotations__)


def settings_of(target: Callable[..., Any], size: tuple[int, int], pixels: PixelSettings) -> Settings:
    """The settings for a call of `target`, a function or class decorated with `takes_pixel_settings`.

    Raises:
        TypeError: if `pixels` has a keyword that `target` does not take, or a value of the wrong type.
        ValueError: if a value is impossible.
    """
    if not pixels.keys() <= set(_NAMES):
        check_keywords(pixels, list(inspect.signature(target).parameters))
    limits = pixels.get("limits")
    options: dict[str, Any] = {**pixels, "limits": Limits() if limits is None else limits}
    return Settings(size, **options)


def takes_pixel_settings(target: _Target) -> _Target:
    """Spell out ``**pixels: Unpack[PixelSettings]`` in the signature and the docstring of a function or class."""
    function: Any = vars(target)["__init__"] if isinstance(target, type) else target  # subclasses have their own
    signature = inspect.signature(function)
    parameters = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    types, defaults = PixelSettings.__annotations__, {field.name: field.default for field in fields(Settings)}
    defaults["limits"] = None
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=_text(types[name]))
        for name in _NAMES
    ]
    function.__signature__ = signature.replace(parameters=parameters)
    if target.__doc__:
        target.__doc__ = re.sub(r"^( *)\*\*pixels: .*\n", _documented, target.__doc__, flags=re.MULTILINE)
    return target


def _text(annotation: Any) -> str:
    return str(getattr(annotation, "__forward_arg__", annotation))


def _documented(line: re.Match[str]) -> str:
    lines = inspect.cleandoc(PixelSettings.__doc__ or "").partition("Attributes:\n")[2].splitlines()
    return "".join(f"{line[1]}{text[4:]}\n" for text in lines)

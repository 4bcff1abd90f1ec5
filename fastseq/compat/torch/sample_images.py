"""Where the images of a sample are: which files of it are decoded, and what is refused rather than passed on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from fastseq import arguments
from fastseq.file_range import FileRange
from fastseq.samples.sources.folder_walk import EXTENSIONS

_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*")

_WHERE = "return (path, label, ...), ((path, path), label, ...) or {'image': path, ...}"


def sources_of(sample: Any) -> tuple[list[Any], bool]:
    """The files to decode for a sample: those that it begins with, or has under the key "image".

    Returns:
        Their paths, ranges or contents, none if there are no files; and whether they are a tuple or list of images,
        rather than one image.
    """
    head = _head(sample)
    if (source := _source(head)) is not None:
        return [source], False
    if isinstance(head, (tuple, list)) and head:
        sources = [_source(part) for part in head]
        if all(source is not None for source in sources):
            return sources, True
    return [], False


def with_images(sample: Any, images: list[Any], is_several: bool) -> Any:
    """A copy of a sample with images in the place of the files of `sources_of`, which says whether they are several."""
    decoded = type(_head(sample))(images) if is_several else images[0]
    if isinstance(sample, Mapping):
        return {**sample, "image": decoded}
    if not isinstance(sample, (tuple, list)):
        return decoded
    values = (decoded, *sample[1:])
    return type(sample)(*values) if hasattr(sample, "_fields") else type(sample)(values)


def check_no_image(index: Any, sample: Any, may_have_none: bool) -> None:
    """Refuse a sample none of whose files would be decoded, although it has an image.

    Args:
        index: of the sample.
        sample: one without files in the place of `sources_of`.
        may_have_none: whether samples without an image are passed on.

    Raises:
        TypeError: if it has an image, or if it must have one.
    """
    head = _head(sample)
    if _is_decoded(head) or (len(getattr(head, "shape", ())) >= 2 and not may_have_none):
        raise TypeError(
            f"sample {index} must be an image file, as its path or its bytes, not {arguments.kind(head)}: size and "
            f"transform apply to files; {_WHERE} (of a torchvision ImageFolder, pass .samples), or leave out size"
        )
    for name, part in _parts(sample):
        if _is_decoded(part) or _is_file(part):
            raise TypeError(f"{name} of sample {index} is an image that size and transform do not apply to; {_WHERE}")
    if not may_have_none:
        raise TypeError(
            f"sample {index} does not begin with a path or bytes of an image, but with {arguments.kind(head)}; {_WHERE}"
        )


def check_rest(index: Any, sample: Any, sources: list[Any]) -> None:
    """Refuse a sample with more images than its `sources`, those of `sources_of`; text that names one of them is none.

    Raises:
        TypeError: for the first further image.
    """
    for name, part in _parts(sample):
        if _is_decoded(part) or (_is_file(part) and not (isinstance(part, str) and _is_name(part, sources))):
            raise TypeError(
                f"{name} of sample {index} is a second image, which is not decoded: return ((path, path), label, ...) "
                "to decode both alike, put text into a dict to keep it, or give a collate_fn"
            )


def _head(sample: Any) -> Any:
    if isinstance(sample, Mapping):
        return sample.get("image")
    return sample[0] if isinstance(sample, (tuple, list)) and sample else sample


def _source(value: Any) -> Any:
    """The file that a value stands for; of a dict of Hugging Face's, its bytes or its path."""
    if isinstance(value, Mapping) and "bytes" in value:
        value = value.get("path") if value["bytes"] is None else value["bytes"]
    is_source = isinstance(value, (str, os.PathLike, FileRange, bytes, bytearray, memoryview))
    return value if is_source else None


def _parts(sample: Any) -> Iterator[tuple[str, Any]]:
    """What a sample has beside its head, with a name for each. Text in a dict is text."""
    if isinstance(sample, Mapping):
        parts = ((f"key {key!r}", value) for key, value in sample.items() if key != "image")
        yield from ((name, value) for name, value in parts if not isinstance(value, str))
    elif isinstance(sample, (tuple, list)):
        yield from ((f"element {place}", value) for place, value in enumerate(sample) if place)


def _is_file(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower().endswith(EXTENSIONS)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value[:6]).startswith(_SIGNATURES)
    return _source(value) is not None


def _is_decoded(value: Any) -> bool:
    return type(value).__module__.startswith("PIL.")


def _is_name(text: str, sources: list[Any]) -> bool:
    """Whether a text is the path of one of the images or the end of it, or may be, as none of them has a path."""
    paths = [os.fspath(source) for source in sources if isinstance(source, (str, os.PathLike))]
    return not paths or any(path.endswith(text) for path in paths)

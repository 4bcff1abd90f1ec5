"""The samples of tar archives in WebDataset's layout: neighbouring files that share a name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from fastseq.samples.class_labels import listed
from fastseq.samples.sources.folder_walk import EXTENSIONS
from fastseq.samples.sources.label_text import MAX_LABEL_BYTES, too_long
from fastseq.samples.sources.shard_images import ShardImages

TarFile: TypeAlias = tuple[str, int, int]
"""The name of a file in an archive, its offset and its length, bytes."""

_KINDS = tuple(ending.removeprefix(".") for ending in EXTENSIONS)

_NO_IMAGE = "samples without an image were left out"
_NO_KIND = "files without a dot in their name, or with one at its start, were left out"
_SAME_SAMPLE = "further images of a sample were left out, as the sample's name ends at the first dot"


@dataclass
class TarSample:
    """The files of one sample: where each is in its shard, its length and its name, by its kind."""

    key: str
    files: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    def label_place(self, path: str, kind: str) -> tuple[int, int]:
        """Where the label is in the shard at `path`, and its length. ValueError if there is none, or a long one."""
        name = f"{path}: {self.key}"
        if kind not in self.files:
            raise ValueError(
                f"{name} has no {kind!r}, its label; its files are of kind {listed(sorted(self.files))}. The "
                "files of a sample must be neighbours in the archive, as tar --sort=name packs them"
            )
        offset, length, _ = self.files[kind]
        if length > MAX_LABEL_BYTES:
            raise too_long(f"{name}.{kind}", length)
        return offset, length


class TarImages:
    """The images of kinds in `image_kinds` that were found so far.

    Attributes:
        images: them.
        kinds: those of all files of samples.
    """

    def __init__(self, image_kinds: tuple[str, ...]) -> None:
        self.images = ShardImages()
        self._image_kinds = image_kinds
        self.kinds: set[str] = set()

    def samples(
        self, path: str, files: Iterable[TarFile], is_whole: Callable[[TarSample], bool] = lambda last: True
    ) -> Iterator[TarSample]:
        """Iterate over the samples of a shard.

        Args:
            path: of the shard.
            files: in it, in their order.
            is_whole: whether the last sample is, asked for once all files are there; otherwise it is left out.

        Raises:
            ValueError: if a sample has two files of a kind.
        """
        sample = TarSample("")
        for name, offset, length in files:
            folder, _, base = name.rpartition("/")
            stem, _, kind = base.partition(".")
            if not stem or not kind:
                self.images.leave_out(_NO_KIND, f"{path}: {name}")
                continue
            key = f"{folder}/{stem}" if folder else stem
            if key != sample.key:
                if sample.files:
                    yield sample
                sample = TarSample(key)
            kind = kind.lower()
            if kind in sample.files:
                raise ValueError(f"{path}: the sample {key!r} has two files of kind {kind!r}")
            if any(other.rpartition(".")[2] == kind.rpartition(".")[2] in self._image_kinds for other in sample.files):
                self.images.leave_out(_SAME_SAMPLE, f"{path}: {name}")
            sample.files[kind] = offset, length, name
        if sample.files and is_whole(sample):
            yield sample

    def add(self, path: str, sample: TarSample, has_names: bool = True) -> bool:
        """Add the image of a sample of the last shard, with its name or without.

        Returns:
            Whether it has one.

        Raises:
            ValueError: if it has several.
        """
        self.images.count(1)
        self.kinds.update(sample.files)
        kinds = [kind for kind in self._image_kinds if kind in sample.files]
        if len(kinds) > 1:
            raise ValueError(
                f"{path}: the sample {sample.key!r} has several images, {listed(kinds)}; name the kind of those to "
                f"load: image={kinds[0]!r}"
            )
        if not kinds:
            self.images.leave_out(_NO_IMAGE, f"{path}: {sample.key}")
            return False
        offset, length, name = sample.files[kinds[0]]
        self.images.add(offset, length, name if has_names else None)
        return True


def checked_image_kinds(image: str | Sequence[str] | None) -> tuple[str, ...]:
    """The kinds of files that are images, given `image` of `Samples.from_tar`. ValueError if it is wrong."""
    if image is None:
        return _KINDS
    kinds = image.split(";") if isinstance(image, str) else list(image)  # "jpg;png" as in WebDataset
    if not kinds or not all(isinstance(kind, str) and kind for kind in kinds):
        raise ValueError(f'image must be a kind of file such as "jpg", or a list of them, not {image!r}')
    return tuple(kind.removeprefix(".").lower() for kind in kinds)


def checked_label_kind(label: str | None) -> str | None:
    """The kind of files that are labels, given `label` of `Samples.from_tar`; an error if it is wrong."""
    if label is None:
        return None
    if not isinstance(label, str):
        raise TypeError(f'label must be one kind of file such as "cls", or None, not {label!r}')
    kind = label.removeprefix(".").lower()
    if kind.rpartition(".")[2] in ("json", "pyd", "npy", "pkl"):
        raise ValueError(f"label={label!r}: only files of text are read as labels, such as .cls and .txt")
    return kind


def no_images(paths: Sequence[str], image_kinds: Sequence[str], kinds: Collection[str]) -> ValueError:
    """The error for shards with files of some kinds, but no images of kinds in `image_kinds`."""
    here = f"the files are of kind {listed(sorted(kinds))}" if kinds else "they have no samples"
    return ValueError(
        f"{listed(list(paths))}: no images of kind {' or '.join(image_kinds[:3])}; {here}. A kind is what follows the "
        "first dot of a name; name that of the images: image=..."
    )

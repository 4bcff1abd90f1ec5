"""What was found in shards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastseq._warn import warn_user
from fastseq.errors import SamplesWarning
from fastseq.samples.blocks import Blocks
from fastseq.samples.class_labels import Labels, class_order
from fastseq.samples.crop_indexes import CropIndexes
from fastseq.samples.multi_hot import MultiHot
from fastseq.samples.name_table import NameTable
from fastseq.samples.path_table import PathTable
from fastseq.samples.ranges import Ranges, concatenated
from fastseq.samples.sources.left_out import LeftOut


@dataclass(frozen=True, eq=False)
class RawLabels:
    """Labels as they are in the shards, not yet encoded.

    Attributes:
        values: int64 or float32 (n,), numbers; or int32 (n,), the places of texts in `texts`.
        texts: the distinct texts; None for numbers.
    """

    values: NDArray[Any]
    texts: tuple[str, ...] | None = None

    @classmethod
    def of_texts(cls, codes: NDArray[np.int32], texts: Sequence[str]) -> RawLabels:
        """Labels that are text, given by their places; the texts are put in the usual order of classes.

        So the places are class numbers, most often, and are used as they lie in the index.
        """
        places = {name: place for place, name in enumerate(class_order({text.strip() for text in texts}))}
        order = sorted(range(len(texts)), key=lambda i: places[texts[i].strip()])
        new_places = np.empty(len(texts), np.int32)
        new_places[order] = np.arange(len(texts), dtype=np.int32)
        return cls(new_places[codes], tuple(texts[i] for i in order))

    @classmethod
    def concatenate(cls, parts: Sequence[RawLabels]) -> RawLabels:
        """The labels of one part after the other, which are all text or all numbers of one type."""
        parts = [part for part in parts if len(part.values)] or parts[:1]
        values = [part.values for part in parts]
        if parts[0].texts is None:
            return cls(np.concatenate(values))
        places: dict[str, int] = {}
        for i, part in enumerate(parts):
            new = [places.setdefault(text, len(places)) for text in part.texts or ()]
            values[i] = np.array(new, np.int32)[part.values]
        return cls.of_texts(np.concatenate(values), tuple(places))

    def spread(self, one_each: Labels) -> Labels:
        """The labels of all images, given those of each text."""
        values, codes = one_each.values, self.values
        if isinstance(values, MultiHot):
            return one_each._replace(values=values.take(codes))
        assert values is not None
        if one_each.classes is None:
            return one_each._replace(values=values[codes])
        are_codes = np.array_equal(values, np.arange(len(values)))
        return one_each._replace(values=codes if are_codes else values.astype(np.int32)[codes])


@dataclass(frozen=True, eq=False)
class ShardIndex:
    """Where the images in some shards are, their labels, and what was left out.

    Attributes:
        paths: of the shards.
        versions: int64 (shards, 2); see `PathTable`.
        shards: int32 (n,), the shard of each image.
        offsets: int64 (n,), where each image begins in its shard, bytes.
        lengths: int64 (n,), the size of each image, bytes.
        counts: int64 (shards,), the samples in each shard: what has an image, and what was left out for having none.
        blocks: what the shards are cut into.
        names: of the images in their shards; None if they have none.
        labels: one for each image; None if there are none.
        left_out: what was left out, by the reason.
        etags: of the shards, if they are objects in a store, whose versions are a size and 0; None if they are files.
        checksums: of the images, int64 (n,); see `Ranges`. None if none is known.
        crops: the crop indexes of the images; None if they were not made.
    """

    paths: tuple[str, ...]
    versions: NDArray[np.int64]
    shards: NDArray[np.int32]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    counts: NDArray[np.int64]
    blocks: Blocks
    names: NameTable | None = None
    labels: RawLabels | None = None
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    etags: tuple[str | None, ...] | None = None
    checksums: NDArray[np.int64] | None = None
    crops: CropIndexes | None = None

    @classmethod
    def concatenate(cls, parts: Sequence[ShardIndex]) -> ShardIndex:
        """The index of the shards of one part after the other. All have labels of one kind, or none; likewise ETags."""
        firsts = np.cumsum([0, *(len(part.paths) for part in parts[:-1])], dtype=np.int32)
        left_out: dict[str, LeftOut] = {}
        for part in parts:
            for reason, one in part.left_out.items():
                left_out.setdefault(reason, LeftOut()).add_all(one)
        names = None
        if any(part.names is not None for part in parts):
            names = NameTable.concatenate([part.names or NameTable.empty(len(part.shards)) for part in parts])
        labels = [part.labels for part in parts if part.labels is not None]
        crops = None
        if any(part.crops is not None for part in parts):
            crops = CropIndexes.concatenate([part.crops or CropIndexes.empty(len(part.shards)) for part in parts])
        etags = None if parts[0].etags is None else tuple(etag for part in parts for etag in part.etags or ())
        return cls(
            tuple(path for part in parts for path in part.paths),
            np.concatenate([part.versions for part in parts]),
            np.concatenate([part.shards + first for part, first in zip(parts, firsts, strict=True)]),
            np.concatenate([part.offsets for part in parts]),
            np.concatenate([part.lengths for part in parts]),
            np.concatenate([part.counts for part in parts]),
            Blocks.concatenate([part.blocks for part in parts], firsts),
            names,
            RawLabels.concatenate(labels) if labels else None,
            left_out,
            etags,
            concatenated([part.checksums for part in parts], [len(part.shards) for part in parts]),
            crops,
        )

    def table(self) -> PathTable:
        """A table of the images."""
        is_local = self.etags is None
        return replace(
            PathTable.from_strings(self.paths) if is_local else PathTable.from_urls(self.paths, self.etags or ()),
            path_numbers=self.shards,
            ranges=Ranges(self.offsets, self.lengths, None, self.checksums, self.names),
            versions=self.versions,
            blocks=self.blocks,
            crops=self.crops,
        )

    def warn(self) -> None:
        """Say what was left out, each reason once."""
        for reason, left_out in self.left_out.items():
            warn_user(f"{reason}: {left_out}", SamplesWarning)

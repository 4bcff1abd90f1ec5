"""What a set of images is made of, told by reading all of it."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

from fastseq.engine.files import open_regular
from fastseq.errors import BadSample, BadSamplesWarning
from fastseq.loading.bad_sample_log import BadSampleLog
from fastseq.loading.loader import Loader
from fastseq.samples import Samples

_SIDE = 16  # pixels of what is decoded to: the files are read in full all the same
_TOGETHER = 64


@dataclass
class Survey:
    """What was found.

    Attributes:
        samples: how many.
        log: the bad samples, and those that were recovered from damaged data.
        formats: how many files of each format, by their first bytes.
        sizes: (width, height) in pixels, as stored, of those that say so.
    """

    samples: int
    log: BadSampleLog
    formats: Counter[str] = field(default_factory=Counter)
    sizes: list[tuple[int, int]] = field(default_factory=list)

    @property
    def bad(self) -> list[BadSample]:
        """The samples that cannot be decoded."""
        return [sample for sample in self.log if not sample.is_good]


def survey(samples: Samples, *, strict: bool, threads: int | None, advance: Callable[[int], None]) -> Survey:
    """Decode every file, on all cores, and look at its format and size.

    Args:
        samples: the set.
        strict: whether a picture that decodes with warnings, or is cut off, is bad.
        threads: that decode; as many as there are cores where None.
        advance: called with the number of files that were read since the last call.
    """
    loader = Loader(
        samples,
        (_SIDE, _SIDE),
        _TOGETHER,
        labels=None,
        color="gray",
        on_error="skip",
        max_bad=1.0,
        strict=strict,
        threads=threads,
    )
    found = Survey(len(samples), loader.errors)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BadSamplesWarning)  # the table says more
        for k, _ in enumerate(loader):
            rows = range(k * _TOGETHER, min((k + 1) * _TOGETHER, len(samples)))
            for row in rows:
                _look_at(samples.path(row), found)
            advance(len(rows))
    return found


def _look_at(path: str, found: Survey) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow's, about sizes and tags
            with open_regular(path) as file, Image.open(file) as image:
                form = "JPEG" if image.format == "MPO" else image.format or "unknown"
                found.sizes.append(image.size)
    except Exception:  # whatever a hostile header makes of Pillow's readers
        form = "unknown"
    found.formats[form] += 1

"""Decode uploads in a service: batches of untrusted bytes, into memory that is allocated once.

    python examples/decode_service.py [FILE...]

The bad ones are answered with what is wrong, the good ones are decoded all the same.
"""

import sys
from pathlib import Path

import numpy as np
from sample_images import make_folder

import fastseq

SIZE, BATCH = (64, 64), 8
LIMITS = fastseq.Limits(pixels=25_000_000, file_bytes=20 * 2**20, memory_bytes=256 * 2**20)


class Decoder:
    """Decodes at most BATCH uploads at a time."""

    def __init__(self) -> None:
        self._batch = np.empty((BATCH, *SIZE, 3), np.float32)

    def __call__(self, uploads: list[bytes]) -> tuple[np.ndarray, dict[int, str]]:
        """Return the images of the good uploads, and what is wrong with the others by their number.

        The images are a view into memory that the next call overwrites.
        """
        good = dict(enumerate(uploads))
        wrong: dict[int, str] = {}
        while good:
            out = self._batch[: len(good)]
            try:
                fastseq.decode_batch(
                    list(good.values()), SIZE, dtype="float32", scale=1 / 255, limits=LIMITS, strict="whole", out=out
                )
                return out, wrong
            except fastseq.DecodeError as error:  # drop the first bad one, and decode the rest again
                number = list(good)[error.index]
                wrong[number] = error.reason
                del good[number]
        return self._batch[:0], wrong


if len(sys.argv) > 1:
    uploads = [Path(name).read_bytes() for name in sys.argv[1 : BATCH + 1]]
else:
    folder = make_folder("example-photos", per_class=3)
    uploads = [path.read_bytes() for path in sorted(folder.glob("*/*.jpg"))]
    uploads[1] = uploads[1][:300]  # cut off
    uploads[4] = b"<html>not an image</html>"

images, wrong = Decoder()(uploads)
print(f"{len(images)} images, of mean brightness {images.mean(axis=(1, 2, 3)).round(2)}")
for number, reason in wrong.items():
    print(f"upload {number}: {reason}")

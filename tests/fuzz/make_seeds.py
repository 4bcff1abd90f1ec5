"""Write the fuzzers' seed files: in FOLDER/images small JPEGs and PNGs of every kind that the decoders distinguish, in
FOLDER/archives tar archives.

Usage: python tests/fuzz/make_seeds.py FOLDER
"""

from __future__ import annotations

import io
import itertools
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pyarrow
import pyarrow.parquet
from images import SAMPLING, cmyk_jpeg, jpeg, photo
from png_files import KINDS, png, scanlines
from tar_files import FORMATS, tar
from tfrecord_files import tfrecords

ONE_COMPONENT_A_SCAN = "0;\n1;\n2;\n"
TWO_AND_ONE = "0;\n1 2;\n"
UNFINISHED = "0 1 2: 0-0, 0, 1;\n0: 1-5, 0, 2;\n1: 1-63, 0, 1;\n2: 1-63, 0, 1;\n0: 6-63, 0, 2;\n"
FINISHED = UNFINISHED + "0: 1-63, 2, 1;\n0 1 2: 0-0, 1, 0;\n1: 1-63, 1, 0;\n2: 1-63, 1, 0;\n0: 1-63, 1, 0;\n"


def main() -> None:
    """Write them."""
    write(Path(sys.argv[1], "images"), images())
    long = f"{'folder/' * 20}000001.jpg"  # with a header of its own
    write(Path(sys.argv[1], "archives"), [tar([("a.jpg", b"1" * 600), (long, b"22")], form) for form in FORMATS])
    write(Path(sys.argv[1], "zips"), [zipped(method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)])
    labels = [[0, 300, -1], [0.5], [b"cat", b"dog"]]
    records = [tfrecords([{"image": b"1" * 600, "label": label}, {"label": label}]) for label in labels]
    write(Path(sys.argv[1], "tfrecords"), records)
    kinds = list(itertools.product(("1.0", "2.0"), (True, False)))
    write(Path(sys.argv[1], "columns"), [column(*kind, use_dictionary=False) for kind in kinds])
    encodings = itertools.product(("snappy", "none"), (True, False))
    write(Path(sys.argv[1], "row_groups"), [row_group(*kind, *each) for each in encodings for kind in kinds])
    streams = [b"1" * 600, b"1234" * 30 + b"5" * 70 + bytes(range(200)), b""]
    write(Path(sys.argv[1], "snappy"), [len(data).to_bytes(2, "little") + compressed(data) for data in streams])


def compressed(data: bytes) -> bytes:
    """Data compressed by Snappy."""
    stream: bytes = pyarrow.compress(data, codec="snappy", asbytes=True)
    return stream


def row_group(version: str, nullable: bool, compression: str, use_dictionary: bool) -> bytes:
    """The same as `column`, with a bit for compression, and the size of the pages in hundreds, in the first bytes."""
    pages = column(version, nullable, compression=compression, use_dictionary=use_dictionary)
    return bytes([pages[0] | 4 * (compression == "snappy"), pages[1], 20]) + pages[2:]


def column(version: str, nullable: bool, compression: str = "none", **encoding: bool) -> bytes:
    """The pages of a column of Parquet, after the level of its values and the number of its rows."""
    values = [b"1" * 600, b"22", b""] + [None, b"333"] * (10 * nullable)
    table = pyarrow.table([values], pyarrow.schema([pyarrow.field("image", pyarrow.binary(), nullable)]))
    stream = io.BytesIO()
    pages = {"compression": compression, "data_page_size": 500, "write_batch_size": 4, "dictionary_pagesize_limit": 700}
    pyarrow.parquet.write_table(table, stream, data_page_version=version, **pages, **encoding)
    chunk = pyarrow.parquet.read_metadata(stream).row_group(0).column(0)
    begin = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
    return bytes([nullable, len(values)]) + stream.getvalue()[begin : begin + chunk.total_compressed_size]


def zipped(method: int) -> bytes:
    """A zip archive with a comment, and a member with its sizes in 64 bits."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.comment = b"PK"
        archive.writestr("cat/a.jpg", b"1" * 600)
        with archive.open("dog/b.jpg", "w", force_zip64=True) as file:
            file.write(b"22")
    return stream.getvalue()


def images() -> list[bytes]:
    """JPEGs and PNGs, some with the bytes before them that choose how they are decoded."""
    files = []
    kinds = itertools.product(SAMPLING, (False, True), (0, 1), (False, True))
    for seed, (sampling, progressive, restart, gray) in enumerate(kinds):
        image = photo(20 + seed % 30, 30 + seed % 17, seed)
        files.append(jpeg(image, 60 + seed % 40, sampling, progressive=progressive, restart=restart, gray=gray))
    for seed, scans in enumerate((ONE_COMPONENT_A_SCAN, TWO_AND_ONE, UNFINISHED, FINISHED)):
        files += [jpeg(photo(40, 50, seed), 80, sampling, scans=scans) for sampling in ("4:4:4", "4:2:0")]
    files.append(jpeg(photo(40, 50), arithmetic=True))
    files.append(cmyk_jpeg(photo(40, 50, channels=4), ycck=True))
    rng = np.random.default_rng(0)
    native = [kind for kind in KINDS if kind[1] < 16]
    for number, kind in enumerate(native):
        for interlaced in (False, True):
            files.append(png(rng, 21, 34, *kind, interlaced))
            head = bytes([number, 34, 21, interlaced, 200, 6])  # see make_png.h
            rows = scanlines(rng, 21, 34, *kind, interlaced)
            files.append(rng.bytes(4) + b"P" + head + rng.bytes(600) + rows)
    return files


def write(folder: Path, files: list[bytes]) -> None:
    """Write files to a folder, under numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(files):
        (folder / f"{number:03d}").write_bytes(data)


if __name__ == "__main__":
    main()

"""Zip archives behind URLs: the directory is read first, and images by blocks."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from images import encoded, jpeg, photo
from object_server import ObjectServer

import fastseq.storage.stores as stores
from fastseq import BadSamplesWarning, DecodeError, Loader, Samples, decode_batch
from fastseq.samples import blocks as blocks_module
from fastseq.status import Status

pytest.importorskip("obstore")
N = 40
SIZE = (16, 20)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(stores, "_stores", {})
    with ObjectServer() as server:
        yield server


def photos() -> dict[str, bytes]:
    """Images by their names in class folders: JPEGs, a PNG, and one that is neither."""
    images = {f"{'cat' if i % 2 else 'dog'}/{i:02}.jpg": jpeg(photo(30 + i, 40, seed=i)) for i in range(N)}
    images["dog/04.jpg"] = encoded(photo(33, 44, 9), "png")
    images["dog/06.jpg"] = encoded(photo(33, 44, 9), "bmp")  # which Python decodes
    return images


def packed(files: dict[str, bytes], method: int, prefix: bytes = b"", extra: bytes = b"") -> bytes:
    """An archive of files, with extra fields, after some bytes that are not part of it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("read me.txt", "not an image " * 5000)
        for name, contents in files.items():
            member = zipfile.ZipInfo(name)
            member.compress_type, member.extra = method, extra
            archive.writestr(member, contents)
    return prefix + stream.getvalue()


def expected(images: dict[str, bytes], samples: Samples) -> np.ndarray:
    return decode_batch([images[name.partition("] ")[2]] for name in samples.paths()], size=SIZE)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("form", [{}, {"prefix": b"#!/bin/sh\n" * 30}, {"extra": b"\x99\x99\x04\x00abcd"}], ids=str)
@pytest.mark.parametrize("shuffle", [False, True])
def test_images(server, tmp_path, monkeypatch, method, form, shuffle):
    monkeypatch.setattr(blocks_module, "BLOCK_BYTES", 4096)
    images = photos()
    contents = packed(images, method, **form)
    server.objects["/photos.zip"] = contents
    (tmp_path / "photos.zip").write_bytes(contents)
    samples, local = Samples.from_zip(f"{server.url}/photos.zip"), Samples.from_zip(tmp_path / "photos.zip")
    assert samples.classes == local.classes == ("cat", "dog")
    assert samples.labels.tolist() == local.labels.tolist()
    assert sum(request.method == "GET" for request in server.requests) <= 2, "of the directory alone"
    pixels = expected(images, samples)
    loader = Loader(samples, SIZE, 8, shuffle=shuffle, cache=tmp_path / "cache")
    for _ in range(2):
        seen = []
        for k, (x, y) in enumerate(loader):
            numbers = loader.indices(k)
            np.testing.assert_array_equal(x, pixels[numbers])
            assert y.tolist() == samples.labels[numbers].tolist()
            seen += numbers.tolist()
        assert sorted(seen) == list(range(N))
    first, second = samples.split(0.25, seed=1)
    np.testing.assert_array_equal(next(iter(Loader(second, SIZE, 10)))[0], pixels[second.table_rows])
    assert len(first) == 30


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damage_costs_an_image(server, method):
    images = photos()
    contents = bytearray(packed(images, method))
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        members = {name: archive.getinfo(name) for name in images}
    broken_header, broken_data = members["cat/03.jpg"], members["cat/05.jpg"]
    contents[broken_header.header_offset] ^= 1
    contents[broken_data.header_offset + 30 + len("cat/05.jpg") + broken_data.compress_size // 2] ^= 1
    server.objects["/photos.zip"] = bytes(contents)
    samples = Samples.from_zip(f"{server.url}/photos.zip")
    loader = Loader(samples, SIZE, 8, on_error="skip", max_bad=2)
    with pytest.warns(BadSamplesWarning, match="2 CORRUPT"):
        assert sum(len(y) for _, y in loader) == N - 2
    assert [bad.path.partition("] ")[2] for bad in loader.errors] == ["cat/03.jpg", "cat/05.jpg"]
    assert "is not where the archive's central directory says" in loader.errors[0].detail
    assert {bad.status for bad in loader.errors} == {Status.CORRUPT}


def test_an_archive_that_changes(server):
    server.objects["/photos.zip"] = packed(photos(), zipfile.ZIP_STORED)
    samples = Samples.from_zip(f"{server.url}/photos.zip")
    server.objects["/photos.zip"] += b"0"
    with pytest.raises(DecodeError, match=r"photos\.zip.*has changed"):
        list(Loader(samples, SIZE, 8))


def test_a_long_directory(server):
    """Longer than what is read at the end of the archive first."""
    images = {f"cat/{'x' * 200}{i:05}.jpg": b"" for i in range(6000)} | photos()
    server.objects["/photos.zip"] = packed(images, zipfile.ZIP_STORED)
    samples = Samples.from_zip(f"{server.url}/photos.zip")
    assert len(samples) == len(images)
    assert samples.path(6019).endswith("x05999.jpg")


@pytest.mark.parametrize("folder", ["", "/cat"])
def test_a_table_of_images_in_an_archive(server, tmp_path, folder):
    images = photos()
    server.objects["/photos.zip"] = packed(images, zipfile.ZIP_DEFLATED)
    names = [name for name in images if name.startswith("cat")][::-1]
    rows = [f"{name.removeprefix('cat/' if folder else '')},{i}" for i, name in enumerate(names)]
    (tmp_path / "set.csv").write_text("\n".join(["image,label", *rows]))
    samples = Samples.from_csv(tmp_path / "set.csv", root=f"{server.url}/photos.zip{folder}")
    loader = Loader(samples, SIZE, 20)
    np.testing.assert_array_equal(next(iter(loader))[0], decode_batch([images[name] for name in names], size=SIZE))
    with pytest.raises(ValueError, match=r"photos\.zip has no file 'dog/"):
        Samples.from_csv(tmp_path / "set.csv", root=f"{server.url}/photos.zip/dog{'/cat' if folder else ''}")


@pytest.mark.parametrize("cut", [1, 5000])
def test_an_archive_that_is_not_whole(server, cut):
    server.objects["/photos.zip"] = packed(photos(), zipfile.ZIP_STORED)[:-cut]
    with pytest.raises(ValueError, match=r"photos\.zip cannot be read as a zip archive"):
        Samples.from_zip(f"{server.url}/photos.zip")


def test_no_archive(server):
    with pytest.raises(OSError, match=r"absent\.zip"):
        Samples.from_zip(f"{server.url}/absent.zip")
    server.objects["/empty.zip"] = b"x"
    with pytest.raises(ValueError, match=r"empty\.zip cannot be read as a zip archive"):
        Samples.from_zip(f"{server.url}/empty.zip")

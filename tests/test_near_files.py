"""What the message about a missing file says of the file that may be meant."""

from __future__ import annotations

import os

import pytest
from images import jpeg, photo

from fastseq import BadSamplesWarning, DataLoader, DecodeError, Loader, Samples, TooManyBadSamples, decode_batch
from fastseq.status import Status, remedy


@pytest.fixture
def root(tmp_path):
    """`cat.jpg` and `Dog.JPG`, with other files beside them."""
    for name in ("cat.jpg", "Dog.JPG"):
        (tmp_path / name).write_bytes(jpeg(photo(30, 40)))
    for name in ("cat.xml", "cat.txt", "owl.xml", "cattle.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "bird.jpg").mkdir()
    return tmp_path


def message(path) -> str:
    with pytest.raises(DecodeError) as caught:
        decode_batch([path], (8, 8))
    assert caught.value.status is Status.NOT_FOUND
    assert caught.value.path == path
    return str(caught.value)


@pytest.mark.parametrize(
    "wrong", ["cat", "cat.jpg ", " cat.jpg", "cat.jpg\\", "cat.jpg/", "cat.png", "CAT.JPG", "cat.jpg\n"]
)
def test_the_file_that_may_be_meant_is_named(root, wrong):
    path = f"{root}/{wrong}"
    assert message(path).endswith(f"[NOT_FOUND]; check the path and the root folder: did you mean '{root}/cat.jpg'?")


def test_backslashes_between_folders(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    assert message(f"{root.name}\\cat.jpg").endswith(f": did you mean '{root.name}/cat.jpg'?")


def test_upper_and_lower_case(root):
    assert message(root / "dog.jpg").endswith(f"did you mean '{root}/Dog.JPG'?")


@pytest.mark.parametrize("wrong", ["owl.jpg", "owl", "bird.png", "cow.jpg", "ca.jpg"])
def test_other_files_and_folders_are_not_named(root, wrong):
    assert message(root / wrong).endswith("[NOT_FOUND]; check the path and the root folder")


def test_a_missing_folder_is_named(root):
    assert message(root / "images" / "cat.jpg").endswith(f": there is no folder '{root}/images'")


def test_a_url_is_no_path(root):
    advice = "it is a URL, and fastseq opens local files; copy the file to a local folder, mount"
    assert advice in message("gs://bucket/cat.jpg")
    with pytest.raises(DecodeError, match=advice):
        list(DataLoader(["https://example.org/cat.jpg"], 1, size=(8, 8)))


def test_a_folder_is_read_only_when_an_error_is_made(root, monkeypatch):
    paths = [root / "cat", root / "Dog"]
    loader = Loader(Samples.from_files(paths, labels=[0, 1]), (8, 8), on_error="fill", max_bad=5)
    with monkeypatch.context() as patched:
        patched.delattr(os, "scandir")
        with pytest.warns(BadSamplesWarning, match="2 of 2 samples were bad"):
            list(loader)
        assert [bad.remedy for bad in loader.errors] == [remedy(Status.NOT_FOUND)] * 2
    assert str(loader.errors[0].to_error()).endswith(f"did you mean '{root}/cat.jpg'?")
    too_many = TooManyBadSamples(loader.errors, 2, 1, 2)
    assert f"did you mean '{root}/Dog.JPG'?" in str(too_many)

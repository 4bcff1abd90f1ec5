"""Which damaged files are used, where that is said, and what a message says about those that are not."""

from __future__ import annotations

import inspect
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from images import folder, jpeg, photo
from jpeg_headers import with_bytes_before_end, with_jfif_version

import fastseq
from fastseq import (
    BadSample,
    BadSamplesWarning,
    DataLoader,
    DecodeError,
    Limits,
    Loader,
    RandomFlip,
    Samples,
    Status,
    decode_batch,
)
from fastseq.loading.bad_sample_log import BadSampleLog

SIZE = (12, 16)
WHOLE = jpeg(photo(50, 60, seed=2))
ODD = with_bytes_before_end(WHOLE)  # libjpeg warns, and no pixel is lost
CUT = WHOLE[: len(WHOLE) * 3 // 4]
BROKEN = WHOLE.replace(b"\xff\xc4", b"\xff\xc4\0\x05")  # no strictness helps


@pytest.fixture
def tree(tmp_path) -> Path:
    """Eight images, of which number 5 has bytes before its end."""
    root = folder(tmp_path / "tree", ("a", "b"), 4)
    (root / "b" / "001.jpg").write_bytes(ODD)
    return root


@pytest.fixture
def samples(tree) -> Samples:
    return Samples.from_directory(tree)


def test_the_default_is_the_same_everywhere(keras):
    from fastseq.compat import DataGenerator, Sequence

    for function in (Loader, DataLoader, decode_batch, fastseq.ImageSequence, Sequence.images, DataGenerator):
        assert inspect.signature(function).parameters["strict"].default == "whole", function


def test_an_epoch_uses_such_a_file_and_says_so_once(samples):
    loader = Loader(samples, SIZE, 3)
    with pytest.warns(BadSamplesWarning) as seen:
        batches = list(loader)
    assert [str(warning.message) for warning in seen] == [
        "epoch 0: 1 of 8 samples were decoded from damaged data (strict=True refuses them); see .errors"
    ]
    assert seen[0].filename == __file__
    np.testing.assert_array_equal(batches[1][0][2], decode_batch([WHOLE], SIZE)[0])
    (found,) = loader.errors
    assert (found.index, found.status, found.is_good) == (5, Status.RECOVERED, True)
    assert "extraneous bytes before marker 0xd9" in found.detail
    assert found.message.endswith("[RECOVERED]; replace the file, or refuse such files with strict=True")
    list(loader)  # it is known now


def test_a_run_that_stops_within_its_first_epoch_is_told_at_the_end_of_the_next(samples):
    loader = Loader(samples, SIZE, 3)
    for _, (_x, _y) in zip(range(2), loader, strict=False):
        pass
    with pytest.warns(BadSamplesWarning, match=r"^epoch 1: 1 of 8 samples were decoded"):
        list(loader)


def test_a_sequence_warns_too(samples, keras):
    sequence = fastseq.ImageSequence(samples, SIZE, 4)
    with pytest.warns(BadSamplesWarning, match=r"^epoch 0: 1 of 8 samples were decoded"):
        list(sequence)
    assert [found.index for found in sequence.loader.errors] == [5]


def test_strict_refuses_it_and_the_message_names_what_would_not(samples):
    with pytest.raises(DecodeError) as caught:
        list(Loader(samples, SIZE, 3, strict=True))
    assert (caught.value.index, caught.value.status) == (5, Status.CORRUPT)
    assert str(caught.value).endswith('[CORRUPT]; download the file again, or remove it; strict="whole" accepts it')
    loader = Loader(samples, SIZE, 3, strict=True, on_error="skip")
    with pytest.warns(BadSamplesWarning, match=r"^epoch 0: 1 of 8 samples were bad \(1 CORRUPT\); see"):
        list(loader)
    assert loader.errors[0].remedy == caught.value.remedy


def test_a_strict_run_says_nothing_of_odd_headers(samples, tree):
    (tree / "b" / "001.jpg").write_bytes(with_jfif_version(WHOLE, 0, 0))
    loader = Loader(samples, SIZE, 3, strict=True)
    list(loader)
    assert not loader.errors


@pytest.mark.parametrize(
    ("data", "strict", "accepted_by"),
    [
        (ODD, True, 'strict="whole"'),
        (CUT, True, "strict=False"),
        (CUT, "whole", "strict=False"),
        (BROKEN, True, None),
        (BROKEN, "whole", None),
        (BROKEN, False, None),
        (CUT[:100], False, None),
        (CUT[:100], "whole", None),
    ],
)
def test_a_message_names_the_strictness_that_accepts_the_file(data, strict, accepted_by):
    with pytest.raises(DecodeError) as caught:
        decode_batch([data], SIZE, strict=strict)
    named = re.findall(r"strict=[\w\"]+", str(caught.value))
    assert named == ([accepted_by] if accepted_by else [])
    if accepted_by:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BadSamplesWarning)
            decode_batch([data], SIZE, strict={"strict=False": False, 'strict="whole"': "whole"}[accepted_by])


@pytest.mark.parametrize(
    ("limit", "data"),
    [
        ("pixels", WHOLE),
        ("file_bytes", WHOLE),
        ("scans", jpeg(photo(50, 60), progressive=True)),
        ("scan_pixels", jpeg(photo(50, 60), progressive=True)),
        ("memory_bytes", jpeg(photo(50, 60), progressive=True)),
    ],
)
def test_a_message_names_the_limit_that_a_file_exceeds(limit, data):
    with pytest.raises(DecodeError, match=rf"limits=fastseq\.Limits\({limit}=\.\.\.\)"):
        decode_batch([data], SIZE, limits=Limits(**{limit: 1}))


def test_the_data_loader_warns_at_the_end_of_an_epoch(samples):
    loader = DataLoader(list(samples.paths()), 3, size=SIZE, transform=RandomFlip())
    batches = iter(loader)
    for _ in range(3):
        next(batches)
    with pytest.warns(BadSamplesWarning, match=r"^1 of 8 images were decoded from damaged data") as seen:
        assert next(batches, None) is None
    assert len(seen) == 1
    assert next(batches, None) is None
    with pytest.raises(DecodeError, match="001"):
        list(DataLoader(list(samples.paths()), 3, size=SIZE, strict=True))


def test_decode_batch_and_images_warn_unless_asked_for_all_that_decodes(keras):
    from fastseq.compat import Sequence

    class Photos(Sequence):
        def __len__(self):
            return 1

        def __getitem__(self, k):
            return self.images([WHOLE, ODD], SIZE)

    for decode in (lambda: decode_batch([WHOLE, ODD], SIZE), lambda: Photos()[0]):
        with pytest.warns(BadSamplesWarning, match="^1 of 2 images were decoded .*; strict=True refuses them"):
            decode()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode_batch([ODD, CUT], SIZE, strict=False)


def test_sound_images_are_not_warned_of(samples, tree):
    (tree / "b" / "001.jpg").write_bytes(WHOLE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode_batch(samples.paths(), SIZE)
        list(DataLoader(list(samples.paths()), 3, size=SIZE))


def test_the_data_generator_does_as_its_strictness_and_limits_say(tmp_path, keras):
    from fastseq.compat import DataGenerator

    for name, data in (("odd", ODD), ("cut", CUT)):
        (tmp_path / f"{name}.jpg").write_bytes(data)
    table = pd.DataFrame({"images": [str(tmp_path / "odd.jpg"), str(tmp_path / "cut.jpg")], "labels": ["a", "b"]})

    def batch(row: int, **options: object) -> np.ndarray:
        generator = DataGenerator(table, [row], batch_size=1, dim=SIZE, n_classes=2, **options)
        return generator[0][0]

    assert batch(0).any()
    with pytest.raises(DecodeError, match=r'CORRUPT.*strict="whole" accepts it'):
        batch(0, strict=True)
    with pytest.raises(DecodeError, match=r"TRUNCATED.*strict=False accepts it"):
        batch(1)
    assert batch(1, strict=False).any()
    with pytest.raises(DecodeError, match="Limits"):
        batch(0, limits=Limits(pixels=100))
    with pytest.raises(ValueError, match="strict must be one of"):
        batch(0, strict="full")


@pytest.mark.parametrize("path", [b"photos/cat.jpg", b"/data/cat 1.JPEG", "größe.png".encode(), np.bytes_(b"cat.webp")])
def test_paths_as_bytes_are_told_from_images(path):
    with pytest.raises(DecodeError) as caught:
        decode_batch([path], SIZE)
    assert caught.value.status is Status.NOT_AN_IMAGE
    expected = f"this looks like a path: {bytes(path)!r}. Pass it as text, os.fsdecode(path)"
    assert str(caught.value).endswith(f"[NOT_AN_IMAGE]; {expected}")


def test_the_data_loader_tells_paths_as_bytes_from_images():
    with pytest.raises(DecodeError, match=r"this looks like a path: b'photos/cat\.jpg'"):
        list(DataLoader([(b"photos/cat.jpg", 3)], size=SIZE))


@pytest.mark.parametrize(
    "data", [b"<html>cat.jpg", b"no image", b"a\0b.jpg", b"\xff.jpg", b"x" * 5000 + b".jpg", b".jpg"]
)
def test_other_bytes_are_not_taken_for_paths(data):
    with pytest.raises(DecodeError, match=r"NOT_AN_IMAGE.; remove it from the samples$"):
        decode_batch([data], SIZE)


def test_a_log_keeps_what_can_be_done_about_a_sample(tmp_path):
    log = BadSampleLog()
    log.add(BadSample(3, "a.jpg", Status.TRUNCATED, "cut", 1, "look twice"))
    log.write(tmp_path / "log.jsonl")
    again = BadSampleLog()
    again.read(tmp_path / "log.jsonl")
    assert list(again) == list(log)
    line = (tmp_path / "log.jsonl").read_text().replace(', "remedy": "look twice"', "")
    (tmp_path / "log.jsonl").write_text(line)  # as earlier versions wrote it
    again = BadSampleLog()
    again.read(tmp_path / "log.jsonl")
    assert again[0].remedy == BadSample(3, "a.jpg", Status.TRUNCATED).remedy

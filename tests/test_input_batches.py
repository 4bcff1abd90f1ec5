"""Batches of samples with other inputs besides one image: x is a dict, and a sample is bad if one of its images is."""

from __future__ import annotations

import gc
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from images import encoded, folder, jpeg, photo

import fastseq
from fastseq import (
    BadSamplesWarning,
    DecodeError,
    Loader,
    RandomFlip,
    RandomResizedCrop,
    Samples,
    StalledWarning,
    Status,
    TooManyBadSamples,
    decode_batch,
)
from fastseq.engine.pending_batch import PendingBatch

SIZE = (12, 14)
ONE = 12 * 14 * 3  # bytes of an image
RANDOM = {"transform": (RandomResizedCrop(), RandomFlip("horizontal")), "seed": 5}
N = 24
COLUMNS = {"n": np.arange(N), "box": np.arange(2.0 * N).reshape(N, 2), "city": [f"city {i}" for i in range(N)]}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Two lists of images, all different; one of each list is no JPEG."""
    root = folder(tmp_path_factory.mktemp("pairs") / "tree", ("left", "right"), N)
    for name in ("left/002.jpg", "right/007.jpg"):
        (root / name).write_bytes(encoded(photo(30, 40), "bmp"))
    return {name: sorted(map(str, (root / name).iterdir())) for name in ("left", "right")}


@pytest.fixture(scope="module")
def pairs(files: dict[str, list[str]]) -> Samples:
    return Samples.from_files(files, np.arange(N) / 2, columns=COLUMNS)


def test_each_input_has_its_part_of_the_batch(pairs, files):
    loader = Loader(pairs, SIZE, 5, shuffle=True, **RANDOM)
    for epoch in range(2):
        expected = decode_batch([*files["left"], *files["right"]], SIZE, epoch=epoch, **RANDOM)
        batches = list(loader)
        assert len(batches) == 5
        for k, (x, y) in enumerate(batches):
            rows = loader.order.indices(epoch, k)
            assert list(x) == ["left", "right", "n", "box", "city"]
            np.testing.assert_array_equal(x["left"], expected[rows], strict=True)
            np.testing.assert_array_equal(x["right"], expected[N + rows], strict=True)
            np.testing.assert_array_equal(x["n"], rows, strict=True)
            np.testing.assert_array_equal(x["box"], COLUMNS["box"].astype(np.float32)[rows], strict=True)
            np.testing.assert_array_equal(x["city"], np.array(COLUMNS["city"])[rows], strict=True)
            np.testing.assert_array_equal(y, rows / 2)
            for name in ("left", "right"):
                assert x[name].flags.c_contiguous
                assert x[name].flags.writeable


def test_the_first_image_is_drawn_as_if_it_were_alone(pairs, files):
    alone = Loader(Samples.from_files(files["left"], np.arange(N) / 2), SIZE, 5, shuffle=True, **RANDOM)
    named = Loader(Samples.from_files({"photo": files["left"]}), SIZE, 5, shuffle=True, **RANDOM)
    for (x, _), both, only in zip(alone, Loader(pairs, SIZE, 5, shuffle=True, **RANDOM), named, strict=True):
        np.testing.assert_array_equal(both[0]["left"], x)
        assert list(only) == ["photo"]
        np.testing.assert_array_equal(only["photo"], x)


def test_the_images_of_a_sample_are_drawn_independently(files):
    twice = Loader(Samples.from_files({"a": files["left"], "b": files["left"]}), SIZE, N, **RANDOM)
    (x,) = twice
    assert (x["a"] != x["b"]).any((1, 2, 3)).all()
    (plain,) = Loader(twice.samples, SIZE, N)
    np.testing.assert_array_equal(plain["a"], plain["b"])


def test_batches_with_labels_weights_or_neither(pairs):
    loader = Loader(pairs, SIZE, 4, sample_weight=np.arange(N))
    x, y, w = loader.batch(0, 1)
    assert (x["n"].tolist(), y.tolist(), w.tolist()) == ([4, 5, 6, 7], [2, 2.5, 3, 3.5], [4, 5, 6, 7])
    assert list(Loader(pairs, SIZE, 4, labels=None).batch(0, 0)) == [*pairs.input_names]


def test_columns_beside_one_image(files):
    samples = Samples.from_files(files["left"], columns={"n": COLUMNS["n"]})
    x = Loader(samples, SIZE, N, color="gray", dtype="float32", data_format="channels_first").batch(0, 0)
    assert {name: array.shape for name, array in x.items()} == {"image": (N, 1, *SIZE), "n": (N,)}


def test_ranks_share_a_batch(pairs):
    whole = Loader(pairs, SIZE, 6, shuffle=True, **RANDOM)
    parts = [Loader(pairs, SIZE, 6, shuffle=True, rank=rank, world_size=2, **RANDOM) for rank in range(2)]
    for (x, y), (first, second) in zip(whole, zip(*parts, strict=True), strict=True):
        for name, array in x.items():
            np.testing.assert_array_equal(np.concatenate([first[0][name], second[0][name]]), array)
        np.testing.assert_array_equal(np.concatenate([first[1], second[1]]), y)


def test_a_probed_batch_is_the_one_that_comes(pairs):
    loader = Loader(pairs, SIZE, 4, shuffle=True)
    (looked, _), (other, _) = loader.take(2)
    looked["left"][:] = looked["n"][:] = 0
    x, _ = next(iter(loader))
    assert x["left"].any()
    np.testing.assert_array_equal(x["n"], loader.indices(0))
    np.testing.assert_array_equal(other["n"], loader.indices(1))
    assert not pairs.columns["n"].flags.writeable


def test_the_memory_of_a_batch_is_reused_after_its_last_image(pairs):
    loader = Loader(pairs, SIZE, 4, labels=None, prefetch_bytes=0)
    memory = loader._prefetcher.decoder.memory
    x = loader.batch(0, 0)
    assert memory.bytes_in_use == 2 * 4 * ONE
    kept, before = x["right"], x["right"].copy()
    del x
    gc.collect()
    for k in range(6):
        loader.batch(0, k)
    np.testing.assert_array_equal(kept, before)
    assert memory.bytes_in_use == 2 * 4 * ONE
    del kept
    assert memory.bytes_in_use == 0


@pytest.mark.parametrize(("cap", "ahead"), [(0, 0), (1, 1), (16 * ONE - 1, 1), (16 * ONE, 2)])
def test_the_cap_counts_all_images(pairs, cap, ahead):
    loader = Loader(pairs, SIZE, 4, prefetch_bytes=cap)
    look_ahead = loader._prefetcher.look_ahead
    for k, _ in enumerate(loader):
        assert len(look_ahead) == min(ahead, 5 - k)
        assert look_ahead.nbytes == len(look_ahead) * 8 * ONE


def test_the_depth_counts_all_images(pairs, files):
    depths = [Loader(samples, SIZE, 1, threads=8).depth for samples in (pairs, Samples.from_files(files["left"]))]
    assert depths == [16, 32]


def test_a_pickle_and_a_state_go_on(pairs):
    loader, options = Loader(pairs, SIZE, 5, shuffle=True, **RANDOM), {"shuffle": True, **RANDOM}
    expected = list(loader)
    twin = pickle.loads(pickle.dumps(Loader(pairs, SIZE, 5, **options)))
    resumed = Loader(pairs, SIZE, 5, **options)
    resumed.load_state_dict({**resumed.state_dict(), "batch": 2})
    for batches, rest in ((twin, expected), (resumed, expected[2:])):
        for (x, y), (same_x, same_y) in zip(batches, rest, strict=True):
            np.testing.assert_array_equal(y, same_y)
            for name in pairs.input_names:
                np.testing.assert_array_equal(x[name], same_x[name])
    other = Samples.from_files(pairs.image_paths("left"), np.arange(N) / 2)
    with pytest.raises(ValueError, match="different settings: samples"):
        Loader(other, SIZE, 5, **options).load_state_dict(loader.state_dict())


def test_a_figure_shows_the_first_image(pairs, tmp_path):
    loader = Loader(pairs, SIZE, 4)
    figure = loader.show_batch(1, file=tmp_path / "batch.png")
    x, _ = loader.batch(0, 1)
    shown = [np.asarray(cell.images[0].get_array()) for cell in figure.axes if cell.images]
    np.testing.assert_array_equal(shown, x["left"])
    assert [cell.get_title() for cell in figure.axes if cell.images] == ["2", "2.5", "3", "3.5"]


def test_a_subclass_that_takes_the_images_away_has_no_figure(pairs, tmp_path, keras):
    class Others(fastseq.ImageSequence):
        def _peek(self, k, ahead=()):
            x, y = super()._peek(k, ahead)
            return {"n": x["n"]}, y

    with pytest.raises(TypeError, match="show_batch draws batches that are one array of images, not dict"):
        Others(pairs, SIZE, 4).show_batch(file=tmp_path / "batch.png")


def test_a_sequence_has_the_batches_of_a_loader(keras, pairs):
    sequence, loader = fastseq.ImageSequence(pairs, SIZE, 5, **RANDOM), Loader(pairs, SIZE, 5, **RANDOM)
    for (x, y), (same_x, same_y) in zip(sequence, loader, strict=True):
        assert list(x) == list(same_x)
        for name, array in x.items():
            np.testing.assert_array_equal(array, same_x[name])
        np.testing.assert_array_equal(y, same_y)


def test_a_file_that_stalls_is_named(pairs, monkeypatch):
    result = PendingBatch.result

    def stall(self: PendingBatch, seconds: float, on_stall: Callable[[int], None]) -> Any:
        on_stall(6)  # of 8: the right image of sample 2
        return result(self, seconds, on_stall)

    monkeypatch.setattr(PendingBatch, "result", stall)
    with pytest.warns(StalledWarning, match=r"right/002\.jpg' has kept the loader waiting"):
        Loader(pairs, SIZE, 4, prefetch_bytes=0).batch(0, 0)


LEFT = {3: Status.EMPTY, 9: Status.NOT_FOUND, 14: Status.NOT_AN_IMAGE}
RIGHT = {5: Status.NOT_AN_IMAGE, 9: Status.EMPTY, 20: Status.NOT_FOUND}
BAD = {**RIGHT, **LEFT}  # of sample 9 the left image counts
OF_BAD = {row: "left" if row in LEFT else "right" for row in sorted(BAD)}


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory, pairs: Samples) -> Samples:
    """The pairs, six images of five samples spoiled."""
    root = tmp_path_factory.mktemp("dirty")
    files = {}
    for name, bad in (("left", LEFT), ("right", RIGHT)):
        (root / name).mkdir()
        files[name] = [root / name / Path(path).name for path in pairs.image_paths(name)]
        for row, path in enumerate(pairs.image_paths(name)):
            data = {Status.EMPTY: b"", Status.NOT_AN_IMAGE: b"<html>"}.get(bad.get(row, Status.OK))
            if bad.get(row) is not Status.NOT_FOUND:
                files[name][row].write_bytes(Path(path).read_bytes() if data is None else data)
    return Samples.from_files(files, np.arange(N) / 2, columns=COLUMNS)


def loader_of(samples: Samples, **options: Any) -> Loader:
    return Loader(samples, SIZE, **{"batch_size": 6, "shuffle": True, "max_bad": 5, **RANDOM, **options})


def epoch_of(loader: Loader) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BadSamplesWarning)
        return list(loader)


def assert_listed(loader: Loader, samples: Samples) -> None:
    assert {found.index: found.status for found in loader.errors} == BAD
    assert [found.path for found in loader.errors] == [samples.image_paths(name)[row] for row, name in OF_BAD.items()]


def test_an_error_names_the_file_and_the_sample(dirty):
    loader = loader_of(dirty, shuffle=False, max_bad=None)
    with pytest.raises(DecodeError, match=r"left/003\.jpg' \(sample 3\): .*\[EMPTY\]") as caught:
        loader.batch(0, 0)
    assert (caught.value.index, caught.value.path) == (3, dirty.image_paths("left")[3])
    with pytest.raises(DecodeError, match=r"right/020\.jpg' \(sample 20\)"):
        loader.batch(0, 3)
    with pytest.raises(DecodeError, match=r"right/005\.jpg' \(sample 0\)"):  # sample 1 has a bad left image
        Loader(dirty.select([5, 14]), SIZE, 2).batch(0, 0)


def test_a_missing_image_has_a_hint_at_the_file_that_is_meant(tmp_path):
    for name in ("a.jpg", "b.JPG"):
        (tmp_path / name).write_bytes(jpeg(photo(20, 20)))
    samples = Samples.from_files({"left": [tmp_path / "a.jpg"], "right": [tmp_path / "b.jpg"]})
    with pytest.raises(DecodeError, match=r"b\.jpg' .*b\.JPG"):
        Loader(samples, SIZE).batch(0, 0)


@pytest.mark.parametrize("threads", [1, 3])
def test_skip_leaves_the_row_out_of_every_input(dirty, pairs, threads):
    weights = np.arange(N)
    loader = loader_of(dirty, on_error="skip", threads=threads, sample_weight=weights)
    sound = loader_of(pairs, on_error="skip")
    for epoch in range(2):
        for k, ((x, y, w), (good_x, good_y)) in enumerate(zip(epoch_of(loader), epoch_of(sound), strict=True)):
            rows = loader.order.indices(epoch, k)
            kept = ~np.isin(rows, list(BAD))
            for name, array in x.items():
                np.testing.assert_array_equal(array, good_x[name][kept])
            np.testing.assert_array_equal(y, good_y[kept])
            np.testing.assert_array_equal(w, weights[rows][kept])
    assert_listed(loader, dirty)


@pytest.mark.parametrize("options", [{}, {"dtype": "float32", "scale": 1 / 127.5, "offset": -1.0}], ids=str)
def test_fill_blanks_the_bad_images_alone(dirty, pairs, options):
    loader, sound = loader_of(dirty, on_error="fill", **options), loader_of(pairs, on_error="fill", **options)
    for k, ((x, y, w), (good_x, good_y, _)) in enumerate(zip(epoch_of(loader), epoch_of(sound), strict=True)):
        rows = loader.order.indices(0, k)
        np.testing.assert_array_equal(w, ~np.isin(rows, list(BAD)))
        np.testing.assert_array_equal(y, good_y)
        for name, bad in (("left", LEFT), ("right", RIGHT)):
            blank = np.isin(rows, list(bad))
            assert (x[name][blank] == options.get("offset", 0)).all()
            np.testing.assert_array_equal(x[name][~blank], good_x[name][~blank])
        for name in COLUMNS:
            np.testing.assert_array_equal(x[name], good_x[name])
    assert_listed(loader, dirty)


def test_substitutes_are_whole_rows(dirty, pairs):
    whole = loader_of(pairs, on_error="skip", batch_size=N, shuffle=False).batch(0, 0)
    batches = [
        epoch_of(loader_of(dirty, on_error="substitute", **options))
        for options in ({"threads": 1}, {"threads": 4, "prefetch_bytes": 0})
    ]
    order = loader_of(dirty, on_error="skip").order
    for k, ((x, y), (again, _)) in enumerate(zip(*batches, strict=True)):
        rows = order.indices(0, k)
        replaced = np.isin(rows, list(BAD))
        np.testing.assert_array_equal(x["n"][~replaced], rows[~replaced])
        assert not set(x["n"].tolist()) & set(BAD)
        np.testing.assert_array_equal(y, x["n"] / 2)
        for name in pairs.input_names:
            np.testing.assert_array_equal(x[name], whole[0][name][x["n"]])
            np.testing.assert_array_equal(x[name], again[name])


def test_a_batch_of_bad_samples_alone_has_one_substitute(dirty):
    loader = loader_of(dirty.select([3, 5, 9, *range(10, N)]), on_error="skip", shuffle=False, batch_size=3)
    x, y = loader.batch(0, 0)
    assert {len(array) for array in (*x.values(), y)} == {1}
    assert x["n"][0] not in BAD
    assert x["left"].any()
    assert x["right"].any()


def test_a_sample_with_two_bad_images_counts_once(dirty):
    loader = loader_of(dirty, on_error="skip", max_bad=5)
    epoch_of(loader)
    assert loader.state_at(0, len(loader))["bad"] == 5
    with pytest.raises(TooManyBadSamples, match=r"^5 of 24 samples are bad"):
        epoch_of(loader_of(dirty, on_error="skip", max_bad=4))
    asked = []

    def choose(found: fastseq.BadSample) -> str:
        asked.append((found.index, found.path))
        return "fill" if found.index == 9 else "skip"

    epoch_of(loader_of(dirty, on_error=choose))
    assert sorted(asked) == [(row, dirty.image_paths(name)[row]) for row, name in OF_BAD.items()]


def test_the_list_of_bad_files_leaves_their_rows_out(dirty, tmp_path):
    loader = loader_of(dirty, on_error="skip")
    epoch_of(loader)
    loader.errors.write(tmp_path / "bad.jsonl")
    rest = dirty.without(tmp_path / "bad.jsonl")
    assert dirty.without(loader.errors).fingerprint() == rest.fingerprint()
    assert rest.columns["n"].tolist() == [row for row in range(N) if row not in BAD]
    assert sum(len(y) for _, y in Loader(rest, SIZE, 6)) == N - len(BAD)


def test_a_sample_with_recovered_images_is_listed_once(tmp_path):
    good, data = tmp_path / "good.jpg", jpeg(photo(64, 64))
    good.write_bytes(data)
    mended, empty = tmp_path / "mended.jpg", tmp_path / "empty.jpg"
    mended.write_bytes(data[:-40] + bytes(38) + data[-2:])
    empty.write_bytes(b"")
    rows = [(good, good), (mended, mended), (good, mended), (mended, empty), (empty, mended)]
    samples = Samples.from_files(
        {"left": [left for left, _ in rows], "right": [right for _, right in rows]}, [0.0, 1, 2, 3, 4]
    )
    loader = Loader(samples, SIZE, 5, on_error="fill")
    words = r"2 of 5 samples were bad \(2 EMPTY\), and 2 of 5 samples were decoded from damaged data"
    with pytest.warns(BadSamplesWarning, match=words):
        ((x, _, w),) = loader
    assert w.tolist() == [1, 1, 1, 0, 0]
    assert [(found.index, found.status.name, Path(str(found.path)).stem) for found in loader.errors] == [
        (1, "RECOVERED", "mended"),
        (2, "RECOVERED", "mended"),
        (3, "EMPTY", "empty"),
        (4, "EMPTY", "empty"),
    ]
    assert [bool(image.any()) for image in x["left"]] == [True, True, True, True, False]
    assert [bool(image.any()) for image in x["right"]] == [True, True, True, False, True]

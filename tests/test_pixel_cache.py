"""The pixel cache: the same batches whether an image was kept or not, in memory and in a folder."""

from __future__ import annotations

import fcntl
import gc
import multiprocessing
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from hashlib import blake2b
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from images import encoded, jpeg, photo, with_orientation
from PIL import Image
from tar_files import tar

import fastseq
from fastseq import (
    CenterCrop,
    DecodeError,
    Limits,
    Loader,
    RandomFlip,
    RandomResizedCrop,
    Resize,
    Samples,
    SamplesWarning,
    Status,
    decode_batch,
)
from fastseq._native.job import Job, Pool
from fastseq._native.pixel_cache import PixelsInMemory
from fastseq.engine.picture_recipes import picture_recipes
from fastseq.engine.settings import Settings
from fastseq.transforms.resize import PadToAspect

SIZE = (24, 32)
PLACES = ("ram", "folder")
CROP = (RandomResizedCrop(), RandomFlip())
EXACT = ("cv2.linear", "cv2.nearest", "cv2.area", "pil.bilinear", "pil.lanczos", "tf.bilinear", "tf.area")


@pytest.fixture(scope="module")
def paths(tmp_path_factory) -> list[Path]:
    """Files of all kinds: JPEGs of many shapes, colors and orientations, PNGs, and what OpenCV decodes."""
    root = tmp_path_factory.mktemp("kinds")
    contents = [jpeg(photo(40 + 7 * i, 90 - 5 * i, i), subsampling=("4:2:0", "4:4:4")[i % 2]) for i in range(8)]
    contents += [with_orientation(jpeg(photo(50, 70, 20 + i), subsampling="4:2:0"), i) for i in range(1, 9)]
    contents += [jpeg(photo(60, 60, 3), progressive=True), jpeg(photo(45, 31, 4), gray=True)]
    contents += [encoded(photo(41, 67, 5), form) for form in ("png", "webp", "bmp")]
    contents += [encoded(photo(30, 30, 6, channels=1), "png")]
    for i, data in enumerate(contents):
        (root / f"{i:02}").write_bytes(data)
    return sorted(root.iterdir())


def loader_of(samples, place, folder=None, size=SIZE, batch_size=5, bound="50MB", **options) -> Loader:
    if not isinstance(samples, Samples):
        samples = Samples.from_files(samples)
    if place is not None:
        options |= {"pixel_cache": folder if place == "folder" else place, "pixel_cache_bytes": bound}
    return Loader(samples, size, batch_size, **options)


def epoch_of(loader) -> np.ndarray:
    return np.concatenate([batch[0] if isinstance(batch, tuple) else batch for batch in loader])


def assert_same_epochs(ours, theirs, epochs=3) -> None:
    for _ in range(epochs):
        for ours_batch, their_batch in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(ours_batch, their_batch)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"transform": RandomFlip(), "interpolation": "linear"},
        {"transform": (RandomFlip(), RandomFlip("vertical")), "interpolation": "pil.bicubic", "color": "bgr"},
        {"transform": (Resize(40), CenterCrop(SIZE)), "color": "gray", "dtype": "float32", "preset": None},
        {"transform": (CenterCrop((30, 30)), RandomFlip()), "preset": "torch", "dtype": "float32"},
        {"transform": RandomFlip(), "preset": "caffe", "dtype": "float16", "data_format": "channels_first"},
        {"interpolation": "cv2.area", "orient": "none", "dtype": "uint16"},
        {"interpolation": "cv2.linear", "orient": "landscape", "color": "pil.gray"},
        {"interpolation": "tf.bilinear", "dtype": "float32", "transform": RandomFlip()},
        {"interpolation": "tf.area", "transform": (PadToAspect(), RandomFlip())},
        {"interpolation": "tf.nearest", "dtype": "float32", "scale": 2.0, "offset": 1.0, "transform": CROP},
        *({"interpolation": name, "transform": CROP} for name in EXACT),
        {"interpolation": "pil.bilinear", "color": "pil.rgb", "transform": CROP, "orient": "landscape"},
        {"interpolation": "cv2.linear", "color": "gray", "transform": CROP, "strict": False},
        {"interpolation": "cv2.linear", "transform": (RandomFlip(), Resize(40), CenterCrop(SIZE)), "dtype": "float64"},
    ],
    ids=repr,
)
def test_batches_are_those_without_a_cache(paths, tmp_path, place, options):
    cached = loader_of(paths, place, tmp_path, shuffle=True, **options)
    assert_same_epochs(cached, loader_of(paths, None, shuffle=True, **options))


@pytest.mark.parametrize("interpolation", ["antialias", "linear"])
def test_a_kept_image_gives_the_pixels_of_one_that_is_not_kept(paths, tmp_path, interpolation):
    options = {"interpolation": interpolation, "transform": CROP, "shuffle": True, "dtype": "float32"}
    unkept = [epoch_of(each) for each in [loader_of(paths, "ram", bound=1, **options)] for _ in range(3)]
    for place, bound in (("ram", "50MB"), ("folder", "50MB"), ("ram", 30_000)):
        loader = loader_of(paths, place, tmp_path, bound=bound, **options)
        np.testing.assert_array_equal([epoch_of(loader) for _ in range(3)], unkept)


@pytest.mark.parametrize(("interpolation", "filters"), [("antialias", "pil.bilinear"), ("linear", "cv2.linear")])
@pytest.mark.parametrize("size", [(24, 32), (120, 90)])
def test_random_crops_keep_the_promise_of_their_filter(paths, interpolation, filters, size):
    options = {"size": size, "transform": CROP, "batch_size": 1}
    kept = loader_of(paths, "ram", interpolation=interpolation, **options)
    plain = loader_of(paths, None, interpolation=interpolation, **options)
    exact = loader_of(paths, None, interpolation=filters, **options)
    for _ in range(4):
        for ours, theirs, promised in zip(kept, plain, exact, strict=True):
            assert cv2.PSNR(ours, promised) >= min(45, cv2.PSNR(theirs, promised) - 1)


def test_masks_keep_their_ids(tmp_path):
    for i in range(3):
        mask = Image.fromarray(np.random.default_rng(i).integers(0, 20, (37, 41)).astype(np.uint8), "P")
        mask.putpalette(bytes(range(255, 255 - 60, -1)))
        mask.save(tmp_path / f"{i}.png")
    paths = sorted(tmp_path.glob("*.png"))
    options = {"color": "index", "interpolation": "pil.nearest", "transform": CROP}
    assert_same_epochs(loader_of(paths, "ram", **options), loader_of(paths, None, **options))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_images_of_16_bits_are_decoded_as_ever(tmp_path, dtype, recwarn):
    cv2.imwrite(str(tmp_path / "deep.png"), np.random.default_rng(0).integers(0, 65536, (40, 40, 3), np.uint16))
    options = {"interpolation": "cv2.linear", "transform": CROP, "dtype": dtype}
    kept, plain = (loader_of([tmp_path / "deep.png"], place, **options) for place in ("ram", None))
    assert_same_epochs(kept, plain)


def test_every_process_is_told_of_lost_bits(tmp_path):
    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 65536, (40, 40, 3), np.uint16))
    for _ in range(2):
        with pytest.warns(UserWarning, match="16"):
            epoch_of(loader_of([path], "folder", tmp_path))


def copies(paths, folder) -> list[Path]:
    folder.mkdir()
    return [Path(shutil.copy(path, folder)) for path in paths]


@pytest.mark.parametrize("place", PLACES)
def test_what_is_kept_is_not_read_again(paths, tmp_path, place):
    files = copies(paths, tmp_path / "files")
    loader = loader_of(files, place, tmp_path, transform=CROP, interpolation="cv2.linear")
    expected = loader_of(paths, None, transform=CROP, interpolation="cv2.linear")
    np.testing.assert_array_equal(epoch_of(loader), epoch_of(expected))
    np.testing.assert_array_equal(epoch_of(loader), epoch_of(expected))  # by now each process has looked for changes
    for file in files:
        file.unlink()
    np.testing.assert_array_equal(epoch_of(loader), epoch_of(expected))


@pytest.mark.filterwarnings("ignore::fastseq.BadSamplesWarning")
def test_what_does_not_fit_is_decoded_each_time(paths, tmp_path):
    files = copies(paths, tmp_path / "files")
    loader = loader_of(files, "ram", bound=5 * (64 + 24 * 32 * 3), on_error="skip", max_bad=1.0, labels=None)
    epoch_of(loader)
    for file in files:
        file.unlink()
    epoch_of(loader)
    assert [error.status for error in loader.errors] == [Status.NOT_FOUND] * (len(files) - 5)


def test_the_bound_of_a_folder_is_that_of_all_that_is_in_it(paths, tmp_path):
    for size in (SIZE, (20, 20), (30, 30)):
        epoch_of(loader_of(paths, "folder", tmp_path, size=size, bound=40_000))
        assert 0 < sum(path.stat().st_size for path in tmp_path.rglob("*.data")) <= 40_000


def test_another_loader_finds_what_is_in_the_folder(paths, tmp_path, monkeypatch):
    first = loader_of(paths, "folder", tmp_path, transform=RandomFlip())
    whole = epoch_of(first)
    before = {path.name: path.stat().st_size for path in tmp_path.rglob("*.data")}
    second = loader_of(
        paths, "folder", tmp_path, transform=RandomFlip(), dtype="float32"
    )  # another scale, same pictures
    np.testing.assert_array_equal(epoch_of(second), whole)
    assert {path.name: path.stat().st_size for path in tmp_path.rglob("*.data")} == before
    third = loader_of(paths, "folder", tmp_path, transform=RandomFlip(), color="bgr")
    np.testing.assert_array_equal(epoch_of(third), whole[..., ::-1])
    assert len(list(tmp_path.rglob("*.data"))) == 2


def test_a_file_that_changed_is_decoded_anew(paths, tmp_path):
    files = copies(paths, tmp_path / "files")
    epoch_of(loader_of(files, "folder", tmp_path))
    data = jpeg(photo(60, 60, 99))
    files[3].write_bytes(data)
    for _ in range(2):
        np.testing.assert_array_equal(epoch_of(loader_of(files, "folder", tmp_path)), decode_batch(files, SIZE))
    files[3].unlink()
    with pytest.raises(DecodeError) as caught:
        epoch_of(loader_of(files, "folder", tmp_path))
    assert caught.value.status == Status.NOT_FOUND


def test_a_shard_that_changed_is_told_of(tmp_path):
    images = [jpeg(photo(40, 40, i)) for i in range(4)]
    shard = tmp_path / "a.tar"
    shard.write_bytes(tar([(f"{i}.jpg", data) for i, data in enumerate(images)]))
    samples = Samples.from_tar(shard)
    np.testing.assert_array_equal(epoch_of(loader_of(samples, "folder", tmp_path)), decode_batch(images, SIZE))
    np.testing.assert_array_equal(epoch_of(loader_of(samples, "folder", tmp_path)), decode_batch(images, SIZE))
    shard.write_bytes(tar([(f"{i}.jpg", data) for i, data in enumerate(reversed(images))]))
    with pytest.raises(DecodeError) as caught:
        epoch_of(loader_of(samples, "folder", tmp_path))
    assert caught.value.status == Status.CHANGED


@pytest.mark.filterwarnings("ignore::fastseq.BadSamplesWarning")
@pytest.mark.parametrize("place", PLACES)
def test_bad_and_recovered_images_are_told_of_in_each_epoch(paths, tmp_path, place):
    files = copies(paths[:8], tmp_path / "files")
    whole = files[2].read_bytes()
    files[2].write_bytes(whole[: len(whole) // 2])
    damaged = bytearray(files[5].read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 8] = b"\xff\xd5" + damaged[middle + 2 : middle + 8]
    files[5].write_bytes(damaged)
    samples = Samples.from_files(files, list(range(8)))
    options = {"on_error": "fill", "max_bad": 5, "interpolation": "cv2.linear"}
    cached, plain = loader_of(samples, place, tmp_path, transform=CROP, **options), loader_of(samples, None, **options)
    expected = np.concatenate([weights for _, _, weights in plain])
    for _ in range(3):
        np.testing.assert_array_equal(np.concatenate([weights for _, _, weights in cached]), expected)
    told = [(error.index, error.status) for error in plain.errors]
    assert {status for _, status in told} == {Status.TRUNCATED, Status.RECOVERED}
    assert [(error.index, error.status) for error in cached.errors] == told


@pytest.fixture(scope="module")
def stored(paths, tmp_path_factory) -> tuple[Path, np.ndarray, str, str]:
    """A folder of pictures; the batch; the names of its files."""
    folder = tmp_path_factory.mktemp("stored")
    images = epoch_of(loader_of(paths, "folder", folder, transform=CROP))
    data, records = (next(folder.rglob(pattern)) for pattern in ("*.data", "*.map"))
    return folder, images, data.name, records.name


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_damaged_folder_gives_no_wrong_pixel(stored, paths, tmp_path_factory, data):
    folder, images, pictures, records = stored
    damaged = tmp_path_factory.mktemp("damaged")
    shutil.copytree(folder, damaged, dirs_exist_ok=True)
    file = damaged / "fastseq-pixels" / data.draw(st.sampled_from([pictures, records, "used"]))
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        match data.draw(st.sampled_from(["set", "cut", "copy"])):
            case "set":
                content[at : at + 9] = data.draw(st.binary(max_size=9))
            case "cut":
                del content[at:]
            case "copy":
                content[at : at + 48] = content[: data.draw(st.integers(0, 480))][-48:]
    file.write_bytes(content)
    for _ in range(2):
        loader = loader_of(paths, "folder", damaged, transform=CROP)
        np.testing.assert_array_equal(epoch_of(loader), images)


def test_records_of_other_cells_are_none(stored, paths, tmp_path):
    folder, images, _, records = stored
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "fastseq-pixels" / records
    content = file.read_bytes()
    file.write_bytes(content[48:] + content[:48])
    np.testing.assert_array_equal(epoch_of(loader_of(paths, "folder", tmp_path, transform=CROP)), images)


@pytest.mark.parametrize("interpolation", ["antialias", "cv2.linear"])
def test_images_that_are_too_large_are_decoded_as_ever(tmp_path, interpolation):
    """The bound of a picture is that of the memory of a thread, where this is the lower one."""
    for name, form in (("a", "jpeg"), ("b", "webp")):
        (tmp_path / name).write_bytes(encoded(photo(220, 260, 1), form))
    files = [tmp_path / name for name in "ab"]
    options = {"interpolation": interpolation, "transform": CROP, "limits": Limits(memory_bytes=150_000)}
    kept, plain = loader_of(files, "ram", **options), loader_of(files, None, **options)
    assert_same_epochs(kept, plain)
    assert kept._pixels.nbytes == 0


def test_a_stopped_process_is_not_waited_for(paths, tmp_path):
    """One that holds the lock of the folder: nothing is stored meanwhile."""
    loader = loader_of(paths, "folder", tmp_path)
    with (tmp_path / "fastseq-pixels" / "used").open("rb") as used:
        fcntl.flock(used, fcntl.LOCK_EX)
        np.testing.assert_array_equal(epoch_of(loader), decode_batch(paths, SIZE))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.data")) == 0
    np.testing.assert_array_equal(epoch_of(loader), decode_batch(paths, SIZE))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.data")) > 0


def test_room_is_made_of_what_was_not_used_for_a_day(paths, tmp_path):
    epoch_of(loader_of(paths, "folder", tmp_path))
    gc.collect()
    old = next(tmp_path.rglob("*.data"))
    os.utime(old, (0, 0))
    epoch_of(loader_of(paths, "folder", tmp_path, size=(20, 20), bound=60_000))
    assert not old.exists()


def test_a_folder_that_cannot_be_is_warned_of(paths, tmp_path):
    (tmp_path / "file").touch()
    with pytest.warns(SamplesWarning, match="cannot be used"):
        loader = loader_of(paths, "folder", tmp_path / "file")
    np.testing.assert_array_equal(epoch_of(loader), decode_batch(paths, SIZE))


READER = textwrap.dedent("""
    import sys, warnings
    from hashlib import blake2b
    import numpy as np
    from fastseq import Loader, RandomFlip, RandomResizedCrop, Samples

    folder, seed, limit, *paths = sys.argv[1:]
    if int(limit):
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    loader = Loader(Samples.from_files(paths), (24, 32), 3, shuffle=True, seed=int(seed), threads=2,
                    transform=(RandomResizedCrop(), RandomFlip()), pixel_cache=folder, pixel_cache_bytes="50MB")
    for _ in range(3):
        for batch in loader:
            print(blake2b(batch.tobytes(), digest_size=8).hexdigest(), flush=True)
""")


def start(folder, seed, paths, limit=0, **options) -> subprocess.Popen:
    command = [sys.executable, "-c", READER, folder, str(seed), str(limit), *paths]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def digests(paths, seed) -> list[str]:
    loader = loader_of(paths, "ram", batch_size=3, shuffle=True, seed=seed, transform=CROP)
    return [blake2b(batch.tobytes(), digest_size=8).hexdigest() for _ in range(3) for batch in loader]


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=pytest.mark.soak)])
def test_killed_processes_leave_no_wrong_picture(paths, tmp_path, kills):
    numbers = random.Random(0)
    for _ in range(0, kills, 3):
        programs = [(seed, start(tmp_path, seed, paths)) for seed in (1, 2, 3)]
        for seed, program in programs:
            expected = digests(paths, seed)
            lines = [program.stdout.readline().strip() for _ in range(numbers.randrange(1, 10))]
            assert lines == expected[: len(lines)]
            program.send_signal(signal.SIGKILL)
            program.communicate(timeout=60)
    ours, theirs = (start(tmp_path, 4, paths) for _ in range(2))
    for program in (ours, theirs):
        assert program.communicate(timeout=60)[0].split() == digests(paths, 4)


def test_a_full_disk_costs_no_picture(paths, tmp_path):
    program = start(tmp_path, 1, paths, limit=20_000, stderr=subprocess.PIPE)
    out, err = program.communicate(timeout=60)
    assert out.split() == digests(paths, 1)
    assert err.count("cannot be kept") == 1


@pytest.mark.parametrize("place", PLACES)
def test_shards_that_are_read_by_blocks(tmp_path, place):
    for shard in range(3):
        members = [(f"{i}.jpg", jpeg(photo(40, 50, 10 * shard + i))) for i in range(9)]
        (tmp_path / f"{shard}.tar").write_bytes(tar(members))
    samples = Samples.from_tar(tmp_path / "{0..2}.tar")
    options = {"shuffle": "blocks", "transform": CROP, "interpolation": "cv2.linear"}
    assert_same_epochs(loader_of(samples, place, tmp_path, **options), loader_of(samples, None, **options))


def test_the_views_of_a_sample_draw_on_their_own(paths):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"left": [*map(str, paths)], "right": [*map(str, reversed(paths))]})
    samples = Samples.from_dataframe(table, image=["left", "right"], label=None)
    options = {"transform": CROP, "interpolation": "cv2.linear"}
    kept, plain = (loader_of(samples, place, **options) for place in ("ram", None))
    for _ in range(2):
        for ours, theirs in zip(kept, plain, strict=True):
            for name in ("left", "right"):
                np.testing.assert_array_equal(ours[name], theirs[name])


def test_jobs_check_their_pictures():
    settings = Settings(SIZE, CROP)
    recipes = picture_recipes(settings)
    cells, draws, out = np.zeros(1, np.int64), np.empty((1, 23)), np.empty(SIZE[0] * SIZE[1] * 3, np.uint8)

    def job(picture=recipes.picture, slot=recipes.slot, cells=cells):
        pictures = PixelsInMemory(1, 100), picture, slot, cells
        return Job(Pool(1), Settings(SIZE).recipe, out, draws[:, :22], [b""], pictures=pictures)

    for wrong in ({"cells": np.zeros(2, np.int64)}, {"picture": settings.recipe}, {}):
        with pytest.raises(ValueError, match="cells"):
            job(**wrong)


@pytest.mark.parametrize("place", PLACES)
def test_a_forked_child_and_a_pickled_copy_have_the_same_batches(paths, tmp_path, place):
    loader = loader_of(paths, place, tmp_path, transform=CROP)
    expected = [epoch_of(loader) for _ in range(2)]
    copy = pickle.loads(pickle.dumps(loader_of(paths, place, tmp_path, transform=CROP)))
    np.testing.assert_array_equal([epoch_of(copy) for _ in range(2)], expected)
    loader.set_epoch(0)

    def child(pipe) -> None:
        pipe.send_bytes(np.array([epoch_of(loader) for _ in range(2)]).tobytes())

    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=child, args=(theirs,))
    process.start()
    assert ours.poll(60)
    assert ours.recv_bytes() == np.array(expected).tobytes()
    process.join(60)
    assert process.exitcode == 0


def test_a_part_of_the_samples_finds_the_pictures_of_all(paths, tmp_path):
    samples = Samples.from_files(paths)
    epoch_of(loader_of(samples, "folder", tmp_path))
    size = sum(path.stat().st_size for path in tmp_path.rglob("*.data"))
    part = samples[3:9]
    np.testing.assert_array_equal(epoch_of(loader_of(part, "folder", tmp_path)), decode_batch(paths[3:9], SIZE))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.data")) == size


def test_image_sequence_takes_it(paths):
    sequence = fastseq.ImageSequence(Samples.from_files(paths), SIZE, 4, pixel_cache="ram", pixel_cache_bytes="1MB")
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate([*sequence]), decode_batch(paths, SIZE))


def test_images_in_memory(paths):
    datasets = pytest.importorskip("datasets")
    files = [path.read_bytes() for path in paths]
    rows = datasets.Dataset.from_dict({"image": files, "label": list(range(len(files)))})
    samples = Samples.from_huggingface(rows.cast_column("image", datasets.Image(decode=False)))
    kept, plain = (loader_of(samples, place, transform=RandomFlip(), labels=None) for place in ("ram", None))
    assert_same_epochs(kept, plain)
    with pytest.raises(ValueError, match="held in memory"):
        loader_of(samples, "folder", "x")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"pixel_cache_bytes": 5}, ValueError, "pass its place too"),
        ({"pixel_cache": "ram"}, ValueError, "how much memory"),
        ({"pixel_cache": 7}, TypeError, "path of a folder"),
        ({"pixel_cache": ""}, ValueError, "folder on a local disk"),
        ({"pixel_cache": "s3://bucket/x"}, ValueError, "folder on a local disk"),
        ({"pixel_cache": "ram", "pixel_cache_bytes": "much"}, ValueError, "pixel_cache_bytes"),
    ],
)
def test_impossible_arguments(paths, options, error, text):
    with pytest.raises(error, match=text):
        Loader(Samples.from_files(paths), SIZE, **options)


def test_a_state_says_whether_images_are_resampled_from_pixels(paths):
    plain, kept = loader_of(paths, None, transform=CROP), loader_of(paths, "ram", transform=CROP)
    with pytest.raises(ValueError, match="pixel_cache"):
        kept.load_state_dict(plain.state_dict())
    exact = {"transform": CROP, "interpolation": "cv2.linear"}
    loader_of(paths, "ram", **exact).load_state_dict(loader_of(paths, None, **exact).state_dict())

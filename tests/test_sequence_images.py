"""compat.Sequence: what `images` returns, and that forks and exits are silent."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from images import encoded, photo
from programs import PYTHON

import fastseq

SIZE = (20, 30)


@pytest.fixture(scope="module")
def dataset(keras):
    from fastseq.compat import Sequence

    class Empty(Sequence):
        def __len__(self):
            return 0

    return Empty()


@pytest.fixture
def paths(samples) -> list[str]:
    return list(samples.paths())[:7]


def test_images_equal_decode_batch(dataset, paths):
    options = [
        {},
        {"color": "bgr", "interpolation": "cv2.linear", "orient": "landscape", "threads": 1},
        {"dtype": "float64", "scale": 1 / 255, "offset": -0.5, "data_format": "channels_first"},
        {"transform": [fastseq.RandomFlip(), fastseq.RandomResizedCrop()], "seed": 5, "strict": False},
        {"color": "gray", "limits": fastseq.Limits(pixels=10**6)},
    ]
    for chosen in options:
        images = dataset.images(paths, SIZE, **chosen)
        expected = fastseq.decode_batch(paths, SIZE, **chosen)
        assert images.dtype == expected.dtype
        np.testing.assert_array_equal(images, expected)
        assert images.ctypes.data % 64 == 0


def test_images_accepts_file_contents(dataset, paths):
    image = photo(40, 50)
    data = [Path(path).read_bytes() for path in paths]
    images = dataset.images([*data, encoded(image, "png"), paths[0]], SIZE)
    np.testing.assert_array_equal(images[:7], dataset.images(iter(paths), SIZE))
    np.testing.assert_array_equal(images[8], images[0])


def test_an_attribute_that_would_hide_the_method_is_refused(keras):
    from fastseq.compat import Sequence

    class Photos(Sequence):
        def __init__(self, images, labels):
            super().__init__()
            self.images, self.labels = images, labels

    with pytest.raises(AttributeError, match=r"images is the method .* rename yours, .* self\.image_paths"):
        Photos(["a.jpg"], [0])


def test_an_empty_list_gives_an_empty_batch(dataset):
    assert dataset.images([], SIZE).shape == (0, *SIZE, 3)


def test_a_bad_image_is_named(dataset, paths, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"?")
    with pytest.raises(fastseq.DecodeError, match=r"bad\.jpg") as caught:
        dataset.images([*paths[:2], tmp_path / "bad.jpg"], SIZE)
    assert (caught.value.path, caught.value.index) == (tmp_path / "bad.jpg", 2)
    with pytest.raises(ValueError, match="interpolation must be one of"):
        dataset.images(paths, SIZE, interpolation="best")


def test_random_transforms_use_numpys_global_generator(dataset, paths):
    def batches():
        np.random.seed(4)
        return [dataset.images(paths, SIZE, transform=fastseq.RandomResizedCrop()) for _ in range(2)]

    first, second = batches()
    assert (first != second).any()
    np.testing.assert_array_equal(batches(), [first, second])
    before = np.random.get_state()[2]
    dataset.images(paths, SIZE)
    assert np.random.get_state()[2] == before


def test_a_held_batch_does_not_change(dataset, paths):
    held = [dataset.images([path], SIZE) for path in paths * 3]
    for batch, path in zip(held, paths * 3, strict=True):
        np.testing.assert_array_equal(batch, fastseq.decode_batch([path], SIZE))


PROGRAM = """
import os, sys
os.environ["KERAS_BACKEND"] = "numpy"
import numpy as np
from fastseq.compat import Sequence
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter
class Files(Sequence):
    def __len__(self):
        return 12
    def __getitem__(self, k):
        return self.images(sys.argv[1:][2 * k : 2 * k + 2], (16, 16))
files = Files(workers=3)
batches = iter(PyDatasetAdapter(files).get_numpy_iterator())
first = [next(batches) for _ in range(5)]
"""


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "raise SystemExit",
        "files.on_epoch_end()",
        "del files",
        """
pid = os.fork()
twin = list(PyDatasetAdapter(files).get_numpy_iterator())
rest = list(batches)
assert len(twin) == 12 and len(rest) == 7
assert all((a[0] == b[0]).all() for a, b in zip(first + rest, twin, strict=True))
if pid:
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
""",
    ],
)
def test_exiting_and_forking_mid_epoch_is_silent(samples, rest):
    command = [*PYTHON, "-c", PROGRAM + rest]
    ran = subprocess.run([*command, *samples.paths()], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")

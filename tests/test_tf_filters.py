"""The tf.* filters and their reference against the installed TensorFlow, run by tf.data."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from images import encoded, jpeg, photo
from reference import geometry as g
from reference.geometry import upright
from reference.pixels import decode_cv2
from reference.tf_resize import METHODS, resize_tf

import fastseq
from fastseq.transforms import CropToAspect, PadToAspect, Transform

EXACT = ("nearest", "bilinear")
NEAR = 1e-3  # of a gray level
FOLDER = Path(os.environ.get("FASTSEQ_CORPUS", ""))
ROWS: list[dict[str, Any]] = (
    [json.loads(line) for line in (FOLDER / "manifest.jsonl").read_text().splitlines()]
    if "FASTSEQ_CORPUS" in os.environ
    else []
)
CLEAN = [row for row in ROWS if row["status"].get("djpeg") == "ok" and row["header"].get("ncomp") != 4]
SHAPES = [(1, 1), (2, 90), (61, 40), (128, 128), (500, 375), (333, 1000)]
SIZES = [(1, 1), (7, 300), (64, 64), (131, 97), (224, 224)]
# How Keras's loader fits images to a size, and the equivalent transforms.
KINDS: dict[str, list[Transform]] = {"plain": [], "crop": [CropToAspect()], "pad": [PadToAspect()]}

Floats = npt.NDArray[Any]


@pytest.fixture(scope="module")
def tf() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        patch.setenv("CUDA_VISIBLE_DEVICES", "-1")
        module: ModuleType = importlib.import_module("tensorflow")
        return module


def resized(
    tf: Any, files: Sequence[bytes], size: tuple[int, int], channels: int = 3, *, png: bool = False
) -> list[dict[str, Floats]]:
    """Return each method's result for each file, from a map traced with unknown image shapes."""

    def load(data: Any) -> dict[str, Any]:
        if png:
            image = tf.image.decode_image(data, channels=channels, expand_animations=False)
        else:
            image = tf.io.decode_jpeg(data, channels=channels, dct_method="INTEGER_ACCURATE")
        return {m: tf.cast(tf.image.resize(image, size, method=m), tf.float32) for m in METHODS}

    return list(tf.data.Dataset.from_tensor_slices(list(files)).map(load).as_numpy_iterator())


def differences(made: Floats, expected: Floats, method: str) -> str:
    """Describe differences beyond the documented tolerance; empty if there are none."""
    assert made.dtype == expected.dtype == np.float32
    assert made.shape == expected.shape
    worst = float(np.abs(made - expected).max())
    return "" if worst <= (0 if method in EXACT else NEAR) else f"{method} differs by {worst}"


def native(source: bytes | Path, size: tuple[int, int], method: str, **options: Any) -> Floats:
    return fastseq.decode_batch([source], size, interpolation=f"tf.{method}", dtype="float32", **options)[0]


@pytest.mark.parametrize("color", ["rgb", "gray"])
@pytest.mark.parametrize("size", SIZES)
def test_filters_and_their_reference(tf: ModuleType, size: tuple[int, int], color: str) -> None:
    files = [
        jpeg(photo(*shape, seed=seed), 92, "4:2:0", gray=gray)
        for seed, shape in enumerate(SHAPES)
        for gray in (False, True)
    ]
    for data, expected in zip(files, resized(tf, files, size, 1 if color == "gray" else 3), strict=True):
        image = decode_cv2(data, color)  # type: ignore[arg-type]
        for method in METHODS:
            assert not differences(native(data, size, method, color=color), expected[method], method)
            assert not differences(resize_tf(image, size, method), expected[method], method)


@pytest.mark.parametrize("tag", range(1, 9))
def test_orientation_is_applied_before_resizing(tf: ModuleType, tag: int) -> None:
    stored = [jpeg(photo(*shape, seed=tag), 92, "4:4:4", orientation=tag) for shape in SHAPES[1:]]
    turned = [np.ascontiguousarray(upright(decode_cv2(data, orient="none"), tag)) for data in stored]
    expected = resized(tf, [encoded(image, "png") for image in turned], (97, 61), png=True)
    for data, by_method in zip(stored, expected, strict=True):
        for method in METHODS:
            assert not differences(native(data, (97, 61), method), by_method[method], method)


@pytest.mark.parametrize("size", [(32, 32), (30, 50), (61, 20)])
@pytest.mark.parametrize(
    ("kind", "method"),
    # Keras does not crop for these two.
    [(k, m) for k in KINDS for m in METHODS if k != "crop" or m not in ("gaussian", "mitchellcubic")],
)
def test_image_dataset_from_directory(
    tf: ModuleType, keras: Any, tmp_path: Path, method: str, kind: str, size: tuple[int, int]
) -> None:
    rng = np.random.default_rng(size[1])
    shapes = [(64, 64), (1, 1), (3, 4), (90, 61), (61, 90)] + [tuple(rng.integers(20, 200, 2)) for _ in range(12)]
    for k, shape in enumerate(shapes):
        (tmp_path / f"{k:02}.png").write_bytes(encoded(photo(*shape, seed=k), "png"))
    options = {} if kind == "plain" else {f"{kind}_to_aspect_ratio": True}
    dataset = keras.utils.image_dataset_from_directory(
        tmp_path, labels=None, image_size=size, batch_size=None, shuffle=False, interpolation=method, **options
    )
    for path, expected in zip(sorted(tmp_path.iterdir()), dataset.as_numpy_iterator(), strict=True):
        made = native(path, size, method, transform=KINDS[kind])
        assert not differences(made, expected.astype(np.float32), method), path.name


def test_crop_and_padding_sizes(tf: Any) -> None:
    """The reference computes sides in float32 like TensorFlow, which matters for large sizes."""
    rng = np.random.default_rng(3)
    count = 20000
    height, width, out_height, out_width = (np.exp(rng.uniform(0, 9.5, (4, count)))).astype(np.int32)
    tall = tf.cast(tf.cast(width * out_height, "float32") / tf.cast(out_width, "float32"), "int32").numpy()
    ratio = tf.maximum(
        *(tf.cast(a, "float32") / tf.cast(b, "float32") for a, b in ((width, out_width), (height, out_height)))
    )
    left = tf.cast(tf.floor(tf.cast(height, "float32") / ratio), "int32").numpy()
    for k in range(count):
        h, w, size = int(height[k]), int(width[k]), (int(out_height[k]), int(out_width[k]))
        assert g.kept_part(h, w, *size, True)[0] == max(min(h, tall[k]), 1)
        assert g.follow([g.pad_to_aspect()], [], h, w, size)[0].length == max(left[k], 1)


@pytest.mark.skipif("FASTSEQ_CORPUS" not in os.environ, reason="FASTSEQ_CORPUS is not set")
@pytest.mark.parametrize("size", [(97, 131), pytest.param((224, 160), marks=pytest.mark.soak)])
def test_clean_files_of_the_corpus(tf: ModuleType, size: tuple[int, int]) -> None:
    wrong = {}
    for begin in range(0, len(CLEAN), 20):
        rows = CLEAN[begin : begin + 20]
        files = [(FOLDER / row["path"]).read_bytes() for row in rows]
        for row, data, expected in zip(rows, files, resized(tf, files, size), strict=True):
            found = [differences(native(data, size, m, orient="none"), expected[m], m) for m in METHODS]
            if any(found):
                wrong[row["path"]] = [words for words in found if words]
    assert not wrong

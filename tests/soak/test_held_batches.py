"""Held batches do not change, however many batches come after them."""

from __future__ import annotations

import pytest
from images import folder
from programs import run

pytestmark = pytest.mark.soak

HELD = """
from zlib import crc32
samples = fastseq.Samples.from_directory(sys.argv[1])
def loader():
    return fastseq.Loader(samples, (32, 32), 4, shuffle=True, labels=None, prefetch_bytes=1 << 22)

def tensorflow():
    import tensorflow as tf
    from fastseq.compat import image_dataset_from_directory
    dataset = image_dataset_from_directory(sys.argv[1], image_size=(32, 32), batch_size=4, verbose=False, seed=1)
    return (x for _ in iter(int, 1) for x, _ in dataset)

def torch():
    import torch
    return (torch.from_numpy(x) for _ in iter(int, 1) for x in loader())

def numpy():
    return (x for _ in iter(int, 1) for x in loader())

batches = {"numpy": numpy, "tensorflow": tensorflow, "torch": torch}[sys.argv[2]]()
held = [(crc32(np.asarray(x).tobytes()), x) for x, _ in zip(batches, range(1000))]
for _, x in zip(range(10_000), batches):
    assert np.asarray(x).shape == (4, 32, 32, 3)
assert all(crc32(np.asarray(x).tobytes()) == before for before, x in held)
assert len({np.asarray(x).ctypes.data for _, x in held}) == 1000
"""


@pytest.mark.parametrize("library", ["numpy", "tensorflow", "torch"])
def test_a_thousand_held_batches_do_not_change(tmp_path, library, figure, monkeypatch):
    for name, value in {"KERAS_BACKEND": "numpy", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}.items():
        monkeypatch.setenv(name, value)
    root = folder(tmp_path / "tree", ("a", "b"), 250)
    ran = run(HELD, str(root), library, timeout=1800)
    assert ran.returncode == 0, ran.stderr
    figure("1,000 batches unchanged through 10,000 more")

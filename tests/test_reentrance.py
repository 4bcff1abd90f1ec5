"""A signal handler, or a finalizer, may ask for a batch or cancel batches wherever it interrupts fastseq.

Were a lock held at one of those places, the thread that holds it would wait for itself: the program would not end.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from images import encoded, jpeg, photo
from programs import TIMEOUT

START = """
import itertools, os, sys
os.environ |= {"KERAS_BACKEND": "numpy", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
sys.path.insert(0, os.path.dirname(sys.argv[0]))
import numpy as np
import fastseq
from reentrance import called_at_every_line

root, size = sys.argv[1], (16, 20)
samples = fastseq.Samples.from_directory(root)
paths = list(samples.paths())
expected = [fastseq.decode_batch(paths[3 * k : 3 * k + 3], size) for k in range(4)]
turn = itertools.cycle(range(4))

def check(k, images):
    assert images.shape == expected[k].shape, (k, images.shape)
    assert (images == expected[k]).all(), k

def run(call, load):
    with called_at_every_line(call) as lines:
        for _ in range(2):
            load()
    assert len(lines) > 40, lines
"""

LOADER = """
loader = fastseq.Loader(samples, size, 3, labels=None, threads=2)

def ask(k):
    check(k, loader.batch(0, k, [(0, (k + 1) % 4), (0, (k + 2) % 4)]))

def load():
    for k in range(4):
        ask(k)
    for k, images in enumerate(loader):
        check(k, images)
    loader.close()
"""
DATA_LOADER = """
loader = fastseq.DataLoader(paths, 3, size=size, threads=2)

def load():
    for k, images in enumerate(loader):
        check(k, images)
"""
SEQUENCE = """
from fastseq.compat import Sequence
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

class Files(Sequence):
    def __len__(self):
        return 4

    def __getitem__(self, k):
        return (self.images(paths[3 * k : 3 * k + 3], size),)

    def on_epoch_end(self):
        pass

files = Files(workers=2)

def as_keras():
    return PyDatasetAdapter(files, shuffle=False).get_numpy_iterator()

def load():
    for k, batch in enumerate(as_keras()):
        check(k, batch[0])
    files.on_epoch_end()
    check(2, files[2][0])
"""
GENERATOR = """
from fastseq.compat import ImageDataGenerator
flow = ImageDataGenerator(horizontal_flip=True).flow_from_directory(root, target_size=size, batch_size=3)

def load():
    for k in range(4):
        assert flow[k][0].shape == (3, *size, 3)
"""
DATASET = """
from fastseq.compat.image_dataset.batches import DatasetBatches
from fastseq.engine.settings import Settings
batches = DatasetBatches(Settings(size), 3)
files = [np.array([os.fsencode(path) for path in paths[3 * k : 3 * k + 3]], object) for k in range(4)]

def ask(k):
    tickets = [(k, batches.begin(files[k])), ((k + 1) % 4, batches.begin(files[(k + 1) % 4]))]
    for k, ticket in tickets:
        images, errors = batches.finish(ticket, files[k])
        assert k in (0, 3) or ((images == expected[k]).all() and not any(errors))

def load():
    for k in range(4):
        ask(k)
"""
ALL = f"""{SEQUENCE}
loader = fastseq.Loader(samples, size, 3, labels=None)

def load():
    for k, images in enumerate(loader):
        check(k, images)
    check(0, fastseq.decode_batch(paths[:3], size))
"""
SCENARIOS = {
    "Loader, the same": (LOADER, "lambda: ask(next(turn))"),
    "Loader, another epoch": (LOADER, "lambda: next(iter(loader))"),
    "Loader, probes": (LOADER, "lambda: loader.batch(0, next(turn), probe=True)"),
    "Loader, close": (LOADER, "loader.close"),
    "Loader, state": (LOADER, "loader.state_dict"),
    "DataLoader": (DATA_LOADER, "lambda: next(iter(loader))"),
    "Sequence": (SEQUENCE, "lambda: files[next(turn)]"),
    "Sequence, as Keras": (SEQUENCE, "lambda: next(iter(as_keras()))"),
    "Sequence, changed": (SEQUENCE, "files.on_epoch_end"),
    "Loader, a Sequence as Keras": (ALL, "lambda: next(iter(as_keras()))"),
    "ImageDataGenerator": (GENERATOR, "lambda: flow[next(turn)]"),
    "image_dataset_from_directory": (DATASET, "lambda: ask(next(turn))"),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Twelve files of one class, every third a PNG."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "a").mkdir()
    for i in range(12):
        image = photo(30, 40 + i, seed=i)
        name, data = (f"{i:02d}.png", encoded(image, "png")) if i % 3 == 0 else (f"{i:02d}.jpg", jpeg(image))
        (folder / "a" / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_handler_may_interrupt_any_line(root, name):
    scenario, handler = SCENARIOS[name]
    program = Path(__file__).parent / "reentrance.py"
    code = f"import sys\nsys.argv[0] = {str(program)!r}\n{START}{scenario}\nrun({handler}, load)\n"
    command = [sys.executable, "-c", code, str(root)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert ran.returncode == 0, ran.stderr

"""Threads that share loaders, and exits with an epoch half way; in Pythons with and without the GIL."""

from __future__ import annotations

import subprocess
import sys

import pytest
from images import encoded, jpeg, photo
from programs import assert_silent, run
from shared_by_threads import run as run_threads

BEGINNINGS = {
    "Loader": "loader = loader_of(threads=3)",
    "map": "loader = loader_of(threads=3, map=lambda x: x + 1)",
    "DataLoader": "loader = fastseq.DataLoader(list(samples.paths()), 2, size=(32, 32), threads=3)",
}
ENDS = {
    "the end of the program": "",
    "sys.exit": "sys.exit()",
    "a cycle": "cycle = [batches, loader]; cycle.append(cycle)",
    "a module": "sys.held = [batches, loader]",
    "a generator": """
def hold():
    held = batches
    yield
    del held
sys.generator = hold()
next(sys.generator)
""",
    "a function at exit": "import atexit; atexit.register(lambda: next(iter(loader)))",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """24 files; every fourth is a PNG."""
    root = tmp_path_factory.mktemp("mixed")
    for i in range(24):
        image = photo(60, 80, seed=i)
        (root / f"{i:02d}").write_bytes(jpeg(image) if i % 4 else encoded(image, "png"))
    return root


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("end", ENDS)
def test_an_exit_with_an_epoch_half_way_is_silent(folder, beginning, end):
    code = f"{BEGINNINGS[beginning]}\nbatches = iter(loader)\nnext(batches)\n{ENDS[end]}"
    assert_silent(run(code, str(folder)))


def test_threads_share_loaders(folder):
    run_threads(str(folder), 0)


def test_the_gil_stays_as_it_is(folder):
    """Also with Pillow; OpenCV is not imported."""
    code = (
        "import sys, os, fastseq\n"
        "is_enabled = getattr(sys, '_is_gil_enabled', lambda: True)\n"
        "before = is_enabled()\n"
        "paths = [os.path.join(sys.argv[1], name) for name in os.listdir(sys.argv[1])]\n"
        "fastseq.decode_batch(paths, (32, 32))\n"
        "for _ in fastseq.Loader(fastseq.Samples.from_files(paths), (32, 32), 4): pass\n"
        "print(is_enabled() == before, 'cv2' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, folder], capture_output=True, text=True, timeout=60
    )
    assert (ran.stdout, ran.stderr) == ("True False\n", "")

"""What an installed wheel must do, checked with nothing but itself, numpy and whatever else happens to be installed.

`python smoke.py PICTURES` runs each check in a process of its own, with a time limit, and prints a line of JSON for
each: its name, "passed", "failed" or "skipped", and what there is to say. `pictures.py` makes PICTURES. Runs on Python
3.10 and later.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LIMIT = 240  # seconds for a check; under qemu each import takes many
INTERRUPT_LIMIT = 10  # seconds from SIGINT to the end of the process
QUIET = ["-W", "ignore:This process:DeprecationWarning"]  # of os.fork beside threads, in Python's own words

SIZE = (48, 64)


class SkippedError(Exception):
    """This check does not apply here; the message says why."""


def check_no_compiler(_: Path) -> str:
    """No compiler is at hand, so that all there is came in wheels."""
    found = [name for name in ("cc", "gcc", "c++", "g++", "clang", "zig") if shutil.which(name)]
    assert not found, found
    return "none"


def check_import(_: Path) -> dict[str, str]:
    """The import brings in no framework and says what the build is made of."""
    import fastseq

    assert not {"tensorflow", "keras", "jax", "torch"} & set(sys.modules)
    info = fastseq.build_info()
    assert info["libjpeg-turbo"]
    assert info["Highway"]
    return info


def check_exact_pixels(pictures: Path) -> str:
    """The filters named after other libraries give the bits that these gave where the pictures were made."""
    import fastseq

    truth = json.loads((pictures / "digests.json").read_text())
    assert truth
    for setting, digest in truth.items():
        files, name, color = setting.split()
        batch = fastseq.decode_batch(sorted(pictures.glob(files)), SIZE, interpolation=name, color=color)
        assert hashlib.sha256(batch.tobytes()).hexdigest() == digest, setting
    return f"{len(truth)} digests"


def check_own_pixels(pictures: Path) -> dict[str, str]:
    """Digests of what no other library makes: to be the same on every machine, which the caller compares."""
    import fastseq

    files = sorted(pictures.glob("photos/*/*.jpg"))
    digests = {}
    for name in ("antialias", "linear"):
        for dtype in ("uint8", "float32"):
            batch = fastseq.decode_batch(files, SIZE, interpolation=name, dtype=dtype, threads=2)
            digests[f"{name} {dtype}"] = hashlib.sha256(batch.tobytes()).hexdigest()[:16]
    return digests


def check_loader(pictures: Path) -> str:
    """Two epochs, shuffled each in its own way, and the same again from the same seed."""
    import numpy as np

    one, other = loader(pictures), loader(pictures)
    epochs = [list(one), list(one), list(other)]
    first, second, again = ([x for x, _ in epoch] for epoch in epochs)
    labels = [np.concatenate([y for _, y in epoch]) for epoch in epochs]
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not all((a == b).all() for a, b in zip(first, second, strict=True))
    assert sorted(labels[0]) == sorted(labels[1])
    assert (labels[0] == labels[2]).all()
    return f"{len(first)} batches"


def check_resume(pictures: Path) -> str:
    """A state that went through JSON continues the epoch with the same bytes."""
    whole = [x.copy() for x, _ in loader(pictures)]
    interrupted = loader(pictures)
    for k, _ in enumerate(interrupted):
        if k == 1:
            break
    resumed = loader(pictures)
    resumed.load_state_dict(json.loads(json.dumps(interrupted.state_dict())))
    rest = [x for x, _ in resumed]
    assert len(rest) == len(whole) - 2
    assert all((a == b).all() for a, b in zip(rest, whole[2:], strict=True))
    return f"{len(rest)} batches left"


def check_fit(pictures: Path) -> str:
    """An epoch of Keras, on TensorFlow or JAX."""
    backends = [name for name in ("tensorflow", "jax") if importlib.util.find_spec(name)]
    if not backends or not importlib.util.find_spec("keras"):
        raise SkippedError("no Keras with TensorFlow or JAX")
    os.environ["KERAS_BACKEND"] = backends[0]
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    import fastseq

    samples = fastseq.Samples.from_directory(pictures / "photos")
    sequence = fastseq.ImageSequence(samples, SIZE, 4, shuffle=True, dtype="float32", scale=1 / 255)
    layers = [keras.Input((*SIZE, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential(layers)
    model.compile("sgd", "sparse_categorical_crossentropy")
    history = model.fit(sequence, epochs=1, verbose=0)
    assert history.history["loss"][0] > 0
    return f"Keras {keras.__version__} on {backends[0]}"


def check_fork(pictures: Path) -> str:
    """A child forked in mid-epoch decodes the same."""
    expected = [x.copy() for x, _ in loader(pictures)]
    for k, (x, _) in enumerate(loader(pictures)):
        pid = os.fork()
        if pid == 0:
            same = all((a == b).all() for (a, _), b in zip(loader(pictures), expected, strict=True))
            os._exit(0 if same and (x == expected[k]).all() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return f"{k + 1} children"


def check_exit(pictures: Path) -> str:
    """A process that ends with work in flight ends in silence."""
    for _ in range(5):
        ended = subprocess.run(program("end", pictures), capture_output=True, text=True, timeout=LIMIT / 4, check=False)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ready\n", ""), ended
    return "5 processes"


def check_interrupt(pictures: Path) -> str:
    """Ctrl-C ends a loop over batches by KeyboardInterrupt, at once."""
    slowest = 0.0
    for _ in range(3):
        with subprocess.Popen(program("loop", pictures), text=True, stdout=-1, stderr=-1) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGINT)
            start = time.monotonic()
            try:
                _, error = process.communicate(timeout=INTERRUPT_LIMIT)
            finally:
                process.kill()
            slowest = max(slowest, time.monotonic() - start)
            assert error.rstrip().endswith("KeyboardInterrupt"), error
            assert process.returncode == -signal.SIGINT, process.returncode
    return f"at most {slowest:.1f} s"


def check_no_gil(pictures: Path) -> str:
    """A free-threaded Python still runs without the GIL after a batch."""
    enabled: Callable[[], bool] | None = getattr(sys, "_is_gil_enabled", None)
    if enabled is None or "t" not in sys.abiflags:
        raise SkippedError("not a free-threaded Python")
    import fastseq

    assert not enabled(), "import fastseq turned the GIL on"
    assert len(list(loader(pictures)))
    assert not enabled(), "a batch turned the GIL on"
    return f"off, fastseq {fastseq.__version__}"


def loader(pictures: Path) -> Any:
    """A loader of the folder of pictures."""
    import fastseq

    return fastseq.Loader(fastseq.Samples.from_directory(pictures / "photos"), SIZE, 4, shuffle=True, seed=7, threads=3)


def program(name: str, pictures: Path) -> list[str]:
    """The command of one of the programs below, or of a check."""
    return [sys.executable, *QUIET, __file__, str(pictures), name]


def end(pictures: Path) -> None:
    """Leave with batches in flight and one held."""
    batches = iter(loader(pictures))
    globals()["held"] = next(batches), batches
    print("ready", flush=True)


def loop(pictures: Path) -> None:
    """Load for ever, and say so in mid-epoch: Python ignores an interrupt that arrives as a finalizer begins."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which what runs in the background would ignore
    batches = loader(pictures)
    for k, _ in enumerate(itertools.chain.from_iterable(itertools.repeat(batches))):
        if k == 1:
            print("ready", flush=True)


PROGRAMS = {"end": end, "loop": loop}
CHECKS: dict[str, Callable[[Path], Any]] = {
    name.removeprefix("check_").replace("_", " "): function
    for name, function in list(globals().items())
    if name.startswith("check_")
}


def results(pictures: Path) -> Iterator[dict[str, Any]]:
    """Run each check in a process of its own."""
    for name in CHECKS:
        start = time.monotonic()
        try:
            ran = subprocess.run(program(name, pictures), capture_output=True, text=True, timeout=LIMIT, check=False)
            outcome = {"outcome": "failed", "detail": f"exit code {ran.returncode}: {ran.stderr.strip()[-1500:]}"}
            if ran.returncode == 0:
                outcome = json.loads(ran.stdout.splitlines()[-1])
        except subprocess.TimeoutExpired:
            outcome = {"outcome": "failed", "detail": f"not done after {LIMIT} s"}
        yield {"check": name, "seconds": round(time.monotonic() - start, 1), **outcome}


def main(pictures: Path, name: str | None = None) -> None:
    """Run all checks, or one check or program in this process."""
    if name is None:
        for result in results(pictures):
            print(json.dumps(result), flush=True)
    elif name in PROGRAMS:
        PROGRAMS[name](pictures)
    else:
        outcome = {"outcome": "passed"}
        try:
            outcome["detail"] = CHECKS[name](pictures)
        except SkippedError as skipped:
            outcome = {"outcome": "skipped", "detail": str(skipped)}
        print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main(Path(sys.argv[1]), *sys.argv[2:])

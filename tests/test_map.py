"""map=: the user's function on each batch, called ahead of need on one thread, with the same batches as without it."""

from __future__ import annotations

import pickle
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from images import encoded, jpeg, photo
from programs import assert_silent, run

from fastseq import DecodeError, Loader, RandomFlip, Samples, StalledWarning, TooManyBadSamples
from fastseq.engine.fallback import finish_sample
from fastseq.engine.python_call import nbytes_of

SIZE = (16, 20)
OPTIONS: dict[str, Any] = {"shuffle": True, "seed": 5, "batch_size": 4, "dtype": "float32", "transform": RandomFlip()}
TIMEOUT = 60  # seconds; only a hang takes that long


def loader_of(samples: Samples, function: Callable[..., Any] | None, **options: Any) -> Loader:
    return Loader(samples, SIZE, **{**OPTIONS, **options}, map=function)


def shuffled(x, y, rng):
    order = rng.permutation(len(x))
    return x[order], y[order]


def assert_same(left: Any, right: Any) -> None:
    assert type(left) is type(right)
    for a, b in zip(left, right, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("prefetch_bytes", [0, 1, None])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_batches_are_those_of_the_function(samples, prefetch_bytes, threads):
    plain = loader_of(samples, None)
    mapped = loader_of(samples, lambda x, y: (x.mean((1, 2)), -y), prefetch_bytes=prefetch_bytes, threads=threads)
    for epoch in range(2):
        for k, batch in enumerate(mapped):
            x, y = plain.batch(epoch, k)
            assert_same(batch, (x.mean((1, 2)), -y))
    for key in [(3, 1), (0, 0), (3, 2)]:
        x, y = plain.batch(*key)
        assert_same(mapped.batch(*key), (x.mean((1, 2)), -y))


def test_the_function_gets_the_parts_that_there_are(samples):
    given = []

    def keep(*parts):
        given.append([part.shape for part in parts])
        return parts

    image = (4, *SIZE, 3)
    for options in ({"labels": None}, {}, {"sample_weight": np.ones(len(samples))}):
        loader_of(samples, keep, **options).batch(0, 0)
    assert given == [[image], [image, (4,)], [image, (4,), (4,)]]


def test_it_may_return_anything(samples):
    loader = loader_of(samples, lambda x, y: ({"image": x, "size": np.full(len(x), 16)}, {"class": y}))
    x, y = next(iter(loader))
    assert list(x) == ["image", "size"]
    assert list(y) == ["class"]


def test_several_inputs_come_as_one_part(samples):
    files = list(samples.paths())
    paired = Samples.from_files({"left": files, "right": files[::-1]}, columns={"number": range(27)})
    plain = loader_of(paired, None)
    loader = loader_of(paired, lambda x: ((x["right"], x["left"]), x["number"]))
    for k, ((right, left), number) in enumerate(loader):
        expected = plain.batch(0, k)
        assert_same((left, right, number), tuple(expected.values()))


def test_it_is_called_ahead_on_one_thread_and_never_twice_at_once(samples):
    numbers, busy = [], threading.Lock()
    second = threading.Event()

    def count(x, y):
        assert busy.acquire(blocking=False)
        numbers.append(threading.get_ident())
        if len(numbers) == 2:
            second.set()
        busy.release()
        return x, y

    batches = iter(loader_of(samples, count))
    next(batches)
    assert second.wait(TIMEOUT)  # nobody has asked for the second batch
    for _ in batches:
        pass
    assert len(numbers) == 7
    assert len(set(numbers)) == 1
    assert numbers[0] != threading.get_ident()


def test_random_numbers_depend_on_seed_epoch_and_batch_alone(samples):
    first, second = (loader_of(samples, shuffled, threads=threads) for threads in (1, 2))
    expected = {(epoch, k): first.batch(epoch, k) for epoch in range(2) for k in range(len(first))}
    for key in reversed(expected):
        assert_same(second.batch(*key), expected[key])
    epochs = [[batch[1].tolist() for batch in first] for _ in range(2)]
    assert epochs[0] != epochs[1]
    other = [y.tolist() for _, y in loader_of(samples, shuffled, draw_seed=1)]
    assert list(map(sorted, other)) == list(map(sorted, epochs[0]))
    assert other != epochs[0]


def test_a_run_goes_on_where_a_state_was_taken(samples):
    whole = list(loader_of(samples, shuffled))
    first = loader_of(samples, shuffled)
    batches = iter(first)
    for k in range(1, len(first)):
        next(batches)
        second = loader_of(samples, shuffled)
        second.load_state_dict(first.state_dict())
        for batch, expected in zip(second, whole[k:], strict=True):
            assert_same(batch, expected)
    with pytest.raises(ValueError, match=r"different settings: map .*shuffled.* \(here ''\)"):
        loader_of(samples, None).load_state_dict(first.state_dict())


def test_an_error_is_raised_where_its_batch_is_requested(samples):
    def fail(x, y):
        if 7 in y:
            raise KeyError("seven")
        return x, y

    labelled = Samples.from_files(list(samples.paths()), [float(i) for i in range(27)])
    loader = loader_of(labelled, fail, shuffle=False)
    batches = iter(loader)
    assert 3 in next(batches)[1]
    with pytest.raises(KeyError, match="seven") as caught:
        next(batches)
    if sys.version_info >= (3, 11):  # the first with notes
        (note,) = caught.value.__notes__
        assert "fail(x, y), for batch 1 of epoch 0" in note
    assert 8 in loader.batch(0, 2)[1]


def test_no_batch_is_an_error(samples):
    with pytest.raises(TypeError, match=r"<lambda> returned None for batch 2 of epoch 1; return the batch"):
        loader_of(samples, lambda x, y: None).batch(1, 2)


def test_what_is_no_function_of_a_batch(samples, keras):
    with pytest.raises(TypeError, match="map must be a function of the batch, such as lambda x, y"):
        loader_of(samples, "flip")
    with pytest.raises(TypeError, match=r"write map=lambda x, y: \(layer\(x\), y\)"):
        loader_of(samples, keras.layers.RandomFlip())

    class OwnLayer(keras.layers.Layer):
        def call(self, x, mask=None):
            return x

    with pytest.raises(TypeError, match=r"write map=lambda x, y: \(layer\(x\), y\)"):
        loader_of(samples, OwnLayer())

    def generate(x, y):
        yield x, y

    with pytest.raises(TypeError, match="returns a generator instead"):
        loader_of(samples, generate)


def test_random_numbers_that_a_partial_has_are_its_own(samples):
    mine = np.random.default_rng(1)
    expected = [shuffled(*batch, np.random.default_rng(1)) for batch in list(loader_of(samples, None))[:1]]
    assert_same(loader_of(samples, partial(shuffled, rng=mine)).batch(0, 0), expected[0])


def test_the_bound_counts_what_the_function_makes(samples):
    loader = loader_of(samples, lambda x, y: (np.zeros(1 << 20, np.uint8), y), prefetch_bytes=3_200_000, threads=8)
    for k, _ in enumerate(loader):
        assert len(loader._map_ahead._look_ahead) == min(3 if k else 1, 6 - k)


def test_the_size_of_tensors(samples):
    class Dtype:
        size = 4

    class Tensor:
        shape, dtype = (3, 5), Dtype()

    assert nbytes_of((Tensor(), {"a": np.zeros(3), "b": [None, "text"]})) == 60 + 24


def test_a_function_that_keeps_the_loader_waiting_is_told_of(samples, monkeypatch):
    told = threading.Event()
    said = []

    def tell(message, category):
        said.append((message, category))
        told.set()

    def wait(x, y):
        assert told.wait(TIMEOUT)
        return x, y

    monkeypatch.setattr("fastseq.loading.map_ahead.warn_user", tell)
    loader_of(samples, wait, stall_warn_s=0.01).batch(0, 0)
    ((message, category),) = said
    assert "the function of map= has kept the loader waiting for 0.01 s" in message
    assert category is StalledWarning


def dirty(tmp_path) -> Samples:
    """Twelve samples, of which 1, 5 and 6 are missing."""
    for i in {*range(12)} - {1, 5, 6}:
        (tmp_path / f"{i}.jpg").write_bytes(jpeg(photo(20, 30, seed=i)))
    return Samples.from_files([tmp_path / f"{i}.jpg" for i in range(12)], [float(i) for i in range(12)])


@pytest.mark.filterwarnings("ignore::fastseq.BadSamplesWarning")
@pytest.mark.parametrize("on_error", ["skip", "fill", "substitute"])
def test_bad_samples_are_handled_before_the_function(tmp_path, on_error):
    samples = dirty(tmp_path)
    options = {"on_error": on_error, "max_bad": 3, "shuffle": False}
    plain, mapped = loader_of(samples, None, **options), loader_of(samples, lambda *parts: parts, **options)
    states = []
    for expected, batch in zip(plain, mapped, strict=True):
        assert_same(batch, expected)
        states.append([loader.state_dict()["bad"] for loader in (plain, mapped)])
    assert states == [[1, 1], [3, 3], [3, 3]]
    assert [bad.index for bad in mapped.errors] == [1, 5, 6]


def test_too_many_bad_samples(tmp_path):
    loader = loader_of(dirty(tmp_path), lambda *parts: parts, on_error="skip", max_bad=1, shuffle=False)
    batches = iter(loader)
    assert len(next(batches)[1]) == 3
    with pytest.raises(TooManyBadSamples):
        next(batches)
    with pytest.raises(DecodeError, match=r"1\.jpg"):
        loader_of(dirty(tmp_path), lambda *parts: parts, shuffle=False).batch(0, 0)


def test_a_look_at_a_batch_decodes_no_file_twice(tmp_path, monkeypatch):
    for i in range(8):
        (tmp_path / f"{i}.webp").write_bytes(encoded(photo(20, 30, seed=i), "webp"))
    decoded = []

    def count(job, i, *rest):
        decoded.append(i)
        finish_sample(job, i, *rest)

    monkeypatch.setattr("fastseq.engine.pending_batch.finish_sample", count)
    loader = loader_of(Samples.from_files(sorted(tmp_path.iterdir())), lambda x: x + 1, transform=())
    looked = list(loader.take(2))
    assert_same(looked, list(loader))
    assert len(decoded) == 8


def test_show_batch_draws_what_the_function_returns_without_labels(samples):
    figure = loader_of(samples, lambda x, y: (255 - x, y / 2)).show_batch(1)
    assert [axes.get_title() for axes in figure.axes] == [""] * 4
    with pytest.raises(TypeError, match="one array of images, not dict"):
        loader_of(samples, lambda x, y: ({"image": x}, y)).show_batch()


def test_the_function_may_ask_for_another_batch(samples):
    def mixed(x, y):
        return x + other.batch(0, 1)[0], y

    def mixed_with_itself(x, y):
        if 5 in y:
            return x, y
        return x + same.batch(0, 6)[0][:1], y

    plain = loader_of(samples, None)
    other = loader_of(samples, lambda x, y: (x * 2, y))
    np.testing.assert_array_equal(
        loader_of(samples, mixed).batch(0, 0)[0], plain.batch(0, 0)[0] + 2 * plain.batch(0, 1)[0]
    )
    labelled = Samples.from_files(list(samples.paths()), [5.0 if i > 23 else 0.0 for i in range(27)])
    same = loader_of(labelled, mixed_with_itself, shuffle=False)
    plain = loader_of(labelled, None, shuffle=False)
    for k, (x, _) in enumerate(same):
        expected = plain.batch(0, k)[0] + (plain.batch(0, 6)[0][:1] if k < 6 else 0)
        np.testing.assert_array_equal(x, expected)


def test_a_copy_in_another_process_has_the_same_batches(samples):
    loader = loader_of(samples, shuffled)
    batches = iter(loader)
    next(batches)
    copied = pickle.loads(pickle.dumps(loader))
    for k in range(len(loader)):
        assert_same(copied.batch(0, k), loader.batch(0, k))


def test_closing_and_leaving_while_the_function_runs(samples):
    begun, let_go = threading.Event(), threading.Event()

    def wait(x, y):
        if begun.is_set():
            let_go.wait(TIMEOUT)
        begun.set()
        return x, y

    loader = loader_of(samples, wait)
    batches = iter(loader)
    next(batches)
    loader.close()
    batches.close()
    let_go.set()
    assert_same(loader.batch(0, 3), loader_of(samples, None).batch(0, 3))


def test_an_interrupt_while_the_function_runs(samples):
    let_go = threading.Event()
    calls = []

    def stuck(x, y):
        calls.append(len(x))
        if len(calls) == 1:
            let_go.wait(TIMEOUT)
        return x, y

    loader = loader_of(samples, stuck)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            loader.batch(0, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
    let_go.set()
    assert_same(loader.batch(0, 0), loader_of(samples, None).batch(0, 0))


@pytest.mark.parametrize("end", ["", "os._exit(0) if os.fork() == 0 else os.wait()", "sys.exit(0)"])
def test_leaving_a_program_is_silent(tree, end):
    program = f"""
import os, sys
import fastseq
loader = fastseq.Loader(fastseq.Samples.from_directory(sys.argv[1]), (16, 20), 2, map=lambda x, y: (x + 1, y))
batches = iter(loader)
next(batches)
{end}
"""
    assert_silent(run(program, str(tree)))


def test_a_forked_child_calls_the_function_on_a_thread_of_its_own(tree):
    program = """
import os, sys
import fastseq
loader = fastseq.Loader(fastseq.Samples.from_directory(sys.argv[1]), (16, 20), 2, map=lambda x, y: (x + 1, y))
batches = iter(loader)
first = next(batches)[0].copy()
if (child := os.fork()) == 0:
    os._exit(not (loader.batch(0, 0)[0] == first).all())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert_silent(run(program, str(tree)))

"""DataLoader mirrors the API of torch.utils.data.DataLoader."""

from __future__ import annotations

import inspect
import pickle
import random
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import fastseq
from fastseq import DataLoader

SIZE = (16, 16)


class Pairs:
    """A dataset of (path, index) pairs that records the requested indices in `asked`."""

    def __init__(self, paths, make=lambda path, i: (path, i)):
        self.paths, self.make, self.asked = list(paths), make, []

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        self.asked.append(i)
        return self.make(self.paths[i], i)


@pytest.fixture
def paths(samples) -> list[str]:
    return list(samples.paths())[:23]


@pytest.fixture
def pairs(paths) -> Pairs:
    return Pairs(paths)


def labels_of(loader) -> list[list[int]]:
    return [y.tolist() for _, y in loader]


def assert_images(images, paths, **options) -> None:
    np.testing.assert_array_equal(images, fastseq.decode_batch(paths, SIZE, **options))


def test_batches_are_images_and_labels_in_order(pairs, paths):
    loader = DataLoader(pairs, 5, size=SIZE)
    batches = list(loader)
    assert len(batches) == len(loader) == 5
    for k, (x, y) in enumerate(batches):
        assert (x.dtype, y.dtype) == (np.uint8, np.int64)
        np.testing.assert_array_equal(y, np.arange(23)[5 * k : 5 * k + 5])
        assert_images(x, paths[5 * k : 5 * k + 5])
        assert x.ctypes.data % 64 == 0
    assert len(DataLoader(pairs, 5, drop_last=True, size=SIZE)) == 4
    assert labels_of(DataLoader(pairs, 5, drop_last=True, size=SIZE))[-1] == [15, 16, 17, 18, 19]
    assert [y.tolist() for _, y in DataLoader(pairs, size=SIZE)] == [[i] for i in range(23)]


def test_the_decode_settings(pairs, paths):
    options = {"dtype": "float64", "scale": 1 / 255, "offset": -0.5, "data_format": "channels_first", "color": "bgr"}
    options |= {"interpolation": "cv2.linear", "orient": "landscape", "strict": False, "threads": 2}
    x, _ = next(iter(DataLoader(pairs, 23, size=SIZE, limits=fastseq.Limits(pixels=10**6), **options)))
    assert_images(x, paths, **options)


def test_samples_may_be_bare_paths_or_file_contents(paths):
    bare = next(iter(DataLoader(Pairs(paths, lambda path, i: path), 4, size=SIZE)))
    assert_images(bare, paths[:4])

    def contents(path, i):
        with open(path, "rb") as file:
            return [file.read(), {"number": i}]

    x, labels = next(iter(DataLoader(Pairs(paths, contents), 4, size=SIZE)))
    np.testing.assert_array_equal(x, bare)
    assert labels["number"].tolist() == [0, 1, 2, 3]
    (alone,) = next(iter(DataLoader(Pairs(paths, lambda path, i: (path,)), 4, size=SIZE)))
    np.testing.assert_array_equal(alone, bare)


Point = namedtuple("Point", "x y")


def plain(value):
    """Convert the output of torch's collate: NumPy arrays for tensors, lists for tuples."""
    if isinstance(value, torch.Tensor):
        return value.numpy()
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if hasattr(value, "_fields"):
        return type(value)(*map(plain, value))
    return [*map(plain, value)] if isinstance(value, (tuple, list)) else value


@pytest.mark.parametrize(
    "make",
    [
        *(lambda i: i, lambda i: i / 3, lambda i: i > 2, lambda i: f"name {i}", lambda i: b"%d" % i),
        *(lambda i: np.float32(i), lambda i: np.full((2, 3), i, np.int16), lambda i: torch.full((2,), i)),
        lambda i: {"a": i, "b": {"c": np.array(i)}},
        lambda i: (i, [i / 2, (str(i), np.uint8(i))]),
        lambda i: Point(i, {"z": float(i)}),
    ],
)
def test_labels_are_collated_as_in_torch(paths, make):
    (ours,) = (y for _, y in DataLoader(Pairs(paths[:5], lambda path, i: (path, make(i))), 5, size=SIZE))
    (theirs,) = torch.utils.data.DataLoader(Pairs(paths[:5], lambda path, i: make(i)), 5)

    def assert_same(a, b):
        assert type(a) is type(b)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        elif isinstance(a, dict):
            assert list(a) == list(b)
            for key in a:
                assert_same(a[key], b[key])
        elif isinstance(a, (list, tuple)):
            assert len(a) == len(b)
            for first, second in zip(a, b, strict=True):
                assert_same(first, second)
        else:
            assert a == b

    assert_same(ours, plain(theirs))


def test_class_numbers_fit_cross_entropy(paths):
    samples = fastseq.Samples.from_files(paths, [i % 3 for i in range(23)])
    loader = DataLoader(list(zip(paths, samples.labels, strict=True)), 4, size=SIZE)
    for x, y in (next(iter(loader)), next(iter(fastseq.Loader(samples, SIZE, 4)))):
        loss = torch.nn.functional.cross_entropy(torch.zeros(len(x), 3), torch.from_numpy(y))
        assert float(loss) == pytest.approx(np.log(3))


def test_labels_that_cannot_be_collated_are_rejected(paths):
    with pytest.raises(TypeError, match="NoneType cannot be combined"):
        next(iter(DataLoader(Pairs(paths, lambda path, i: (path, None)), 2, size=SIZE)))
    with pytest.raises(ValueError, match="differing numbers"):
        next(iter(DataLoader(Pairs(paths, lambda path, i: (path, [1] * i)), 2, size=SIZE)))
    with pytest.raises(TypeError, match="sample 1 does not begin with a path"):
        next(iter(DataLoader(Pairs(paths, lambda path, i: (i or path, i)), 3, size=SIZE)))
    with pytest.raises(TypeError, match="sample 1 has its images in other places than sample 0"):
        next(iter(DataLoader(Pairs(paths, lambda path, i: path if i else (path, i)), 3, size=SIZE)))


def test_collate_fn_receives_samples_with_decoded_images(paths):
    def make(path, i):
        return {0: (path, i), 1: [path, i], 2: path, 3: Point(path, i), 4: (i, "no path"), 5: None}[i % 6]

    batch = next(iter(DataLoader(Pairs(paths, make), 6, collate_fn=list, size=SIZE)))
    images = [batch[0][0], batch[1][0], batch[2], batch[3].x]
    assert_images(np.stack(images), paths[:4])
    assert [type(sample) for sample in batch[:4]] == [tuple, list, np.ndarray, Point]
    assert (batch[0][1], batch[1][1], batch[3].y) == (0, 1, 3)
    assert batch[4:] == [(4, "no path"), None]


def contents_of(path) -> bytes:
    with open(path, "rb") as file:
        return file.read()


IMAGE_COLUMNS = {
    "path": lambda path: path,
    "bytes": contents_of,
    "Hugging Face's bytes": lambda path: {"bytes": contents_of(path), "path": None},
    "Hugging Face's path": lambda path: {"bytes": None, "path": path},
}


@pytest.mark.parametrize("name", IMAGE_COLUMNS)
def test_dicts_with_an_image(paths, name):
    dataset = Pairs(paths, lambda path, i: {"number": i, "image": IMAGE_COLUMNS[name](path), "file_name": path})
    batch = next(iter(DataLoader(dataset, 4, size=SIZE)))
    assert list(batch) == ["number", "image", "file_name"]
    assert_images(batch["image"], paths[:4])
    assert (batch["number"].tolist(), batch["file_name"]) == ([0, 1, 2, 3], paths[:4])
    samples = next(iter(DataLoader(dataset, 4, size=SIZE, collate_fn=list)))
    assert_images(np.stack([sample["image"] for sample in samples]), paths[:4])
    x, y = next(iter(DataLoader(Pairs(paths, lambda path, i: (IMAGE_COLUMNS[name](path), i)), 4, size=SIZE)))
    assert_images(x, paths[:4])
    assert y.tolist() == [0, 1, 2, 3]


def test_several_images_a_sample(paths):
    def pairs(make):
        return DataLoader(Pairs(paths, make), 5, size=SIZE, transform=fastseq.RandomResizedCrop())

    first, _ = next(iter(pairs(lambda path, i: (path, i))))
    second, _ = next(iter(pairs(lambda path, i: (paths[(i + 1) % 23], i))))
    (left, right), y = next(iter(pairs(lambda path, i: ((path, paths[(i + 1) % 23]), i))))
    np.testing.assert_array_equal(left, first)
    np.testing.assert_array_equal(right, second)
    assert y.tolist() == [0, 1, 2, 3, 4]
    batch = next(iter(pairs(lambda path, i: {"image": [path, paths[(i + 1) % 23]]})))
    np.testing.assert_array_equal(batch["image"], [first, second])
    loader = DataLoader(Pairs(paths, lambda path, i: ((path,) * (1 + i % 2), i)), 4, size=SIZE, collate_fn=list)
    images = [sample[0] for sample in next(iter(loader))]
    assert [len(several) for several in images] == [1, 2, 1, 2]
    assert_images(np.stack([several[-1] for several in images]), paths[:4])
    with pytest.raises(TypeError, match="sample 1 has its images in other places than sample 0"):
        next(iter(DataLoader(Pairs(paths, lambda path, i: ((path,) * (1 + i % 2), i)), 4, size=SIZE)))


def test_a_bad_second_image_is_named(paths, tmp_path):
    bad = tmp_path / "none.jpg"
    with pytest.raises(fastseq.DecodeError, match=r"none\.jpg.*sample 3") as caught:
        list(DataLoader(Pairs(paths, lambda path, i: ((path, bad if i == 3 else path), i)), 5, size=SIZE))
    assert (caught.value.path, caught.value.index) == (bad, 3)


def opened(path):
    with Image.open(path) as image:
        return image.copy()


ELSEWHERE = {
    "a label first": lambda path: (0, path),
    "a path in a dict": lambda path: {"file": Path(path)},
    "bytes in a dict": lambda path: {"img": {"bytes": contents_of(path)}},
    "a decoded image": opened,
    "a decoded image and a label": lambda path: (opened(path), 0),
    "a decoded image in a dict": lambda path: {"image": opened(path), "label": 0},
    "a label and a decoded image": lambda path: (0, opened(path)),
}


@pytest.mark.parametrize("collate_fn", [None, list])
@pytest.mark.parametrize("name", ELSEWHERE)
def test_images_that_would_not_be_decoded_are_refused(paths, name, collate_fn):
    loader = DataLoader(Pairs(paths, lambda path, i: ELSEWHERE[name](path)), 4, size=SIZE, collate_fn=collate_fn)
    with pytest.raises(TypeError, match=r"sample 0 .*return \(path, label, \.\.\.\)"):
        next(iter(loader))


@pytest.mark.parametrize(
    "make",
    [
        lambda first, second: (first, second),
        lambda first, second: (first, Path(second), 0),
        lambda first, second: (contents_of(first), contents_of(second)),
        lambda first, second: (first, 0, {"bytes": contents_of(second)}),
        lambda first, second: {"image": first, "mask": {"bytes": None, "path": second}},
        lambda first, second: (first, opened(second)),
        lambda first, second: (first, "masks/0.pbm"),
    ],
)
def test_a_second_image_is_refused_unless_it_is_one_of_a_tuple(paths, make):
    loader = DataLoader(Pairs(paths, lambda path, i: make(path, paths[i - 1])), 4, size=SIZE)
    with pytest.raises(TypeError, match=r"sample 0 is a second image.*return \(\(path, path\), label"):
        next(iter(loader))


def test_the_path_of_the_image_and_other_text_are_labels(paths):
    def make(path, i):
        return path, path, path[-7:], "cat", b"cat", {"other": "b.jpg"}

    _, names = next(iter(DataLoader(Pairs(paths, lambda path, i: (contents_of(path), "name.jpg")), 2, size=SIZE)))
    assert names == ["name.jpg"] * 2
    batch = next(iter(DataLoader(Pairs(paths, make), 2, size=SIZE)))
    assert batch[1:] == (paths[:2], [p[-7:] for p in paths[:2]], ["cat"] * 2, [b"cat"] * 2, {"other": ["b.jpg"] * 2})


def test_settings_without_effect_are_refused(pairs):
    with pytest.raises(ValueError, match=r"transform has no effect without size=\(height, width\)"):
        DataLoader(pairs, transform=fastseq.RandomFlip(), collate_fn=list)


@pytest.mark.parametrize(
    "options",
    [
        {"num_workers": 4, "persistent_workers": True, "prefetch_factor": 2},
        {"pin_memory": True, "pin_memory_device": "cuda"},
        {"timeout": 5, "multiprocessing_context": "spawn", "num_workers": 1},
        {"in_order": False, "worker_init_fn": None, "shuffle": None},
    ],
)
def test_arguments_of_torchs_without_effect(pairs, options):
    assert labels_of(DataLoader(pairs, 5, size=SIZE, **options)) == labels_of(DataLoader(pairs, 5, size=SIZE))


def test_a_function_that_would_not_be_called_is_refused(pairs):
    with pytest.raises(ValueError, match="worker_init_fn would never be called"):
        DataLoader(pairs, num_workers=2, worker_init_fn=print)


def test_arguments_stand_in_the_order_of_torchs():
    ours, theirs = (inspect.signature(kind).parameters for kind in (DataLoader, torch.utils.data.DataLoader))
    positional = [name for name, parameter in theirs.items() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert list(ours)[: len(positional)] == positional
    assert set(theirs) <= set(ours)


def test_tensors(pairs, paths):
    options = {"size": SIZE, "dtype": "float32", "data_format": "channels_first"}
    arrays = list(DataLoader(pairs, 5, **options))
    tensors = list(DataLoader(pairs, 5, tensors=True, **options))
    assert len(arrays) == len(tensors)
    for (x, y), (u, v) in zip(arrays, tensors, strict=True):
        assert (u.dtype, v.dtype) == (torch.float32, torch.int64)
        assert u.data_ptr() % 64 == 0
        np.testing.assert_array_equal(u, x)
        np.testing.assert_array_equal(v, y)


def test_tensors_of_nested_labels_and_for_collate_fn(paths):
    def make(path, i):
        return path, {"point": Point(i / 2, str(i)), "list": [i, True]}

    x, labels = next(iter(DataLoader(Pairs(paths, make), 2, size=SIZE, tensors=True)))
    assert (type(x), x.dtype) == (torch.Tensor, torch.uint8)
    assert labels["point"] == Point(labels["point"].x, ["0", "1"])
    assert (labels["point"].x.dtype, labels["list"][1].dtype) == (torch.float64, torch.bool)
    loader = DataLoader(Pairs(paths), 3, size=SIZE, tensors=True, collate_fn=torch.utils.data.default_collate)
    images, numbers = next(iter(loader))
    assert_images(images.numpy(), paths[:3])
    assert numbers.tolist() == [0, 1, 2]
    (plain,) = DataLoader([(np.zeros(3), 1)], tensors=True)
    assert [type(part) for part in plain] == [torch.Tensor] * 2


def test_tensors_keep_their_memory(pairs, paths):
    held = [batch for _ in range(3) for batch in DataLoader(pairs, 4, size=SIZE, tensors=True)]
    for x, y in held:
        assert_images(x.numpy(), [paths[i] for i in y])


def test_tensors_without_torch(pairs, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="tensors=True needs PyTorch"):
        DataLoader(pairs, tensors=True)


def test_without_size_collate_fn_receives_paths(pairs, paths):
    assert next(iter(DataLoader(pairs, 2, collate_fn=list))) == [(paths[0], 0), (paths[1], 1)]
    with pytest.raises(ValueError, match=r"sample 0 begins with a path or bytes: give size=\(height, width\)"):
        next(iter(DataLoader(pairs, 2)))


def test_samples_without_images_are_collated(paths):
    x, y = next(iter(DataLoader(Pairs(paths, lambda path, i: (np.full(3, i), i)), 2)))
    assert (x.tolist(), y.tolist()) == ([[0, 0, 0], [1, 1, 1]], [0, 1])
    assert next(iter(DataLoader([(), ()], 2))) == next(iter(torch.utils.data.DataLoader([(), ()], 2))) == []


@pytest.mark.parametrize("n", [1, 20, 23])
@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("shuffle", [True, False])
def test_a_torch_generator_gives_torchs_order_and_state(paths, n, drop_last, shuffle):
    def epochs(kind, **options):
        generator = torch.Generator().manual_seed(7)
        loader = kind(Pairs(paths[:n]), 4, shuffle, drop_last=drop_last, generator=generator, **options)
        for stop in (None, 1, 3, 5, 6, None):  # a loop that ends early draws less
            batches = iter(loader)
            yield torch.rand(1, generator=generator).item()
            for k, (_, y) in enumerate(batches):
                yield y.tolist()
                if k + 1 == stop:
                    break
            yield torch.rand(1, generator=generator).item()

    ours = list(epochs(DataLoader, size=SIZE))
    assert ours == list(epochs(torch.utils.data.DataLoader))


def test_numpys_generators_shuffle(pairs):
    def epochs(generator):
        loader = DataLoader(pairs, 4, shuffle=True, generator=generator, size=SIZE)
        return [[i for batch in labels_of(loader) for i in batch] for _ in range(3)]

    for make in (np.random.default_rng, np.random.RandomState):
        first = epochs(make(3))
        assert first == epochs(make(3)) != epochs(make(4))
        assert [sorted(epoch) for epoch in first] == [list(range(23))] * 3
        assert first[0] != first[1]
    np.random.seed(5)
    first = epochs(None)
    np.random.seed(5)
    assert epochs(None) == first
    with pytest.raises(TypeError, match="generator must be"):
        DataLoader(pairs, generator=random.Random())


def test_samplers(pairs):
    order = [3, 1, 22, 3, 0]
    loader = DataLoader(pairs, 2, sampler=order, size=SIZE)
    assert (len(loader), labels_of(loader)) == (3, [[3, 1], [22, 3], [0]])
    loader = DataLoader(pairs, batch_sampler=[[5], [1, 2, 3], []][:2], size=SIZE)
    assert (len(loader), labels_of(loader), loader.batch_size) == (2, [[5], [1, 2, 3]], None)
    weighted = torch.utils.data.WeightedRandomSampler([0.0] * 22 + [1.0], 6)
    assert labels_of(DataLoader(pairs, 3, sampler=weighted, size=SIZE)) == [[22] * 3] * 2


@pytest.mark.parametrize(
    "options",
    [
        *({"sampler": [0], "shuffle": True}, {"batch_sampler": [[0]], "batch_size": 2}, {"batch_size": 0}),
        *({"batch_sampler": [[0]], name: value} for name, value in (("shuffle", True), ("drop_last", True))),
        *({"batch_sampler": [[0]], "sampler": [0]}, {"batch_size": 2.5}),
    ],
)
def test_arguments_that_torch_rejects_are_rejected(pairs, options):
    for kind in (torch.utils.data.DataLoader, DataLoader):
        with pytest.raises((ValueError, TypeError), match=r"batch_size|sampler"):
            kind(pairs, **options)


def test_settings_are_checked_in_the_constructor(pairs):
    for options in ({"interpolation": "best"}, {"threads": 0}, {"prefetch_bytes": -1}, {"dtype": "int8"}):
        with pytest.raises(ValueError, match=next(iter(options))):
            DataLoader(pairs, size=SIZE, **options)


def test_a_bad_image_is_reported_with_its_batch(pairs, tmp_path):
    pairs.paths[13] = tmp_path / "none.jpg"
    for shuffle in (False, True):
        batches, seen = iter(DataLoader(pairs, 5, shuffle, size=SIZE)), []
        with pytest.raises(fastseq.DecodeError, match=r"none\.jpg") as caught:
            seen.extend(batches)
        assert (caught.value.path, caught.value.index) == (tmp_path / "none.jpg", 13)
        assert len([*seen, *batches]) == 4, "the epoch goes on after it, as torch's does"


def test_a_dataset_error_is_raised_with_its_batch(paths):
    def make(path, i):
        if i == 7:
            raise LookupError("number seven")
        return path, i

    batches = iter(DataLoader(Pairs(paths, make), 5, size=SIZE))
    assert len(next(batches)[1]) == 5
    with pytest.raises(LookupError, match="number seven"):
        next(batches)
    assert next(batches)[1].tolist() == [10, 11, 12, 13, 14]


def test_random_transforms_depend_on_seed_epoch_and_index(pairs):
    def epochs(order, seed=0):
        loader = DataLoader(pairs, 6, sampler=order, size=SIZE, transform=fastseq.RandomResizedCrop(), seed=seed)
        return [{i: x[k] for x, y in loader for k, i in enumerate(y.tolist())} for _ in range(2)]

    forward, backward, other = epochs(range(23)), epochs(range(22, -1, -1)), epochs(range(23), seed=1)
    for i in range(23):
        np.testing.assert_array_equal(forward[0][i], backward[0][i])
        np.testing.assert_array_equal(forward[1][i], backward[1][i])
    assert any((forward[0][i] != forward[1][i]).any() for i in range(23))
    assert any((forward[0][i] != other[0][i]).any() for i in range(23))


def test_prefetch_begins_a_few_batches_and_can_be_disabled(pairs):
    batches = iter(DataLoader(pairs, 2, size=SIZE, threads=1))
    next(batches)
    assert pairs.asked == [*range(6)]
    pairs.asked.clear()
    batches = iter(DataLoader(pairs, 2, size=SIZE, prefetch_bytes=0))
    next(batches)
    assert pairs.asked == [0, 1]
    pairs.asked.clear()
    one = 2 * 16 * 16 * 3
    assert len(list(DataLoader(pairs, 2, size=SIZE, prefetch_bytes=2 * one))) == 12
    assert pairs.asked == [*range(23)]


def test_breaking_out_of_an_epoch_frees_its_memory(pairs):
    loader = DataLoader(pairs, 2, size=SIZE)
    for _ in loader:
        break
    del _
    assert loader._decoder.memory.bytes_in_use == 0
    both = list(zip(loader, loader, strict=True))  # two epochs at once
    assert [y.tolist() for (_, y), _ in both] == [y.tolist() for _, (_, y) in both] == labels_of(loader)


def test_a_closed_epoch_is_over(pairs):
    generator = torch.Generator().manual_seed(7)
    loader = DataLoader(pairs, 2, True, generator=generator, size=SIZE)
    batches = iter(loader)
    next(batches)
    state = generator.get_state()
    batches.close()
    assert loader._decoder.memory.bytes_in_use == 0
    assert list(batches) == []
    assert torch.equal(generator.get_state(), state), "as after a loop that is left early"
    assert len(list(loader)) == 12


def test_held_batches_do_not_change(pairs, paths):
    held = [batch for _ in range(3) for batch in DataLoader(pairs, 4, size=SIZE)]
    for x, y in held:
        assert_images(x, [paths[i] for i in y])


def test_a_loader_can_be_pickled(paths):
    twin = pickle.loads(pickle.dumps(DataLoader([(path, i) for i, path in enumerate(paths)], 5, size=SIZE)))
    assert [y.tolist() for _, y in twin][-1] == [20, 21, 22]

"""What becomes of bad samples: each policy, how many are too many, and the list of them."""

from __future__ import annotations

import json
import pickle
import shutil
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from images import folder

from fastseq import (
    BadSample,
    BadSamplesWarning,
    DecodeError,
    Loader,
    RandomResizedCrop,
    Samples,
    Status,
    TooManyBadSamples,
)
from fastseq.loading.bad_sample_log import BadSampleLog
from fastseq.loading.policy import Policy
from fastseq.status import remedy

SIZE = (12, 14)
BAD = {3: Status.EMPTY, 11: Status.NOT_AN_IMAGE, 12: Status.TRUNCATED, 26: Status.NOT_FOUND, 39: Status.CORRUPT}
LENIENT = ("skip", "fill", "substitute")


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Forty samples; those of `BAD` are."""
    root = folder(tmp_path_factory.mktemp("dirty") / "tree", ("a", "b"), 20)
    samples = Samples.from_directory(root)
    spoil(samples, BAD)
    return samples


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """The same without bad ones."""
    return Samples.from_directory(folder(tmp_path_factory.mktemp("clean") / "tree", ("a", "b"), 20))


def spoil(samples: Samples, bad: dict[int, Status]) -> None:
    for row, status in bad.items():
        path = Path(samples.path(row))
        data = path.read_bytes()
        match status:
            case Status.EMPTY:
                path.write_bytes(b"")
            case Status.NOT_AN_IMAGE:
                path.write_bytes(b"<html>not found</html>")
            case Status.TRUNCATED:
                path.write_bytes(data[: len(data) // 2])
            case Status.NOT_FOUND:
                path.unlink()
            case Status.CORRUPT:  # at any strictness: a Huffman table with too many symbols
                at = data.index(b"\xff\xc4") + 5
                path.write_bytes(data[:at] + b"\xff" * 16 + data[at + 16 :])


def loader_of(samples: Samples, **options: Any) -> Loader:
    settings: dict[str, Any] = {"batch_size": 6, "shuffle": True, "seed": 3, "max_bad": 1.0}
    return Loader(samples, SIZE, **{**settings, **options})


def epoch_of(loader: Loader) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BadSamplesWarning)
        return list(loader)


def rows_in(loader: Loader, epoch: int, k: int) -> list[int]:
    return [int(row) for row in loader.order.indices(epoch, k)]


def test_raise_names_the_first_bad_sample_of_a_batch(dirty):
    loader = loader_of(dirty, shuffle=False, on_error="raise", max_bad=None)
    with pytest.raises(DecodeError, match="EMPTY") as caught:
        loader.batch(0, 0)
    assert (caught.value.index, caught.value.path) == (3, dirty.path(3))
    assert [found.index for found in loader.errors] == [3]


@pytest.mark.parametrize("threads", [1, 3])
def test_skip_leaves_them_out_and_moves_nothing_else(dirty, clean, threads):
    loader, sound = loader_of(dirty, on_error="skip", threads=threads), loader_of(clean, on_error="skip")
    for epoch in range(2):
        for k, ((x, y), (good_x, good_y)) in enumerate(zip(epoch_of(loader), epoch_of(sound), strict=True)):
            kept = [row not in BAD for row in rows_in(loader, epoch, k)]
            np.testing.assert_array_equal(x, good_x[kept])
            np.testing.assert_array_equal(y, good_y[kept])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_fill_is_black_and_weighs_nothing(dirty, clean, dtype):
    options = {"dtype": dtype, **({"scale": 1 / 127.5, "offset": -1.0} if dtype == "float32" else {})}
    weights = np.arange(1, 41)
    loader = loader_of(dirty, on_error="fill", sample_weight=weights, **options)
    sound = loader_of(clean, on_error="fill", **options)
    for k, ((x, y, w), (good_x, good_y, ones)) in enumerate(zip(epoch_of(loader), epoch_of(sound), strict=True)):
        rows = rows_in(loader, 0, k)
        bad = [row in BAD for row in rows]
        np.testing.assert_array_equal(w, np.where(bad, 0, weights[rows]))
        np.testing.assert_array_equal(ones, np.ones(len(rows)))
        np.testing.assert_array_equal(y, good_y)
        assert (x[bad] == options.get("offset", 0)).all()
        np.testing.assert_array_equal(x[~np.array(bad)], good_x[~np.array(bad)])


def test_substitutes_are_good_samples_with_their_labels_and_always_the_same(dirty, clean):
    runs = [
        epoch_of(loader_of(dirty, on_error="substitute", transform=RandomResizedCrop(), **options))
        for options in ({"threads": 1}, {"threads": 4, "prefetch_bytes": 0})
    ]
    for (x, y), (again_x, again_y) in zip(*runs, strict=True):
        np.testing.assert_array_equal(x, again_x)
        np.testing.assert_array_equal(y, again_y)
    loader = loader_of(dirty, on_error="substitute")
    sound = loader_of(clean, on_error="skip")
    all_x = np.concatenate([loader_batch[0] for loader_batch in (sound.batch(0, k) for k in range(len(sound)))])
    order = [row for k in range(len(sound)) for row in rows_in(sound, 0, k)]
    for k, (x, y) in enumerate(epoch_of(loader)):
        for i, row in enumerate(rows_in(loader, 0, k)):
            same = [order[j] for j in np.flatnonzero((all_x == x[i]).all(axis=(1, 2, 3)))]
            assert (row in same) == (row not in BAD)
            assert not set(same) & set(BAD)
            assert clean.labels[same[0]] == y[i]


def test_substitutes_never_change(dirty):
    numbered = Samples.from_files(dirty.paths(), labels=np.arange(40.0))
    loader = loader_of(numbered, on_error="substitute", shuffle=False, batch_size=40)
    drawn = [epoch_of(loader)[0][1][[*BAD]].tolist() for _ in range(2)]
    assert drawn == [[14, 38, 17, 34, 7], [33, 17, 16, 29, 8]]


def test_substitutes_change_from_epoch_to_epoch(dirty):
    loader = loader_of(dirty, on_error="substitute", shuffle=False, labels=None)
    drawn = {loader.batch(epoch, 0)[3].tobytes() for epoch in range(6)}
    assert len(drawn) > 1


def test_a_batch_of_bad_samples_alone_has_one_substitute(dirty, clean):
    loader = loader_of(dirty, on_error="skip", shuffle=False, batch_size=1)
    sound = loader_of(clean, on_error="skip", shuffle=False, batch_size=40).batch(0, 0)[0]
    for row in BAD:
        x, y = loader.batch(0, row)
        others = np.flatnonzero((sound == x[0]).all(axis=(1, 2, 3)))
        assert len(x) == len(y) == 1
        assert len(others)
        assert not set(others.tolist()) & set(BAD)


def test_an_old_epoch_has_its_bound_too(dirty):
    loader = loader_of(dirty, on_error="skip", max_bad=4)
    loader.batch(5, 0), loader.batch(6, 0)
    with pytest.raises(TooManyBadSamples):
        [loader.batch(0, k) for k in range(len(loader))]


@pytest.mark.parametrize(("share", "max_count"), [(0.29, 29), (0.57, 57), (0.999, 99), (1.0, 100), (0.0, 0)])
def test_a_share_is_not_lost_to_rounding(share, max_count):
    assert Policy("skip", share).max_count(100) == max_count


@pytest.mark.parametrize(
    ("max_bad", "samples", "max_count"),
    [
        *((None, 1, 5), (None, 40, 5), (None, 499, 5), (None, 600, 6), (None, 100_000, 1000)),
        *((0.01, 40, 5), (0.5, 40, 20), (np.float32(0.5), 40, 20), (0.0, 40, 0)),
        *((0, 40, 0), (3, 40, 3), (np.int64(3), 40, 3)),
    ],
)
def test_a_share_allows_at_least_five_and_a_count_what_it_says(max_bad, samples, max_count):
    assert Policy("skip", max_bad).max_count(samples) == max_count


def test_skip_works_on_a_small_set(tmp_path):
    samples = Samples.from_directory(folder(tmp_path / "tree", ("a", "b"), 4))
    Path(samples.path(2)).write_bytes(b"")
    loader = Loader(samples, SIZE, 3, on_error="skip")
    assert sum(len(x) for x, _ in epoch_of(loader)) == 7


def test_what_a_function_raises_is_a_decode_error(dirty):
    loader = loader_of(dirty, on_error=lambda found: "raise", max_bad=0, shuffle=False)
    with pytest.raises(DecodeError, match="EMPTY"):
        loader.batch(0, 0)
    unlabelled = loader_of(dirty, on_error=lambda found: "fill", labels=None, shuffle=False)
    with pytest.raises(ValueError, match="'fill', which needs labels"):
        unlabelled.batch(0, 0)


def test_after_a_resume_the_words_count_the_whole_epoch(dirty):
    state = {**loader_of(dirty, on_error="skip").state_dict(), "batch": 1, "bad": 4}
    strict = loader_of(dirty, on_error="skip", max_bad=4)
    strict.load_state_dict(state)
    with pytest.raises(TooManyBadSamples, match=r"^5 of 40") as caught:
        list(strict)
    assert (caught.value.count, len(caught.value.samples)) == (5, 1)
    lenient = loader_of(dirty, on_error="skip", max_bad=9)
    lenient.load_state_dict(state)
    since = sum(row in BAD for k in range(1, len(lenient)) for row in rows_in(lenient, 0, k))
    with pytest.warns(BadSamplesWarning, match=f"{4 + since} of 40"):
        list(lenient)


def test_a_function_chooses_for_each(dirty):
    asked: list[BadSample] = []

    def choose(found: BadSample) -> str:
        asked.append(found)
        return "skip" if found.status is Status.NOT_FOUND else "fill"

    loader = loader_of(dirty, on_error=choose)
    assert sum(len(x) for x, _, _ in epoch_of(loader)) == 39
    assert {found.index: found.status for found in asked} == BAD
    wrong = loader_of(dirty, on_error=lambda found: "drop")
    with pytest.raises(ValueError, match=r"not 'drop'; the function returned it for '.*jpg'"):
        epoch_of(wrong)


@pytest.mark.parametrize("policy", LENIENT)
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_what_is_reported_is_what_is_bad_once(dirty, policy, seed, threads):
    loader = loader_of(dirty, on_error=policy, seed=seed, threads=threads)
    for _ in range(2):
        epoch_of(loader)
    assert {found.index: found.status for found in loader.errors} == BAD
    assert [found.index for found in loader.errors] == sorted(BAD)
    assert [found.path for found in loader.errors] == [dirty.path(row) for row in sorted(BAD)]
    assert {found.epoch for found in loader.errors} == {0}


@pytest.mark.parametrize("max_bad", [0, 2, 4, 0.0])
@pytest.mark.parametrize("threads", [1, 4])
def test_too_many_end_the_epoch_at_the_same_batch(dirty, max_bad, threads):
    loader = loader_of(dirty, on_error="skip", max_bad=max_bad, threads=threads)
    rows = [rows_in(loader, 0, k) for k in range(len(loader))]
    met = np.cumsum([sum(row in BAD for row in batch) for batch in rows])
    whole = int(np.argmax(met > max_bad))
    batches = iter(loader)
    for _ in range(whole):
        next(batches)
    with pytest.raises(TooManyBadSamples, match=f"max_bad allows {max_bad:.0f};") as caught:
        next(batches)
    assert len(caught.value.samples) == caught.value.count == max_bad + 1
    assert {found.index for found in caught.value.samples} <= set(BAD)


def test_a_set_without_one_good_sample_ends_at_once(tmp_path):
    files = [tmp_path / f"{k}.jpg" for k in range(50)]
    loader = Loader(Samples.from_files(files, [0] * 50), SIZE, on_error="substitute")
    with pytest.raises(TooManyBadSamples, match="6 of 50 samples are bad"):
        epoch_of(loader)
    patient = Loader(Samples.from_files(files, [0] * 50), SIZE, on_error="substitute", max_bad=1.0)
    with pytest.raises(DecodeError, match="16 substitutes for it are bad as well"):
        epoch_of(patient)


def test_an_epoch_warns_once_at_its_end(dirty):
    loader = loader_of(dirty, on_error="skip")
    batches = iter(loader)
    for _ in range(len(loader) - 1):
        next(batches)
    with pytest.warns(BadSamplesWarning, match="epoch 0: 5 of 40 samples were bad") as seen:
        next(batches)
    assert len(seen) == 1
    for k in range(len(loader)):
        loader.batch(0, k)  # asked for again, warned of once


def test_a_probe_counts_for_nothing(dirty):
    loader = loader_of(dirty, on_error="skip", shuffle=False, max_bad=0)
    assert len(loader.batch(0, 0, probe=True)[0]) == 5
    assert not loader.errors


def predict(loader: Loader) -> list[str]:
    """Probe all batches as an `ImageSequence` does while Keras predicts; returns what it warns of."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", BadSamplesWarning)
        for k in range(len(loader)):
            loader.batch(0, k, probe=True)
            if k >= 2:  # now it shows that Keras predicts
                loader.log_probed(k + 1)
    return [str(warning.message) for warning in seen]


def test_what_predict_fills_in_is_listed_and_warned_of_but_not_counted(dirty):
    loader = loader_of(dirty, on_error="fill", shuffle=False, max_bad=5)
    for _ in range(2):
        (told,) = predict(loader)
        assert told.startswith("predict: 5 of 40 samples were bad (1 EMPTY, 1 NOT_AN_IMAGE")
        assert [found.index for found in loader.errors] == sorted(BAD)
    assert loader.state_at(0, len(loader))["bad"] == 0
    epoch_of(loader)  # `max_bad` allows five, and would not allow ten


def test_what_predict_recovers_is_listed_and_warned_of_once(mended):
    loader = Loader(mended, SIZE, 4, on_error="fill", max_bad=1)
    (told,) = predict(loader)
    assert told == (
        "predict: 1 of 12 samples were bad (1 TRUNCATED), and "
        "1 of 12 samples were decoded from damaged data (strict=True refuses them); see .errors"
    )
    (told,) = predict(loader)
    assert told == "predict: 1 of 12 samples were bad (1 TRUNCATED); see .errors"
    assert [found.index for found in loader.errors] == [4, 9]


def test_what_predict_recovers_is_listed_without_a_warning(mended):
    loader = Loader(mended, SIZE, 4, on_error="skip", strict=False)
    assert predict(loader) == []
    assert [found.index for found in loader.errors] == [4, 9]


def test_a_predict_that_stopped_early_leaves_nothing_to_the_next(dirty):
    loader = loader_of(dirty, on_error="skip", shuffle=False)
    for k in range(4):
        loader.batch(0, k, probe=True)
    loader.log_probed(4)
    clean = [k for k in range(len(loader)) if not set(rows_in(loader, 0, k)) & set(BAD)]
    for batches in range(3, len(loader) + 1):
        loader.batch(0, clean[0], probe=True)
        loader.log_probed(batches)  # warns of nothing


def test_probes_before_a_fit_are_not_listed_as_what_predict_used(dirty):
    loader = loader_of(dirty, on_error="skip", shuffle=False)
    loader.batch(0, 0, probe=True)
    loader.batch(0, 3)
    loader.batch(0, 2, probe=True)
    loader.log_probed(3)
    assert [found.index for found in loader.errors] == [12]


def test_a_pickled_loader_goes_on_counting(dirty):
    loader = loader_of(dirty, on_error="skip", shuffle=False, max_bad=2)
    for k in range(2):
        loader.batch(0, k)
    twin = pickle.loads(pickle.dumps(loader))
    for counting in (loader, twin):
        with pytest.raises(TooManyBadSamples, match=r"^3 of 40"):
            counting.batch(0, 2)


def test_old_epochs_are_forgotten(dirty):
    loader = loader_of(dirty, on_error="skip", shuffle=False, batch_size=40)
    sizes = []
    for _ in range(12):
        epoch_of(loader)
        sizes.append(len(pickle.dumps(loader)))
    assert max(sizes) < sizes[2] + 100


def test_the_list_goes_to_a_file_and_comes_back(dirty, tmp_path):
    loader = loader_of(dirty, on_error="skip")
    epoch_of(loader)
    file = tmp_path / "errors.jsonl"
    loader.errors.write(file)
    assert [json.loads(line)["index"] for line in file.read_text().splitlines()] == sorted(BAD)
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(record["status"], record["message"]) for record in records] == [
        (bad.status.name, bad.message) for bad in loader.errors
    ]
    log = BadSampleLog()
    log.read(file)
    assert list(log) == list(loader.errors)
    assert pickle.loads(pickle.dumps(log))[1:3] == loader.errors[1:3]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"index": 1}', "is not a record of a bad sample"),
        ("[]", "is not a record of a bad sample"),
        ("{", "is not a record of a bad sample"),
        ('{"index": "1", "path": "a", "status": "EMPTY", "detail": "", "epoch": 0}', "is not a record"),
        ('{"index": 1, "path": "a", "status": "SO-SO", "detail": "", "epoch": 0}', "is not a record"),
        (
            '{"row": 1, "path": "a", "status": "EMPTY", "reason": "empty", "epoch": 0}',
            "was .*earlier version.*delete",
        ),
    ],
)
def test_a_file_that_is_no_log_is_refused(tmp_path, line, words):
    file = tmp_path / "errors.jsonl"
    file.write_text(f"{line}\n")
    with pytest.raises(ValueError, match=rf"line 1 of .*errors\.jsonl' {words}"):
        BadSampleLog().read(file)


def test_a_bad_sample_is_one_record_with_everything(dirty):
    loader = loader_of(dirty, on_error="skip")
    epoch_of(loader)
    cut = loader.errors[2]
    assert (cut.index, cut.path, cut.status, cut.epoch) == (12, dirty.path(12), Status.TRUNCATED, 0)
    assert cut.detail
    assert cut.remedy == f"{remedy(Status.TRUNCATED)}; strict=False accepts it"
    assert cut.message == str(cut) == f"{cut.path!r} (sample 12): {cut.reason} [TRUNCATED]; {cut.remedy}"
    assert cut.detail in cut.reason
    with pytest.raises(DecodeError) as caught:
        loader_of(dirty, shuffle=False, max_bad=None).batch(0, 2)
    error = caught.value
    assert (error.index, error.path, error.status, error.detail, error.reason, error.remedy) == (
        *(cut.index, cut.path, cut.status, cut.detail, cut.reason, cut.remedy),
    )
    assert str(error) == f"cannot decode {cut.message}"


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Twelve samples; of number 4 the last rows are damaged, and number 9 is cut off."""
    samples = Samples.from_directory(folder(tmp_path_factory.mktemp("mended") / "tree", ("a", "b"), 6))
    path = Path(samples.path(4))
    data = path.read_bytes()
    path.write_bytes(data[:-40] + bytes(38) + data[-2:])
    path = Path(samples.path(9))
    path.write_bytes(path.read_bytes()[:-60])
    return samples


@pytest.mark.parametrize("on_error", ["raise", "skip", "fill", "substitute"])
def test_what_was_recovered_is_listed_but_not_bad(mended, on_error, tmp_path):
    options = {} if on_error == "raise" else {"max_bad": 0}
    loader = Loader(mended, SIZE, 5, on_error=on_error, strict=False, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        batches = list(loader)
    assert sum(len(batch[0]) for batch in batches) == 12
    if on_error == "fill":
        assert all(w.all() for _, _, w in batches)
    assert [(found.index, found.status) for found in loader.errors] == [(4, Status.RECOVERED), (9, Status.RECOVERED)]
    assert all(found.is_good and found.detail for found in loader.errors)
    loader.errors.write(tmp_path / "errors.jsonl")
    assert len(mended.without(tmp_path / "errors.jsonl")) == len(mended.without(loader.errors)) == 12


@pytest.mark.parametrize("batch_size", [5, 12])
def test_whole_lists_what_was_recovered_beside_what_is_bad(mended, tmp_path, batch_size):
    loader = Loader(mended, SIZE, batch_size, on_error="skip", strict="whole")
    with pytest.warns(
        BadSamplesWarning, match=r"1 of 12 samples were bad \(1 TRUNCATED\), and 1 of 12 samples were decoded"
    ):
        assert sum(len(x) for x, _ in loader) == 11
    assert [(found.index, found.status.name) for found in loader.errors] == [(4, "RECOVERED"), (9, "TRUNCATED")]
    loader.errors.write(tmp_path / "errors.jsonl")
    assert len(mended.without(tmp_path / "errors.jsonl")) == 11


def test_a_recovered_sample_is_a_good_substitute(mended):
    paths = ["missing.jpg", mended.path(4), mended.path(4)]
    loader = Loader(Samples.from_files(paths, labels=[7, 8, 9]), SIZE, 3, on_error="substitute", strict="whole")
    with pytest.warns(BadSamplesWarning, match="1 of 3 samples were bad .*, and 2 of 3 samples were decoded"):
        ((x, y),) = loader
    np.testing.assert_array_equal(x[0], x[1])
    assert y[0] in y[1:]


def test_a_state_counts_the_bad_samples_of_the_batches_before_it(dirty):
    loader = loader_of(dirty, on_error="skip", shuffle=False)
    epoch_of(loader)
    assert [loader.state_at(0, k)["bad"] for k in range(8)] == [sum(i < 6 * k for i in BAD) for k in range(8)]


def test_a_sample_that_was_recovered_and_is_bad_later_is_listed_as_bad():
    log = BadSampleLog()
    recovered, bad = BadSample(3, "a.jpg", Status.RECOVERED), BadSample(3, "a.jpg", Status.NOT_FOUND, "", 1)
    for found in (recovered, bad, recovered, BadSample(3, "a.jpg", Status.EMPTY, "", 2)):
        log.add(found)
    assert list(log) == [bad]


def test_a_function_is_asked_once_for_a_sample_and_epoch(dirty):
    asked: list[tuple[int, int]] = []

    def choose(found: BadSample) -> str:
        asked.append((found.epoch, found.index))
        return "fill"

    loader = loader_of(dirty, on_error=choose, shuffle=False)
    loader.batch(0, 0, probe=True)
    loader.batch(0, 0, probe=True)
    for epoch in range(2):
        with pytest.warns(BadSamplesWarning):
            [loader.batch(epoch, k) for k in range(len(loader))]
        loader.batch(epoch, 0)
    assert sorted(asked) == [(epoch, index) for epoch in range(2) for index in sorted(BAD)]


def test_warnings_point_at_the_line_of_the_user(dirty):
    loader = loader_of(dirty, on_error="skip")
    with pytest.warns(BadSamplesWarning) as from_batch:
        [loader.batch(5, k) for k in range(len(loader))]
    with pytest.warns(BadSamplesWarning) as from_iterator:
        list(loader)
    assert [warning.filename for warning in (*from_batch, *from_iterator)] == [__file__] * 2


def test_warnings_of_a_frameworks_thread_point_at_what_the_main_thread_does(dirty):
    """Frames of a module that is called like a framework's, as TensorFlow's threads have them."""
    loader = loader_of(dirty, on_error="skip")
    namespace: dict[str, Any] = {"__name__": "tensorflow.python.ops", "loader": loader}
    exec("def run():\n    [loader.batch(0, k) for k in range(len(loader))]", namespace)
    thread = threading.Thread(target=namespace["run"])
    with pytest.warns(BadSamplesWarning) as seen:
        wait_for(thread)
    assert [warning.filename for warning in seen] == [__file__]


def wait_for(thread: threading.Thread) -> None:
    thread.start()
    thread.join()


def test_names_that_are_no_text_survive_the_file(tmp_path):
    log = BadSampleLog()
    log.add(BadSample(7, "caf\udce9/\n.jpg", Status.CORRUPT, "it's broken", 2))
    log.write(tmp_path / "errors.jsonl")
    other = BadSampleLog()
    other.read(tmp_path / "errors.jsonl")
    assert list(other) == list(log)


@pytest.mark.parametrize("steps", range(8))
def test_a_run_that_goes_on_counts_and_lists_as_one_that_never_stopped(dirty, tmp_path, steps):
    def taken(loader: Loader, most: int) -> tuple[int, Sequence[BadSample]]:
        count = 0
        try:
            for _ in loader:
                count += 1
                if count == most:
                    break
        except TooManyBadSamples:
            return count, loader.errors
        return count, loader.errors

    whole, expected = taken(loader_of(dirty, on_error="skip", max_bad=3), 100)
    first = loader_of(dirty, on_error="skip", max_bad=3)
    before, errors = taken(first, min(steps, whole)) if steps else (0, first.errors)
    errors.write(tmp_path / "errors.jsonl")
    second = loader_of(dirty, on_error="skip", max_bad=3, threads=1)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    second.errors.read(tmp_path / "errors.jsonl")
    after, both = taken(second, 100)
    assert before + after == whole
    assert list(both) == list(expected)


def test_another_policy_is_another_stream(dirty):
    state = loader_of(dirty, on_error="skip").state_dict()
    with pytest.raises(ValueError, match="on_error 'skip'"):
        loader_of(dirty, on_error="fill").load_state_dict(state)


def test_files_that_come_back_are_good_again(tmp_path):
    samples = Samples.from_directory(folder(tmp_path / "tree", ("a", "b"), 4))
    path = Path(samples.path(5))
    shutil.copy(path, tmp_path / "kept.jpg")
    path.unlink()
    loader = loader_of(samples, on_error="skip")
    assert sum(len(x) for x, _ in epoch_of(loader)) == 7
    shutil.copy(tmp_path / "kept.jpg", path)
    assert sum(len(x) for x, _ in epoch_of(loader)) == 8
    assert [found.index for found in loader.errors] == [5]

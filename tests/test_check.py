"""`fastseq check`: its findings, its output files and its exit code."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from pathlib import Path

import cv2
import pytest
import xxhash
from images import encoded, folder, jpeg, photo
from jpeg_headers import with_bytes_before_end
from tar_files import tar
from tfrecord_files import tfrecords

import fastseq.doctor.survey as survey_module
from fastseq import Samples, SamplesWarning
from fastseq.doctor.digests import compare, read_digests, write_digests
from fastseq.doctor.survey import survey, survey_by_executor
from fastseq.executors.processes import in_processes


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two class folders of four JPEGs, and a PNG."""
    root = folder(tmp_path / "tree", ("a", "b"), 4)
    (root / "a" / "004.png").write_bytes(encoded(photo(30, 40), "png"))
    return root


def damage(root: Path) -> list[Path]:
    bad = [root / "a" / "001.jpg", root / "b" / "000.jpg", root / "b" / "003.jpg"]
    bad[0].write_bytes(bad[0].read_bytes()[:-200])
    bad[1].write_bytes(b"<html>")
    bad[2].write_bytes(b"")
    return bad


def test_a_good_set_is_plotted_and_lists_no_files(tree, run_check, tmp_path):
    done = run_check(tree)
    assert done.exit_code == 0
    assert "good" in done.stdout
    assert " 9 " in done.stdout
    assert cv2.imread(str(tmp_path / "fastseq-check.png")) is not None
    assert (tmp_path / "fastseq-bad.jsonl").read_text() == ""
    assert len(Samples.from_directory(tree).without(tmp_path / "fastseq-bad.jsonl")) == 9


def test_bad_files_are_counted_by_status_and_listed(tree, run_check, tmp_path):
    bad = damage(tree)
    done = run_check(tree, "--quarantine", "bad.jsonl", "--plot", "set.png", "--threads", 2)
    assert done.exit_code == 1
    for status in ("TRUNCATED", "NOT_AN_IMAGE", "EMPTY"):
        assert status in done.stdout
    assert "samples.without('bad.jsonl')" in done.stdout
    listed = [json.loads(line)["path"] for line in (tmp_path / "bad.jsonl").read_text().splitlines()]
    assert listed == [str(path) for path in bad]
    left = Samples.from_directory(tree).without("bad.jsonl")
    assert len(left) == 6
    assert not set(listed) & set(left.paths())
    assert (tmp_path / "set.png").exists()
    assert run_check(tree).exit_code == 1
    for path in bad:
        path.unlink()
    assert run_check(tree, "--quarantine", "bad.jsonl").exit_code == 0
    assert (tmp_path / "bad.jsonl").read_text() == ""


def add_what_training_leaves_out(tree: Path) -> None:
    for name in ("beside.jpg", ".hidden/x.JPG", "a/._000.jpg", "a/.ipynb_checkpoints/x.jpg", "b/x.heic"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_bytes(b"")
    (tree / "folder.jpg").mkdir()


@pytest.mark.parametrize("follow_links", [False, True])
def test_the_files_of_training_are_checked_and_no_others(tree, run_check, tmp_path, follow_links):
    add_what_training_leaves_out(tree)
    other = folder(tmp_path / "other", ("c", "d"), 3)
    (tree / "c").symlink_to(other / "c")
    (tree / "b" / "deep").mkdir()
    (tree / "b" / "deep" / "x.JFIF").write_bytes(b"")
    (tree / "b" / "linked").symlink_to(other / "d")
    done = run_check(tree, "--digest", "set.csv", *["--follow-links"] * follow_links)
    assert done.exit_code == 1
    with pytest.warns(SamplesWarning) as caught:
        samples = Samples.from_directory(tree, follow_links=follow_links)
    assert len(samples) == (16 if follow_links else 13)
    with open(tmp_path / "set.csv", newline="") as file:
        assert {row["path"] for row in csv.DictReader(file)} == set(samples.paths())
    for line in str(caught[0].message).removeprefix(f"{tree}: ").split("; "):
        assert line in done.stdout.replace("\n", "; ")
    listed = [json.loads(line)["path"] for line in (tmp_path / "fastseq-bad.jsonl").read_text().splitlines()]
    assert listed == [str(tree / "b" / "deep" / "x.JFIF")]


def test_the_order_of_numbered_classes_is_no_matter_here(tmp_path, run_check):
    done = run_check(folder(tmp_path / "numbered", ("1", "2", "10"), 2))
    assert done.exit_code == 0
    assert "classes" not in done.stdout + done.stderr


def test_what_is_left_out_is_printed_and_is_no_error(tree, run_check):
    add_what_training_leaves_out(tree)
    done = run_check(tree)
    assert done.exit_code == 0
    assert " 9 " in done.stdout
    for part in ("'beside.jpg'", "'a/._000.jpg'", "'a/.ipynb_checkpoints/'", "'b/x.heic'", "'folder.jpg'"):
        assert part in done.stdout
    assert ".hidden" not in done.stdout


def test_a_folder_that_cannot_be_read_is_an_error(tree, run_check, lock_folders):
    (tree / "b" / "locked").mkdir()
    lock_folders("locked")
    done = run_check(tree)
    assert done.exit_code == 2
    assert "b/locked: Permission denied" in done.stderr


def test_pipes_and_devices_do_not_block(tree, run_check, tmp_path):
    os.mkfifo(tree / "a" / "pipe.jpg")
    (tree / "b" / "zero.jpg").symlink_to("/dev/zero")
    done = run_check(tree, "--digest", "set.csv")
    assert done.exit_code == 1
    assert "NOT_A_FILE" in done.stdout
    assert len((tmp_path / "set.csv").read_text().splitlines()) == 10


def test_other_files_are_not_overwritten_by_the_quarantine_list(tree, run_check, tmp_path):
    (tmp_path / "notes.txt").write_text("mine\n")
    done = run_check(tree, "--quarantine", "notes.txt")
    assert done.exit_code == 2
    assert "good" in done.stdout  # the result of the long run is printed first
    assert (tmp_path / "notes.txt").read_text() == "mine\n"


def test_lenient_accepts_what_is_cut_off(tree, run_check):
    path = tree / "a" / "001.jpg"
    path.write_bytes(path.read_bytes()[:-2])
    (tree / "b" / "001.jpg").write_bytes((tree / "b" / "001.jpg").read_bytes()[:100])  # nothing of it decodes
    done = run_check(tree)
    assert done.exit_code == 1
    assert "download the file again, or remove it; --lenient accepts it" in " ".join(done.stdout.split())
    done = run_check(tree, "--lenient")
    assert done.exit_code == 1
    assert "RECOVERED" in done.stdout
    assert "accepts" not in done.stdout
    (tree / "b" / "001.jpg").unlink()
    assert run_check(tree, "--lenient").exit_code == 0


def test_damaged_files_that_decode_are_counted_and_refused_by_strict(tree, run_check, tmp_path):
    path = tree / "a" / "001.jpg"
    path.write_bytes(with_bytes_before_end(path.read_bytes()))
    done = run_check(tree)
    assert done.exit_code == 0
    assert "RECOVERED" in done.stdout
    assert "refuse such files with --strict" in " ".join(done.stdout.split())
    assert (tmp_path / "fastseq-bad.jsonl").read_text() == ""
    done = run_check(tree, "--strict")
    assert done.exit_code == 1
    assert "leaving out --strict accepts it" in " ".join(done.stdout.split())
    (line,) = (tmp_path / "fastseq-bad.jsonl").read_text().splitlines()
    assert 'strict="whole" accepts it' in json.loads(line)["message"]


def test_parts_are_read_elsewhere(tree, monkeypatch):
    damage(tree)
    monkeypatch.setattr(survey_module, "_TASK_SIZE", 2)
    samples = Samples.from_directory(tree)
    counts = []
    expected = survey(samples, strict="whole", threads=1, advance=lambda n: None)
    found = survey_by_executor(samples, strict="whole", executor=in_processes(2), advance=counts.append)
    assert list(found.log) == list(expected.log)
    assert (found.formats, found.sizes) == (expected.formats, expected.sizes)
    assert sum(counts) == found.samples == len(samples)


@pytest.mark.parametrize("option", [("--threads", "1"), ("--digest", "x.csv")])
def test_a_ray_cluster_takes_no_threads_and_makes_no_digests(tree, run_check, option):
    done = run_check(tree, "--ray", "local", *option)
    assert done.exit_code == 2
    assert "leave out --threads and --digest, or --ray" in done.stderr


def test_strict_and_lenient_exclude_each_other(tree, run_check):
    done = run_check(tree, "--strict", "--lenient")
    assert done.exit_code == 2
    assert "--strict refuses what --lenient accepts" in done.stderr


def test_csv_files_and_flat_folders_are_accepted(tree, run_check, tmp_path):
    table = tmp_path / "set.csv"
    table.write_text("file,label\na/000.jpg,x\nb/000.jpg,y\nb/009.jpg,y\n")
    done = run_check(table, "--image", "file", "--root", tree)
    assert done.exit_code == 1
    assert "NOT_FOUND" in done.stdout
    for name in ("._000.jpg", "notes.txt", "x.heic"):
        (tree / "a" / name).write_bytes(b"")
    done = run_check(tree / "a")
    assert done.exit_code == 0
    assert " 5 " in done.stdout
    assert "'x.heic'" in done.stdout
    assert "'._000.jpg'" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [(["nowhere.csv"], "nowhere.csv: No such file"), (["empty"], "has no images"), (["x.csv"], "image")],
)
def test_invalid_sources_are_rejected(run_check, tmp_path, words, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.csv").write_text("file\n")
    done = run_check(*words)
    assert done.exit_code == 2
    assert message in done.stderr


@pytest.mark.parametrize("option", ["--plot", "--quarantine", "--digest"])
def test_an_output_in_a_missing_folder_is_rejected_before_anything_is_decoded(tree, run_check, tmp_path, option):
    done = run_check(str(tree), option, "nowhere/output")
    assert done.exit_code == 2
    assert "nowhere/output cannot be written: there is no folder nowhere" in done.stderr
    assert not list(tmp_path.glob("fastseq-*"))


def test_digests_detect_changed_missing_and_new_files(tree, run_check, tmp_path):
    assert run_check(tree, "--digest", "set.csv").exit_code == 0
    with open(tmp_path / "set.csv", newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    one = tree / "a" / "000.jpg"
    assert rows[str(one)]["xxh3_64"] == xxhash.xxh3_64(one.read_bytes()).hexdigest()
    assert int(rows[str(one)]["bytes"]) == one.stat().st_size
    assert run_check(tree, "--digest", "set.csv").exit_code == 0
    one.write_bytes(jpeg(photo(50, 60, seed=9)))
    (tree / "b" / "001.jpg").unlink()
    (tree / "b" / "new.jpg").write_bytes(jpeg(photo(50, 60, seed=8)))
    done = run_check(tree, "--digest", "set.csv")
    assert done.exit_code == 1
    for line in ("1 files have changed", str(one), "1 files are missing", "b/001.jpg", "1 files are new", "b/new.jpg"):
        assert line in done.stdout


def test_digests_detect_copies(tree, run_check):
    (tree / "b" / "copy.jpg").write_bytes((tree / "a" / "000.jpg").read_bytes())
    done = run_check(tree, "--digest", "set.csv")
    assert done.exit_code == 0
    assert f"2 files have the same contents as another; keep one of each\n  {tree}/a/000.jpg = {tree}/b/copy.jpg" in (
        done.stdout
    )
    (tree / "b" / "copy.jpg").unlink()
    assert "same contents" not in run_check(tree, "--digest", "set.csv").stdout


def test_digest_files_round_trip_and_other_files_are_rejected(tmp_path):
    made = {"caf\udce9, \n.jpg": ("0123456789abcdef", 5), "b": ("f" * 16, 0)}
    write_digests(made, tmp_path / "set.csv")
    assert read_digests(tmp_path / "set.csv") == made
    assert not compare(made, made)
    (tmp_path / "other.csv").write_text("path,label\n")
    with pytest.raises(ValueError, match=r"other\.csv is not a list of digests"):
        read_digests(tmp_path / "other.csv")
    (tmp_path / "other.csv").write_text("xxh3_64,bytes,path\n01,many,x\n")
    with pytest.raises(ValueError, match="line 2"):
        read_digests(tmp_path / "other.csv")


def test_without_accepts_paths_and_rejects_other_files(tree, tmp_path, monkeypatch):
    samples = Samples.from_directory(tree)
    assert len(samples.without([samples.path(0), Path(samples.path(5))])) == 7
    monkeypatch.chdir(tree)
    assert len(samples.without(["a/000.jpg"])) == 8
    (tmp_path / "list.txt").write_text("a/000.jpg\n")
    with pytest.raises(ValueError, match=r"line 1 of .*list\.txt"):
        samples.without(tmp_path / "list.txt")
    with pytest.raises(FileNotFoundError):
        samples.without("nowhere.jsonl")


@pytest.mark.parametrize("kind", ["tar", "tfrecord", "zip"])
@pytest.mark.filterwarnings("ignore::fastseq.SamplesWarning")
def test_shards_are_checked(run_check, tmp_path, kind):
    images = [jpeg(photo(30, 40, seed)) for seed in range(4)]
    images[1], images[3] = images[1][:-200], images[2]
    if kind == "tar":
        (tmp_path / "train-0.tar").write_bytes(
            tar([(f"{i}.jpg", data) for i, data in enumerate(images)] + [("x", b"")])
        )
        samples = Samples.from_tar(f"{tmp_path}/train-0.tar", "jpg")
    elif kind == "zip":
        with zipfile.ZipFile(tmp_path / "train-0.zip", "w") as archive:
            for i, data in enumerate(images):
                archive.writestr(f"cat/{i}.jpg", data)
            archive.writestr("x.jpg", b"")
        samples = Samples.from_zip(tmp_path / "train-0.zip")
    else:
        (tmp_path / "train-0.tfrecord").write_bytes(tfrecords([{"image": data} for data in images] + [{"other": b""}]))
        samples = Samples.from_tfrecord(f"{tmp_path}/train-0.tfrecord", label=None)
    pattern = tmp_path / (f"train-0.{kind}" if kind == "zip" else f"train-*.{kind}")
    done = run_check(pattern, "--digest", "digests.csv")
    assert done.exit_code == 1
    assert "left out" in done.stdout or "outside the class folders" in done.stdout
    assert "1 bad files are listed" in done.stdout
    assert len(samples.without(tmp_path / "fastseq-bad.jsonl")) == 3
    recorded = read_digests(tmp_path / "digests.csv")
    assert sorted(recorded) == sorted(samples.paths())
    assert recorded[samples.path(0)] == (xxhash.xxh3_64(images[0]).hexdigest(), len(images[0]))
    assert "2 files have the same contents as another" in done.stdout

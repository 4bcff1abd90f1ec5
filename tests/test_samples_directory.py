"""Samples from a folder: the same files, order and classes as in Keras."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from fastseq import SamplesWarning
from fastseq.samples import Samples
from fastseq.samples.label_encoder import LabelEncoder

TREE = [
    "b/2.jpg",
    "b/10.jpg",
    "b/a b/1.jpg",
    "b/a/z.png",
    "b/a/b/deep.jpeg",
    "b/a-c/1.gif",
    "b/UPPER.JPG",
    "b/é.bmp",
    "b/notes.txt",
    "B/x.jpg",
    "class 10/x.jpg",
    "class 9/x.jpg",
    "a.b/x.jpg",
    ".git/x.jpg",
    "beside.jpg",
]


def make(root: Path, names: list[str]) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def keras_lists(root: Path, **options) -> tuple[list[str], list[str]]:
    from keras.utils import image_dataset_from_directory

    dataset = image_dataset_from_directory(str(root), shuffle=False, verbose=False, **options)
    return dataset.file_paths, dataset.class_names


@pytest.fixture
def tree(tmp_path):
    make(tmp_path, TREE)
    (tmp_path / "empty").mkdir()
    (tmp_path / "b" / "linked.jpg").symlink_to(tmp_path / "b" / "2.jpg")
    (tmp_path / "b" / "broken.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b" / "other").symlink_to(tmp_path / "B")
    (tmp_path / "linked").symlink_to(tmp_path / "a.b")
    return tmp_path


@pytest.mark.parametrize("follow_links", [False, True])
@pytest.mark.parametrize("classes", [None, ["class 9", "b"]])
def test_order_equals_keras(tree, follow_links, classes):
    with pytest.warns(SamplesWarning, match=r"beside\.jpg"):
        samples = Samples.from_directory(tree, follow_links=follow_links, classes=classes)
    paths, names = keras_lists(tree, follow_links=follow_links, class_names=classes)
    assert list(samples.paths()) == paths
    assert list(samples.classes) == names
    folders = [os.path.relpath(path, tree).split(os.sep)[0] for path in paths]
    assert [samples.classes[label] for label in samples.labels] == folders
    assert samples.labels.dtype == np.int64


def test_extensions_are_configurable(tmp_path):
    make(tmp_path, ["x/a.jpg", "x/b.JPEG", "x/c.png", "x/d.jpe", "x/e.webp", "x/f.TIF", "x/g.txt", "x/jpg"])
    with pytest.warns(SamplesWarning, match="'x/jpg'"):
        names = [os.path.basename(path) for path in Samples.from_directory(tmp_path).paths()]
    assert names == ["a.jpg", "b.JPEG", "c.png", "d.jpe", "e.webp", "f.TIF"]
    some = Samples.from_directory(str(tmp_path), extensions=[".Png", ".JPE"])
    assert [os.path.basename(path) for path in some.paths()] == ["c.png", "d.jpe"]
    with pytest.raises(TypeError, match=r"not the string '\.jpg'"):
        Samples.from_directory(tmp_path, extensions=".jpg")


def test_paths_start_with_the_folder_as_given(tmp_path, monkeypatch):
    make(tmp_path, ["data/x/a.jpg"])
    monkeypatch.chdir(tmp_path)
    for given in ("data", "data/", Path("data"), "./data"):
        path = Samples.from_directory(given).path(0)
        assert path == os.path.join(given, "x/a.jpg")
        assert Path(path).exists()


def test_names_that_are_not_unicode(tmp_path):
    os.makedirs(os.fsencode(tmp_path) + b"/x")
    name = os.fsencode(tmp_path) + b"/x/\xff\xfe.jpg"
    open(name, "wb").close()
    assert os.fsencode(Samples.from_directory(tmp_path).path(0)) == name


def test_symlink_loops_terminate(tmp_path):
    make(tmp_path, ["x/a.jpg", "y/b.jpg"])
    (tmp_path / "x" / "to_y").symlink_to(tmp_path / "y")
    (tmp_path / "y" / "to_x").symlink_to(tmp_path / "x")
    (tmp_path / "x" / "self").symlink_to(tmp_path / "x")
    paths = Samples.from_directory(tmp_path, follow_links=True).paths()
    assert [os.path.relpath(path, tmp_path) for path in paths] == [
        "x/a.jpg",
        "x/to_y/b.jpg",
        "y/b.jpg",
        "y/to_x/a.jpg",
    ]


def test_links_above_the_folder_do_not_lead_into_it_again(tmp_path):
    root = make(tmp_path / "root", ["x/a.jpg", "y/b.jpg"])
    make(tmp_path, ["beside/c.jpg"])
    (root / "x" / "up").symlink_to(tmp_path)
    paths = Samples.from_directory(root, follow_links=True).paths()
    assert [os.path.relpath(path, root) for path in paths] == ["x/a.jpg", "x/up/beside/c.jpg", "y/b.jpg"]


def test_every_format_that_is_decoded_is_found(tmp_path):
    others = [f"x/a.{ending}" for ending in ("jfif", "pjpeg", "pjp", "avif", "ppm", "pgm", "pbm", "pnm", "jp2", "j2k")]
    make(tmp_path, ["x/a.jpg", *others, "x/b.JFIF"])
    assert len(Samples.from_directory(tmp_path)) == 12


def test_hidden_files_and_litter_are_left_out(tmp_path):
    litter = ["x/._a.jpg", "x/.ipynb_checkpoints/a-checkpoint.jpg", "x/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg"]
    silent = ["x/.DS_Store", "x/Thumbs.db", "x/desktop.ini", ".git/x.jpg", ".ipynb_checkpoints/x.jpg"]
    make(tmp_path, ["x/a.jpg", "__MACOSX/x/._a.jpg", *litter, *silent])
    with pytest.warns(SamplesWarning, match="4 .*'__MACOSX/'") as caught:
        samples = Samples.from_directory(tmp_path)
    assert samples.classes == ("x",)
    assert list(samples.paths()) == [str(tmp_path / "x/a.jpg")]
    assert str(tmp_path) in str(caught[0].message)
    assert caught[0].filename == __file__


def test_what_is_left_out_is_said_once_with_counts_and_examples(tmp_path):
    other = [f"x/{i}.heic" for i in range(5)] + ["y/scan", "y/movie.mp4"]
    silent = ["x/notes.txt", "x/a.json", "README.md", "labels.csv"]
    make(tmp_path, ["x/a.jpg", "y/b.jpg", "loose.png", "other.png", *other, *silent])
    (tmp_path / "y" / "more").symlink_to(tmp_path / "x")
    with pytest.warns(SamplesWarning) as caught:
        samples = Samples.from_directory(tmp_path)
    assert len(samples) == 2
    assert len(caught) == 1
    text = str(caught[0].message)
    for part in ("7 (", "heic", ", ...)", "pass extensions", "2 (", "loose.png", "1 ('y/more/')", "follow_links=True"):
        assert part in text, part
    assert not any(name in text for name in ("notes", "README", "labels"))


@pytest.mark.parametrize("options", [{"extensions": [".jpg"]}, {"classes": ["x"]}])
def test_what_was_asked_for_is_not_warned_of(tmp_path, options):
    make(tmp_path, ["x/a.jpg", *(["x/b.png"] if "extensions" in options else ["y/b.heic"])])
    assert len(Samples.from_directory(tmp_path, **options)) == 1


def test_empty_classes_keep_their_numbers_and_are_told_of(tmp_path):
    make(tmp_path, ["a/x.jpg", "b/x.txt", "c/x.jpg"])
    with pytest.warns(SamplesWarning, match="class folders without images: 'b'; they keep their numbers"):
        samples = Samples.from_directory(tmp_path)
    assert samples.classes == ("a", "b", "c")
    assert samples.empty_classes == ("b",)
    assert samples.labels.tolist() == [0, 2]
    assert samples.select([1]).empty_classes == pickle.loads(pickle.dumps(samples)).empty_classes == ("b",)


def test_empty_classes_do_not_count_in_binary(tmp_path):
    make(tmp_path, ["a/x.jpg", "c/x.jpg", "c/y.jpg"])
    (tmp_path / "b").mkdir()
    with pytest.warns(SamplesWarning, match="'b'"):
        samples = Samples.from_directory(tmp_path)
    encoder = LabelEncoder(samples, "binary")
    assert encoder(np.array([2, 0, 1])).tolist() == [1, 0, 1]
    assert LabelEncoder(samples.select([2]), "binary")(np.array([0])).tolist() == [1]
    with pytest.warns(SamplesWarning, match="'b'"):
        two = Samples.from_directory(tmp_path, classes=["c", "b"])
    assert LabelEncoder(two, "binary")(np.array([0, 1])).tolist() == [0, 0]
    make(tmp_path, ["b/x.jpg"])
    with pytest.raises(ValueError, match="two classes, not 3"):
        LabelEncoder(Samples.from_directory(tmp_path), "binary")


def test_a_folder_without_images_says_what_it_has(tmp_path):
    make(tmp_path, ["x/a.heic", "x/.b.jpg"])
    with pytest.raises(ValueError, match=r"'x/a\.heic'.*'x/\.b\.jpg'"):
        Samples.from_directory(tmp_path)


def test_a_folder_without_images(tmp_path):
    make(tmp_path, ["x/a.txt"])
    with pytest.raises(ValueError, match=r"\.jpg.*\.tiff") as caught:
        Samples.from_directory(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_images_without_class_folders(tmp_path):
    make(tmp_path, ["a.JPG", ".cache/b.jpg"])
    with pytest.raises(ValueError, match=r"no class folders.*Samples\.from_files") as caught:
        Samples.from_directory(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_classes_without_folders(tmp_path):
    make(tmp_path, ["cat/a.jpg"])
    with pytest.raises(ValueError, match="no folders for the classes 'dog'; the folders are 'cat'"):
        Samples.from_directory(tmp_path, classes=["cat", "dog"])


def test_a_class_without_images_keeps_its_number(tmp_path):
    make(tmp_path, ["emu/a.jpg"])
    with pytest.raises(ValueError, match="Make an empty folder for a class that has no images"):
        Samples.from_directory(tmp_path, classes=["cat", "emu"])
    (tmp_path / "cat").mkdir()
    with pytest.warns(UserWarning, match="cat"):
        samples = Samples.from_directory(tmp_path, classes=["cat", "emu"])
    assert samples.labels.tolist() == [1]


def test_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Samples.from_directory(tmp_path / "nowhere")


def test_an_unreadable_folder(tmp_path, lock_folders):
    make(tmp_path, ["x/a.jpg", "y/b.jpg"])
    lock_folders("y")
    with pytest.raises(PermissionError, match="y"):
        Samples.from_directory(tmp_path)

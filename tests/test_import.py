"""What importing fastseq costs, what it names, and the enum that is written twice."""

from __future__ import annotations

import ast
import inspect
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest
from images import encoded, photo

import fastseq
import fastseq.compat
import fastseq.tf
from fastseq import Status, status
from fastseq._native import tables

HEAVY = ("cv2", "keras", "tensorflow", "pandas", "jax", "torch", "PIL", "skimage", "matplotlib")


@pytest.mark.parametrize(
    "module", ["fastseq", "fastseq.compat", "fastseq.tf", "fastseq.samples", "fastseq.keras.passes"]
)
def test_importing_is_light(module):
    code = f"import sys, {module}\nprint([name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_loading_needs_no_keras(tree):
    code = (
        "import sys, fastseq\n"
        "samples = fastseq.Samples.from_directory(sys.argv[1])\n"
        "print(sum(len(y) for x, y in fastseq.Loader(samples, (8, 8))))\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code, tree], capture_output=True, text=True, check=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("27\n[]\n", "")


def test_opencv_is_imported_once_a_file_needs_it(tmp_path):
    for form in ("jpeg", "png", "webp"):
        (tmp_path / f"a.{form}").write_bytes(encoded(photo(20, 30), form))
    code = (
        "import sys, fastseq\n"
        "for form in ('jpeg', 'png', 'webp'):\n"
        "    fastseq.decode_batch([f'{sys.argv[1]}/a.{form}'], (8, 8))\n"
        "    print(form, 'cv2' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("jpeg False\npng False\nwebp True\n", "")


def test_public_names(keras):
    assert fastseq.__all__ == sorted(fastseq.__all__)
    assert set(fastseq.__all__) >= {
        *("CenterCrop", "DataLoader", "DecodeError", "ImageSequence", "Limits", "Loader", "RandomFlip"),
        *("RandomResizedCrop", "Resize", "Samples", "Status", "UnknownLabelError", "decode_batch"),
    }
    names = ["DataGenerator", "ImageDataGenerator", "Sequence", "image_dataset_from_directory"]
    names += ["set_pixel_cache", "set_prefetch_bytes"]
    assert fastseq.compat.__all__ == names
    for name in fastseq.__all__:
        assert inspect.getdoc(getattr(fastseq, name)), name


@pytest.mark.parametrize("module", [fastseq, fastseq.compat, fastseq.tf])
def test_dir_shows_the_public_names_and_nothing_else(module):
    assert [name for name in dir(module) if not name.startswith("__")] == sorted(module.__all__)
    assert {"__doc__", "__file__", "__name__", "__all__"} <= set(dir(module))
    assert "__version__" in dir(fastseq)


@pytest.mark.parametrize("module", [fastseq, fastseq.compat, fastseq.tf])
def test_type_checkers_see_the_public_names(module):
    """What is imported on first use is imported for type checkers too, and nothing else public is."""
    tree = ast.parse(Path(module.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    bound = {(alias.asname or alias.name) for node in imports for alias in node.names} - {"annotations"}
    assert {name for name in bound if not name.startswith("_")} == set(module.__all__)


def test_the_drop_ins_are_there_without_an_import_of_their_own():
    code = "import fastseq; print(fastseq.compat.__name__, fastseq.compat.__all__[0])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("fastseq.compat DataGenerator\n", "")


def test_help_is_about_the_public_names(keras):
    text = pydoc.plain(pydoc.render_doc(fastseq))
    for name in set(fastseq.__all__) - {"compat"}:
        assert name in text, name
    assert "import_module" not in text


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'fastseq' has no attribute 'ImageSequences'"):
        fastseq.ImageSequences  # noqa: B018
    with pytest.raises(AttributeError, match=r"module 'fastseq\.compat' has no attribute 'Generator'"):
        fastseq.compat.Generator  # noqa: B018


def test_the_status_that_type_checkers_see_is_the_native_one():
    native = {name: number for number, name, _, _ in tables.status_table()}
    tree = ast.parse(Path(status.__file__).read_text())
    (written,) = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == "Status"]
    members = [node for node in written.body if isinstance(node, ast.Assign)]
    pairs = {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in members}
    assert pairs == native
    assert {member.name: member.value for member in Status} == native
    assert Status.__doc__ == ast.get_docstring(written)


def test_every_bad_status_has_words_and_a_remedy():
    for number, name, reason, remedy in tables.status_table():
        assert reason, name
        assert remedy or status.is_good(number) or name == "NEEDS_DECODER", name


def test_loader_and_sequence_document_the_same_settings():
    parameters = list(inspect.signature(fastseq.Loader).parameters)
    documented = inspect.getdoc(fastseq.Loader) or ""
    assert all(f"\n    {name}: " in documented for name in parameters)
    shared = inspect.signature(fastseq.decode_batch).parameters
    for name, parameter in inspect.signature(fastseq.Loader).parameters.items():
        if name in shared and name != "size":
            assert parameter.default == shared[name].default, name


def test_data_loader_and_images_have_the_settings_of_decode_batch(keras):
    from fastseq.compat import Sequence

    shared = inspect.signature(fastseq.decode_batch).parameters
    faces = ((fastseq.DataLoader, {"size"}), (Sequence.images, {"size", "seed"}), (fastseq.tf.decode, set()))
    for face, others in faces:
        parameters = inspect.signature(face).parameters
        assert set(parameters) >= set(shared) - {"sources", "epoch", "out", "on_error"}, face
        documented = inspect.getdoc(face) or ""
        assert all(f"\n    {name}: " in documented for name in parameters if name != "self"), face
        for name in set(shared) & set(parameters) - others:
            assert parameters[name].default == shared[name].default, name

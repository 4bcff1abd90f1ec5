"""Every script in examples/ runs as it is, and prints what it is about."""

from __future__ import annotations

import re
from pathlib import Path

import documentation
import pytest
from documentation.blocks import ROOT

PRINTED = {
    "batch_image": r"batch\.png: 16 images",
    "decode_service": r"4 images, .*\n.*upload 1: the file is truncated.*\n.*upload 4: ",
    "image_data_generator": r"Found 36 images belonging to 2 classes",
    "image_dataset": r"Using 36 files for training",
    "own_sequence": r"Epoch 2/2",
    "resume": r"interrupted; once more:\n(.*\n)+done after 20 steps",
    "tf_data_paths": r"the largest difference in the first batch: 0\.0\n(.*\n)*Epoch 2/2",
    "tf_record": r"the largest difference in the first batch: [0-9.]+e-0[78]\n(.*\n)*Epoch 2/2",
    "tfds_skip_decoding": r"the mean difference in the first batch, in grey levels: [01]\.\d\d\n(.*\n)*Epoch 2/2",
    "torch_loader": r"epoch 1: loss \d",
    "train_from_csv": r"\('cat', 'dog'\): labels",
    "train_from_folder": r"36 images to train on, 12 to validate, classes: cat, dog",
}
SCRIPTS = [f"examples/{name}.py" for name in PRINTED]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, dict[str, str]]:
    return documentation.run(SCRIPTS, tmp_path_factory.mktemp("examples"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_it_runs(outcomes, script):
    outcome = outcomes[script]
    assert not outcome["error"], outcome["error"]
    assert re.search(PRINTED[Path(script).stem], outcome["output"]), outcome["output"]


def test_each_script_is_tested_and_shown():
    names = {path.stem for path in ROOT.glob("examples/*.py")} - {"sample_images"}
    assert names == set(PRINTED)
    page = (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
    for name in names:
        assert f'--8<-- "examples/{name}.py"' in page, name

"""Every script in examples/ runs as it is, and prints what it is about."""

from __future__ import annotations

import re
from pathlib import Path

import documentation
import pytest
from documentation.blocks import ROOT

EXACT = r"the largest difference in the first batch: 0\.0\n"
ROUNDED = r"the largest difference in the first batch: \d\.\de-0[78]\n"
DECODED = r"the mean difference in the first batch, in grey levels: [01]\.\d\d\n"  # another DCT
FITTED = r"(.*\n)*Epoch 2/"

PRINTED = {
    "batch_image": r"batch\.png: 16 images",
    "decode_service": r"4 images, .*\n.*upload 1: the file is truncated.*\n.*upload 4: ",
    "image_data_generator": r"Found 36 images belonging to 2 classes",
    "image_dataset": r"Using 36 files for training",
    "image_and_tabular": rf"{EXACT}the same numbers: True\nthe same targets: True\n{FITTED}",
    "keypoints": rf"{ROUNDED}the same keypoints: True\n{FITTED}",
    "multi_label": rf"{ROUNDED}the same labels: True\n\('cat', 'dog'\): labels.*\n{FITTED}",
    "own_sequence": r"Epoch 2/2",
    "regression": rf"{EXACT}the same targets: True\n{FITTED}",
    "resume": r"interrupted; once more:\n(.*\n)+done after 20 steps",
    "segmentation": rf"{EXACT}the same masks: True\n{FITTED}",
    "siamese_pairs": rf"{EXACT}the same labels: True\n{FITTED}",
    "tf_data_paths": rf"{EXACT}{FITTED}",
    "tf_record": rf"{ROUNDED}{FITTED}",
    "tfds_skip_decoding": rf"{DECODED}{FITTED}",
    "torch_loader": rf"{ROUNDED}the same labels: True\n(.*\n)*epoch 1: loss \d",
    "train_from_csv": rf"{EXACT}the same labels: True\n{FITTED}",
    "train_from_folder": rf"{DECODED}the same labels: True\n36 images to train on, 12 to validate.*\n{FITTED}",
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

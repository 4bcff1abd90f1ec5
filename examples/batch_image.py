"""Draw one training batch, with its labels, to a PNG.

    python examples/batch_image.py [PNG [FOLDER]]

Without a folder of class folders, the images are photographs that scikit-image ships. The README's image comes from
`python examples/batch_image.py docs/images/batch.png`.
"""

import sys
import tempfile
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import fastseq

PHOTOGRAPHS = {"astronaut": "astronaut.png", "cat": "chelsea.png", "coffee": "coffee.png", "rocket": "rocket.jpg"}
COLUMNS, ROWS, SIDE, TEXT = 8, 2, 104, 16  # pixels


def copy_photographs(folder: Path) -> Path:
    """Make class folders of JPEGs, each photograph several times."""
    for name, file in PHOTOGRAPHS.items():
        (folder / name).mkdir(parents=True)
        with resources.as_file(resources.files("skimage.data") / file) as path, Image.open(path) as photograph:
            for i in range(COLUMNS * ROWS // len(PHOTOGRAPHS)):
                photograph.convert("RGB").save(folder / name / f"{i}.jpg", quality=90)
    return folder


def draw(folder: Path, target: str) -> None:
    """Draw the first batch of the folder."""
    samples = fastseq.Samples.from_directory(folder)
    transform = [fastseq.RandomResizedCrop(scale=(0.2, 0.8)), fastseq.RandomFlip("horizontal")]
    loader = fastseq.Loader(samples, size=(SIDE, SIDE), batch_size=COLUMNS * ROWS, shuffle=True, transform=transform)
    images, labels = next(iter(loader))

    gap, font = 4, ImageFont.load_default(size=12)
    width, height = SIDE + gap, SIDE + TEXT + gap
    sheet = Image.new("RGB", (COLUMNS * width - gap, ROWS * height - gap), "white")
    for k, (image, label) in enumerate(zip(images, np.asarray(samples.classes)[labels], strict=True)):
        left, top = k % COLUMNS * width, k // COLUMNS * height
        sheet.paste(Image.fromarray(image), (left, top + TEXT))
        ImageDraw.Draw(sheet).text((left, top), label, "black", font)
    sheet.quantize(128, dither=Image.Dither.FLOYDSTEINBERG).save(target, optimize=True)
    print(f"{target}: {len(images)} images")


target = sys.argv[1] if len(sys.argv) > 1 else "batch.png"
if len(sys.argv) > 2:
    draw(Path(sys.argv[2]), target)
else:
    with tempfile.TemporaryDirectory() as scratch:
        draw(copy_photographs(Path(scratch)), target)

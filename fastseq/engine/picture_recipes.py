"""Images in two steps: a picture, which is the same in each epoch, and what is made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from fastseq._native import tables
from fastseq._native.recipe import Recipe
from fastseq.engine.settings import INTERPOLATIONS, ORIENTS, Settings

_OPS = tables.op_table()
_FLIP = _OPS["flip"][0]
_DRAWS = dict(_OPS.values())


class PictureRecipes(NamedTuple):
    """The recipes of both steps.

    Attributes:
        picture: from a file to its picture, upright bytes.
        slot: from there to the image of a batch.
        is_whole: whether the picture is the whole image, rather than one of the batch's size. What is random about an
            image of the batch's size is how it is flipped and augmented: its pixels are those that it has without
            a picture. A whole image is decoded in full and resampled each time.
        description: all that the pixels of a picture depend on, besides the file.
    """

    picture: Recipe
    slot: Recipe
    is_whole: bool
    description: str


def picture_recipes(settings: Settings) -> PictureRecipes:
    """The recipes for some settings."""
    ops = settings.pipeline.ops
    fixed = next((i for i, op in enumerate(ops) if _DRAWS[op[0]]), len(ops))
    # TensorFlow's filters give fractions, which bytes cannot hold.
    has_bytes = settings.dtype == "uint8" or not settings.interpolation.startswith("tf.")
    is_whole = not has_bytes or any(op[0] != _FLIP for op in ops[fixed:])
    of_picture: dict[str, Any] = {
        "size": (0, 0) if is_whole else settings.size,
        "ops": [] if is_whole else ops[:fixed],
        "interpolation": INTERPOLATIONS["pil.nearest" if is_whole else settings.interpolation],
    }
    as_bytes = replace(
        settings,
        size=(1, 1),
        transform=(),
        interpolation="pil.nearest",
        color="bgr" if settings.scaling.bgr else settings.color,
        dtype="uint8",
        scale=1.0,
        offset=0.0,
        preset=None,
        data_format="channels_last",
        augment=None,
    )
    slot = settings.make_recipe(
        interpolation=INTERPOLATIONS[settings.interpolation if is_whole else "pil.nearest"],
        orient=ORIENTS["none"],
        ops=ops if is_whole else ops[fixed:],
        pillow_colors=False,
        index=False,
        two_taps=True,
    )
    return PictureRecipes(as_bytes.make_recipe(**of_picture), slot, is_whole, repr((of_picture, as_bytes)))

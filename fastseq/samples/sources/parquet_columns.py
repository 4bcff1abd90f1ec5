"""Which columns of Parquet files have the images and the labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from fastseq.samples.class_labels import listed
from fastseq.samples.sources.arrow_images import holds_images

_USUAL_IMAGES = ("image", "img", "image_bytes", "jpg", "jpeg", "bytes")


def features_of(schema: Any) -> dict[str, Any]:
    """What Hugging Face has left in a pyarrow.Schema about each column, by name; None where it says nothing."""
    try:
        said = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError):
        said = {}
    if not isinstance(said, dict):
        said = {}
    return {name: _feature(said.get(name)) for name in schema.names}


def image_column(schema: Any, features: Mapping[str, Any], image: str) -> str:
    """The column of the images: the one that a user named, or for "inferred" the only one that can be it.

    Raises:
        ValueError: if there is no such column.
    """
    holding = [field.name for field in schema if holds_images(field.type)]
    if image == "inferred":
        images = [name for name in holding if getattr(features[name], "_type", None) == "Image"]
        found = images or [name for name in holding if name in _USUAL_IMAGES] or holding
        if len(found) != 1:
            there = f"several columns may be images: {listed(found)}" if found else "no column has encoded images"
            raise ValueError(f"{there}; the columns are {listed(schema.names)}. Name that of the images: image=...")
        image = found[0]
    if image not in schema.names:
        raise ValueError(f"there is no column {image!r}; the columns are {listed(schema.names)}")
    if image not in holding:
        raise ValueError(f"column {image!r} is of type {schema.field(image).type}, not of encoded images")
    return image


def leaf_of(schema: Any, image: str) -> str:
    """The column that holds the bytes, with a dot before its field if it is a struct."""
    return f"{image}.bytes" if hasattr(schema.field(image).type, "get_field_index") else image


def _feature(said: Any) -> Any:
    """A feature, with the attributes that those of `datasets` have."""
    if isinstance(said, list):
        return [_feature(each) for each in said]
    if not isinstance(said, dict):
        return None
    inner = {"feature": _feature(said["feature"])} if "feature" in said else {}
    names = {"names": said["names"]} if isinstance(said.get("names"), list) else {}
    return SimpleNamespace(_type=said.get("_type"), **inner, **names)

"""Refuses URLs where files of the local file system are expected."""

from __future__ import annotations

import re

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_url(path: str) -> bool:
    """Whether a path is a URL, such as "gs://bucket/image.jpg"."""
    return _URL.match(path) is not None


def check_local(path: str, what: str) -> None:
    """Refuse a URL.

    Raises:
        ValueError: if `path` is one; the message begins with `what` and says what to do.
    """
    if not is_url(path):
        return
    if path.lower().startswith("file:///"):
        advice = f"write {path[len('file://') :]!r}"
    else:
        advice = (
            "Samples.from_directory, from_tar, from_tfrecord and from_parquet take URLs, and so does root= of from_csv "
            "and from_dataframe; or copy the files to a folder. fastseq.compat.image_dataset_from_directory reads "
            "what TensorFlow reads, and fastseq.DataLoader and fastseq.decode_batch take the contents of files"
        )
    raise ValueError(f"{what}: {path!r} is a URL, which is not read here yet: {advice}")

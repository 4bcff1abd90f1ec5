"""Refuses URLs where files of the local file system are expected."""

from __future__ import annotations

import re
from urllib.parse import unquote

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_url(path: str) -> bool:
    """Whether a path is a URL, such as "gs://bucket/image.jpg"."""
    return _URL.match(path) is not None


def object_url(url: str, what: str) -> str:
    """A URL of an object, or of some, as stores are asked for them: web addresses with escapes replaced.

    Raises:
        ValueError: if it names no object in a folder, or has a query; the message begins with `what`.
    """
    named = folder_url(url, what)
    path = named.partition("://")[2].partition("/")[2]
    if not path or path.endswith("/"):
        raise ValueError(f"{what}: {url!r} names no object in a bucket or a folder")
    return named


def folder_url(url: str, what: str) -> str:
    """The same for a folder, without the slash at its end."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    if "//" in path:
        raise ValueError(f"{what}: {url!r} has two slashes in its path, which stores take for one thing or another")
    if scheme.lower() in ("http", "https"):
        if "?" in path or "#" in path:
            raise ValueError(
                f"{what}: {url!r} has a query, as signed URLs have: these are not read. Use the store's own scheme, "
                "such as s3:// or az://, with your credentials in the environment"
            )
        host, path = host.lower(), unquote(path)
    if not host:
        raise ValueError(f"{what}: {url!r} names no bucket or server")
    return f"{scheme.lower()}://{host}" + (f"/{path}" if path else "")


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
            "Samples.from_directory, from_tar, from_tfrecord, from_parquet and from_zip take URLs, and so does root= "
            "of from_csv and from_dataframe; or copy the files to a folder. "
            "fastseq.compat.image_dataset_from_directory reads "
            "what TensorFlow reads, and fastseq.DataLoader and fastseq.decode_batch take the contents of files"
        )
    raise ValueError(f"{what}: {path!r} is a URL, which is not read here yet: {advice}")

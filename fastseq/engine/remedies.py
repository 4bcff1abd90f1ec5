"""What a user can do about a bad sample, where its status alone does not tell."""

from __future__ import annotations

import re

from fastseq.status import Status, remedy

_ACCEPTED_BY = {Status.CORRUPT: 'strict="whole"', Status.TRUNCATED: "strict=False"}
_MAX_PATH = 4096  # bytes
_PATH = re.compile(r"[^<>{}\0-\x1f]+\.\w{2,5}")  # with an extension


def remedy_of(status: Status, decodes: bool, content: memoryview | None) -> str:
    """The remedy for one sample.

    Args:
        status: what is wrong.
        decodes: whether it was rejected for damage, but decodes.
        content: the bytes that the user passed in place of a path; None if it was a path.
    """
    if decodes and status in _ACCEPTED_BY:
        return f"{remedy(status)}; {_ACCEPTED_BY[status]} accepts it"
    if status is Status.NOT_AN_IMAGE and content is not None and _looks_like_path(content):
        return f"this looks like a path: {bytes(content)!r}. Pass it as text, os.fsdecode(path)"
    return remedy(status)


def _looks_like_path(content: memoryview) -> bool:
    if content.nbytes > _MAX_PATH:
        return False
    try:
        return _PATH.fullmatch(str(content, "utf-8")) is not None
    except UnicodeDecodeError:
        return False

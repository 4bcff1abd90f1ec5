"""Types of the frames of all threads."""

from types import FrameType

def thread_stacks() -> dict[int, list[FrameType]]: ...

"""OpenCV's log, which goes to stderr, switched off while fastseq decodes with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastseq.engine.opencv_module import opencv
from fastseq.engine.platform import call_after_fork

_SILENT = 0
_lock = threading.RLock()
_users = 0
_level_before = _SILENT


@contextmanager
def silent_opencv() -> Iterator[None]:
    """No messages from OpenCV in this block, in any thread; the level is the process's own again after the last one."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _log() -> Any:
    cv2 = opencv().module
    return getattr(cv2.utils, "logging", cv2) if cv2 is not None else None  # before OpenCV 5 the functions were cv2's


def _enter() -> None:
    global _users, _level_before
    log = _log()
    with _lock:
        _users += 1
        if _users == 1:
            _level_before = log.getLogLevel()
            log.setLogLevel(_SILENT)


def _leave() -> None:
    global _users
    log = _log()
    with _lock:
        _users = max(_users - 1, 0)
        if _users == 0 and log.getLogLevel() == _SILENT:  # else somebody has set it meanwhile
            log.setLogLevel(_level_before)


def _after_fork() -> None:
    global _lock, _users
    _lock = threading.RLock()
    if _users:
        _users = 0
        _log().setLogLevel(_level_before)


call_after_fork(_after_fork)

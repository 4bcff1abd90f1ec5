"""Forks wait while a decoding thread imports OpenCV or Pillow or decodes with them; exits wait for the imports."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from images import encoded, photo
from programs import TIMEOUT, assert_silent

# A module that reads a line of `stdin` while it is imported, and then is the real one.
SLOW_IMPORT = """
import importlib.abc, importlib.util, os, sys, threading, _thread

begun = threading.Event()

class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == MODULE and not begun.is_set():
            begun.set()
            release.wait()

release = threading.Event()
sys.meta_path.insert(0, Slow())
import fastseq

def decode():
    return fastseq.decode_batch([sys.argv[1]], (8, 8), threads=2)

def fork(child):
    pid = os.fork()
    if pid == 0:
        os._exit(not child())
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


def run(module: str, code: str, path: object, first: str = "") -> subprocess.CompletedProcess[str]:
    program = f"{first}MODULE = {module!r}\n{SLOW_IMPORT}{textwrap.dedent(code)}"
    command = [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", program, str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)


@pytest.fixture
def webp(tmp_path):
    path = tmp_path / "image.webp"
    path.write_bytes(encoded(photo(20, 30), "webp"))
    return path


PILLOW_ONLY = "sys.modules['cv2'] = None\n"


@pytest.mark.parametrize(("module", "before"), [("cv2", ""), ("PIL.Image", PILLOW_ONLY)])
def test_a_child_forked_during_the_import_decodes(webp, module, before):
    ran = run(
        module,
        before
        + """
waiting = threading.Thread(target=decode)
waiting.start()
begun.wait()
os.register_at_fork(before=release.set)  # called before the hooks that were registered earlier
fork(lambda: decode().any())
waiting.join()
""",
        webp,
    )
    assert_silent(ran)


def test_a_child_forked_by_the_thread_that_imports_decodes(webp):
    ran = run(
        "cv2",
        """
class Fork(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "cv2" and begun.is_set():
            sys.meta_path.remove(self)
            pid = os.fork()
            if pid:
                os.waitpid(pid, 0)
            else:
                os._exit(0)

release.set()
sys.meta_path.insert(1, Fork())
assert decode().any()
fork(lambda: decode().any())
""",
        webp,
    )
    assert_silent(ran)


HELD = """
import cv2
held, decodes, end = threading.Lock(), threading.Event(), threading.Event()
imdecode = cv2.imdecode
assert decode().any()

def slow(*arguments):
    with held:
        decodes.set()
        end.wait()
        return imdecode(*arguments)

cv2.imdecode = slow
waiting = threading.Thread(target=decode, daemon=True)
waiting.start()
decodes.wait()
"""


def test_a_child_forked_during_a_decode_finds_no_lock_taken(webp):
    ran = run(
        "",
        HELD
        + """
os.register_at_fork(before=end.set)
fork(lambda: held.acquire(timeout=1))
waiting.join()
""",
        webp,
    )
    assert_silent(ran)


def test_forks_do_not_wait_for_ever_for_a_decode_that_hangs(webp):
    ran = run(
        "",
        HELD
        + """
def child():
    cv2.imdecode = imdecode
    return decode().any()

for _ in range(5):
    fork(child)
end.set()
""",
        webp,
    )
    assert_silent(ran)


def test_a_signal_handler_decodes_while_a_fork_waits(webp):
    ran = run(
        "",
        HELD
        + """
import signal
decoded = []

def handle(number, frame):
    cv2.imdecode = imdecode
    decoded.append(decode().any())
    end.set()

signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.2)
fork(lambda: decode().any())
assert decoded == [True]
""",
        webp,
    )
    assert_silent(ran)


def test_a_thread_decodes_while_another_hook_holds_a_fork_back(webp):
    ran = run(
        "",
        """
lock = threading.Lock()
holds, forks = threading.Event(), threading.Event()

def work():
    with lock:
        holds.set()
        forks.wait()
        assert decode().any()

def hook():
    forks.set()
    lock.acquire()

release.set()
assert decode().any()
thread = threading.Thread(target=work)
thread.start()
holds.wait()
fork(lambda: True)
thread.join()
""",
        webp,
        first="import os\nos.register_at_fork(before=lambda: hook())\n",  # so it is called after fastseq's hooks
    )
    assert_silent(ran)


def test_two_threads_import_opencv_once(webp):
    ran = run(
        "cv2",
        """
found = []
threads = [threading.Thread(target=lambda: found.append(decode())) for _ in range(4)]
for thread in threads:
    thread.start()
begun.wait()
release.set()
for thread in threads:
    thread.join()
assert len(found) == 4 and all((image == found[0]).all() and image.any() for image in found)
""",
        webp,
    )
    assert_silent(ran)


def test_ctrl_c_during_the_import_ends_the_wait_and_not_the_import(webp):
    ran = run(
        "cv2",
        """
import signal

def interrupt():
    begun.wait()
    signal.raise_signal(signal.SIGINT)

_thread.start_new_thread(interrupt, ())
try:
    decode()
except KeyboardInterrupt:
    release.set()
assert release.is_set()
assert decode().any()
""",
        webp,
    )
    assert_silent(ran)


def test_a_signal_handler_during_the_import_decodes(tmp_path, webp):
    """Files that OpenCV is not needed for; those for which it is wait, with whatever imports it."""
    (tmp_path / "image.png").write_bytes(encoded(photo(20, 30), "png"))
    ran = run(
        "cv2",
        """
import signal
decoded = []

def handle(number, frame):
    decoded.append(fastseq.decode_batch([sys.argv[1].replace("webp", "png")], (8, 8), threads=2))
    release.set()

def interrupt():
    begun.wait()
    os.kill(os.getpid(), signal.SIGUSR1)

signal.signal(signal.SIGUSR1, handle)
_thread.start_new_thread(interrupt, ())
assert decode().any()
assert decoded[0].any()
""",
        webp,
    )
    assert_silent(ran)


def test_the_exit_waits_for_the_import(webp):
    ran = run(
        "cv2",
        """
import atexit
_thread.start_new_thread(decode, ())
begun.wait()
atexit.register(release.set)
""",
        webp,
    )
    assert_silent(ran)

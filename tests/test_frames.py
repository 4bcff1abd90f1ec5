"""The frames of all threads, which tell what Keras is about to do."""

from __future__ import annotations

import threading

from programs import assert_silent, run

from fastseq._native.frames import thread_stacks


def test_each_thread_has_its_frames():
    inside, leave = threading.Event(), threading.Event()

    def wait_here():
        inside.set()
        leave.wait()

    thread = threading.Thread(target=wait_here)
    thread.start()
    inside.wait()
    try:
        stacks = thread_stacks()
        assert "wait_here" in [frame.f_code.co_name for frame in stacks[thread.ident]]
        assert stacks[threading.get_ident()][0].f_code.co_name == "test_each_thread_has_its_frames"
    finally:
        leave.set()
        thread.join()


def test_the_garbage_collector_may_run_at_any_time(tree):
    program = """
        import gc, time
        from fastseq._native.frames import thread_stacks
        gc.set_threshold(1)
        class Cycle:
            def __init__(self):
                self.me = self
            def __del__(self):
                time.sleep(0)  # another thread goes on
        def ask():
            for _ in range(300):
                Cycle()
                thread_stacks()
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    """
    assert_silent(run(program, str(tree / "cat")))

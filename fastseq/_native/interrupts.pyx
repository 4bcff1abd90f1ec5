# cython: language_level=3
# distutils: language = c++
"""Counts SIGINTs while at least one thread watches; see engine/interrupt_watch.h."""
from fastseq._native.core cimport *


def begin():
    begin_interrupt_watch()


def end():
    end_interrupt_watch()


def reset_after_fork():
    reset_interrupt_watch_after_fork()


def count():
    return interrupt_count()

# cython: language_level=3
# distutils: language = c++
"""Counts SIGINTs while somebody watches; see interrupt_watch.h."""

cdef extern from "engine/interrupt_watch.h" namespace "fastseq" nogil:
    void begin_interrupt_watch()
    void end_interrupt_watch()
    void forget_interrupt_watch()
    unsigned interrupts_seen()


def begin():
    begin_interrupt_watch()


def end():
    end_interrupt_watch()


def forget():
    forget_interrupt_watch()


def seen():
    return interrupts_seen()

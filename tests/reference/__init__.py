"""Slow, plain twins of what fastseq does: the oracle of the tests and the baseline of the benchmarks.

Each module is imported by its own name, so that one that needs Keras or Pillow costs nothing to the others.
"""

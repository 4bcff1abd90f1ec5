"""The Cython binding of the native core: one extension module per subject; core.pxd declares all of csrc they use.

Importing it raises ImportError where the processor lacks what the core is compiled for.
"""

from fastseq._native.cpu import missing_features


def _check(missing: list[str]) -> None:
    if missing:
        raise ImportError(
            "fastseq needs a processor with SSE4.2 and POPCNT (x86-64-v2: Intel's since 2008, AMD's since 2011); this "
            f"one lacks {', '.join(missing)}. A virtual machine may hide what its host has: give it another CPU model, "
            "such as QEMU's `-cpu host`"
        )


_check(missing_features())

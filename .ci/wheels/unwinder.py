"""A stand-in for libgcc_s.so.1 to link against.

Zig links an unwinder of its own into every module. Exceptions, and glibc's pthread_exit when Python ends its daemon
threads, must go through the one unwinder of the process, or it crashes at exit. The real libgcc_s.so.1 is there
wherever glibc is, which loads it for pthread_exit itself; only its names and their versions are needed here. musl ends
threads without an unwinder.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

_VERSIONS = {
    "GCC_3.0": [
        "_Unwind_Resume",
        "_Unwind_RaiseException",
        "_Unwind_DeleteException",
        "_Unwind_GetLanguageSpecificData",
        "_Unwind_GetRegionStart",
        "_Unwind_SetGR",
        "_Unwind_SetIP",
        "_Unwind_GetIP",
        "_Unwind_GetGR",
        "_Unwind_GetDataRelBase",
        "_Unwind_GetTextRelBase",
        "_Unwind_ForcedUnwind",
    ],
    "GCC_3.3": ["_Unwind_Resume_or_Rethrow", "_Unwind_Backtrace", "_Unwind_GetCFA", "_Unwind_FindEnclosingFunction"],
    "GCC_4.2.0": ["_Unwind_GetIPInfo"],
}


def link_stub(environment: dict[str, str]) -> Path:
    """Make the library with the compiler of `environment`, beside it."""
    home = Path(environment["CC"]).parent
    library = home / "libgcc_s.so.1"
    if not library.exists():
        source, versions = home / "unwinder.c", home / "unwinder.map"
        source.write_text("".join(f"void {name}(void) {{}}\n" for names in _VERSIONS.values() for name in names))
        versions.write_text("".join(f"{version} {{ {'; '.join(names)}; }};\n" for version, names in _VERSIONS.items()))
        command = [environment["CC"], "-shared", "-nostdlib", "-Wl,-soname,libgcc_s.so.1"]
        subprocess.run(
            [*command, f"-Wl,--version-script={versions}", source, "-o", library], env=environment, check=True
        )
    return library

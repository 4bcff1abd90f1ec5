"""How many CPUs this process may use: its affinity, and the quota of its control groups."""

from __future__ import annotations

import functools
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

from fastseq.engine.platform import cpus_of_process

_SELF = Path("/proc/self")


def usable_cpus(process: Path = _SELF) -> int:
    """The CPUs that this process may run on; fewer, rounded up, if the quota of its control groups is smaller."""
    cpus, quota = cpus_of_process(), cpu_quota(process)
    return cpus if quota is None else min(cpus, max(math.ceil(quota), 1))


@functools.cache
def cpu_quota(process: Path) -> float | None:
    """The CPU time that a process may use, in seconds per second; None if there is no limit.

    The smallest quota of its groups and of those that they are nested in, of cgroup v1 and v2. It is read once.

    Args:
        process: its folder in /proc.
    """
    try:
        groups = (process / "cgroup").read_text(errors="surrogateescape").splitlines()
        mounts = (process / "mountinfo").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return None
    folders = [folder for line in mounts for folder in _group_folders(line, groups)]
    return min((quota for folder in folders if (quota := _quota_of(folder)) is not None), default=None)


def _group_folders(mount: str, groups: list[str]) -> Iterator[Path]:
    """The folders of the process's group and of those around it, as far as a mount shows them.

    Args:
        mount: a line of /proc/self/mountinfo.
        groups: the lines of /proc/self/cgroup, "number:controllers:path".
    """
    mounted, _, filesystem = mount.partition(" - ")
    fields, kind = mounted.split(" "), filesystem.split(" ")
    if kind[0] == "cgroup2":
        controller = ""
    elif kind[0] == "cgroup" and "cpu" in kind[-1].split(","):
        controller = "cpu"
    else:
        return
    root, top = (_unescaped(field) for field in fields[3:5])
    for line in groups:
        _, controllers, path = line.split(":", 2)
        if controller not in controllers.split(","):
            continue
        # A container may see its own group as the root, or the host's path of it.
        inside = os.path.relpath(path, root)
        parts = [] if inside.startswith("..") else [part for part in inside.split("/") if part != "."]
        for depth in range(len(parts) + 1):
            yield Path(top, *parts[:depth])


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def _quota_of(folder: Path) -> float | None:
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):  # "max" is not a number
        return None

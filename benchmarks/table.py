"""Print the tables of docs/performance.md as markdown.

Usage: python benchmarks/table.py [IMAGES_DIR] [--camera DIR] [--rounds R] [--threads 1,2]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from contenders import BASELINE, contenders
from image_set import images_of, jpegs
from measure import Result, measure
from workloads import WORKLOADS

PACKAGES = (
    "fastseq",
    "opencv-python-headless",
    "PyTurboJPEG",
    "tensorflow",
    "keras",
    "scikit-image",
    "numpy",
)


def main() -> None:
    """Measure every workload that there are images for, and print."""
    parser = argparse.ArgumentParser(description="Print a table of fastseq and its rivals.")
    parser.add_argument("images", nargs="?", type=Path, help="folder of JPEGs (default: 200 made on the spot)")
    parser.add_argument("--camera", type=Path, help="folder of large photos, for the workload 'camera'")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, separated by commas")
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="workloads to measure, separated by commas")
    parser.add_argument("--only", default="", help="measure only contenders whose title contains this text")
    options = parser.parse_args()
    threads = [int(n) for n in options.threads.split(",")]
    with images_of(options.images) as paths:
        print(about(paths), flush=True)
        for name in options.workloads.split(","):
            files = paths
            if name == "camera":
                if options.camera is None:
                    continue
                files = jpegs(options.camera)
            chosen = [c for c in contenders(name) if c is BASELINE or options.only in c.title]
            results = measure(chosen, files, name, threads, options.rounds, progress)
            progress("")
            print(table(WORKLOADS[name].title, len(files), results), flush=True)


def about(paths: Sequence[str]) -> str:
    """Return one paragraph on the machine, the versions and the images."""
    cpu = platform.processor()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = (line for line in information.read_text().splitlines() if line.startswith("model name"))
        cpu = next((line.partition(":")[2].strip() for line in lines), cpu)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES if installed(name))
    kilobytes = sum(Path(p).stat().st_size for p in paths) / len(paths) / 1000
    return (
        f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}. "
        f"{len(paths)} JPEGs of {kilobytes:.0f} kB on average, in the page cache.\n"
    )


def installed(package: str) -> bool:
    """Return whether a distribution is installed."""
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def table(title: str, files: int, results: Sequence[Result]) -> str:
    """Return a markdown table of one workload: a row for each contender, columns for each number of threads."""
    threads = sorted({r.threads for r in results})
    found = {(r.title, r.threads): r for r in results}
    heads = [f"{what}, {n} thread{'s' * (n > 1)}" for what in ("CPU s / 1000", "images / s") for n in threads]
    lines = [f"**{title}** ({files} files)\n", f"| | CPU, cv2 = 1 | {' | '.join(heads)} |"]
    lines.append("| --- |" + " ---: |" * (1 + len(heads)))
    for name in dict.fromkeys(r.title for r in results):
        cells = [found.get((name, n)) for n in threads]
        first = next(r for r in cells if r)
        columns = [f"{first.ratio:.2f}"]
        columns += [f"{r.cpu_per_1000:.2f}" if r else "" for r in cells]
        columns += [f"{r.images_per_second:.0f}" if r else "" for r in cells]
        lines.append(f"| {name} | {' | '.join(columns)} |")
    return "\n".join(lines) + "\n"


def progress(line: str) -> None:
    """Replace the progress line on stderr."""
    print(f"\r\x1b[2K{line}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

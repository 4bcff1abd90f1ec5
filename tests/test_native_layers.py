"""The rooms of csrc/ and what each may include: only rooms of a lower level, no file in a cycle, and no system."""

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1] / "csrc"
LEVELS = {
    "base": 0,
    "geometry": 1,
    "filters": 2,
    "io": 2,
    "kernels": 3,
    "rows": 4,
    "output": 4,
    "cache": 5,
    "augment": 5,
    "jpeg": 5,
    "png": 5,
    "resample": 5,
    "engine": 6,
}
FILES = [file.relative_to(ROOT) for file in sorted(ROOT.rglob("*")) if file.suffix in (".h", ".cpp")]
INCLUDE = re.compile(r'^#include "(.+)"$', re.MULTILINE)


def includes(file: Path) -> list[str]:
    return INCLUDE.findall((ROOT / file).read_text())


def test_every_file_is_in_a_room() -> None:
    assert {file.parent.as_posix() for file in FILES} == set(LEVELS)


def test_includes_are_written_from_the_root() -> None:
    names = {file.as_posix() for file in FILES}
    assert [(file, name) for file in FILES for name in includes(file) if name not in names] == []


def test_rooms_include_only_lower_rooms() -> None:
    upward = []
    for file in FILES:
        room = file.parts[0]
        for name in includes(file):
            other = PurePosixPath(name).parts[0]
            if other != room and LEVELS[other] >= LEVELS[room]:
                upward.append(f"{file} includes {name}")
    assert upward == []


def test_the_system_is_included_in_one_place() -> None:
    library = re.compile(r"#include <(?!hwy/|x86intrin|arm_acle|cpuid|jpeglib|jerror|libdeflate|zlib)(.+\.h)>")
    found = {file.with_suffix("").as_posix() for file in FILES if library.search((ROOT / file).read_text())}
    assert found == {"base/platform", "base/platform_posix", "base/platform_windows"}


def test_no_cycles() -> None:
    # A header and its source file are one node: what either includes, both depend on.
    graph: dict[str, set[str]] = {}
    for file in FILES:
        node = file.with_suffix("").as_posix()
        others = {PurePosixPath(name).with_suffix("").as_posix() for name in includes(file)}
        graph.setdefault(node, set()).update(others - {node})
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))

"""What the README and the pages in docs/ show: code runs, commands exist, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import documentation
import pytest
from documentation.blocks import PAGES, ROOT, blocks_of

import fastseq
import fastseq.compat
from fastseq._native import tables

WITH_CODE = [page for page in PAGES if any(block.programs for block in blocks_of(page))]
COMMANDS = [
    (page, block.line, command)
    for page in PAGES
    for block in blocks_of(page)
    if block.language == "sh"
    for command in re.split(r"&&|\|\|?|\n", block.code.replace("\\\n", " "))
    if command.strip() and not command.lstrip().startswith("#")
]
FROM_DEBIAN = {"apt-get", "clang-format-16"}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, dict[str, str]]:
    return documentation.run(WITH_CODE, tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("page", WITH_CODE)
def test_code_runs(outcomes, page):
    assert not outcomes[page]["error"], outcomes[page]["output"] + outcomes[page]["error"]


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_its_language(page):
    known = {"python", "diff", "sh", "text", "mermaid"}
    assert [block.line for block in blocks_of(page) if block.language not in known] == []


@pytest.mark.parametrize(("page", "line", "command"), COMMANDS)
def test_commands_exist(page, line, command):
    words = shlex.split(command.replace("$(command -v sudo)", ""), comments=True)
    while words and ("=" in words[0] or words[0] == "sudo"):
        del words[0]
    program = Path(words[0]).name
    scripts = {script.name for script in entry_points(group="console_scripts")}
    exists = (
        program in FROM_DEBIAN | scripts
        or (ROOT / words[0]).exists()
        or shutil.which(program)
        or (Path(sys.executable).parent / program).exists()
    )
    assert exists, f"{page}:{line}: there is no {words[0]}"
    for word in words[1:]:
        if word.endswith(".py"):
            assert (ROOT / word).exists(), f"{page}:{line}: there is no {word}"
    if program == "fastseq":
        helped = _help(*words[1:2])
        for option in (word for word in words[1:] if word.startswith("--")):
            assert option in helped, f"{page}:{line}: fastseq {words[1]} has no {option}"


def _help(*command: str) -> str:
    code = "from importlib.metadata import entry_points as e; e(group='console_scripts')['fastseq'].load()()"
    ran = subprocess.run(
        [sys.executable, "-c", code, *command, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    return ran.stdout


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    included = re.findall(r'^--8<-- "([^":]+)', text, re.M)
    linked = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    base = (ROOT / page).parent
    assert [target for target in linked if target and not (base / target).exists()] == []
    assert [target for target in included if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("page", sorted(set(PAGES) - {"CHANGELOG.md"}))
def test_files_that_are_named_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:benchmarks|csrc|docs|examples|fastseq|tests)/[\w./-]*)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_reference_has_every_public_name():
    pages = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("docs/api/*.md"))
    shown = set(re.findall(r"^::: ([\w.]+)$", pages, re.M))
    public = {f"fastseq.{name}" for name in fastseq.__all__ if name not in ("compat", "tf")}
    internal = ("Pipeline", "Transform")
    for module in (fastseq.compat, fastseq.tf, fastseq.transforms):
        names = set(module.__all__) - {*fastseq.__all__, *internal}
        public |= {f"{module.__name__}.{name}" for name in names}
    assert shown == public


def test_the_reference_has_every_status():
    page = (ROOT / "docs/api/errors.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.*?) \| (.*?) ?\|$", page, re.M)
    assert rows == [(name, str(number), reason, remedy) for number, name, reason, remedy in tables.status_table()]


def test_the_named_interpolations_are_those_that_there_are(tmp_path):
    samples = fastseq.Samples.from_files([tmp_path / "a.jpg"])
    with pytest.raises(ValueError, match="interpolation") as refused:
        fastseq.Loader(samples, interpolation="none such")
    table = re.findall(r"^\| (`\".*?) \|", (ROOT / "docs/interpolation.md").read_text(encoding="utf-8"), re.M)
    documented = {name for row in table for name in re.findall(r'"([\w.]+)"', row)}
    assert documented == set(re.findall(r"'([\w.]+)'", str(refused.value)))


def test_the_readme_is_a_front_page():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 200
    assert {"<!-- demo -->", "<!-- tests -->"} <= set(lines)

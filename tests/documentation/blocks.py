"""The code blocks of a Markdown page, in their order.

A page may say in HTML comments, which readers do not see, what a block needs:

- `<!-- setup: photos; model -->` runs functions of `setups` before the next block.
- `<!-- same: x; y -->` expects both programs of the next diff to leave the same arrays in `x` and `y`.
- `<!-- warns: BadSamplesWarning -->` expects the next block to give that warning, a class of `fastseq`.

A `diff` block is two programs: the one before the change, and the one after it. `<!-- only: after -->` says that the
first needs what is not installed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^(?P=indent)```$", re.M | re.S)
_DIRECTIVE = re.compile(r"<!-- (?P<name>setup|same|warns|only): ?(?P<value>[^>]*?) -->")


@dataclass(frozen=True)
class Block:
    """Code of a page.

    Attributes:
        line: of its first line of code, counted from 1.
        language: what follows the fence; "" for none.
        code: without the page's indentation.
        setups: names of functions of `setups`, to run before it.
        same: names of arrays that both programs of a diff leave alike.
        warns: the name of the warning that it gives; "" for none.
        only_after: whether only the second program of a diff can run here.
    """

    line: int
    language: str
    code: str
    setups: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    warns: str = ""
    only_after: bool = False

    @property
    def programs(self) -> list[str]:
        """The Python in it, one program or two, with the line numbers of the page."""
        if self.language == "python" and not self.code.startswith("--8<--"):  # an example, run by a test of its own
            parts = [self.code]
        elif self.language == "diff":
            sides = ("+",) if self.only_after else ("-", "+")
            parts = [_side(self.code, sign) for sign in sides]
        else:
            parts = []
        return ["\n" * (self.line - 1) + part for part in parts]


def blocks_of(page: str) -> list[Block]:
    """Find the blocks of a page, whose path is relative to the project."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    end = 0
    for fence in _FENCE.finditer(text):
        said = {match["name"]: match["value"] for match in _DIRECTIVE.finditer(text, end, fence.start())}
        indent = len(fence["indent"])
        found.append(
            Block(
                line=text.count("\n", 0, fence.start("code")) + 1,
                language=fence["language"],
                code="".join(line[indent:] or "\n" for line in fence["code"].splitlines(keepends=True)),
                setups=_names(said.get("setup", "")),
                same=_names(said.get("same", "")),
                warns=said.get("warns", ""),
                only_after=said.get("only") == "after",
            )
        )
        end = fence.end()
    return found


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in listed.split(";") if name)


def _side(diff: str, sign: str) -> str:
    """One side of a diff; lines of the other are left empty, so that numbers stay."""
    lines = (line[1:] if line[:1] in (sign, " ") else "" for line in diff.splitlines())
    return "\n".join(lines)

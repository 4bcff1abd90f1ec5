"""What a source left out, counted for a warning."""

from __future__ import annotations

from dataclasses import dataclass, field

_MAX_EXAMPLES = 3


@dataclass
class LeftOut:
    """What a source left out for one reason.

    Attributes:
        count: how many.
        examples: the first few of them; the name of a folder ends with a slash.
    """

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.examples) < _MAX_EXAMPLES:
            self.examples.append(name)

    def add_all(self, other: LeftOut) -> None:
        """Count what another one has counted."""
        self.count += other.count
        self.examples += other.examples[: _MAX_EXAMPLES - len(self.examples)]

    def __str__(self) -> str:
        return f"{self.count:,} ({', '.join(map(repr, self.examples))}{', ...' * (self.count > len(self.examples))})"

"""Long runs, by hand: `pytest -m soak`. Each says its figures at the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say what a run has measured."""
    said = request.config.stash.setdefault(FIGURES, [])
    return lambda text: said.append(f"{request.node.name}: {text}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    said = config.stash.get(FIGURES, [])
    if said:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(said))

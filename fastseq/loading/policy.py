"""What becomes of bad samples: the choice, and how many of them are too many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastseq.loading.bad_sample_log import BadSample

POLICIES = ("raise", "skip", "fill", "substitute")
_DEFAULT_SHARE = 0.01

OnError = str | Callable[[BadSample], str]


@dataclass(frozen=True)
class Policy:
    """What to do with a bad sample.

    Attributes:
        on_error: one of `POLICIES`, or a function that chooses one for each bad sample.
        max_bad: how many there may be in an epoch: a number, or, as a float from 0 to 1, a share; None for 1 %, or for
            no bound where the first one raises.

    Raises:
        ValueError: if a value is not one of these; the message says what is.
    """

    on_error: OnError = "raise"
    max_bad: int | float | None = None

    def __post_init__(self) -> None:
        """Check both."""
        if not callable(self.on_error):
            _check(self.on_error, " or a function that gives one of them")
        if self.max_bad is None:
            return
        if self.on_error == "raise":
            raise ValueError("max_bad needs a policy other than on_error='raise'")
        share = isinstance(self.max_bad, float)
        if isinstance(self.max_bad, bool) or not isinstance(self.max_bad, (int, float)):
            raise ValueError(f"max_bad must be a number of samples or a share of them, not {self.max_bad!r}")
        if not self.max_bad >= 0 or (share and not self.max_bad <= 1):
            raise ValueError(f"max_bad must be a count of at least 0, or a share from 0.0 to 1.0, not {self.max_bad!r}")

    @property
    def name(self) -> str:
        """For a state to remember."""
        return self.on_error if isinstance(self.on_error, str) else "function"

    @property
    def is_lenient(self) -> bool:
        """Whether an epoch may go on past a bad sample."""
        return self.on_error != "raise"

    @property
    def weighs(self) -> bool:
        """Whether every batch has weights, as some of its samples may have none."""
        return self.on_error == "fill" or callable(self.on_error)

    def most(self, samples: int) -> int:
        """The most bad samples that an epoch of so many may have."""
        most = _DEFAULT_SHARE if self.max_bad is None else self.max_bad
        return most if isinstance(most, int) else int(most * samples + 1e-9)  # 0.29 of 100 are 29

    def choose(self, found: BadSample) -> str:
        """The policy for one bad sample.

        Raises:
            ValueError: if the function gave something else.
        """
        if isinstance(self.on_error, str):
            return self.on_error
        return _check(self.on_error(found), f", given by the function for {found.path!r}")


def _check(policy: object, where: str) -> str:
    if isinstance(policy, str) and policy in POLICIES:
        return policy
    raise ValueError(f"on_error must be one of {', '.join(map(repr, POLICIES))}{where}, not {policy!r}")
